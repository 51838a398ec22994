"""Puts OpenTelemetry's spans into our queue: a span processor, and an exporter for existing pipelines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from opentelemetry.sdk.trace import SpanProcessor
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from ..default_tracer import get_tracer
from ..guard import guarded
from ..recording.context import ambient_attributes
from .bridge import connect
from .span import OtelSpan

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.sdk.trace import Span as SdkSpan

    from ..tracer import Tracer

_NOTED_MAX = 10_000
"""The most running spans about which something is noted; a span that never ends must not be remembered for ever."""


class _Noted(NamedTuple):
    """What was around a span when it began, which cannot be found out when it ends."""

    session: Mapping[str, Any] | None
    parent_id_bits: int

    def tell(self, span: OtelSpan) -> None:
        span.ambient = self.session
        span.parent_id_bits = self.parent_id_bits


class LLMTracerSpanProcessor(SpanProcessor):
    """Puts every sampled span into the queue of a tracer, without a thread or batches of its own.

    The guarantees are those of our own spans: no waiting, bounded memory, retries, and a span that is open for a
    second is shown. A session around a span (`llm_tracer.session`) applies to it, too. `tracer` defaults to the
    default tracer.
    """

    def __init__(self, tracer: Tracer | None = None) -> None:
        self.tracer = tracer or get_tracer()
        self.is_active = True
        self._noted: dict[int, _Noted] = {}
        self._bridge = connect()

    @guarded(None)
    def on_start(self, span: SdkSpan, parent_context: Context | None = None) -> None:
        if not self._takes(span):
            return
        started = OtelSpan(span)
        scope = span.instrumentation_scope
        inner_id = self._bridge.began(span, started.parent_id_bits, scope.name if scope is not None else "")
        noted = _Noted(ambient_attributes.get(), inner_id or started.parent_id_bits)
        noted.tell(started)
        if noted.session is not None or inner_id:
            if len(self._noted) >= _NOTED_MAX:
                self._noted.pop(next(iter(self._noted)), None)
            self._noted[started.span_id_bits] = noted
        self.tracer._recorder.start(started)

    @guarded(None)
    def on_end(self, span: ReadableSpan) -> None:
        if not self._takes(span):
            return
        ended = OtelSpan(span)
        if (noted := self._noted.pop(ended.span_id_bits, None)) is not None:
            noted.tell(ended)
        self.tracer._recorder.end(ended)

    def _takes(self, span: ReadableSpan) -> bool:
        context = span.get_span_context()
        return (
            self.is_active and self.tracer.is_enabled and context is not None and context.trace_flags.sampled
        )

    def shutdown(self) -> None:
        """Nothing to wait for: ended spans are in the tracer's queue, which is sent when the process ends."""

    @guarded(False)
    def force_flush(self, timeout_millis: int = 5_000) -> bool:
        """`Tracer.flush`: True when the server has everything that ended before this call."""
        return self.tracer.flush(timeout_millis / 1000)


class LLMTracerSpanExporter(SpanExporter):
    """The same queue for an existing pipeline: `BatchSpanProcessor(LLMTracerSpanExporter())`.

    Prefer `LLMTracerSpanProcessor`, which also shows running spans and holds nothing back. `export` never waits or
    fails: the queue counts what it could not hold, and the count arrives.
    """

    def __init__(self, tracer: Tracer | None = None) -> None:
        self.tracer = tracer or get_tracer()

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        if self.tracer.is_enabled:
            for span in spans:
                self._hand_over(span)
        return SpanExportResult.SUCCESS

    @guarded(None)
    def _hand_over(self, span: ReadableSpan) -> None:
        recorder = self.tracer._recorder
        ended = OtelSpan(span)
        recorder.start(ended)  # the first one starts the sender
        recorder.end(ended)

    def shutdown(self) -> None:
        """As of `LLMTracerSpanProcessor.shutdown`."""

    @guarded(False)
    def force_flush(self, timeout_millis: int = 5_000) -> bool:
        return self.tracer.flush(timeout_millis / 1000)
