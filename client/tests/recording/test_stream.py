from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from llm_tracer import Span, Tracer, set_tracer, span
from llm_tracer.recording.stream import text_of_chunk
from llm_tracer.testing import InMemoryExporter


def test_the_time_to_the_first_text_and_the_whole_text_are_noted(recorded_spans: InMemoryExporter) -> None:
    with span("chat", kind="llm") as chat:
        assert list(chat.stream(iter(["", "Hel", "lo"]))) == ["", "Hel", "lo"]
    attributes = recorded_spans.span("chat").attributes
    assert attributes["gen_ai.response.time_to_first_chunk"] == 0.001  # one step of the fixed clock
    assert attributes["gen_ai.request.stream"] is True
    assert '"content":"Hello"' in attributes["gen_ai.output.messages"]


def test_async_streams_too(recorded_spans: InMemoryExporter) -> None:
    async def chunks() -> AsyncIterator[str]:
        yield "Hel"
        yield "lo"

    async def read() -> list[str]:
        async with span("chat") as chat:
            return [chunk async for chunk in chat.stream(chunks())]

    assert asyncio.run(read()) == ["Hel", "lo"]
    assert recorded_spans.span("chat").attributes["output.value"] == "Hello"


def test_a_reader_that_stops_keeps_what_it_read_and_closes_the_stream(
    recorded_spans: InMemoryExporter,
) -> None:
    closed: list[bool] = []

    def chunks() -> Iterator[str]:
        try:
            yield from ("one ", "two ", "three")
        finally:
            closed.append(True)

    with span("chat") as chat:
        for chunk in (stream := chat.stream(chunks())):
            if chunk == "two ":
                break
        stream.close()  # type: ignore[attr-defined]
    assert closed == [True]
    assert recorded_spans.span("chat").attributes["output.value"] == "one two "


def test_a_stream_that_fails_keeps_what_came_and_raises(recorded_spans: InMemoryExporter) -> None:
    def chunks() -> Iterator[str]:
        yield "half"
        raise ConnectionError("gone")

    with pytest.raises(ConnectionError), span("chat") as chat:
        list(chat.stream(chunks()))
    found = recorded_spans.span("chat")
    assert (found.attributes["output.value"], found.status_code) == ("half", "error")


def test_a_function_that_finds_no_text_and_one_that_fails_change_nothing(
    recorded_spans: InMemoryExporter,
) -> None:
    with span("chat") as chat:
        assert list(chat.stream([1, 2])) == [1, 2]
        assert list(chat.stream([1, 2], text_of=lambda chunk: "abc"[chunk * 10])) == [1, 2]
    assert "output.value" not in recorded_spans.span("chat").attributes


def test_what_the_program_said_itself_stays(recorded_spans: InMemoryExporter) -> None:
    with span("chat") as chat:
        for _ in chat.stream(["a"]):
            chat.set_output("mine")
    assert recorded_spans.span("chat").attributes["output.value"] == "mine"


@pytest.mark.parametrize(
    ("chunk", "text"),
    [
        ("text", "text"),
        ({"choices": [{"delta": {"content": "a"}}]}, "a"),
        ({"choices": [{"delta": {"role": "assistant"}}]}, None),
        ({"choices": []}, None),
        (SimpleNamespace(choices=[SimpleNamespace(delta=SimpleNamespace(content="a"))]), "a"),
        (SimpleNamespace(choices=[SimpleNamespace(delta=SimpleNamespace(content=None))]), None),
        ({"type": "response.output_text.delta", "delta": "a"}, "a"),
        ({"type": "response.function_call_arguments.delta", "delta": "{"}, None),
        ({"type": "content_block_delta", "delta": {"type": "text_delta", "text": "a"}}, "a"),
        ({"type": "content_block_delta", "delta": {"type": "input_json_delta", "partial_json": "{"}}, None),
        ({"type": "message_stop"}, None),
        (42, None),
        (None, None),
    ],
)
def test_the_text_of_a_chunk(chunk: object, text: str | None) -> None:
    assert text_of_chunk(chunk) == text


class EitherWay:
    """What a stream of LiteLLM looks like from outside."""

    def __init__(self) -> None:
        self._texts = iter(["Hel", "lo"])

    def __iter__(self) -> EitherWay:
        return self

    def __next__(self) -> str:
        return next(self._texts)

    def __aiter__(self) -> EitherWay:
        return self

    async def __anext__(self) -> str:
        try:
            return next(self._texts)
        except StopIteration:
            raise StopAsyncIteration from None


def test_a_stream_that_can_be_read_both_ways_still_can(recorded_spans: InMemoryExporter) -> None:
    async def read(chat: Span) -> list[str]:
        return [chunk async for chunk in chat.stream(EitherWay())]

    with span("now") as chat:
        either_way: Any = chat.stream(EitherWay())
        assert [next(either_way), *either_way] == ["Hel", "lo"]
    with span("later") as chat:
        assert asyncio.run(read(chat)) == ["Hel", "lo"]
    assert [each.attributes["output.value"] for each in recorded_spans.spans] == ["Hello", "Hello"]


def test_a_stream_that_cannot_be_closed_is_read_to_its_end(recorded_spans: InMemoryExporter) -> None:
    class Unclosable(list[str]):
        def close(self) -> None:
            raise OSError("gone")

    class UnclosableLater(Unclosable):
        def __init__(self) -> None:
            self.__iter__ = None  # type: ignore[assignment]

        async def __aiter__(self) -> AsyncIterator[str]:
            yield "a"

    async def read(chat: Span) -> list[str]:
        return [chunk async for chunk in chat.stream(UnclosableLater())]

    with span("chat") as chat:
        assert list(chat.stream(Unclosable(["a"]))) == ["a"]
        assert asyncio.run(read(chat)) == ["a"]


def test_of_a_stream_that_never_ends_only_so_much_is_kept() -> None:
    before = set_tracer(None)
    exporter = InMemoryExporter()
    tracer = Tracer(enabled=True, exporter=exporter, value_limit_bytes=10)
    set_tracer(before)
    with tracer.span("chat") as chat:
        for _ in chat.stream(["text"] * 100):
            pass
    attributes = exporter.span("chat").attributes
    assert attributes["output.value"] == "texttextte … [cut by the SDK: 2 more characters]"
    assert attributes["llm_tracer.output.omitted_items"] == 97
