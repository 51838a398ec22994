"""The bundles in the file, each of several bodies (store/bundling.py): reading, making and dissolving them.

What is deleted from a bundle must leave the disk. So the bundle is dissolved: its other bodies get a row each again, and
are bundled again when nobody writes. Bundles never change otherwise.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import TypeVar

import apsw

from llm_tracer_service.store import zstd
from llm_tracer_service.store.base import StoreDamaged
from llm_tracer_service.store.bundling import Unpacked, bundle, rows_in, spans_in
from llm_tracer_service.store.packing import DAMAGE_HINT, packed
from llm_tracer_service.store.sqlite.connection import fetch
from llm_tracer_service.store.sqlite.recent import Recent

ALONE = 0
"""Stands in the column `bundle` for a body that never goes into one."""

_ID_BITS = 62


_Piece = TypeVar("_Piece", bytes, memoryview)


# The bundles opened last, since neighbours are read one after another: 10 spans of a trace are in one bundle, 50 traces of
# a list in five.
_recent_rows: Recent[int, dict[int, bytes]] = Recent(16)  # some 80 KB each
_recent_spans: Recent[int, dict[int, memoryview]] = Recent(4)  # some 520 KB each


def rows_of(connection: apsw.Connection, id: int, body: int) -> bytes:  # noqa: A002
    """The rows of a body in a bundle: 0.15 ms, or 1 µs if the bundle was opened recently. Raises StoreDamaged."""

    def load() -> dict[int, bytes]:
        for (heads,) in fetch(connection, "SELECT heads FROM bundles WHERE id = ?", (id,)):
            return rows_in(heads)
        raise _missing(id)

    return _of_body(_recent_rows.get(id, load), id, body)


def spans_of(connection: apsw.Connection, id: int, body: int) -> memoryview:  # noqa: A002
    """The spans of a body in a bundle, encoded: 0.6 ms, or 1 µs if it was opened recently. Raises StoreDamaged."""
    return _of_body(_recent_spans.get(id, lambda: _load_spans(connection, id)), id, body)


def _load_spans(connection: apsw.Connection, id: int) -> dict[int, memoryview]:  # noqa: A002
    for heads, rests in fetch(connection, "SELECT heads, rests FROM bundles WHERE id = ?", (id,)):
        return spans_in(heads, rests)
    raise _missing(id)


def _of_body(content: Mapping[int, _Piece], id: int, body: int) -> _Piece:  # noqa: A002
    if body not in content:
        raise StoreDamaged(f"Body {body} is not in its bundle {id}.", DAMAGE_HINT)
    return content[body]


def _missing(id: int) -> StoreDamaged:  # noqa: A002
    return StoreDamaged(f"Bundle {id} is missing.", DAMAGE_HINT)


# --- writing --------------------------------------------------------------------------------------------------------


class Made:
    """A bundle that is not in the file yet: compressing it takes 40 µs a span, and no lock."""

    def __init__(self, project: int, bodies: Mapping[int, Unpacked], seen: Mapping[int, bytes]) -> None:
        self._project = project
        self._seen = seen
        """The head of each body when it was read. If it has changed, the rows were derived again meanwhile."""
        self._heads, self._rests = bundle(bodies)
        digest = hashlib.blake2b(self._heads + self._rests, digest_size=8).digest()
        self._id = int.from_bytes(digest, "big") >> 64 - _ID_BITS

    def keep(self, connection: apsw.Connection) -> bool:
        """Puts it into the file in place of its bodies, inside a transaction; False if one of them has changed
        meanwhile."""
        for body, head in self._seen.items():
            if fetch(connection, _HEAD, (body,)) != [(head,)]:
                return False
        values = (self._id, self._project, len(self._seen), self._heads, self._rests)
        connection.execute(_ADD, values)
        # Not an UPDATE: a row that shrinks in place leaves the freed part of its page empty, 120 bytes a span.
        rows = [fetch(connection, _ROW, (body,))[0] for body in self._seen]
        connection.executemany("DELETE FROM bodies WHERE id = ?", [(body,) for body in self._seen])
        connection.executemany(_ADD_AGAIN, [(*row, self._id) for row in rows])
        return True


def leave_alone(connection: apsw.Connection, body: int) -> None:
    """Notes that a body never goes into a bundle."""
    connection.execute("UPDATE bodies SET bundle = ? WHERE id = ? AND bundle IS NULL", (ALONE, body))


def dissolve(connection: apsw.Connection, id: int) -> None:  # noqa: A002
    """Gives each body that is left in the bundle a row of its own again: 15 µs a span."""
    rows = {}
    for (heads,) in fetch(connection, "SELECT heads FROM bundles WHERE id = ?", (id,)):
        rows = rows_in(heads)
    left = [body for body in rows if fetch(connection, _IS_IN, (body, id))]
    spans = _load_spans(connection, id) if left else {}
    connection.executemany(
        _MOVE_OUT, [(*packed(rows[body], spans[body], zstd.FAST_LEVEL), body) for body in left]
    )
    connection.execute("DELETE FROM bundles WHERE id = ?", (id,))


NOTE_BROKEN = """
    CREATE TEMP TABLE broken_bundles (id INTEGER PRIMARY KEY);
    CREATE TEMP TRIGGER note_broken_bundles AFTER DELETE ON main.bodies WHEN old.bundle > 0
    BEGIN INSERT OR IGNORE INTO broken_bundles VALUES (old.bundle); END
"""
"""For the connection that writes: notes the bundles from which a body is deleted, whoever deletes it and why."""


def dissolve_broken(connection: apsw.Connection) -> None:
    """Dissolves the bundles from which this transaction deleted a body."""
    broken = fetch(connection, "SELECT id FROM temp.broken_bundles")
    if broken:  # deleting nothing would still add 40 µs to every commit
        for (id,) in broken:  # noqa: A001
            dissolve(connection, id)
        connection.execute("DELETE FROM temp.broken_bundles")


_HEAD = "SELECT head FROM bodies WHERE id = ? AND bundle IS NULL"
_ADD = "INSERT INTO bundles (id, project, size, heads, rests) VALUES (?, ?, ?, ?, ?)"
_ROW = "SELECT id, number, project, reader, reach, last_start, dead, base, ids FROM bodies WHERE id = ?"
_ADD_AGAIN = """
    INSERT INTO bodies (id, number, project, reader, reach, last_start, dead, base, ids, head, rest, bundle)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, x'', x'', ?)
"""
_IS_IN = "SELECT 1 FROM bodies WHERE id = ? AND bundle = ?"
_MOVE_OUT = "UPDATE bodies SET head = ?, rest = ?, bundle = NULL WHERE id = ?"
