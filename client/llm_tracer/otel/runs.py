"""Spans of frameworks that never make them OpenTelemetry's current span, as LangChain's callbacks cannot.

Without this, a span opened in a LangChain tool would begin a trace of its own, and a model call that both LangChain
and the provider's SDK report would be two calls. A run remembers which span was around it when it began. As long as
that span is current, nothing was opened inside the run, so the run is the inner one.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import NamedTuple, TypeAlias

from opentelemetry import trace as trace_api

from ..guard import report

FindSpan: TypeAlias = Callable[[], trace_api.Span | None]


class _Run(NamedTuple):
    span: trace_api.Span
    around_id: int
    """The id of the span around it, 0 for none."""
    outer: _Run | None
    """The run in which it began."""


_latest: ContextVar[_Run | None] = ContextVar("llm_tracer_run", default=None)


class Runs:
    """`finders` give, by the scope of a framework's spans, what the framework itself considers its current span."""

    def __init__(self) -> None:
        self.finders: dict[str, FindSpan] = {}

    def began(self, span: trace_api.Span, parent_id: int, around_id: int) -> int:
        """A run begins that its framework takes for a child of the run `parent_id`. Returns the id of the span that
        the program opened between the two, unknown to the framework; 0 if there is none."""
        above = latest = _living(_latest.get())
        _latest.set(_Run(span, around_id, latest))
        while above is not None and _id(above.span) != parent_id:
            above = above.outer
        return around_id if above is not None and around_id != above.around_id else 0

    def latest(self, around_id: int) -> trace_api.Span | None:
        """The run that began last in this context and is still going on: the parent of what a library does inside. It
        may be a model call whose request is being made."""
        run = _living(_latest.get())
        return run.span if run is not None and run.around_id == around_id else None

    def current(self, around_id: int) -> trace_api.Span | None:
        """The run whose function is being executed: the parent of what the program does inside. Not a model call,
        whose stream the program may be reading."""
        for scope, find in self.finders.items():
            found = _found(scope, find)
            run = _living(_latest.get()) if found is not None else None
            while run is not None and found is not None:
                if _id(run.span) == _id(found):
                    return run.span if run.around_id == around_id else None
                run = run.outer
        return None


def _found(scope: str, find: FindSpan) -> trace_api.Span | None:
    """Calls code of others whenever a span opens, which may fail while its library is only half imported."""
    try:
        return find()
    except AttributeError:
        return None
    except Exception as error:
        report(f"Finding the current span of {scope}", error)
        return None


def _id(span: trace_api.Span) -> int:
    return span.get_span_context().span_id


def _living(run: _Run | None) -> _Run | None:
    """The innermost run that is still going on. A run is over if one around it is, since errors leave some without an
    end."""
    found = over = run
    while over is not None:
        if not over.span.is_recording():
            found = over.outer
        over = over.outer
    return found
