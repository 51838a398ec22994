"""The sessions of a project in an order, without grouping all of its traces for each page.

The latest first: a session is placed by its latest trace, whether or not that one matches. If few traces match, their
sessions are looked up; otherwise the traces are walked from the latest, and a session counts where its latest trace is
met. In any other order, the figures of all sessions are known (session_sums.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import TypeAlias

import apsw

from llm_tracer_service.store.base import SessionSort
from llm_tracer_service.store.paging import SessionKey, session_order
from llm_tracer_service.store.sqlite.connection import fetch
from llm_tracer_service.store.sqlite.labels import ids
from llm_tracer_service.store.sqlite.session_sums import KnownSessions
from llm_tracer_service.store.sqlite.translate import Translation

Session: TypeAlias = tuple[int, SessionKey, bool]
"""Label, the value of the order and the session id, and whether one of its traces meets the SQL condition."""

_FEW = 4_000


class Sessions:
    """The sessions of a project. `where` is an SQL condition on `traces t`."""

    def __init__(
        self, connection: apsw.Connection, project: int, where: Translation, known: KnownSessions
    ) -> None:
        self._connection = connection
        self._project = project
        self._where = where
        self._known = known

    def in_order(self, sort: SessionSort, after: SessionKey | None) -> Iterator[Session]:
        """Sessions by value descending, ties by id; those after a key. Not all of them have a trace that meets the
        condition."""
        where = self._where
        few = fetch(self._connection, _FEW_SESSIONS.format(where=where.sql), (*where.bindings, _FEW + 1))
        if len(few) <= _FEW:
            matching = {label for (label,) in few if label is not None}
            placed = sorted(self._placed(matching, sort), key=lambda each: session_order(each[1]))
            rest = (each for each in placed if after is None or session_order(each[1]) > session_order(after))
            return ((label, key, True) for label, key in rest)
        return self._latest_first(after) if sort == "-last_activity" else self._by_figures(sort, after)

    def _placed(self, labels: set[int], sort: SessionSort) -> list[tuple[int, SessionKey]]:
        if sort == "-last_activity":
            found = fetch(self._connection, _LAST_OF.format(labels=f"IN ({ids(labels)})", matches="1"))
            return [(label, (last, session_id)) for label, session_id, last, _ in found]
        of = self._known.present(self._connection, self._project).of if labels else {}
        return [(label, of[label].sort_key(sort)) for label in labels]

    def _by_figures(self, sort: SessionSort, after: SessionKey | None) -> Iterator[Session]:
        matches = _MATCHES.format(where=self._where.sql)
        figures = self._known.present(self._connection, self._project)
        for label, each in figures.in_order(sort, after):
            found = fetch(self._connection, matches, (label, *self._where.bindings))
            yield label, each.sort_key(sort), bool(found[0][0])

    def _latest_first(self, after: SessionKey | None) -> Iterator[Session]:
        last_of_page = 2**63 - 1 if after is None else after[0]
        met: set[int] = set()
        rows = self._connection.execute(_LATEST, (self._project, last_of_page))
        matches = f"EXISTS (SELECT 1 FROM traces t WHERE t.session = l.id AND {self._where.sql})"  # noqa: S608  # of our own
        # One session at a time: SQLite then knows the statement already.
        sql = _LAST_OF.format(labels="= ?", matches=matches)
        for last, of_moment in groupby(rows, key=lambda row: row[0]):
            new = {label for _, label in of_moment} - met
            met |= new
            bindings = self._where.bindings
            found = [row for label in new for row in fetch(self._connection, sql, (*bindings, label))]
            for label, session_id, latest, does_match in sorted(found, key=lambda row: row[1]):
                is_here = latest == last
                if is_here and (after is None or session_order((last, session_id)) > session_order(after)):
                    yield label, (last, session_id), bool(does_match)


# Without a hint, the planner takes the index of the time range: 1 ms a session.
_MATCHES = """
    SELECT EXISTS (SELECT 1 FROM traces t INDEXED BY traces_by_session WHERE t.session = ? AND {where})
"""
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
