"""Content that waits for its span, or for a response: told to those who copy a project."""

from __future__ import annotations

from contextlib import nullcontext

import apsw

from llm_tracer_service.blobs import in_form
from llm_tracer_service.store.base import FragmentPage
from llm_tracer_service.store.packing import PackReader
from llm_tracer_service.store.paging import read_cursor, write_cursor
from llm_tracer_service.store.sqlite.blobs import blobs_of
from llm_tracer_service.store.sqlite.connection import fetch


def find(
    connection: apsw.Connection, project: str, project_id: int, limit: int, cursor: str | None
) -> FragmentPage:
    """A page of `TraceStore.find_fragments`."""
    after = (
        (b"", b"") if cursor is None else tuple(read_cursor("fragments", (project,), cursor, (bytes, bytes)))
    )
    found = fetch(connection, _FIND, (project_id, *after, limit + 1))
    blob_of = blobs_of(lambda: nullcontext(connection), project_id)
    page = tuple(in_form(PackReader(pack).span(slot), "sent", blob_of) for _, _, pack, slot in found[:limit])
    if len(found) <= limit:
        return FragmentPage(page)
    return FragmentPage(page, write_cursor("fragments", (project,), found[limit - 1][:2]))


_FIND = """
    SELECT t.trace_id, s.span_id, b.pack, s.slot
    FROM traces t CROSS JOIN spans s ON s.trace = t.id CROSS JOIN bodies b ON b.id = s.body
    WHERE t.project = ? AND s.start IS NULL AND (t.trace_id, s.span_id) > (?, ?)
    ORDER BY t.trace_id, s.span_id LIMIT ?
"""
