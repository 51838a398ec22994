"""OTLP in JSON, the values of its messages (json_types) as those of a span. What is sent otherwise than OTLP means, but can
be understood, is taken: ids in base64, enums by name."""

from __future__ import annotations

import base64
import binascii
from typing import Any

import msgspec
from llm_tracer.model.span import NO_RESOURCE, NO_SCOPE, Resource, Scope, SpanData, SpanEvent, SpanLink, Value

from llm_tracer_service.malformed import MalformedBody
from llm_tracer_service.receiving.decoded import Decoded, Rejected, Rejections, UnusableSpan
from llm_tracer_service.receiving.formats import check_members, members_of
from llm_tracer_service.receiving.otlp import records
from llm_tracer_service.receiving.otlp.json_request import logs_request, record_of, span_of, traces_request
from llm_tracer_service.receiving.otlp.json_types import (
    AnyValue,
    Event,
    KeyValue,
    Link,
    LogRecord,
    ResourceLogs,
    ResourceSpans,
    ScopeLogs,
    ScopeSpans,
    Span,
)
from llm_tracer_service.receiving.pending import as_open_span
from llm_tracer_service.receiving.trace_ids import whole_trace_id


def traces(body: bytes) -> Decoded:
    """The spans of a request. Raises MalformedBody."""
    request = traces_request(body)
    spans: list[SpanData] = []
    rejected = Rejections()
    for r, resource_spans in enumerate(request.resource_spans or ()):
        resource = _resource(resource_spans)
        for s, scope_spans in enumerate(resource_spans.scope_spans or ()):
            scope = _scope(scope_spans)
            for n, each in enumerate(scope_spans.spans or ()):
                try:
                    sent = each if isinstance(each, Span) else span_of(each)
                    spans.append(as_open_span(_span(sent, resource, scope)))
                except (UnusableSpan, msgspec.DecodeError, RecursionError) as fault:
                    where = f"resourceSpans[{r}].scopeSpans[{s}].spans[{n}]"
                    rejected.append(Rejected(_reason(fault), where, len(spans) + len(rejected)))
    return Decoded(spans, rejected)


def logs(body: bytes) -> Decoded:
    """The GenAI content of a request of log records, as fragments. Raises MalformedBody."""
    request = logs_request(body)
    fragments = records.Fragments()
    rejected = Rejections()
    index = 0
    for r, resource_logs in enumerate(request.resource_logs or ()):
        resource = _resource(resource_logs)
        for s, scope_logs in enumerate(resource_logs.scope_logs or ()):
            scope = _scope(scope_logs)
            for n, raw in enumerate(scope_logs.log_records or ()):
                try:
                    record = record_of(raw)
                    fragments.add(
                        _hex(record.trace_id), _hex(record.span_id), resource, scope, _log_event(record)
                    )
                except (UnusableSpan, msgspec.DecodeError, RecursionError) as fault:
                    where = f"resourceLogs[{r}].scopeLogs[{s}].logRecords[{n}]"
                    rejected.append(Rejected(_reason(fault), where, index))
                index += 1
    return Decoded(fragments.spans(), rejected, fragments.dropped)


def _reason(fault: Exception) -> str:
    return "values nested too deep" if isinstance(fault, RecursionError) else str(fault)


def check_metrics(body: bytes) -> None:
    """Raises MalformedBody for what is no request of metrics."""
    try:
        members = members_of(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return  # what is not kept need not be right
    check_members(members, "resource_metrics" if "resource_metrics" in members else "resourceMetrics")


def _resource(of: ResourceSpans[Any] | ResourceLogs) -> Resource:
    sent = of.resource
    if sent is None:
        return Resource(schema_url=of.schema_url) if of.schema_url else NO_RESOURCE
    return Resource(
        _shared_attributes(sent.attributes), sent.dropped_attributes_count or 0, of.schema_url or ""
    )


def _scope(of: ScopeSpans[Any] | ScopeLogs) -> Scope:
    sent = of.scope
    if sent is None:
        return Scope(schema_url=of.schema_url) if of.schema_url else NO_SCOPE
    return Scope(
        sent.name or "",
        sent.version or "",
        _shared_attributes(sent.attributes),
        sent.dropped_attributes_count or 0,
        of.schema_url or "",
    )


def _shared_attributes(sent: list[KeyValue] | None) -> dict[str, Value]:
    try:
        return _attributes(sent)
    except UnusableSpan as fault:
        raise MalformedBody(str(fault), "attributes of a resource or scope") from fault


def _span(sent: Span, resource: Resource, scope: Scope) -> SpanData:
    status = sent.status
    start = _integer(sent.start_time_unix_nano, "startTimeUnixNano")
    # In the order of the fields: 19 names would cost 0.6 µs.
    return SpanData(
        records.check_id(whole_trace_id(_hex(sent.trace_id)), "traceId", 32),
        records.check_id(_hex(sent.span_id), "spanId", 16),
        sent.name or "",
        start,
        records.check_times(start, _integer(sent.end_time_unix_nano, "endTimeUnixNano")),
        records.parent_id(_hex(sent.parent_span_id)),
        _enum(sent.kind, _KINDS),
        records.status_code(_enum(status.code, _STATUS_CODES)) if status else "unset",
        (status.message or None) if status else None,
        _attributes(sent.attributes),
        tuple([_event(event) for event in sent.events]) if sent.events else (),
        tuple([_link(link) for link in sent.links]) if sent.links else (),
        resource,
        scope,
        sent.trace_state or "",
        sent.flags or 0,
        sent.dropped_attributes_count or 0,
        sent.dropped_events_count or 0,
        sent.dropped_links_count or 0,
    )


def _event(sent: Event) -> SpanEvent:
    time = _integer(sent.time_unix_nano, "timeUnixNano of an event")
    attributes, dropped = _attributes(sent.attributes), sent.dropped_attributes_count or 0
    if sent.source == "span":
        return SpanEvent(sent.name or "", time, attributes, dropped)
    return SpanEvent(
        sent.name or "", time, attributes, dropped, sent.body and _value(sent.body), source=sent.source
    )


def _log_event(sent: LogRecord) -> SpanEvent:
    attributes = _attributes(sent.attributes)
    time = _integer(sent.time_unix_nano, "timeUnixNano")
    return SpanEvent(
        name=records.event_name(sent.event_name or "", attributes),
        time_unix_nano=time or _integer(sent.observed_time_unix_nano, "observedTimeUnixNano"),
        attributes=attributes,
        dropped_attributes_count=sent.dropped_attributes_count or 0,
        body=None if sent.body is None else _value(sent.body),
        source="log",
    )


def _link(sent: Link) -> SpanLink:
    return SpanLink(
        trace_id=whole_trace_id(_hex(sent.trace_id)),
        span_id=_hex(sent.span_id),
        attributes=_attributes(sent.attributes),
        trace_state=sent.trace_state or "",
        dropped_attributes_count=sent.dropped_attributes_count or 0,
        flags=sent.flags or 0,
    )


def _attributes(sent: list[KeyValue] | None) -> dict[str, Value]:
    attributes: dict[str, Value] = {}
    for pair in sent or ():
        value = pair.value
        # Nearly all values are text: asking for it first saves a call on each.
        text = None if value is None else value.string_value
        attributes[pair.key] = text if value is None or text is not None else _value(value)
    return attributes


def _value(sent: AnyValue) -> Value:
    if sent.string_value is not None:
        return sent.string_value
    if sent.int_value is not None:
        return _integer(sent.int_value, "intValue")
    if sent.bool_value is not None:
        return sent.bool_value
    if sent.double_value is not None:
        return _double(sent.double_value)
    if sent.array_value is not None:
        return [_value(value) for value in sent.array_value.values or ()]
    if sent.kvlist_value is not None:
        return _attributes(sent.kvlist_value.values)
    if sent.bytes_value is not None:
        return _bytes(sent.bytes_value)
    return None if sent.big_int_value is None else _big_integer(sent.big_int_value)


def _integer(sent: int | str | float | None, name: str) -> int:
    if sent is None or sent == "":
        return 0
    if isinstance(sent, float) and sent.is_integer():
        sent = int(sent)  # 3.0, as programs write it that calculated the number
    try:
        # Longer text is no 64-bit number, and takes Python quadratic time.
        number = int(sent) if isinstance(sent, int) or (isinstance(sent, str) and len(sent) <= 21) else None
    except ValueError:
        number = None
    if number is None or not -(2**63) <= number < 2**64:
        raise UnusableSpan(f"{name} is not a 64-bit integer: {str(sent)[:40]!r}")
    return number


def _big_integer(sent: str) -> int:
    try:
        return int(sent)
    except ValueError as fault:  # also for what is longer than Python reads
        raise UnusableSpan(f"bigIntValue is not an integer: {sent[:40]!r}") from fault


def _double(sent: float | str) -> float:
    try:
        return float(sent)
    except ValueError as fault:
        raise UnusableSpan(f"doubleValue is not a number: {str(sent)[:40]!r}") from fault


def _bytes(sent: str) -> bytes:
    try:
        return base64.b64decode(
            sent.replace("-", "+").replace("_", "/") + "=" * (-len(sent) % 4), validate=True
        )
    except (binascii.Error, ValueError) as fault:
        raise UnusableSpan("bytesValue is not base64") from fault


def _hex(sent: str | None) -> str:
    text = (sent or "").lower()
    if text.strip("0123456789abcdef"):
        return _hex_of_base64(sent or "")
    return text


def _hex_of_base64(sent: str) -> str:
    """Ids are base64 in the JSON of protobuf's own libraries, which OTLP does not mean and people send."""
    try:
        found = base64.b64decode(sent, validate=True) if sent.endswith("=") else b""
    except binascii.Error:
        found = b""
    if len(found) not in (8, 16):
        raise UnusableSpan(f"an id is not hexadecimal: {sent[:40]!r}")
    return found.hex()


_KINDS = ("UNSPECIFIED", "INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER")
_STATUS_CODES = ("UNSET", "OK", "ERROR")


def _enum(sent: int | str | None, names: tuple[str, ...]) -> int:
    """The number of an enum value; its name ("SPAN_KIND_CLIENT") is not OTLP but is sent."""
    if sent is None or isinstance(sent, int):
        return sent or 0
    name = sent.rsplit("_", 1)[-1].upper()
    if name in names:
        return names.index(name)
    return int(sent) if sent.isdecimal() and len(sent) < 6 else 0
