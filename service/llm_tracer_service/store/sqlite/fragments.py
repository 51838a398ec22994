"""Fragments, which wait for their span or for a response: listed for those who copy a project."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from itertools import islice

import apsw
from llm_tracer.model.span import SpanData

from llm_tracer_service.blobs import in_form
from llm_tracer_service.store.base import FragmentPage
from llm_tracer_service.store.paging import read_cursor, write_cursor
from llm_tracer_service.store.sqlite import bodies
from llm_tracer_service.store.sqlite.blobs import blobs_of
from llm_tracer_service.store.sqlite.connection import fetch


def find(
    connection: apsw.Connection, project: str, project_id: int, limit: int, cursor: str | None
) -> FragmentPage:
    """A page of `TraceStore.find_fragments`. No index leads to fragments: the rows of all traces are scanned."""
    after = (b"", b"") if cursor is None else read_cursor("fragments", (project,), cursor, (bytes, bytes))
    found = list(islice(_keys_and_places(connection, project_id, *after), limit + 1))
    blob_of = blobs_of(lambda: nullcontext(connection), project_id)
    spans = [_span(connection, place) for _, place in found[:limit]]
    page = tuple(in_form(span, "sent", blob_of) for span in spans if span is not None)
    if len(found) <= limit:
        return FragmentPage(page)
    return FragmentPage(page, write_cursor("fragments", (project,), found[limit - 1][0]))


def _keys_and_places(
    connection: apsw.Connection, project_id: int, trace_id: bytes, span_id: bytes
) -> Iterator[tuple[tuple[bytes, bytes], bodies.Place]]:
    """The fragments after the given one, in the order of their ids."""
    for trace, of_trace in connection.execute(_TRACES, (project_id, trace_id)):
        for of_span, place in sorted(_of_trace(connection, trace)):
            if (of_trace, of_span) > (trace_id, span_id):
                yield (of_trace, of_span), place


def _of_trace(connection: apsw.Connection, trace: int) -> Iterator[tuple[bytes, bodies.Place]]:
    """Span id and place of each fragment of a trace: a fragment is a live span without a row."""
    for body, dead, ids, head, bundle in fetch(connection, _BODIES, bodies.body_range(trace)):
        span_ids, gone = bodies.split_ids(ids), bodies.dead_slots(dead)
        for slot, row in enumerate(bodies.rows_by_slot(connection, body, span_ids, head, bundle)):
            if row is None and slot not in gone:
                yield bytes.fromhex(span_ids[slot]), (body, slot)


def _span(connection: apsw.Connection, place: bodies.Place) -> SpanData | None:
    body, slot = place
    pack = bodies.open_pack(connection, body)
    return None if pack is None else pack.span(slot)


_TRACES = "SELECT id, trace_id FROM traces WHERE project = ? AND trace_id >= ? ORDER BY trace_id"
_BODIES = "SELECT id, dead, ids, head, bundle FROM bodies WHERE id BETWEEN ? AND ?"
