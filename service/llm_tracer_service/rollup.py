"""What a span and everything below it used and cost, and where the span's own numbers differ."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from llm_tracer.model.counting import sum_usage
from llm_tracer.model.reading import Usage
from llm_tracer.model.trace import Node, Trace, TraceCost

from llm_tracer_service.notes import Note

TOLERANCE = 0.01
"""How far, as a fraction, a span's own number may be from the sum below it before a note says so."""


@dataclass(frozen=True, slots=True)
class Subtree:
    """The tokens and the cost of a span and everything below it, each model call counted once; None if no span reports
    any. `calls` is the number of spans that were added up."""

    calls: int
    usage: Usage | None
    cost: TraceCost | None


def subtree_of(trace: Trace, index: int) -> Subtree:
    """The totals of the span at this index of `trace.nodes`."""
    counted = [node.row.reading for node in _below(trace.nodes, index) if node.counted]
    costs = [reading.cost.total for reading in counted if reading.cost is not None]
    return Subtree(
        len(counted),
        sum_usage(reading.usage for reading in counted if reading.usage is not None),
        TraceCost(math.fsum(costs), complete=len(costs) == len(counted)) if costs else None,
    )


def notes_of(trace: Trace, index: int, subtree: Subtree) -> Iterator[Note]:
    """Notes about where the numbers of a span are not those of the totals."""
    node = trace.nodes[index]
    reading = node.row.reading
    if node.repeats is not None:
        yield Note(
            "repeats_response",
            "Another span reports this response too. It is counted once, there.",
            node.repeats,
        )
        return
    usage = reading.usage
    if node.counted or (usage is None and reading.cost is None):
        return
    if subtree.calls == 0:
        if not _counted_above(trace.nodes, index):
            yield Note(
                "not_counted",
                "Its tokens and cost are not in any total: the model calls of the trace are counted instead.",
            )
        return
    own_usage, below = usage or Usage(), subtree.usage or Usage()
    for name, own, summed in (
        ("input tokens", own_usage.input, below.input),
        ("output tokens", own_usage.output, below.output),
    ):
        if own is not None and summed is not None and _differs(own, summed):
            yield Note(
                "differs_from_sum",
                f"It reported {own:,} {name}, but the calls below it add up to {summed:,}.",
            )
    if (
        reading.cost is not None
        and subtree.cost is not None
        and _differs(reading.cost.total, subtree.cost.total)
    ):
        least = "" if subtree.cost.complete else "at least "
        yield Note(
            "differs_from_sum",
            f"It reported a cost of ${reading.cost.total:.6g}, but the calls below it add up to {least}${subtree.cost.total:.6g}.",
        )


def _differs(own: float, summed: float) -> bool:
    return abs(own - summed) > TOLERANCE * max(abs(own), abs(summed))


def _below(nodes: Sequence[Node], index: int) -> Iterator[Node]:
    """The span and its descendants, which follow it in tree order."""
    yield nodes[index]
    for at in range(index + 1, len(nodes)):
        if nodes[at].depth <= nodes[index].depth:
            return
        yield nodes[at]


def _counted_above(nodes: Sequence[Node], index: int) -> bool:
    while (index := nodes[index].parent_index) >= 0:
        if nodes[index].counted:
            return True
    return False
