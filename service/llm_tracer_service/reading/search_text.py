"""The words of a span that full text search finds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from llm_tracer.model.reading import Part, SpanError, Text

from llm_tracer_service.reading.content import Said
from llm_tracer_service.reading.values import leaves

_NOT_TEXT = frozenset(("type", "ref", "mime_type", "signature", "id", "modality", "encrypted"))


def texts(names: Iterable[str | None], said: Said | None, error: SpanError | None) -> Iterator[Text]:
    """Names, what went in, what came out, and errors; each text once, JSON strings decoded."""
    seen: set[str] = set()
    for where, value in _places(names, said, error):
        if not value:
            continue
        # Most values are one text that is no JSON, which its first letter tells.
        for found in (value,) if type(value) is str and value[0].isalnum() else leaves(value):
            if found not in seen:
                seen.add(found)
                yield Text(where, found)


def _places(
    names: Iterable[str | None], said: Said | None, error: SpanError | None
) -> Iterator[tuple[str, Any]]:
    for name in names:
        yield "name", name
    if said is not None:
        yield from _of_parts("input", said.system)
        for message in said.given:
            yield from _of_parts("input", message.parts)
        yield "input", said.input_raw
        yield "input", said.query
        for message in said.answered:
            yield from _of_parts("output", message.parts)
        yield "output", said.output_raw
        if said.tool is not None:
            yield "input", said.tool.arguments
            yield "output", said.tool.result
        for document in said.documents:
            yield "output", document.get("content")
    if error is not None:
        yield "error", error.type
        yield "error", error.message
    if said is not None:
        yield "error", said.error_stack


def _of_parts(where: str, parts: Iterable[Part]) -> Iterator[tuple[str, Any]]:
    return ((where, value) for part in parts for name, value in part.items() if name not in _NOT_TEXT)
