from __future__ import annotations

from collections.abc import Callable
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


@pytest.mark.parametrize(
    "body",
    [b"[{},{},[0]]", b"[[[[[]]]]]", b"[0,0,0,0,0,0,0,0,0]", b'["[[[\\"[[\\\\", [], {}, "{{{{{{,,,"]'],
)
def test_as_many_objects_and_lists_as_are_allowed(body: bytes) -> None:
    """Two other values count as one: the first has five of them, the third one and eight values after the first."""
    check_json(body, 5)
    check_msgpack(msgspec.msgpack.encode(msgspec.json.decode(body)), 5)


@pytest.mark.parametrize(
    "body", [b"[{},{},[0]]", b"[[[[[]]]]]", b"[0,0,0,0,0,0,0,0,0]", b'["a\\\\",{},"b",[],0,"\\""]']
)
def test_more_are_refused(body: bytes) -> None:
    for check, sent in (
        (check_json, body),
        (check_msgpack, msgspec.msgpack.encode(msgspec.json.decode(body))),
    ):
        with pytest.raises(TooManyObjects) as refused:
            check(sent, 4)
        assert (
            str(refused.value) == "The body has more than 4 objects and lists. Two other values count as one."
        )


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
_JSON = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**63), 2**64 - 1), st.floats(), st.text(),
    _SIZES.map(lambda size: "\x90" * size), _SIZES.map(lambda size: b"\x80" * size),
    st.sampled_from([15, 16, 70_000]).map(lambda size: [0] * size),
)  # fmt: skip
_EXTENSIONS = st.builds(
    msgspec.msgpack.Ext, st.integers(-128, 127), _SIZES.map(lambda size: b"\x91" * size)
) | st.sampled_from([1, 2, 4, 8, 16]).map(lambda size: msgspec.msgpack.Ext(1, b"\x91" * size))


def _nested(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.recursive(
        values,
        lambda inner: st.lists(inner, max_size=20) | st.dictionaries(st.text(max_size=3), inner, max_size=20),
        max_leaves=20,
    )


@given(_nested(_JSON | _EXTENSIONS))
def test_the_values_of_any_msgpack_are_counted(value: Any) -> None:
    _check_count(check_msgpack, msgspec.msgpack.encode(value), _count(value))


@given(_nested(_JSON))
def test_the_values_of_any_json_are_counted(value: Any) -> None:
    _check_count(check_json, msgspec.json.encode(value), _count(value))


def _check_count(check: Callable[[bytes, int], None], body: bytes, halves: int) -> None:
    check(body, (halves + 1) // 2)
    if halves and len(body) > halves:
        with pytest.raises(TooManyObjects):
            check(body, (halves - 1) // 2)


def _count(value: Any) -> int:
    """How many halves of an object: two for each object and list, one for each of their values after the first."""
    match value:
        case list() | dict():
            inner = value.values() if isinstance(value, dict) else value
            return 2 + max(len(value) - 1, 0) + sum(map(_count, inner))
        case _:
            return 0
