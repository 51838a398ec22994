"""JSON as programs really send it."""

from __future__ import annotations

import re
from codecs import getincrementaldecoder
from collections.abc import Callable
from io import BytesIO
from typing import TypeVar

import msgspec

_T = TypeVar("_T")

_PIECE_BYTES = 1024 * 1024

# Each matches all up to the next place to repair, or to the end: a match for every text or escape that is right would take a
# hundred times the memory of the body.
_NEXT_HALF_PAIR = re.compile(
    rb"(?:[^\\]++|\\(?:[^u]|\Z)|\\u[dD][89abAB]%(hex)s\\u[dD][c-fC-F]%(hex)s|\\u(?![dD][89a-fA-F]%(hex)s))*+"
    rb"(?:(\\u[dD][89a-fA-F]%(hex)s)|\Z)" % {b"hex": b"[0-9a-fA-F]{2}"}
)
_NEXT_NO_NUMBER = re.compile(
    rb'(?:[^"NI-]++|"(?:[^"\\]++|\\.)*+"?+|-(?!Infinity)|N(?!aN)|I(?!nfinity))*+(?:(-?Infinity|NaN)|\Z)',
    re.DOTALL,
)


def decode_leniently(
    decode: Callable[[bytes], _T], body: bytes | msgspec.Raw, no_number: bytes = b'"%s"'
) -> _T:
    """What `decode` makes of JSON, or else of the same JSON repaired. Raises as `decode` does, but for text that is not UTF-8."""
    try:
        return decode(body)
    except msgspec.ValidationError:
        raise
    except (msgspec.DecodeError, UnicodeDecodeError):
        return decode(repaired(bytes(body), no_number))


def repaired(body: bytes, no_number: bytes = b'"%s"') -> bytes:
    """The same JSON with U+FFFD for what is not UTF-8 and for halves of surrogate pairs, and with NaN and infinities as
    `no_number` writes them: as texts, where nothing else is agreed on.

    The first two come from senders that cut text at a number of bytes or of UTF-16 units, the last from Python's `json.dumps`.
    None of it is worth losing a span.
    """
    text = BytesIO()
    decoder = getincrementaldecoder("utf-8")("replace")
    for start in range(0, len(body), _PIECE_BYTES):
        text.write(decoder.decode(body[start : start + _PIECE_BYTES]).encode())
    text.write(decoder.decode(b"", final=True).encode())
    with text.getbuffer() as buffer:
        for found in _NEXT_HALF_PAIR.finditer(buffer):
            if found.lastindex:
                end = found.end()
                buffer[end - 6 : end] = rb"\ufffd"  # as long as what it replaces
    return _without_no_numbers(text.getvalue(), no_number)


def _without_no_numbers(text: bytes, no_number: bytes) -> bytes:
    if b"NaN" not in text and b"Infinity" not in text:
        return text
    written = BytesIO()
    done = 0
    for found in _NEXT_NO_NUMBER.finditer(text):
        if found.lastindex:
            written.write(text[done : found.start(1)])
            written.write(no_number % found[1])
            done = found.end()
    written.write(memoryview(text)[done:])
    return written.getvalue()
