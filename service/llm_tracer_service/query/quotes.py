"""Quoted text: `"refund for order 42"`."""

from __future__ import annotations

import re

QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_ESCAPED = re.compile(r'\\(["\\])')


def quoted(text: str) -> str:
    """A text in quotes, from which `unquoted` gets it back."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def unquoted(match: re.Match[str]) -> str:
    """The text of a match of QUOTED. `\\"` and `\\\\` are escapes; any other backslash stands for itself: `"C:\\new"`."""
    return _ESCAPED.sub(r"\1", match[1])


def as_text_hint(text: str) -> str:
    """The hint for something that was meant as text, but read as something else."""
    return f"in quotes it is searched as text: {quoted(text)}"
