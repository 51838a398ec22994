"""The words of a span that full text search finds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from llm_tracer.model.reading import Content, Message, Reading, Text
from llm_tracer.model.span import SpanData

from llm_tracer_service.reading.values import leaves

_NOT_TEXT = ("type", "ref", "mime_type", "signature", "id", "modality", "encrypted")


def texts(span: SpanData, reading: Reading, content: Content) -> Iterator[Text]:
    """Names, what went in, what came out, and errors; each text once, JSON strings decoded."""
    seen: set[str] = set()
    for where, value in _places(span, reading, content):
        for found in leaves(value):
            if found not in seen:
                seen.add(found)
                yield Text(where, found)


def _places(span: SpanData, reading: Reading, content: Content) -> Iterator[tuple[str, Any]]:
    yield "name", [reading.name, span.name, reading.tool_name, reading.agent_name]
    yield "input", [_of_parts(content.system), *_of_messages(content.input_messages)]
    yield "input", content.input_raw
    yield "input", content.query
    yield "output", _of_messages(content.output_messages)
    yield "output", content.output_raw
    if content.tool:
        yield "input", content.tool.get("arguments")
        yield "output", content.tool.get("result")
    yield "output", [document.get("content") for document in content.documents]
    if reading.error is not None:
        yield "error", [reading.error.type, reading.error.message]
    yield "error", content.error_stack


def _of_messages(messages: Iterable[Message]) -> list[Any]:
    return [_of_parts(message.parts) for message in messages]


def _of_parts(parts: Iterable[Any]) -> list[Any]:
    return [value for part in parts for name, value in part.items() if name not in _NOT_TEXT]
