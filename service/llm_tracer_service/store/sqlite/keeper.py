"""Deleting, pinning, and what is due from time to time: in steps of about 10 ms, between which writers go on."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from itertools import starmap
from typing import TypeAlias

import apsw

from llm_tracer_service.store.base import Clock, DiskFull, Upkeep
from llm_tracer_service.store.outcomes import Outcome
from llm_tracer_service.store.sqlite import outcomes, retention, space
from llm_tracer_service.store.sqlite.bundler import Bundler
from llm_tracer_service.store.sqlite.connection import ReadPool, readable_errors
from llm_tracer_service.store.sqlite.group_commit import GroupCommit
from llm_tracer_service.store.sqlite.reserve import Reserve
from llm_tracer_service.store.sqlite.retention import Goner
from llm_tracer_service.store.sqlite.writer import Writer
from llm_tracer_service.times import NANOS_A_DAY

_REST_MIN_S, _REST_MAX_S = 0.002, 0.05
"""It rests as long as each step took: if it took the lock again at once, waiting writers would not get it."""

_DELETION_SHRINKS_S = 1.0
"""How long a deletion gives pages back to the disk before it answers; `maintain` does the rest."""

_QUIET_S = 10.0
"""After so long without a transaction the page cache of the writing connection is dropped, up to 8 MB. The next
transaction reads the pages it needs again, which nobody notices: 2.3 to 2.5 ms of CPU for 10 spans either way."""

Chore: TypeAlias = Callable[[float], bool]
"""Works for about so many seconds, and at least one step; returns whether it has more to do now."""

Find: TypeAlias = Callable[[apsw.Connection], Sequence[Goner]]
"""Which traces are to be deleted, as a connection sees the file now: as many as one step deletes."""


class Keeper:
    """What stays in the store and what goes. `connection` is the one that writes."""

    def __init__(
        self,
        connection: apsw.Connection,
        writer: Writer,
        commits: GroupCommit,
        pool: ReadPool,
        reserve: Reserve,
        clock: Clock,
    ) -> None:
        self._connection = connection
        self._writer = writer
        self._commits = commits
        self._pool = pool
        self._reserve = reserve
        self._clock = clock
        self._bundler = Bundler(connection, writer, commits, pool)
        self.chores: list[Chore] = [self._bundle]
        """What `maintain` does after deleting and shrinking, unless the disk is full."""
        self.beside_bytes: Callable[[], int] = lambda: 0
        """What the store takes up in other files, which shrink along with it."""
        self._must_shrink = True
        """Traces were deleted since the file was last shrunk, or may have been before it was opened."""
        self._has_bundled = False
        self._forgot_s = 0.0

    # --- on request -------------------------------------------------------------------------------------------------

    def delete(self, project: str, trace_ids: Sequence[str]) -> int:
        """Deletes traces on request; returns how many of them were in lists."""
        with self._pool.reading() as connection:
            left = retention.asked_for(connection, project, trace_ids)
        count = 0
        while step := retention.first_step(left):
            started_s = time.monotonic()
            count += self._delete(step, lambda _: step)
            left = left[len(step) :]
            if left:
                _rest(started_s)
        self._shrink_now()
        return count

    def delete_project(self, project: str) -> int:
        """Deletes everything of a project; returns how many traces were in lists."""
        count = 0
        while True:
            with self._pool.reading() as connection:
                trace_ids = retention.some_of(connection, project)
            if not trace_ids:
                break
            count += self.delete(project, trace_ids)
        self._commits.run(lambda: outcomes.forget(self._connection, project))
        self._shrink_now()
        return count

    def keep_outcomes(self, of_projects: Mapping[str, Sequence[Outcome]]) -> None:
        """Adds to the ingest log."""
        self._commits.run(lambda: outcomes.keep(self._connection, of_projects))

    def pin(self, project: str, trace_id: str, pinned: bool) -> bool:
        """Pins a trace, or unpins it; returns whether the trace exists."""
        return self._commits.run(lambda: retention.pin(self._connection, project, trace_id, pinned))

    def vacuum(self) -> None:
        """Bundles everything that can be, then rewrites the whole file without its free pages."""

        def job() -> None:
            self._connection.execute("VACUUM")
            self._take_shrinking_step()

        self._bundler.bundle_all()
        with readable_errors():
            self._commits.alone(job)

    # --- from time to time ------------------------------------------------------------------------------------------

    def maintain(self, budget_s: float, retention_days: float | None, max_bytes: int | None) -> Upkeep:
        """`TraceStore.maintain`. Age, size and each chore have equal shares of the time, and of what others left over."""
        deadline_s = time.monotonic() + budget_s

        def share_s(left: int) -> float:
            return max(0.0, deadline_s - time.monotonic()) / left

        chores = [self._shrink, *self.chores] if self._reserve.restore() else [self._shrink]
        # No trace arrived before 1970, and SQLite takes no number that is much less.
        kept_from = 0 if retention_days is None else max(0, self._clock() - int(retention_days * NANOS_A_DAY))
        expired, more_expired = self._delete_found(
            lambda each: retention.expired(each, kept_from), share_s(len(chores) + 2)
        )
        evicted, more_evicted = self._delete_found(self._surplus(max_bytes), share_s(len(chores) + 1))
        more_chores = [chore(share_s(len(chores) - done)) for done, chore in enumerate(chores)]
        self._forget_pages()
        return Upkeep(expired, evicted, more_expired or more_evicted or any(more_chores))

    def _delete_found(self, find: Find, budget_s: float) -> tuple[int, bool]:
        """Deletes what `find` finds, step by step; returns how many traces, and whether there is more."""
        deadline_s = time.monotonic() + budget_s
        count = 0
        while True:
            started_s = time.monotonic()
            with self._pool.reading() as connection:
                step = find(connection)
            if not step:
                return count, False
            count += self._delete(step, find)
            if time.monotonic() >= deadline_s:
                return count, True
            _rest(started_s)

    def _surplus(self, max_bytes: int | None) -> Find:
        """Finds the traces above the limit. Other files shrink later than this one, so each gets its share of it."""
        if max_bytes is None:
            return lambda _: []
        with self._pool.reading() as connection:
            own_bytes = space.live_bytes(connection)
        allowed_bytes = max_bytes * own_bytes // (own_bytes + self.beside_bytes())
        return lambda each: retention.surplus(each, space.live_bytes(each) - allowed_bytes)

    def _delete(self, step: Sequence[Goner], find: Find) -> int:
        """Deletes these traces in one transaction, or in several if the disk has no room for one so large."""
        try:
            return self._delete_at_once(step, find)
        except DiskFull:
            if len(step) == 1:
                raise
        half = len(step) // 2
        return self._delete(step[:half], find) + self._delete(step[half:], find)

    def _delete_at_once(self, step: Sequence[Goner], find: Find) -> int:
        """Deletes those of these traces that are still found: since they were looked up, one may have been pinned, or have
        got spans that were acknowledged."""

        def job() -> int:
            self._must_shrink = True
            self._writer.derive()
            found = set(find(self._connection))
            by_project: dict[str, list[str]] = {}
            for trace in step:
                if trace in found:
                    by_project.setdefault(trace.project, []).append(trace.trace_id)
            return sum(starmap(self._writer.delete, by_project.items()))

        return self._commits.run(job)

    def _shrink(self, budget_s: float) -> bool:
        """Gives pages back to the disk, then empties the log, which still holds what was deleted. If somebody is reading
        from the log, that waits for the next call: trying again at once would not help."""
        deadline_s = time.monotonic() + budget_s
        while self._must_shrink:
            started_s = time.monotonic()
            with readable_errors():
                has_more = self._commits.alone(self._take_shrinking_step)
            if not has_more or time.monotonic() >= deadline_s:
                return has_more
            _rest(started_s)
        return False

    def _shrink_now(self) -> None:
        with suppress(DiskFull):  # the traces are deleted all the same
            self._shrink(_DELETION_SHRINKS_S)
        self._reserve.restore()

    def _bundle(self, budget_s: float) -> bool:
        """Bundles bodies. The pages that this frees serve the next bundle, and go back to the disk when there is none."""
        made, has_more = self._bundler.work(budget_s)
        self._has_bundled = self._has_bundled or made > 0
        if self._has_bundled and not has_more:
            self._has_bundled, self._must_shrink = False, True
        return has_more

    def _forget_pages(self) -> None:
        """Drops the page cache of the connection once nothing has been written for a while."""
        written_s = self._writer.committed_s
        if self._forgot_s <= written_s <= time.monotonic() - _QUIET_S:
            self._commits.alone(lambda: self._connection.execute("PRAGMA shrink_memory"))
            self._forgot_s = time.monotonic()

    def _take_shrinking_step(self) -> bool:
        has_more = space.give_back(self._connection)
        self._must_shrink = has_more or not space.empty_log(self._connection)
        return has_more


def _rest(started_s: float) -> None:
    time.sleep(min(max(time.monotonic() - started_s, _REST_MIN_S), _REST_MAX_S))
