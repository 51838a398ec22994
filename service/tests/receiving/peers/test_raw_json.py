"""What every record of another product is read with."""

from __future__ import annotations

from typing import Any

import pytest
from llm_tracer_service.malformed import MalformedBody
from llm_tracer_service.receiving.decoded import UnusableSpan
from llm_tracer_service.receiving.peers.raw_json import (
    attribute,
    attributes_of,
    body_of,
    is_empty,
    list_of,
    members_of,
    object_member,
    text_member,
    time_member,
)


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        (b'"a text"', "a text"),
        (b"7", 7),
        (b"0.5", 0.5),
        (b"true", True),
        (b"null", None),
        (b'["a", "b"]', ["a", "b"]),
        (b'["a", 1]', '["a", 1]'),
        (b'{ "a":  1.0 }', '{ "a":  1.0 }'),
        (b"9223372036854775807", 2**63 - 1),
        (b"9223372036854775808", "9223372036854775808"),
        (b"NaN", "NaN"),
        (b'"cut \\ud83d"', "cut \ufffd"),
        (b'"cut \xf0\x9f"', "cut \ufffd"),
        (b"{" * 100_000, "{" * 100_000),
        (b"[" * 100_000, "[" * 100_000),
    ],
)
def test_a_value_as_an_attribute(sent: bytes, kept: Any) -> None:
    assert attribute(sent) == kept


def test_members_stay_as_they_were_written() -> None:
    assert members_of(b'{"a": [1.0,  2], "b": null}') == {"a": b"[1.0,  2]", "b": b"null"}
    assert attributes_of("x.", members_of(b'{"a": 1, "b": null, "c": 2}'), frozenset({"c"})) == {"x.a": 1}
    assert members_of(b'{"a": "\\ud83d", "b": NaN}') == {"a": b'"\\ufffd"', "b": b'"NaN"'}


def test_a_member_of_another_type() -> None:
    members = members_of(b'{"text": "a", "object": {"b": 1}, "time": "2026-11-23T12:00:00Z", "odd": "-1h"}')
    assert (text_member(members, "text"), text_member(members, "object"), text_member(members, "no")) == (
        "a",
        "",
        "",
    )
    assert (object_member(members, "object"), object_member(members, "no")) == ({"b": b"1"}, {})
    assert (time_member(members, "time"), time_member(members, "no")) == (1_795_435_200_000_000_000, None)
    for name, read in (("text", object_member), ("odd", time_member)):
        with pytest.raises(UnusableSpan):
            read(members, name)


@pytest.mark.parametrize(
    "sent", [b"", b"7", b"[]", b"{", b'{"spans": 1}', b"{}", b'{"spans":' + b"[" * 100_000]
)
def test_a_body_without_its_list_is_refused(sent: bytes) -> None:
    with pytest.raises(MalformedBody):
        list_of(body_of(sent), "spans")


def test_what_says_nothing() -> None:
    assert all(map(is_empty, (b"", b"null", b"{}", b"[ ]", b'""')))
    assert not any(map(is_empty, (b"0", b"false", b'" "', b"[0]")))
