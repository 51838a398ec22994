"""SqliteStore: the embedded store."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import apsw
from llm_tracer.model.figures import Figures, add, figures_of
from llm_tracer.model.groups import FACET_FIELDS, FacetField, GroupField
from llm_tracer.model.query import TraceQuery
from llm_tracer.model.reading import Reader
from llm_tracer.model.span import SpanData
from llm_tracer.model.trace import Trace, TraceSummary

from llm_tracer_service.blobs import Blob, SpanForm
from llm_tracer_service.store import zstd
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
    FragmentPage,
    ProjectStorage,
    RemapPage,
    SessionPage,
    Sort,
    SpanPage,
    StoreDamaged,
    StoreError,
    StoreInfo,
    StoreUnavailable,
    TimeRange,
    TracePage,
    Upkeep,
)
from llm_tracer_service.store.checking import check_spans
from llm_tracer_service.store.deliveries import prepare
from llm_tracer_service.store.outcomes import Outcome, SenderTotals
from llm_tracer_service.store.paging import read_cursor, write_cursor
from llm_tracer_service.store.records import DERIVATION
from llm_tracer_service.store.sqlite import migration, outcomes, remap, retention, schema, space, usage
from llm_tracer_service.store.sqlite.aggregates import Aggregates
from llm_tracer_service.store.sqlite.connection import (
    READ,
    WRITE,
    ReadPool,
    connect,
    fetch,
    make_private_file,
    readable_errors,
)
from llm_tracer_service.store.sqlite.group_commit import GroupCommit
from llm_tracer_service.store.sqlite.group_rollups import UNSETTLED_DAYS, Remembered
from llm_tracer_service.store.sqlite.keeper import Keeper
from llm_tracer_service.store.sqlite.keyframes import Keyframes
from llm_tracer_service.store.sqlite.labels import as_text
from llm_tracer_service.store.sqlite.lock import WriterLock
from llm_tracer_service.store.sqlite.presence import Presence
from llm_tracer_service.store.sqlite.rollups import Bucket, Totals
from llm_tracer_service.store.sqlite.text import TextIndex
from llm_tracer_service.store.sqlite.text.file import path_beside
from llm_tracer_service.store.sqlite.verify import verify
from llm_tracer_service.store.sqlite.view import View
from llm_tracer_service.store.sqlite.writer import Writer

T = TypeVar("T")

_POLL_S = 0.25
"""How often a store that only reads looks for what another process wrote."""


class SqliteStore:
    """A TraceStore in one file. One process writes it; any number read."""

    def __init__(
        self,
        path: str,
        reader: Reader,
        clock: Clock,
        abandon_after_s: float,
        readonly: bool = False,
        holder: str = "",
    ) -> None:
        self._path = Path(path).expanduser().absolute()
        self._reader = reader
        self._clock = clock
        self._abandon_after_s = abandon_after_s
        self._pool = ReadPool(self._path)
        self._writing = (
            None if readonly else _Writing(self._path, reader, clock, self._pool, self._tell, holder)
        )
        self._problem: str | None = None
        self._closed = False
        self._remembered = Remembered()
        self._changed = threading.Condition()
        self._changes: Counter[str] = Counter()
        """How often each project was changed by this process."""
        if readonly:
            _check_readable(self._path)
        with self._pool.reading() as connection:
            ((self._identity,),) = fetch(connection, "SELECT identity FROM store")
        self._texts = TextIndex(
            self._path,
            self._identity,
            reader,
            self._pool.reading,
            None if self._writing is None else self._writing.bodies_gone,
        )
        if self._writing is not None:
            self._writing.keeper.chores.append(self._texts.step)
            self._writing.keeper.beside_bytes = self._texts.needed_bytes

    # --- writing ----------------------------------------------------------------------------------------------------

    def write(self, project: str, spans: Sequence[SpanData]) -> None:
        check_spans(spans)
        if not spans:
            return
        writing = self._writable()
        keyframes = writing.keyframes
        # The fast level: what stays is packed again (bundler.py).
        deliveries = prepare(
            spans, self._reader, lambda trace_id: keyframes.get(project, trace_id), zstd.FAST_LEVEL
        )
        self._run(writing, lambda: writing.writer.take_in(project, deliveries))
        for delivery in deliveries:
            if (keyframe := delivery.keyframe) is not None:
                keyframes.remember(project, delivery.trace_id, keyframe)
        self._tell(project)

    def delete_traces(self, project: str, trace_ids: Sequence[str]) -> int:
        keeper = self._writable().keeper
        return self._noting_problems(lambda: keeper.delete(project, trace_ids))

    def delete_project(self, project: str) -> int:
        keeper = self._writable().keeper
        return self._noting_problems(lambda: keeper.delete_project(project))

    def pin(self, project: str, trace_id: str, pinned: bool = True) -> bool:
        keeper = self._writable().keeper
        return self._noting_problems(lambda: keeper.pin(project, trace_id, pinned))

    def pinned(self, project: str, trace_ids: Sequence[str] | None = None) -> frozenset[str]:
        with self._pool.reading() as connection:
            pins = retention.pinned(connection, project)
        return pins if trace_ids is None else pins.intersection(trace_ids)

    def maintain(
        self, budget_s: float, retention_days: float | None = None, max_bytes: int | None = None
    ) -> Upkeep:
        writing = self._writable()
        if self._problem is not None:
            self._run(writing, lambda: None)  # a transaction that would fail again: is it over?
        share_s = budget_s * 2 / 3
        upkeep = self._noting_problems(lambda: writing.keeper.maintain(share_s, retention_days, max_bytes))
        return replace(upkeep, more=self.settle(budget_s / 3) or upkeep.more)

    def _writable(self) -> _Writing:
        if self._closed:
            raise StoreUnavailable("The store is closed.")
        if self._writing is None:
            raise StoreError("The store was opened for reading only.", "Open it without readonly.")
        return self._writing

    def _run(self, writing: _Writing, job: Callable[[], T]) -> T:
        return self._noting_problems(lambda: writing.commits.run(job))

    def _noting_problems(self, work: Callable[[], T]) -> T:
        try:
            result = work()
        except StoreDamaged as error:
            self._pool.note_damage(error)
            raise
        except StoreUnavailable as error:
            self._problem = str(error)
            raise
        self._problem = None
        return result

    def _tell(self, project: str) -> None:
        with self._changed:
            self._changes[project] += 1
            self._changed.notify_all()

    def remap(
        self,
        project: str | None = None,
        cursor: str | None = None,
        limit: int = REMAP_LIMIT,
        everything: bool = False,
    ) -> RemapPage:
        writing = self._writable()
        question = ("" if project is None else f"={project}", str(everything))
        after = 0
        if cursor is not None:
            identity, after = read_cursor("remap", question, cursor, (bytes, int))
            self._check_identity(identity)
        step = self._run(writing, lambda: writing.remap_step(project, after, limit, everything))
        for name in step.changed_projects:
            self._tell(name)
        more = step.after is not None
        return RemapPage(
            step.looked_at,
            step.derived,
            write_cursor("remap", question, (self._identity, step.after or 0)) if more else None,
        )

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
        with self._view(project) as view:
            return view.find_traces(query, time_range, sort, limit, cursor)

    def get_trace(self, project: str, trace_id: str) -> Trace | None:
        with self._view(project) as view:
            return view.trace(trace_id)

    def get_summary(self, project: str, trace_id: str) -> TraceSummary | None:
        with self._view(project) as view:
            return view.summary(trace_id)

    def stats(
        self,
        project: str,
        query: TraceQuery = EVERYTHING,
        time_range: TimeRange = ALWAYS,
    ) -> Figures:
        with self._view(project) as view:
            if not query.is_empty:
                return add(figures_of(summary) for summary in view.counted(query, time_range))
        return self._totals([project], time_range)

    def aggregate(
        self,
        project: str,
        query: TraceQuery = EVERYTHING,
        time_range: TimeRange = ALWAYS,
        width_s: int | None = None,
        group_by: GroupField | None = None,
    ) -> Aggregate:
        with self._aggregates(project) as aggregates:
            answer = aggregates.aggregate(query, time_range, width_s, group_by)
        self._keep(aggregates.recomputed)
        return answer

    def facets(
        self,
        project: str,
        query: TraceQuery = EVERYTHING,
        time_range: TimeRange = ALWAYS,
        fields: Sequence[FacetField] = FACET_FIELDS,
    ) -> Facets:
        with self._aggregates(project) as aggregates:
            answer = aggregates.facets(query, time_range, fields)
        self._keep(aggregates.recomputed)
        return answer

    def settle(self, budget_s: float) -> bool:
        deadline_s = time.monotonic() + budget_s
        with self._pool.reading() as connection:
            days = fetch(connection, UNSETTLED_DAYS)
        for name, day_s in days:
            with self._aggregates(as_text(name)) as aggregates:
                is_up = any(time.monotonic() > deadline_s for _ in aggregates.settle(day_s))
            self._keep(aggregates.recomputed)
            if is_up:
                return True
        return False

    @contextmanager
    def _aggregates(self, project: str) -> Iterator[Aggregates]:
        self._settle()
        with self._pool.reading() as connection, self._view_of(connection, project) as view:
            yield Aggregates(connection, view, self._remembered, self._clock())

    def _keep(self, recomputed: Sequence[Bucket]) -> None:
        writing = self._writing
        if recomputed and writing is not None:
            # The answer does not depend on it: what cannot be kept is recomputed again.
            with suppress(StoreError):
                writing.commits.run(lambda: writing.writer.keep_totals(recomputed))

    def reported_before(self, project: str, trace_id: str) -> Mapping[str, str]:
        with self._view(project) as view:
            return view.reported_before(trace_id)

    def _totals(self, projects: Sequence[str], time_range: TimeRange) -> Figures:
        parts: list[Figures] = []
        recomputed: list[Bucket] = []
        self._settle()
        for project in projects:
            with self._pool.reading() as connection, self._view_of(connection, project) as view:
                totals = Totals(connection, view.project, self._clock())
                parts.append(totals.between(time_range))
                recomputed += totals.recomputed
        self._keep(recomputed)
        return add(parts)

    # --- spans and sessions -----------------------------------------------------------------------------------------

    def get_span(self, project: str, trace_id: str, span_id: str, form: SpanForm = "sent") -> SpanData | None:
        with self._view(project) as view:
            return view.span(trace_id, span_id, form)

    def find_fragments(self, project: str, limit: int = 100, cursor: str | None = None) -> FragmentPage:
        with self._view(project) as view:
            return view.find_fragments(limit, cursor)

    def get_blob(self, project: str, sha256: str) -> Blob | None:
        with self._view(project) as view:
            return view.blob(sha256)

    def find_trace_of_span(self, project: str, span_id: str) -> str | None:
        with self._view(project) as view:
            return view.trace_of_span(span_id)

    def find_spans(
        self,
        project: str,
        query: TraceQuery = EVERYTHING,
        time_range: TimeRange = ALWAYS,
        limit: int = 50,
        cursor: str | None = None,
    ) -> SpanPage:
        with self._view(project) as view:
            return view.find_spans(query, time_range, limit, cursor)

    def find_sessions(
        self,
        project: str,
        query: TraceQuery = EVERYTHING,
        time_range: TimeRange = ALWAYS,
        limit: int = 50,
        cursor: str | None = None,
    ) -> SessionPage:
        with self._view(project) as view:
            return view.find_sessions(query, time_range, limit, cursor)

    def get_session(self, project: str, session_id: str) -> tuple[TraceSummary, ...]:
        with self._view(project) as view:
            return view.session(session_id)

    # --- changes ----------------------------------------------------------------------------------------------------

    def changes(self, project: str, after: str | None = None, limit: int = 100) -> ChangePage:
        revision = None if after is None else self._revision_of(project, after)
        self._settle()
        with self._pool.reading() as connection:
            if revision is None:
                present = connection.execute("SELECT revision FROM store").get
                return ChangePage((), (), self._change_cursor(project, present))
            with self._view_of(connection, project) as view:
                found = view.changes_after(revision, limit + 1)
        page = found[:limit]
        return ChangePage(
            traces=tuple(summary for _, _, summary in page if summary is not None),
            deleted=tuple(trace_id for _, trace_id, summary in page if summary is None),
            cursor=self._change_cursor(project, page[-1][0] if page else revision),
            has_more=len(found) > limit,
        )

    def wait_for_change(self, project: str, after: str, timeout_s: float) -> bool:
        revision = self._revision_of(project, after)
        deadline_s = time.monotonic() + timeout_s
        while True:
            seen = self._changes[project]
            with self._view(project) as view:
                if view.changes_after(revision, limit=1):
                    return True
            left_s = deadline_s - time.monotonic()
            if left_s <= 0:
                return False
            with self._changed:
                self._changed.wait_for(
                    lambda seen=seen: self._closed or self._changes[project] != seen,  # type: ignore[misc]
                    left_s if self._writing else min(left_s, _POLL_S),
                )
                if self._closed:
                    return True

    def _change_cursor(self, project: str, revision: int) -> str:
        return write_cursor("changes", (project,), (self._identity, revision))

    def _revision_of(self, project: str, cursor: str) -> int:
        identity, revision = read_cursor("changes", (project,), cursor, (bytes, int))
        self._check_identity(identity)
        return int(revision)

    def _check_identity(self, identity: bytes) -> None:
        if identity != self._identity:
            raise BadCursor("This cursor belongs to another file.", "Begin again without a cursor.")

    # --- the store --------------------------------------------------------------------------------------------------

    def last_span_at(self) -> int | None:
        with self._pool.reading() as connection:
            last: int | None = connection.execute("SELECT last_span_at FROM store").get
            return last

    # --- the ingest log ---------------------------------------------------------------------------------------------

    def keep_outcomes(self, outcomes: Mapping[str, Sequence[Outcome]]) -> None:
        keeper = self._writable().keeper
        self._noting_problems(lambda: keeper.keep_outcomes(outcomes))

    def outcomes(self, project: str, limit: int = 50) -> Sequence[Outcome]:
        with self._pool.reading() as connection:
            return outcomes.last(connection, project, limit)

    def sender_totals(self, project: str) -> Sequence[SenderTotals]:
        with self._pool.reading() as connection:
            found = outcomes.totals(connection, project)
        return sorted(found, key=lambda each: (-each.requests, each.since_unix_nano))

    def verify(self) -> Iterator[Checked]:
        yield from verify(self._pool, self._reader)
        yield from self._texts.verify()

    def vacuum(self) -> None:
        keeper = self._writable().keeper
        self._noting_problems(keeper.vacuum)
        self._texts.vacuum()

    def storage(self, project: str | None = None) -> Sequence[ProjectStorage]:
        with self._pool.reading() as connection:
            found = usage.by_project(connection)
        if project is not None:
            return [next((each for each in found if each.project == project), ProjectStorage(project))]
        return found

    def info(self) -> StoreInfo:
        try:
            if self._writing is not None:
                self._writing.presence.check()
            with self._pool.reading() as connection:
                projects = [as_text(name) for (name,) in fetch(connection, "SELECT name FROM projects")]
                live_bytes = space.live_bytes(connection)
            text_index_bytes = self._texts.live_bytes()
            totals = self._totals(projects, ALWAYS)
            files = (self._path, path_beside(self._path))
            beside = (*files, *(path.with_name(f"{path.name}-wal") for path in files))
            size_bytes = sum(path.stat().st_size for path in beside if path.exists())
        except (StoreError, OSError) as error:
            return StoreInfo("sqlite", str(self._path), healthy=False, problem=str(error))
        problem = self._problem or self._pool.damage
        return StoreInfo(
            kind="sqlite",
            location=str(self._path),
            healthy=problem is None,
            problem=problem,
            trace_count=totals.traces,
            span_count=totals.spans,
            size_bytes=size_bytes,
            live_bytes=live_bytes,
            text_index_bytes=text_index_bytes,
        )

    def consumed_units(self) -> Mapping[tuple[str, str], float]:
        return {}

    def close(self) -> None:
        with self._changed:
            if self._closed:
                return
            self._closed = True
            self._changed.notify_all()
        self._texts.close()
        self._pool.close()
        if self._writing is not None:
            self._writing.close()

    @contextmanager
    def _view(self, project: str) -> Iterator[View]:
        self._settle()
        with self._pool.reading() as connection, self._view_of(connection, project) as view:
            yield view

    def _settle(self) -> None:
        """Before anybody reads, large traces that grew meanwhile get their summaries. Where nothing can be written now,
        who reads sees the older ones."""
        writing = self._writing
        if writing is not None and writing.writer.unsettled and not self._closed:
            with suppress(StoreUnavailable):
                self._run(writing, writing.writer.settle)

    @contextmanager
    def _view_of(self, connection: apsw.Connection, project: str) -> Iterator[View]:
        with self._texts.searching(connection) as texts:
            now, reading = self._clock(), self._pool.reading
            yield View(connection, reading, texts, self._reader, project, now, self._abandon_after_s)


class _Writing:
    """What a store that writes holds: the lock of the file, the one connection that writes, and who uses it."""

    def __init__(
        self,
        path: Path,
        reader: Reader,
        clock: Clock,
        pool: ReadPool,
        tell: Callable[[str], None],
        holder: str,
    ) -> None:
        make_private_file(path)
        self._lock = WriterLock(str(path), clock(), holder)
        try:
            with readable_errors():
                self._connection = connect(path, WRITE)
                schema.prepare(self._connection, path)
                self._connection.execute("SELECT 1 FROM store").fetchall()  # makes the log
                self.presence = Presence(path)
                self.writer = Writer(self._connection, reader, clock, self.presence)
                migration.move_old_bodies(self._connection, self.writer, reader)
                self.writer.derive_again()
                self._connection.execute(_NOTE_BODIES_GONE)
                self.commits = GroupCommit(self.writer.transaction)
                self.keeper = Keeper(self._connection, self.writer, self.commits, pool, clock, tell)
        except BaseException:
            self._lock.release()
            raise
        self.keyframes = Keyframes()

    def remap_step(self, project: str | None, after: int, limit: int, everything: bool) -> remap.Step:
        """The job of one step of a remap."""
        return remap.take_step(self._connection, self.writer, project, after, limit, everything)

    def bodies_gone(self) -> list[int]:
        """The numbers of the bodies that were deleted since the last call, but for those that came back (bundles.py)."""

        def take() -> list[int]:
            gone = fetch(self._connection, _GONE)
            self._connection.execute("DELETE FROM temp.bodies_gone")
            return [number for (number,) in gone]

        return self.commits.alone(take)

    def close(self) -> None:
        self.commits.alone(self._connection.close)
        self._lock.release()


_GONE = "SELECT number FROM temp.bodies_gone WHERE number NOT IN (SELECT number FROM main.bodies)"
_DERIVATION = "SELECT derivation FROM store"

# A trigger, so that no deletion of a body is forgotten, and one that is rolled back is no deletion.
_NOTE_BODIES_GONE = """
    CREATE TEMP TABLE bodies_gone (number INTEGER NOT NULL);
    CREATE TEMP TRIGGER note_bodies_gone AFTER DELETE ON main.bodies
    BEGIN INSERT INTO bodies_gone VALUES (old.number); END
"""


def _check_readable(path: Path) -> None:
    if not path.exists():
        raise StoreError(f"There is no {path}.", "A process that writes makes it: llm-tracer serve.")
    with readable_errors():
        connection = connect(path, READ)
        try:
            version = schema.check(connection, path)
            is_current = (
                version == schema.VERSION
                and fetch(connection, _DERIVATION) == [(DERIVATION,)]
                and migration.is_done(connection)
            )
        finally:
            connection.close()
    if not is_current:
        raise StoreError(
            f"{path} was written by an older version of LLM Tracer (schema {version}).",
            "Start llm-tracer serve with it once, which brings it up to date.",
        )
