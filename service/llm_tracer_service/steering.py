"""Characters that are not read but obeyed: they move a cursor, colour what follows, end a line or turn writing around."""

from __future__ import annotations

import re

_BREAKS = r"\t\n\x0b-\r\x85\u2028\u2029"
_OTHERS = r"\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"

STEERING = re.compile(f"[{_BREAKS}{_OTHERS}]+")
"""A run of any of them."""

_NEVER_MEANT = re.compile(f"[{_OTHERS}\\x0b-\\r\\x85\\u2028\\u2029]")


def spelled_out(text: str) -> str:
    """A text of many lines with each of these characters as its escape (`\\x1b`), line ends and tabs aside: nothing of it is
    lost, and nothing of it acts."""
    return _NEVER_MEANT.sub(lambda found: _escape(found[0]), text.replace("\r\n", "\n"))


def _escape(character: str) -> str:
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
