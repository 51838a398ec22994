"""A remap, step by step: the traces derived by other versions of the Reader, in the order of their numbers.

A trace written meanwhile has a higher number than all before it, and was read by the present Reader.
"""

from __future__ import annotations

from dataclasses import dataclass

import apsw

from llm_tracer_service.store.sqlite.connection import fetch
from llm_tracer_service.store.sqlite.labels import as_bytes
from llm_tracer_service.store.sqlite.writer import Writer

LOOKED_AT_MAX = 2_000
"""After so many traces a step ends even if there was nothing to do: 10 ms."""

SPANS_MAX = 1_000
"""A step also ends after so many spans, however few traces they make: 50 ms."""


@dataclass(frozen=True, slots=True)
class Step:
    """What one transaction did. `after` is the number of the last trace examined, None at the end."""

    looked_at: int
    derived: int
    after: int | None


def take_step(
    connection: apsw.Connection, writer: Writer, project: str | None, after: int, limit: int, everything: bool
) -> Step:
    """One step, as a job for a transaction of the writer."""
    name = None if project is None else as_bytes(project)
    traces = fetch(
        connection,
        _TRACES,
        {
            "project": name,
            "after": after,
            "reader": -1 if everything else writer.present_reader(),
            "limit": LOOKED_AT_MAX,
        },
    )
    looked_at = derived = spans = 0
    for id, number, trace_id, stale in traces:  # noqa: A001
        if stale and (derived == limit or spans >= SPANS_MAX):
            return Step(looked_at, derived, after)
        looked_at, after = looked_at + 1, id
        if not stale:
            continue
        derived, spans = derived + 1, spans + stale
        writer.read_again(number, trace_id.hex())
    at_the_end = len(traces) < LOOKED_AT_MAX
    return Step(looked_at, derived, None if at_the_end else after)


_TRACES = """
    SELECT t.id, t.project, t.trace_id, (
        SELECT total(length(ids)) / 8 FROM bodies b
        WHERE b.id BETWEEN t.id << 24 AND (t.id + 1 << 24) - 1
            AND b.last_start IS NOT NULL AND b.reader <> :reader
    )
    FROM traces t CROSS JOIN projects p ON p.id = t.project
    WHERE t.id > :after AND t.start IS NOT NULL AND (:project IS NULL OR p.name = :project)
    ORDER BY t.id LIMIT :limit
"""
