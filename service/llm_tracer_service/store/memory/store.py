"""MemoryStore: what is held, behind one lock."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

from llm_tracer.model.reading import Reader
from llm_tracer.model.span import SpanData

from llm_tracer_service.store.base import (
    REMAP_LIMIT,
    BadCursor,
    ChangePage,
    Checked,
    Clock,
    ProjectStorage,
    RemapPage,
    StoreError,
    StoreInfo,
    Upkeep,
)
from llm_tracer_service.store.contract import TraceStore
from llm_tracer_service.store.memory.held import Held
from llm_tracer_service.store.memory.remap import remap
from llm_tracer_service.store.memory.view import View
from llm_tracer_service.store.memory.writer import Writer
from llm_tracer_service.store.outcomes import Outcome, SenderTotals, added, busiest_first
from llm_tracer_service.store.paging import read_cursor, write_cursor
from llm_tracer_service.times import NANOS_A_DAY


class MemoryStore(TraceStore):
    """A TraceStore that forgets everything when the process ends."""

    def __init__(self, reader: Reader, clock: Clock, abandon_after_s: float) -> None:
        self._reader = reader
        self._clock = clock
        self._abandon_after_s = abandon_after_s
        self._held = Held()
        self._writer = Writer(self._held, reader, clock)
        self._run = secrets.token_bytes(
            8
        )  # revisions of an earlier run mean nothing: its cursors are refused
        self._closed = False
        self._lock = threading.RLock()

    # --- writing ----------------------------------------------------------------------------------------------------

    def _write(self, project: str, spans: Sequence[SpanData]) -> None:
        with self._lock:
            self._writer.write(project, spans)

    def delete_traces(self, project: str, trace_ids: Sequence[str]) -> int:
        with self._lock:
            of_project = self._held.projects[project]
            known = [trace_id for trace_id in dict.fromkeys(trace_ids) if trace_id in of_project.held]
            return sum(self._held.delete(of_project, trace_id) for trace_id in known)

    def delete_project(self, project: str) -> int:
        with self._lock:
            of_project = self._held.projects[project]
            of_project.outcomes.clear()
            of_project.sender_totals.clear()
            return self.delete_traces(project, list(of_project.held))

    # --- changes ----------------------------------------------------------------------------------------------------

    def changes(self, project: str, after: str | None = None, limit: int = 100) -> ChangePage:
        if after is None:
            return ChangePage((), (), self._change_cursor(project, self._held.revision))
        revision = self._read_change_cursor(project, after)
        with self._lock:
            held = self._held.projects[project].held.items()
            changed = {trace_id: each.revision for trace_id, each in held if each.trace is not None}
            # A trace that was deleted and came again is a change, not a deletion.
            changed = {**self._held.projects[project].deleted, **changed}
            since = sorted((at, trace_id) for trace_id, at in changed.items() if at > revision)
            page = since[:limit]
            traces = [self._held.projects[project].trace(trace_id) for _, trace_id in page]
        present = self._view_of(project).present
        return ChangePage(
            traces=tuple(present(trace) for trace in traces if trace is not None),
            deleted=tuple(
                trace_id for (_, trace_id), trace in zip(page, traces, strict=True) if trace is None
            ),
            cursor=self._change_cursor(project, page[-1][0] if page else revision),
            has_more=len(since) > limit,
        )

    def _change_cursor(self, project: str, revision: int) -> str:
        return write_cursor("changes", (project,), (self._run, revision))

    def _read_change_cursor(self, project: str, cursor: str) -> int:
        run, revision = read_cursor("changes", (project,), cursor, (bytes, int))
        if run != self._run:
            raise BadCursor(
                "This cursor belongs to an earlier run.",
                "The memory store keeps nothing after a restart; start again without a cursor.",
            )
        return int(revision)

    # --- upkeep -----------------------------------------------------------------------------------------------------

    def pin(self, project: str, trace_id: str, pinned: bool = True) -> bool:
        with self._lock:
            held = self._held.projects[project].held.get(trace_id)
            if held is None or held.trace is None:
                return False
            held.pinned = pinned
            return True

    def _pinned(self, project: str) -> frozenset[str]:
        with self._lock:
            held = self._held.projects[project].held
            return frozenset(trace_id for trace_id in held if held[trace_id].pinned)

    def maintain(
        self, budget_s: float, retention_days: float | None = None, max_bytes: int | None = None
    ) -> Upkeep:
        expired = evicted = 0
        with self._lock:
            kept_from = 0 if retention_days is None else self._clock() - int(retention_days * NANOS_A_DAY)
            for project, trace_id, received_unix_nano in self._held.oldest_first():
                if received_unix_nano < kept_from:
                    expired += self._held.delete(project, trace_id)
                elif max_bytes is not None and self._held.size_bytes() > max_bytes:
                    evicted += self._held.delete(project, trace_id)
                else:
                    break
        return Upkeep(expired, evicted)

    # --- the ingest log ---------------------------------------------------------------------------------------------

    def keep_outcomes(self, outcomes: Mapping[str, Sequence[Outcome]]) -> None:
        with self._lock:
            for project, of_project in outcomes.items():
                kept = self._held.projects[project]
                kept.outcomes.extend(of_project)
                kept.sender_totals = added(kept.sender_totals, of_project)

    def outcomes(self, project: str, limit: int = 50) -> Sequence[Outcome]:
        with self._lock:
            return list(islice(reversed(self._held.projects[project].outcomes), limit))

    def sender_totals(self, project: str) -> Sequence[SenderTotals]:
        with self._lock:
            return busiest_first(self._held.projects[project].sender_totals.values())

    def settle(self, budget_s: float) -> bool:
        return False

    def verify(self) -> Iterator[Checked]:
        # Nothing is stored apart from what it was derived from.
        with self._lock:
            total = sum(len(each.held) for each in self._held.projects.values())
        yield Checked("traces", total, total)

    def backup(self, path: Path) -> Iterator[float]:
        raise StoreError("A store in memory has no backup.", "llm-tracer export writes all traces to a file.")

    def vacuum(self) -> None:
        pass

    # --- remap ------------------------------------------------------------------------------------------------------

    def remap(
        self,
        project: str | None = None,
        cursor: str | None = None,
        limit: int = REMAP_LIMIT,
        everything: bool = False,
    ) -> RemapPage:
        with self._lock:
            return remap(self._held, self._writer, self._reader.version, project, cursor, limit, everything)

    # --- the store --------------------------------------------------------------------------------------------------

    def last_span_at(self) -> int | None:
        return self._held.last_span_at

    def storage(self, project: str | None = None) -> Sequence[ProjectStorage]:
        with self._lock:
            names = sorted(self._held.projects) if project is None else [project]
            found = [self._held.projects[name].storage(name) for name in names]
        return [each for each in found if each.total_bytes or project is not None]

    def info(self, counting: bool = True) -> StoreInfo:
        with self._lock:
            projects = self._held.projects.values() if counting else ()
            traces = [trace for project in projects for trace in project.traces()]
            size_bytes = self._held.size_bytes()
        return StoreInfo(
            kind="memory",
            location="this process, until it ends",
            healthy=not self._closed,
            problem="The store is closed." if self._closed else None,
            trace_count=len(traces) if counting else None,
            span_count=sum(len(trace.rows) for trace in traces) if counting else None,
            size_bytes=size_bytes,
            live_bytes=size_bytes,
        )

    def close(self) -> None:
        with self._lock:
            self._closed = True

    @contextmanager
    def _view(self, project: str) -> Iterator[View]:
        yield self._view_of(project)

    def _view_of(self, project: str) -> View:
        with self._lock:  # one that is asked for the first time is added
            of_project = self._held.projects[project]
        return View(project, of_project, self._lock, self._clock(), self._abandon_after_s)
