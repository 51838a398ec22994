"""Notes about model calls that an earlier trace of the project reports too."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from llm_tracer.model.text import counted


def also_reported_in(trace_id: str) -> str:
    """The note for one call."""
    return f"also reported in trace {trace_id}, where the totals of the project count it"


def notes_of(reported_before: Mapping[str, str]) -> tuple[str, ...]:
    """The notes for a trace, one per earlier trace; `reported_before` maps response ids to trace ids."""
    return tuple(
        f"{counted(count, 'model call')} {also_reported_in(trace_id)}"
        for trace_id, count in sorted(Counter(reported_before.values()).items())
    )
