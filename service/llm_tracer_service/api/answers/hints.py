"""Things in a trace that a person should look at."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from llm_tracer_service.hints.steps import HintName


class Hint(Struct, frozen=True):
    """Something in a trace that costs money or goes wrong, found without asking a model.

    `title` is short and has the numbers, `detail` says what was seen, `evidence` is the same for a program. The spans are
    those in which it was seen, in order of time.
    """

    hint: HintName
    title: str
    detail: str
    span_ids: tuple[str, ...]
    evidence: dict[str, Any]


class UncheckedHint(Struct, frozen=True):
    """A hint that could not be checked, and why not, as a sentence."""

    hint: HintName
    reason: str


class Hints(Struct, frozen=True):
    """The hints of a trace in order of time; empty if nothing stands out. `complete` is false for a very large trace, of
    which only the first model and tool spans were checked. `unchecked` are hints that cannot be decided for this trace,
    because a model's context window is not known, or content was not sent."""

    hints: tuple[Hint, ...]
    complete: bool
    unchecked: tuple[UncheckedHint, ...]
