"""The tree of a trace: every span once, whatever its parents are, in linear time."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from llm_tracer.model.reading import Reading, Usage
from llm_tracer.model.row import SpanRow
from llm_tracer.model.trace import Trace

from .building import START, TRACE_ID, any_rows, row, shape, trace


def test_children_follow_their_parent_by_start_and_then_by_id() -> None:
    built = trace(
        row("root"),
        row("late", "root", at=5),
        row("b", "root", at=1),
        row("a", "root", at=1),
        row("leaf", "b", at=2),
    )
    assert shape(built) == ["root", "  a", "  b", "    leaf", "  late"]
    assert [node.parent_index for node in built.nodes] == [-1, 0, 0, 2, 0]
    assert built.depth_of == {"root": 0, "a": 1, "b": 1, "leaf": 2, "late": 1}


def test_several_roots_stand_beside_each_other_by_start() -> None:
    assert shape(trace(row("second", at=2), row("first", at=1))) == ["first", "second"]


def test_an_orphan_stands_at_the_top_at_its_time_with_its_children_below() -> None:
    built = trace(
        row("root"), row("orphan", "missing", at=3), row("child", "orphan", at=4), row("later", at=9)
    )
    assert shape(built) == ["root", "orphan", "  child", "later"]
    assert [node.orphan for node in built.nodes] == [False, True, False, False]
    assert built.orphan_ids == {"orphan"}
    assert built.summary.orphan_count == 1


def test_an_orphan_is_reattached_when_its_parent_comes() -> None:
    orphan = row("orphan", "late")
    assert trace(orphan, row("late")).orphan_ids == frozenset()


def test_a_circle_is_cut_at_its_earliest_span() -> None:
    built = trace(row("b", "a", at=2), row("c", "b", at=3), row("a", "c", at=1), row("below", "c", at=0))
    assert shape(built) == ["a", "  b", "    c", "      below"]
    assert [node.cycle for node in built.nodes] == [True, False, False, False]
    assert not any(node.orphan for node in built.nodes)


def test_a_circle_of_equal_times_is_cut_at_the_smallest_id() -> None:
    assert shape(trace(row("b", "a"), row("a", "b"))) == ["a", "  b"]


def test_a_span_that_is_its_own_parent_stands_at_the_top() -> None:
    built = trace(row("self", "self"), row("child", "self", at=1))
    assert shape(built) == ["self", "  child"]
    assert built.nodes[0].cycle


def test_a_cut_circle_is_no_root() -> None:
    assert trace(row("self", "self")).summary.root_span_id is None


def test_a_child_that_starts_before_its_parent_is_marked_and_not_moved() -> None:
    built = trace(row("root", at=5), row("early", "root", at=4), row("same", "root", at=5))
    assert [(node.row.span_id, node.skew) for node in built.nodes] == [
        ("root", False),
        ("early", True),
        ("same", False),
    ]


@given(any_rows)
def test_the_tree_holds_every_row_exactly_once_below_its_parent(rows: list[SpanRow]) -> None:
    nodes = trace(*rows).nodes
    assert sorted(node.row.span_id for node in nodes) == sorted(row.span_id for row in rows)
    ids = {row.span_id for row in rows}
    for index, node in enumerate(nodes):
        if node.parent_index < 0:
            assert node.depth == 0
            assert node.orphan == (node.row.parent_span_id not in {None, *ids})
            assert node.cycle == (node.row.parent_span_id in ids)
        else:
            parent = nodes[node.parent_index]
            assert node.parent_index < index
            assert (parent.row.span_id, parent.depth + 1) == (node.row.parent_span_id, node.depth)


@given(any_rows, st.randoms(use_true_random=False))
def test_the_order_of_arrival_changes_nothing(rows: list[SpanRow], shuffling: random.Random) -> None:
    shuffled = shuffling.sample(rows, len(rows))
    assert trace(*shuffled).nodes == trace(*rows).nodes
    assert trace(*shuffled).summary == trace(*rows).summary


# --- the size of traces ---------------------------------------------------------------------------------------------

COUNT = 20_000


def chain(first: int, count: int, start: int = 0, step: int = 1) -> list[SpanRow]:
    """Each below the one before; the first one's parent is the one before it."""
    return [
        SpanRow(f"{n:08}", f"{n - 1:08}", START + start + step * n, START, Reading(f"{n}", "chain"))
        for n in range(first, first + count)
    ]


def _below_a_circle() -> list[SpanRow]:
    # The whole chain starts before the circle that it hangs below, so each of its spans could be thought to be cut.
    late = START + 10**9
    circle = [
        SpanRow("00000000", "x", late, START, Reading("circle")),
        SpanRow("x", "00000000", late, START, Reading("circle")),
    ]
    return [*circle, *chain(1, COUNT - 2)]


BIG: dict[str, Callable[[], list[SpanRow]]] = {
    "deep": lambda: chain(1, COUNT),
    "deep, backwards in time": lambda: chain(1, COUNT, start=COUNT, step=-1),
    "wide": lambda: [replace(row, parent_span_id="00000000") for row in chain(0, COUNT)],
    "orphans": lambda: [replace(row, parent_span_id="gone" + row.span_id) for row in chain(0, COUNT)],
    "one circle": lambda: [*chain(1, COUNT - 1), SpanRow("00000000", f"{COUNT - 1:08}", START, START, Reading("0"))],
    "many circles": lambda: [
        replace(row, parent_span_id=f"{int(row.span_id) ^ 1:08}") for row in chain(0, COUNT)
    ],
    "below a circle": _below_a_circle,
    "below a circle, backwards": lambda: [
        replace(row, start_time_unix_nano=2 * START - row.start_time_unix_nano) for row in _below_a_circle()
    ],
    "one response": lambda: [replace(row, reading=Reading("x", "llm", usage=Usage(1), response_id="r")) for row in chain(1, COUNT)],
}  # fmt: skip


@pytest.mark.parametrize("kind", BIG)
def test_big_traces_of_any_shape_take_linear_time(kind: str) -> None:
    rows = BIG[kind]()
    random.Random(1).shuffle(rows)
    began = time.process_time()
    summary = Trace(TRACE_ID, rows).summary
    assert time.process_time() - began < 2  # some 0.2 s; a quadratic rule would take minutes
    assert summary.span_count == COUNT
