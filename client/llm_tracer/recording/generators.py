"""A traced generator: what its reader sees is the generator itself, and its span is current only while it runs.

A generator works when it is read, which is somewhere else than where it was called: a web framework reads the body of
an answer when the handler has returned. So its span begins with the first step and ends with the last one, and lies
inside what was around the call. One that nobody reads does nothing, and is no span.
"""

from __future__ import annotations

import sys
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Mapping
from contextlib import nullcontext, suppress
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from ..values.encode import Snapshot, list_of, snapshot
from .context import SpanContext, ambient_attributes, current_parent
from .no_span import NO_SPAN
from .span import Span

if TYPE_CHECKING:
    from types import TracebackType

COLLECTED_BYTES_MAX = 1_000_000
"""What a generator yields becomes its output, up to this size; `llm_tracer.output.omitted_items` counts the rest."""


def traced_generator(generator: Any, open_span: Callable[[], Span | None], *, captures_output: bool) -> Any:
    """`generator`, of either kind and not begun, in one of its own kind. `open_span` is called once, at the first step;
    it gives None if tracing is off."""
    read: Callable[..., Any] = _each_later if hasattr(generator, "__anext__") else _each
    traced = read(generator, open_span, captures_output)
    with suppress(AttributeError):  # a generator of some compiler may have no name
        traced.__name__, traced.__qualname__ = generator.__name__, generator.__qualname__
    return traced


def _each(
    generator: Generator[Any, Any, Any], open_span: Callable[[], Span | None], captures_output: bool
) -> Generator[Any, Any, Any]:
    span = open_span()
    del open_span  # holds the arguments and all that was around the call
    if span is None:
        return (yield from generator)
    inside = _Inside(span)
    output = _Output(span, captures_output)
    step: Callable[[Any], Any] = generator.send
    argument: Any = None
    try:
        while True:
            with inside:
                item = step(argument)
            output.add(item)
            try:
                argument = yield item
                step = generator.send
            except BaseException as thrown:
                step, argument = generator.throw, thrown
    except StopIteration as stop:
        output.set(stop.value)
        span.__exit__(None, None, None)
        return stop.value
    except BaseException as error:
        output.set()
        span.__exit__(type(error), error, None)
        raise


async def _each_later(
    generator: AsyncGenerator[Any, Any], open_span: Callable[[], Span | None], captures_output: bool
) -> AsyncGenerator[Any, Any]:
    span = open_span() or NO_SPAN  # here, nothing like `yield from` could do without the steps
    del open_span
    inside = nullcontext() if span is NO_SPAN else _Inside(span)
    output = _Output(span, captures_output and span is not NO_SPAN)
    step: Callable[[Any], Any] = partial(_first_step, generator)
    argument: Any = None
    try:
        while True:
            with inside:
                item = await step(argument)
            output.add(item)
            try:
                argument = yield item
                step = generator.asend
            except GeneratorExit:
                with inside:
                    await generator.aclose()
                raise
            except BaseException as thrown:
                step, argument = generator.athrow, thrown
    except StopAsyncIteration:
        output.set()
        span.__exit__(None, None, None)
    except BaseException as error:
        output.set()
        span.__exit__(type(error), error, None)
        raise


def _first_step(generator: AsyncGenerator[Any, Any], argument: Any) -> Awaitable[Any]:
    """The event loop closes what was left early. It must know the traced generator alone, which closes this one: a
    generator that two close at a time makes the loop complain."""
    firstiter, finalizer = sys.get_asyncgen_hooks()
    sys.set_asyncgen_hooks(firstiter=None, finalizer=_leave_to_the_traced_one)
    try:
        return generator.asend(argument)  # asks for the hooks at once
    finally:
        sys.set_asyncgen_hooks(firstiter, finalizer)


def _leave_to_the_traced_one(generator: AsyncGenerator[Any, Any]) -> None:
    pass


class _Inside:
    """A block for each step of a generator, in whose context its reader runs too.

    Inside, the current span and session are those that the step before left, at first its own span and the session of
    the call: a block around a `yield` goes on behind it. Behind the block, they are the reader's again.
    """

    __slots__ = ("_outer_parent", "_outer_session", "_parent", "_session")

    def __init__(self, span: Span) -> None:
        self._parent: Span | SpanContext | None = span
        self._session = span._ambient
        self._outer_parent: Span | SpanContext | None = None
        self._outer_session: Mapping[str, Any] | None = None

    def __enter__(self) -> None:
        self._outer_parent, self._outer_session = current_parent.get(), ambient_attributes.get()
        current_parent.set(self._parent)
        ambient_attributes.set(self._session)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._parent, self._session = current_parent.get(), ambient_attributes.get()
        current_parent.set(self._outer_parent)
        ambient_attributes.set(self._outer_session)
        self._outer_parent = self._outer_session = None  # a generator that is left waiting must not hold them


class _Output:
    """Collects what a generator yields, as its output: texts are joined, anything else becomes a list."""

    __slots__ = ("_is_on", "_items", "_omitted", "_size_bytes", "_span")

    def __init__(self, span: Span, is_on: bool) -> None:
        self._span = span
        self._is_on = is_on and span._tracer.captures_content
        self._items: list[Snapshot] = []
        self._size_bytes = 0
        self._omitted = 0

    def add(self, item: object) -> None:
        if not self._is_on:
            return
        if self._size_bytes >= COLLECTED_BYTES_MAX:
            self._omitted += 1
            return
        kept = snapshot(item)
        self._size_bytes += len(kept) if isinstance(kept, str | bytes) else 8
        self._items.append(kept)

    def set(self, returned: object = None) -> None:
        """The items, or else what the generator returned, become the output, unless it set another one."""
        if not self._is_on or self._span._output is not None:
            return
        if not self._items:
            self._span.set_output(returned)
        elif all(type(item) is str for item in self._items):
            self._span.set_output("".join(cast("list[str]", self._items)))
        else:
            self._span.set_output(list_of(self._items))
        if self._omitted:
            self._span.set_attribute("llm_tracer.output.omitted_items", self._omitted)
