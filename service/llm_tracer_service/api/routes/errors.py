"""Failures, by what they have in common."""

from __future__ import annotations

from typing import Annotated, Literal

from llm_tracer.model.groups import ranked
from msgspec import Meta
from starlette.responses import Response

from llm_tracer_service.api import answers, render, render_aggregates
from llm_tracer_service.api.buckets import bounded_range, starts, width_of
from llm_tracer_service.api.operation import Call, Operation
from llm_tracer_service.api.params import Selection
from llm_tracer_service.api.responses import json_response

_TREND_BUCKETS = 24


class ErrorParams(Selection, kw_only=True):
    """`GET /api/errors`."""

    sort: Annotated[
        Literal["-traces", "-errors", "-last"],
        Meta(description="The order: -errors (how many), -traces (in how many traces) or -last (seen)."),
    ] = "-errors"
    limit: Annotated[int, Meta(ge=1, le=1000, description="How many groups, 1 to 1000; default 50.")] = 50


def _errors(call: Call) -> Response:
    params: ErrorParams = call.params
    shown = bounded_range(call, _TREND_BUCKETS)
    width_s = width_of("auto", shown, _TREND_BUCKETS)
    time_range = params.time_range(call.service.clock())
    found = call.service.store.aggregate(call.project, params.query(), time_range, width_s, "failure")
    groups = ranked(render_aggregates.all_groups(found.points), params.sort, params.limit, folds=False)
    trend = starts(shown, width_s)
    answer = answers.Errors(
        [render_aggregates.error_group(text, group, found.points, trend) for text, group in groups.first],
        groups.distinct,
        width_s,
        [str(render.time(start)) for start in trend],
        *render.counted(found.counted_since_unix_nano),
    )
    return json_response(answer, call.headers)


OPERATIONS = [
    Operation(
        "GET",
        "/api/errors",
        _errors,
        "Failures by kind",
        "Spans in error whose children do not explain it, in the traces that `q` matches: by type, span name, and message "
        "without the parts that vary (numbers, ids, URLs, quoted text).",
        params=ErrorParams,
        answer=answers.Errors,
        refusals=(400, 422, 503),
    )
]
