"""How the service is: health, metrics, and what came of the last requests that brought spans."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct
from starlette.responses import Response

from llm_tracer_service import __version__
from llm_tracer_service.api import answers, render
from llm_tracer_service.api.operation import Call, Operation
from llm_tracer_service.api.responses import json_response
from llm_tracer_service.ingest_log import Outcome
from llm_tracer_service.store.base import StoreError
from llm_tracer_service.times import rfc3339


class IngestParams(Struct, forbid_unknown_fields=True):
    """`GET /api/ingest`."""

    limit: Annotated[int, Meta(ge=1, le=1000, description="How many, 1 to 1000; 50 unless given.")] = 50


def _health(call: Call) -> Response:
    store = call.service.store
    info = store.info()
    healthy = info.healthy
    last: int | None = None
    try:
        last = store.last_span_at()
    except StoreError:
        healthy = False
    health = answers.Health("ok" if healthy else "degraded", info.kind, __version__, render.time(last))
    return json_response(health, call.headers)


def _ingest(call: Call) -> Response:
    outcomes = call.service.ingest_log.last(call.project, call.params.limit)
    records = tuple(map(_record, outcomes))
    return json_response(answers.IngestLog(records, len(records)), call.headers)


def _record(outcome: Outcome) -> answers.IngestRecord:
    return answers.IngestRecord(
        time=rfc3339(outcome.time_unix_nano),
        source=outcome.source,
        user_agent=outcome.user_agent,
        convention=outcome.convention,
        status=outcome.status,
        accepted=outcome.accepted,
        dropped=outcome.dropped,
        refused=tuple(answers.Refusal(reason, count) for reason, count in outcome.refused.items()),
        bytes=outcome.size_bytes,
        lost=outcome.lost,
        spooled=outcome.is_spooled,
    )


def _metrics(call: Call) -> Response:
    text = call.service.metrics.text(call.project)
    return Response(text, media_type="text/plain; version=0.0.4", headers={"Cache-Control": "no-store"})


OPERATIONS = [
    Operation(
        "GET",
        "/api/ingest",
        _ingest,
        "Read the ingest log",
        "What came of the last requests that brought spans, newest first: so that one sees why something is missing.",
        tag="Operating",
        params=IngestParams,
        answer=answers.IngestLog,
        refusals=(422,),
    ),
    Operation(
        "GET",
        "/health",
        _health,
        "Health",
        "No key needed.",
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
