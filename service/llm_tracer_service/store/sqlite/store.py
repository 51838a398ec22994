"""SqliteStore: the embedded store."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import apsw
from llm_tracer.model.figures import add
from llm_tracer.model.reading import Reader
from llm_tracer.model.span import SpanData

from llm_tracer_service.store import zstd
from llm_tracer_service.store.base import (
    REMAP_LIMIT,
    BadCursor,
    ChangePage,
    Checked,
    Clock,
    ProjectStorage,
    RemapPage,
    StoreDamaged,
    StoreError,
    StoreInfo,
    StoreUnavailable,
    Upkeep,
)
from llm_tracer_service.store.contract import TraceStore
from llm_tracer_service.store.deliveries import prepare
from llm_tracer_service.store.outcomes import Outcome, SenderTotals, busiest_first
from llm_tracer_service.store.paging import read_cursor, write_cursor
from llm_tracer_service.store.sqlite import outcomes, retention, space, usage
from llm_tracer_service.store.sqlite.backup import copy
from llm_tracer_service.store.sqlite.connection import ReadPool, fetch
from llm_tracer_service.store.sqlite.group_rollups import UNSETTLED_DAYS, Remembered
from llm_tracer_service.store.sqlite.labels import as_text
from llm_tracer_service.store.sqlite.opening import Writing, check_readable
from llm_tracer_service.store.sqlite.places import KnownPlaces
from llm_tracer_service.store.sqlite.rollups import REVISION_MAX, Bucket
from llm_tracer_service.store.sqlite.session_sums import KnownSessions
from llm_tracer_service.store.sqlite.text import TextIndex
from llm_tracer_service.store.sqlite.text.file import path_beside
from llm_tracer_service.store.sqlite.traces import Traces
from llm_tracer_service.store.sqlite.verify import verify
from llm_tracer_service.store.sqlite.view import View

T = TypeVar("T")


class SqliteStore(TraceStore):
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
        self._closed = False
        self._problem: str | None = None
        self._remembered = Remembered()
        self._settled_to = REVISION_MAX
        """The revision at the last turn of `maintain`."""
        self._places = KnownPlaces()
        self._sessions = KnownSessions()
        with ExitStack() as opened:
            self._writing = None if readonly else Writing(self._path, reader, clock, self._pool, holder)
            if self._writing is None:
                check_readable(self._path)
            else:
                opened.callback(self._writing.close)
            opened.callback(self._pool.close)
            with self._pool.reading() as connection:
                ((self._identity,),) = fetch(connection, "SELECT identity FROM store")
            self._texts = TextIndex(
                self._path,
                self._identity,
                reader,
                self._pool.reading,
                None if self._writing is None else self._writing.bodies_gone,
            )
            opened.callback(self._texts.close)
            self._opened = opened.pop_all()
        if self._writing is not None:
            self._writing.keeper.chores.append(self._texts.step)
            self._writing.keeper.beside_bytes = self._texts.needed_bytes

    # --- writing ----------------------------------------------------------------------------------------------------

    def _write(self, project: str, spans: Sequence[SpanData]) -> None:
        writing = self._writable()
        self._noting_problems(writing.check_room)
        keyframes = writing.keyframes
        # The fast level: what stays is packed again (bundler.py).
        deliveries = prepare(
            spans, self._reader, lambda trace_id: keyframes.known((project, trace_id)), zstd.FAST_LEVEL
        )
        self._run(writing, lambda: writing.writer.take_in(project, deliveries))
        for delivery in deliveries:
            if (keyframe := delivery.keyframe) is not None:
                keyframes.add((project, delivery.trace_id), keyframe)

    def delete_traces(self, project: str, trace_ids: Sequence[str]) -> int:
        keeper = self._writable().keeper
        return self._noting_problems(lambda: keeper.delete(project, trace_ids))

    def delete_project(self, project: str) -> int:
        keeper = self._writable().keeper
        return self._noting_problems(lambda: keeper.delete_project(project))

    def pin(self, project: str, trace_id: str, pinned: bool = True) -> bool:
        keeper = self._writable().keeper
        return self._noting_problems(lambda: keeper.pin(project, trace_id, pinned))

    def _pinned(self, project: str) -> frozenset[str]:
        with self._pool.reading() as connection:
            return retention.pinned(connection, project)

    def maintain(
        self, budget_s: float, retention_days: float | None = None, max_bytes: int | None = None
    ) -> Upkeep:
        writing = self._writable()
        if self._problem is not None and not writing.reserve.is_lent:
            self._run(writing, lambda: None)  # the problem may be over: an empty transaction tells
        share_s = budget_s * 2 / 3
        upkeep = self._noting_problems(lambda: writing.keeper.maintain(share_s, retention_days, max_bytes))
        # What was written since the last turn may well be written again: during an import of old traces, a third of the
        # work would be in vain.
        marked_max = self._settled_to
        with self._pool.reading() as connection:
            self._settled_to = connection.execute("SELECT revision FROM store").get
        return replace(upkeep, more=self._work_out(budget_s / 3, marked_max) or upkeep.more)

    def settle(self, budget_s: float) -> bool:
        return self._work_out(budget_s, REVISION_MAX)

    def _work_out(self, budget_s: float, marked_max: int) -> bool:
        deadline_s = time.monotonic() + budget_s
        with self._pool.reading() as connection:
            days = fetch(connection, UNSETTLED_DAYS)
        for name, day_s in days:
            with self._view(as_text(name)) as view:
                is_up = any(time.monotonic() > deadline_s for _ in view.settle(day_s, marked_max))
            if is_up:
                return True
        return False

    def _writable(self) -> Writing:
        if self._closed:
            raise StoreUnavailable("The store is closed.")
        if self._writing is None:
            raise StoreError("The store was opened for reading only.", "Open it without readonly.")
        return self._writing

    def _run(self, writing: Writing, job: Callable[[], T]) -> T:
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
        self._problem = self._writable().problem
        return result

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
        more = step.after is not None
        return RemapPage(
            step.looked_at,
            step.derived,
            write_cursor("remap", question, (self._identity, step.after or 0)) if more else None,
        )

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

    def _change_cursor(self, project: str, revision: int) -> str:
        return write_cursor("changes", (project,), (self._identity, revision))

    def _revision_of(self, project: str, cursor: str) -> int:
        identity, revision = read_cursor("changes", (project,), cursor, (bytes, int))
        self._check_identity(identity)
        return int(revision)

    def _check_identity(self, identity: bytes) -> None:
        if identity != self._identity:
            raise BadCursor("This cursor belongs to another file.", "Start again without a cursor.")

    # --- the ingest log ---------------------------------------------------------------------------------------------

    def keep_outcomes(self, outcomes: Mapping[str, Sequence[Outcome]]) -> None:
        keeper = self._writable().keeper
        self._noting_problems(lambda: keeper.keep_outcomes(outcomes))

    def outcomes(self, project: str, limit: int = 50) -> Sequence[Outcome]:
        with self._pool.reading() as connection:
            return outcomes.last(connection, project, limit)

    def sender_totals(self, project: str) -> Sequence[SenderTotals]:
        with self._pool.reading() as connection:
            return busiest_first(outcomes.totals(connection, project))

    # --- the store --------------------------------------------------------------------------------------------------

    def last_span_at(self) -> int | None:
        with self._pool.reading() as connection:
            last: int | None = connection.execute("SELECT last_span_at FROM store").get
            return last

    def verify(self) -> Iterator[Checked]:
        yield from verify(self._pool, self._reader)
        yield from self._texts.verify()

    def backup(self, path: Path) -> Iterator[float]:
        with self._pool.reading() as connection:
            yield from copy(connection, path)

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

    def info(self, counting: bool = True) -> StoreInfo:
        try:
            if self._writing is not None:
                self._writing.presence.check()
            with self._pool.reading() as connection:
                names = fetch(connection, "SELECT name FROM projects") if counting else []
                live_bytes = space.live_bytes(connection)
            text_index_bytes = self._texts.live_bytes()
            totals = add(self.stats(as_text(name)) for (name,) in names)
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
            trace_count=totals.traces if counting else None,
            span_count=totals.spans if counting else None,
            size_bytes=size_bytes,
            live_bytes=live_bytes,
            text_index_bytes=text_index_bytes,
        )

    def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        self._opened.close()

    @contextmanager
    def _view(self, project: str) -> Iterator[View]:
        self._settle()
        with self._pool.reading() as connection, self._view_of(connection, project) as view:
            yield view
        self._keep(view.recomputed)

    def _settle(self) -> None:
        """Makes the summaries of large traces that have grown, before anybody reads. If nothing can be written now, the
        older summaries are read."""
        writing = self._writing
        if writing is not None and writing.writer.unsettled and not self._closed:
            with suppress(StoreUnavailable):
                self._run(writing, writing.writer.settle)

    @contextmanager
    def _view_of(self, connection: apsw.Connection, project: str) -> Iterator[View]:
        with self._texts.searching(connection) as texts:
            now, reading = self._clock(), self._pool.reading
            traces = Traces(
                connection, reading, texts, self._places, self._reader, project, now, self._abandon_after_s
            )
            yield View(traces, self._remembered, self._sessions)

    def _keep(self, recomputed: Sequence[Bucket]) -> None:
        writing = self._writing
        if recomputed and writing is not None:
            # No answer depends on it: what cannot be kept will be recomputed.
            with suppress(StoreError):
                writing.commits.run(lambda: writing.writer.keep_totals(recomputed))
