"""What people ask first about a trace, as text: did it work, what went in and came out, how long, how much, what was slow, what failed."""

from __future__ import annotations

from dataclasses import dataclass

from llm_tracer.model.failures import failure_text
from llm_tracer.model.text import cost, count, duration
from llm_tracer.model.trace import Trace, TraceSummary

from llm_tracer_service.exporting.own_times import own_times

_SLOWEST_TOLD = 5


@dataclass(frozen=True, slots=True)
class Headline:
    """The seven answers. `input`, `output` and `failure` are None if there is none; `slowest` may be empty. `failed` counts the
    spans in error, of which `failure` is where the trace broke."""

    status: str
    input: str | None
    output: str | None
    duration: str
    cost: str
    slowest: tuple[str, ...]
    failure: str | None
    failed_span_id: str | None
    failed: int


def headline_of(trace: Trace, summary: TraceSummary) -> Headline:
    """The answers about a trace; `summary` is its summary as of now."""
    usage = summary.usage
    tokens = f"{count(usage.input)} tokens in, {count(usage.output)} out" if usage else "no tokens reported"
    of_cost = cost(summary.cost.total, summary.cost.complete) if summary.cost else "unknown"
    error = summary.error
    return Headline(
        status=summary.status,
        input=summary.input_preview,
        output=summary.output_preview,
        duration=_duration(summary),
        cost=f"{of_cost} ({tokens})",
        slowest=_slowest(trace, summary.duration_ms),
        failure=None if error is None else failure_text(error.type, error.message) or "failed",
        failed_span_id=None if error is None else error.span_id,
        failed=summary.error_count,
    )


def _duration(summary: TraceSummary) -> str:
    if summary.duration_ms is not None:
        return duration(summary.duration_ms)
    return "still running" if summary.status == "running" else "unknown: it never ended"


def _slowest(trace: Trace, duration_ms: float | None) -> tuple[str, ...]:
    told = []
    for each in own_times(trace.nodes)[:_SLOWEST_TOLD]:
        share = f", {each.own_ms / duration_ms:.0%}" if duration_ms else ""
        times = f" × {each.spans}" if each.spans > 1 else ""
        told.append(f"{each.name or '(no name)'}{times}: {duration(each.own_ms)}{share}")
    return tuple(told)
