"""An answer that fits into a context window: whole lines up to a number of characters, and what was left out."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol

from llm_tracer_service.steering import STEERING

CHARS_MAX = 12_000
"""Of one answer: some 3,000 tokens, so that a dozen of them fit beside the code that an agent works on."""

LINE_CHARS_MAX = 400


class Unanswered(Exception):
    """The Tracer API refused, or does not answer: what is wrong, and what to do."""


class Ask(Protocol):
    """Asks the Tracer API. Parameters without a value are left out, `from_` is `from`. Raises Unanswered."""

    def __call__(self, path: str, **params: Any) -> dict[str, Any]: ...


def one_line(text: str, limit: int = LINE_CHARS_MAX) -> str:
    """White space folded, an ellipsis where it is longer. What was sent must not look like a line of the answer."""
    folded = " ".join(STEERING.sub(" ", text).split())
    return folded if len(folded) <= limit else folded[: limit - 1] + "…"


def bounded(lines: Iterable[str], rest: str, limit: int = CHARS_MAX) -> str:
    """The lines as far as they fit. `rest` says how to get what is left out, with {left} for the number of lines."""
    kept: list[str] = []
    left = chars = 0
    for line in lines:
        chars += len(line) + 1
        if left or chars > limit:
            left += 1
        else:
            kept.append(line)
    if left:
        kept.append(rest.format(left=f"{left:,}"))
    return "\n".join(kept)


def piece(text: str, offset: int, again: str, limit: int = CHARS_MAX) -> str:
    """A long text from an offset on, as much as fits; `again` says how to go on, with {offset} for where."""
    shown = text[offset : offset + limit]
    end = offset + len(shown)
    if end >= len(text):
        return shown
    return f"{shown}\n… {len(text) - end:,} of {len(text):,} characters left out. {again.format(offset=end)}"
