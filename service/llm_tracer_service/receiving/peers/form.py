"""The parts of a `multipart/form-data` body. Pure, and linear in its size."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from llm_tracer_service.malformed import MalformedBody


@dataclass(frozen=True, slots=True)
class Part:
    """One part: its name, its media type ("" if it has none), and its bytes as they came."""

    name: str
    media_type: str
    content: bytes


def parts_of(body: bytes, content_type: str) -> Iterator[Part]:
    """The parts in the order they came. Raises MalformedBody for a body that is none, or ends too early."""
    delimiter = b"\r\n--" + _boundary_of(content_type)
    # A line break before the first delimiter is left out where nothing stands before it.
    pieces = (b"\r\n" + body).split(delimiter)
    if len(pieces) < 2 or not pieces[-1].startswith(b"--"):
        raise MalformedBody("The body does not end with the boundary that Content-Type names")
    for index, piece in enumerate(pieces[1:-1]):
        head, found, content = piece.partition(b"\r\n\r\n")
        name = _NAME.search(head)
        if not found or name is None:
            raise MalformedBody("A part of the body has no name", f"part {index}")
        media_type = _MEDIA_TYPE.search(head)
        yield Part(_text(name[1]), _text(media_type[1]).lower() if media_type else "", content)


def _boundary_of(content_type: str) -> bytes:
    found = _BOUNDARY.search(content_type)
    if found is None:
        raise MalformedBody(
            "Content-Type names no boundary", hint="Send multipart/form-data with its boundary."
        )
    return (found[1] or found[2]).encode("latin-1", "replace")


def _text(value: bytes) -> str:
    return value.decode("utf-8", "replace").strip()


_BOUNDARY = re.compile(r';\s*boundary=(?:"([^"]+)"|([^\s;"]+))', re.IGNORECASE)
_NAME = re.compile(rb'\r\nContent-Disposition:[^\r\n]*?;\s*name="([^"\r\n]*)"', re.IGNORECASE)
_MEDIA_TYPE = re.compile(rb"\r\nContent-Type:\s*([^\r\n;]*)", re.IGNORECASE)
