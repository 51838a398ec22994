"""The answers of the memory store: every one looks at all traces of a project."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from llm_tracer.model.groups import CountedTrace, FacetField, GroupField, facet_values
from llm_tracer.model.query import TraceQuery
from llm_tracer.model.row import SpanRow
from llm_tracer.model.session import summarise_session
from llm_tracer.model.trace import Trace, TraceSummary

from llm_tracer_service.store.base import (
    Aggregate,
    Facets,
    FoundSpan,
    Hit,
    SessionPage,
    Sort,
    SpanPage,
    TimeRange,
    TracePage,
)
from llm_tracer_service.store.hits import first_hit, hit_in_span, hit_in_trace, words_of
from llm_tracer_service.store.over_time import OverTime
from llm_tracer_service.store.paging import read_cursor, trace_key, trace_order, write_cursor


class View:
    """The traces of a project at one moment, which is also the time of their summaries."""

    def __init__(self, project: str, traces: list[Trace], now_unix_nano: int, abandon_after_s: float) -> None:
        self._project = project
        self._traces = traces
        self._now_unix_nano = now_unix_nano
        self._abandon_after_s = abandon_after_s

    def present(self, trace: Trace) -> TraceSummary:
        """The summary of a trace as it is now."""
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
            found = [each for each in found if trace_order(trace_key(each[1], sort), sort) > after]
        found.sort(key=lambda each: trace_order(trace_key(each[1], sort), sort))
        page = tuple(summary for _, summary in found[:limit])
        has_more = len(found) > limit
        by_time = sort in ("-start_time", "start_time")
        return TracePage(
            page,
            write_cursor("traces", question, trace_key(page[-1], sort)) if has_more else None,
            tuple(_hit_in_trace(trace, summary, query) for trace, summary in found[:limit]),
            scanned=len(page),
            scanned_until_unix_nano=page[-1].start_time_unix_nano if page and by_time else None,
        )

    def trace_of_span(self, span_id: str) -> str | None:
        holders = [trace for trace in self._traces if span_id in trace.spans]
        holders.sort(key=lambda trace: (-trace.summary.start_time_unix_nano, trace.trace_id))
        return holders[0].trace_id if holders else None

    def _found(self, query: TraceQuery, time_range: TimeRange) -> Iterator[tuple[Trace, TraceSummary]]:
        for trace in self._traces:
            summary = self.present(trace)
            if time_range.holds(summary.start_time_unix_nano) and query.matches(trace, summary):
                yield trace, summary

    # --- totals -----------------------------------------------------------------------------------------------------

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

    def reported_before(self, trace: Trace) -> Mapping[str, str]:
        return _reported_before(trace, self._first_reports())

    def _first_reports(self) -> dict[str, str]:
        """The trace that counts each response."""
        first: dict[str, str] = {}
        for trace in sorted(self._traces, key=_trace_order):
            for response in trace.responses:
                first.setdefault(response, trace.trace_id)
        return first

    # --- spans ------------------------------------------------------------------------------------------------------

    def find_spans(
        self, query: TraceQuery, time_range: TimeRange, limit: int, cursor: str | None
    ) -> SpanPage:
        question = (self._project, repr(query))
        found = [
            FoundSpan(trace.trace_id, row, _hit_in_span(trace, row, query))
            for trace in self._traces
            for row in trace.rows
            if time_range.holds(row.start_time_unix_nano) and query.matches_span(trace, row)
        ]
        if cursor is not None:
            start, trace_id, span_id = read_cursor("spans", question, cursor, (int, str, str))
            found = [span for span in found if _span_order(span) > (-start, trace_id, span_id)]
        found.sort(key=_span_order)
        page = tuple(found[:limit])
        next_cursor = until = None
        if page:
            last = page[-1]
            until = last.row.start_time_unix_nano
            key = (until, last.trace_id, last.row.span_id)
            next_cursor = write_cursor("spans", question, key) if len(found) > limit else None
        return SpanPage(page, next_cursor, scanned=len(page), scanned_until_unix_nano=until)

    # --- sessions ---------------------------------------------------------------------------------------------------

    def find_sessions(
        self, query: TraceQuery, time_range: TimeRange, limit: int, cursor: str | None
    ) -> SessionPage:
        question = (self._project, repr(query))
        ids = {found.session_id for _, found in self._found(query, time_range)}
        sessions = [
            summarise_session(session_id, self.session(session_id))
            for session_id in ids
            if session_id is not None
        ]
        sessions.sort(key=lambda session: (-session.last_activity_unix_nano, session.session_id))
        if cursor is not None:
            after = read_cursor("sessions", question, cursor, (int, bytes))
            last_activity, session_id = after[0], after[1].decode("utf-8", "surrogatepass")
            sessions = [
                session
                for session in sessions
                if (-session.last_activity_unix_nano, session.session_id) > (-last_activity, session_id)
            ]
        page = tuple(sessions[:limit])
        next_cursor = until = None
        if page:
            until = page[-1].last_activity_unix_nano
            key = (until, page[-1].session_id.encode("utf-8", "surrogatepass"))
            next_cursor = write_cursor("sessions", question, key) if len(sessions) > limit else None
        return SessionPage(page, next_cursor, scanned=len(page), scanned_until_unix_nano=until)

    def session(self, session_id: str) -> tuple[TraceSummary, ...]:
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


def _span_order(found: FoundSpan) -> tuple[int, str, str]:
    return -found.row.start_time_unix_nano, found.trace_id, found.row.span_id
