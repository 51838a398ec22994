"""The rows of a trace as a tree: depth first, siblings by start; orphans at the top, circles of parents cut."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from operator import attrgetter
from typing import TypeVar

from llm_tracer.model.row import SpanRow

sibling_order = attrgetter("start_time_unix_nano", "span_id")

_Span = TypeVar("_Span")


def origins(failed: Sequence[_Span], ids: Callable[[_Span], tuple[str, str | None]]) -> list[_Span]:
    """Those of the failed spans of a trace without a failed child: where something broke, not where it passed through.

    `ids` gives the id of a span and that of its parent. The order stays.
    """
    pairs = [(span, *ids(span)) for span in failed]
    passed_on = {parent_id for _, _, parent_id in pairs}
    return [span for span, span_id, _ in pairs if span_id not in passed_on]


def tree(by_start: Sequence[SpanRow]) -> tuple[list[SpanRow], list[int]]:
    """The rows in tree order, and for each the index of its parent there, -1 at the top.

    At the top are rows without a parent or whose parent was not received, and the earliest row of each circle of
    parents.
    """
    by_id: Mapping[str | None, SpanRow] = {row.span_id: row for row in by_start}
    cut = _earliest_of_cycles(by_start, by_id)
    children: dict[str | None, list[SpanRow]] = {}
    tops: list[SpanRow] = []
    for row in reversed(by_start):
        if row.parent_span_id not in by_id or row.span_id in cut:
            tops.append(row)
        else:
            children.setdefault(row.parent_span_id, []).append(row)
    in_order: list[SpanRow] = []
    parents: list[int] = []
    # A stack of our own: a trace may be deeper than Python's recursion allows. The latest lie at its bottom.
    stack = [(row, -1) for row in tops]
    while stack:
        row, parent_index = stack.pop()
        below = children.get(row.span_id)
        if below is not None:
            index = len(in_order)
            stack += [(child, index) for child in below]
        in_order.append(row)
        parents.append(parent_index)
    return in_order, parents


def _earliest_of_cycles(by_start: Sequence[SpanRow], by_id: Mapping[str | None, SpanRow]) -> set[str]:
    """The earliest span of each circle of parents. A span that names itself as its parent is a circle of one."""
    cut: set[str] = set()
    walk_of: dict[
        str | None, str
    ] = {}  # the walk up the tree that first passed here, named by where it began
    for began in by_start:
        above = by_id.get(began.parent_span_id)
        if above is None or above.start_time_unix_nano < began.start_time_unix_nano:
            continue  # a circle cannot go back in time all the way round, so its other spans will lead to it
        at: str | None = began.span_id
        while at in by_id and at not in walk_of:
            walk_of[at] = began.span_id
            at = by_id[at].parent_span_id
        if at is not None and walk_of.get(at) == began.span_id:
            cut.add(min(_circle(at, by_id), key=sibling_order).span_id)
    return cut


def _circle(start: str, by_id: Mapping[str | None, SpanRow]) -> Iterator[SpanRow]:
    row = by_id[start]
    yield row
    while row.parent_span_id != start:
        row = by_id[row.parent_span_id]
        yield row
