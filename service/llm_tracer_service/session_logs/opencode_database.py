"""The sessions in opencode's database, as lines of JSON for opencode.py."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec

from llm_tracer_service.json_values import encode_json

FILE = "opencode.db"


def lines_of(path: Path) -> Iterator[bytes]:
    """A session, then its messages, then the sessions of its sub-agents; earliest first. The file is only read, also while
    the program writes it. Raises OSError if it is no such database."""
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            connection.execute("BEGIN")  # all of one moment
            for (session,) in connection.execute(_ROOTS).fetchall():
                yield from _session(connection, session)
    except sqlite3.Error as fault:
        raise OSError(f"{path} is not a database of opencode that can be read: {fault}") from fault


def _session(connection: sqlite3.Connection, session: str) -> Iterator[bytes]:
    ((parent, directory, version),) = connection.execute(_SESSION, (session,)).fetchall()
    info = {"id": session, "parentID": parent, "directory": directory, "version": version}
    yield _line({"info": info, "messages": []})
    for message, data in connection.execute(_MESSAGES, (session,)).fetchall():
        parts = [_decoded(part) for (part,) in connection.execute(_PARTS, (message,))]
        yield _line({"info": {**_decoded(data), "id": message}, "parts": parts})
    for (child,) in connection.execute(_CHILDREN, (session,)).fetchall():
        yield from _session(connection, child)


def _decoded(data: str) -> dict[str, Any]:
    try:
        return msgspec.json.decode(data, type=dict[str, Any])
    except (msgspec.DecodeError, RecursionError):
        return {"type": "unreadable", "data": data}


def _line(value: Any) -> bytes:
    return encode_json(value) + b"\n"


_ROOTS = """
    SELECT id FROM session WHERE parent_id IS NULL OR parent_id NOT IN (SELECT id FROM session) ORDER BY time_created, id
"""
_SESSION = "SELECT parent_id, directory, version FROM session WHERE id = ?"
_CHILDREN = "SELECT id FROM session WHERE parent_id = ? ORDER BY time_created, id"
_MESSAGES = "SELECT id, data FROM message WHERE session_id = ? ORDER BY time_created, id"
_PARTS = "SELECT data FROM part WHERE message_id = ? ORDER BY id"
