"""Spans as lines of JSON, a limited number at a time, however many a project has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal, TypeAlias

from llm_tracer.model.query import TraceQuery
from llm_tracer.model.span import SpanData
from llm_tracer.model.trace import Trace

from llm_tracer_service.blobs import Blob, in_form
from llm_tracer_service.json_values import encode_json
from llm_tracer_service.receiving.native_writer import native_span
from llm_tracer_service.receiving.otlp.json_writer import logs_data, traces_data
from llm_tracer_service.store.base import EVERYTHING, TimeRange
from llm_tracer_service.store.contract import TraceStore

Format: TypeAlias = Literal["otlp", "jsonl"]
"""`otlp`: each line a TracesData, as the OpenTelemetry Collector's file exporter writes it. `jsonl`: each line a native span."""

LINE_BYTES = 1024 * 1024
"""About where a line of OTLP ends, so that any receiver takes it as a body. A larger span has a line of its own."""

_TRACES_A_PAGE = 100
_DEPTH_SIZED = 20


class Gone(Exception):
    """A trace was deleted while it was being read."""


def lines_of_project(
    store: TraceStore, project: str, query: TraceQuery, time_range: TimeRange, form: Format
) -> Iterator[bytes]:
    """The traces that match, earliest first, each as it is when it is read; and if everything is asked for, the content that
    waits for its span. Each item ends with a newline."""
    cursor: str | None = None
    while True:
        page = store.find_traces(project, query, time_range, "start_time", _TRACES_A_PAGE, cursor)
        for summary in page.traces:
            trace = store.get_trace(project, summary.trace_id)
            if trace is not None:
                yield from _lines(spans_of(store, project, trace), form)
        cursor = page.next_cursor
        if cursor is None:
            break
    if query == EVERYTHING and time_range == TimeRange():
        yield from _lines(fragments_of(store, project), form)


def lines_of_trace(store: TraceStore, project: str, trace: Trace) -> Iterator[bytes]:
    """The spans of one trace as native spans, each item a line."""
    return _lines(spans_of(store, project, trace), "jsonl")


def document_of_trace(store: TraceStore, project: str, trace: Trace) -> Iterator[bytes]:
    """One trace as one TracesData, in pieces."""
    opening = b'{"resourceSpans":['
    for batch in _batches(spans_of(store, project, trace)):
        yield opening + encode_json(traces_data(batch)["resourceSpans"])[1:-1]
        opening = b","
    yield b"]}\n" if opening == b"," else opening + b"]}\n"


def spans_of(store: TraceStore, project: str, trace: Trace) -> Iterator[SpanData]:
    """The spans of a trace as they were sent, by their start. What is deleted meanwhile is left out."""

    def blob_of(sha256: str) -> Blob:
        blob = store.get_blob(project, sha256)
        if blob is None:
            raise Gone
        return blob

    for row in trace.rows:
        span = trace.spans.get(row.span_id)
        if span is not None:
            try:
                yield in_form(span, "sent", blob_of)
            except Gone:
                return


def fragments_of(store: TraceStore, project: str) -> Iterator[SpanData]:
    """All content of a project that waits for its span, or for a response."""
    cursor: str | None = None
    while True:
        page = store.find_fragments(project, _TRACES_A_PAGE, cursor)
        yield from page.fragments
        cursor = page.next_cursor
        if cursor is None:
            return


def _lines(spans: Iterable[SpanData], form: Format) -> Iterator[bytes]:
    if form == "jsonl":
        for span in spans:
            yield encode_json(native_span(span)) + b"\n"
    else:
        for batch in _batches(spans):
            of_batch = logs_data(batch) if batch[0].is_fragment else traces_data(batch)
            yield encode_json(of_batch) + b"\n"


def _batches(spans: Iterable[SpanData]) -> Iterator[list[SpanData]]:
    batch: list[SpanData] = []
    size = 0
    for span in spans:
        own = (
            _size(span.attributes)
            + sum(_size([event.attributes, event.body]) for event in span.events)
            + 1_000
        )
        if batch and size + own > LINE_BYTES:
            yield batch
            batch, size = [], 0
        batch.append(span)
        size += own
    if batch:
        yield batch


def _size(value: Any, depth: int = 0) -> int:
    """Roughly how many bytes a value takes."""
    match value:
        case str() | bytes():
            return len(value) + 50
        case Mapping() if depth < _DEPTH_SIZED:
            return sum(len(str(key)) + _size(item, depth + 1) for key, item in value.items())
        case list() | tuple() if depth < _DEPTH_SIZED:
            return sum(_size(item, depth + 1) for item in value)
        case _:
            return 50
