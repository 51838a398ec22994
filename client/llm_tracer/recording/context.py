"""What a span inherits from where it is opened: its parent, and the session, user and tags around it.

Context variables carry both, so asyncio tasks inherit them. A thread starts with an empty context: give it work
wrapped in `copy_context`.
"""

from __future__ import annotations

import contextvars
import sys
from collections.abc import Callable, Coroutine, Generator, Mapping, MutableMapping
from contextlib import suppress
from contextvars import ContextVar, Token
from types import coroutine
from typing import TYPE_CHECKING, Any, NamedTuple, ParamSpec, TypeVar

from ..guard import report

if TYPE_CHECKING:
    from types import TracebackType

    from .span import Span

_HEX = frozenset("0123456789abcdef")

P = ParamSpec("P")
T = TypeVar("T")
Headers = TypeVar("Headers", bound=MutableMapping[str, Any])


class SpanContext(NamedTuple):
    """The identity of a span, possibly of another process: all that a child needs to know about its parent."""

    trace_id_bits: int
    span_id_bits: int
    is_sampled: bool = True

    @property
    def _before(self) -> None:
        """For `current`, which asks every parent."""

    @property
    def traceparent(self) -> str:
        """The W3C header. Empty if this identifies no span."""
        if not self.trace_id_bits:
            return ""
        return f"00-{self.trace_id_bits:032x}-{self.span_id_bits:016x}-0{int(self.is_sampled)}"

    @classmethod
    def from_traceparent(cls, text: str) -> SpanContext | None:
        """Parse a W3C `traceparent`; None if it is invalid, as the standard demands. Later versions may have more
        fields."""
        parts = text.strip().split("-")
        if len(parts) < 4 or [len(part) for part in parts[:4]] != [2, 32, 16, 2]:
            return None
        version, trace_id, span_id, flags = parts[:4]
        if version == "ff" or (version == "00" and len(parts) > 4) or not _HEX.issuperset("".join(parts[:4])):
            return None
        found = cls(int(trace_id, 16), int(span_id, 16), bool(int(flags, 16) & 1))
        return found if found.trace_id_bits and found.span_id_bits else None


current_parent: ContextVar[Span | SpanContext | None] = ContextVar("llm_tracer_parent", default=None)
"""The parent of a span that is opened here."""


class Left(NamedTuple):
    """Marks a span whose block was left while another span was current (overlapping blocks, generators left early).
    It replaces what was current before that span. If the span is still current, or becomes current again, `outer` is
    meant instead.

    A span that ended normally is not marked: it stays the parent in tasks and threads that outlive it.
    """

    outer: Span | SpanContext | None


class LeftElsewhere(Left):
    """Marks a span whose block was left in another context than it was entered in: by a callback in another thread, or by
    the task in which asyncio closes a generator that was left early. Nothing resets the context where it was entered."""

    __slots__ = ()


def left_out(before: Span | SpanContext | Left | None) -> Span | SpanContext | None:
    """`before`, or what was current before it if its block was left already."""
    while before is not None:
        if isinstance(before, Left):
            before = before.outer
        elif isinstance(before._before, Left):
            before = before._before
        else:
            break
    return before


def current() -> Span | SpanContext | None:
    """The current parent of ours. One that was left elsewhere is made not current here, too."""
    parent = current_parent.get()
    if parent is not None and type(parent._before) is LeftElsewhere:
        parent = left_out(parent)
        current_parent.set(parent)
    return parent


_innermost: Callable[[Span | SpanContext | None], Span | SpanContext | None] | None = None
"""Picks the inner one of our current parent and OpenTelemetry's (otel/bridge.py). None until OpenTelemetry is
imported."""


def innermost_parent() -> Span | SpanContext | None:
    """The parent of a span opened here: the innermost span around it, one of ours or one of OpenTelemetry's.

    A program without OpenTelemetry pays for one look into `sys.modules`, 0.04 µs.
    """
    parent = current()
    if _innermost is not None:
        return _innermost(parent)
    return _connected_to_opentelemetry(parent) if "opentelemetry.context" in sys.modules else parent


def _connected_to_opentelemetry(parent: Span | SpanContext | None) -> Span | SpanContext | None:
    global _innermost
    try:
        from ..otel.bridge import connect

        _innermost = connect().innermost
    except Exception as error:
        report("Connecting to OpenTelemetry", error)
        _innermost = _alone
    return _innermost(parent)


def _alone(parent: Span | SpanContext | None) -> Span | SpanContext | None:
    return parent


ambient_attributes: ContextVar[Mapping[str, Any] | None] = ContextVar("llm_tracer_ambient", default=None)
"""The attributes of every span that is opened here: session.id, user.id, tag.tags, metadata."""


class _Around(dict[str, Any]):
    """The attributes inside the block of `session`, and those `before` that block.

    This is a linked list of blocks, from which a block removes itself when it ends. The block of a generator that was
    left early may end anywhere, even in the middle of another block or in another thread.
    """

    is_over = False

    def __init__(self, session: Session, before: Mapping[str, Any] | None) -> None:
        super().__init__(_joined(before or {}, session.attributes))
        self.session = session
        self.before = before


class Session:
    """A `with` (or `async with`) block whose spans belong to one session. See llm_tracer.session. One object may be used
    by many blocks at a time.
    """

    __slots__ = ("attributes",)

    def __init__(self, attributes: Mapping[str, Any]) -> None:
        self.attributes = attributes

    def __enter__(self) -> Session:
        try:
            ambient_attributes.set(_Around(self, ambient_attributes.get()))
        except Exception as error:
            report("Session", error)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        inside: _Around | None = None
        found = ambient_attributes.get()
        while isinstance(found, _Around) and found.session is not self:
            inside, found = found, found.before
        if not isinstance(found, _Around):
            return  # it began elsewhere
        found.is_over = True
        if inside is None:
            ambient_attributes.set(found.before)
            # Tasks that it started may hold it, and open further blocks: they must not hold all before it as well.
            while isinstance(found.before, _Around) and found.before.is_over:
                found.before = found.before.before
        else:
            inside.before = found.before

    async def __aenter__(self) -> Session:
        return self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.__exit__(kind, error, traceback)


class RemoteParent:
    """A block whose spans are children of a span in another process. See `continue_trace`."""

    __slots__ = ("_parent", "_token")

    def __init__(self, parent: SpanContext | None) -> None:
        self._parent = parent
        self._token: Token[Span | SpanContext | None] | None = None

    def __enter__(self) -> SpanContext | None:
        self._token = current_parent.set(self._parent or current())
        return self._parent

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        token, self._token = self._token, None
        if token is not None:
            with suppress(ValueError):  # it began in another context: a generator that was left early
                current_parent.reset(token)

    async def __aenter__(self) -> SpanContext | None:
        return self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.__exit__(kind, error, traceback)


def continue_trace(carrier: Mapping[Any, Any] | str | None) -> RemoteParent:
    """A block that continues the caller's trace. `carrier` is the headers of the request, or a `traceparent`.

    with continue_trace(request.headers), span("handle"): ...

    Without a usable header the block has no effect, and the first span inside begins a trace.
    """
    try:
        text = carrier if isinstance(carrier, str) else _header(carrier or {}, "traceparent")
        return RemoteParent(SpanContext.from_traceparent(text) if text else None)
    except Exception as error:
        report("continue_trace", error)
        return RemoteParent(None)


def inject(headers: Headers) -> Headers:
    """Add `traceparent` to the headers of a request, and return them. Without a current span, nothing is added."""
    try:
        parent = innermost_parent()
        if parent is not None and parent.traceparent:
            headers["traceparent"] = parent.traceparent
    except Exception as error:
        report("inject", error)
    return headers


def _header(headers: Mapping[Any, Any], name: str) -> str | None:
    """Frameworks give names in any letter case, as text or bytes, and WSGI calls this one HTTP_TRACEPARENT."""
    for key, value in headers.items():
        spelled = key.decode("latin-1") if isinstance(key, bytes) else str(key)
        if spelled.lower().removeprefix("http_") == name:
            return value.decode("latin-1") if isinstance(value, bytes) else str(value)
    return None


def _joined(outer: Mapping[str, Any], inner: Mapping[str, Any]) -> dict[str, Any]:
    """The inner block wins, but tags add up."""
    joined = {**outer, **inner}
    if "tag.tags" in outer and "tag.tags" in inner:
        joined["tag.tags"] = list(dict.fromkeys([*outer["tag.tags"], *inner["tag.tags"]]))
    return joined


def copy_context(function: Callable[P, T]) -> Callable[P, T]:
    """`function`, to be run in another thread or later, with the span and session that are current *now and here*.

    pool.submit(copy_context(search), question)
    pool.map(copy_context(search), questions)
    background_tasks.add_task(copy_context(remember), question)

    A coroutine function stays one.
    """
    from inspect import iscoroutinefunction

    context = contextvars.copy_context()

    # A context cannot be entered twice at a time, and pool.map calls this in many threads: a copy for each call.
    def run(*args: P.args, **kwargs: P.kwargs) -> T:
        return context.copy().run(function, *args, **kwargs)

    async def run_later(*args: P.args, **kwargs: P.kwargs) -> Any:
        return await _each_step_in(context.copy(), function(*args, **kwargs))  # type: ignore[arg-type]

    return run_later if iscoroutinefunction(function) else run  # type: ignore[return-value]


@coroutine
def _each_step_in(context: contextvars.Context, work: Coroutine[Any, Any, T]) -> Generator[Any, Any, T]:
    """Not a task, which only asyncio has."""
    step: Callable[[Any], Any] = work.send
    argument: Any = None
    while True:
        try:
            waits_for = context.run(step, argument)
        except StopIteration as stop:
            return stop.value  # type: ignore[no-any-return]
        try:
            argument = yield waits_for
            step = work.send
        except BaseException as thrown:
            step, argument = work.throw, thrown
