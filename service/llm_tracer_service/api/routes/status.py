"""The state of the service: health and metrics."""

from __future__ import annotations

from starlette.responses import Response

from llm_tracer_service import __version__
from llm_tracer_service.api import answers, render
from llm_tracer_service.api.operation import Call, Operation
from llm_tracer_service.api.responses import json_response
from llm_tracer_service.errors import Problem
from llm_tracer_service.service.metrics import consumed_text
from llm_tracer_service.store.base import StoreError


def _health(call: Call) -> Response:
    store = call.service.store
    info = store.info(counting=False)
    healthy = info.healthy
    last: int | None = None
    try:
        last = store.last_span_at() if call.service.gate.is_keyless else _last_of_project(call)
    except StoreError:
        healthy = False
    health = answers.Health("ok" if healthy else "degraded", info.kind, __version__, render.time(last))
    return json_response(health, call.headers)


def _last_of_project(call: Call) -> int | None:
    """When the newest trace last received a span, for those who may read it: when somebody works is nobody else's business."""
    try:
        project = call.service.gate.admit(call.headers, "read").project
    except Problem:
        project = ""
    newest = call.service.store.find_traces(project, limit=1).traces
    return newest[0].last_received_unix_nano if newest else None


def _metrics(call: Call) -> Response:
    text = call.service.metrics.text(call.project) + consumed_text(call.service.store.consumed_units())
    return Response(text, media_type="text/plain; version=0.0.4", headers={"Cache-Control": "no-store"})


OPERATIONS = [
    Operation(
        "GET",
        "/health",
        _health,
        "Health",
        "No key needed. Where keys are configured, `last_span_at` is that of the newest trace of the project whose key is sent, "
        "and null without one.",
        tag="Operating",
        need="none",
        answer=answers.Health,
    ),
    Operation(
        "GET",
        "/metrics",
        _metrics,
        "Metrics for Prometheus",
        "Counters of this process for the project of the key.",
        tag="Operating",
        answer_media=("text/plain",),
    ),
]
