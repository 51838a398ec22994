"""A span of OpenTelemetry in the form that our queue takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..model.span import Resource, Scope, SpanData, SpanEvent, SpanLink, StatusCode, Value
from ..recording.span import SPAN_OVERHEAD_BYTES

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan

_STATUS: dict[str, StatusCode] = {"OK": "ok", "ERROR": "error"}


class OtelSpan:
    """A span of opentelemetry-sdk, running or ended, for the recorder and the sender.

    Two of them are equal if they are the same span, which is handed over when it begins and, as another object, when
    it ends. Nothing is copied on the caller, since OpenTelemetry's ended spans cannot change.
    """

    __slots__ = (
        "_is_root",
        "_size_bytes",
        "_span",
        "_start_ns",
        "ambient",
        "parent_id_bits",
        "span_id_bits",
        "trace_id_bits",
    )

    def __init__(self, span: ReadableSpan) -> None:
        context = span.get_span_context()
        assert context is not None, "a span of the SDK has a context"
        parent = span.parent
        self._span = span
        self.ambient: Mapping[str, Any] | None = None
        """The attributes of the session around its start (context.py)."""
        self.parent_id_bits: int = parent.span_id if parent else 0
        """0 for none. The parent that the span names, unless the real one is known (runs.py)."""
        self.trace_id_bits: int = context.trace_id
        self.span_id_bits: int = context.span_id
        self._start_ns: int = span.start_time or 0
        self._is_root = parent is None or parent.is_remote
        self._size_bytes = SPAN_OVERHEAD_BYTES + _text_bytes(span.attributes)
        for event in span.events:
            self._size_bytes += SPAN_OVERHEAD_BYTES // 2 + _text_bytes(event.attributes)

    def __hash__(self) -> int:
        return self.span_id_bits

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, OtelSpan)
            and other.span_id_bits == self.span_id_bits
            and other.trace_id_bits == self.trace_id_bits
        )

    def data(self, process: Resource) -> SpanData:
        """The span as it is now. `process` becomes its resource if the two are equal."""
        span = self._span
        context = span.get_span_context()
        assert context is not None
        scope = span.instrumentation_scope
        resource = {key: _value(value) for key, value in span.resource.attributes.items()}
        return SpanData(
            trace_id=f"{self.trace_id_bits:032x}",
            span_id=f"{self.span_id_bits:016x}",
            parent_span_id=f"{self.parent_id_bits:016x}" if self.parent_id_bits else None,
            name=span.name,
            start_time_unix_nano=self._start_ns,
            end_time_unix_nano=span.end_time,
            otel_kind=span.kind.value + 1,  # OTLP counts from INTERNAL = 1
            status_code=_STATUS.get(span.status.status_code.name, "unset"),
            status_message=span.status.description,
            attributes={**(self.ambient or {}), **_values(span.attributes)},
            events=tuple(SpanEvent(e.name, e.timestamp, _values(e.attributes)) for e in span.events),
            links=tuple(
                SpanLink(f"{link.context.trace_id:032x}", f"{link.context.span_id:016x}", _values(link.attributes))
                for link in span.links
            ),
            resource=process if resource == process.attributes else Resource(resource),
            scope=Scope(scope.name, scope.version or "") if scope is not None else Scope(),
            trace_state=context.trace_state.to_header(),
            dropped_attributes_count=span.dropped_attributes,
            dropped_events_count=span.dropped_events,
            dropped_links_count=span.dropped_links,
        )  # fmt: skip


def _values(attributes: Mapping[str, Any] | None) -> dict[str, Value]:
    # The app may write to a running span meanwhile, so copy in one step before reading.
    return {key: _value(value) for key, value in dict(attributes or {}).items()}


def _value(value: Any) -> Value:
    """OpenTelemetry's sequences are tuples; on the wire they are lists."""
    if isinstance(value, Mapping):
        return _values(value)
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [_value(item) for item in value]
    return value


def _text_bytes(attributes: Mapping[str, Any] | None) -> int:
    return sum(len(value) for value in (attributes or {}).values() if isinstance(value, str | bytes))
