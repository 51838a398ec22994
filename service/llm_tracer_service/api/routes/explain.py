"""Which condition of a query removes what: for a list that is empty, and its way out."""

from __future__ import annotations

from itertools import islice

from llm_tracer.model.query import And, Condition, TraceQuery
from starlette.responses import Response

from llm_tracer_service.api import answers
from llm_tracer_service.api.operation import Call, Operation
from llm_tracer_service.api.params import Selection
from llm_tracer_service.api.responses import json_response
from llm_tracer_service.query import to_text
from llm_tracer_service.store.base import ALWAYS, TimeRange

CONDITIONS_MAX = 10
"""Each is counted by itself; people who write more than ten look at the first ones first."""


def _explain(call: Call) -> Response:
    params: Selection = call.params
    query, time_range = params.query(), params.time_range(call.service.clock())
    is_complete = True

    def count(asked: TraceQuery, within: TimeRange) -> int:
        nonlocal is_complete
        found = call.service.store.aggregate(call.project, asked, within)
        is_complete &= found.counted_since_unix_nano is None
        return sum(point.figures.traces for point in found.points)

    conditions = []
    for condition, others in islice(_each_without(query.condition), CONDITIONS_MAX):
        text, q = to_text(TraceQuery(condition)), to_text(others)
        conditions.append(answers.WithoutCondition(text, q, count(others, time_range)))
    traces = count(query, time_range)
    all_time = None if time_range == ALWAYS else count(query, ALWAYS)
    return json_response(answers.Explanation(traces, conditions, all_time, is_complete), call.headers)


def _each_without(condition: Condition) -> list[tuple[Condition, TraceQuery]]:
    """Every part that has to be true, with the query of the others."""
    parts = condition.parts if isinstance(condition, And) else (condition,)
    return [(part, TraceQuery(And(parts[:at] + parts[at + 1 :]))) for at, part in enumerate(parts)]


OPERATIONS = [
    Operation(
        "GET",
        "/api/explain",
        _explain,
        "What removes the traces",
        "How many traces there would be without each condition of `q`, and without the range of time: which of them "
        "leaves a list empty. The first ten conditions are counted.",
        params=Selection,
        answer=answers.Explanation,
        refusals=(400, 422, 503),
    )
]
