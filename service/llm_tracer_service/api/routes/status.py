"""The state of the service: health and metrics."""

from __future__ import annotations

from starlette.responses import Response

from llm_tracer_service import __version__
from llm_tracer_service.api import answers, render
from llm_tracer_service.api.operation import Call, Operation
from llm_tracer_service.api.responses import json_response
from llm_tracer_service.serving.metrics import consumed_text
from llm_tracer_service.store.base import StoreError


def _health(call: Call) -> Response:
    store = call.service.store
    info = store.info(counting=False)
    healthy = info.healthy
    last: int | None = None
    try:
        last = store.last_span_at()
    except StoreError:
        healthy = False
    if not call.service.gate.is_keyless:
        last = None  # of any project: when somebody works there is nobody else's business
    health = answers.Health("ok" if healthy else "degraded", info.kind, __version__, render.time(last))
    return json_response(health, call.headers)


def _metrics(call: Call) -> Response:
    text = call.service.metrics.text(call.project) + consumed_text(call.service.store.consumed_units())
    return Response(text, media_type="text/plain; version=0.0.4", headers={"Cache-Control": "no-store"})


OPERATIONS = [
    Operation(
        "GET",
        "/health",
        _health,
        "Health",
        "No key needed. `last_span_at` is null where keys are configured.",
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
