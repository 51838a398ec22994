"""JSON as programs really send it."""

from __future__ import annotations

import re

# An escaped backslash and a whole surrogate pair stay; what is left over of a pair was cut in the middle.
_SURROGATES = re.compile(rb"\\\\|\\u[dD][89abAB]..\\u[dD][c-fC-F]..|\\u[dD][89a-fA-F]..")


def repaired(body: bytes) -> bytes:
    """The same JSON with U+FFFD for what is not UTF-8 and for halves of surrogate pairs.

    Both come from senders that cut text at a number of bytes or of UTF-16 units; neither is worth losing a span.
    """
    text = body.decode("utf-8", "replace").encode()
    return _SURROGATES.sub(lambda found: found[0] if len(found[0]) != 6 else rb"\ufffd", text)
