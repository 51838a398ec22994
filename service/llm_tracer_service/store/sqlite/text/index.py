"""TextIndex: the index of one store, lent to searches, and made again if it was lost."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import apsw
from llm_tracer.model.reading import Reader

from llm_tracer_service.store.base import Checked, DiskFull, StoreDamaged, StoreError
from llm_tracer_service.store.sqlite import space
from llm_tracer_service.store.sqlite.connection import ReadPool, fetch, readable_errors
from llm_tracer_service.store.sqlite.payloads import Reading
from llm_tracer_service.store.sqlite.text import checks, file
from llm_tracer_service.store.sqlite.text.intake import Gone, Intake
from llm_tracer_service.store.sqlite.text.search import TextSearch
from llm_tracer_service.store.sqlite.verify import until_damage


class TextIndex:
    """The index beside the file of a store. `reading` lends connections to the store. `gone` returns the bodies that
    the store has deleted since the last call; it is None in a process that only reads.

    The process that writes should call `step` from time to time. Bodies not taken in yet are found too, only more slowly.
    Safe to use from many threads.
    """

    def __init__(
        self,
        store: Path,
        identity: bytes,
        reader: Reader,
        reading: Reading,
        gone: Gone | None,
    ) -> None:
        self._path = file.path_beside(store)
        self._identity = identity
        self._reader = reader
        self._reading = reading
        self._gone = gone
        self._pool = ReadPool(self._path, file.TEXT_INDEX)
        self._is_ahead = self._path.exists()
        """It belongs to a newer copy of the store, or nobody could tell: no search uses it until it is rebuilt."""
        self._stepping = threading.Lock()
        self._intake: Intake | None = None
        self._damaged = False
        self._closed = False
        with suppress(StoreError):  # a store without an index still finds everything
            self._is_ahead = self._is_ahead and self._looks_ahead()
            if gone is not None:
                self._intake = self._begin_anew(gone) if self._is_ahead else self._open(gone)

    def step(self, budget_s: float) -> bool:
        """Takes in bodies for about `budget_s`; returns whether there is more to do. Bodies are written when there are
        many, or no more, which may be in a later step. An index that turns out to be damaged is rebuilt by the next
        step. Raises StoreUnavailable if it cannot be written."""
        if self._gone is None:
            raise StoreError("The store was opened for reading only.", "Open it without readonly.")
        with self._stepping:
            if self._closed:
                return False
            intake = self._intake
            if intake is None or self._damaged or intake.reader_version != self._reader.version:
                intake = self._begin_anew(self._gone)
            try:
                with readable_errors(file.TEXT_INDEX):
                    return intake.take_in(time.monotonic() + budget_s)
            except StoreDamaged:
                self._damaged = True
                return True
            except DiskFull:
                intake.empty_log()  # which took the rest of the disk in vain
                raise

    @contextmanager
    def searching(self, store: apsw.Connection) -> Iterator[TextSearch]:
        """Lends a TextSearch for the traces that `store`, a connection inside a transaction, sees at this moment."""
        expected = None if self._is_ahead else (self._identity, self._reader.version)
        search = TextSearch(store, self._pool.reading, expected)
        try:
            yield search
        finally:
            search.close()
            self._damaged = self._damaged or search.damaged

    def live_bytes(self) -> int:
        """The part of its file that holds data; 0 if there is no file."""
        with suppress(StoreError), self._pool.reading() as connection:
            return space.live_bytes(connection)
        return 0

    def needed_bytes(self) -> int:
        """`live_bytes` without the share of deleted bodies, which later steps give back."""
        with suppress(StoreError), self._pool.reading() as connection:
            ((documents, forgotten),) = fetch(connection, _DOCUMENTS)
            return int(space.live_bytes(connection) * (documents + 1) // (documents + forgotten + 1))
        return 0

    def verify(self) -> Iterator[Checked]:
        """Whether it holds what the store holds: its structure, the traces of its bodies, and the words of some of them.
        One that is not there yet, as beside a copy of the store, or that belongs to a newer copy, is no damage."""
        if self._is_ahead or not self._path.exists():
            return
        with self._pool.reading() as index, self._reading() as store:
            steps = checks.verify(index, store, self._reader, self._identity)
            yield from until_damage("text", steps)

    def vacuum(self) -> None:
        """Merges the index into one segment, and rewrites its file without free pages. Raises StoreError."""
        with self._stepping, readable_errors(file.TEXT_INDEX):
            if self._intake is not None:
                self._intake.vacuum()

    def close(self) -> None:
        """Closes the file; idempotent."""
        with self._stepping:
            self._closed = True
            self._pool.close()
            self._close_intake()

    def _looks_ahead(self) -> bool:
        with self._pool.reading() as index, self._reading() as store, readable_errors(file.TEXT_INDEX):
            return file.is_ahead(index, store)

    def _open(self, gone: Gone) -> Intake:
        with readable_errors(file.TEXT_INDEX):
            version = self._reader.version
            connection = file.open_for_writing(self._path, self._identity, version)
            return Intake(connection, self._reader, version, self._reading, gone)

    def _begin_anew(self, gone: Gone) -> Intake:
        """Empties the index in any case: one that is opened late cannot know whether the store used a number again."""
        self._close_intake()
        if self._damaged:
            self._pool.close()
            file.remove(self._path)
            self._pool = ReadPool(self._path, file.TEXT_INDEX)
        intake = self._open(gone)
        try:
            with readable_errors(file.TEXT_INDEX):
                intake.empty(self._identity)
        except BaseException:
            intake.close()
            raise
        self._intake, self._damaged, self._is_ahead = intake, False, False
        return intake

    def _close_intake(self) -> None:
        if self._intake is not None:
            self._intake.close()
            self._intake = None


_DOCUMENTS = "SELECT (SELECT count(*) FROM documents), forgotten FROM state"
