"""DynamoStore: the store that scales."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from llm_tracer.model.figures import add
from llm_tracer.model.reading import Reader
from llm_tracer.model.span import SpanData

from llm_tracer_service.store.base import (
    REMAP_LIMIT,
    ChangePage,
    Checked,
    Clock,
    ProjectStorage,
    RemapPage,
    StoreError,
    StoreInfo,
    StoreUnavailable,
    Upkeep,
)
from llm_tracer_service.store.contract import TraceStore
from llm_tracer_service.store.dynamodb import changes, table
from llm_tracer_service.store.dynamodb.blobs import Blobs
from llm_tracer_service.store.dynamodb.candidates import Candidates
from llm_tracer_service.store.dynamodb.changes import Cursor, Step
from llm_tracer_service.store.dynamodb.client import Client
from llm_tracer_service.store.dynamodb.deletion import Deletion
from llm_tracer_service.store.dynamodb.entries import Entry
from llm_tracer_service.store.dynamodb.heads import Heads, Overtaken
from llm_tracer_service.store.dynamodb.intake import Intake
from llm_tracer_service.store.dynamodb.journal import LATE_NS, Journal
from llm_tracer_service.store.dynamodb.listing import Listing
from llm_tracer_service.store.dynamodb.outcomes import OutcomeLog
from llm_tracer_service.store.dynamodb.pins import Pins
from llm_tracer_service.store.dynamodb.projects import Projects
from llm_tracer_service.store.dynamodb.remap import Remap
from llm_tracer_service.store.dynamodb.retention import Retention
from llm_tracer_service.store.dynamodb.rollups import Rollups
from llm_tracer_service.store.dynamodb.usage import storage_of
from llm_tracer_service.store.dynamodb.verify import Verification
from llm_tracer_service.store.dynamodb.view import View
from llm_tracer_service.store.dynamodb.writer import Writer
from llm_tracer_service.store.ids import trace_key
from llm_tracer_service.store.outcomes import Outcome, SenderTotals, busiest_first
from llm_tracer_service.times import NANOS_A_DAY

_UPKEEP_EVERY_NS = 60_000_000_000


class DynamoStore(TraceStore):
    """A TraceStore in one table. Any number of processes read and write it; none of them has to run."""

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
        self._retention_ns = None if retention_days is None else int(retention_days * NANOS_A_DAY)
        shards = table.shards_of(client)
        self._projects = Projects(client)
        self._heads = Heads(client, shards, self._ttl_of)
        self._blobs = Blobs(client)
        self._listing = Listing(client, shards, self._is_expired)
        self._journal = Journal(client, shards, self._projects, clock)
        self._writer = Writer(client, self._heads, self._blobs, reader)
        self._intake = Intake(self._writer, self._heads, self._listing, self._journal, self._projects)
        self._outcomes = OutcomeLog(client)
        self._pins = Pins(client, self._heads)
        self._deletion = Deletion(
            client,
            self._heads,
            self._blobs,
            self._pins,
            self._listing,
            self._journal,
            self._outcomes,
            self._projects,
        )
        self._remap = Remap(
            client, self._heads, self._blobs, self._listing, self._writer, self._journal, reader
        )
        self._verification = Verification(client, self._heads, self._blobs, self._listing, reader)
        self._retention = Retention(self._heads, self._listing, self._deletion, self._projects)
        self._next_upkeep = 0
        self._closed = False

    # --- writing ----------------------------------------------------------------------------------------------------

    def _write(self, project: str, spans: Sequence[SpanData]) -> None:
        self._check_writable()
        self._intake.take_in(project, spans)

    def delete_traces(self, project: str, trace_ids: Sequence[str]) -> int:
        self._check_writable()
        return self._deletion.delete(project, filter(trace_key, trace_ids))

    def delete_project(self, project: str) -> int:
        self._check_writable()
        return self._deletion.delete_project(project)

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
                    head = self._heads.save(replace(head, pinned=pinned), head)
                except Overtaken:
                    # If its own put was done all the same, somebody may have deleted the trace since, and left the pin.
                    self._pins.follow(project, trace_id)
                    continue
            # Also if it was pinned before: by this call, perhaps, whose answer was lost.
            self._writer.prolong(head)
            self._pins.follow(project, trace_id)
            if not pinned:
                self._retention.look_again()
            return True

    def _pinned(self, project: str) -> frozenset[str]:
        return self._pins.of(project)

    def maintain(
        self, budget_s: float, retention_days: float | None = None, max_bytes: int | None = None
    ) -> Upkeep:
        self._check_writable()
        upkeep = Upkeep()
        now = self._clock()
        if retention_days is not None:
            upkeep = self._retention.step(budget_s, int(retention_days * NANOS_A_DAY), now)
        if now >= self._next_upkeep:
            for project in self._projects.all():
                self._deletion.finish(project)
            is_left = self.settle(budget_s)
            self._next_upkeep = now if is_left else now + _UPKEEP_EVERY_NS
            upkeep = replace(upkeep, more=upkeep.more or is_left)
        if max_bytes is not None:  # only now: everything else that is due was done
            raise StoreError(
                "Traces cannot be deleted by the size of a DynamoDB table, which is reported only every six hours.",
                "Unset TRACER_MAX_STORE_BYTES; TRACER_RETENTION_DAYS limits the age.",
            )
        return upkeep

    def settle(self, budget_s: float) -> bool:
        deadline_s = time.monotonic() + budget_s
        for project in self._projects.all():
            while self._rollups(project, self._candidates(project)).compact():
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
        return self._remap.step(names, project, cursor, limit, everything)

    def _check_writable(self) -> None:
        if self._closed:
            raise StoreUnavailable("The store is closed.")
        if self._readonly:
            raise StoreError("The store was opened for reading only.", "Open it without readonly.")

    # --- changes ----------------------------------------------------------------------------------------------------

    def changes(self, project: str, after: str | None = None, limit: int = 100) -> ChangePage:
        now = self._journal.now()
        if after is None:
            floor = max(0, now - LATE_NS)
            told = changes.Cursor(floor).all_told(self._journal.rows_after(project, floor))
            return ChangePage((), (), told.write(project))
        cursor = changes.parse(project, after, now)
        step = self._changed(project, cursor, limit, now)
        # What the journal reported is not reported again, so it must be read as it is now.
        heads = self._heads.load_many(project, step.trace_ids, consistent=True)
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

    def _changed(self, project: str, cursor: Cursor, limit: int, now: int) -> Step:
        rows = self._journal.rows_after(project, cursor.floor, changes.ROWS_A_STEP)
        return changes.step(cursor, rows, limit, now)

    # --- the ingest log ---------------------------------------------------------------------------------------------

    def keep_outcomes(self, outcomes: Mapping[str, Sequence[Outcome]]) -> None:
        self._check_writable()
        for project, of_project in outcomes.items():
            self._outcomes.keep(project, of_project)

    def outcomes(self, project: str, limit: int = 50) -> Sequence[Outcome]:
        return self._outcomes.last(project, limit)

    def sender_totals(self, project: str) -> Sequence[SenderTotals]:
        return busiest_first(self._outcomes.totals(project))

    # --- the store --------------------------------------------------------------------------------------------------

    def verify(self) -> Iterator[Checked]:
        for project in self._projects.all():
            yield from self._verification.traces(project)
            yield from self._verification.blobs(project)
            problems = self._rollups(project, self._candidates(project)).problems()
            yield Checked("totals", 1, 1, tuple(problems))

    def backup(self, path: Path) -> Iterator[float]:
        raise StoreError(
            "A DynamoDB table is backed up by AWS, not into a file.",
            "Use AWS Backup or point-in-time recovery; llm-tracer export writes all traces to a file.",
        )

    def vacuum(self) -> None:
        for project in self._projects.all():
            self._deletion.finish(project)
            self._rollups(project, self._candidates(project)).rebuild()

    def last_span_at(self) -> int | None:
        return self._journal.last_arrival()

    def storage(self, project: str | None = None) -> Sequence[ProjectStorage]:
        names = self._projects.all() if project is None else [project]
        found = [storage_of(name, self._listing, self._heads, self._blobs) for name in names]
        return [each for each in found if each.total_bytes or project is not None]

    def info(self, counting: bool = True) -> StoreInfo:
        if self._closed:
            return StoreInfo("dynamodb", self._location, healthy=False, problem="The store is closed.")
        try:
            size_bytes = int((table.describe(self._client) or {}).get("TableSizeBytes", 0))
            figures = add(self.stats(project) for project in (self._projects.all() if counting else ()))
        except StoreError as error:
            return StoreInfo("dynamodb", self._location, healthy=False, problem=str(error))
        return StoreInfo(
            "dynamodb",
            self._location,
            healthy=True,
            trace_count=figures.traces if counting else None,
            span_count=figures.spans if counting else None,
            size_bytes=size_bytes,
            live_bytes=size_bytes,
        )

    def consumed_units(self) -> Mapping[tuple[str, str], float]:
        return self._client.consumed_units()

    def close(self) -> None:
        self._closed = True
        self._intake.close()

    # --- parts ------------------------------------------------------------------------------------------------------

    @contextmanager
    def _view(self, project: str) -> Iterator[View]:
        candidates = self._candidates(project)
        rollups = self._rollups(project, candidates)
        yield View(
            self._client,
            self._heads,
            self._blobs,
            self._listing,
            candidates,
            rollups,
            project,
            self._is_expired,
        )
        if rollups.is_due and not self._readonly:
            # Keeps what was recomputed, so that nobody depends on a thread that compacts.
            rollups.compact()

    def _candidates(self, project: str) -> Candidates:
        """Candidates with summaries as of now: the same moment for a whole answer."""
        now, abandon_after_s = self._clock(), self._abandon_after_s
        return Candidates(
            self._client,
            self._heads,
            self._blobs,
            self._reader,
            lambda summary: summary.at(now, abandon_after_s),
            project,
        )

    def _rollups(self, project: str, candidates: Candidates) -> Rollups:
        return Rollups(self._client, self._listing, self._journal, candidates, project, self._kept_from)

    def _kept_from(self) -> int:
        return 0 if self._retention_ns is None else self._clock() - self._retention_ns

    def _is_expired(self, entry: Entry) -> bool:
        return not entry.pinned and entry.received < self._kept_from()

    def _ttl_of(self, received_unix_nano: int) -> int | None:
        if self._retention_ns is None:
            return None
        return (received_unix_nano + self._retention_ns) // 1_000_000_000 + 1
