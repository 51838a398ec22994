"""The parts that are images, audio, video or documents, from the blocks of every convention."""

from __future__ import annotations

import re
from typing import Any

from llm_tracer_service.blobs import as_media_ref
from llm_tracer_service.reading.messages.block import Block, first, part, text_part
from llm_tracer_service.reading.redacted import is_redacted

_MODALITIES = ("image", "audio", "video", "document")


_MIME_TYPES = {
    **{name: f"image/{name}" for name in ("png", "jpeg", "gif", "webp")},
    "pdf": "application/pdf",
}
"""By the formats that Bedrock names instead."""


_BASE64 = re.compile(r"[A-Za-z0-9+/=]+")
"""Not a URL or the name of a file, which have a colon or a dot."""


def media(block: Block) -> list[Block]:
    """A medium by where it is, or its content; text for a document sent as text and for what was redacted; `unknown`
    where a block says neither."""
    kind = str(
        block.get("type") or block.get("block_type") or next((m for m in _MODALITIES if m in block), "")
    )
    source, file_format = _source_of(block)
    mime_type = first(
        source, "mime_type", "mimeType", "media_type", "mediaType", "contentType", "content_type"
    )
    mime_type = mime_type or first(block, "mime_type", "mimeType", "media_type", "mediaType")
    mime_type = mime_type or _MIME_TYPES.get(str(file_format))
    uri, data = _uri_and_data(source, block)
    if is_redacted(uri) or is_redacted(data):
        return [text_part(uri or data)]
    if source.get("type") == "text" and source is not block and isinstance(data, str):
        return [text_part(data)]  # Anthropic's document that was sent as text
    file_id = first(source, "file_id", "fileId")
    if kind == "audio" and source is not block and data is None:
        file_id = file_id or first(source, "id")  # OpenAI's, which an answer before this one spoke
    if source is not block and "document" in block:
        # OpenInference's document: its text, or the id of a file.
        if uri is None and isinstance(data, str) and "content" in source:
            return [text_part(data)]
        file_id = file_id or first(source, "id")
    if isinstance(uri, str) and uri.startswith("data:"):
        head, _, data = uri.partition(",")
        mime_type = head[5:].split(";")[0] or mime_type
        uri = None
    reference = (
        {"uri": uri} if uri is not None else {"file_id": file_id} if file_id is not None else {"data": data}
    )
    if not any(value is not None for value in reference.values()):
        return [part("unknown", raw_type=kind, data=block)]
    size = _bytes_of_base64(data)
    if (stored := as_media_ref(data)) is not None:
        reference, size = {"blob_id": stored["blob_id"]}, stored["bytes"]
        mime_type = mime_type or stored["mime_type"]
    return [
        part(
            "media",
            modality=_modality(first(block, "modality"), mime_type, kind, file_format),
            mime_type=mime_type,
            ref=reference,
            bytes=size,
            transcript=first(source, "transcript"),
        )
    ]


_SOURCES = (
    "source", "image", "image_url", "input_audio", "audio", "file", "media", "document", "video", "video_url", "inlineData",
    "inline_data", "fileData", "file_data", "source", "s3Location",
)  # fmt: skip
"""The names under which blocks have the object with the medium, from the outside in; a `source` may be within another."""


def _source_of(block: Block) -> tuple[Block, Any]:
    """The innermost object of a block that describes its medium, and the format that is named on the way."""
    source, file_format = block, block.get("format")
    for name in _SOURCES:
        while isinstance(source.get(name), dict):
            source = source[name]
            file_format = source.get("format", file_format)
    return source, file_format


def _uri_and_data(source: Block, block: Block) -> tuple[Any, Any]:
    """Where a medium is, and its content; senders use the same fields for both."""
    data = first(source, "data", "content", "bytes", "base64", "file_data") or first(block, "data")
    if isinstance(data, int):
        data = None  # only the number of bytes
    uri = first(source, *_PLACES)
    if isinstance(data, dict):  # Vercel's, since its seventh version: {"type": "url", "url": ...}
        uri, data = first(data, *_PLACES), first(data, "data")
    for name in ("image", "audio"):
        inline = source.get(name)
        if uri is None and data is None and isinstance(inline, str):
            uri, data = (None, inline) if _BASE64.fullmatch(inline[:64]) else (inline, None)
    if isinstance(data, str) and data.startswith(("http://", "https://", "data:", "s3://", "gs://")):
        uri, data = data, None
    return uri, data


_PLACES = (
    "uri", "url", "fileUri", "file_uri", "image_url", "audio_url", "video_url", "document_url", "file_url", "path",
)  # fmt: skip


def _bytes_of_base64(data: Any) -> int | None:
    if isinstance(data, bytes):
        return len(data)
    if not isinstance(data, str):
        return None
    return len(data) * 3 // 4 - data[-2:].count("=")


def _modality(named: Any, mime_type: Any, kind: str, file_format: Any) -> str:
    if isinstance(named, str):
        return named
    for hint in (str(mime_type or ""), kind, str(file_format or "")):
        for modality in _MODALITIES:
            if modality in hint:
                return modality
        if hint in ("application/pdf", "pdf", "file", "input_file"):
            return "document"
        if hint in ("png", "jpeg", "gif", "webp", "jpg"):
            return "image"
    return "other"
