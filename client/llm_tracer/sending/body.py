"""The body of `POST /api/spans`, in msgpack. A span is written once, at the end of the body."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from ..model.span import Resource, SpanData, SpanEvent, SpanLink, StatusCode
from ..recording.span import Span
from ..values.encode import render
from ..values.redact import Redactor
from .wire import SCOPE, link_to, told

BODY_BYTES = 2_000_000
"""The largest body, uncompressed (some 300 KB on the wire); a larger span travels alone. A request costs 0.4 ms of
CPU in addition to its spans: half a microsecond for a span of 2 KB."""

_COUNT_BYTES = 4
_LIST_OF_MANY = b"\xdd"  # its length follows in four bytes, and can be written when it is known
_TEXT = b"\xdb"

_encoder = msgspec.msgpack.Encoder()


class _Status(msgspec.Struct, omit_defaults=True, gc=False):
    code: StatusCode
    message: str | None = None


class NativeSpan(msgspec.Struct, omit_defaults=True, gc=False):
    """A span in native form. Fields that have their default are not written."""

    trace_id: str
    span_id: str
    name: str
    start_time_unix_nano: int | None
    status: _Status
    attributes: Mapping[str, Any]
    parent_span_id: str | None = None
    end_time_unix_nano: int | None = None
    otel_kind: int = 0
    events: list[dict[str, Any]] | None = None
    links: list[dict[str, Any]] | None = None
    trace_state: str = ""
    dropped_attributes_count: int = 0
    dropped_events_count: int = 0
    dropped_links_count: int = 0
    resource: Mapping[str, Any] | None = None
    scope: dict[str, str] | None = None


_STATUS = {code: _Status(code) for code in ("unset", "ok", "error")}


def native_span(span: SpanData, shared: Resource | None = None) -> NativeSpan:
    """A span without the resource and scope that it shares with the body.

    `shared` is the resource of the body. A span with another one, as OpenTelemetry's often are, brings its own.
    """
    is_foreign = shared is not None and span.resource is not shared
    has_own_scope = shared is not None and span.scope is not SCOPE
    return NativeSpan(
        trace_id=span.trace_id,
        span_id=span.span_id,
        name=span.name,
        start_time_unix_nano=span.start_time_unix_nano,
        status=_status(span.status_code, span.status_message),
        attributes=span.attributes,
        parent_span_id=span.parent_span_id,
        end_time_unix_nano=span.end_time_unix_nano,
        otel_kind=span.otel_kind,
        events=_events(span.events),
        links=_links(span.links),
        trace_state=span.trace_state,
        dropped_attributes_count=span.dropped_attributes_count,
        dropped_events_count=span.dropped_events_count,
        dropped_links_count=span.dropped_links_count,
        resource=span.resource.attributes if is_foreign else None,
        scope={"name": span.scope.name, "version": span.scope.version} if has_own_scope else None,
    )


def native_live_span(span: Span, redactor: Redactor | None = None) -> NativeSpan:
    """The same as `native_span(span_data(span, ...))` to whoever reads the body, without making a SpanData."""
    name, message, attributes, events = told(span, redactor, _packed_text)
    return NativeSpan(
        span._trace_bits.to_bytes(16).hex(),  # takes a third of the time of an f-string
        span._span_bits.to_bytes(8).hex(),
        name,
        span._start_ns,
        _status(span._status, message),
        attributes,
        span._parent_bits.to_bytes(8).hex() if span._parent_bits else None,
        span._end_ns or None,
        0,
        _events(events) if events else None,
        _links(map(link_to, span._links)) if span._links else None,
    )


def _status(code: StatusCode, message: str | None) -> _Status:
    return _STATUS[code] if message is None else _Status(code, message)


def _events(events: Iterable[SpanEvent]) -> list[dict[str, Any]] | None:
    return [
        {"name": event.name, "time_unix_nano": event.time_unix_nano, "attributes": event.attributes}
        for event in events
    ] or None


def _links(links: Iterable[SpanLink]) -> list[dict[str, Any]] | None:
    return [
        {"trace_id": link.trace_id, "span_id": link.span_id, "attributes": link.attributes} for link in links
    ] or None


def _packed_text(text: bytearray) -> msgspec.Raw:
    """A UTF-8 text as msgpack, without decoding and encoding it again: that saves 0.5 µs for 2 KB."""
    return msgspec.Raw(b"".join((_TEXT, len(text).to_bytes(4), text)))


def _rendered(span: Any) -> Any:
    """The span, with everything that msgpack cannot express rendered as something it can."""
    attributes = {
        key: msgspec.msgpack.decode(value) if isinstance(value, msgspec.Raw) else value
        for key, value in span.attributes.items()
    }
    # A text of a class of its own, as smolagents gives OpenTelemetry, is one that only `render` knows.
    return render(msgspec.to_builtins(msgspec.structs.replace(span, attributes=attributes), enc_hook=render))


class Body:
    """A body to which spans are added. `size_bytes` is its whole size, uncompressed."""

    __slots__ = ("_buffer", "_count_at", "_last_at", "span_count")

    def __init__(self, resource: Resource) -> None:
        scope = {"name": SCOPE.name, "version": SCOPE.version}
        empty = _encoder.encode({"resource": resource.attributes, "scope": scope, "spans": []})
        self._buffer = bytearray(empty[:-1] + _LIST_OF_MANY + bytes(_COUNT_BYTES))
        self._count_at = len(self._buffer) - _COUNT_BYTES
        self._last_at = 0
        self.span_count = 0

    @property
    def size_bytes(self) -> int:
        return len(self._buffer)

    def add(self, span: NativeSpan | msgspec.Raw) -> int:
        """Append a span. Returns the size afterwards."""
        self._last_at = len(self._buffer)
        try:
            _encoder.encode_into(span, self._buffer, -1)
        except Exception:  # a broken surrogate, or an integer beyond 64 bits
            del self._buffer[self._last_at :]
            self._buffer += _encoder.encode(_rendered(span))
        self.span_count += 1
        return len(self._buffer)

    def take_last(self) -> msgspec.Raw:
        """Remove and return the span that was added last. Only once after each `add`."""
        last = bytes(self._buffer[self._last_at :])
        del self._buffer[self._last_at :]
        self.span_count -= 1
        return msgspec.Raw(last)

    def finish(self) -> bytearray:
        """All of it."""
        self._buffer[self._count_at : self._count_at + _COUNT_BYTES] = self.span_count.to_bytes(_COUNT_BYTES)
        return self._buffer


def in_bodies(spans: Iterable[NativeSpan], resource: Resource) -> Iterator[Body]:
    """The spans, in order, in as few bodies as their size allows. Lazy: one body at a time is in memory."""
    body = Body(resource)
    for span in spans:
        if body.add(span) > BODY_BYTES and body.span_count > 1:
            last = body.take_last()
            yield body
            body = Body(resource)
            body.add(last)
    if body.span_count:
        yield body


class _Spans(msgspec.Struct):
    spans: list[msgspec.Raw]


def spans_of_body(body: bytes) -> list[msgspec.Raw]:
    """The spans of a body, as `Body.add` takes them."""
    return msgspec.msgpack.decode(body, type=_Spans).spans
