"""The answers of the memory store: each looks at all traces of a project."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import cached_property

from llm_tracer.model.figures import Figures, add
from llm_tracer.model.groups import CountedTrace, FacetField, GroupField, facet_values
from llm_tracer.model.query import TraceQuery
from llm_tracer.model.row import SpanRow
from llm_tracer.model.session import summarise_session
from llm_tracer.model.span import SpanData
from llm_tracer.model.trace import Trace, TraceSummary

from llm_tracer_service.blobs import Blob, SpanForm, in_form
from llm_tracer_service.store.base import (
    Aggregate,
    Facets,
    FoundSpan,
    FragmentPage,
    Hit,
    SessionPage,
    SessionSort,
    Sort,
    SpanPage,
    SpanSort,
    TimeRange,
    TracePage,
)
from llm_tracer_service.store.hits import first_hit, hit_in_span, hit_in_trace, words_of
from llm_tracer_service.store.memory.held import HeldProject
from llm_tracer_service.store.over_time import OverTime
from llm_tracer_service.store.paging import (
    read_cursor,
    session_page,
    span_order,
    span_sort_key,
    trace_order,
    trace_sort_key,
    write_cursor,
)


class View:
    """The traces of a project; `now_unix_nano` is the time of their summaries. `lock` is held while they are copied."""

    def __init__(
        self,
        project: str,
        of_project: HeldProject,
        lock: AbstractContextManager[object],
        now_unix_nano: int,
        abandon_after_s: float,
    ) -> None:
        self._project = project
        self._of_project = of_project
        self._lock = lock
        self._now_unix_nano = now_unix_nano
        self._abandon_after_s = abandon_after_s

    @cached_property
    def _traces(self) -> list[Trace]:
        with self._lock:
            return list(self._of_project.traces())

    def present(self, trace: Trace) -> TraceSummary:
        """The summary of a trace, as of now."""
        return trace.summary.at(self._now_unix_nano, self._abandon_after_s)

    # --- traces -----------------------------------------------------------------------------------------------------

    def find_traces(
        self, query: TraceQuery, time_range: TimeRange, sort: Sort, limit: int, cursor: str | None
    ) -> TracePage:
        question = (self._project, repr(query), sort)
        found = list(self._found(query, time_range))
        if cursor is not None:
            value, trace_id = read_cursor("traces", question, cursor, ((int, float), str))
            after = trace_order((value, trace_id), sort)
            found = [each for each in found if trace_order(trace_sort_key(each[1], sort), sort) > after]
        found.sort(key=lambda each: trace_order(trace_sort_key(each[1], sort), sort))
        page = tuple(summary for _, summary in found[:limit])
        has_more = len(found) > limit
        by_time = sort in ("-start_time", "start_time")
        return TracePage(
            page,
            write_cursor("traces", question, trace_sort_key(page[-1], sort)) if has_more else None,
            tuple(_hit_in_trace(trace, summary, query) for trace, summary in found[:limit]),
            scanned=len(page),
            scanned_until_unix_nano=page[-1].start_time_unix_nano if page and by_time else None,
        )

    def get_trace(self, trace_id: str) -> Trace | None:
        with self._lock:
            return self._of_project.trace(trace_id)

    def get_summary(self, trace_id: str) -> TraceSummary | None:
        trace = self.get_trace(trace_id)
        return None if trace is None else self.present(trace)

    def _found(self, query: TraceQuery, time_range: TimeRange) -> Iterator[tuple[Trace, TraceSummary]]:
        for trace in self._traces:
            summary = self.present(trace)
            if time_range.holds(summary.start_time_unix_nano) and query.matches(trace, summary):
                yield trace, summary

    # --- totals -----------------------------------------------------------------------------------------------------

    def stats(self, query: TraceQuery, time_range: TimeRange) -> Figures:
        return add(point.figures for point in self.aggregate(query, time_range, None, None).points)

    def aggregate(
        self, query: TraceQuery, time_range: TimeRange, width_s: int | None, group_by: GroupField | None
    ) -> Aggregate:
        first = self._first_reports()
        over_time = OverTime(width_s, group_by)
        for trace, summary in self._found(query, time_range):
            over_time.count(CountedTrace(trace, summary, _reported_before(trace, first)))
        return Aggregate(over_time.points())

    def facets(self, query: TraceQuery, time_range: TimeRange, fields: Sequence[FacetField]) -> Facets:
        counts: dict[FacetField, Counter[str]] = {field: Counter() for field in fields}
        for trace, summary in self._found(query, time_range):
            for field in fields:
                counts[field].update(facet_values(field, CountedTrace(trace, summary)))
        return Facets(counts)

    def reported_before(self, trace_id: str) -> Mapping[str, str]:
        trace = self.get_trace(trace_id)
        return {} if trace is None else _reported_before(trace, self._first_reports())

    def _first_reports(self) -> dict[str, str]:
        """The trace that counts each response."""
        first: dict[str, str] = {}
        for trace in sorted(self._traces, key=_trace_order):
            for response in trace.responses:
                first.setdefault(response, trace.trace_id)
        return first

    # --- spans ------------------------------------------------------------------------------------------------------

    def get_span(self, trace_id: str, span_id: str, form: SpanForm) -> SpanData | None:
        with self._lock:
            held = self._of_project.held.get(trace_id)
            span = None if held is None else held.spans.get(span_id)
            return None if span is None or span.is_fragment else self._in_form(span, form)

    def find_fragments(self, limit: int, cursor: str | None) -> FragmentPage:
        question = (self._project,)
        after = ("", "") if cursor is None else tuple(read_cursor("fragments", question, cursor, (str, str)))
        with self._lock:
            found = sorted(
                (span.trace_id, span.span_id, span)
                for held in self._of_project.held.values()
                for span in held.spans.values()
                if span.is_fragment and (span.trace_id, span.span_id) > after
            )
            page = tuple(self._in_form(span, "sent") for _, _, span in found[:limit])
        if len(found) <= limit:
            return FragmentPage(page)
        return FragmentPage(page, write_cursor("fragments", question, found[limit - 1][:2]))

    def get_blob(self, sha256: str) -> Blob | None:
        with self._lock:
            return self._of_project.blobs.get(sha256)

    def find_trace_of_span(self, span_id: str) -> str | None:
        holders = [trace for trace in self._traces if span_id in trace.spans]
        holders.sort(key=lambda trace: (-trace.summary.start_time_unix_nano, trace.trace_id))
        return holders[0].trace_id if holders else None

    def find_spans(
        self, query: TraceQuery, time_range: TimeRange, limit: int, cursor: str | None, sort: SpanSort
    ) -> SpanPage:
        question = (self._project, repr(query), sort)
        found = [
            FoundSpan(trace.trace_id, row, _hit_in_span(trace, row, query))
            for trace in self._traces
            for row in trace.rows
            if time_range.holds(row.start_time_unix_nano) and query.matches_span(trace, row)
        ]
        if cursor is not None:
            value, start, trace_id, span_id = read_cursor(
                "spans", question, cursor, ((int, float), int, str, str)
            )
            after = span_order((value, start, trace_id, span_id))
            found = [span for span in found if span_order(span_sort_key(span, sort)) > after]
        found.sort(key=lambda span: span_order(span_sort_key(span, sort)))
        page = tuple(found[:limit])
        by_time = sort == "-start_time"
        return SpanPage(
            page,
            write_cursor("spans", question, span_sort_key(page[-1], sort)) if len(found) > limit else None,
            scanned=len(page),
            scanned_until_unix_nano=page[-1].row.start_time_unix_nano if page and by_time else None,
        )

    def _in_form(self, span: SpanData, form: SpanForm) -> SpanData:
        return in_form(span, form, self._of_project.blobs.__getitem__)

    # --- sessions ---------------------------------------------------------------------------------------------------

    def find_sessions(
        self, query: TraceQuery, time_range: TimeRange, limit: int, cursor: str | None, sort: SessionSort
    ) -> SessionPage:
        question = (self._project, repr(query), sort)
        ids = {found.session_id for _, found in self._found(query, time_range)}
        sessions = (
            summarise_session(session_id, self.get_session(session_id))
            for session_id in ids
            if session_id is not None
        )
        return session_page(sessions, question, sort, limit, cursor)

    def get_session(self, session_id: str) -> tuple[TraceSummary, ...]:
        turns = [summary for summary in map(self.present, self._traces) if summary.session_id == session_id]
        return tuple(sorted(turns, key=lambda turn: (turn.start_time_unix_nano, turn.trace_id)))


def _reported_before(trace: Trace, first: Mapping[str, str]) -> dict[str, str]:
    return {
        response: first[response]
        for response in trace.responses
        if first.get(response, trace.trace_id) != trace.trace_id
    }


def _hit_in_trace(trace: Trace, summary: TraceSummary, query: TraceQuery) -> Hit | None:
    return first_hit(words_of(query), lambda word: hit_in_trace(trace, summary, word))


def _hit_in_span(trace: Trace, row: SpanRow, query: TraceQuery) -> Hit | None:
    return first_hit(words_of(query), lambda word: hit_in_span(trace, row, word))


def _trace_order(trace: Trace) -> tuple[int, str]:
    return trace.summary.start_time_unix_nano, trace.trace_id
