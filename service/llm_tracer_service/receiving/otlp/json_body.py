"""OTLP in JSON: hex ids, 64-bit integers as strings or numbers, enums as numbers, lowerCamelCase names.

A body is read in one pass. Where that fails, the envelope is read first and each span on its own after it, so that one
bad span does not cost the others. Unknown fields are ignored, but for those of an export (json_writer), and where a list of
spans is missing beside them: what it is called instead would be lost. Names in
snake_case, which protobuf's JSON mapping also allows, are accepted in a second try.
"""

from __future__ import annotations

import base64
import binascii
import re
from codecs import BOM_UTF8
from collections.abc import Callable, Sequence
from typing import Any, Generic, Literal, TypeAlias, TypeVar

import msgspec
from llm_tracer.model.span import NO_RESOURCE, NO_SCOPE, Resource, Scope, SpanData, SpanEvent, SpanLink, Value

from llm_tracer_service.receiving.decoded import Decoded, MalformedBody, Rejected, UnusableSpan
from llm_tracer_service.receiving.formats import check_members, members_of
from llm_tracer_service.receiving.json_text import repaired
from llm_tracer_service.receiving.otlp import records
from llm_tracer_service.receiving.pending import as_open_span
from llm_tracer_service.receiving.trace_ids import whole_trace_id

_T = TypeVar("_T")


class _Json(msgspec.Struct, rename="camel", gc=False):
    """Lives for a request and refers to nothing that refers back, so the garbage collector need not look at it."""


class _AnyValue(_Json):
    string_value: str | None = None
    bool_value: bool | None = None
    int_value: int | str | float | None = None
    double_value: float | str | None = None
    array_value: _Values | None = None
    kvlist_value: _Pairs | None = None
    bytes_value: str | None = None
    big_int_value: str | None = None


class _KeyValue(_Json):
    key: str = ""
    value: _AnyValue | None = None


class _Values(_Json):
    values: list[_AnyValue] | None = None


class _Pairs(_Json):
    values: list[_KeyValue] | None = None


class _Resource(_Json):
    attributes: list[_KeyValue] | None = None
    dropped_attributes_count: int | None = None


class _Scope(_Json):
    name: str | None = None
    version: str | None = None
    attributes: list[_KeyValue] | None = None
    dropped_attributes_count: int | None = None


class _Status(_Json):
    code: int | str | None = None
    message: str | None = None


class _Event(_Json):
    time_unix_nano: int | str | float | None = None
    name: str | None = None
    attributes: list[_KeyValue] | None = None
    dropped_attributes_count: int | None = None
    body: _AnyValue | None = None
    source: Literal["span", "log"] = "span"


class _Link(_Json):
    trace_id: str | None = None
    span_id: str | None = None
    trace_state: str | None = None
    attributes: list[_KeyValue] | None = None
    dropped_attributes_count: int | None = None
    flags: int | None = None


class _Span(_Json):
    trace_id: str | None = None
    span_id: str | None = None
    trace_state: str | None = None
    parent_span_id: str | None = None
    flags: int | None = None
    name: str | None = None
    kind: int | str | None = None
    start_time_unix_nano: int | str | float | None = None
    end_time_unix_nano: int | str | float | None = None
    attributes: list[_KeyValue] | None = None
    dropped_attributes_count: int | None = None
    events: list[_Event] | None = None
    dropped_events_count: int | None = None
    links: list[_Link] | None = None
    dropped_links_count: int | None = None
    status: _Status | None = None


class _LogRecord(_Json):
    time_unix_nano: int | str | float | None = None
    observed_time_unix_nano: int | str | float | None = None
    body: _AnyValue | None = None
    attributes: list[_KeyValue] | None = None
    dropped_attributes_count: int | None = None
    trace_id: str | None = None
    span_id: str | None = None
    event_name: str | None = None


_Sent = TypeVar("_Sent", _Span, msgspec.Raw)


class _ScopeSpans(_Json, Generic[_Sent]):
    scope: _Scope | None = None
    spans: list[_Sent] | None = None
    schema_url: str | None = None


class _ResourceSpans(_Json, Generic[_Sent]):
    resource: _Resource | None = None
    scope_spans: list[_ScopeSpans[_Sent]] | None = None
    schema_url: str | None = None


class _TracesRequest(_Json, Generic[_Sent]):
    resource_spans: list[_ResourceSpans[_Sent]] | None = None


class _ScopeLogs(_Json):
    scope: _Scope | None = None
    log_records: list[msgspec.Raw] | None = None
    schema_url: str | None = None


class _ResourceLogs(_Json):
    resource: _Resource | None = None
    scope_logs: list[_ScopeLogs] | None = None
    schema_url: str | None = None


class _LogsRequest(_Json):
    resource_logs: list[_ResourceLogs] | None = None


_decode_span = msgspec.json.Decoder(_Span).decode
_decode_record = msgspec.json.Decoder(_LogRecord).decode
_decode_traces = msgspec.json.Decoder(_TracesRequest[_Span]).decode
_decode_traces_raw = msgspec.json.Decoder(_TracesRequest[msgspec.Raw]).decode
_decode_logs = msgspec.json.Decoder(_LogsRequest).decode


def traces(body: bytes) -> Decoded:
    """The spans of a request. Raises MalformedBody."""
    request = _traces_request(body.removeprefix(BOM_UTF8))
    spans: list[SpanData] = []
    rejected: list[Rejected] = []
    for r, resource_spans in enumerate(request.resource_spans or ()):
        resource = _resource(resource_spans)
        for s, scope_spans in enumerate(resource_spans.scope_spans or ()):
            scope = _scope(scope_spans)
            for n, each in enumerate(scope_spans.spans or ()):
                try:
                    sent = each if isinstance(each, _Span) else _read(_decode_span, each)
                    spans.append(as_open_span(_span(sent, resource, scope)))
                except (UnusableSpan, msgspec.DecodeError, RecursionError) as fault:
                    where = f"resourceSpans[{r}].scopeSpans[{s}].spans[{n}]"
                    reason = "values nested too deep" if isinstance(fault, RecursionError) else str(fault)
                    rejected.append(Rejected(reason, where, len(spans) + len(rejected)))
    return Decoded(spans, rejected)


def logs(body: bytes) -> Decoded:
    """The GenAI content of a request of log records, as fragments. Raises MalformedBody."""
    request = _parse(_decode_logs, body.removeprefix(BOM_UTF8), _LOGS)
    fragments = records.Fragments()
    rejected: list[Rejected] = []
    index = 0
    for r, resource_logs in enumerate(request.resource_logs or ()):
        resource = _resource(resource_logs)
        for s, scope_logs in enumerate(resource_logs.scope_logs or ()):
            scope = _scope(scope_logs)
            for n, raw in enumerate(scope_logs.log_records or ()):
                try:
                    record = _read(_decode_record, raw)
                    fragments.add(
                        _hex(record.trace_id), _hex(record.span_id), resource, scope, _log_event(record)
                    )
                except (UnusableSpan, msgspec.DecodeError, RecursionError) as fault:
                    where = f"resourceLogs[{r}].scopeLogs[{s}].logRecords[{n}]"
                    rejected.append(Rejected(str(fault), where, index))
                index += 1
    return Decoded(fragments.spans(), rejected, fragments.dropped)


def check_metrics(body: bytes) -> None:
    """Raises MalformedBody for what is no request of metrics."""
    try:
        members = members_of(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return  # what is not kept need not be right
    check_members(members, "resource_metrics" if "resource_metrics" in members else "resourceMetrics")


def _traces_request(body: bytes) -> _TracesRequest[Any]:
    """The request with its spans read, or, where one of them is wrong, with each as it was sent."""
    try:
        request: _TracesRequest[Any] = _decode_traces(body)
        if not _lacks_a_list(request, _TRACES) and not _has_snake_case_values(body):
            return request
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass
    return _parse(_decode_traces_raw, body, _TRACES)


_Levels: TypeAlias = Sequence[tuple[str, tuple[str, ...]]]
"""The lists of a request within each other, outermost first, and what may stand beside each."""

_TRACES: _Levels = (
    ("resource_spans", ()),
    ("scope_spans", ("resource", "schemaUrl")),
    ("spans", ("scope", "schemaUrl")),
)
_LOGS: _Levels = (
    ("resource_logs", ()),
    ("scope_logs", ("resource", "schemaUrl")),
    ("log_records", ("scope", "schemaUrl")),
)


def _parse(decode: Callable[[bytes], _T], body: bytes, levels: _Levels) -> _T:
    def read(sent: bytes) -> _T:
        if any(
            b'"%s"' % name.encode() in sent for name, _ in levels if "_" in name
        ) or _has_snake_case_values(sent):
            sent = _camel_case(sent)
        request = decode(sent)
        if _lacks_a_list(request, levels):
            _check_levels(sent, levels)
        return request

    try:
        try:
            return read(body)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return read(repaired(body))
    except RecursionError as fault:
        raise MalformedBody("The JSON is nested too deep") from fault
    except msgspec.DecodeError as fault:
        # msgspec's text says where: "(byte 12)" or "at `$.resourceSpans[0]`".
        raise MalformedBody(f"The body is not OTLP/JSON: {fault}") from fault


def _read(decode: Callable[[bytes | msgspec.Raw], _T], raw: msgspec.Raw) -> _T:
    """One span or record. Text inside is first looked at here, so here it is repaired too."""
    try:
        return decode(raw)
    except msgspec.ValidationError:
        raise
    except (msgspec.DecodeError, UnicodeDecodeError):
        return decode(repaired(bytes(raw)))


_SNAKE_VALUE = re.compile(rb'"(?:string|bool|int|double|array|kvlist|bytes)_value"\s*:')


def _has_snake_case_values(body: bytes) -> bool:
    """Whether a value is called `string_value` somewhere: of an unknown name, it would be none."""
    return b'_value"' in body and _SNAKE_VALUE.search(body) is not None


def _lacks_a_list(of: Any, levels: _Levels) -> bool:
    (name, _), *inside = levels
    items = getattr(of, name)
    return items is None or (bool(inside) and any(_lacks_a_list(each, inside) for each in items))


def _check_levels(body: bytes, levels: _Levels) -> None:
    """Raises MalformedBody where a list is called by another name: OTLP ignores what it does not know, and all spans in it."""
    objects = [("", members_of(body))]
    for name, besides in levels:
        expected = _camel(name)
        items: list[tuple[str, dict[str, msgspec.Raw]]] = []
        for where, each in objects:
            check_members(each, expected, besides, where)
            if name != levels[-1][0]:
                inside = _raw_items(each.get(expected, b"null")) or ()
                items += [
                    (f"{where}.{expected}[{n}]".lstrip("."), members_of(raw)) for n, raw in enumerate(inside)
                ]
        objects = items


_raw_items = msgspec.json.Decoder(list[msgspec.Raw] | None).decode

_SNAKE = re.compile("_([a-z])")


def _camel(name: str) -> str:
    return _SNAKE.sub(lambda found: found[1].upper(), name)


def _camel_case(body: bytes) -> bytes:
    # Attribute keys are values ("key": "..."), not names, so only the names of OTLP's own fields change.
    def renamed(value: Any) -> Any:
        if isinstance(value, dict):
            return {_camel(name): renamed(member) for name, member in value.items()}
        return [renamed(member) for member in value] if isinstance(value, list) else value

    return msgspec.json.encode(renamed(msgspec.json.decode(body)))


def _resource(of: _ResourceSpans[Any] | _ResourceLogs) -> Resource:
    sent = of.resource
    if sent is None:
        return Resource(schema_url=of.schema_url) if of.schema_url else NO_RESOURCE
    return Resource(
        _shared_attributes(sent.attributes), sent.dropped_attributes_count or 0, of.schema_url or ""
    )


def _scope(of: _ScopeSpans[Any] | _ScopeLogs) -> Scope:
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


def _shared_attributes(sent: list[_KeyValue] | None) -> dict[str, Value]:
    try:
        return _attributes(sent)
    except UnusableSpan as fault:
        raise MalformedBody(str(fault), "attributes of a resource or scope") from fault


def _span(sent: _Span, resource: Resource, scope: Scope) -> SpanData:
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


def _event(sent: _Event) -> SpanEvent:
    time = _integer(sent.time_unix_nano, "timeUnixNano of an event")
    attributes, dropped = _attributes(sent.attributes), sent.dropped_attributes_count or 0
    if sent.source == "span":
        return SpanEvent(sent.name or "", time, attributes, dropped)
    return SpanEvent(
        sent.name or "", time, attributes, dropped, sent.body and _value(sent.body), source=sent.source
    )


def _log_event(sent: _LogRecord) -> SpanEvent:
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


def _link(sent: _Link) -> SpanLink:
    return SpanLink(
        trace_id=whole_trace_id(_hex(sent.trace_id)),
        span_id=_hex(sent.span_id),
        attributes=_attributes(sent.attributes),
        trace_state=sent.trace_state or "",
        dropped_attributes_count=sent.dropped_attributes_count or 0,
        flags=sent.flags or 0,
    )


def _attributes(sent: list[_KeyValue] | None) -> dict[str, Value]:
    attributes: dict[str, Value] = {}
    for pair in sent or ():
        value = pair.value
        # Nearly all values are text: asking for it first saves a call on each.
        text = None if value is None else value.string_value
        attributes[pair.key] = text if value is None or text is not None else _value(value)
    return attributes


def _value(sent: _AnyValue) -> Value:
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
