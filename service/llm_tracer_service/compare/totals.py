"""The figures of one side: of a trace, or of a span and everything below it."""

from __future__ import annotations

from dataclasses import dataclass

from llm_tracer.model.reading import Usage
from llm_tracer.model.trace import Trace, TraceCost, TraceSummary

from llm_tracer_service.compare.align import Forest
from llm_tracer_service.rollup import subtree_of


@dataclass(frozen=True, slots=True)
class Totals:
    """Each model call is counted once; None means unknown."""

    duration_ms: float | None
    usage: Usage | None
    cost: TraceCost | None
    spans: int
    errors: int


def totals_of_trace(summary: TraceSummary) -> Totals:
    """Those in its summary."""
    return Totals(summary.duration_ms, summary.usage, summary.cost, summary.span_count, summary.error_count)


def totals_of_span(trace: Trace, forest: Forest) -> Totals:
    """Those of the span at the top of a forest and everything below it."""
    assert forest.root is not None
    below = forest.rows()
    subtree = subtree_of(trace, forest.root)
    errors = sum(row.reading.status == "error" for row in below)
    return Totals(trace.nodes[forest.root].row.duration_ms, subtree.usage, subtree.cost, len(below), errors)
