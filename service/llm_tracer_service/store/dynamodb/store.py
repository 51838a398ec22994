"""DynamoStore: the store that scales."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import islice

from llm_tracer.model.figures import Figures, add
from llm_tracer.model.groups import FACET_FIELDS, FacetField, GroupField
from llm_tracer.model.query import TraceQuery
from llm_tracer.model.reading import Reader
from llm_tracer.model.row import SpanRow
from llm_tracer.model.span import SpanData
from llm_tracer.model.trace import Trace, TraceSummary

from llm_tracer_service.blobs import Blob, SpanForm, in_form
from llm_tracer_service.store.base import (
    ALWAYS,
    EVERYTHING,
    REMAP_LIMIT,
    Aggregate,
    ChangePage,
    Checked,
    Clock,
    Facets,
    FragmentPage,
    ProjectStorage,
    RemapPage,
    SessionPage,
    Sort,
    SpanPage,
    StoreError,
    StoreInfo,
    StoreUnavailable,
    TimeRange,
    TracePage,
    Upkeep,
)
from llm_tracer_service.store.checking import check_spans
from llm_tracer_service.store.deliveries import Delivery
from llm_tracer_service.store.dynamodb import aggregates, changes, keys, table
from llm_tracer_service.store.dynamodb.answers import Answers
from llm_tracer_service.store.dynamodb.blobs import Blobs
from llm_tracer_service.store.dynamodb.bodies import Packs
from llm_tracer_service.store.dynamodb.candidates import Candidates
from llm_tracer_service.store.dynamodb.client import Client, Conflict
from llm_tracer_service.store.dynamodb.deletion import Deletion
from llm_tracer_service.store.dynamodb.entries import Entry, response_hash
from llm_tracer_service.store.dynamodb.heads import Head, Heads
from llm_tracer_service.store.dynamodb.journal import LATE_NS, Journal
from llm_tracer_service.store.dynamodb.listing import Listing, start_of
from llm_tracer_service.store.dynamodb.outcomes import OutcomeLog
from llm_tracer_service.store.dynamodb.projects import Projects
from llm_tracer_service.store.dynamodb.remap import remap_step
from llm_tracer_service.store.dynamodb.repeats import FirstReports
from llm_tracer_service.store.dynamodb.retention import Retention
from llm_tracer_service.store.dynamodb.rollups import Rollups
from llm_tracer_service.store.dynamodb.upkeep import Upkeep as Keeping
from llm_tracer_service.store.dynamodb.writer import Touched, Writer
from llm_tracer_service.store.ids import blob_key, span_key, trace_key
from llm_tracer_service.store.outcomes import Outcome, SenderTotals
from llm_tracer_service.store.paging import read_cursor, write_cursor
from llm_tracer_service.waiting import awaited_response

_WRITERS = 8
_POLL_S = 1.0
"""How often who waits looks for what another process wrote."""

_UPKEEP_EVERY_NS = 60_000_000_000
_NANOS_A_DAY = 86_400_000_000_000

REPORTERS_LOOKED_AT_MAX = 20_000
"""Content that names only a response joins the spans that report it among so many traces, the newest."""


class DynamoStore:
    """A TraceStore in one table. Any number of processes read and write it; none of them is needed."""

    def __init__(
        self,
        client: Client,
        location: str,
        reader: Reader,
        clock: Clock,
        abandon_after_s: float,
        retention_days: float | None = None,
        readonly: bool = False,
    ) -> None:
        self._client = client
        self._location = location
        self._reader = reader
        self._clock = clock
        self._abandon_after_s = abandon_after_s
        self._readonly = readonly
        self._retention_ns = None if retention_days is None else int(retention_days * _NANOS_A_DAY)
        shards = table.shards_of(client)
        self._projects = Projects(client)
        self._heads = Heads(client, shards, self._ttl_of)
        self._blobs = Blobs(client)
        self._listing = Listing(client, shards, self._is_expired)
        self._journal = Journal(client, shards, self._projects, clock)
        self._writer = Writer(client, self._heads, self._blobs, reader)
        self._outcomes = OutcomeLog(client)
        self._deletion = Deletion(
            client, self._heads, self._blobs, self._listing, self._journal, self._outcomes, self._projects
        )
        self._keeping = Keeping(client, self._heads, self._blobs, self._listing, self._writer, reader)
        self._retention = Retention(self._keeping, self._deletion, self._projects)
        self._next_upkeep = 0
        self._closed = False
        self._changed = threading.Condition()
        self._changes: Counter[str] = Counter()
        self._threads = ThreadPoolExecutor(_WRITERS, "dynamodb")

    # --- writing ----------------------------------------------------------------------------------------------------

    def write(self, project: str, spans: Sequence[SpanData]) -> None:
        check_spans(spans)
        if not spans:
            return
        self._check_writable()
        deliveries = self._writer.prepare(spans)
        awaited = {response for span in spans if (response := awaited_response(span)) is not None}
        self._projects.note(project)
        if awaited:
            self._projects.note_waiting(project)
        received = self._journal.arrival()
        touched = self._take_in(project, deliveries, received)
        if self._projects.has_waiting(project):
            touched += self._join_waiting(project, deliveries, awaited, received)
        self._journal.append(project, _merged(touched))
        self._tell(project)

    def _take_in(self, project: str, deliveries: Sequence[Delivery], received: int) -> list[Touched]:
        if len(deliveries) == 1:
            return [self._writer.take_in(project, deliveries[0], received)]
        return list(
            self._threads.map(lambda delivery: self._writer.take_in(project, delivery, received), deliveries)
        )

    def _join_waiting(
        self, project: str, deliveries: Sequence[Delivery], awaited: set[str], received: int
    ) -> list[Touched]:
        """Gives spans what waits for the responses that they report: those of this call, and those that report what came
        with it."""
        joined = [
            self._writer.join_waiting(project, each.trace_id, self._rows_now(project, each), received)
            for each in deliveries
        ]
        for trace_id in self._reporters(project, awaited):
            rows = self._rows(project, trace_id)
            reports = {row.span_id: row for row in rows if row.reading.response_id in awaited}
            joined.append(self._writer.join_waiting(project, trace_id, reports, received))
        return [touched for touched in joined if touched is not None]

    def _rows_now(self, project: str, delivery: Delivery) -> Mapping[str, SpanRow]:
        """The rows of a delivery, and of the spans that content of it joined, which may tell their response."""
        content = delivery.merged.keys() - delivery.rows.keys()
        if not content:
            return delivery.rows
        rows = self._rows(project, delivery.trace_id)
        return {**delivery.rows, **{row.span_id: row for row in rows if row.span_id in content}}

    def _rows(self, project: str, trace_id: str) -> Sequence[SpanRow]:
        head = self._heads.load(project, trace_id, consistent=True)
        return () if head is None else head.rows()

    def _reporters(self, project: str, awaited: set[str]) -> list[str]:
        if not awaited:
            return []
        hashes = set(map(response_hash, awaited))
        newest = islice(self._listing.newest_first(project, ALWAYS), REPORTERS_LOOKED_AT_MAX)
        return sorted(
            entry.trace_id for entry in newest if not hashes.isdisjoint(entry.counted | entry.reported)
        )

    def delete_traces(self, project: str, trace_ids: Sequence[str]) -> int:
        self._check_writable()
        count = self._deletion.delete(project, filter(trace_key, trace_ids))
        self._tell(project)
        return count

    def delete_project(self, project: str) -> int:
        self._check_writable()
        count = self._deletion.delete_project(project)
        self._tell(project)
        return count

    def pin(self, project: str, trace_id: str, pinned: bool = True) -> bool:
        self._check_writable()
        while True:
            head = self._heads.load(project, trace_id, consistent=True) if trace_key(trace_id) else None
            if (
                head is None
                or head.entry is None
                or head.entry.summary is None
                or self._is_expired(head.entry)
            ):
                return False
            if head.pinned != pinned:
                try:
                    self._heads.save(replace(head, pinned=pinned), head)
                except Conflict:
                    continue
                self._writer.prolong(head, forever=pinned)
            key = keys.pins(project), trace_id
            if pinned:
                self._client.put({"pk": key[0], "sk": key[1]})
            else:
                self._client.delete(key)
                self._retention.look_again()
            return True

    def pinned(self, project: str, trace_ids: Sequence[str] | None = None) -> frozenset[str]:
        found = frozenset(str(item["sk"]) for item in self._client.query(keys.pins(project), consistent=True))
        return found if trace_ids is None else found.intersection(trace_ids)

    def maintain(
        self, budget_s: float, retention_days: float | None = None, max_bytes: int | None = None
    ) -> Upkeep:
        self._check_writable()
        if max_bytes is not None:
            raise StoreError(
                "Traces cannot go by the size of a DynamoDB table, which is told every six hours.",
                "Unset TRACER_MAX_STORE_BYTES; TRACER_RETENTION_DAYS limits the age.",
            )
        upkeep = Upkeep()
        now = self._clock()
        if retention_days is not None:
            upkeep = self._retention.step(budget_s, int(retention_days * _NANOS_A_DAY), now)
        if now >= self._next_upkeep:
            for project in self._projects.all():
                self._deletion.finish(project)
            is_left = self.settle(budget_s)
            self._next_upkeep = now if is_left else now + _UPKEEP_EVERY_NS
            upkeep = replace(upkeep, more=upkeep.more or is_left)
        if upkeep.expired:
            for project in self._projects.all():
                self._tell(project)
        return upkeep

    def settle(self, budget_s: float) -> bool:
        deadline_s = time.monotonic() + budget_s
        for project in self._projects.all():
            while self._rollups(project).compact():
                if time.monotonic() > deadline_s:
                    return True
        return False

    def remap(
        self,
        project: str | None = None,
        cursor: str | None = None,
        limit: int = REMAP_LIMIT,
        everything: bool = False,
    ) -> RemapPage:
        self._check_writable()
        names = self._projects.all() if project is None else [project]
        page, changed = remap_step(
            self._listing,
            self._keeping,
            self._journal,
            self._reader.version,
            names,
            project,
            cursor,
            limit,
            everything,
        )
        for name in changed:
            self._tell(name)
        return page

    def _check_writable(self) -> None:
        if self._closed:
            raise StoreUnavailable("The store is closed.")
        if self._readonly:
            raise StoreError("The store was opened for reading only.", "Open it without readonly.")

    def _tell(self, project: str) -> None:
        with self._changed:
            self._changes[project] += 1
            self._changed.notify_all()

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
        return self._answers(project).find_traces(query, time_range, sort, limit, cursor)

    def get_trace(self, project: str, trace_id: str) -> Trace | None:
        head = self._head(project, trace_id)
        candidate = None if head is None else self._candidates(project).one(head)
        return None if candidate is None or head is None else replace(candidate.trace, rows=head.rows())

    def get_summary(self, project: str, trace_id: str) -> TraceSummary | None:
        head = self._head(project, trace_id)
        candidate = None if head is None else self._candidates(project).one(head)
        return None if candidate is None else candidate.summary

    def stats(self, project: str, query: TraceQuery = EVERYTHING, time_range: TimeRange = ALWAYS) -> Figures:
        scan = aggregates.Scan(self._listing, self._candidates(project), project, is_bounded=False)
        rollups = self._rollups(project)
        found = aggregates.aggregate(scan, rollups, query, time_range, None, None)
        self._compact(rollups)
        return add(point.figures for point in found.points)

    def aggregate(
        self,
        project: str,
        query: TraceQuery = EVERYTHING,
        time_range: TimeRange = ALWAYS,
        width_s: int | None = None,
        group_by: GroupField | None = None,
    ) -> Aggregate:
        scan = aggregates.Scan(self._listing, self._candidates(project), project)
        rollups = self._rollups(project)
        found = aggregates.aggregate(scan, rollups, query, time_range, width_s, group_by)
        self._compact(rollups)
        return found

    def facets(
        self,
        project: str,
        query: TraceQuery = EVERYTHING,
        time_range: TimeRange = ALWAYS,
        fields: Sequence[FacetField] = FACET_FIELDS,
    ) -> Facets:
        scan = aggregates.Scan(self._listing, self._candidates(project), project)
        return aggregates.facets(scan, query, time_range, fields)

    def reported_before(self, project: str, trace_id: str) -> Mapping[str, str]:
        head = self._head(project, trace_id)
        candidate = None if head is None else self._candidates(project).one(head)
        if candidate is None or not candidate.entry.counted:
            return {}
        firsts = FirstReports()
        firsts.note_before(self._listing, project, start_of(candidate.entry) + 1)
        return firsts.elsewhere(candidate.entry, candidate.trace)

    def _compact(self, rollups: Rollups) -> None:
        """Keeps what was worked out, so that nobody depends on a thread which does that."""
        if rollups.is_due and not self._readonly:
            rollups.compact()

    # --- spans and sessions -----------------------------------------------------------------------------------------

    def get_span(self, project: str, trace_id: str, span_id: str, form: SpanForm = "sent") -> SpanData | None:
        head = self._head(project, trace_id)
        place = None if head is None else head.places().get(span_id)
        if head is None or place is None or place.row is None:
            return None
        return in_form(Packs(self._client, head).span(place), form, self._blobs.of(project))

    def find_fragments(self, project: str, limit: int = 100, cursor: str | None = None) -> FragmentPage:
        after = ("", "")
        if cursor is not None:
            trace_id, span_id = read_cursor("fragments", (project,), cursor, (str, str))
            after = trace_id, span_id
        found = list(islice(self._fragments(project, after), limit + 1))
        page = tuple(in_form(span, "sent", self._blobs.of(project)) for span in found[:limit])
        if len(found) <= limit:
            return FragmentPage(page)
        return FragmentPage(
            page, write_cursor("fragments", (project,), (page[-1].trace_id, page[-1].span_id))
        )

    def _fragments(self, project: str, after: tuple[str, str]) -> Iterator[SpanData]:
        """The fragments after one of them, by trace id and span id. The traces that have some are looked for in the list."""
        among_spans = (
            entry.trace_id for entry in self._listing.newest_first(project, ALWAYS) if entry.has_fragments
        )
        for trace_id in sorted({*among_spans, *self._listing.fragments(project)}):
            head = self._head(project, trace_id) if trace_id >= after[0] else None
            if head is not None:
                packs = Packs(self._client, head)
                for span_id, place in sorted(head.places().items(), key=lambda each: each[0]):
                    if place.row is None and (trace_id, span_id) > after:
                        yield packs.span(place)

    def get_blob(self, project: str, sha256: str) -> Blob | None:
        return self._blobs.find(project, sha256) if blob_key(sha256) else None

    def find_trace_of_span(self, project: str, span_id: str) -> str | None:
        return self._answers(project).trace_of_span(span_id) if span_key(span_id) else None

    def find_spans(
        self,
        project: str,
        query: TraceQuery = EVERYTHING,
        time_range: TimeRange = ALWAYS,
        limit: int = 50,
        cursor: str | None = None,
    ) -> SpanPage:
        return self._answers(project).find_spans(query, time_range, limit, cursor)

    def find_sessions(
        self,
        project: str,
        query: TraceQuery = EVERYTHING,
        time_range: TimeRange = ALWAYS,
        limit: int = 50,
        cursor: str | None = None,
    ) -> SessionPage:
        return self._answers(project).find_sessions(query, time_range, limit, cursor)

    def get_session(self, project: str, session_id: str) -> tuple[TraceSummary, ...]:
        return self._answers(project).session(session_id)

    # --- changes ----------------------------------------------------------------------------------------------------

    def changes(self, project: str, after: str | None = None, limit: int = 100) -> ChangePage:
        now = self._journal.now()
        if after is None:
            floor = max(0, now - LATE_NS)
            told = changes.Cursor(floor).all_told(self._journal.rows_after(project, floor))
            return ChangePage((), (), told.write(project))
        cursor = changes.parse(project, after, now)
        step = changes.step(cursor, self._journal.rows_after(project, cursor.floor), limit, now)
        heads = self._heads.load_many(project, step.trace_ids)
        candidates = self._candidates(project)
        shown = {
            trace_id: candidate.summary
            for trace_id, head in heads.items()
            if (candidate := candidates.one(head)) is not None and not self._is_expired(candidate.entry)
        }
        return ChangePage(
            traces=tuple(shown[trace_id] for trace_id in step.trace_ids if trace_id in shown),
            deleted=tuple(trace_id for trace_id in step.trace_ids if trace_id not in shown),
            cursor=step.cursor.write(project),
            has_more=step.has_more,
        )

    def wait_for_change(self, project: str, after: str, timeout_s: float) -> bool:
        deadline_s = time.monotonic() + timeout_s
        while not self._closed:
            seen = self._changes[project]
            now = self._journal.now()
            cursor = changes.parse(project, after, now)
            if changes.step(cursor, self._journal.rows_after(project, cursor.floor), 1, now).trace_ids:
                return True
            left_s = deadline_s - time.monotonic()
            if left_s <= 0:
                return False
            with self._changed:
                self._changed.wait_for(self._is_news(project, seen), min(left_s, _POLL_S))
        return True

    def _is_news(self, project: str, seen: int) -> Callable[[], bool]:
        return lambda: self._closed or self._changes[project] != seen

    # --- the ingest log ---------------------------------------------------------------------------------------------

    def keep_outcomes(self, outcomes: Mapping[str, Sequence[Outcome]]) -> None:
        self._check_writable()
        for project, of_project in outcomes.items():
            self._outcomes.keep(project, of_project)

    def outcomes(self, project: str, limit: int = 50) -> Sequence[Outcome]:
        return self._outcomes.last(project, limit)

    def sender_totals(self, project: str) -> Sequence[SenderTotals]:
        totals = self._outcomes.totals(project)
        return sorted(totals, key=lambda each: (-each.requests, each.since_unix_nano))

    # --- the store --------------------------------------------------------------------------------------------------

    def verify(self) -> Iterator[Checked]:
        for project in self._projects.all():
            yield from self._keeping.verify_traces(project)
            yield from self._keeping.verify_blobs(project)

    def vacuum(self) -> None:
        for project in self._projects.all():
            self._deletion.finish(project)

    def last_span_at(self) -> int | None:
        return self._journal.last_arrival()

    def storage(self, project: str | None = None) -> Sequence[ProjectStorage]:
        names = self._projects.all() if project is None else [project]
        found = [self._keeping.storage(name) for name in names]
        return [each for each in found if each.total_bytes or project is not None]

    def info(self) -> StoreInfo:
        if self._closed:
            return StoreInfo("dynamodb", self._location, healthy=False, problem="The store is closed.")
        try:
            size_bytes = int((table.describe(self._client) or {}).get("TableSizeBytes", 0))
            figures = add(self.stats(project) for project in self._projects.all())
        except StoreError as error:
            return StoreInfo("dynamodb", self._location, healthy=False, problem=str(error))
        return StoreInfo(
            "dynamodb",
            self._location,
            healthy=True,
            trace_count=figures.traces,
            span_count=figures.spans,
            size_bytes=size_bytes,
            live_bytes=size_bytes,
        )

    def consumed_units(self) -> Mapping[tuple[str, str], float]:
        """Capacity units that this process consumed, by operation and kind ("read", "write")."""
        return self._client.consumed_units()

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self._threads.shutdown()

    # --- parts ------------------------------------------------------------------------------------------------------

    def _head(self, project: str, trace_id: str) -> Head | None:
        """A head as it was a moment ago; what is not there yet is asked for again, consistently."""
        if not trace_key(trace_id):
            return None
        head = self._heads.load(project, trace_id) or self._heads.load(project, trace_id, consistent=True)
        return None if head is None or head.entry is None or self._is_expired(head.entry) else head

    def _answers(self, project: str) -> Answers:
        return Answers(self._listing, self._candidates(project), project)

    def _candidates(self, project: str) -> Candidates:
        """Candidates with summaries as they are now: one time for all of an answer."""
        now, abandon_after_s = self._clock(), self._abandon_after_s
        return Candidates(
            self._client,
            self._heads,
            self._blobs,
            self._reader,
            lambda summary: summary.at(now, abandon_after_s),
            project,
        )

    def _rollups(self, project: str) -> Rollups:
        return Rollups(
            self._client, self._listing, self._journal, self._candidates(project), project, self._kept_from
        )

    def _kept_from(self) -> int:
        return 0 if self._retention_ns is None else self._clock() - self._retention_ns

    def _is_expired(self, entry: Entry) -> bool:
        return not entry.pinned and entry.received < self._kept_from()

    def _ttl_of(self, received_unix_nano: int) -> int | None:
        if self._retention_ns is None:
            return None
        return (received_unix_nano + self._retention_ns) // 1_000_000_000 + 1


def _merged(touched: Sequence[Touched]) -> list[Touched]:
    """Each trace once, where it was touched first."""
    by_id: dict[str, Touched] = {}
    for each in touched:
        known = by_id.get(each.trace_id)
        starts = each.starts if known is None else tuple(dict.fromkeys((*known.starts, *each.starts)))
        by_id[each.trace_id] = replace(each, starts=starts)
    return list(by_id.values())
