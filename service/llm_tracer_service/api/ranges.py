"""The `Range` header (RFC 9110 §14): one range of bytes."""

from __future__ import annotations

import re

_RANGE = re.compile(r"bytes=\s*([0-9]{0,19})-([0-9]{0,19})\s*", re.IGNORECASE)
_NOTHING = range(0)


def part_asked_for(header: str | None, size: int) -> range | None:
    """The bytes that a header asks for, out of `size`; empty if none of them exists (416).

    None is all of them: no header, several ranges, or one that is not understood, which RFC 9110 says to ignore.
    """
    found = _RANGE.fullmatch(header or "")
    if found is None:
        return None
    first, last = found.groups()
    if first and last and int(last) < int(first):
        return None
    if first:
        return (
            range(int(first), min(int(last), size - 1) + 1 if last else size)
            if int(first) < size
            else _NOTHING
        )
    if not last:
        return None
    return range(max(0, size - int(last)), size) if int(last) and size else _NOTHING
