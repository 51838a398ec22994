"""The questions about traces, spans and sessions: scans of the list, newest first, decided by the query itself.

Only time is indexed. A page ends after a number of traces even if it is not full, and has a cursor with which the caller
can go on: 2,000 heads are 4,000 read units, 0.0005 $.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice

from llm_tracer.model.query import TraceQuery
from llm_tracer.model.row import SpanRow
from llm_tracer.model.session import SessionSummary, summarise_session
from llm_tracer.model.trace import TraceSummary

from llm_tracer_service.store.base import (
    ALWAYS,
    FoundSpan,
    Hit,
    SessionPage,
    SessionSort,
    Sort,
    SpanPage,
    SpanSort,
    StoreError,
    TimeRange,
    TracePage,
)
from llm_tracer_service.store.dynamodb.candidates import HEADS_AT_ONCE, Candidate, Candidates, hit_of, matches
from llm_tracer_service.store.dynamodb.entries import Entry
from llm_tracer_service.store.dynamodb.listing import Listing, start_of
from llm_tracer_service.store.hits import first_hit, hit_in_span, words_of
from llm_tracer_service.store.ids import span_key, trace_key
from llm_tracer_service.store.paging import (
    not_a_cursor,
    read_cursor,
    session_page,
    sort_value,
    trace_order,
    trace_sort_key,
    write_cursor,
)
from llm_tracer_service.store.patience import Patience
from llm_tracer_service.store.ranking import ranked
from llm_tracer_service.times import NANOS_A_DAY

HEADS_A_PAGE = 2_000
ENTRIES_A_PAGE = 20_000
"""How many traces a page examines, and how many of them it looks into."""

SORTED_MAX = 20_000
"""How many traces are sorted in any order but that of time."""

SPANS_RANKED_MAX = 100_000
"""How many of their spans, the newest, are ranked in any order but that of time."""

SESSION_TRACES_MAX = 50_000
"""How many traces, the newest, sessions are made of."""

SPAN_REACH_NS = 7 * NANOS_A_DAY
"""Spans are looked for in the traces that started within a week of the time asked for."""

_HEADS_OF_SPANS = 25


class Answers:
    """The lists of one project."""

    def __init__(self, listing: Listing, candidates: Candidates, project: str) -> None:
        self._listing = listing
        self._candidates = candidates
        self._project = project

    # --- traces -----------------------------------------------------------------------------------------------------

    def find_traces(
        self, query: TraceQuery, time_range: TimeRange, sort: Sort, limit: int, cursor: str | None
    ) -> TracePage:
        """A page of `TraceStore.find_traces`. Raises StoreError if too many traces would have to be sorted."""
        question = (self._project, repr(query), sort)
        if sort not in ("-start_time", "start_time"):
            return self._sorted(query, time_range, sort, limit, question, cursor)
        after: tuple[int, str] | None = None
        if cursor is not None:
            start, trace_id = read_cursor("traces", question, cursor, (int, str))
            if not trace_key(trace_id) or start < 0:
                raise not_a_cursor()
            after = start, trace_id
        in_order = self._listing.newest_first if sort == "-start_time" else self._listing.oldest_first
        page_size = limit + 1 if query.is_empty else None
        return self._by_time(
            query, in_order(self._project, time_range, after, page_size), sort, limit, question
        )

    def _by_time(
        self, query: TraceQuery, entries: Iterable[Entry], sort: Sort, limit: int, question: Sequence[str]
    ) -> TracePage:
        found: list[TraceSummary] = []
        hits: list[Hit | None] = []
        # A query without conditions is answered by one page of the index, which should not read an entry too many.
        at_once = limit + 1 if query.is_empty else HEADS_AT_ONCE
        count = 0
        last: TraceSummary | None = None
        patience = Patience(ENTRIES_A_PAGE)

        def page(after: TraceSummary | None, complete: bool = True) -> TracePage:
            return TracePage(
                tuple(found),
                None if after is None else write_cursor("traces", question, trace_sort_key(after, sort)),
                tuple(hits),
                scanned=count,
                scanned_until_unix_nano=None if last is None else last.start_time_unix_nano,
                complete=complete,
            )

        for candidate in self._candidates.of(entries, at_once):
            if last is not None and not query.is_empty and (self._is_enough() or patience.is_over(count)):
                return page(last, complete=False)
            does_match = matches(query, candidate)
            if does_match and len(found) == limit:
                return page(found[-1])
            count, last = count + 1, candidate.summary
            if does_match:
                found.append(candidate.summary)
                hits.append(hit_of(query, candidate))
        return page(None)

    def _is_enough(self) -> bool:
        """Whether a scan ends here: the heads of the next traces would have to be loaded."""
        return self._candidates.is_at_boundary and self._candidates.heads_loaded >= HEADS_A_PAGE

    def _sorted(
        self,
        query: TraceQuery,
        time_range: TimeRange,
        sort: Sort,
        limit: int,
        question: Sequence[str],
        cursor: str | None,
    ) -> TracePage:
        """A page in any order but that of time. The cursor says since when traces were examined, so that all pages of a
        question sort the same ones."""
        after: tuple[int | float, str] | None = None
        since = 0
        if cursor is not None:
            value, trace_id, since = read_cursor("traces", question, cursor, ((int, float), str, int))
            after = value, trace_id
        entries = list(islice(self._listing.newest_first(self._project, time_range), SORTED_MAX + 1))
        if len(entries) > SORTED_MAX:
            raise StoreError(
                f"More than {SORTED_MAX} traces cannot be sorted by {sort}.",
                "Ask for a shorter time, or sort by time.",
            )
        entries = [entry for entry in entries if start_of(entry) >= since]
        # Entries, not candidates: each candidate would keep its head in memory.
        keyed: list[tuple[tuple[int | float, str], Entry]] = []
        last_start: int | None = None
        patience = Patience(SORTED_MAX)
        for count, candidate in enumerate(self._candidates.of(entries)):
            start = start_of(candidate.entry)
            is_bounded = cursor is None and not query.is_empty and last_start not in (None, start)
            if is_bounded and patience.is_over(count):
                since = start + 1
                break
            last_start = start
            if matches(query, candidate):
                key = sort_value(candidate.summary, sort), candidate.entry.trace_id
                keyed.append((trace_order(key, sort), candidate.entry))
        if after is not None:
            keyed = [each for each in keyed if each[0] > trace_order(after, sort)]
        keyed.sort(key=lambda each: each[0])
        page = list(self._candidates.of([entry for _, entry in keyed[:limit]]))
        has_more = len(keyed) > limit
        return TracePage(
            tuple(candidate.summary for candidate in page),
            write_cursor("traces", question, (*trace_sort_key(page[-1].summary, sort), since))
            if has_more
            else None,
            tuple(hit_of(query, candidate) for candidate in page),
            scanned=len(page),
            scanned_until_unix_nano=since or None,
            complete=not since,
        )

    # --- spans ------------------------------------------------------------------------------------------------------

    def find_spans(
        self, query: TraceQuery, time_range: TimeRange, limit: int, cursor: str | None, sort: SpanSort
    ) -> SpanPage:
        """A page of `TraceStore.find_spans`: the spans of one stretch of the list of traces, in their own order. Raises
        StoreError if the spans of too many traces would have to be sorted."""
        question = (self._project, repr(query), sort)
        if sort != "-start_time":
            return self._ranked_spans(query, time_range, limit, cursor, sort, question)
        stretch_after: tuple[int, str] | None = None
        after: tuple[int, str, str] | None = None
        if cursor is not None:
            at, trace, start, trace_id, span_id = read_cursor(
                "spans", question, cursor, (int, str, int, str, str)
            )
            if trace and not trace_key(trace):
                raise not_a_cursor()
            stretch_after = (at, trace) if trace else None
            after = (-start, trace_id, span_id) if span_id else None
        entries = list(islice(self._reaching(time_range, stretch_after), HEADS_A_PAGE + 1))
        stretch = entries[:HEADS_A_PAGE]
        at, trace = stretch_after or (0, "")
        # Traces whose spans have all been returned are not loaded again.
        left = [entry for entry in stretch if after is None or entry.first_start <= -after[0]]
        found: list[FoundSpan] = []
        count = 0
        until: int | None = None
        last: tuple[int, str, str] | None = None
        patience: Patience | None = None

        def page(next_key: tuple[int, str, int, str, str] | None, complete: bool = True) -> SpanPage:
            return SpanPage(
                tuple(found),
                None if next_key is None else write_cursor("spans", question, next_key),
                scanned=count,
                scanned_until_unix_nano=until,
                complete=complete,
            )

        for candidate, row in _spans_newest_first(self._candidates, left):
            key = (-row.start_time_unix_nano, candidate.entry.trace_id, row.span_id)
            if (after is not None and key <= after) or not time_range.holds(row.start_time_unix_nano):
                continue
            # Only from the first new span on: skipping earlier ones does not use up this page's time.
            patience = patience or Patience(SPANS_RANKED_MAX)
            if last is not None and not query.is_empty and patience.is_over(count):
                return page((at, trace, *last), complete=False)
            does_match = query.matches_span(candidate.trace, row)
            if does_match and len(found) == limit:
                end = found[-1]
                return page((at, trace, end.row.start_time_unix_nano, end.trace_id, end.row.span_id))
            last = row.start_time_unix_nano, candidate.entry.trace_id, row.span_id
            count, until = count + 1, row.start_time_unix_nano
            if does_match:
                found.append(FoundSpan(candidate.entry.trace_id, row, _hit_in_span(candidate, row, query)))
        if len(entries) > len(stretch):
            return page((start_of(stretch[-1]), stretch[-1].trace_id, 0, "", ""), complete=False)
        return page(None)

    def _ranked_spans(
        self,
        query: TraceQuery,
        time_range: TimeRange,
        limit: int,
        cursor: str | None,
        sort: SpanSort,
        question: Sequence[str],
    ) -> SpanPage:
        entries = list(islice(self._reaching(time_range, None), HEADS_A_PAGE + 1))
        if len(entries) > HEADS_A_PAGE:
            raise StoreError(
                f"The spans of more than {HEADS_A_PAGE} traces cannot be sorted by {sort}.",
                "Ask for a shorter time, or sort by time.",
            )

        def newest_first(since: int) -> Iterator[tuple[FoundSpan, bool]]:
            for candidate, row in _spans_newest_first(self._candidates, entries):
                if time_range.holds(row.start_time_unix_nano) and row.start_time_unix_nano >= since:
                    hit = _hit_in_span(candidate, row, query)
                    found = FoundSpan(candidate.entry.trace_id, row, hit)
                    yield found, query.matches_span(candidate.trace, row)

        return ranked(newest_first, question, sort, limit, cursor, SPANS_RANKED_MAX)

    def _reaching(self, time_range: TimeRange, after: tuple[int, str] | None) -> Iterator[Entry]:
        """The traces that may have a span in a range."""
        start, end = time_range.start_unix_nano, time_range.end_unix_nano
        reached = TimeRange(
            None if start is None else start - SPAN_REACH_NS, None if end is None else end + SPAN_REACH_NS
        )
        for entry in self._listing.newest_first(self._project, reached, after):
            if (start is None or entry.last_start >= start) and (end is None or entry.first_start < end):
                yield entry

    # --- sessions ---------------------------------------------------------------------------------------------------

    def find_sessions(
        self, query: TraceQuery, time_range: TimeRange, limit: int, cursor: str | None, sort: SessionSort
    ) -> SessionPage:
        """A page of `TraceStore.find_sessions`, of the newest SESSION_TRACES_MAX traces. Raises StoreError if the search for
        those to be sorted takes too long: each page would sort other ones."""
        question = (self._project, repr(query), sort)
        by_time = sort == "-last_activity"
        entries = list(islice(self._listing.newest_first(self._project, ALWAYS), SESSION_TRACES_MAX + 1))
        examined = entries[:SESSION_TRACES_MAX]
        sessions, is_complete = self._sessions(query, time_range, examined)
        if not is_complete and not by_time:
            raise StoreError(
                f"Too many traces would have to be searched to sort sessions by {sort}.",
                "Ask for a shorter time, or sort by -last_activity.",
            )
        is_complete = is_complete and len(entries) == len(examined)
        page = session_page(sessions, question, sort, limit, cursor, is_complete)
        if is_complete or by_time:
            return page
        return replace(page, scanned_until_unix_nano=start_of(examined[-1]))

    def _sessions(
        self, query: TraceQuery, time_range: TimeRange, entries: Sequence[Entry]
    ) -> tuple[list[SessionSummary], bool]:
        """The sessions that match, and whether all were examined; if that took too long, those of the newest traces."""
        turns: dict[str, list[TraceSummary]] = {}
        matching: set[str] = set()
        count = 0
        is_complete = True
        patience = Patience(SESSION_TRACES_MAX)
        for candidate in self._candidates.of(entries):
            session_id = candidate.summary.session_id
            if session_id is None:
                continue
            turns.setdefault(session_id, []).append(candidate.summary)
            if (
                is_complete
                and session_id not in matching
                and time_range.holds(candidate.summary.start_time_unix_nano)
            ):
                if count and not query.is_empty and patience.is_over(count):
                    is_complete = False
                    continue
                count += 1
                if matches(query, candidate):
                    matching.add(session_id)
        return [summarise_session(session_id, turns[session_id]) for session_id in matching], is_complete

    def get_session(self, session_id: str) -> tuple[TraceSummary, ...]:
        """The traces of one session, in order of their start."""
        candidates = self._candidates.of(self._listing.oldest_first(self._project, ALWAYS))
        return tuple(each.summary for each in candidates if each.summary.session_id == session_id)

    def find_trace_of_span(self, span_id: str) -> str | None:
        """The most recently started trace that holds a span."""
        if not span_key(span_id):
            return None
        entries = self._listing.newest_first(self._project, ALWAYS)
        for candidate in self._candidates.of(entry for entry in entries if entry.may_hold(span_id)):
            if any(row.span_id == span_id for row in candidate.trace.rows):
                return candidate.entry.trace_id
        return None


def _spans_newest_first(
    candidates: Candidates, entries: Sequence[Entry]
) -> Iterator[tuple[Candidate, SpanRow]]:
    """The spans of traces by start descending, ties by ids; a trace is loaded when one of its spans may come next."""
    waiting: list[tuple[int, str, str, Candidate, SpanRow]] = []
    by_last_start = sorted(entries, key=lambda entry: -entry.last_start)
    for candidate in candidates.of(by_last_start, _HEADS_OF_SPANS):
        while waiting and -waiting[0][0] > candidate.entry.last_start:
            yield heapq.heappop(waiting)[3:]
        for row in candidate.trace.rows:
            key = (-row.start_time_unix_nano, candidate.entry.trace_id, row.span_id)
            heapq.heappush(waiting, (*key, candidate, row))
    while waiting:
        yield heapq.heappop(waiting)[3:]


def _hit_in_span(candidate: Candidate, row: SpanRow, query: TraceQuery) -> Hit | None:
    return first_hit(words_of(query), lambda word: hit_in_span(candidate.trace, row, word))
