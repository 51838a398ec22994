"""What people should look at in a trace, found without asking a model; each hint has a file of its own. Pure.

A wrong hint is worth nothing: each has a threshold, with the reason for it, and there are none for a clean trace.
"""

from __future__ import annotations

from llm_tracer_service.hints import (
    another_model,
    cache_prefix_broken,
    context_near_window,
    handoff_forgets,
    invalid_answer,
    invalid_arguments,
    length_finish,
    repeated_tool_call,
    retried,
    secret_sent,
    tool_error_ignored,
)
from llm_tracer_service.hints.steps import Hint, Steps, UncheckedHint

__all__ = ["Hint", "Steps", "UncheckedHint", "hints_of", "unchecked_of"]

_HINTS = (
    repeated_tool_call,
    retried,
    context_near_window,
    cache_prefix_broken,
    tool_error_ignored,
    length_finish,
    invalid_arguments,
    invalid_answer,
    another_model,
    handoff_forgets,
    secret_sent,
)


def hints_of(steps: Steps) -> list[Hint]:
    """All hints about a trace, in order of time."""
    found = [hint for module in _HINTS for hint in module.hints(steps)]
    return sorted(found, key=lambda hint: steps.start(hint.span_ids[0]))


def unchecked_of(steps: Steps) -> list[UncheckedHint]:
    """The hints for which a trace could not be examined, because the data for them is missing."""
    modules = (repeated_tool_call, retried, context_near_window, tool_error_ignored, another_model)
    return [found for module in modules for found in module.unchecked(steps)]
