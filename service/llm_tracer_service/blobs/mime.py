"""The type of bytes, by how they begin: the types that people send to models."""

from __future__ import annotations

import re

UNKNOWN = "application/octet-stream"

_STARTS: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"BM", "image/bmp"),
    (b"%PDF-", "application/pdf"),
    (b"ID3", "audio/mpeg"),
    (b"\xff\xfb", "audio/mpeg"),
    (b"\xff\xf3", "audio/mpeg"),
    (b"OggS", "audio/ogg"),
    (b"fLaC", "audio/flac"),
    (b"\x1aE\xdf\xa3", "video/webm"),
    (b"PK\x03\x04", "application/zip"),
)
_RIFF = {b"WEBP": "image/webp", b"WAVE": "audio/wav", b"AVI ": "video/x-msvideo"}
_BRANDS = {b"avif": "image/avif", b"heic": "image/heic", b"M4A ": "audio/mp4"}
_TYPE = re.compile(r"[a-z0-9!#&^_.+-]{1,64}/[a-z0-9!#&^_.+-]{1,63}")


def mime_type_of(data: bytes) -> str:
    """The type of bytes; UNKNOWN if their beginning does not tell."""
    if data[:4] == b"RIFF":
        return _RIFF.get(data[8:12], UNKNOWN)
    if data[4:8] == b"ftyp":
        return _BRANDS.get(data[8:12], "video/mp4")
    return next((mime_type for start, mime_type in _STARTS if data.startswith(start)), UNKNOWN)


def checked(mime_type: str) -> str | None:
    """A type named by a sender, in lower case; None if it is not one."""
    lower = mime_type.lower().replace("\\/", "/")
    return lower if _TYPE.fullmatch(lower) else None
