"""One span without its payload."""

from __future__ import annotations

from dataclasses import dataclass

from llm_tracer.model.fast_dataclass import made_fast
from llm_tracer.model.reading import Reading
from llm_tracer.model.span import SpanData


@made_fast
@dataclass(frozen=True, slots=True)
class SpanRow:
    """One span without its payload: its place, its times and its Reading. Fragments have no row."""

    span_id: str
    parent_span_id: str | None
    start_time_unix_nano: int
    end_time_unix_nano: int | None
    reading: Reading

    @property
    def duration_ms(self) -> float | None:
        """Milliseconds from start to end; None while open."""
        if self.end_time_unix_nano is None:
            return None
        return (self.end_time_unix_nano - self.start_time_unix_nano) / 1e6


def row_of(span: SpanData, reading: Reading) -> SpanRow:
    """The row of a span that is not a fragment."""
    assert span.start_time_unix_nano is not None, "a fragment has no row"
    return SpanRow(
        span.span_id, span.parent_span_id, span.start_time_unix_nano, span.end_time_unix_nano, reading
    )
