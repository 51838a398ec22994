"""Things in a trace that a person should look at."""

from __future__ import annotations

from msgspec import Struct

from llm_tracer_service.hints.steps import Hint, UncheckedHint


class Hints(Struct, frozen=True):
    """The hints of a trace in order of time; empty if nothing stands out. `complete` is false for a very large trace, of
    which only the first model and tool spans were checked. `unchecked` are hints that cannot be decided for this trace,
    because a model's context window is not known, or content was not sent."""

    hints: tuple[Hint, ...]
    complete: bool
    unchecked: tuple[UncheckedHint, ...]
