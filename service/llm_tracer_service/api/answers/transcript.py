"""A trace as text."""

from __future__ import annotations

from msgspec import Struct

from llm_tracer_service.conversation.transcript import Line


class Transcript(Struct, frozen=True):
    """The lines of some spans, in tree order."""

    lines: tuple[Line, ...]
    next_cursor: str | None
