"""Room in the file and in its log: how much is in use, and giving the rest back to the disk."""

from __future__ import annotations

import apsw

from llm_tracer_service.store.sqlite.connection import BUSY_TIMEOUT_MS

LOG_BYTES_MAX = 32 * 1024 * 1024
"""How large the log grows before its pages go into the file: pages that every commit writes then go there only once."""

_PAGES_A_STEP = 250
"""1 MB: writers wait some 5 ms for it."""


def live_bytes(connection: apsw.Connection) -> int:
    """The size of all pages that are not free. It shrinks when traces are deleted, before the file does."""
    pages = connection.pragma("page_count") - free_pages(connection)
    return int(pages * connection.pragma("page_size"))


def free_pages(connection: apsw.Connection) -> int:
    """How many pages wait to be reused or given back."""
    return int(connection.pragma("freelist_count"))


class ShortLog:
    """Writes the log into the file whenever it reaches 32 MB. SQLite does that by itself, but tells nobody if it fails."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._pages_max = LOG_BYTES_MAX // connection.pragma("page_size")
        self.is_stuck = False
        """The log is that large, and the file cannot grow by its new pages: the disk is full."""
        connection.set_wal_hook(self._after_commit)

    def _after_commit(self, connection: apsw.Connection, name: str, pages: int) -> int:
        if pages >= self._pages_max:
            try:
                connection.wal_checkpoint(name, mode=apsw.SQLITE_CHECKPOINT_PASSIVE)
                self.is_stuck = False
            except apsw.FullError:
                self.is_stuck = True
            except apsw.Error:
                pass  # the commit is on the disk; the next one tries again
        return apsw.SQLITE_OK


def give_back(connection: apsw.Connection) -> bool:
    """One step of shrinking the file, while no transaction runs; returns whether there is more to give back."""
    connection.execute(f"PRAGMA incremental_vacuum({_PAGES_A_STEP})").fetchall()
    return free_pages(connection) > 0


def empty_log(connection: apsw.Connection) -> bool:
    """Writes the log into the file and empties it, while no transaction runs; False if somebody reads from it."""
    connection.set_busy_timeout(0)  # do not wait for readers
    try:
        connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
    except apsw.BusyError:
        return False
    finally:
        connection.set_busy_timeout(BUSY_TIMEOUT_MS)
    return True
