"""Which traces may be deleted, and the pins that keep them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import apsw

from llm_tracer_service.store.ids import trace_key
from llm_tracer_service.store.sqlite.connection import fetch
from llm_tracer_service.store.sqlite.labels import as_bytes, as_text

SPANS_A_STEP = 250
"""A transaction that deletes ends after so many spans, unless a single trace is larger: writers wait about 10 ms for it."""

_ROW_BYTES = 400
"""Roughly what a span takes besides its body: its row, and its share of the rows and indexes of its trace."""

_TRACES_A_STEP = 100

_ALWAYS = 2**63 - 1
"""A time before which everything has arrived."""


@dataclass(frozen=True, slots=True)
class Goner:
    """A trace to be deleted: the name of its project, its id, and how many spans it has."""

    project: str
    trace_id: str
    spans: int


def expired(connection: apsw.Connection, before_unix_nano: int) -> list[Goner]:
    """Unpinned traces of which nothing has arrived since a time, the oldest first: as many as one step deletes."""
    return first_step(_oldest(connection, before_unix_nano))


def surplus(connection: apsw.Connection, bytes_over: int) -> list[Goner]:
    """The unpinned traces of which nothing has arrived for longest: as many as one step deletes, and no more than it takes
    to free `bytes_over`. None if that is not above 0."""
    step: list[Goner] = []
    for trace in first_step(_oldest(connection)):
        if bytes_over <= 0:
            break
        step.append(trace)
        bytes_over -= _bytes_of(connection, trace)
    return step


def asked_for(connection: apsw.Connection, project: str, trace_ids: Sequence[str]) -> list[Goner]:
    """Those of these traces that exist, fragments included."""
    found = []
    for trace_id in dict.fromkeys(trace_ids):
        bindings = (as_bytes(project), trace_key(trace_id))
        found += [Goner(project, trace_id, spans) for (spans,) in fetch(connection, _SIZE, bindings)]
    return found


def some_of(connection: apsw.Connection, project: str) -> list[str]:
    """Up to a thousand traces of a project, fragments included."""
    return [key.hex() for (key,) in fetch(connection, _SOME, (as_bytes(project),))]


def first_step(traces: Sequence[Goner]) -> list[Goner]:
    """The first of these traces, as many as one step deletes: at least one, if there is one."""
    step: list[Goner] = []
    spans = 0
    for trace in traces:
        spans += trace.spans
        if step and spans > SPANS_A_STEP:
            break
        step.append(trace)
    return step


def _bytes_of(connection: apsw.Connection, trace: Goner) -> int:
    """Roughly what a trace takes. Shared blobs count too: rather too few traces go, and the next step goes on."""
    bindings = (as_bytes(trace.project), trace_key(trace.trace_id))
    ((payload_bytes,),) = fetch(connection, _BYTES, bindings)
    return int(payload_bytes) + _ROW_BYTES * trace.spans


def _oldest(connection: apsw.Connection, before_unix_nano: int = _ALWAYS) -> list[Goner]:
    bindings = {"before": before_unix_nano, "limit": _TRACES_A_STEP}
    return [
        Goner(as_text(name), key.hex(), spans) for name, key, spans in fetch(connection, _OLDEST, bindings)
    ]


def pin(connection: apsw.Connection, project: str, trace_id: str, pinned: bool) -> bool:
    """Pins or unpins a trace, inside a transaction of the writer; returns whether the trace exists."""
    found = fetch(connection, _FIND, (as_bytes(project), trace_key(trace_id)))
    sql = "INSERT OR IGNORE INTO pins (trace) VALUES (?)" if pinned else "DELETE FROM pins WHERE trace = ?"
    for key in found:
        connection.execute(sql, key)
    return bool(found)


def pinned(connection: apsw.Connection, project: str) -> frozenset[str]:
    """All pinned traces of a project."""
    return frozenset(key.hex() for (key,) in fetch(connection, _PINNED, (as_bytes(project),)))


_OLDEST = """
    SELECT p.name, t.trace_id, ifnull(t.span_count, 1)
    FROM traces t CROSS JOIN projects p ON p.id = t.project
    WHERE t.last_received < :before AND NOT EXISTS (SELECT 1 FROM pins WHERE trace = t.id)
    ORDER BY t.last_received, t.id LIMIT :limit
"""
_SOME = """
    SELECT t.trace_id FROM traces t JOIN projects p ON p.id = t.project WHERE p.name = ? LIMIT 1000
"""
_SIZE = """
    SELECT ifnull(t.span_count, 1) FROM traces t JOIN projects p ON p.id = t.project
    WHERE p.name = ? AND t.trace_id = ?
"""
_BYTES = """
    SELECT
        (
            SELECT total(ifnull((length(u.heads) + length(u.rests)) / u.size, length(b.head) + length(b.rest)))
            FROM bodies b LEFT JOIN bundles u ON u.id = b.bundle
            WHERE b.id BETWEEN t.id << 24 AND (t.id + 1 << 24) - 1
        )
        + (SELECT total(length(data)) FROM blobs WHERE id IN (SELECT blob FROM trace_blobs WHERE trace = t.id))
    FROM traces t JOIN projects p ON p.id = t.project
    WHERE p.name = ? AND t.trace_id = ?
"""
_FIND = """
    SELECT t.id FROM traces t JOIN projects p ON p.id = t.project
    WHERE p.name = ? AND t.trace_id = ? AND t.start IS NOT NULL
"""
_PINNED = """
    SELECT t.trace_id FROM pins JOIN traces t ON t.id = pins.trace JOIN projects p ON p.id = t.project
    WHERE p.name = ?
"""
