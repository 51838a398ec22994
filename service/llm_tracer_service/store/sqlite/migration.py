"""Files of schema 4 and earlier: their bodies move to the layout with rows beside the spans, a few traces at a time.

The spans are not touched: each body of format 1 becomes the rest of a body. Its rows are derived again by the present
Reader, since the spans are opened anyway. After an interruption, the next start goes on with the traces that are left.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from functools import partial

import apsw
from llm_tracer.model.reading import Reader
from llm_tracer.model.row import SpanRow

from llm_tracer_service.blobs import BlobOf
from llm_tracer_service.store.deliveries import rows_of
from llm_tracer_service.store.packing import Pack, PackReader, with_rows
from llm_tracer_service.store.sqlite.connection import fetch
from llm_tracer_service.store.sqlite.writer import Writer

TRACES_AT_ONCE = 200

_log = logging.getLogger("llm_tracer_service")


def move_old_bodies(connection: apsw.Connection, writer: Writer, reader: Reader) -> None:
    """Moves the bodies of an older file, 60 µs a span. May be interrupted."""
    if is_done(connection):
        return
    left: int = connection.execute("SELECT count(*) FROM bodies_4").get
    if left:
        _log.warning("Bringing the file to the present layout: %s deliveries to move.", f"{left:,}")
    while traces := fetch(connection, _TRACES, (TRACES_AT_ONCE,)):
        writer.transaction([partial(_move, connection, writer, reader, *trace) for trace in traces])
    connection.execute("DROP TABLE bodies_4; DROP TABLE spans_4")


def is_done(connection: apsw.Connection) -> bool:
    """Whether nothing is left to move."""
    return not fetch(connection, "SELECT 1 FROM sqlite_schema WHERE name = 'bodies_4'")


def _move(
    connection: apsw.Connection, writer: Writer, reader: Reader, trace: int, project: int, key: bytes
) -> None:
    packs = list(_old_packs(connection, reader, trace, writer.blobs_of(project)))
    writer.take_over(project, key.hex(), packs)
    connection.execute("DELETE FROM spans_4 WHERE trace = ?", (trace,))
    connection.execute("DELETE FROM bodies_4 WHERE trace = ?", (trace,))


def _old_packs(
    connection: apsw.Connection, reader: Reader, trace: int, blob_of: BlobOf
) -> Iterator[tuple[Pack, dict[str, SpanRow]]]:
    """The old bodies of a trace as packs, with the rows of those spans that no later body has."""
    for body, data in fetch(
        connection, "SELECT id, pack FROM bodies_4 WHERE trace = ? ORDER BY id", (trace,)
    ):
        pack = PackReader(b"", data)
        live = {slot for (slot,) in fetch(connection, _LIVE, (trace, body))}
        spans = [pack.span(slot) for slot in range(len(pack))]
        rows = rows_of({spans[slot].span_id: spans[slot] for slot in live}, reader, blob_of)
        head, rest = with_rows(b"", data, [rows.get(span.span_id) for span in spans])
        starts = [row.start_time_unix_nano for row in rows.values()]
        span_ids = tuple(span.span_id for span in spans)
        yield Pack(span_ids, head, rest, min(starts, default=None), max(starts, default=None)), rows


_TRACES = "SELECT id, project, trace_id FROM traces WHERE id IN (SELECT trace FROM bodies_4 LIMIT ?)"
_LIVE = "SELECT slot FROM spans_4 WHERE trace = ? AND body = ?"
