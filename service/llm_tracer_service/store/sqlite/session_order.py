"""The sessions of a project, last activity first, without grouping all of its traces.

A session is placed by its latest trace, whether or not that one matches. If few traces match, their sessions are looked
up; otherwise the traces are walked from the latest, and a session counts where its latest trace is met.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import TypeAlias

import apsw

from llm_tracer_service.store.sqlite.connection import fetch
from llm_tracer_service.store.sqlite.labels import ids
from llm_tracer_service.store.sqlite.translate import Translation

Session: TypeAlias = tuple[int, bytes, int, bool]
"""Label, session id, last activity, and whether one of its traces meets the SQL condition."""

_FEW = 4_000


def sessions(
    connection: apsw.Connection, project: int, where: Translation, after: tuple[int, bytes] | None
) -> Iterator[Session]:
    """Sessions by last activity descending, ties by id; those after a key, (last activity, id). Not all of them have a
    trace that meets `where`, an SQL condition on `traces t`."""
    few = fetch(connection, _FEW_SESSIONS.format(where=where.sql), (*where.bindings, _FEW + 1))
    if len(few) <= _FEW:
        labels = ids({label for (label,) in few if label is not None})
        found = fetch(connection, _LAST_OF.format(labels=f"IN ({labels})", matches="1"))
        in_order = sorted(((label, key, last, True) for label, key, last, _ in found), key=_order)
        yield from (each for each in in_order if after is None or _order(each) > (-after[0], after[1]))
        return
    yield from _walk(connection, project, where, after)


def _walk(
    connection: apsw.Connection, project: int, where: Translation, after: tuple[int, bytes] | None
) -> Iterator[Session]:
    last_of_page = 2**63 - 1 if after is None else after[0]
    met: set[int] = set()
    rows = connection.execute(_LATEST, (project, last_of_page))
    matches = f"EXISTS (SELECT 1 FROM traces t WHERE t.session = l.id AND {where.sql})"  # noqa: S608  # of our own
    # One session at a time: SQLite then knows the statement already.
    sql = _LAST_OF.format(labels="= ?", matches=matches)
    for last, of_moment in groupby(rows, key=lambda row: row[0]):
        new = {label for _, label in of_moment} - met
        met |= new
        found = [row for label in new for row in fetch(connection, sql, (*where.bindings, label))]
        for label, key, latest, does_match in sorted(found, key=lambda row: row[1]):
            is_here = latest == last and (after is None or (-last, key) > (-after[0], after[1]))
            if is_here:
                yield label, key, last, bool(does_match)


def _order(session: Session) -> tuple[int, bytes]:
    return -session[2], session[1]


_FEW_SESSIONS = "SELECT t.session FROM traces t WHERE {where} LIMIT ?"
_LAST_OF = """
    SELECT l.id, l.value, (SELECT max(t.last_activity) FROM traces t WHERE t.session = l.id), {matches}
    FROM labels l WHERE l.id {labels}
"""
_LATEST = """
    SELECT last_activity, session FROM traces
    WHERE project = ? AND last_activity <= ? AND session IS NOT NULL
    ORDER BY last_activity DESC
"""
