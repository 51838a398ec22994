"""Model calls that several traces of a project report: totals count them in the earliest, ties by trace id."""

from __future__ import annotations

from collections.abc import Iterable

import apsw
from llm_tracer.model.place import placed
from llm_tracer.model.trace import Trace, TraceSummary

from llm_tracer_service.store.sqlite import bodies
from llm_tracer_service.store.sqlite.connection import fetch
from llm_tracer_service.store.sqlite.labels import as_text, ids


def shared(connection: apsw.Connection, labels: Iterable[int]) -> list[int]:
    """Those of these labels that are responses of several traces, as settled so far."""
    sql = f"SELECT DISTINCT label FROM repeats WHERE label IN ({ids(labels)})"  # noqa: S608
    return [label for (label,) in fetch(connection, sql)]


def settle(connection: apsw.Connection, label: int) -> list[tuple[int, int]]:
    """Decides again which trace counts a response. Returns (project, start) of every trace that counts it now and did not
    before, or the other way round."""
    before = {trace for (trace,) in fetch(connection, "SELECT trace FROM repeats WHERE label = ?", (label,))}
    claimants = fetch(connection, _CLAIMANTS, (label,))
    after = {trace for trace, _, _ in claimants[1:]}
    connection.executemany(
        "INSERT INTO repeats (trace, label) VALUES (?, ?)", [(trace, label) for trace in after - before]
    )
    connection.executemany(
        "DELETE FROM repeats WHERE trace = ? AND label = ?", [(trace, label) for trace in before - after]
    )
    return [(project, start) for trace, project, start in claimants if (trace in before) != (trace in after)]


def elsewhere(connection: apsw.Connection, trace: int) -> set[str]:
    """The responses of a trace that an earlier trace counts."""
    return {as_text(value) for value, _ in fetch(connection, _REPEATED, (trace,))}


def counted(connection: apsw.Connection, trace: int, summary: TraceSummary) -> TraceSummary:
    """The summary of a trace as totals count it."""
    repeated = elsewhere(connection, trace)
    if not repeated:
        return summary
    rows = placed(summary.trace_id, bodies.rows(connection, trace))
    return Trace(summary.trace_id, rows, summary.last_received_unix_nano).summary_without(repeated, summary)


def reported_before(connection: apsw.Connection, trace: int) -> dict[str, str]:
    """The responses that an earlier trace counts, and the id of that trace."""
    found = {}
    for value, label in fetch(connection, _REPEATED, (trace,)):
        ((first, _, _), *_) = fetch(connection, _CLAIMANTS, (label,))
        key: bytes = connection.execute("SELECT trace_id FROM traces WHERE id = ?", (first,)).get
        found[as_text(value)] = key.hex()
    return found


_CLAIMANTS = """
    SELECT t.id, t.project, t.start FROM trace_labels l CROSS JOIN traces t ON t.id = l.trace
    WHERE l.label = ? ORDER BY t.start, t.trace_id
"""
_REPEATED = "SELECT l.value, l.id FROM repeats r CROSS JOIN labels l ON l.id = r.label WHERE r.trace = ?"
