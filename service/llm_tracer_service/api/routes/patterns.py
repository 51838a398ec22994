"""Traces by what they did."""

from __future__ import annotations

from typing import Annotated

from llm_tracer.model.groups import GroupSort, ranked
from msgspec import Meta
from starlette.responses import Response

from llm_tracer_service.api import answers, render, render_aggregates
from llm_tracer_service.api.operation import Call, Operation
from llm_tracer_service.api.params import Selection
from llm_tracer_service.api.responses import json_response


class PatternParams(Selection, kw_only=True):
    """`GET /api/patterns`."""

    sort: Annotated[
        GroupSort,
        Meta(
            description="The order: -errors (traces in error), -traces, -cost, -tokens, -duration_ms (p95), -last (seen) or value."
        ),
    ] = "-errors"
    limit: Annotated[int, Meta(ge=1, le=1000, description="How many patterns, 1 to 1000; default 50.")] = 50


def _patterns(call: Call) -> Response:
    params: PatternParams = call.params
    time_range = params.time_range(call.service.clock())
    found = call.service.store.aggregate(call.project, params.query(), time_range, group_by="pattern")
    groups = ranked(render_aggregates.all_groups(found.points), params.sort, params.limit, folds=False)
    answer = answers.Patterns(
        [render_aggregates.pattern_group(pattern, group) for pattern, group in groups.first],
        groups.distinct,
        *render.counted(found.counted_since_unix_nano),
    )
    return json_response(answer, call.headers)


OPERATIONS = [
    Operation(
        "GET",
        "/api/patterns",
        _patterns,
        "Traces by pattern",
        "The traces that `q` matches by their steps, loops folded: `agent: plan → (search ×n) → chat → ✕`. Parallel steps "
        "are written as `(a ∥ b)`, the steps inside a step in brackets; `✕` is a trace in error, `…` one that runs.",
        params=PatternParams,
        answer=answers.Patterns,
        refusals=(400, 422, 503),
    )
]
