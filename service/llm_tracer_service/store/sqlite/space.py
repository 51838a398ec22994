"""Room in the file and in its log: what of it is used, and giving the rest back to the disk."""

from __future__ import annotations

import apsw

from llm_tracer_service.store.sqlite.connection import BUSY_TIMEOUT_MS

LOG_BYTES_MAX = 32 * 1024 * 1024
"""Pages that every commit writes go to the file once in so many bytes of the log."""

_PAGES_A_STEP = 250
"""1 MB: writers wait some 5 ms for it."""


def live_bytes(connection: apsw.Connection) -> int:
    """What of the file holds something: all pages but the free ones. It goes down when traces are deleted, before the
    file does."""
    pages = connection.pragma("page_count") - free_pages(connection)
    return int(pages * connection.pragma("page_size"))


def free_pages(connection: apsw.Connection) -> int:
    """How many pages wait to be used again, or to be given back."""
    return int(connection.pragma("freelist_count"))


class ShortLog:
    """Writes the log into the file whenever it has 32 MB, as SQLite does by itself, which tells nobody that it cannot."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._pages_max = LOG_BYTES_MAX // connection.pragma("page_size")
        self.is_stuck = False
        """It has them, and the file cannot grow by what is new in it: the disk is full."""
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
    """One step of shrinking the file, while no transaction runs; whether there is more to give."""
    connection.execute(f"PRAGMA incremental_vacuum({_PAGES_A_STEP})").fetchall()
    return free_pages(connection) > 0


def empty_log(connection: apsw.Connection) -> bool:
    """Writes the log into the file and empties it, while no transaction runs; False where somebody reads from it."""
    connection.set_busy_timeout(0)  # who reads now is not waited for
    try:
        connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
    except apsw.BusyError:
        return False
    finally:
        connection.set_busy_timeout(BUSY_TIMEOUT_MS)
    return True
