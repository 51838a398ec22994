"""Every token once, in rows of text that are searched from beginning to end, at 1 GB a second.

English and code have some 100,000 tokens, less than 1 MB. Ids and numbers that occur only once are among them, so that a
part of an id finds it; each takes up its length on the disk.
"""

from __future__ import annotations

from collections.abc import Iterable

import apsw

from llm_tracer_service.store.sqlite.connection import fetch
from llm_tracer_service.store.sqlite.text import words

_ROW_BYTES = 64 * 1024
_KNOWN_MAX = 150_000
"""How many tokens are remembered (12 MB). Beyond that they are forgotten, and each is written once more."""


class Vocabulary:
    """The tokens of an index, as the thread that fills it knows them."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection
        self.forget()

    def note(self, tokens: Iterable[bytes]) -> None:
        """Notes the tokens of a body."""
        self._noted.update(tokens)

    def keep(self) -> None:
        """Writes the noted tokens that are new."""
        new = self._noted - self._known
        self._noted.clear()
        if len(self._known) > _KNOWN_MAX:
            self._known.clear()
        self._known |= new
        spelled = [word for word in new if not words.is_pair(word)]
        if not spelled:
            return
        data = b"\n".join(spelled) + b"\n"
        last = fetch(self._connection, _LAST)
        if last and last[0][1] < _ROW_BYTES:
            self._connection.execute(
                "UPDATE vocabulary SET words = CAST(words || ? AS BLOB) WHERE id = ?", (data, last[0][0])
            )
        else:
            self._connection.execute("INSERT INTO vocabulary (words) VALUES (?)", (b"\n" + data,))

    def forget(self) -> None:
        """Drops what was noted and reads the written tokens: at the start, and after a transaction was rolled back."""
        self._noted: set[bytes] = set()
        self._known: set[bytes] = set()
        for (row,) in fetch(self._connection, "SELECT words FROM vocabulary ORDER BY id DESC"):
            self._known.update(row.split())
            if len(self._known) > _KNOWN_MAX:
                break


def words_with(rows: list[bytes], wanted: words.Wanted, limit: int) -> list[str] | None:
    """The tokens that contain the wanted one in its place; None if there are more than `limit`."""
    needle = wanted.word.encode()
    if wanted.place == "start":
        needle = b"\n" + needle
    elif wanted.place == "end":
        needle += b"\n"
    found: set[bytes] = set()
    for row in rows:
        at = row.find(needle)
        while at >= 0:
            at += wanted.place == "start"
            end = row.find(b"\n", at)
            found.add(row[row.rfind(b"\n", 0, at) + 1 : end])
            if len(found) > limit:
                return None
            at = row.find(needle, end)
    return [word.decode() for word in found]


_LAST = "SELECT id, length(words) FROM vocabulary ORDER BY id DESC LIMIT 1"
