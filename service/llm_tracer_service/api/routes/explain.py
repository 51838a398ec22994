"""How many results each condition of a query removes: for people who look at an empty list."""

from __future__ import annotations

from collections.abc import Callable

from llm_tracer.model.query import And, Condition, TraceQuery
from starlette.responses import Response

from llm_tracer_service.api import answers
from llm_tracer_service.api.operation import Call, Operation
from llm_tracer_service.api.params import Selection
from llm_tracer_service.api.responses import json_response
from llm_tracer_service.query import parse, to_text
from llm_tracer_service.store.base import ALWAYS, TimeRange
from llm_tracer_service.store.patience import Patience

CONDITIONS_MAX = 10
"""Each is counted separately, as long as patience lasts; whoever writes more than ten looks at the first ones first."""

SPANS_MAX = 1_000
"""How many spans of a query are counted at most: no store keeps their number."""

Counter = Callable[[TraceQuery, TimeRange], tuple[int, bool]]
"""How many results a query has within a time range, and whether that is all of them."""


def _explain_traces(call: Call) -> Response:
    def count(query: TraceQuery, within: TimeRange) -> tuple[int, bool]:
        found = call.service.store.aggregate(call.project, query, within)
        return sum(point.figures.traces for point in found.points), found.counted_since_unix_nano is None

    query = call.params.query()
    traces, conditions, all_time, complete = _explained(call, query, count)
    without = [answers.WithoutCondition(*one) for one in conditions]
    return json_response(answers.Explanation(traces, without, all_time, complete), call.headers)


def _explain_spans(call: Call) -> Response:
    def count(query: TraceQuery, within: TimeRange) -> tuple[int, bool]:
        page = call.service.store.find_spans(call.project, query, within, SPANS_MAX)
        return len(page.spans), page.next_cursor is None or len(page.spans) == SPANS_MAX

    query = parse(call.params.q, of_spans=True)
    spans, conditions, all_time, complete = _explained(call, query, count)
    without = [answers.SpansWithoutCondition(*one) for one in conditions]
    return json_response(answers.SpansExplanation(spans, without, all_time, complete), call.headers)


_Explained = tuple[int, list[tuple[str, str, int]], int | None, bool]


def _explained(call: Call, query: TraceQuery, counter: Counter) -> _Explained:
    """The number of results; for each condition its text, the query of the others, and the results of that; the number of
    results at any time; and whether everything was counted."""
    time_range = call.params.time_range(call.service.clock())
    is_complete = True

    def count(asked: TraceQuery, within: TimeRange) -> int:
        nonlocal is_complete
        found, is_all = counter(asked, within)
        is_complete &= is_all
        return found

    found = count(query, time_range)
    all_time = None if time_range == ALWAYS else count(query, ALWAYS)
    patience = Patience(CONDITIONS_MAX)
    conditions: list[tuple[str, str, int]] = []
    for condition, others in _each_without(query.condition)[:CONDITIONS_MAX]:
        if patience.is_over(len(conditions)):
            is_complete = False
            break
        conditions.append((to_text(TraceQuery(condition)), to_text(others), count(others, time_range)))
    return found, conditions, all_time, is_complete


def _each_without(condition: Condition) -> list[tuple[Condition, TraceQuery]]:
    """Every part that must hold, with the query of the other parts."""
    parts = condition.parts if isinstance(condition, And) else (condition,)
    return [(part, TraceQuery(And(parts[:at] + parts[at + 1 :]))) for at, part in enumerate(parts)]


OPERATIONS = [
    Operation(
        "GET",
        "/api/explain",
        _explain_traces,
        "What removes the traces",
        "How many traces there would be without each condition of `q`, and without the time range: which of them leaves a "
        "list empty. The first ten conditions are counted, for a few seconds; if that is not enough, `complete` is false.",
        params=Selection,
        answer=answers.Explanation,
        refusals=(400, 422, 503),
    ),
    Operation(
        "GET",
        "/api/explain/spans",
        _explain_spans,
        "What removes the spans",
        "Like `GET /api/explain`, for `GET /api/spans`: each condition is about the span itself. Counting stops at "
        f"{SPANS_MAX:,}: that number means that many or more.",
        params=Selection,
        answer=answers.SpansExplanation,
        refusals=(400, 422, 503),
    ),
]
