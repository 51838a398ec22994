"""The memory store: the specification of a store, as plainly as it can be said.

Dictionaries, one lock, and `TraceQuery.matches`. Nothing is indexed and every question looks at everything, so it is
for tests and for trying things out; every other store is held to its answers (tests/store/test_agreement.py).
"""

from __future__ import annotations

import secrets
import threading
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import count, islice

from llm_tracer.model.figures import Figures, add
from llm_tracer.model.groups import FACET_FIELDS, CountedTrace, FacetField, GroupField, facet_values
from llm_tracer.model.query import TraceQuery
from llm_tracer.model.reading import Reader
from llm_tracer.model.row import SpanRow, placed, row_of
from llm_tracer.model.session import summarise_session
from llm_tracer.model.span import SpanData, merge
from llm_tracer.model.trace import Trace, TraceSummary

from llm_tracer_service.blobs import Blob, SpanForm, in_form, set_aside
from llm_tracer_service.store.base import (
    ALWAYS,
    EVERYTHING,
    REMAP_LIMIT,
    Aggregate,
    BadCursor,
    ChangePage,
    Checked,
    Clock,
    Facets,
    FoundSpan,
    FragmentPage,
    Hit,
    ProjectStorage,
    RemapPage,
    SessionPage,
    Sort,
    SpanPage,
    StoreInfo,
    TimeRange,
    TracePage,
    Upkeep,
)
from llm_tracer_service.store.checking import check_spans
from llm_tracer_service.store.exact import dump
from llm_tracer_service.store.hits import first_hit, hit_in_span, hit_in_trace, words_of
from llm_tracer_service.store.outcomes import OUTCOMES_MAX, Outcome, Sender, SenderTotals, added
from llm_tracer_service.store.over_time import OverTime
from llm_tracer_service.store.paging import read_cursor, trace_key, trace_order, write_cursor
from llm_tracer_service.store.rows import dump_rows
from llm_tracer_service.waiting import as_content_of, awaited_response, place_of

_NANOS_A_DAY = 86_400_000_000_000


class _Held:
    """One trace: its spans by id, fragments among them. A new Trace is made with each change of it."""

    def __init__(self, number: int) -> None:
        self.number = number
        """In the order in which traces first came."""
        self.spans: dict[str, SpanData] = {}
        """In the form `kept`."""
        self.blobs: set[str] = set()
        self.trace: Trace | None = None
        self.last_received_unix_nano = 0
        self.pinned = False
        self.revision = 0
        self.reader_version = ""

    def responses(self) -> list[tuple[str, str]]:
        """The spans that report a response, and its id."""
        rows = () if self.trace is None else self.trace.rows
        return [(row.span_id, row.reading.response_id) for row in rows if row.reading.response_id]


class _Project:
    def __init__(self) -> None:
        self.held: dict[str, _Held] = {}
        self.blobs: dict[str, Blob] = {}
        self.deleted: dict[str, int] = {}
        """Trace ids and the revisions at which they went."""
        self.outcomes: deque[Outcome] = deque(maxlen=OUTCOMES_MAX)
        self.sender_totals: dict[Sender, SenderTotals] = {}

    def traces(self) -> Iterator[Trace]:
        return (held.trace for held in self.held.values() if held.trace is not None)

    def trace(self, trace_id: str) -> Trace | None:
        held = self.held.get(trace_id)
        return None if held is None else held.trace

    def storage(self, name: str) -> ProjectStorage:
        """What it would take, written down plainly."""
        starts = [trace.summary.start_time_unix_nano for trace in self.traces()]
        rows = [row for trace in self.traces() for row in trace.rows]
        return ProjectStorage(
            name,
            traces=len(starts),
            spans=len(rows),
            pinned=sum(held.pinned for held in self.held.values()),
            oldest_unix_nano=min(starts, default=None),
            newest_unix_nano=max(starts, default=None),
            bodies_bytes=sum(len(dump(span)) for held in self.held.values() for span in held.spans.values()),
            rows_bytes=len(dump_rows(rows)) if rows else 0,
            blobs_bytes=sum(len(blob.data) for blob in self.blobs.values()),
        )


class MemoryStore:
    """A TraceStore that forgets everything when the process ends."""

    def __init__(self, reader: Reader, clock: Clock, abandon_after_s: float) -> None:
        self._reader = reader
        self._clock = clock
        self._abandon_after_s = abandon_after_s
        self._projects: defaultdict[str, _Project] = defaultdict(_Project)
        self._numbers = count(1)
        self._revision = 0
        self._last_span_at: int | None = None
        self._run = secrets.token_bytes(8)  # a cursor of an earlier run speaks of revisions that are gone
        self._closed = False
        self._changed = threading.Condition()

    # --- writing ----------------------------------------------------------------------------------------------------

    def write(self, project: str, spans: Sequence[SpanData]) -> None:
        check_spans(spans)
        if not spans:
            return
        with self._changed:
            self._last_span_at = max(self._clock(), self._last_span_at or 0)
            of_project = self._projects[project]
            held_traces = of_project.held
            for sent in spans:
                blobs: dict[str, Blob] = {}
                span = set_aside(sent, blobs)
                held = held_traces.get(span.trace_id)
                if held is None:
                    held = held_traces[span.trace_id] = _Held(next(self._numbers))
                old = held.spans.get(span.span_id)
                held.spans[span.span_id] = span if old is None else merge(old, span)
                held.blobs |= blobs.keys()
                of_project.blobs = blobs | of_project.blobs  # the first one stays
            touched = list(dict.fromkeys(span.trace_id for span in spans))
            for trace_id in touched:
                self._derive(of_project, trace_id)
            some_wait = any(map(awaited_response, spans))
            for trace_id in sorted(held_traces if some_wait else touched):
                if self._take_in_waiting(of_project, held_traces[trace_id]):
                    self._derive(of_project, trace_id)
                    touched.append(trace_id)
            for trace_id in dict.fromkeys(touched):
                held_traces[trace_id].revision = self._next_revision()
            self._changed.notify_all()

    def _take_in_waiting(self, project: _Project, held: _Held) -> bool:
        """Gives the spans of a trace what waits for the responses that they report; whether there is some."""
        found = False
        for span_id, response_id in held.responses():
            place, waiting_id = place_of(response_id)
            waits = project.held.get(place)
            waiting = None if waits is None else waits.spans.get(waiting_id)
            if waits is not None and waiting is not None and awaited_response(waiting) == response_id:
                old = held.spans[span_id]
                held.spans[span_id] = merge(old, as_content_of(waiting, old.trace_id, span_id))
                held.blobs |= waits.blobs
                found = True
        return found

    def _derive(self, project: _Project, trace_id: str) -> None:
        held = project.held[trace_id]
        held.last_received_unix_nano = self._last_span_at or 0
        held.trace = self._trace(project, trace_id, held.last_received_unix_nano)
        held.reader_version = self._reader.version

    def delete_traces(self, project: str, trace_ids: Sequence[str]) -> int:
        with self._changed:
            of_project = self._projects[project]
            known = [trace_id for trace_id in dict.fromkeys(trace_ids) if trace_id in of_project.held]
            gone = sum(self._delete(of_project, trace_id) for trace_id in known)
            self._changed.notify_all()
        return gone

    def delete_project(self, project: str) -> int:
        of_project = self._projects[project]
        of_project.outcomes.clear()
        of_project.sender_totals.clear()
        return self.delete_traces(project, list(of_project.held))

    def _delete(self, project: _Project, trace_id: str) -> bool:
        """Whether it was in lists."""
        held = project.held.pop(trace_id, None)
        if held is None:
            return False
        for _, response_id in held.responses():
            place, _ = place_of(response_id)
            project.held.pop(place, None)
        left = {sha256 for each in project.held.values() for sha256 in each.blobs}
        for sha256 in held.blobs - left:
            del project.blobs[sha256]
        if held.trace is None:
            return False
        project.deleted[trace_id] = self._next_revision()
        return True

    def _trace(self, project: _Project, trace_id: str, received_unix_nano: int) -> Trace | None:
        spans = {
            span_id: in_form(span, "read", project.blobs.__getitem__)
            for span_id, span in project.held[trace_id].spans.items()
            if not span.is_fragment
        }
        if not spans:
            return None
        rows = [row_of(span, self._reader.read(span)) for span in spans.values()]
        rows.sort(key=lambda row: (row.start_time_unix_nano, row.span_id))
        return Trace(trace_id, placed(tuple(rows)), received_unix_nano, spans, self._reader.texts)

    def _next_revision(self) -> int:
        self._revision += 1
        return self._revision

    # --- traces -----------------------------------------------------------------------------------------------------

    def find_traces(
        self,
        project: str,
        query: TraceQuery = EVERYTHING,
        time_range: TimeRange = ALWAYS,
        sort: Sort = "-start_time",
        limit: int = 50,
        cursor: str | None = None,
    ) -> TracePage:
        question = (project, repr(query), sort)
        summaries = self._matching(project, query, time_range)
        if cursor is not None:
            value, trace_id = read_cursor("traces", question, cursor, ((int, float), str))
            after = trace_order((value, trace_id), sort)
            summaries = [found for found in summaries if trace_order(trace_key(found, sort), sort) > after]
        summaries.sort(key=lambda found: trace_order(trace_key(found, sort), sort))
        page = tuple(summaries[:limit])
        has_more = len(summaries) > limit
        by_time = sort in ("-start_time", "start_time")
        return TracePage(
            page,
            write_cursor("traces", question, trace_key(page[-1], sort)) if has_more else None,
            tuple(self._hit(project, summary, query) for summary in page),
            scanned=len(page),
            scanned_until_unix_nano=page[-1].start_time_unix_nano if page and by_time else None,
        )

    def _hit(self, project: str, summary: TraceSummary, query: TraceQuery) -> Hit | None:
        trace = self.get_trace(project, summary.trace_id)
        if trace is None:  # deleted meanwhile
            return None
        return first_hit(words_of(query), lambda word: hit_in_trace(trace, summary, word))

    def get_trace(self, project: str, trace_id: str) -> Trace | None:
        with self._changed:
            return self._projects[project].trace(trace_id)

    def get_summary(self, project: str, trace_id: str) -> TraceSummary | None:
        trace = self.get_trace(project, trace_id)
        return None if trace is None else self._present()(trace)

    def stats(
        self,
        project: str,
        query: TraceQuery = EVERYTHING,
        time_range: TimeRange = ALWAYS,
    ) -> Figures:
        return add(point.figures for point in self.aggregate(project, query, time_range).points)

    def aggregate(
        self,
        project: str,
        query: TraceQuery = EVERYTHING,
        time_range: TimeRange = ALWAYS,
        width_s: int | None = None,
        group_by: GroupField | None = None,
    ) -> Aggregate:
        first = self._first_reports(project)
        over_time = OverTime(width_s, group_by)
        for trace, summary in self._found(project, query, time_range):
            over_time.count(CountedTrace(trace, summary, _reported_before(trace, first)))
        return Aggregate(over_time.points())

    def facets(
        self,
        project: str,
        query: TraceQuery = EVERYTHING,
        time_range: TimeRange = ALWAYS,
        fields: Sequence[FacetField] = FACET_FIELDS,
    ) -> Facets:
        counts: dict[FacetField, Counter[str]] = {field: Counter() for field in fields}
        for trace, summary in self._found(project, query, time_range):
            for field in fields:
                counts[field].update(facet_values(field, CountedTrace(trace, summary)))
        return Facets(counts)

    def settle(self, budget_s: float) -> bool:
        return False

    def reported_before(self, project: str, trace_id: str) -> Mapping[str, str]:
        trace = self.get_trace(project, trace_id)
        return {} if trace is None else _reported_before(trace, self._first_reports(project))

    def _first_reports(self, project: str) -> dict[str, str]:
        """The trace that counts each response."""
        first: dict[str, str] = {}
        for trace in sorted(self._traces(project), key=_trace_order):
            for response in trace.responses:
                first.setdefault(response, trace.trace_id)
        return first

    def _matching(self, project: str, query: TraceQuery, time_range: TimeRange) -> list[TraceSummary]:
        return [summary for _, summary in self._found(project, query, time_range)]

    def _found(
        self, project: str, query: TraceQuery, time_range: TimeRange
    ) -> list[tuple[Trace, TraceSummary]]:
        found = []
        at_present = self._present()
        for trace in self._traces(project):
            summary = at_present(trace)
            if time_range.holds(summary.start_time_unix_nano) and query.matches(trace, summary):
                found.append((trace, summary))
        return found

    def _traces(self, project: str) -> list[Trace]:
        with self._changed:
            return list(self._projects[project].traces())

    def _present(self) -> Callable[[Trace], TraceSummary]:
        """Gives summaries as they are now: one time for all of an answer."""
        now_unix_nano = self._clock()
        return lambda trace: trace.summary.at(now_unix_nano, self._abandon_after_s)

    # --- spans ------------------------------------------------------------------------------------------------------

    def get_span(self, project: str, trace_id: str, span_id: str, form: SpanForm = "sent") -> SpanData | None:
        with self._changed:
            of_project = self._projects[project]
            held = of_project.held.get(trace_id)
            span = None if held is None else held.spans.get(span_id)
            if span is None or span.is_fragment:
                return None
            return in_form(span, form, of_project.blobs.__getitem__)

    def find_fragments(self, project: str, limit: int = 100, cursor: str | None = None) -> FragmentPage:
        after = (
            ("", "") if cursor is None else tuple(read_cursor("fragments", (project,), cursor, (str, str)))
        )
        with self._changed:
            of_project = self._projects[project]
            found = sorted(
                (span.trace_id, span.span_id, span)
                for held in of_project.held.values()
                for span in held.spans.values()
                if span.is_fragment and (span.trace_id, span.span_id) > after
            )
            page = tuple(in_form(span, "sent", of_project.blobs.__getitem__) for _, _, span in found[:limit])
        if len(found) <= limit:
            return FragmentPage(page)
        return FragmentPage(page, write_cursor("fragments", (project,), found[limit - 1][:2]))

    def get_blob(self, project: str, sha256: str) -> Blob | None:
        with self._changed:
            return self._projects[project].blobs.get(sha256)

    def find_trace_of_span(self, project: str, span_id: str) -> str | None:
        holders = [trace for trace in self._traces(project) if span_id in trace.spans]
        holders.sort(key=lambda trace: (-trace.summary.start_time_unix_nano, trace.trace_id))
        return holders[0].trace_id if holders else None

    def find_spans(
        self,
        project: str,
        query: TraceQuery = EVERYTHING,
        time_range: TimeRange = ALWAYS,
        limit: int = 50,
        cursor: str | None = None,
    ) -> SpanPage:
        question = (project, repr(query))
        found = [
            FoundSpan(trace.trace_id, row, _hit_in_span(trace, row, query))
            for trace in self._traces(project)
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
        self,
        project: str,
        query: TraceQuery = EVERYTHING,
        time_range: TimeRange = ALWAYS,
        limit: int = 50,
        cursor: str | None = None,
    ) -> SessionPage:
        question = (project, repr(query))
        ids = {found.session_id for found in self._matching(project, query, time_range)}
        sessions = [
            summarise_session(session_id, self.get_session(project, session_id))
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

    def get_session(self, project: str, session_id: str) -> tuple[TraceSummary, ...]:
        turns = [
            summary
            for summary in map(self._present(), self._traces(project))
            if summary.session_id == session_id
        ]
        return tuple(sorted(turns, key=lambda turn: (turn.start_time_unix_nano, turn.trace_id)))

    # --- changes ----------------------------------------------------------------------------------------------------

    def changes(self, project: str, after: str | None = None, limit: int = 100) -> ChangePage:
        if after is None:
            return ChangePage((), (), self._change_cursor(project, self._revision))
        revision = self._read_change_cursor(project, after)
        with self._changed:
            held = self._projects[project].held.items()
            changed = {trace_id: each.revision for trace_id, each in held if each.trace is not None}
            # What was deleted and came again is a change, not a deletion.
            changed = {**self._projects[project].deleted, **changed}
            since = sorted((at, trace_id) for trace_id, at in changed.items() if at > revision)
            page = since[:limit]
            traces = [self._projects[project].trace(trace_id) for _, trace_id in page]
        return ChangePage(
            traces=tuple(map(self._present(), (trace for trace in traces if trace is not None))),
            deleted=tuple(
                trace_id for (_, trace_id), trace in zip(page, traces, strict=True) if trace is None
            ),
            cursor=self._change_cursor(project, page[-1][0] if page else revision),
            has_more=len(since) > limit,
        )

    def wait_for_change(self, project: str, after: str, timeout_s: float) -> bool:
        revision = self._read_change_cursor(project, after)

        def something_changed() -> bool:
            held = self._projects[project].held.values()
            latest = max((each.revision for each in held if each.trace is not None), default=0)
            return self._closed or max([latest, *self._projects[project].deleted.values()]) > revision

        with self._changed:
            return self._changed.wait_for(something_changed, timeout_s)

    def _change_cursor(self, project: str, revision: int) -> str:
        return write_cursor("changes", (project,), (self._run, revision))

    def _read_change_cursor(self, project: str, cursor: str) -> int:
        run, revision = read_cursor("changes", (project,), cursor, (bytes, int))
        if run != self._run:
            raise BadCursor(
                "This cursor belongs to an earlier run.", "The memory store forgets; begin without a cursor."
            )
        return int(revision)

    # --- upkeep -----------------------------------------------------------------------------------------------------

    def pin(self, project: str, trace_id: str, pinned: bool = True) -> bool:
        with self._changed:
            held = self._projects[project].held.get(trace_id)
            if held is None or held.trace is None:
                return False
            held.pinned = pinned
            return True

    def pinned(self, project: str, trace_ids: Sequence[str] | None = None) -> frozenset[str]:
        with self._changed:
            held = self._projects[project].held
            pins = frozenset(trace_id for trace_id in held if held[trace_id].pinned)
        return pins if trace_ids is None else pins.intersection(trace_ids)

    def maintain(
        self, budget_s: float, retention_days: float | None = None, max_bytes: int | None = None
    ) -> Upkeep:
        expired = evicted = 0
        with self._changed:
            kept_from = 0 if retention_days is None else self._clock() - int(retention_days * _NANOS_A_DAY)
            for project, trace_id, received_unix_nano in self._oldest_first():
                if received_unix_nano < kept_from:
                    expired += self._delete(project, trace_id)
                elif max_bytes is not None and self._size_bytes() > max_bytes:
                    evicted += self._delete(project, trace_id)
                else:
                    break
            self._changed.notify_all()
        return Upkeep(expired, evicted)

    # --- the ingest log ---------------------------------------------------------------------------------------------

    def keep_outcomes(self, outcomes: Mapping[str, Sequence[Outcome]]) -> None:
        with self._changed:
            for project, of_project in outcomes.items():
                kept = self._projects[project]
                kept.outcomes.extend(of_project)
                kept.sender_totals = added(kept.sender_totals, of_project)

    def outcomes(self, project: str, limit: int = 50) -> Sequence[Outcome]:
        with self._changed:
            return list(islice(reversed(self._projects[project].outcomes), limit))

    def sender_totals(self, project: str) -> Sequence[SenderTotals]:
        with self._changed:
            totals = self._projects[project].sender_totals.values()
            return sorted(totals, key=lambda each: (-each.requests, each.since_unix_nano))

    def verify(self) -> Iterator[Checked]:
        # Nothing lies apart from what it was derived from.
        total = sum(len(each.held) for each in self._projects.values())
        yield Checked("traces", total, total)

    def vacuum(self) -> None:
        pass

    def _oldest_first(self) -> list[tuple[_Project, str, int]]:
        """What may go, by its last arrival; ties by what came first."""
        unpinned = [
            (held.last_received_unix_nano, held.number, project, trace_id)
            for project in self._projects.values()
            for trace_id, held in project.held.items()
            if not held.pinned
        ]
        unpinned.sort(key=lambda each: each[:2])
        return [(project, trace_id, received) for received, _, project, trace_id in unpinned]

    def _size_bytes(self) -> int:
        return sum(project.storage("").total_bytes for project in self._projects.values())

    # --- remap ------------------------------------------------------------------------------------------------------

    def remap(
        self,
        project: str | None = None,
        cursor: str | None = None,
        limit: int = REMAP_LIMIT,
        everything: bool = False,
    ) -> RemapPage:
        question = ("" if project is None else f"={project}", str(everything))
        after = 0 if cursor is None else read_cursor("remap", question, cursor, (int,))[0]
        looked_at = derived = 0
        with self._changed:
            projects = list(self._projects.values()) if project is None else [self._projects[project]]
            held_in = {held.number: (each, held) for each in projects for held in each.held.values()}
            for number in sorted(number for number in held_in if number > after):
                of_project, held = held_in[number]
                if held.trace is None:
                    continue
                stale = everything or held.reader_version != self._reader.version
                if stale and derived == limit:
                    return RemapPage(looked_at, derived, write_cursor("remap", question, (after,)))
                after = held.number
                looked_at += 1
                if stale:
                    derived += 1
                    self._derive_again(of_project, held, held.trace)
            self._changed.notify_all()
        return RemapPage(looked_at, derived)

    def _derive_again(self, project: _Project, held: _Held, old: Trace) -> None:
        held.reader_version = self._reader.version
        new = self._trace(project, old.trace_id, old.last_received_unix_nano)
        assert new is not None, "its spans are the same"
        # As bytes: what is not a number equals nothing, not even itself.
        if dump_rows(new.rows) != dump_rows(old.rows):
            held.trace = new
            held.revision = self._next_revision()

    # --- the store --------------------------------------------------------------------------------------------------

    def last_span_at(self) -> int | None:
        return self._last_span_at

    def storage(self, project: str | None = None) -> Sequence[ProjectStorage]:
        with self._changed:
            names = sorted(self._projects) if project is None else [project]
            found = [self._projects[name].storage(name) for name in names]
        return [each for each in found if each.total_bytes or project is not None]

    def info(self) -> StoreInfo:
        with self._changed:
            traces = [trace for project in self._projects.values() for trace in project.traces()]
            size_bytes = self._size_bytes()
        return StoreInfo(
            kind="memory",
            location="this process, until it ends",
            healthy=not self._closed,
            problem="The store is closed." if self._closed else None,
            trace_count=len(traces),
            span_count=sum(len(trace.rows) for trace in traces),
            size_bytes=size_bytes,
            live_bytes=size_bytes,
        )

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify_all()


def _reported_before(trace: Trace, first: Mapping[str, str]) -> dict[str, str]:
    return {
        response: first[response]
        for response in trace.responses
        if first.get(response, trace.trace_id) != trace.trace_id
    }


def _hit_in_span(trace: Trace, row: SpanRow, query: TraceQuery) -> Hit | None:
    return first_hit(words_of(query), lambda word: hit_in_span(trace, row, word))


def _trace_order(trace: Trace) -> tuple[int, str]:
    return trace.summary.start_time_unix_nano, trace.trace_id


def _span_order(found: FoundSpan) -> tuple[int, str, str]:
    return -found.row.start_time_unix_nano, found.trace_id, found.row.span_id
