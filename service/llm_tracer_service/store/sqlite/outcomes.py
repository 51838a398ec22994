"""The ingest log in the file: the last requests of each project, and sums by sender."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import apsw

from llm_tracer_service.store.exact import Loader, dump
from llm_tracer_service.store.outcomes import OUTCOMES_MAX, Outcome, SenderTotals, added
from llm_tracer_service.store.sqlite.connection import fetch
from llm_tracer_service.store.sqlite.labels import as_bytes

_load_outcome: Loader[Outcome] = Loader(Outcome)
_load_totals: Loader[list[SenderTotals]] = Loader(list[SenderTotals])


def keep(connection: apsw.Connection, outcomes: Mapping[str, Sequence[Outcome]]) -> None:
    """Adds to the ingest log of projects. Call it inside a transaction of the writer."""
    for project, of_project in outcomes.items():
        key = as_bytes(project)
        rows = ((key, dump(outcome)) for outcome in of_project[-OUTCOMES_MAX:])
        connection.executemany("INSERT INTO outcomes (project, outcome) VALUES (?, ?)", rows)
        connection.execute(_TRIM, (key, key, OUTCOMES_MAX))
        known = {each.sender: each for each in totals(connection, project)}
        connection.execute(
            "INSERT OR REPLACE INTO sender_totals (project, totals) VALUES (?, ?)",
            (key, dump(list(added(known, of_project).values()))),
        )


def last(connection: apsw.Connection, project: str, limit: int) -> list[Outcome]:
    """The last outcomes of a project, the newest first."""
    sql = "SELECT outcome FROM outcomes WHERE project = ? ORDER BY id DESC LIMIT ?"
    return [_load_outcome(data) for (data,) in fetch(connection, sql, (as_bytes(project), limit))]


def totals(connection: apsw.Connection, project: str) -> list[SenderTotals]:
    """The sums of a project by sender, in the order of the senders' first requests."""
    found = fetch(connection, "SELECT totals FROM sender_totals WHERE project = ?", (as_bytes(project),))
    return [each for (data,) in found for each in _load_totals(data)]


def forget(connection: apsw.Connection, project: str) -> None:
    """Removes the ingest log of a project. Call it inside a transaction of the writer."""
    connection.execute("DELETE FROM outcomes WHERE project = ?", (as_bytes(project),))
    connection.execute("DELETE FROM sender_totals WHERE project = ?", (as_bytes(project),))


_TRIM = """
    DELETE FROM outcomes WHERE project = ? AND id <= (
        SELECT id FROM outcomes WHERE project = ? ORDER BY id DESC LIMIT 1 OFFSET ?
    )
"""
