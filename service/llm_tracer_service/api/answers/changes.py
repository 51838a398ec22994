"""What changed, and what was deleted."""

from __future__ import annotations

from msgspec import Struct

from llm_tracer_service.api.answers.traces import TraceSummary


class Changes(Struct, frozen=True):
    """What changed after a cursor, each trace once, as it is now; `cursor` is for the next question."""

    traces: tuple[TraceSummary, ...]
    deleted: tuple[str, ...]
    cursor: str
    has_more: bool


class Deleted(Struct, frozen=True):
    """How many traces are gone."""

    deleted: int
