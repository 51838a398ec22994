"""The marks that senders write in place of content they do not send: a mark is not a text.

`<REDACTED>` of Claude Code and Gemini CLI, `[Scrubbed due to 'password']` of Logfire, `__REDACTED__` of OpenInference,
`<replaced>` of Strands for the bytes of an image, `HIDDEN:non-empty` of Koog.
"""

from __future__ import annotations

from typing import Any

NOTE = "redacted by the sender"
LINE = f"({NOTE})"

MARKS = (
    "<redacted>",
    "[redacted]",
    "__redacted__",
    "<redacted by the sender>",
    "<replaced>",
    "hidden:non-empty",
    "[scrubbed due to …]",
)
"""The marks as people are shown them, letter case aside; `…` stands for any text."""

_WHOLE = frozenset(mark for mark in MARKS if "…" not in mark)
_STARTS = tuple(mark.partition("…")[0] for mark in MARKS if "…" in mark)
_CHARS_MAX = 200


def is_redacted(value: Any) -> bool:
    """Whether a text stands for content that was left out."""
    if not isinstance(value, str) or len(value) > _CHARS_MAX or value[:1] not in ("<", "[", "_", "H", "h"):
        return False
    text = value.strip().lower()
    return text in _WHOLE or text.startswith(_STARTS)
