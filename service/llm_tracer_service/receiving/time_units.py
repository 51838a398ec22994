"""Times in another unit than nanoseconds: kept as they were sent, which is in 1970, and said, so that nobody looks for them
in the list of today."""

from __future__ import annotations

from collections.abc import Sequence

from llm_tracer.model.span import SpanData

_UNITS = ((10**9, 10**10, "seconds"), (10**12, 10**13, "milliseconds"), (10**15, 10**16, "microseconds"))
"""What the time of our days is in each: from 2001 to 2286. In nanoseconds it is in the first four months of 1970."""


def doubt(spans: Sequence[SpanData]) -> str:
    """What is odd about the times of a body; "" where nothing is. Its first span is looked at: units are those of a program."""
    start = spans[0].start_time_unix_nano if spans else None
    for least, most, unit in _UNITS:
        if start is not None and least <= start < most:
            return f"the start time {start} looks like {unit}, but is read as nanoseconds, which is in 1970"
    return ""
