"""Blobs: the bytes that left their spans."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from llm_tracer_service.api.etags import is_known
from llm_tracer_service.api.ids import blob_id_in_path
from llm_tracer_service.api.operation import Call, Operation
from llm_tracer_service.api.ranges import part_asked_for
from llm_tracer_service.errors import Problem, no_such

_CACHE = "private, max-age=31536000, immutable"

_SHOWN_INLINE = re.compile(r"image/(png|jpeg|gif|webp|avif|bmp)|audio/[\w.+-]+|video/[\w.+-]+|text/plain")
"""What browsers may show directly: nothing that can run. Everything else is saved as a file."""

_EXTENSIONS = {
    "text/plain": "txt", "image/jpeg": "jpg", "image/svg+xml": "svg", "audio/mpeg": "mp3", "application/octet-stream": "bin",
}  # fmt: skip


def _blob(call: Call) -> Response:
    sha256 = blob_id_in_path(call.path)
    blob = call.service.store.get_blob(call.project, sha256)
    if blob is None:
        raise no_such("blob")
    headers = _headers(sha256, blob.mime_type)
    if is_known(call.headers.get("if-none-match", ""), headers["ETag"]):
        return Response(status_code=304, headers=headers)
    asked = call.headers.get("range") if _may_be_partial(call.headers, headers["ETag"]) else None
    part = part_asked_for(asked, len(blob.data))
    if part is None:
        return _bytes(blob.data, blob.mime_type, 200, headers)
    if not part:
        unusable = {"Content-Range": f"bytes */{len(blob.data)}"}
        raise Problem(
            416, f"The blob has {len(blob.data)} bytes.", "Request a range within them.", headers=unusable
        )
    headers["Content-Range"] = f"bytes {part.start}-{part.stop - 1}/{len(blob.data)}"
    return _bytes(blob.data[part.start : part.stop], blob.mime_type, 206, headers)


def _headers(sha256: str, mime_type: str) -> dict[str, str]:
    shown = "inline" if _SHOWN_INLINE.fullmatch(mime_type) else "attachment"
    extension = (
        _EXTENSIONS.get(mime_type) or re.sub(r"[^a-z0-9]", "", mime_type.rpartition("/")[2])[:8] or "bin"
    )
    return {
        "ETag": f'"{sha256}"',
        "Cache-Control": _CACHE,
        "Vary": "Authorization, X-API-Key",
        "Accept-Ranges": "bytes",
        "Content-Disposition": f'{shown}; filename="{sha256[:16]}.{extension}"',
        # Opened on its own, it may not run, load or send anything, whatever it is.
        "Content-Security-Policy": "sandbox; default-src 'none'; frame-ancestors 'none'",
        "X-Content-Type-Options": "nosniff",
    }


def _bytes(data: bytes, mime_type: str, status: int, headers: Mapping[str, Any]) -> Response:
    charset = "; charset=utf-8" if mime_type.startswith("text/") else ""
    return Response(data, status, {**headers, "Content-Type": f"{mime_type}{charset}"})


def _may_be_partial(asked: Mapping[str, str], etag: str) -> bool:
    return asked.get("if-range", etag) == etag


OPERATIONS = [
    Operation(
        "GET",
        "/api/blobs/{sha256}",
        _blob,
        "Read a blob",
        "The bytes of an image, a sound, a file or a long text that left its span, by their SHA-256. One range of them "
        "with `Range` (206). They never change, so caches may keep them for ever.",
        answer_media=("application/octet-stream",),
        other_answers=(206, 304),
        refusals=(404, 416, 503),
    ),
]
