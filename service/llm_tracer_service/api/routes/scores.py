"""Scores of spans, traces and sessions: sent by hand, and their figures."""

from __future__ import annotations

import secrets
from itertools import islice

from llm_tracer.model.query import And, FamilyTest, Test, TraceQuery
from llm_tracer.model.span import SpanData
from llm_tracer.model.trace import TraceSummary
from starlette.responses import Response

from llm_tracer_service.api import answers, render
from llm_tracer_service.api.lookup import found_root
from llm_tracer_service.api.operation import SENDING_REFUSALS, Call, Operation, json_body, sending
from llm_tracer_service.api.params import Selection
from llm_tracer_service.api.responses import json_response
from llm_tracer_service.errors import Problem, no_such
from llm_tracer_service.query import to_text
from llm_tracer_service.receiving.decoded import Decoded
from llm_tracer_service.receiving.ingest import ingest
from llm_tracer_service.receiving.scoring import SendScore, fragment_of, scored
from llm_tracer_service.score_figures import ScoreFigures, figures_by_name

_NO_ROOT = "Send it, or score a single span."
_PAGE = 1_000
_LABELS_MAX = 50
_TRACES_MAX = 20_000
"""How many traces are examined: some 0.5 s. Few traces have scores, so scores have no roll-up of their own."""


def _send(call: Call) -> Response:
    body: SendScore = json_body(call, SendScore)
    if body.value is None and body.label is None and body.comment is None:
        raise Problem(422, "This score is empty.", "Send `value`, `label` or `comment`.")
    score_id = body.id or secrets.token_hex(16)
    span = judged_span(call, body)
    judged = scored(span, body, score_id, call.service.clock())
    ingest(call.service, call.project, call.source, lambda: Decoded([judged]))
    kept = answers.ScoreKept(score_id, body.target, judged.trace_id, judged.span_id)
    return json_response(kept, call.headers, status=201)


def judged_span(call: Call, body: SendScore) -> SpanData:
    """The span that is to carry the score. Raises Problem: 404 if there is none, 422 if none is named."""
    store, project = call.service.store, call.project
    if body.span_id is not None:
        span_id = body.span_id.lower()
        trace_id = body.trace_id.lower() if body.trace_id else store.find_trace_of_span(project, span_id)
        if trace_id is None:
            raise no_such("span")
        return store.get_span(project, trace_id, span_id) or fragment_of(trace_id, span_id)
    if body.trace_id is not None:
        return found_root(call, store.get_summary(project, body.trace_id.lower()), "trace", _NO_ROOT)
    if body.session_id is None:
        raise Problem(422, "This score has no target.", "Send `span_id`, `trace_id` or `session_id`.")
    first = next(iter(store.get_session(project, body.session_id)), None)
    return found_root(call, first, "session", _NO_ROOT)


def _figures(call: Call) -> Response:
    params: Selection = call.params
    query, time_range = params.query(), params.time_range(call.service.clock())
    summaries: list[TraceSummary] = []
    cursor, since = None, None
    while True:
        page = call.service.store.find_traces(call.project, query, time_range, limit=_PAGE, cursor=cursor)
        summaries += page.traces
        cursor = page.next_cursor
        if cursor is None:
            break
        if len(summaries) >= _TRACES_MAX or not page.complete:
            since = page.scanned_until_unix_nano
            break
    shown = tuple(_shown(figures, query) for figures in figures_by_name(summaries))
    return json_response(answers.Scores(shown, cursor is None, render.time(since)), call.headers)


def _shown(of: ScoreFigures, query: TraceQuery) -> answers.ScoreFigures:
    def found_by(test: Test) -> str:
        return to_text(TraceQuery(And((query.condition, FamilyTest("score", of.name, test)))))

    return answers.ScoreFigures(
        of.name,
        of.count,
        of.traces,
        found_by(Test()),
        of.mean,
        of.low,
        of.high,
        of.bins,
        tuple(
            answers.LabelCount(label, count, found_by(Test(texts=(label,))))
            for label, count in islice(of.labels.items(), _LABELS_MAX)
        ),
    )


OPERATIONS = [
    sending(
        "POST",
        "/api/scores",
        _send,
        "Send a score",
        "A judgement of a span, a trace or a session: a number, true or false, or a category, with a comment. The same `id` "
        "again replaces it. A score of a span that has not arrived yet waits for it, if `trace_id` is given too.",
        body=SendScore,
        answer=answers.ScoreKept,
        status=201,
        refusals=(*SENDING_REFUSALS, 404),
    ),
    Operation(
        "GET",
        "/api/scores",
        _figures,
        "Scores by name",
        "The scores of the traces that `q` matches: how many, mean, distribution, labels.",
        params=Selection,
        answer=answers.Scores,
        refusals=(400, 422, 503),
    ),
]
