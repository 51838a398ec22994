"""Spans, generations and events: created once, changed afterwards."""

from __future__ import annotations

from collections.abc import Iterator

from llm_tracer.model.place import record_id
from llm_tracer.model.span import SpanData

from llm_tracer_service.receiving.decoded import UnusableSpan
from llm_tracer_service.receiving.otlp.records import check_times
from llm_tracer_service.receiving.peers.ids import span_id_of
from llm_tracer_service.receiving.peers.langfuse.event import Event
from llm_tracer_service.receiving.peers.langfuse.members import of_observation

TYPES = frozenset((
    "span", "generation", "event", "agent", "tool", "chain", "retriever", "evaluator", "embedding", "guardrail",
))  # fmt: skip
LEGACY = "observation"
"""Events of this name have the type in their body."""


def spans_of_observation(event: Event) -> Iterator[SpanData]:
    """The span that an event creates, or the fragment that changes it. Raises UnusableSpan.

    One without a parent lies below the record of its trace, which begins no later.
    """
    span = _span(event)
    if event.action == "update":
        if span.start_time_unix_nano is not None:
            yield SpanData(span.trace_id, span.span_id, span.name, span.start_time_unix_nano)
        yield _as_change(span)
        return
    if span.parent_span_id == record_id(span.trace_id):
        yield SpanData(
            span.trace_id, record_id(span.trace_id), "", span.start_time_unix_nano, scope=event.scope
        )
    yield span


def _span(event: Event) -> SpanData:
    of, is_update = _type_of(event), event.action == "update"
    trace_id, parent = event.trace_id, event.text("parentObservationId")
    start = event.time("startTime") or (None if is_update else event.sent_unix_nano)
    end = start if of == "event" else event.time("endTime")
    if start is not None:
        check_times(start, end or 0)
    attributes = of_observation(event.body)
    if of != LEGACY:
        attributes["langfuse.observation.type"] = of
    failed = event.body.get("level") == "ERROR"
    return SpanData(
        trace_id,
        span_id_of(event.text("id") or event.id),
        event.text("name") or ("" if is_update else of),
        start,
        end,
        parent_span_id=span_id_of(parent) if parent else None if is_update else record_id(trace_id),
        status_code="error" if failed else "unset",
        status_message=event.text("statusMessage"),
        attributes=attributes,
        scope=event.scope,
    )


def _type_of(event: Event) -> str:
    of = (event.text("type") or LEGACY).lower() if event.of == LEGACY else event.of
    if of in TYPES or (of == LEGACY and event.action == "update"):
        return of
    raise UnusableSpan(f"there is no type of observation {of[:40]!r}")


def _as_change(span: SpanData) -> SpanData:
    """What an update says, apart from its start."""
    return SpanData(
        span.trace_id,
        span.span_id,
        span.name,
        None,
        span.end_time_unix_nano,
        span.parent_span_id,
        status_code=span.status_code,
        status_message=span.status_message,
        attributes=span.attributes,
        scope=span.scope,
    )
