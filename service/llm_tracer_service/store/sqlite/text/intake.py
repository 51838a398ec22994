"""Taking the bodies of the store into its index, in the order of their numbers, which is that of their commits.

Where the CPU goes for a span of 3.2 KB of text: an eighth to unpack it, a quarter for the Reader to find its texts, a third
to tokenise them, a tenth for FTS5, less for the check of verbatim.py and the vocabulary (docs/decisions/0020).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import TypeAlias

import apsw
from llm_tracer.model.reading import Reader

from llm_tracer_service.store.sqlite import space
from llm_tracer_service.store.sqlite.bodies import trace_of
from llm_tracer_service.store.sqlite.connection import fetch, roll_back
from llm_tracer_service.store.sqlite.payloads import Reading
from llm_tracer_service.store.sqlite.text import file
from llm_tracer_service.store.sqlite.text.repeated import RepeatedTexts
from llm_tracer_service.store.sqlite.text.texts import texts_of
from llm_tracer_service.store.sqlite.text.vocabulary import Vocabulary

_BODIES_READ = 16
"""Bodies read in one go: 15 ms for some 500 KB of text."""

_BODIES_A_COMMIT = 512
"""A commit makes a segment of FTS5, which is merged with others later, so fewer commits cost less: they save 20 µs a span if
a step reads only 30 bodies. What was read waits in memory until then, over as many steps as that takes."""

_CHARS_A_COMMIT = 8_000_000
"""How many characters of tokens are gathered for a commit: 1,200 bodies of 30 KB."""

_FORGOTTEN_MIN = 1_000
"""FTS5 drops the tokens of deleted bodies when it merges; the vocabulary never does. Once more bodies were forgotten than
are left, and more than this, the index is rebuilt."""

_PAGES_MERGED = 250
"""Pages that FTS5 writes in one merging step: about 20 ms."""

_SCATTERED_MIN = 2_048
"""After so many bodies, and a quarter of all, the segments of FTS5 are merged into one: 3 µs a span each time. Each word of
a search looks into each segment: over 200,000 spans, 57 words take 1.6 to 2.5 ms in 10 segments, and 0.3 to 0.9 in one."""

Gone: TypeAlias = Callable[[], Iterable[int]]
"""Returns the numbers of the bodies that the store has deleted since the last call."""


class Intake:
    """The one connection that writes the index. `reader_version` is that of the texts in the index."""

    def __init__(
        self, connection: apsw.Connection, reader: Reader, reader_version: str, reading: Reading, gone: Gone
    ) -> None:
        self._connection = connection
        self._reader = reader
        self.reader_version = reader_version
        self._reading = reading
        self._gone = gone
        self._to_forget: set[int] = set()
        self._knows_gone = False
        """Whether it has looked for bodies that were deleted unnoticed: done once, 0.1 s for a million spans."""
        self._must_shrink = False
        self._scattered = 0
        """How many bodies were added since the segments were merged, or since it was opened."""
        self._vocabulary = Vocabulary(connection)
        self._repeated = RepeatedTexts()
        self._drop_read()

    @property
    def last_body(self) -> int:
        """The last body in the index, 0 for none."""
        ((last_body,),) = fetch(self._connection, "SELECT last_body FROM state")
        return int(last_body)

    def empty(self, identity: bytes) -> None:
        """Starts to rebuild the index."""
        file.empty(self._connection, identity, self.reader_version)
        self._forget_read()
        self._must_shrink = True

    def take_in(self, deadline_s: float) -> bool:
        """Takes in some bodies, until about a time of `time.monotonic`; returns whether there is more to do. Bodies are
        written when there are many, or no more."""
        try:
            more = self._read_bodies(deadline_s)
            if more and not self._is_enough():
                return True
            self._connection.execute("BEGIN IMMEDIATE")
            self._write_bodies()
            if not more:  # only now: what superseded a body is in the index before the body is dropped
                more = self._forget_gone()
            self._connection.execute("COMMIT")
        except BaseException:
            roll_back(self._connection)
            self._forget_read()
            raise
        self._to_forget.clear()
        self._knows_gone = self._knows_gone or not more
        if not more and self._is_scattered():
            self._begin_merging()
        while not more and self._must_shrink:
            more = self._shrink() and time.monotonic() >= deadline_s
        return more

    def vacuum(self) -> None:
        """Drops the tokens of deleted bodies, and the free pages of the file."""
        self._connection.execute("INSERT INTO tokens (tokens) VALUES ('optimize')")
        self._connection.execute("VACUUM")
        space.empty_log(self._connection)

    def empty_log(self) -> None:
        """Gives back the disk space that the log took, as far as possible."""
        with suppress(apsw.Error):
            space.empty_log(self._connection)

    def close(self) -> None:
        """Closes the connection."""
        self._connection.close()

    def _read_bodies(self, deadline_s: float) -> bool:
        """Reads bodies that follow the ones read so far; returns whether there are more."""
        while True:
            with self._reading() as store:
                bodies = fetch(store, _BODIES, (self._last_read, _BODIES_READ))
                for number, body, project in bodies:
                    texts, verbatim = texts_of(store, self._reader, project, body)
                    tokens = self._repeated.tokens(texts)
                    self._vocabulary.note(tokens)
                    self._documents.append((number, trace_of(body), verbatim))
                    self._tokens.append((number, b" ".join(tokens).decode()))
                    self._chars += len(self._tokens[-1][1])
            if len(bodies) < _BODIES_READ:
                return False
            if self._is_enough() or time.monotonic() >= deadline_s:
                return True

    @property
    def _last_read(self) -> int:
        return self._documents[-1][0] if self._documents else self.last_body

    def _is_enough(self) -> bool:
        return len(self._documents) >= _BODIES_A_COMMIT or self._chars >= _CHARS_A_COMMIT

    def _write_bodies(self) -> None:
        if self._documents:
            last_body = self._last_read
            # One table after the other, while what FTS5 gathers is in the processor's cache: 20 µs a span instead of 45.
            self._connection.executemany("INSERT INTO tokens (rowid, text) VALUES (?, ?)", self._tokens)
            self._connection.executemany(_ADD_DOCUMENT, self._documents)
            self._scattered += len(self._documents)
            self._vocabulary.keep()
            self._connection.execute("UPDATE state SET last_body = ?", (last_body,))
            self._note_revision()
            self._drop_read()

    def _drop_read(self) -> None:
        self._documents: list[tuple[int, int, bool]] = []
        self._tokens: list[tuple[int, str]] = []
        self._chars = 0

    def _forget_read(self) -> None:
        """Drops what was read but not written, so that it is read again."""
        self._drop_read()
        self._vocabulary.forget()

    def _note_revision(self) -> None:
        with self._reading() as store:
            ((revision,),) = fetch(store, "SELECT revision FROM store")
        self._connection.execute("UPDATE state SET revision = ?", (revision,))

    def _forget_gone(self) -> bool:
        """Drops deleted bodies; returns whether there were so many that the index was emptied."""
        self._to_forget.update(self._gone())
        if not self._knows_gone:
            self._to_forget |= self._gone_unnoticed()
        if not self._to_forget:
            return False
        self._must_shrink = True
        for body in self._to_forget:
            if fetch(self._connection, "DELETE FROM documents WHERE body = ? RETURNING body", (body,)):
                self._connection.execute("DELETE FROM tokens WHERE rowid = ?", (body,))
                self._connection.execute("UPDATE state SET forgotten = forgotten + 1")
        self._note_revision()
        ((identity, forgotten, left),) = fetch(self._connection, _FORGOTTEN)
        if forgotten <= max(left, _FORGOTTEN_MIN):
            return False
        self.empty(identity)
        return True

    def _gone_unnoticed(self) -> set[int]:
        """The bodies that the store no longer has, if a process was killed before it could say so."""
        with self._reading() as store:
            present = {number for (number,) in fetch(store, "SELECT number FROM bodies")}
        known = fetch(self._connection, "SELECT body FROM documents")
        return {body for (body,) in known} - present

    def _is_scattered(self) -> bool:
        if self._scattered < _SCATTERED_MIN:
            return False
        ((bodies,),) = fetch(self._connection, _ABOUT_HOW_MANY)
        return self._scattered * 4 >= int(bodies)

    def _begin_merging(self) -> None:
        """Lets the shrinking steps merge all segments, which a negative number asks of FTS5."""
        self._scattered = 0
        self._must_shrink = self._merge(-_PAGES_MERGED) or self._must_shrink

    def _merge(self, pages: int) -> bool:
        """One merging step; returns whether there was something to merge."""
        before = self._connection.total_changes()
        self._connection.execute("INSERT INTO tokens (tokens, rank) VALUES ('merge', ?)", (pages,))
        return self._connection.total_changes() - before > 1

    def _shrink(self) -> bool:
        """One step of merging and of giving back the room of deleted bodies; returns whether there is more to give. FTS5
        merges a segment, and so drops tokens, once a tenth of it is of deleted bodies."""
        merged = self._merge(_PAGES_MERGED)
        self._must_shrink = space.give_back(self._connection) or merged
        if not self._must_shrink:
            space.empty_log(self._connection)
        return self._must_shrink


_ADD_DOCUMENT = "INSERT INTO documents (body, trace, verbatim) VALUES (?, ?, ?)"
_FORGOTTEN = "SELECT identity, forgotten, (SELECT count(*) FROM documents) FROM state"
_ABOUT_HOW_MANY = (
    "SELECT ifnull((SELECT max(body) FROM documents) - (SELECT min(body) FROM documents) + 1, 0)"
)
"""The oldest go first, so nearly all numbers in between exist. Every turn asks this, and a count would read them all."""
_BODIES = "SELECT number, id, project FROM bodies WHERE number > ? ORDER BY number LIMIT ?"
