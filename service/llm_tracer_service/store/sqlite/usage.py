"""What each project takes up in the file."""

from __future__ import annotations

from dataclasses import replace

import apsw

from llm_tracer_service.store.base import ProjectStorage
from llm_tracer_service.store.sqlite.connection import fetch
from llm_tracer_service.store.sqlite.labels import as_text


def by_project(connection: apsw.Connection) -> list[ProjectStorage]:
    """The storage of every project that holds something, ordered by name. Reads the size of each body, not the body."""
    names = {id: as_text(name) for id, name in fetch(connection, "SELECT id, name FROM projects")}  # noqa: A001
    of = {id: ProjectStorage(name) for id, name in names.items()}  # noqa: A001
    for project, traces, spans, summary_bytes, oldest, newest in fetch(connection, _TRACES):
        of[project] = replace(
            of[project],
            traces=traces,
            spans=int(spans),
            rows_bytes=int(summary_bytes),
            oldest_unix_nano=oldest,
            newest_unix_nano=newest,
        )
    for project, row_bytes, span_bytes, loose in fetch(connection, _BODIES):
        rows_bytes = of[project].rows_bytes + int(row_bytes)
        of[project] = replace(
            of[project], rows_bytes=rows_bytes, bodies_bytes=int(span_bytes), loose_bytes=int(loose)
        )
    for project, blob_bytes in fetch(connection, _BLOBS):
        of[project] = replace(of[project], blobs_bytes=int(blob_bytes))
    for project, pinned in fetch(connection, _PINS):
        of[project] = replace(of[project], pinned=pinned)
    return sorted((each for each in of.values() if each.total_bytes), key=lambda each: each.project)


_TRACES = """
    SELECT project, count(*), total(span_count), total(length(summary) + length(labels)), min(start), max(start)
    FROM traces WHERE start IS NOT NULL GROUP BY project
"""
# Lengths first: otherwise whole heads and rests would be copied in order to group them.
_BODIES = """
    WITH sizes AS MATERIALIZED (
        SELECT project, length(ids) AS ids, length(head) AS head, length(rest) AS rest, bundle IS NULL AS loose FROM bodies
        UNION ALL
        SELECT project, 0, length(heads), length(rests), 0 FROM bundles
    )
    SELECT project, total(ids + head), total(rest), total((head + rest) * loose) FROM sizes GROUP BY project
"""
_BLOBS = "SELECT project, total(length(data)) FROM blobs GROUP BY project"
_PINS = "SELECT t.project, count(*) FROM pins JOIN traces t ON t.id = pins.trace GROUP BY t.project"
