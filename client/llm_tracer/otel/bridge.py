"""One tree of spans, whoever opens them: reads the SDK's context variable and OpenTelemetry's together.

Each side keeps its own variable. When a context of OpenTelemetry becomes current, it remembers which of our spans was
current at that moment. As long as that is still our current span, OpenTelemetry's span is the inner one; once another
of ours has become current, ours is. So opening or leaving a span of ours, also in generators, writes nothing for
OpenTelemetry; the inner span is found on request.

For this, the runtime context of opentelemetry-api is wrapped; other wrappers and OTEL_PYTHON_CONTEXT keep working.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import Token
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from opentelemetry import context as context_api
from opentelemetry import trace as trace_api
from opentelemetry.context.context import Context, _RuntimeContext
from opentelemetry.context.contextvars_context import ContextVarsRuntimeContext

from ..guard import say_once
from ..recording.context import SpanContext, current
from ..recording.span import Span, StatusCode
from .runs import Runs

if TYPE_CHECKING:
    from opentelemetry.util.types import AnyValue, Attributes

Parent: TypeAlias = Span | SpanContext | None

_STATUS: dict[trace_api.StatusCode, StatusCode] = {
    trace_api.StatusCode.OK: "ok",
    trace_api.StatusCode.ERROR: "error",
    trace_api.StatusCode.UNSET: "unset",
}

_AROUND = context_api.create_key("llm-tracer-around")
_DEPTH_MAX = 64


def connect() -> BridgedContext:
    """Wrap OpenTelemetry's runtime context, unless it is wrapped already. There is no public way: if the private name
    is gone, the two sides stay separate, which is reported once."""
    runtime = getattr(context_api, "_RUNTIME_CONTEXT", None)
    if isinstance(runtime, BridgedContext):
        return runtime
    if runtime is None:
        say_once(
            "bridge", "llm_tracer: this opentelemetry-api keeps its context elsewhere; its spans nest apart"
        )
        return BridgedContext(ContextVarsRuntimeContext())
    context_api._RUNTIME_CONTEXT = bridged = BridgedContext(runtime)
    return bridged


class _Around(NamedTuple):
    """What a context of OpenTelemetry remembers about the moment in which it became current."""

    parent: Parent
    """Our current span."""
    outer: Context | None
    """The context that was current, if another span of ours was around it. A generator switches between the two."""
    depth: int


class BridgedContext(_RuntimeContext):
    """A runtime context in which our current span is the current span if it is the inner one."""

    def __init__(self, inner: _RuntimeContext) -> None:
        self._inner = inner
        self.runs = Runs()

    def attach(self, context: Context) -> Token[Context]:
        parent = current()
        if _parent_around(context) is not parent:
            context = _standing_in(context, parent, self._inner.get_current())
        return self._inner.attach(context)

    def get_current(self) -> Context:
        context = self._without_runs(current())
        run = self.runs.latest(_span_id(context)) if self.runs.finders else None
        return context if run is None else trace_api.set_span_in_context(run, context)

    def detach(self, token: Token[Context]) -> None:
        self._inner.detach(token)

    def innermost(self, parent: Parent) -> Parent:
        """The inner one of our current parent and OpenTelemetry's current span."""
        if not self.runs.finders and _inside(self._inner.get_current(), parent) is None:
            return parent
        context = self._without_runs(parent)
        span = trace_api.get_current_span(context)
        if self.runs.finders and (run := self.runs.current(_span_id(context))) is not None:
            span = run
        if isinstance(span, OurSpan):
            return span.ours
        found = span.get_span_context()
        return (
            SpanContext(found.trace_id, found.span_id, found.trace_flags.sampled)
            if found.is_valid
            else parent
        )

    def began(self, span: trace_api.Span, parent_id: int, scope: str) -> int:
        """A span of OpenTelemetry, made by the library `scope`, begins. Returns the id of its real parent if that
        differs from the one in the span (runs.py), else 0."""
        if scope not in self.runs.finders:
            return 0
        around = trace_api.get_current_span(self._without_runs(current())).get_span_context()
        inner_id = self.runs.began(span, parent_id, around.span_id)
        return inner_id if around.trace_id == span.get_span_context().trace_id else 0

    def _without_runs(self, parent: Parent) -> Context:
        context = self._inner.get_current()
        if (found := _inside(context, parent)) is not None:
            return found
        span = trace_api.INVALID_SPAN if parent is None else OurSpan(parent)
        return trace_api.set_span_in_context(span, _standing_in(context, parent, context))


def _span_id(context: Context) -> int:
    return trace_api.get_current_span(context).get_span_context().span_id


def _inside(context: Context, parent: Parent) -> Context | None:
    """The innermost context that became current inside `parent`; None if `parent` was opened inside all of them."""
    found: Context | None = context
    while found is not None and _parent_around(found) is not parent:
        around = found.get(_AROUND)
        found = around.outer if isinstance(around, _Around) else None
    return found


def _parent_around(context: Context) -> Parent:
    around = context.get(_AROUND)
    return around.parent if isinstance(around, _Around) else None


def _standing_in(context: Context, parent: Parent, current: Context) -> Context:
    """`context`, noted as becoming current inside `parent`, with `current` around it."""
    before = current.get(_AROUND)
    depth = before.depth + 1 if isinstance(before, _Around) else 1
    # Contexts that a library attaches and never detaches must not pile up.
    outer = current if depth <= _DEPTH_MAX else None
    return Context({**context, _AROUND: _Around(parent, outer, depth if outer is not None else 0)})


class OurSpan(trace_api.Span):
    """A span of ours as OpenTelemetry sees it: a parent, to which code that knows only OpenTelemetry can write. `end`
    does nothing: whoever opened the span ends it."""

    def __init__(self, ours: Span | SpanContext) -> None:
        self.ours = ours
        self._live = ours if isinstance(ours, Span) else None

    def get_span_context(self) -> trace_api.SpanContext:
        return trace_api.SpanContext(
            self.ours.trace_id_bits,
            self.ours.span_id_bits,
            is_remote=self._live is None,
            trace_flags=trace_api.TraceFlags(
                trace_api.TraceFlags.SAMPLED if self.ours.is_sampled else trace_api.TraceFlags.DEFAULT
            ),
        )

    def is_recording(self) -> bool:
        return self._live is not None and self._live.is_recording

    def set_attribute(self, key: str, value: AnyValue) -> None:
        if self._live is not None:
            self._live.set_attribute(key, value)

    def set_attributes(self, attributes: Mapping[str, AnyValue]) -> None:
        if self._live is not None:
            self._live.set_attributes(attributes)

    def add_event(self, name: str, attributes: Attributes = None, timestamp: int | None = None) -> None:
        if self._live is not None:
            self._live.add_event(name, attributes)

    def record_exception(
        self,
        exception: BaseException,
        attributes: Attributes = None,
        timestamp: int | None = None,
        escaped: bool = False,
    ) -> None:
        if self._live is not None:
            self._live.record_exception(exception)

    def set_status(
        self, status: trace_api.Status | trace_api.StatusCode, description: str | None = None
    ) -> None:
        if self._live is None:
            return
        if isinstance(status, trace_api.Status):
            self._live.set_status(_STATUS[status.status_code], status.description)
        else:
            self._live.set_status(_STATUS[status], description)

    def update_name(self, name: str) -> None:
        if self._live is not None:
            self._live.update_name(name)

    def end(self, end_time: int | None = None) -> None:
        pass
