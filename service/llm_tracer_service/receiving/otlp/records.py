"""What both encodings of OTLP have in common: which spans are usable, and which log records carry GenAI content."""

from __future__ import annotations

from collections.abc import Mapping

from llm_tracer.model.span import Resource, Scope, SpanData, SpanEvent, StatusCode, Value

from llm_tracer_service.reading.messages.events import is_exchange
from llm_tracer_service.receiving.decoded import UnusableSpan
from llm_tracer_service.receiving.peers.ids import span_id_of
from llm_tracer_service.receiving.trace_ids import whole_trace_id
from llm_tracer_service.waiting import RESPONSE_ID, named_response, place_of

TIME_MAX = 2**63 - 1
"""Nanoseconds up to the year 2262: what a signed 64-bit column holds."""

_STATUS: dict[int, StatusCode] = {1: "ok", 2: "error"}


def status_code(number: int) -> StatusCode:
    """OTLP's Status.code in words; an unknown number is unset."""
    return _STATUS.get(number, "unset")


def check_times(start: int, end: int) -> int | None:
    """The end time, None where the span has none. Raises UnusableSpan."""
    if not 0 < start <= TIME_MAX:
        raise UnusableSpan(
            "the span has no start time" if start == 0 else f"start time {start} is out of range"
        )
    if not 0 <= end <= TIME_MAX:
        raise UnusableSpan(f"end time {end} is out of range")
    return end or None


def check_id(text: str, name: str, digits: int) -> str:
    """An id of the right length that is not all zeros. A span's may be a UUID, as Orq's SDK writes it: it becomes shorter as
    those of other products do. Raises UnusableSpan."""
    if digits == 16 and len(text) == 32:
        return span_id_of(text)
    if len(text) != digits:
        raise UnusableSpan(f"{name} has {len(text) // 2} bytes, {digits // 2} expected")
    if not text.strip("0"):
        raise UnusableSpan(f"{name} is all zeros")
    return text


def parent_id(text: str) -> str | None:
    """The parent's id, None for a root. Raises UnusableSpan."""
    if not text.strip("0"):
        return None
    return check_id(text, "parentSpanId", 16)


def carries_content(name: str, attributes: Mapping[str, Value], body: Value = None) -> bool:
    """True for a log record whose place is on its span: GenAI events, exceptions, and whatever has an
    exchange of messages for its body."""
    return (
        name.startswith("gen_ai.")
        or name == "exception"
        or is_exchange(body)
        or "exception.type" in attributes
        or "exception.message" in attributes
    )


class Fragments:
    """Collects log records by the span, or the response, that they belong to; one fragment each, events in the order
    they came."""

    def __init__(self) -> None:
        self.dropped = 0
        self._spans: dict[tuple[str, str], tuple[Resource, Scope, dict[str, Value], list[SpanEvent]]] = {}

    def add(
        self,
        trace_id: str,
        span_id: str,
        resource: Resource,
        scope: Scope,
        event: SpanEvent,
    ) -> None:
        """Keep the event if it carries content and names its span or its response; count it as dropped otherwise."""
        attributes = dict(event.attributes)
        trace_id = whole_trace_id(trace_id)
        place: tuple[str, str] | None = (trace_id, span_id)
        response: dict[str, Value] = {}
        if len(trace_id) != 32 or len(span_id) != 16 or not trace_id.strip("0") or not span_id.strip("0"):
            response_id = named_response(attributes)
            place = None if response_id is None else place_of(response_id)
            response = {RESPONSE_ID: response_id}
        if place is None or not carries_content(event.name, attributes, event.body):
            self.dropped += 1
            return
        *_, events = self._spans.setdefault(place, (resource, scope, response, []))
        events.append(event)

    def spans(self) -> list[SpanData]:
        """The fragments, in the order of their first record."""
        return [
            SpanData(
                trace_id=trace_id,
                span_id=span_id,
                name="",
                start_time_unix_nano=None,
                attributes=response,
                events=tuple(events),
                resource=resource,
                scope=scope,
            )
            for (trace_id, span_id), (resource, scope, response, events) in self._spans.items()
        ]


def event_name(name: str, attributes: dict[str, Value]) -> str:
    """A log record's event name: the field of OTLP 1.6, else the attribute that older senders use."""
    if name:
        return name
    older = attributes.get("event.name")
    if isinstance(older, str) and older:
        return older
    return "exception" if "exception.type" in attributes or "exception.message" in attributes else ""
