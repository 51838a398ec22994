"""How the file is opened, and what people are told about the errors of SQLite."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import apsw
import msgspec
import zstandard

from llm_tracer_service.store.base import DiskFull, StoreDamaged, StoreError, StoreUnavailable
from llm_tracer_service.store.packing import DAMAGE_HINT

log = logging.getLogger("llm_tracer_service")

Bindings: TypeAlias = Sequence[Any] | Mapping[str, Any]

BUSY_TIMEOUT_MS = 5_000
READ_CACHE_KB = 20 * 1024
"""Enough to hold what a scan of the covering index of 100,000 traces reads (16 MB)."""
WRITE_CACHE_KB = 8 * 1024
"""Measured over 150,000 spans sent to a service, side by side: 396 µs of CPU a span with 6 MB, 397 with 20. After a
million spans the service held 186 MiB with 8 MB, and 191 with 20, on two days."""
_IDLE_MAX = 3
"""How many idle connections for reading are kept, only one of them with its cache: three caches would hold 60 MB."""

WAL_BYTES_KEPT = 64 * 1024 * 1024

DISK_FULL = "The disk is full."
DISK_FULL_HINT = "Free some space, or delete traces; nothing from this call was stored."


class File(NamedTuple):
    """What a file is called in error messages, and what to do if it is damaged."""

    name: str
    damage_hint: str


STORE_FILE = File("The file of the store", DAMAGE_HINT)

READ = apsw.SQLITE_OPEN_READONLY
WRITE = apsw.SQLITE_OPEN_READWRITE


def make_private_file(path: Path) -> None:
    """Creates the file and its folders for this user alone: traces hold what people wrote. Raises StoreError."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        if os.name == "posix" and path.stat().st_mode & 0o077:
            path.chmod(0o600)
    except OSError as error:
        raise StoreError(
            f"{path} cannot be opened for writing: {error.strerror}.", "Name a file that you may write."
        ) from error


def connect(path: Path, flags: int) -> apsw.Connection:
    """A connection with our settings. SQLite makes the files beside the database as private as the database."""
    if flags == READ and _is_left_alone(path):
        # Nobody can write it, and SQLite could not make its files beside it: a copy on a read-only disk, say.
        connection = apsw.Connection(f"{path.as_uri()}?immutable=1", flags=READ | apsw.SQLITE_OPEN_URI)
    else:
        connection = apsw.Connection(str(path), flags=flags)
    connection.set_busy_timeout(BUSY_TIMEOUT_MS)
    connection.execute(f"PRAGMA cache_size = -{WRITE_CACHE_KB if flags == WRITE else READ_CACHE_KB}")
    if flags == WRITE:
        # FULL: a commit survives a power cut. It costs 6 % more CPU than NORMAL, and group commit shares the wait.
        connection.execute("PRAGMA synchronous = FULL")
        # What is deleted is overwritten, not only marked as free.
        connection.execute("PRAGMA secure_delete = ON")
        connection.execute(f"PRAGMA journal_size_limit = {WAL_BYTES_KEPT}")
    return connection


def _is_left_alone(path: Path) -> bool:
    return not os.access(path.parent, os.W_OK) and not path.with_name(f"{path.name}-wal").exists()


def fetch(connection: apsw.Connection, sql: str, bindings: Bindings = ()) -> list[tuple[Any, ...]]:
    """All rows of an answer."""
    return connection.execute(sql, bindings).fetchall()


def roll_back(connection: apsw.Connection) -> None:
    """Ends a transaction that failed. After some errors of the disk SQLite has ended it by itself."""
    if connection.in_transaction:
        connection.execute("ROLLBACK")


class ReadPool:
    """Connections for reading. None waits for another or for the writer; each question sees one state of the file."""

    def __init__(self, path: Path, file: File = STORE_FILE) -> None:
        self._path = path
        self._file = file
        self._idle: list[apsw.Connection] = []
        self._lock = threading.Lock()
        self._closed = False
        self.damage: str | None = None
        """The damage to the file that was found last."""

    @contextmanager
    def reading(self) -> Iterator[apsw.Connection]:
        """A connection inside a transaction: everything it reads is of one moment. Raises StoreError."""
        try:
            with self._reading() as connection:
                yield connection
        except StoreDamaged as fault:
            self.note_damage(fault)
            raise

    def note_damage(self, fault: StoreDamaged) -> None:
        """Remembers the damage until the file is opened again; only the first one is logged."""
        if self.damage is None:
            log.error("%s %s", fault, fault.hint)
        self.damage = str(fault)

    @contextmanager
    def _reading(self) -> Iterator[apsw.Connection]:
        with readable_errors(self._file):
            connection = self._take()
            try:
                connection.execute("BEGIN")
                try:
                    yield connection
                finally:
                    roll_back(connection)
            except apsw.Error:
                connection.close()
                raise
            self._give_back(connection)

    def close(self) -> None:
        """Closes the idle connections now, and those in use when they come back."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def _take(self) -> apsw.Connection:
        with self._lock:
            if self._closed:
                raise StoreUnavailable("The store is closed.")
            if self._idle:
                return self._idle.pop()
        return connect(self._path, READ)

    def _give_back(self, connection: apsw.Connection) -> None:
        with self._lock:
            if not self._closed and not self._idle:
                self._idle.append(connection)
                return
        # The idle one is taken first, and its cache already holds what is asked for.
        connection.execute("PRAGMA shrink_memory")
        with self._lock:
            if not self._closed and len(self._idle) < _IDLE_MAX:
                self._idle.insert(0, connection)
                return
        connection.close()


@contextmanager
def readable_errors(file: File = STORE_FILE) -> Iterator[None]:
    """Turns the errors of SQLite into StoreErrors that say what to do."""
    try:
        yield
    except apsw.FullError as error:
        raise DiskFull(DISK_FULL, DISK_FULL_HINT) from error
    except apsw.ReadOnlyError as error:
        raise StoreUnavailable(
            f"{file.name} is read-only.", "Make the file and its folder writable."
        ) from error
    except apsw.ConnectionClosedError as error:  # while this call waited for the others
        raise StoreUnavailable("The store is closed.") from error
    except (apsw.BusyError, apsw.LockedError) as error:
        raise StoreUnavailable(f"{file.name} is locked.", "Close the other program that uses it.") from error
    except apsw.NotADBError as error:
        raise StoreDamaged(
            f"{file.name} is damaged, or not an LLM Tracer file.",
            "Name another file, or move this one away.",
        ) from error
    except (apsw.CorruptError, msgspec.DecodeError, zstandard.ZstdError) as error:
        raise StoreDamaged(f"{file.name} is damaged: {error}.", file.damage_hint) from error
    except apsw.TooBigError as error:
        raise StoreError("A span is larger than 1 GB.", "Send less.") from error
    except apsw.CantOpenError as error:
        raise StoreUnavailable(
            f"{file.name} cannot be opened.", "Check that it and its folder still exist."
        ) from error
    except apsw.IOError as error:
        # The index of the log finds no room. An error that does not come from SQLite itself has no such code.
        if getattr(error, "extendedresult", None) == apsw.SQLITE_IOERR_SHMSIZE:
            raise DiskFull(DISK_FULL, DISK_FULL_HINT) from error
        raise StoreUnavailable(
            f"The disk is not responding: {error}.", "Check the disk and its mount."
        ) from error
