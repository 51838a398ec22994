"""What the spans of one trace contain, as a Reader understands it."""

from __future__ import annotations

from llm_tracer.model.reading import Content, Reader
from llm_tracer.model.row import SpanRow
from llm_tracer.model.trace import Trace


class Contents:
    """The contents of the spans of a trace, each read once."""

    def __init__(self, trace: Trace, reader: Reader) -> None:
        self._trace = trace
        self._reader = reader
        self._read: dict[str, Content] = {}

    def of(self, row: SpanRow) -> Content:
        """The content of a span; empty if the span was deleted meanwhile."""
        if row.span_id not in self._read:
            span = self._trace.spans.get(row.span_id)
            self._read[row.span_id] = Content() if span is None else self._reader.content(span)
        return self._read[row.span_id]
