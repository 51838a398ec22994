"""Every operation of the API, by subject. The order is that of the documentation."""

from __future__ import annotations

from llm_tracer_service.api.operation import Operation
from llm_tracer_service.api.routes import (
    batches,
    blobs,
    changes,
    deletion,
    errors,
    export,
    facets,
    ingest_log,
    keeping,
    lifecycle,
    otlp,
    page,
    patterns,
    prices,
    reference,
    replay,
    sessions,
    spans,
    stats,
    status,
    traces,
    transcript,
)

OPERATIONS: tuple[Operation, ...] = (
    *otlp.OPERATIONS,
    *batches.OPERATIONS,
    *lifecycle.OPERATIONS,
    *traces.OPERATIONS,
    *transcript.OPERATIONS,
    *export.OPERATIONS,
    *spans.OPERATIONS,
    *replay.OPERATIONS,
    *blobs.OPERATIONS,
    *sessions.OPERATIONS,
    *stats.OPERATIONS,
    *facets.OPERATIONS,
    *errors.OPERATIONS,
    *patterns.OPERATIONS,
    *prices.OPERATIONS,
    *changes.OPERATIONS,
    *deletion.OPERATIONS,
    *keeping.OPERATIONS,
    *ingest_log.OPERATIONS,
    *status.OPERATIONS,
    *reference.OPERATIONS,
    *page.OPERATIONS,
)
