"""Traces by hand, for scripts and languages without an SDK: `curl` is enough."""

from __future__ import annotations

import secrets

from llm_tracer.model.span import SpanData
from starlette.responses import Response

from llm_tracer_service.api import answers
from llm_tracer_service.api.ids import span_id_in_path, trace_id_in_path
from llm_tracer_service.api.operation import Call, Operation, json_body
from llm_tracer_service.api.responses import json_response
from llm_tracer_service.errors import Problem, no_such
from llm_tracer_service.receiving import lifecycle
from llm_tracer_service.receiving.decoded import Decoded
from llm_tracer_service.receiving.ingest import ingest


def _open_trace(call: Call) -> Response:
    body: lifecycle.OpenTrace = json_body(call, lifecycle.OpenTrace)
    if body.project_id not in (None, call.project):
        raise Problem(
            403, "This key belongs to another project.", "Omit `project_id`, or use a key of that project."
        )
    trace_id = (body.trace_id or secrets.token_hex(16)).lower()
    _keep(call, lifecycle.opened_trace(body, trace_id, call.service.clock()))
    return json_response(answers.TraceOpened(trace_id), call.headers, status=201)


def _open_span(call: Call) -> Response:
    trace_id = trace_id_in_path(call.path)
    body: lifecycle.OpenSpan = json_body(call, lifecycle.OpenSpan)
    summary = call.service.store.get_summary(call.project, trace_id)
    if summary is None:
        raise no_such("trace")
    span_id = secrets.token_hex(8)
    now = call.service.clock()
    _keep(call, lifecycle.opened_span(body, trace_id, span_id, summary.root_span_id, now))
    return json_response(answers.SpanOpened(span_id), call.headers, status=201)


def _complete_span(call: Call) -> Response:
    span_id = span_id_in_path(call.path)
    body: lifecycle.CompleteSpan = json_body(call, lifecycle.CompleteSpan)
    trace_id = call.service.store.find_trace_of_span(call.project, span_id)
    if trace_id is None:
        raise no_such("span")
    span = _stored(call, trace_id, span_id, "span")
    ended = lifecycle.completed(span, body, call.service.clock())
    _keep(call, ended)
    return json_response(answers.SpanCompleted(span_id, ended.status_code), call.headers)


def _complete_trace(call: Call) -> Response:
    trace_id = trace_id_in_path(call.path)
    body: lifecycle.CompleteTrace = json_body(call, lifecycle.CompleteTrace)
    store = call.service.store
    summary = store.get_summary(call.project, trace_id)
    if summary is None:
        raise no_such("trace")
    if summary.root_span_id is None:
        raise Problem(
            422, "The root span of this trace was never received.", "Send it, then complete the trace."
        )
    root = _stored(call, trace_id, summary.root_span_id, "trace")
    _keep(call, lifecycle.completed(root, body, call.service.clock()))
    after = store.get_summary(call.project, trace_id)
    if after is None:  # deleted meanwhile
        raise no_such("trace")
    return json_response(answers.TraceCompleted(trace_id, after.status), call.headers)


def _stored(call: Call, trace_id: str, span_id: str, what: str) -> SpanData:
    span = call.service.store.get_span(call.project, trace_id, span_id)
    if span is None:
        raise no_such(what)
    return span


def _keep(call: Call, span: SpanData) -> None:
    ingest(call.service, call.project, call.source, lambda: Decoded([span]))


_REFUSALS = (400, 413, 415, 422, 429, 503)

OPERATIONS = [
    Operation(
        "POST",
        "/api/traces",
        _open_trace,
        "Open a trace",
        "Its root span runs until the trace is completed. `project_id` may be given, and is that of the key.",
        tag="Sending",
        need="write",
        body=lifecycle.OpenTrace,
        answer=answers.TraceOpened,
        status=201,
        refusals=_REFUSALS,
    ),
    Operation(
        "POST",
        "/api/traces/{trace_id}/spans",
        _open_span,
        "Open a span",
        'Below `parent_span_id`, or else below the root. It runs until it is completed; with `"end": true` it has ended at '
        "once. `input_data`, `output_data` and `span_type` are other names for `input`, `output` and `kind`.",
        tag="Sending",
        need="write",
        body=lifecycle.OpenSpan,
        answer=answers.SpanOpened,
        status=201,
        refusals=(*_REFUSALS, 404),
    ),
    Operation(
        "PATCH",
        "/api/spans/{span_id}/complete",
        _complete_span,
        "Complete a span",
        "It ends now; with `error` it has failed.",
        tag="Sending",
        need="write",
        body=lifecycle.CompleteSpan,
        answer=answers.SpanCompleted,
        refusals=(*_REFUSALS, 404),
    ),
    Operation(
        "PATCH",
        "/api/traces/{trace_id}/complete",
        _complete_trace,
        "Complete a trace",
        "Its root span ends now; with `error` it has failed.",
        tag="Sending",
        need="write",
        body=lifecycle.CompleteTrace,
        answer=answers.TraceCompleted,
        refusals=(*_REFUSALS, 404),
    ),
]
