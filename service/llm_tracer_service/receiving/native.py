"""Native spans: JSON, NDJSON and msgpack.

Attributes are taken as they are: nothing is renamed on the way in, but for a top-level `kind`, which becomes the
attribute `llm_tracer.span.kind`. In JSON, `{"$bytes": BASE64}` are bytes (native_values). In msgpack, a key of an object
that is no text becomes one.
"""

from __future__ import annotations

import re
from codecs import BOM_UTF8
from collections.abc import Callable, Iterable, Iterator
from io import BytesIO
from typing import Annotated, Any, Literal, TypeAlias

import msgspec
from llm_tracer.model.keys import with_text_keys
from llm_tracer.model.span import (
    NO_RESOURCE,
    NO_SCOPE,
    Resource,
    Scope,
    SpanData,
    SpanEvent,
    SpanLink,
    StatusCode,
)

from llm_tracer_service import misfit
from llm_tracer_service.malformed import MalformedBody
from llm_tracer_service.media import MSGPACK, NDJSON
from llm_tracer_service.receiving import native_values
from llm_tracer_service.receiving.decoded import Decoded, Rejected, Rejections, UnusableSpan
from llm_tracer_service.receiving.depth import TOO_DEEP, is_too_deep
from llm_tracer_service.receiving.formats import hint_of, members_of
from llm_tracer_service.receiving.json_text import decode_leniently, repaired
from llm_tracer_service.receiving.otlp.records import check_times
from llm_tracer_service.receiving.pending import as_open_span
from llm_tracer_service.receiving.trace_ids import whole_trace_id

KIND_ATTRIBUTE = "llm_tracer.span.kind"


_Count: TypeAlias = Annotated[int, msgspec.Meta(ge=0)]


class _Known(msgspec.Struct, forbid_unknown_fields=True):
    """An unknown member is a typing error, and what it says would be lost. What later senders have to add goes into
    attributes, so that earlier servers keep it."""


class _Status(_Known):
    code: Literal["unset", "ok", "error"] = "unset"
    message: str | None = None


class _Event(_Known):
    name: str
    time_unix_nano: int | float
    attributes: dict[str, Any] | None = None
    dropped_attributes_count: _Count = 0
    body: Any = None
    source: Literal["span", "log"] = "span"


class _Link(_Known):
    trace_id: str
    span_id: str
    attributes: dict[str, Any] | None = None
    trace_state: str = ""
    dropped_attributes_count: _Count = 0
    flags: _Count = 0


class _Scope(_Known):
    name: str = ""
    version: str = ""
    attributes: dict[str, Any] | None = None
    dropped_attributes_count: _Count = 0
    schema_url: str = ""


class _Span(_Known):
    trace_id: str
    span_id: str
    name: str
    start_time_unix_nano: int | float
    end_time_unix_nano: int | float | None = None
    parent_span_id: str | None = None
    kind: str | None = None
    status: _Status | None = None
    attributes: dict[str, Any] | None = None
    events: list[_Event] | None = None
    links: list[_Link] | None = None
    resource: dict[str, Any] | None = None
    scope: _Scope | None = None
    otel_kind: int = 0
    trace_state: str = ""
    flags: _Count = 0
    dropped_attributes_count: _Count = 0
    dropped_events_count: _Count = 0
    dropped_links_count: _Count = 0
    resource_dropped_attributes_count: _Count = 0
    resource_schema_url: str = ""
    fragment: bool = False
    """What came apart from its span, in an export: the start is 0 and means nothing."""


SPANS_MAX = 1_000_000
"""How many spans a batch may have. They take 120 bytes and more each; anything else in their place may be one byte, and takes
77 in memory. Of msgpack, the list says in advance how long it is; JSON that may have more is looked through before."""


class _Batch(_Known):
    spans: Annotated[list[msgspec.Raw], msgspec.Meta(max_length=SPANS_MAX)]
    resource: dict[str, Any] | None = None
    scope: _Scope | None = None


class _Object(msgspec.Struct, gc=False):
    """Any object, unread: a fifth of what a Raw takes."""


class _Objects(msgspec.Struct):
    spans: Annotated[list[_Object], msgspec.Meta(max_length=SPANS_MAX)]


_KNOWN = misfit.names_in(_Span, _Status, _Event, _Link, _Scope)
_ELSEWHERE = 'put anything else about a span in its "attributes"'

_json_objects = msgspec.json.Decoder(_Objects).decode
_decode_json_batch = msgspec.json.Decoder(_Batch).decode
_decode_json_span = msgspec.json.Decoder(_Span).decode
_msgpack_batch = msgspec.msgpack.Decoder(_Batch).decode
_decode_msgpack_span = msgspec.msgpack.Decoder(_Span).decode


def decode_batch(body: bytes, content_type: str) -> Decoded:
    """The spans of a batch. Raises MalformedBody; a span that cannot be kept is in `rejected`, by its index."""
    if content_type != MSGPACK:
        body = body.removeprefix(BOM_UTF8)  # of editors, and of PowerShell
    if content_type == NDJSON:
        lines = (
            line for line in BytesIO(body) if line.strip()
        )  # one at a time: a split takes 1.3 GB for 64 MB of "0"
        return _spans(lines, _json_span, NO_RESOURCE, NO_SCOPE)
    batch = _parse(_msgpack_batch if content_type == MSGPACK else _json_batch, body, content_type)
    try:
        shared = with_text_keys(batch.resource)
        resource = NO_RESOURCE if shared is None else Resource(_checked(shared))
        if batch.scope is not None:
            batch.scope.attributes = with_text_keys(batch.scope.attributes)
        scope = NO_SCOPE if batch.scope is None else _scope(batch.scope)
    except UnusableSpan as fault:
        raise MalformedBody(f"The batch has {fault}") from fault
    except RecursionError as fault:
        raise MalformedBody(f"The batch has {TOO_DEEP}") from fault
    return _spans(batch.spans, _msgpack_span if content_type == MSGPACK else _json_span, resource, scope)


def _json_batch(body: bytes) -> _Batch:
    """The batch. With more values than spans are allowed, the first that is no object refuses it, not only itself."""
    if body.count(b",") > SPANS_MAX:
        _json_objects(body)
    return _decode_json_batch(body)


def _parse(decode: Callable[[bytes], _Batch], body: bytes, content_type: str) -> _Batch:
    try:
        if content_type == MSGPACK:
            return decode(body)
        return decode_leniently(decode, body, native_values.NO_NUMBER)
    except UnicodeDecodeError as fault:
        raise MalformedBody("The body contains text that is not UTF-8") from fault
    except RecursionError as fault:
        raise MalformedBody("The body is nested too deep") from fault
    except msgspec.ValidationError as fault:
        hint = _hint(body, content_type)
        said = misfit.text_of(fault, () if hint else misfit.names_in(_Batch))
        raise MalformedBody(f"The body is not a batch of spans: {said}", hint=hint) from fault
    except msgspec.DecodeError as fault:
        raise MalformedBody(f"The body is not a batch of spans: {fault}") from fault


def _hint(body: bytes, content_type: str) -> str:
    """Where a body belongs that is no batch; "" where it does not tell."""
    try:
        members = {} if content_type == MSGPACK else members_of(body)
        return "" if "spans" in members else hint_of(members)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""


def _json_span(raw: bytes | msgspec.Raw) -> _Span:
    """One span. Text inside is first looked at here, so here it is repaired too."""
    try:
        sent = _decode_json_span(raw)
    except msgspec.ValidationError:
        raise
    except (msgspec.DecodeError, UnicodeDecodeError):
        raw = repaired(bytes(raw), native_values.NO_NUMBER)
        sent = _decode_json_span(raw)
    return _with_tags_read(sent) if native_values.may_hold_tags(raw) else sent


def _msgpack_span(raw: bytes | msgspec.Raw) -> _Span:
    """One span, with texts as the keys of its objects: all that comes after relies on that, and msgpack has others."""
    sent = _decode_msgpack_span(raw)
    for part, name in _places(sent):
        setattr(part, name, with_text_keys(getattr(part, name)))
    return sent


def _with_tags_read(sent: _Span) -> _Span:
    """The span with those values in it that JSON cannot say."""
    for part, name in _places(sent):
        setattr(part, name, native_values.read(getattr(part, name), is_attributes=name != "body"))
    return sent


def _places(sent: _Span) -> Iterator[tuple[Any, str]]:
    """Where a span has values of any shape: what holds them, and by which name."""
    yield sent, "attributes"
    yield sent, "resource"
    for event in sent.events or ():
        yield event, "attributes"
        yield event, "body"
    for link in sent.links or ():
        yield link, "attributes"
    if sent.scope is not None:
        yield sent.scope, "attributes"


def _spans(
    sent: Iterable[bytes | msgspec.Raw],
    decode: Callable[[Any], _Span],
    resource: Resource,
    scope: Scope,
) -> Decoded:
    spans: list[SpanData] = []
    rejected = Rejections()
    for index, raw in enumerate(sent):
        try:
            spans.append(as_open_span(_span(decode(raw), resource, scope)))
        except RecursionError:
            rejected.append(Rejected(TOO_DEEP, f"spans[{index}]", index))
        except msgspec.ValidationError as fault:
            reason = misfit.text_of(fault, _KNOWN, _ELSEWHERE, foreign=hint_of)
            rejected.append(Rejected(reason, f"spans[{index}]", index))
        except (UnusableSpan, msgspec.DecodeError, UnicodeDecodeError) as fault:
            rejected.append(Rejected(str(fault), f"spans[{index}]", index))
    return Decoded(spans, rejected)


def _span(sent: _Span, resource: Resource, scope: Scope) -> SpanData:
    attributes = _checked(sent.attributes)
    if sent.kind is not None:
        attributes[KIND_ATTRIBUTE] = sent.kind
    start = None if sent.fragment else _time(sent.start_time_unix_nano, "start_time_unix_nano")
    end_sent = _time(sent.end_time_unix_nano or 0, "end_time_unix_nano")
    end = end_sent or None if start is None else check_times(start, end_sent)
    code: StatusCode = sent.status.code if sent.status else "unset"
    return SpanData(
        trace_id=_id(whole_trace_id(sent.trace_id), "trace_id", _TRACE_ID),
        span_id=_id(sent.span_id, "span_id", _SPAN_ID),
        name=sent.name,
        start_time_unix_nano=start,
        end_time_unix_nano=end,
        parent_span_id=_parent_id(sent.parent_span_id),
        otel_kind=sent.otel_kind,
        status_code=code,
        status_message=(sent.status.message or None) if sent.status else None,
        attributes=attributes,
        events=tuple([_event(event) for event in sent.events or ()]),
        links=tuple([_link(link) for link in sent.links or ()]),
        resource=resource if sent.resource is None else _resource(sent, sent.resource),
        scope=scope if sent.scope is None else _scope(sent.scope),
        trace_state=sent.trace_state,
        flags=sent.flags,
        dropped_attributes_count=sent.dropped_attributes_count,
        dropped_events_count=sent.dropped_events_count,
        dropped_links_count=sent.dropped_links_count,
    )


def _event(sent: _Event) -> SpanEvent:
    time = _time(sent.time_unix_nano, "time_unix_nano of an event")
    if is_too_deep([sent.body]):
        raise UnusableSpan(TOO_DEEP)
    return SpanEvent(
        sent.name,
        time,
        _checked(sent.attributes),
        sent.dropped_attributes_count,
        sent.body if sent.source == "log" else None,
        sent.source,
    )


def _time(sent: int | float, name: str) -> int:
    """A time, also as the floating-point number that `time.time() * 1e9` gives in Python."""
    number = int(sent) if isinstance(sent, int) or sent.is_integer() else None
    if number is None or not -(2**63) <= number < 2**64:
        raise UnusableSpan(f"{name} is not a 64-bit integer: {str(sent)[:40]}")
    return number


def _link(sent: _Link) -> SpanLink:
    return SpanLink(
        whole_trace_id(_hex(sent.trace_id, "trace_id of a link")),
        _hex(sent.span_id, "span_id of a link"),
        _checked(sent.attributes),
        sent.trace_state,
        sent.dropped_attributes_count,
        sent.flags,
    )


def _resource(sent: _Span, attributes: dict[str, Any]) -> Resource:
    return Resource(_checked(attributes), sent.resource_dropped_attributes_count, sent.resource_schema_url)


def _scope(sent: _Scope) -> Scope:
    return Scope(
        sent.name, sent.version, _checked(sent.attributes), sent.dropped_attributes_count, sent.schema_url
    )


def _checked(attributes: dict[str, Any] | None) -> dict[str, Any]:
    if not attributes:
        return {}
    if is_too_deep(attributes.values()):
        raise UnusableSpan(TOO_DEEP)
    return attributes


_TRACE_ID = re.compile("(?!0{32})[0-9a-f]{32}")
_SPAN_ID = re.compile("(?!0{16})[0-9a-f]{16}")


def _id(text: str, name: str, form: re.Pattern[str]) -> str:
    lower = text.lower()
    if form.fullmatch(lower) is None:
        digits = 32 if form is _TRACE_ID else 16
        raise UnusableSpan(f"{name} is not {digits} hexadecimal digits, not all zero: {text[:40]!r}")
    return lower


def _parent_id(text: str | None) -> str | None:
    """The parent's id, None for a root: some senders write zeros for it."""
    return _id(text, "parent_span_id", _SPAN_ID) if text and text.strip("0") else None


def _hex(text: str, name: str) -> str:
    """An id of any length, as OTLP takes it in a link."""
    lower = text.lower()
    if lower.strip("0123456789abcdef"):
        raise UnusableSpan(f"{name} is not hexadecimal: {text[:40]!r}")
    return lower
