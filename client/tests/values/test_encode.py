from __future__ import annotations

import dataclasses
import datetime
import decimal
import enum
import math
import os
import pathlib
import subprocess
import sys
import textwrap
import uuid
from collections import UserDict, UserString, deque
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import attrs
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from llm_tracer.values.encode import ARRAY_ITEMS_MAX, OBJECTS_MAX, render, snapshot


def said(value: object) -> Any:
    """What arrives of a value."""
    kept = snapshot(value)
    return msgspec.msgpack.decode(kept) if isinstance(kept, bytes) else kept


@dataclasses.dataclass
class Point:
    x: int
    other: Any = None


class Colour(enum.Enum):
    RED = "red"


class Plain:
    def __init__(self) -> None:
        self.name = "n"


class Model:
    """What pydantic looks like from outside."""

    def model_dump(self, *, warnings: bool = True) -> dict[str, Any]:
        assert not warnings, "a value of another type than its field's would be a warning in the program"
        return {"a": Point(1)}


class OwnModel:
    """With a `model_dump` of its own."""

    def model_dump(self) -> dict[str, Any]:
        return {"a": 1}


class Array:
    """What numpy looks like from outside."""

    def __init__(self, items: list[float]) -> None:
        self.items, self.size, self.shape, self.dtype = items, len(items), (len(items),), "float64"

    def tolist(self) -> list[float]:
        return self.items

    def reshape(self, _: int) -> Array:
        return self

    def __getitem__(self, which: slice) -> Array:
        return Array(self.items[which])


Array.dtype = "float64"


class Column(Array):
    """What a column of pandas looks like: it has no `reshape`."""

    def __getattribute__(self, name: str) -> Any:
        if name == "reshape":
            raise AttributeError(name)
        return super().__getattribute__(name)

    def __getitem__(self, which: slice) -> Column:
        return Column(self.items[which])


class Long:
    """What a `longdouble` of numpy looks like: its list is itself."""

    dtype = "float128"

    def tolist(self) -> Long:
        return self

    def __repr__(self) -> str:
        return "1.5"


class Unhashable(type):
    def __eq__(cls, other: object) -> bool:
        return False


class OfAnUnhashableType(metaclass=Unhashable):
    pass


class Hostile:
    def __repr__(self) -> str:
        raise RuntimeError("no")


class HostileModel:
    def model_dump(self) -> object:
        raise RuntimeError("no")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("text", "text"),
        (None, None),
        (True, True),
        ([1, "a", None], [1, "a", None]),
        (Point(1), {"x": 1, "other": None}),
        ({Colour.RED: Colour.RED}, {"red": "red"}),
        (UserDict(a=1), {"a": 1}),
        (deque([1, 2]), [1, 2]),
        (frozenset([1]), [1]),
        (Plain(), {"type": "values.test_encode.Plain", "name": "n"}),
        (Model(), {"a": {"x": 1, "other": None}}),
        (OwnModel(), {"a": 1}),
        (Array([1.0, 2.0]), [1.0, 2.0]),
        (Long(), "1.5"),
        (pathlib.PurePosixPath("/a"), "/a"),
        (decimal.Decimal("1.10"), "1.10"),
        (uuid.UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (ValueError("bad"), {"type": "ValueError", "message": "bad"}),
        (KeyError, "<class 'KeyError'>"),
        (range(10**12), "range(0, 1000000000000)"),
        (1j, "1j"),
        ([2**70], [str(2**70)]),
        (UserString("text"), "text"),
        (OfAnUnhashableType(), "<values.test_encode.OfAnUnhashableType that cannot be rendered: TypeError>"),
        (["\ud800"], ["\\ud800"]),
        (b"\x00", b"\x00"),
    ],
)
def test_anything_is_said(value: object, expected: object) -> None:
    assert said(value) == expected


def test_an_integer_that_python_does_not_write_is_said() -> None:
    number = 16**5000
    assert said(number) == hex(number)
    assert said([number]) == [hex(number)]


def test_a_time_keeps_its_zone() -> None:
    moment = datetime.datetime(2026, 11, 23, tzinfo=datetime.UTC)
    assert said([moment]) == [moment]


def test_a_cycle_is_shown_where_it_closes() -> None:
    loop: list[Any] = [1]
    loop.append(loop)
    assert said(loop) == [1, "<cycle: list>"]


def test_a_cycle_through_dataclasses_is_shown() -> None:
    point = Point(1)
    point.other = {"back": point}
    assert said(point) == {"x": 1, "other": {"back": "<cycle: values.test_encode.Point>"}}


def test_the_same_object_twice_is_no_cycle() -> None:
    shared = {"a": 2**70}
    assert said([shared, shared]) == [{"a": str(2**70)}] * 2


def test_objects_that_raise_are_named() -> None:
    assert "Hostile that cannot be printed: RuntimeError" in said([Hostile()])[0]
    assert "HostileModel that cannot be rendered: RuntimeError" in said([HostileModel()])[0]


@pytest.mark.parametrize("kind", [Array, Column])
def test_a_big_array_says_what_it_leaves_out(kind: type[Array]) -> None:
    told = said(kind([0.5] * (ARRAY_ITEMS_MAX + 1)))
    assert told["first"] == [0.5] * 8
    assert told["omitted_items"] == ARRAY_ITEMS_MAX + 1 - 8
    assert told["shape"] == [ARRAY_ITEMS_MAX + 1]


def test_an_object_that_is_no_data_keeps_its_secrets_and_its_inner_workings() -> None:
    class Client:
        def __init__(self) -> None:
            self.model = "tiny-2"
            self.shop_api_key = "sk-1234567890"
            self.token = None
            self.headers = {"Accept": "*/*", "Authorization": "Bearer 1234567890"}
            self._transport = {"key": "sk-1234567890"}

    (told,) = said([Client()])
    assert told.pop("type").endswith("Client")
    assert told == {
        "model": "tiny-2",
        "shop_api_key": "[REDACTED]",
        "token": None,
        "headers": {"Accept": "*/*", "Authorization": "[REDACTED]"},
    }


class Request(Mapping[str, Any]):
    """What a request of Starlette looks like from outside."""

    def __init__(self, scope: dict[str, Any]) -> None:
        self.scope = scope

    def __getitem__(self, key: str) -> Any:
        return self.scope[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self.scope)

    def __len__(self) -> int:
        return len(self.scope)


def test_a_request_says_its_headers_without_secrets() -> None:
    headers = [(b"host", b"shop"), (b"authorization", b"Bearer 1234567890")]
    (told,) = said([Request({"path": "/chat", "headers": headers})])
    assert told == {"path": "/chat", "headers": [[b"host", b"shop"], [b"authorization", "[REDACTED]"]]}


class Node:
    def __init__(self) -> None:
        self.others: list[Node] = []


def test_an_object_that_leads_to_the_whole_program_is_shown_in_part() -> None:
    # As the request of a web framework does. It took the program for ever.
    nodes = [Node() for _ in range(20)]
    for node in nodes:
        node.others = nodes
    (told,) = said([nodes[0]])
    assert told["others"][1]["others"][2]["others"][3] == "<values.test_encode.Node>"
    assert str(told).count("'type'") <= OBJECTS_MAX


def test_a_graph_is_not_followed_on_all_its_ways() -> None:
    nodes: list[dict[str, Any]] = [{} for _ in range(9)]
    for node in nodes:
        node["others"] = list(nodes)  # 9! ways
    told = str(said(nodes))
    assert "<again: dict>" in told
    assert "<cycle: dict>" in told


class Moves(Sequence[Any]):
    """The moves after a move, made as they are asked for."""

    def __len__(self) -> int:
        return 10

    def __getitem__(self, _: Any) -> Moves:
        return Moves()


def test_a_sequence_that_makes_its_items_anew_comes_to_an_end() -> None:
    assert str(said(Moves())).count("nested deeper") < 10_000


def test_an_iterator_is_not_used_up() -> None:
    def numbers() -> Iterator[int]:
        yield 1

    iterator = numbers()
    assert "generator" in said([iterator])[0]
    assert list(iterator) == [1]


def test_a_snapshot_does_not_change_with_the_value() -> None:
    messages = [{"role": "user"}]
    kept = snapshot(messages)
    messages.clear()
    assert msgspec.msgpack.decode(kept) == [{"role": "user"}]  # type: ignore[arg-type]


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()) | st.binary(),
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.text() | st.integers() | st.none(), inner) | st.sets(st.text())
    ),
)


@given(anything)
def test_no_value_raises(value: object) -> None:
    said(value)
    msgspec.json.encode(render(value))


@given(st.recursive(st.integers(-(2**63), 2**63 - 1) | st.text(st.characters(codec="utf-8")), st.lists))
def test_what_json_can_say_arrives_as_it_was(value: object) -> None:
    assert said(value) == value


def test_nan_is_said() -> None:
    assert math.isnan(said([math.nan])[0])


@pytest.mark.parametrize("kind", ["list", "dict", "set"])
def test_a_container_may_change_while_its_items_are_asked(kind: str) -> None:
    # Another thread does so while an object says what it is. In a process of its own: it was the end of it.
    program = f"""
        import msgspec
        from llm_tracer.values.encode import snapshot

        class Clearing:
            def __repr__(self):
                box.clear()
                return "asked"

        box = {kind}()
        others = [f"another {{number}}" for number in range(1000)]
        if {kind} is dict: box.update({{"first": Clearing(), **dict.fromkeys(others, "")}})
        else: (box.extend if {kind} is list else box.update)([Clearing(), *others])
        print(len(msgspec.msgpack.decode(snapshot({{"box": box}}))["box"]))
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)],
        env={"PYTHONPATH": os.pathsep.join(sys.path)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (0, "1001\n", "")


def test_fields_of_classes_are_said_whatever_is_in_them() -> None:
    @attrs.define
    class Attrs:
        inner: object

    class Struct(msgspec.Struct):
        inner: object

    assert said([Attrs(1j), Struct(Attrs(2**70)), Point(1, 1j)]) == [
        {"inner": "1j"},
        {"inner": {"inner": str(2**70)}},
        {"x": 1, "other": "1j"},
    ]


def test_a_big_tensor_is_described_though_its_size_is_a_method() -> None:
    class Tensor(Array):
        def __init__(self, items: list[float]) -> None:
            super().__init__(items)
            self.size = lambda: (len(items),)  # type: ignore[assignment]

        def tolist(self) -> list[float]:
            assert len(self.items) <= ARRAY_ITEMS_MAX
            return self.items

    assert said(Tensor([0.5] * (ARRAY_ITEMS_MAX + 1)))["omitted_items"] == ARRAY_ITEMS_MAX + 1 - 8
