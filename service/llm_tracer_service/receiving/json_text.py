"""JSON as programs really send it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeVar

import msgspec

_T = TypeVar("_T")

# An escaped backslash and a whole surrogate pair stay; what is left over of a pair was cut in the middle.
_SURROGATES = re.compile(rb"\\\\|\\u[dD][89abAB]..\\u[dD][c-fC-F]..|\\u[dD][89a-fA-F]..")


# Texts stay, whatever they say.
_NO_NUMBERS = re.compile(rb'"(?:[^"\\]++|\\.)*+"|-?Infinity|NaN', re.DOTALL)


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
    text = body.decode("utf-8", "replace").encode()
    text = _SURROGATES.sub(lambda found: found[0] if len(found[0]) != 6 else rb"\ufffd", text)
    if b"NaN" not in text and b"Infinity" not in text:
        return text
    return _NO_NUMBERS.sub(lambda found: found[0] if found[0][:1] == b'"' else no_number % found[0], text)
