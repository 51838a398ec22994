"""Large values in an answer: by reference, with their true size and their beginning, never cut silently.

A reference is `{"$blob": SHA256, "mime_type", "bytes"}`, for a text also `"preview"`; `GET /api/blobs/{sha256}` returns the
whole value. A large text is by reference if the span as sent has it as a value of its own, and then wherever it occurs.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from hashlib import sha256
from typing import Any

import msgspec

from llm_tracer_service.api.answers import Note, SpanDetail
from llm_tracer_service.blobs import as_media_ref
from llm_tracer_service.blobs.extraction import INLINE_BYTES_MAX, PREVIEW_CHARS

_SENT = ("attributes", "events", "links")
_UNDERSTOOD = (
    "params", "system", "input_messages", "output_messages", "tool_definitions", "input_raw", "output_raw", "tool",
    "documents", "query", "embeddings", "rerank", "agent", "prompt", "mcp", "metadata",
)  # fmt: skip


def by_reference(detail: SpanDetail) -> SpanDetail:
    """The span with its large values by reference. It must have been made from the form `read` (blobs.SpanForm)."""
    texts: dict[str, dict[str, Any]] = {}
    sent = {name: _sent(getattr(detail, name), texts) for name in _SENT}
    structures = _structures(texts)
    if structures:
        detail = _with_structures(detail, structures)
    understood = {name: _understood(getattr(detail, name), texts) for name in _UNDERSTOOD}
    return msgspec.structs.replace(detail, **sent, **understood)


def with_sent(detail: SpanDetail, sent: SpanDetail) -> SpanDetail:
    """The span with its values as they were sent, taken from an answer made from the form `sent`."""
    return msgspec.structs.replace(detail, **{name: getattr(sent, name) for name in _SENT})


def with_note(detail: SpanDetail, note: str) -> SpanDetail:
    """The span with one more note."""
    more = Note("repeats_response", note, None)
    return msgspec.structs.replace(
        detail, ingest_notes=(*detail.ingest_notes, note), notes=(*detail.notes, more)
    )


def _sent(value: Any, texts: dict[str, dict[str, Any]]) -> Any:
    if isinstance(value, str) and is_long(value):
        if value not in texts:
            texts[value] = _text_reference(value)
        return texts[value]
    return _inside(value, lambda inner: _sent(inner, texts))


def _understood(value: Any, texts: dict[str, dict[str, Any]]) -> Any:
    if isinstance(value, str) and len(value) * 4 > INLINE_BYTES_MAX and value in texts:
        return texts[value]
    return _inside(value, lambda inner: _understood(inner, texts))


def _structures(texts: dict[str, dict[str, Any]]) -> list[tuple[Any, dict[str, Any]]]:
    """The long texts that are JSON, decoded, each with the reference that stands for it."""
    found = []
    for text, reference in texts.items():
        if text.lstrip()[:1] in ("[", "{"):
            with suppress(msgspec.DecodeError, RecursionError, UnicodeError):
                found.append((msgspec.json.decode(text), reference))
    return found


def _with_structures(detail: SpanDetail, structures: list[tuple[Any, dict[str, Any]]]) -> SpanDetail:
    """The span with a reference also where a long JSON text is shown parsed, which would send it a second time."""

    def referred(value: Any) -> Any:
        if not isinstance(value, dict | list):
            return value
        return next((reference for held, reference in structures if held == value), value)

    tool = detail.tool and {
        **detail.tool,
        **{name: referred(detail.tool[name]) for name in ("arguments", "result")},
    }
    whole = {name: referred(getattr(detail, name)) for name in ("input_raw", "output_raw")}
    return msgspec.structs.replace(detail, tool=tool, **whole)


def _inside(value: Any, change: Any) -> Any:
    match value:
        case str():
            media = as_media_ref(value)
            return value if media is None else {"$blob": media.pop("blob_id"), **media}
        case Mapping():
            return {key: change(inner) for key, inner in value.items()}
        case list() | tuple():
            return [change(inner) for inner in value]
        case msgspec.Struct():
            fields = {name: change(getattr(value, name)) for name in value.__struct_fields__}
            return msgspec.structs.replace(value, **fields)
        case _:
            return value


def is_long(text: str) -> bool:
    """Whether a text is so long that it left its span: more than 256 KB in UTF-8."""
    return len(text) * 4 > INLINE_BYTES_MAX and len(text.encode("utf-8", "surrogatepass")) > INLINE_BYTES_MAX


def _text_reference(text: str) -> dict[str, Any]:
    data = text.encode("utf-8", "surrogatepass")
    return {
        "$blob": sha256(data).hexdigest(),
        "mime_type": "text/plain",
        "bytes": len(data),
        "preview": text[:PREVIEW_CHARS],
    }
