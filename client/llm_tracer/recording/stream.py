"""Passes the chunks of a model's answer to the program, and records when the first text came and the whole text."""

from __future__ import annotations

from collections.abc import (
    AsyncGenerator,
    AsyncIterable,
    AsyncIterator,
    Callable,
    Generator,
    Iterable,
    Iterator,
)
from contextlib import suppress
from typing import Any, TypeVar

from ..guard import report
from .span import Span

T = TypeVar("T")

TIME_TO_FIRST_TEXT = "gen_ai.response.time_to_first_chunk"
"""Seconds since the span began."""


def streamed(
    span: Span, chunks: Iterable[T] | AsyncIterable[T], text_of: Callable[[T], str | None] | None
) -> Iterator[T] | AsyncIterator[T]:
    """See Span.stream."""
    collected = _Collected(span, text_of or text_of_chunk)
    if not isinstance(chunks, AsyncIterable):
        return _each(chunks, collected)
    if not isinstance(chunks, Iterable):
        return _each_later(chunks, collected)
    return _EitherWay(_each(chunks, collected), _each_later(chunks, collected))


class _EitherWay(Iterator[T], AsyncIterator[T]):
    """A stream that can be read by `for` and by `async for`, like those of LiteLLM."""

    def __init__(self, now: Generator[T], later: AsyncGenerator[T]) -> None:
        self._now = now
        self._later = later
        self.close = now.close
        self.aclose = later.aclose

    def __next__(self) -> T:
        return next(self._now)

    async def __anext__(self) -> T:
        return await anext(self._later)


def _each(chunks: Iterable[T], collected: _Collected) -> Generator[T]:
    try:
        for chunk in chunks:
            collected.add(chunk)
            yield chunk
    finally:
        collected.close()
        try:
            if (close := getattr(chunks, "close", None)) is not None:
                close()
        except Exception as error:  # a program that reads to the end does not close it
            report("Closing a stream", error)


async def _each_later(chunks: AsyncIterable[T], collected: _Collected) -> AsyncGenerator[T]:
    try:
        async for chunk in chunks:
            collected.add(chunk)
            yield chunk
    finally:
        collected.close()
        try:
            close = getattr(chunks, "aclose", None) or getattr(chunks, "close", None)
            if close is not None and hasattr(closing := close(), "__await__"):
                await closing
        except Exception as error:
            report("Closing a stream", error)


class _Collected:
    def __init__(self, span: Span, text_of: Callable[[Any], str | None]) -> None:
        self._span = span
        self._text_of = text_of
        self._texts: list[str] = []
        self._length = 0
        self._omitted = 0

    def add(self, chunk: object) -> None:
        if not self._span.is_recording:
            return
        try:
            text = self._text_of(chunk)
            if not text:
                return
            if self._length > self._span._tracer._value_limit_bytes:  # a stream may never end
                self._omitted += 1
                return
            self._length += len(text)
            if not self._texts:
                waited_ns = self._span._tracer._clock() - self._span._start_ns
                self._span.set_attributes(
                    {TIME_TO_FIRST_TEXT: waited_ns / 1e9, "gen_ai.request.stream": True}
                )
            self._texts.append(text)
        except Exception as error:
            report("Span.stream", error)

    def close(self) -> None:
        """The whole text becomes the output, unless the program set another one."""
        if self._texts and self._span.is_recording and self._span._output is None:
            self._span.set_output("".join(self._texts))
            if self._omitted:
                self._span.set_attribute("llm_tracer.output.omitted_items", self._omitted)


def text_of_chunk(chunk: Any) -> str | None:
    """The text of a chunk: a string, an event of OpenAI's chat completions or responses, or one of Anthropic's
    messages. None if it has none."""
    if isinstance(chunk, str):
        return chunk
    with suppress(AttributeError, IndexError, KeyError, TypeError):
        return _text(_at(_at(chunk, "choices")[0], "delta"), "content")
    with suppress(AttributeError, KeyError, TypeError):
        delta = _at(chunk, "delta")
        is_text = _at(chunk, "type") in ("response.output_text.delta", "content_block_delta")
        return (delta if isinstance(delta, str) else _text(delta, "text")) if is_text else None
    return None


def _text(holder: Any, name: str) -> str | None:
    with suppress(AttributeError, KeyError):
        found = _at(holder, name)
        return found if isinstance(found, str) else None
    return None


def _at(holder: Any, name: str) -> Any:
    return holder[name] if isinstance(holder, dict) else getattr(holder, name)
