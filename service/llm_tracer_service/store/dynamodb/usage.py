"""What a project takes up in the table."""

from __future__ import annotations

from llm_tracer_service.store.base import ALWAYS, ProjectStorage
from llm_tracer_service.store.dynamodb.blobs import Blobs
from llm_tracer_service.store.dynamodb.heads import Heads
from llm_tracer_service.store.dynamodb.listing import Listing, fragment_entries, start_of


def storage_of(project: str, listing: Listing, heads: Heads, blobs: Blobs) -> ProjectStorage:
    """The storage of one project. Reads all of its list."""
    entries = list(listing.newest_first(project, ALWAYS))
    every = [*entries, *fragment_entries(listing, heads, project)]
    return ProjectStorage(
        project,
        traces=len(entries),
        spans=sum(entry.summary.span_count for entry in entries if entry.summary is not None),
        pinned=sum(entry.pinned for entry in entries),
        oldest_unix_nano=start_of(entries[-1]) if entries else None,
        newest_unix_nano=start_of(entries[0]) if entries else None,
        bodies_bytes=sum(entry.bodies_bytes for entry in every),
        rows_bytes=sum(entry.rows_bytes for entry in every),
        blobs_bytes=sum(size for _, size in blobs.all_of(project)),
    )
