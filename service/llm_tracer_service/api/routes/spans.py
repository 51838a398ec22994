"""Spans: one of them whole, and a list over all traces."""

from __future__ import annotations

import dataclasses
from typing import Annotated

from llm_tracer.model.place import record_id
from llm_tracer.model.reading import Reading
from llm_tracer.model.row import SpanRow
from llm_tracer.model.span import SpanData
from llm_tracer.model.trace import Trace, TraceSummary
from msgspec import Meta, Struct
from msgspec.structs import replace
from starlette.responses import Response

from llm_tracer_service.api import answers, render
from llm_tracer_service.api.lookup import context_window, found_span, is_silent, trace_index
from llm_tracer_service.api.operation import Call, Operation
from llm_tracer_service.api.params import Page, SpanOrder
from llm_tracer_service.api.references import by_reference, with_note, with_sent
from llm_tracer_service.api.repeats import also_reported_in
from llm_tracer_service.api.responses import json_response
from llm_tracer_service.conversation.index import TraceIndex
from llm_tracer_service.query import parse
from llm_tracer_service.span_context import context_of
from llm_tracer_service.store.base import FoundSpan


class DetailParams(Struct, forbid_unknown_fields=True):
    """`GET /api/traces/{trace_id}/spans/{span_id}`."""

    whole: Annotated[bool, Meta(description="`true`: everything in place, however large.")] = False


class ListParams(Page, kw_only=True):
    """`GET /api/spans`."""

    sort: SpanOrder = "-start_time"


def _detail(call: Call) -> Response:
    service = call.service
    span = found_span(call, "read")
    trace_id, span_id = span.trace_id, span.span_id
    summary = service.store.get_summary(call.project, trace_id)
    silent = bool(span.is_open and summary and is_silent(call, summary.last_received_unix_nano))
    reader = service.reader
    reading, content = reader.read(span), reader.content(span)
    index = None if summary is None else trace_index(call, summary)
    if reading.fails_as_leaf:
        reading = reading.placed(index is None or span_id not in index.trace.parent_ids)
    span, reading = _beside_record(span, reading, index)
    context = context_of(index, span_id, reading, content)
    detail = render.span_detail(span, reading, content, silent, reader.version, context)
    earlier = service.store.reported_before(call.project, trace_id).get(detail.response_id or "")
    if earlier is not None:
        detail = with_note(detail, also_reported_in(earlier))
    if reading.kind == "llm":
        detail = replace(detail, context_window=context_window(call, reading))
    if not call.params.whole:
        return json_response(by_reference(detail), call.headers)
    sent = service.store.get_span(call.project, trace_id, span_id, "sent") or span
    as_sent = render.span_detail(sent, reading, content, silent, reader.version, context)
    return json_response(with_sent(detail, as_sent), call.headers)


def _beside_record(span: SpanData, reading: Reading, index: TraceIndex | None) -> tuple[SpanData, Reading]:
    """The record of a trace, or a span right below it, as its row in the trace is; any other span as it is."""
    row = None if index is None else index.trace.row_of.get(span.span_id)
    if row is None or record_id(span.trace_id) not in (span.span_id, span.parent_span_id):
        return span, reading
    end, parent = row.end_time_unix_nano, row.parent_span_id
    return dataclasses.replace(span, end_time_unix_nano=end, parent_span_id=parent), row.reading


def _list(call: Call) -> Response:
    params: ListParams = call.params
    store = call.service.store
    query, time_range = parse(params.q, of_spans=True), params.time_range(call.service.clock())
    page = store.find_spans(call.project, query, time_range, params.limit, params.cursor, params.sort)
    places = _Places(call)
    spans = tuple(
        render.found_span(places.row(found), found, places.trace_name(found.trace_id)) for found in page.spans
    )
    return json_response(answers.SpanList(spans, **render.page(page, len(spans))), call.headers)


_REMEMBERED_FROM_SPANS = 1_000
"""A smaller trace is read in less than 10 ms; remembering it would push out a large one, which takes 300."""


class _Places:
    """Where found spans are in their traces. The place of a root, and of a span directly below it, follows from the summary
    of the trace. For other spans the trace is read: once per page, or if it is large, once for all pages until it
    changes."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._traces: dict[str, Trace | None] = {}
        self._summaries: dict[str, TraceSummary | None] = {}

    def row(self, found: FoundSpan) -> answers.SpanRow:
        depth, orphan = self._place(found.row, found.trace_id)
        silent = found.row.end_time_unix_nano is None and self._is_silent(found.trace_id)
        return render.span_row(found.row, depth, orphan, silent, found.trace_id)

    def _place(self, row: SpanRow, trace_id: str) -> tuple[int, bool]:
        """The depth of a span, and whether its parent was never received."""
        if row.parent_span_id is None:
            return 0, False
        summary = self._summary(trace_id)
        if summary is not None and row.parent_span_id == summary.root_span_id:
            return 1, False
        trace = self._trace(trace_id)
        if trace is None:  # deleted meanwhile
            return 0, False
        return trace.depth_of.get(row.span_id, 0), row.parent_span_id not in trace.depth_of

    def _is_silent(self, trace_id: str) -> bool:
        summary = self._summary(trace_id)
        return summary is not None and is_silent(self._call, summary.last_received_unix_nano)

    def trace_name(self, trace_id: str) -> str:
        """The name of a trace; "" if it was deleted meanwhile."""
        summary = self._summary(trace_id)
        return "" if summary is None else summary.name

    def _summary(self, trace_id: str) -> TraceSummary | None:
        if trace_id not in self._summaries:
            self._summaries[trace_id] = self._call.service.store.get_summary(self._call.project, trace_id)
        return self._summaries[trace_id]

    def _trace(self, trace_id: str) -> Trace | None:
        if trace_id not in self._traces:
            self._traces[trace_id] = self._read(trace_id)
        return self._traces[trace_id]

    def _read(self, trace_id: str) -> Trace | None:
        summary = self._summary(trace_id)
        if summary is None or summary.span_count < _REMEMBERED_FROM_SPANS:
            return self._call.service.store.get_trace(self._call.project, trace_id)
        index = trace_index(self._call, summary)
        return None if index is None else index.trace


OPERATIONS = [
    Operation(
        "GET",
        "/api/traces/{trace_id}/spans/{span_id}",
        _detail,
        "Read a span",
        "The whole span, as it was sent and as it was understood. Payloads over 1 KB and texts over 256 KB are by reference: "
        '`{"$blob": SHA256, "mime_type", "bytes", "preview"}`, to be read at `/api/blobs/{sha256}`.',
        params=DetailParams,
        answer=answers.SpanDetail,
        refusals=(404, 422, 503),
    ),
    Operation(
        "GET",
        "/api/spans",
        _list,
        "List spans",
        "The spans of all traces that `q` matches; each term is about the span itself. `from` and `to` apply to the start of "
        "the span. In any order but that of time, only the newest 20,000 of that time are examined; if there are more, "
        "`complete` is false on every page, and `scanned_until` says since when.",
        params=ListParams,
        answer=answers.SpanList,
        refusals=(400, 422, 503),
    ),
]
