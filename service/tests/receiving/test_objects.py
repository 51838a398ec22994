from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from llm_tracer_service.malformed import TooManyObjects
from llm_tracer_service.receiving.objects import OBJECTS_MAX, check_json, check_msgpack, objects_max_of


def test_a_body_may_have_an_object_for_each_16_bytes_of_the_largest() -> None:
    assert objects_max_of(64) == 4
    assert OBJECTS_MAX == 4_194_304


@pytest.mark.parametrize("body", [b"[{},{},{}]", b'{"a":[[],{}]}', b'["[[[\\"[[\\\\", [], {}, "{{{{{{", {}]'])
def test_as_many_objects_and_lists_as_are_allowed(body: bytes) -> None:
    check_json(body, 4)
    check_msgpack(msgspec.msgpack.encode(msgspec.json.decode(body)), 4)


@pytest.mark.parametrize("body", [b"[{},{},{},{}]", b'["a\\\\",{},"b",[],{},"\\"",{}]'])
def test_more_are_refused(body: bytes) -> None:
    for check, sent in (
        (check_json, body),
        (check_msgpack, msgspec.msgpack.encode(msgspec.json.decode(body))),
    ):
        with pytest.raises(TooManyObjects) as refused:
            check(sent, 4)
        assert str(refused.value) == "The body has more than 4 objects and lists."


def test_they_count_before_the_body_is_known_to_be_broken() -> None:
    for check, body in ((check_json, b"[" * 50), (check_msgpack, b"\x91" * 50)):
        with pytest.raises(TooManyObjects):
            check(body, 4)


@pytest.mark.parametrize("body", [b'"' + b"{" * 1000, b"{" * 4 + b'"\\', b"{" * 4 + b" " * 100_000])
def test_what_is_no_json_is_left_to_its_decoder(body: bytes) -> None:
    check_json(body, 4)


@pytest.mark.parametrize(
    "body", [b"\xc1" + b"\x80" * 99, b"\xdb\xff\xff\xff\xff" + b"\x80" * 99, b"\xb0" + b"\x90" * 9]
)
def test_what_is_no_msgpack_is_left_to_its_decoder(body: bytes) -> None:
    check_msgpack(body, 4)


_SIZES = st.sampled_from([0, 1, 15, 16, 31, 32, 255, 256, 65_535, 65_536])
_VALUES = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(-(2**63), 2**64 - 1), st.floats(), st.text(),
        _SIZES.map(lambda size: "\x90" * size), _SIZES.map(lambda size: b"\x80" * size),
        st.builds(msgspec.msgpack.Ext, st.integers(-128, 127), _SIZES.map(lambda size: b"\x91" * size)),
        st.sampled_from([1, 2, 4, 8, 16]).map(lambda size: msgspec.msgpack.Ext(1, b"\x91" * size)),
        st.sampled_from([15, 16, 70_000]).map(lambda size: [0] * size),
    ),
    lambda inner: st.lists(inner, max_size=20) | st.dictionaries(st.text(max_size=3), inner, max_size=20),
    max_leaves=20,
)  # fmt: skip


@given(_VALUES)
def test_the_objects_and_lists_of_any_msgpack_are_counted(value: Any) -> None:
    body = msgspec.msgpack.encode(value)
    count = _count(value)
    check_msgpack(body, count)
    if count:
        with pytest.raises(TooManyObjects):
            check_msgpack(body, count - 1)


def _count(value: Any) -> int:
    match value:
        case list():
            return 1 + sum(map(_count, value))
        case dict():
            return 1 + sum(map(_count, value.values()))
        case _:
            return 0
