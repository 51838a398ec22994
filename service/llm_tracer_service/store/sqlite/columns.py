"""The columns of `traces` that repeat the values that lists filter and sort by."""

from __future__ import annotations

from llm_tracer.model.query import FIELDS, as_number
from llm_tracer.model.trace import Trace, TraceSummary

NUMBER_COLUMNS = {
    "dur": "duration_ms", "ttft": "ttft_ms", "cost": "cost", "tokens": "tokens", "input_tokens": "input_tokens",
    "output_tokens": "output_tokens", "cached_tokens": "cached_tokens", "reasoning_tokens": "reasoning_tokens",
    "spans": "span_count", "errors": "error_count", "llm_calls": "llm_calls", "tool_calls": "tool_calls",
}  # fmt: skip
"""The fields of a query that are one number per trace, and the columns that hold them."""

_COLUMNS = (
    "id", "project", "trace_id", "revision", "last_received", "labels", "summary", "session",
    "start", "last_activity", "status", "cost_complete", "open_count", "orphan_count", *NUMBER_COLUMNS.values(),
)  # fmt: skip

KEEP_TRACE = f"""
    INSERT OR REPLACE INTO traces ({", ".join(_COLUMNS)}) VALUES ({", ".join("?" * len(_COLUMNS))})
"""  # noqa: S608  # names of our own
"""Keeps a trace: eight values that the writer knows, then `repeated_values`."""


def repeated_values(trace: Trace, summary: TraceSummary) -> list[int | float | str | None]:
    """The values from `start` on. The numbers come from the fields of the model, so that SQL cannot disagree with it; a
    number too large to keep is left out."""
    cost = summary.cost
    numbers = (as_number(next(iter(FIELDS[field].of_trace(trace, summary)))) for field in NUMBER_COLUMNS)
    return [
        summary.start_time_unix_nano,
        summary.end_time_unix_nano or summary.start_time_unix_nano,
        summary.status,
        None if cost is None else cost.complete,
        summary.open_count,
        summary.orphan_count,
        *numbers,
    ]
