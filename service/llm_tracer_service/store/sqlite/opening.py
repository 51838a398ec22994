"""How the file is opened: for writing, or for reading beside the process that writes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from llm_tracer.model.reading import Reader

from llm_tracer_service.store.base import Clock, DiskFull, StoreError
from llm_tracer_service.store.packing import Keyframe
from llm_tracer_service.store.records import DERIVATION
from llm_tracer_service.store.sqlite import migration, remap, schema, space
from llm_tracer_service.store.sqlite.connection import (
    DISK_FULL,
    DISK_FULL_HINT,
    READ,
    WRITE,
    ReadPool,
    connect,
    fetch,
    make_private_file,
    readable_errors,
)
from llm_tracer_service.store.sqlite.group_commit import GroupCommit
from llm_tracer_service.store.sqlite.keeper import Keeper
from llm_tracer_service.store.sqlite.lock import WriterLock
from llm_tracer_service.store.sqlite.presence import Presence
from llm_tracer_service.store.sqlite.recent import Recent
from llm_tracer_service.store.sqlite.reserve import Reserve
from llm_tracer_service.store.sqlite.writer import Writer

_KEYFRAMES_BYTES_MAX = 8 * 1024 * 1024


class Writing:
    """What a store that writes holds: the lock of the file, the one connection that writes, and what uses it."""

    def __init__(
        self,
        path: Path,
        reader: Reader,
        clock: Clock,
        pool: ReadPool,
        holder: str,
    ) -> None:
        make_private_file(path)
        self.reserve = Reserve(path)
        with readable_errors(), ExitStack() as opened:
            opened.callback(WriterLock(str(path), clock(), holder).release)
            self.reserve.make_way()
            self._connection = connect(path, WRITE)
            opened.callback(self._connection.close)
            schema.prepare(self._connection, path)
            self._log = space.ShortLog(self._connection)
            self._connection.execute("SELECT 1 FROM store").fetchall()  # creates the log
            self.presence = Presence(path)
            self.writer = Writer(self._connection, reader, clock, self.presence)
            migration.move_old_bodies(self._connection, self.writer, reader)
            self.writer.derive_again()
            self._connection.execute(_NOTE_BODIES_GONE)
            self.reserve.take()
            self.commits = GroupCommit(self._transaction)
            self.keeper = Keeper(self._connection, self.writer, self.commits, pool, self.reserve, clock)
            self._opened = opened.pop_all()
        self.keyframes: Recent[tuple[str, str], Keyframe] = Recent(
            _KEYFRAMES_BYTES_MAX, lambda trace, keyframe: len(keyframe.encoded)
        )
        """By project and trace id: what conversations that go on are compressed against. The body of each is in the file, or
        was."""

    @property
    def problem(self) -> str | None:
        """Why no new spans can be accepted, although everything asked of the store succeeds."""
        return DISK_FULL if self.reserve.is_lent else None

    def check_room(self) -> None:
        """Raises DiskFull while the rest of the disk is kept for deleting."""
        if not self.reserve.restore():
            raise DiskFull(DISK_FULL, DISK_FULL_HINT)

    def remap_step(self, project: str | None, after: int, limit: int, everything: bool) -> remap.Step:
        """The job of one step of a remap."""
        return remap.take_step(self._connection, self.writer, project, after, limit, everything)

    def _transaction(self, jobs: Sequence[Callable[[], Any]]) -> Sequence[Any]:
        """If the disk is full, the reserve is lent out for as long as it takes to empty the log, which frees that room
        again, and to retry."""
        try:
            if self._log.is_stuck or self.reserve.is_lent:
                self._empty_log()  # while the disk has room for its new pages
            return self.writer.transaction(jobs)
        except DiskFull:
            if not self.reserve.lend():
                raise
        try:
            self._empty_log()
            return self.writer.transaction(jobs)
        finally:
            self.reserve.take()

    def _empty_log(self) -> None:
        with readable_errors():
            space.empty_log(self._connection)
        self._log.is_stuck = False

    def bodies_gone(self) -> list[int]:
        """The numbers of the bodies deleted since the last call, except those that came back (bundles.py)."""

        def take() -> list[int]:
            gone = fetch(self._connection, _GONE)
            self._connection.execute("DELETE FROM temp.bodies_gone")
            return [number for (number,) in gone]

        return self.commits.alone(take)

    def close(self) -> None:
        """Closes the connection, then releases the lock."""
        self.commits.alone(self._opened.close)


_GONE = "SELECT number FROM temp.bodies_gone WHERE number NOT IN (SELECT number FROM main.bodies)"
_DERIVATION = "SELECT derivation FROM store"

# A trigger, so that no deletion of a body is missed, and one that is rolled back does not count.
_NOTE_BODIES_GONE = """
    CREATE TEMP TABLE bodies_gone (number INTEGER NOT NULL);
    CREATE TEMP TRIGGER note_bodies_gone AFTER DELETE ON main.bodies
    BEGIN INSERT INTO bodies_gone VALUES (old.number); END
"""


def check_readable(path: Path) -> None:
    """Raises StoreError if a file cannot be read as it is: it is missing, or its writer must first bring it up to date."""
    if not path.exists():
        raise StoreError(f"There is no {path}.", "Start llm-tracer serve to create it.")
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
            "Start llm-tracer serve with it once to upgrade it.",
        )
