"""Totals, over time and by value."""

from __future__ import annotations

from typing import Annotated

from llm_tracer.model.figures import add
from llm_tracer.model.groups import SPAN_FIELDS, TRACE_FIELDS, GroupField, GroupSort
from msgspec import Meta
from starlette.responses import Response

from llm_tracer_service.api import answers, render, render_aggregates
from llm_tracer_service.api.buckets import BUCKETS_MAX, bounded_range, starts, width_of
from llm_tracer_service.api.operation import Call, Operation
from llm_tracer_service.api.params import Selection
from llm_tracer_service.api.responses import json_response
from llm_tracer_service.errors import Problem

_FIELDS: dict[str, GroupField] = {field: field for field in (*SPAN_FIELDS, *TRACE_FIELDS)}
_NAMES = ", ".join(_FIELDS)


class StatsParams(Selection, kw_only=True):
    """`GET /api/stats`."""

    bucket: Annotated[
        str | None,
        Meta(
            description=f"Figures over time: the width, such as 60s, 5m, 1h, 1d, of at most {BUCKETS_MAX} buckets; or auto: "
            "about 60 of a round width."
        ),
    ] = None
    group_by: Annotated[str | None, Meta(description=f"Figures by value of a field: {_NAMES}.")] = None
    sort: Annotated[
        GroupSort,
        Meta(
            description="The order of groups: -traces, -errors, -cost, -tokens, -duration_ms (p95), -last (seen), or value."
        ),
    ] = "-traces"
    limit: Annotated[int, Meta(ge=1, le=1000, description="How many groups, 1 to 1000; default 50.")] = 50


def _stats(call: Call) -> Response:
    params: StatsParams = call.params
    query, store = params.query(), call.service.store
    field = _field(params.group_by)
    width_s, bucket_starts = None, range(0)
    if params.bucket:
        shown = bounded_range(call)
        width_s = width_of(params.bucket, shown)
        bucket_starts = starts(shown, width_s)
    # A trace that starts after now, by another clock, counts in the totals but in no bucket.
    time_range = params.time_range(call.service.clock())
    found = store.aggregate(call.project, query, time_range, width_s, field)
    groups: list[answers.Group] = []
    rest, distinct = None, None
    if field is not None:
        groups, rest, distinct = render_aggregates.groups_over_time(
            found.points, bucket_starts, field, params.sort, params.limit
        )
    answer = answers.Stats(
        totals=render.figures(add(point.figures for point in found.points)),
        series=render_aggregates.series(found.points, bucket_starts),
        groups=groups,
        rest=rest,
        distinct=distinct,
        bucket_s=width_s,
        start=render.time(time_range.start_unix_nano),
        end=render.time(time_range.end_unix_nano),
        complete=found.counted_since_unix_nano is None,
        counted_since=render.time(found.counted_since_unix_nano),
    )
    return json_response(answer, call.headers)


def _field(group_by: str | None) -> GroupField | None:
    if not group_by:
        return None
    field = _FIELDS.get(group_by)
    if field is None:
        raise Problem(422, f"Grouping by {group_by!r} is not supported.", f"Known: {_NAMES}.")
    return field


OPERATIONS = [
    Operation(
        "GET",
        "/api/stats",
        _stats,
        "Totals",
        "Counts, tokens, cost and latency of the traces that `q` matches: in total, over time and by value. A group by user, "
        "session, tag, status, env or release has the figures of its traces. A group by model, provider, kind, name, tool, "
        "failed_tool, agent or service counts the spans with that value (their errors, tokens, cost and latency) and, as "
        "`traces`, the traces that have such a span.",
        params=StatsParams,
        answer=answers.Stats,
        refusals=(400, 422, 503),
    )
]
