"""The spans of a project, newest first: merged from its bodies, each of which holds some tens of them.

An index of bodies costs a tenth of an index of spans. A body is opened when its latest span is due, and its spans wait
until no later body can hold a later one. Bodies whose spans start far apart are rare, so bodies are indexed by the class
of their extent: a search that begins in the middle looks back no further than each class reaches.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from typing import TypeAlias

import apsw
from llm_tracer.model.row import SpanRow

from llm_tracer_service.store.sqlite.bodies import REACHES, live_rows, reach_ns
from llm_tracer_service.store.sqlite.connection import fetch
from llm_tracer_service.store.sqlite.traces import TraceAt
from llm_tracer_service.store.sqlite.translate import Translation

Found: TypeAlias = tuple[TraceAt, SpanRow]


def newest_spans(
    connection: apsw.Connection, project: int, first: int, last: int, traces: Translation
) -> Iterator[Found]:
    """The spans that start in [first, last], of traces that meet the SQL condition: by start descending, then by trace id
    and span id. The rows are as they were derived, not `placed`."""
    waiting: list[tuple[int, str, str, TraceAt, SpanRow]] = []
    for latest, trace, rows in _bodies(connection, project, first, last, traces):
        while waiting and -waiting[0][0] > latest:
            yield _taken(waiting)
        for row in rows:
            if first <= row.start_time_unix_nano <= last:
                order = (-row.start_time_unix_nano, trace.trace_id, row.span_id)
                heapq.heappush(waiting, (*order, trace, row))
    while waiting:
        yield _taken(waiting)


def _taken(waiting: list[tuple[int, str, str, TraceAt, SpanRow]]) -> Found:
    *_, trace, row = heapq.heappop(waiting)
    return trace, row


_Opened: TypeAlias = tuple[int, TraceAt, Sequence[SpanRow]]


def _bodies(
    connection: apsw.Connection, project: int, first: int, last: int, traces: Translation
) -> Iterator[_Opened]:
    """The bodies that may hold such spans, by the start of their latest span descending, with their trace and rows."""
    if traces.narrow:
        yield from _bodies_of_few(connection, project, first, traces)
        return
    sql = _BODIES.format(traces=traces.sql)

    def of_reach(reach: int) -> Iterator[_Opened]:
        latest = min(last + reach_ns(reach), 2**63 - 1)
        found = connection.execute(sql, (project, reach, first, latest, *traces.bindings))
        for last_start, id, key, revision, last_received, *body in found:  # noqa: A001
            trace = TraceAt(id, key.hex(), revision, last_received)
            yield last_start, trace, live_rows(connection, *body)

    yield from heapq.merge(*map(of_reach, REACHES), key=lambda body: -body[0])


def _bodies_of_few(
    connection: apsw.Connection, project: int, first: int, traces: Translation
) -> Iterator[_Opened]:
    """The bodies of traces that are named one by one, sorted without their rows, which are read on demand."""
    found = fetch(connection, _BODIES_OF_FEW.format(traces=traces.sql), (project, *traces.bindings, first))
    for last_start, body, id, key, revision, last_received in found:  # noqa: A001
        trace = TraceAt(id, key.hex(), revision, last_received)
        for columns in fetch(connection, _ROWS, (body,)):
            yield last_start, trace, live_rows(connection, *columns)


_BODIES = """
    SELECT b.last_start, t.id, t.trace_id, t.revision, t.last_received, b.id, b.ids, b.dead, b.head, b.bundle
    FROM bodies b CROSS JOIN traces t ON t.id = b.id >> 24
    WHERE b.project = ? AND b.reach = ? AND b.last_start BETWEEN ? AND ? AND {traces}
    ORDER BY b.last_start DESC
"""
_BODIES_OF_FEW = """
    SELECT b.last_start, b.id, t.id, t.trace_id, t.revision, t.last_received
    FROM traces t CROSS JOIN bodies b ON b.id BETWEEN t.id << 24 AND (t.id + 1 << 24) - 1
    WHERE +t.project = ? AND {traces} AND b.last_start >= ?
    ORDER BY b.last_start DESC
"""
_ROWS = "SELECT id, ids, dead, head, bundle FROM bodies WHERE id = ?"
