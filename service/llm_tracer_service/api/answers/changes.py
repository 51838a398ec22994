"""What changed, and what was deleted."""

from __future__ import annotations

from msgspec import Struct

from llm_tracer_service.api.answers.traces import TraceSummary


class Changes(Struct, frozen=True):
    """What changed after a cursor, each trace once, as it is now; `cursor` is for the next request.

    Ask again after `poll_after_s`: more than 0 if the service itself does not wait for changes (AWS Lambda).
    """

    traces: tuple[TraceSummary, ...]
    deleted: tuple[str, ...]
    cursor: str
    has_more: bool
    poll_after_s: float = 0


class Deleted(Struct, frozen=True):
    """How many traces were deleted."""

    deleted: int
