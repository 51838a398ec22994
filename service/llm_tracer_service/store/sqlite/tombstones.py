"""Which traces were deleted on purpose a short while ago, so that a late retry does not bring back half of one.

All of them are in memory, since every write asks; the table is for the next process.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from threading import Lock

import apsw

from llm_tracer_service.store.base import TOMBSTONE_S, Clock
from llm_tracer_service.store.sqlite.connection import fetch
from llm_tracer_service.store.sqlite.labels import as_bytes, as_text

_TOMBSTONE_NANOS = TOMBSTONE_S * 1_000_000_000


class Tombstones:
    """For the process that writes. What a transaction writes down is remembered once it is on the disk: were it the
    other way round, a deletion that failed would refuse the spans of a trace that is still there."""

    def __init__(self, connection: apsw.Connection, clock: Clock) -> None:
        self._connection = connection
        self._clock = clock
        self._lock = Lock()
        self._deleted_at: dict[str, dict[str, int]] = {}
        for name, key, deleted_at in fetch(
            connection, "SELECT project, trace_id, deleted_at FROM tombstones"
        ):
            self._deleted_at.setdefault(as_text(name), {})[key.hex()] = deleted_at

    def standing(self, project: str, trace_ids: Collection[str]) -> frozenset[str]:
        """Which of these traces were deleted lately."""
        if project not in self._deleted_at:  # nothing was deleted, and no lock is needed
            return frozenset()
        with self._lock:
            deleted_at = self._deleted_at.get(project, {})
            return frozenset(
                trace_id
                for trace_id in trace_ids
                if trace_id in deleted_at and self._stands(deleted_at[trace_id])
            )

    def known(self, project: str, trace_ids: Collection[str]) -> frozenset[str]:
        """Which of these traces have one, standing or not: a clock that was set back may let it stand again."""
        if project not in self._deleted_at:  # most writes, and no lock for them
            return frozenset()
        with self._lock:
            return frozenset(trace_ids) & self._deleted_at.get(project, {}).keys()

    def write_down(self, project: str, trace_ids: Iterable[str]) -> None:
        """Inside of the transaction that deletes these traces."""
        now_unix_nano = self._clock()
        rows = ((as_bytes(project), bytes.fromhex(trace_id), now_unix_nano) for trace_id in trace_ids)
        self._connection.executemany("INSERT OR REPLACE INTO tombstones VALUES (?, ?, ?)", rows)

    def remember(self, project: str, trace_ids: Iterable[str]) -> None:
        """After it."""
        with self._lock:
            self._deleted_at.setdefault(project, {}).update(dict.fromkeys(trace_ids, self._clock()))

    def strike_out(self, project: str, trace_ids: Iterable[str]) -> None:
        """Inside of a transaction that writes spans of these traces."""
        rows = ((as_bytes(project), bytes.fromhex(trace_id)) for trace_id in trace_ids)
        self._connection.executemany("DELETE FROM tombstones WHERE project = ? AND trace_id = ?", rows)

    def forget(self, project: str, trace_ids: Iterable[str]) -> None:
        """After it."""
        with self._lock:
            for trace_id in trace_ids:
                self._deleted_at.get(project, {}).pop(trace_id, None)

    def has_expired(self) -> bool:
        """Whether `expire` would have something to do."""
        with self._lock:
            return any(
                not self._stands(at) for of_project in self._deleted_at.values() for at in of_project.values()
            )

    def expire(self) -> None:
        """Forgets those that are too old, inside of a transaction."""
        now_unix_nano = self._clock()
        self._connection.execute(_EXPIRE, (now_unix_nano - _TOMBSTONE_NANOS, now_unix_nano))
        with self._lock:
            self._deleted_at = {
                project: left
                for project, of_project in self._deleted_at.items()
                if (left := {trace_id: at for trace_id, at in of_project.items() if self._stands(at)})
            }

    def _stands(self, deleted_at: int) -> bool:
        # One of the future is of a clock that was set back: it would stand for as long.
        return 0 <= self._clock() - deleted_at < _TOMBSTONE_NANOS


_EXPIRE = "DELETE FROM tombstones WHERE deleted_at <= ? OR deleted_at > ?"
