"""The file of the index, beside the store's: NAME.text.db. It holds nothing that is not in the store, so it may be lost."""

from __future__ import annotations

from pathlib import Path

import apsw

from llm_tracer_service.store.base import StoreUnavailable
from llm_tracer_service.store.sqlite.connection import WRITE, File, connect, fetch, make_private_file
from llm_tracer_service.store.sqlite.space import ShortLog

TEXT_INDEX = File("The text index", "Nothing is lost by that: delete its file, and it is made anew.")

_CACHE_KB = 2 * 1024
"""It reads each page once, as it merges, so the system's cache serves as well. With 8 MB a span costs the same."""

_FORMAT = 4
"""The version of the tables and of words.py: an index of another format is rebuilt."""

_TABLES = """
    -- One row: the store and the version of the Reader it belongs to, the last body it holds, the last revision of the
    -- store it may have seen, and how many bodies it had to forget.
    CREATE TABLE state (
        id        INTEGER PRIMARY KEY CHECK (id = 1),
        identity  BLOB NOT NULL,
        reader    TEXT NOT NULL,
        last_body INTEGER NOT NULL,
        revision  INTEGER NOT NULL,
        forgotten INTEGER NOT NULL
    ) STRICT;

    -- The tokens of each body, by its number in the store, which no other body ever has; no text, positions or counts.
    CREATE VIRTUAL TABLE tokens USING fts5(
        text, content = '', contentless_delete = 1, detail = none, tokenize = 'ascii'
    );

    -- What FTS5 gathers before it writes a segment: 8 MB, some 500 bodies. With 1 MB, merging costs 10 µs a span more.
    INSERT INTO tokens (tokens, rank) VALUES ('hashsize', 8000000);

    -- The trace of each body (by number), and whether its bytes show which ASCII texts are not in it (verbatim.py).
    CREATE TABLE documents (
        body     INTEGER PRIMARY KEY,
        trace    INTEGER NOT NULL,
        verbatim INTEGER NOT NULL
    ) STRICT;

    CREATE INDEX documents_by_trace ON documents (trace);

    -- Every token of a script with spaces, between line feeds, to find the tokens that contain a text.
    CREATE TABLE vocabulary (
        id    INTEGER PRIMARY KEY,
        words BLOB NOT NULL
    ) STRICT;
"""


def path_beside(store: Path) -> Path:
    """The path of the index of a store."""
    return store.with_name(f"{store.stem}.text{store.suffix}")


def open_for_writing(path: Path, identity: bytes, reader_version: str) -> apsw.Connection:
    """The index of this store and Reader: as it is, or empty if it was lost, is damaged or belongs to another one."""
    make_private_file(path)
    try:
        return _opened(path, identity, reader_version)
    except (apsw.NotADBError, apsw.CorruptError, apsw.SQLError):  # the last: the tables are not ours
        remove(path)
        make_private_file(path)
        return _opened(path, identity, reader_version)


def remove(path: Path) -> None:
    """Removes the file and those that SQLite puts beside it. Raises StoreUnavailable."""
    try:
        for beside in ("", "-wal", "-shm", "-journal"):
            path.with_name(path.name + beside).unlink(missing_ok=True)
    except OSError as error:
        raise StoreUnavailable(
            f"The damaged text index {path} cannot be removed: {error.strerror}.", "Delete it by hand."
        ) from error


def _opened(path: Path, identity: bytes, reader_version: str) -> apsw.Connection:
    connection = connect(path, WRITE)
    try:
        connection.execute(f"PRAGMA cache_size = -{_CACHE_KB}")
        # auto_vacuum must be set before there is a table. NORMAL: a commit lost to a power cut is simply made again.
        connection.execute(
            "PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL"
        )
        version = connection.pragma("user_version")
        if version == 0:
            with connection:
                connection.execute(_TABLES)
                connection.pragma("user_version", _FORMAT)
        elif version != _FORMAT:
            raise apsw.CorruptError(f"The index has format {version}.")
        if fetch(connection, "SELECT identity, reader FROM state") != [(identity, reader_version)]:
            empty(connection, identity, reader_version)
        ShortLog(connection)  # the connection keeps it, as its hook
    except BaseException:
        connection.close()
        raise
    return connection


def last_body(index: apsw.Connection, identity: bytes, reader_version: str) -> int | None:
    """The last body that an index holds; None if it is of another format, store or Reader."""
    if index.pragma("user_version") != _FORMAT:
        return None
    found = fetch(index, "SELECT identity, reader, last_body FROM state")
    return found[0][2] if [row[:2] for row in found] == [(identity, reader_version)] else None


def is_ahead(index: apsw.Connection, store: apsw.Connection) -> bool:
    """Whether the index has seen more than the store holds: an older copy of the store was put back. Neither transaction
    may have read anything yet, since the store may go on between the two."""
    if index.pragma("user_version") != _FORMAT:
        return False
    found = fetch(index, "SELECT last_body, revision FROM state")
    if not found:  # who made its tables was killed before it wrote the first row
        return False
    ((last_body, revision),) = found
    ((stored_body, stored_revision),) = fetch(store, "SELECT last_body, revision FROM store")
    return bool(last_body > stored_body or revision > stored_revision)


def empty(connection: apsw.Connection, identity: bytes, reader_version: str) -> None:
    """Starts to rebuild the index."""
    with connection:
        connection.execute("INSERT INTO tokens (tokens) VALUES ('delete-all')")
        connection.execute("DELETE FROM documents; DELETE FROM vocabulary; DELETE FROM state")
        connection.execute("INSERT INTO state VALUES (1, ?, ?, 0, 0, 0)", (identity, reader_version))
