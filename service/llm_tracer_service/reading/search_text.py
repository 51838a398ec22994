"""The words of a span that full text search finds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from llm_tracer.model.reading import Message, SpanError, Text

from llm_tracer_service.reading.content import Said
from llm_tracer_service.reading.values import leaves

_NOT_TEXT = ("type", "ref", "mime_type", "signature", "id", "modality", "encrypted")


def texts(names: Iterable[str | None], said: Said | None, error: SpanError | None) -> Iterator[Text]:
    """Names, what went in, what came out, and errors; each text once, JSON strings decoded."""
    seen: set[str] = set()
    for where, value in _places(names, said, error):
        for found in leaves(value) if value else ():
            if found not in seen:
                seen.add(found)
                yield Text(where, found)


def _places(
    names: Iterable[str | None], said: Said | None, error: SpanError | None
) -> Iterator[tuple[str, Any]]:
    yield "name", [*names]
    if said is not None:
        yield "input", [*_of_parts(said.system), *_of_messages(said.given)]
        yield "input", said.input_raw
        yield "input", said.query
        yield "output", _of_messages(said.answered)
        yield "output", said.output_raw
        if said.tool is not None:
            yield "input", said.tool.arguments
            yield "output", said.tool.result
        yield "output", [document.get("content") for document in said.documents]
    if error is not None:
        yield "error", [error.type, error.message]
    if said is not None:
        yield "error", said.error_stack


def _of_messages(messages: Iterable[Message]) -> list[Any]:
    return [value for message in messages for value in _of_parts(message.parts)]


def _of_parts(parts: Iterable[Any]) -> list[Any]:
    return [value for part in parts for name, value in part.items() if name not in _NOT_TEXT]
