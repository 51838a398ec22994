"""A trace as text."""

from __future__ import annotations

from msgspec import Struct


class Line(Struct, frozen=True):
    """One thing that happened in a span. `kind`: step (it holds others, or says nothing), system, user, assistant,
    reasoning, tool_call, tool_result, arguments, result, error. `text` has the first 2,000 of `chars` characters; `name` is
    that of the tool, of the step, or of the speaker. `offset_ms` is when the span began, since the trace did; `duration_ms`
    is null while the span runs."""

    span_id: str
    span_kind: str
    depth: int
    kind: str
    text: str
    chars: int
    name: str | None
    offset_ms: float
    duration_ms: float | None


class Transcript(Struct, frozen=True):
    """The lines of some spans, in tree order."""

    lines: tuple[Line, ...]
    next_cursor: str | None
