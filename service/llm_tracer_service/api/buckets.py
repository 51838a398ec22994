"""Intervals of time as people ask for them: `5m`, `1h`, or `auto`."""

from __future__ import annotations

import math
import re

from llm_tracer_service.api.operation import Call
from llm_tracer_service.api.params import Selection
from llm_tracer_service.errors import Problem
from llm_tracer_service.store.base import TimeRange
from llm_tracer_service.store.checking import TIME_UNIX_NANO_MAX
from llm_tracer_service.times import NANOS_A_SECOND

BUCKETS_MAX = 400
AUTO_BUCKETS = 60

_DAY_S = 86_400
_BUCKET = re.compile(r"(\d{1,6})(s|m|h|d)?")
_SECONDS_OF = {None: 1, "s": 1, "m": 60, "h": 3600, "d": _DAY_S}
_ROUND_S = (
    1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200, _DAY_S, 2 * _DAY_S,
    7 * _DAY_S, 14 * _DAY_S, 28 * _DAY_S, 91 * _DAY_S, 364 * _DAY_S,
)  # fmt: skip


def bounded_range(call: Call, count: int = AUTO_BUCKETS) -> TimeRange:
    """The time range of a request, with its open ends filled in: from the first trace of the project (without one,
    `count` seconds), until now. It is limited to the times that spans can have: `to=9999-12-31` is as good as open."""
    params: Selection = call.params
    now = call.service.clock()
    asked = params.time_range(now)
    end = now if asked.end_unix_nano is None else asked.end_unix_nano
    start = asked.start_unix_nano
    if start is None:
        first = call.service.store.find_traces(
            call.project, time_range=TimeRange(None, end), sort="start_time", limit=1
        )
        start = first.traces[0].start_time_unix_nano if first.traces else end - count * NANOS_A_SECOND
    return TimeRange(_kept(start), _kept(end))


def _kept(unix_nano: int) -> int:
    return min(max(0, unix_nano), TIME_UNIX_NANO_MAX)


def width_of(bucket: str, time_range: TimeRange, count: int = AUTO_BUCKETS) -> int:
    """The width of a bucket in seconds; for `auto` the round one that makes about `count`. Raises Problem 422."""
    start, end = time_range.start_unix_nano, time_range.end_unix_nano
    assert start is not None
    assert end is not None
    if bucket == "auto":
        wanted_s = max(1.0, (end - start) / NANOS_A_SECOND / count)
        width_s = min(_ROUND_S, key=lambda each: abs(math.log(each / wanted_s)))
    else:
        found = _BUCKET.fullmatch(bucket)
        width_s = int(found[1]) * _SECONDS_OF[found[2]] if found else 0
        if not width_s:
            raise Problem(
                422,
                f"`bucket` is not a valid width: {bucket!r}.",
                "Write it like 60s, 5m, 1h or 1d, or auto.",
            )
    found_count = len(starts(time_range, width_s))
    if found_count > BUCKETS_MAX:
        raise Problem(
            422,
            f"That would be {found_count} buckets.",
            f"At most {BUCKETS_MAX} are allowed: use a wider `bucket`.",
        )
    return width_s


def starts(time_range: TimeRange, width_s: int) -> range:
    """Where the buckets of a range begin, in nanoseconds, at multiples of their width (UTC)."""
    start, end = time_range.start_unix_nano, time_range.end_unix_nano
    assert start is not None
    assert end is not None
    width = width_s * NANOS_A_SECOND
    return range(start // width * width, max(start, end), width)
