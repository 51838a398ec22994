"""The ids of other products as ids of OpenTelemetry. Pure: the same id gives the same on every request."""

from __future__ import annotations

import re
from hashlib import sha256

_UUID = re.compile(r"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}")
_SPAN_ID = re.compile(r"[0-9a-f]{16}")


def trace_id_of(sent: str) -> str:
    """A UUID, or 32 hexadecimal digits, as it is; of anything else the hash."""
    text = sent.strip().lower()
    digits = text.replace("-", "")
    return digits if _UUID.fullmatch(text) and int(digits, 16) else _digest(sent)[:32]


def span_id_of(sent: str) -> str:
    """16 hexadecimal digits as they are; the second half of a UUID, since the first half of a new one (version 7) is a time;
    of anything else the hash."""
    text = sent.strip().lower()
    if _SPAN_ID.fullmatch(text) and int(text, 16):
        return text
    half = text.replace("-", "")[16:]
    return half if _UUID.fullmatch(text) and int(half, 16) else _digest(sent)[:16]


def _digest(text: str) -> str:
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def number_of(sent: str) -> int:
    """The index in a list of what has an id and no place, so that nobody has to know the others; at most 17 digits."""
    return int(_digest(sent)[:14], 16)
