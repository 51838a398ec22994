"""The texts of a span in which full text search looks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from llm_tracer.model.reading import Part, SpanError, Text

from llm_tracer_service.reading.content import Said
from llm_tracer_service.reading.values import leaves

_NOT_TEXT = frozenset(("type", "ref", "mime_type", "signature", "id", "modality", "encrypted"))


def texts(names: Iterable[str | None], said: Said | None, error: SpanError | None) -> Iterator[Text]:
    """Names, input, output and errors; each text once, JSON strings decoded."""
    seen: set[str] = set()
    for where, value in _places(names, said, error):
        if not value:
            continue
        # Most values are one text that is not JSON, as its first letter shows.
        for found in (value,) if type(value) is str and value[0].isalnum() else leaves(value):
            if found not in seen:
                seen.add(found)
                yield Text(where, found)


def _places(names: Iterable[str | None], said: Said | None, error: SpanError | None) -> list[tuple[str, Any]]:
    places: list[tuple[str, Any]] = [("name", name) for name in names]
    if said is not None:
        _add_parts(places, "input", said.system)
        for message in said.given:
            _add_parts(places, "input", message.parts)
        places += ("input", said.input_raw), ("input", said.query)
        for message in said.answered:
            _add_parts(places, "output", message.parts)
        places.append(("output", said.output_raw))
        if said.tool is not None:
            places += ("input", said.tool.arguments), ("output", said.tool.result)
        places += [("output", document.get("content")) for document in said.documents]
    if error is not None:
        places += ("error", error.type), ("error", error.message)
    if said is not None:
        places.append(("error", said.error_stack))
    return places


def _add_parts(places: list[tuple[str, Any]], where: str, parts: Iterable[Part]) -> None:
    for part in parts:
        for name, value in part.items():
            if name not in _NOT_TEXT:
                places.append((where, value))
