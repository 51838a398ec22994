"""The questions about one project, answered from one state of the file.

An exact translation of the query is read from an index in the order of the page. Any other yields candidates, each of which
is verified, and a page then ends after a number of candidates even if it is not full.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext

from llm_tracer.model.figures import Figures
from llm_tracer.model.groups import FacetField, GroupField
from llm_tracer.model.place import depends_on_place
from llm_tracer.model.query import TraceQuery
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
from llm_tracer_service.store.checking import first_and_last
from llm_tracer_service.store.ids import span_key, trace_key
from llm_tracer_service.store.paging import (
    not_a_cursor,
    read_cursor,
    read_session_cursor,
    session_reach,
    span_sort_key,
    trace_sort_key,
    write_cursor,
)
from llm_tracer_service.store.patience import Patience
from llm_tracer_service.store.ranking import Candidate, ranked
from llm_tracer_service.store.sqlite import bodies, fragments, repeats
from llm_tracer_service.store.sqlite.aggregates import Aggregates
from llm_tracer_service.store.sqlite.blobs import blobs_of, find
from llm_tracer_service.store.sqlite.bodies import TRACES_OF_SPAN
from llm_tracer_service.store.sqlite.candidates import Verification
from llm_tracer_service.store.sqlite.connection import fetch
from llm_tracer_service.store.sqlite.group_rollups import Remembered
from llm_tracer_service.store.sqlite.labels import as_text
from llm_tracer_service.store.sqlite.newest_spans import newest_spans
from llm_tracer_service.store.sqlite.rollups import Bucket
from llm_tracer_service.store.sqlite.session_order import Sessions
from llm_tracer_service.store.sqlite.session_sums import KnownSessions
from llm_tracer_service.store.sqlite.traces import TraceAt, Traces
from llm_tracer_service.store.sqlite.translate import Binding, Translation

TRACES_VERIFIED_MAX = 2_000
SPANS_VERIFIED_MAX = 5_000
"""A page ends after so many candidates: about half a second if each must be unpacked."""

SPANS_RANKED_MAX = 20_000
"""How many of the newest spans are ranked in any order but that of time: 130 ms, 240 with a query."""

SESSIONS_LOOKED_AT_MAX = 5_000
"""How many sessions are examined for a page, whether or not their traces match: 50 ms."""

_TRACES_OPEN_MAX = 16

_ORDERS: dict[Sort, tuple[str, str]] = {
    "-start_time": ("t.start", "DESC"),
    "start_time": ("t.start", "ASC"),
    "-duration_ms": ("ifnull(t.duration_ms, -9e999)", "DESC"),
    "-cost": ("ifnull(t.cost, -9e999)", "DESC"),
    "-tokens": ("ifnull(t.tokens, -9e999)", "DESC"),
}
"""The expressions of the indexes in schema.sql, spelled the same way."""


class View:
    """The answers about one project at one moment. The methods of `store.view.View` are documented there."""

    def __init__(self, traces: Traces, remembered: Remembered, known_sessions: KnownSessions) -> None:
        self._traces = traces
        self._connection = traces.connection
        self._project = traces.project
        self._aggregates = Aggregates(traces, remembered)
        self._known_sessions = known_sessions

    # --- traces -----------------------------------------------------------------------------------------------------

    def find_traces(
        self, query: TraceQuery, time_range: TimeRange, sort: Sort, limit: int, cursor: str | None
    ) -> TracePage:
        """A page of `TraceStore.find_traces`."""
        question = (self._traces.name, repr(query), sort)
        by_time = sort in ("-start_time", "start_time")
        where = self._traces.where(query, time_range, unbounded_too=not by_time)
        sql, bindings = _in_order(where, sort, question, cursor)
        if where.exact:
            sql += " LIMIT ?"
            bindings += (limit + 1,)
        verify = self._traces.verification(query, where)
        patience = Patience(TRACES_VERIFIED_MAX)
        found: list[TraceSummary] = []
        hits: list[Hit | None] = []
        count = 0
        last: TraceSummary | None = None

        def page(after: TraceSummary | None, complete: bool = True) -> TracePage:
            return TracePage(
                tuple(found),
                None if after is None else _trace_cursor(question, after, sort),
                tuple(hits),
                scanned=count,
                scanned_until_unix_nano=last.start_time_unix_nano if last and by_time else None,
                complete=complete,
            )

        for candidate in self._traces.candidates(sql, bindings):
            matches, hit = verify.trace(candidate.trace, candidate.summary)
            if matches and len(found) == limit:
                return page(found[-1])
            count, last = count + 1, candidate.summary
            if matches:
                found.append(candidate.summary)
                hits.append(hit)
            if not where.exact and patience.is_over(count):
                return page(last, complete=False)
        return page(None)

    def get_summary(self, trace_id: str) -> TraceSummary | None:
        """The summary of one trace."""
        candidate = self._traces.candidate(trace_id)
        return None if candidate is None else candidate.summary

    def get_trace(self, trace_id: str) -> Trace | None:
        """One trace, its rows loaded, its spans when they are asked for."""
        candidate = self._traces.candidate(trace_id)
        return None if candidate is None else self._traces.whole_trace(candidate)

    # --- figures ----------------------------------------------------------------------------------------------------

    def stats(self, query: TraceQuery, time_range: TimeRange) -> Figures:
        """`TraceStore.stats`."""
        return self._aggregates.stats(query, time_range)

    def aggregate(
        self, query: TraceQuery, time_range: TimeRange, width_s: int | None, group_by: GroupField | None
    ) -> Aggregate:
        """`TraceStore.aggregate`."""
        return self._aggregates.aggregate(query, time_range, width_s, group_by)

    def facets(self, query: TraceQuery, time_range: TimeRange, fields: Sequence[FacetField]) -> Facets:
        """`TraceStore.facets`."""
        return self._aggregates.facets(query, time_range, fields)

    def reported_before(self, trace_id: str) -> dict[str, str]:
        """`TraceStore.reported_before`."""
        candidate = self._traces.candidate(trace_id)
        return {} if candidate is None else repeats.reported_before(self._connection, candidate.at.id)

    def settle(self, day_s: int, marked_max: int) -> Iterator[None]:
        """Makes the quiet buckets of a day (aggregates.py)."""
        return self._aggregates.settle(day_s, marked_max)

    @property
    def recomputed(self) -> Sequence[Bucket]:
        """Totals recomputed for these answers, which should be kept."""
        return self._aggregates.recomputed

    # --- spans ------------------------------------------------------------------------------------------------------

    def get_span(self, trace_id: str, span_id: str, form: SpanForm) -> SpanData | None:
        """One span in one of its forms."""
        key = (self._project, trace_key(trace_id))
        for (trace,) in fetch(self._connection, _TRACE, key):
            for body in bodies.of_trace(self._connection, trace):
                for slot, at_slot in body.live_slots():
                    if at_slot == span_id:
                        return self._span(body.id, slot, form)
        return None

    def _span(self, body: int, slot: int, form: SpanForm) -> SpanData | None:
        pack = bodies.open_pack(self._connection, body)
        span = None if pack is None else pack.span(slot)
        if span is None or span.is_fragment:
            return None
        return in_form(span, form, blobs_of(lambda: nullcontext(self._connection), self._project))

    def find_fragments(self, limit: int, cursor: str | None) -> FragmentPage:
        """A page of `TraceStore.find_fragments`."""
        return fragments.find(self._connection, self._traces.name, self._project, limit, cursor)

    def get_blob(self, sha256: str) -> Blob | None:
        """One blob."""
        return find(self._connection, self._project, sha256)

    def find_trace_of_span(self, span_id: str) -> str | None:
        """The most recently started trace that holds a span."""
        key: bytes | None = self._connection.execute(_TRACE_OF_SPAN, (span_key(span_id), self._project)).get
        return None if key is None else key.hex()

    def find_spans(
        self, query: TraceQuery, time_range: TimeRange, limit: int, cursor: str | None, sort: SpanSort
    ) -> SpanPage:
        """A page of `TraceStore.find_spans`."""
        question = (self._traces.name, repr(query), sort)
        translation = self._traces.translator.of_span(query.condition)
        first, last = first_and_last(time_range)
        if sort != "-start_time":
            return ranked(
                lambda since: self._newest_spans(query, translation, max(first, since), last),
                question, sort, limit, cursor, SPANS_RANKED_MAX,
            )  # fmt: skip
        after = None
        if cursor is not None:
            start, _, trace_id, span_id = read_cursor("spans", question, cursor, (int, int, str, str))
            after = (-start, trace_id, span_id)
            last = min(last, start)
        patience = Patience(SPANS_VERIFIED_MAX)
        found: list[FoundSpan] = []
        count = 0
        until: int | None = None

        def page(after: FoundSpan | None, complete: bool = True) -> SpanPage:
            return SpanPage(
                tuple(found),
                None if after is None else _span_cursor(question, after),
                scanned=count,
                scanned_until_unix_nano=until,
                complete=complete,
            )

        for candidate, matches in self._newest_spans(query, translation, first, last, after):
            if matches and len(found) == limit:
                return page(found[-1])
            count, until = count + 1, candidate.row.start_time_unix_nano
            if matches:
                found.append(candidate)
            if not translation.exact and patience.is_over(count):
                return page(candidate, complete=False)
        return page(None)

    def _newest_spans(
        self,
        query: TraceQuery,
        translation: Translation,
        first: int,
        last: int,
        after: tuple[int, str, str] | None = None,
    ) -> Iterator[Candidate]:
        """The spans that start in [first, last], and whether each matches; of those at `last`, the ones after `after`."""
        verify = Verification(query, translation.exact, self._traces.places)
        traces = _OpenTraces(self._traces.lazy_trace)
        for trace, row in newest_spans(self._connection, self._project, first, last, translation):
            if after is not None and (-row.start_time_unix_nano, trace.trace_id, row.span_id) <= after:
                continue
            if depends_on_place(trace.trace_id, row):
                in_place = traces.get(trace).row_of.get(row.span_id)
                if in_place is None:
                    continue
                row = in_place
            matches, hit = verify.span(lambda: traces.get(trace), row)  # noqa: B023
            yield FoundSpan(trace.trace_id, row, hit), matches

    # --- sessions ---------------------------------------------------------------------------------------------------

    def find_sessions(
        self, query: TraceQuery, time_range: TimeRange, limit: int, cursor: str | None, sort: SessionSort
    ) -> SessionPage:
        """A page of `TraceStore.find_sessions`."""
        question = (self._traces.name, repr(query), sort)
        where = self._traces.where(query, time_range)
        verify = self._traces.verification(query, where)
        after = None if cursor is None else read_session_cursor(question, cursor)
        in_order = Sessions(self._connection, self._project, where, self._known_sessions).in_order(
            sort, after
        )
        patience = Patience(TRACES_VERIFIED_MAX)
        found: dict[int, bytes] = {}
        count, verified, key = 0, 0, after

        def page(complete: bool = True, more: bool = True) -> SessionPage:
            turns = self._traces.of_sessions(found)
            return SessionPage(
                tuple(summarise_session(as_text(name), turns[label]) for label, name in found.items()),
                write_cursor("sessions", question, key) if more and key else None,
                scanned=count,
                scanned_until_unix_nano=session_reach(key, sort) if count and key else None,
                complete=complete,
            )

        for session, place, matches in in_order:
            if matches and not where.exact:
                of_session = self._traces.candidates(
                    f"{where.sql} AND t.session = ?", (*where.bindings, session)
                )
                matches = False
                for candidate in of_session:
                    verified += 1
                    matches, _ = verify.trace(candidate.trace, candidate.summary)
                    if matches:
                        break
            if matches and len(found) == limit:
                return page()
            count, key = count + 1, place
            if matches:
                found[session] = place[1]
            if patience.is_over(verified) or count == SESSIONS_LOOKED_AT_MAX:
                return page(complete=False)
        return page(more=False)

    def get_session(self, session_id: str) -> tuple[TraceSummary, ...]:
        """The traces of one session."""
        turns = self._traces.of_sessions(self._traces.labels.equal("session", session_id))
        return tuple(turn for of_session in turns.values() for turn in of_session)

    # --- changes ----------------------------------------------------------------------------------------------------

    def changes_after(self, revision: int, limit: int) -> list[tuple[int, str, TraceSummary | None]]:
        """Revision, trace id and, unless the trace is deleted, summary of each change, in the order of change."""
        sql_bindings = {"project": self._project, "revision": revision, "limit": limit}
        return [
            (at, key.hex(), None if data is None else self._traces.summary_of(data, last_received))
            for at, key, last_received, data in self._connection.execute(_CHANGES, sql_bindings)
        ]


class _OpenTraces:
    """The traces of spans that follow each other in a list, so that their rows and packs are loaded only once."""

    def __init__(self, lazy_trace: Callable[[TraceAt], Trace]) -> None:
        self._lazy_trace = lazy_trace
        self._open: OrderedDict[int, Trace] = OrderedDict()

    def get(self, of: TraceAt) -> Trace:
        found = self._open.pop(of.id, None) or self._lazy_trace(of)
        self._open[of.id] = found
        if len(self._open) > _TRACES_OPEN_MAX:
            self._open.popitem(last=False)
        return found


def _in_order(
    where: Translation, sort: Sort, question: Sequence[str], cursor: str | None
) -> tuple[str, tuple[Binding, ...]]:
    """The condition and the order of a list of traces, from a cursor on."""
    value_sql, direction = _ORDERS[sort]
    sql, bindings = where.sql, where.bindings
    if cursor is not None:
        value, trace_id = read_cursor("traces", question, cursor, ((int, float), str))
        beyond = "<" if direction == "DESC" else ">"
        sql += f" AND {value_sql} {beyond}= ? AND ({value_sql} {beyond} ? OR t.trace_id > ?)"
        bindings += (value, value, _cursor_key(trace_key(trace_id)))
    return f"{sql} ORDER BY {value_sql} {direction}, t.trace_id", bindings


def _trace_cursor(question: Sequence[str], last: TraceSummary, sort: Sort) -> str:
    return write_cursor("traces", question, trace_sort_key(last, sort))


def _span_cursor(question: Sequence[str], last: FoundSpan) -> str:
    return write_cursor("spans", question, span_sort_key(last, "-start_time"))


def _cursor_key(key: bytes | None) -> bytes:
    if key is None:
        raise not_a_cursor()
    return key


_TRACE = "SELECT id FROM traces WHERE project = ? AND trace_id = ?"
_TRACE_OF_SPAN = f"""
    SELECT trace_id FROM traces WHERE id IN ({TRACES_OF_SPAN}) AND project = ?
    ORDER BY start DESC, trace_id LIMIT 1
"""  # noqa: S608  # of our own
_CHANGES = """
    SELECT revision, trace_id, last_received, summary FROM traces
    WHERE project = :project AND revision > :revision AND start IS NOT NULL
    UNION ALL
    SELECT revision, trace_id, NULL, NULL FROM deletions d
    WHERE project = :project AND revision > :revision AND NOT EXISTS (
        SELECT 1 FROM traces t
        WHERE t.project = d.project AND t.trace_id = d.trace_id AND t.start IS NOT NULL
    )
    ORDER BY revision LIMIT :limit
"""
