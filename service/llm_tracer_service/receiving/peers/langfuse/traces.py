"""What is told of a trace as a whole. Every telling adds to the one before: SDKs send the same event for changes."""

from __future__ import annotations

from llm_tracer.model.place import record_id
from llm_tracer.model.span import SpanData

from llm_tracer_service.receiving.otlp.records import check_times
from llm_tracer_service.receiving.peers.ids import trace_id_of
from llm_tracer_service.receiving.peers.langfuse.event import Event
from llm_tracer_service.receiving.peers.langfuse.members import of_trace


def record_of(event: Event) -> SpanData:
    """The record of the trace that an event tells of. Raises UnusableSpan.

    It lasts as long as the spans below it (model/place.py); by itself, until it was last told of. The decorator of the
    Python SDK, whose outermost function is the trace, says the times of that function, in members of its own.
    """
    trace_id = trace_id_of(event.text("id") or event.id)
    told = event.time("timestamp") or event.sent_unix_nano
    start = min(told, event.time("start_time") or told)
    end = event.time("end_time") or (told if event.body.get("output") is not None else start)
    check_times(start, end)
    failed = event.body.get("level") == "ERROR"
    return SpanData(
        trace_id,
        record_id(trace_id),
        event.text("name") or "",
        start,
        end,
        status_code="error" if failed else "unset",
        status_message=event.text("status_message") if failed else None,
        attributes={"langfuse.observation.type": "trace", **of_trace(event.body)},
        scope=event.scope,
    )
