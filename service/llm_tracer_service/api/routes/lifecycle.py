"""Traces by hand, for scripts and languages without an SDK: `curl` is enough."""

from __future__ import annotations

import secrets

from llm_tracer.model.span import SpanData
from starlette.responses import Response

from llm_tracer_service.api import answers
from llm_tracer_service.api.ids import span_id_in_path
from llm_tracer_service.api.lookup import found_root, found_summary
from llm_tracer_service.api.operation import SENDING_REFUSALS, Call, json_body, sending
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
    body: lifecycle.OpenSpan = json_body(call, lifecycle.OpenSpan)
    summary = found_summary(call)
    span_id = secrets.token_hex(8)
    now = call.service.clock()
    _keep(call, lifecycle.opened_span(body, summary.trace_id, span_id, summary.root_span_id, now))
    return json_response(answers.SpanOpened(span_id), call.headers, status=201)


def _complete_span(call: Call) -> Response:
    span_id = span_id_in_path(call.path)
    body: lifecycle.CompleteSpan = json_body(call, lifecycle.CompleteSpan)
    trace_id = call.service.store.find_trace_of_span(call.project, span_id)
    if trace_id is None:
        raise no_such("span")
    span = call.service.store.get_span(call.project, trace_id, span_id)
    if span is None:  # deleted meanwhile
        raise no_such("span")
    ended = lifecycle.completed(span, body, call.service.clock())
    _keep(call, ended)
    return json_response(answers.SpanCompleted(span_id, ended.status_code), call.headers)


def _complete_trace(call: Call) -> Response:
    body: lifecycle.CompleteTrace = json_body(call, lifecycle.CompleteTrace)
    root = found_root(call, found_summary(call), "trace", "Send it, then complete the trace.")
    _keep(call, lifecycle.completed(root, body, call.service.clock()))
    after = found_summary(call)
    return json_response(answers.TraceCompleted(after.trace_id, after.status), call.headers)


def _keep(call: Call, span: SpanData) -> None:
    ingest(call.service, call.project, call.source, lambda: Decoded([span]))


OPERATIONS = [
    sending(
        "POST",
        "/api/traces",
        _open_trace,
        "Open a trace",
        "Its root span runs until the trace is completed. `project_id` may be given, and is that of the key.",
        body=lifecycle.OpenTrace,
        answer=answers.TraceOpened,
        status=201,
    ),
    sending(
        "POST",
        "/api/traces/{trace_id}/spans",
        _open_span,
        "Open a span",
        'Below `parent_span_id`, or else below the root. It runs until it is completed; with `"end": true` it has ended at '
        "once. `input_data`, `output_data` and `span_type` are other names for `input`, `output` and `kind`.",
        body=lifecycle.OpenSpan,
        answer=answers.SpanOpened,
        status=201,
        refusals=(*SENDING_REFUSALS, 404),
    ),
    sending(
        "PATCH",
        "/api/spans/{span_id}/complete",
        _complete_span,
        "Complete a span",
        "It ends now; with `error` it has failed.",
        body=lifecycle.CompleteSpan,
        answer=answers.SpanCompleted,
        refusals=(*SENDING_REFUSALS, 404),
    ),
    sending(
        "PATCH",
        "/api/traces/{trace_id}/complete",
        _complete_trace,
        "Complete a trace",
        "Its root span ends now; with `error` it has failed.",
        body=lifecycle.CompleteTrace,
        answer=answers.TraceCompleted,
        refusals=(*SENDING_REFUSALS, 404),
    ),
]
