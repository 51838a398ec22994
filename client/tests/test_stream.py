from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from types import SimpleNamespace

import pytest
from llm_tracer import span
from llm_tracer.stream import text_of_chunk
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
