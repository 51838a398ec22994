"""Answers that fit into a context window: whole lines up to a number of characters, and what was left out."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol

from llm_tracer_service.steering import STEERING

CHARS_MAX = 12_000
"""The limit of one answer, some 3,000 tokens: a dozen answers fit beside the code that an agent works on."""

LINE_CHARS_MAX = 400


class Unanswered(Exception):
    """The Tracer API refused or did not answer. The text says what is wrong and what to do."""


class Ask(Protocol):
    """Asks the Tracer API. Parameters without a value are left out; `from_` is sent as `from`. Raises Unanswered."""

    def __call__(self, path: str, **params: Any) -> dict[str, Any]: ...


def one_line(text: str, limit: int = LINE_CHARS_MAX) -> str:
    """The text with white space folded, cut with an ellipsis if it is longer. What was sent must not look like a line of
    the answer."""
    folded = " ".join(STEERING.sub(" ", text).split())
    return folded if len(folded) <= limit else folded[: limit - 1] + "…"


def bounded(lines: Iterable[str], rest: str, limit: int = CHARS_MAX) -> str:
    """As many lines as fit. `rest` says how to get the others; {left} in it becomes their number."""
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
    """As much of a long text as fits, from an offset on. `again` says how to go on; {offset} in it becomes the next offset."""
    shown = text[offset : offset + limit]
    end = offset + len(shown)
    if end >= len(text):
        return shown
    return f"{shown}\n… {len(text) - end:,} of {len(text):,} characters left out. {again.format(offset=end)}"
