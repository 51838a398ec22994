"""What a person should look at in a trace."""

from __future__ import annotations

from typing import Any, Literal

from msgspec import Struct


class Hint(Struct, frozen=True):
    """Something in a trace that costs money or goes wrong, found without asking a model.

    `title` is short and has the numbers, `detail` says what was seen, `evidence` has the same for a program. The spans
    are those where it is seen, in order of time.
    """

    hint: Literal[
        "repeated_tool_call",
        "retried",
        "context_near_window",
        "cache_prefix_broken",
        "tool_error_ignored",
        "length_finish",
    ]
    title: str
    detail: str
    span_ids: tuple[str, ...]
    evidence: dict[str, Any]


class Hints(Struct, frozen=True):
    """The hints of a trace in order of time; none for a trace in which nothing stands out. `complete` is false for a
    very large trace of which only the first model and tool spans were looked at."""

    hints: tuple[Hint, ...]
    complete: bool
