"""Totals, and totals over time."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Annotated

from msgspec import Meta
from starlette.responses import Response

from llm_tracer_service.api import answers, render
from llm_tracer_service.api.operation import Call, Operation
from llm_tracer_service.api.params import Selection
from llm_tracer_service.api.responses import json_response
from llm_tracer_service.errors import Problem
from llm_tracer_service.store.base import TimeRange

BUCKETS_MAX = 400
_BUCKET = re.compile(r"(\d{1,6})(s|m|h|d)?")
_SECONDS_OF = {None: 1, "s": 1, "m": 60, "h": 3600, "d": 86_400}


class StatsParams(Selection, kw_only=True):
    """`GET /api/stats`."""

    bucket: Annotated[
        str | None,
        Meta(
            description=f"Figures over time: the width, such as 60s, 5m, 1h, 1d; at most {BUCKETS_MAX} of them."
        ),
    ] = None
    group_by: Annotated[str | None, Meta(description="Figures by value. No store can group yet.")] = None


def _stats(call: Call) -> Response:
    params: StatsParams = call.params
    if params.group_by:
        raise Problem(
            422, "This store cannot group yet.", "Ask without `group_by`, once for each value, by `q`."
        )
    now = call.service.clock()
    query, time_range = params.query(), params.time_range(now)
    store = call.service.store
    buckets = _buckets(params.bucket, time_range, now) if params.bucket else []
    series = [
        render.point(store.stats(call.project, query, bucket), start)
        for bucket in buckets
        if (start := bucket.start_unix_nano) is not None
    ]
    totals = render.figures(store.stats(call.project, query, time_range))
    return json_response(answers.Stats(totals, series, groups=[]), call.headers)


def _buckets(bucket: str, time_range: TimeRange, now_unix_nano: int) -> list[TimeRange]:
    """The range in buckets that begin at multiples of their width (UTC); the first and last may be cut."""
    found = _BUCKET.fullmatch(bucket)
    width = int(found[1]) * _SECONDS_OF[found[2]] * 1_000_000_000 if found else 0
    if not width:
        raise Problem(422, f"`bucket` is no width: {bucket!r}.", "Write it like 60s, 5m, 1h or 1d.")
    start = time_range.start_unix_nano
    if start is None:
        raise Problem(422, "`bucket` needs `from`.", "Say where the series begins, such as from=-24h.")
    end = now_unix_nano if time_range.end_unix_nano is None else time_range.end_unix_nano
    first = start // width
    count = -(-end // width) - first
    if count > BUCKETS_MAX:
        raise Problem(
            422, f"That would be {count} buckets.", f"At most {BUCKETS_MAX}: take a wider `bucket`."
        )
    edges = [(first + index) * width for index in range(count + 1)]
    return [TimeRange(max(low, start), min(high, end)) for low, high in pairwise(edges)]


OPERATIONS = [
    Operation(
        "GET",
        "/api/stats",
        _stats,
        "Totals",
        "Counts, tokens, cost and latency of the traces that `q` matches, in all and over time.",
        params=StatsParams,
        answer=answers.Stats,
        refusals=(400, 422, 503),
    )
]
