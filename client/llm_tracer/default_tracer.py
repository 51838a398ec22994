"""The default tracer, and the functions of the package that use it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, overload

from .recording.context import Session, SpanContext, current
from .recording.decorator import F, traced
from .recording.no_span import NO_SPAN
from .recording.scores import ScoreTarget
from .recording.span import Span

if TYPE_CHECKING:
    from .tracer import Tracer

_default: Tracer | None = None


def get_tracer() -> Tracer:
    """The default tracer: the first one that was made. If there is none, one is made now."""
    if _default is None:
        from .tracer import Tracer

        Tracer()  # becomes the default; one that loses a race against another thread has done nothing yet
    assert _default is not None
    return _default


def set_tracer(tracer: Tracer | None) -> Tracer | None:
    """Make `tracer` the default, and return the previous one. With None, the next use makes a new one."""
    global _default
    before, _default = _default, tracer
    return before


def become_default(tracer: Tracer) -> None:
    """Make `tracer` the default, unless there already is one."""
    global _default
    if _default is None:
        _default = tracer


def span(
    name: str,
    *,
    kind: str | None = None,
    input: object = None,  # noqa: A002
    model: str | None = None,
    provider: str | None = None,
    **attributes: Any,
) -> Span:
    """A span for use with `with` or `async with`; it begins now. Its parent is the current span.

    `kind` is llm, embedding, retriever, reranker, tool, agent, chain, guardrail, evaluator or another word.
    `input` is anything; for a model call it may be a text or a list of `{"role", "content"}`. `model` and
    `provider` are those that are asked. Further keywords are attributes; `Span.set_attributes` takes names with dots.
    """
    tracer = _default or get_tracer()
    if not tracer.is_enabled:
        return NO_SPAN
    return tracer._open(name, kind, input, model, provider, attributes, None)


def start_span(
    name: str,
    *,
    kind: str | None = None,
    input: object = None,  # noqa: A002
    model: str | None = None,
    provider: str | None = None,
    parent: Span | SpanContext | None = None,
    **attributes: Any,
) -> Span:
    """A span without a block: it does not become the current span, and runs until its `end()`.

    `parent` is a span or the context of one; None means the current span.
    """
    return get_tracer().start_span(
        name, kind=kind, input=input, model=model, provider=provider, parent=parent, **attributes
    )


def session(
    session_id: str | None = None,
    *,
    user: str | None = None,
    tags: Iterable[str] = (),
    metadata: Mapping[str, Any] | None = None,
) -> Session:
    """A block whose spans belong to a session: each gets `session.id`, `user.id`, `tag.tags`, `metadata`.

    Blocks nest: the inner one wins, tags add up. A block opens no span; asyncio tasks inherit it.
    """
    return get_tracer().session(session_id, user=user, tags=tags, metadata=metadata)


def score(
    name: str,
    value: float | bool | str | None = None,
    *,
    label: str | None = None,
    explanation: str | None = None,
    of: ScoreTarget = "span",
    span: Span | SpanContext | None = None,
    session_id: str | None = None,
    annotator: str = "CODE",
) -> None:
    """A judgement of a span, its trace or its session, possibly later or from another process.

    `span` is the span that is judged, or whose trace is (or its `context`, or `SpanContext.from_traceparent`); by
    default the current span. On a running span this is `Span.score`. Otherwise a span of kind evaluator carries
    the score: a child of the judged span, linked to it, with the score as its output. For a session, `session_id`
    alone is enough.
    """
    get_tracer().score(
        name,
        value,
        label=label,
        explanation=explanation,
        of=of,
        span=span,
        session_id=session_id,
        annotator=annotator,
    )


def current_span() -> Span:
    """The current span. If there is none, a span that accepts everything and keeps nothing."""
    parent = current()
    return parent if isinstance(parent, Span) else NO_SPAN


def flush(timeout_s: float = 5.0) -> bool:
    """Wait until the server has every span that ended before this call. False if the time ran out first, or if it did
    not get some since the flush before; the log says why.

    Call it before a process is frozen or killed (AWS Lambda); a normal exit flushes automatically.
    """
    return _default.flush(timeout_s) if _default is not None else True


def shutdown(timeout_s: float = 5.0) -> bool:
    """Flush, then trace nothing more. False as `flush` says it."""
    return _default.shutdown(timeout_s) if _default is not None else True


@overload
def trace(function: F, /) -> F: ...
@overload
def trace(
    name: str | None = None,
    *,
    kind: str | None = None,
    capture_input: bool = True,
    capture_output: bool = True,
    **attributes: Any,
) -> Callable[[F], F]: ...
def trace(name: Any = None, **options: Any) -> Any:
    """A span around every call of a function: plain, async, generator or async generator.

    Used bare (`@trace`) or with arguments (`@trace("search", kind="retriever")`); the span is named after the function
    unless named here. The arguments are the input, and the return value (for a generator, what it yields) is the
    output, unless `capture_input` or `capture_output` is False or the function calls `set_output` itself.
    """
    return traced(get_tracer, name, **options)
