"""Blobs: payloads that left their spans, each kept once a project, for as long as a trace refers to it."""

from __future__ import annotations

from collections.abc import Mapping

import apsw
import zstandard

from llm_tracer_service.blobs import Blob, BlobOf
from llm_tracer_service.store.base import StoreDamaged
from llm_tracer_service.store.ids import blob_key
from llm_tracer_service.store.packing import DAMAGE_HINT
from llm_tracer_service.store.sqlite.connection import fetch
from llm_tracer_service.store.sqlite.payloads import Reading
from llm_tracer_service.store.zstd import compress, decompress


def keep(connection: apsw.Connection, project: int, trace: int, blobs: Mapping[str, Blob]) -> None:
    """Keeps the blobs of a trace; those the project already has are not written again."""
    for sha256, blob in blobs.items():
        key = bytes.fromhex(sha256)
        found = fetch(connection, "SELECT id FROM blobs WHERE project = ? AND sha256 = ?", (project, key))
        if not found:
            packed = blob.mime_type.startswith("text/")
            data = compress(blob.data) if packed else blob.data
            found = fetch(connection, _ADD, (project, key, blob.mime_type, packed, data))
        refers = (trace, found[0][0])
        connection.execute(
            "INSERT INTO trace_blobs (trace, blob) VALUES (?, ?) ON CONFLICT DO NOTHING", refers
        )


def share(connection: apsw.Connection, of_trace: int, with_trace: int) -> None:
    """Makes a second trace refer to the blobs of a trace."""
    connection.execute(
        "INSERT INTO trace_blobs SELECT ?, blob FROM trace_blobs WHERE trace = ? ON CONFLICT DO NOTHING",
        (with_trace, of_trace),
    )


def let_go(connection: apsw.Connection, trace: int) -> None:
    """Drops the references of a trace, and the blobs to which no other trace refers."""
    gone = fetch(connection, "DELETE FROM trace_blobs WHERE trace = ? RETURNING blob", (trace,))
    connection.executemany(_DROP_UNUSED, gone)


def find(connection: apsw.Connection, project: int, sha256: str) -> Blob | None:
    """The blob of a project with this SHA-256."""
    for mime_type, packed, data in fetch(connection, _FIND, (project, blob_key(sha256))):
        try:
            return Blob(decompress(data) if packed else data, mime_type)
        except zstandard.ZstdError as error:
            raise StoreDamaged(f"Blob {sha256} is damaged: {error}.", DAMAGE_HINT) from error
    return None


def blobs_of(reading: Reading, project: int) -> BlobOf:
    """Loads blobs of a project on demand. Raises StoreDamaged for one that is missing."""

    def blob_of(sha256: str) -> Blob:
        with reading() as connection:
            blob = find(connection, project, sha256)
        if blob is None:
            raise StoreDamaged(f"Blob {sha256} is missing.", DAMAGE_HINT)
        return blob

    return blob_of


_ADD = "INSERT INTO blobs (project, sha256, mime_type, packed, data) VALUES (?, ?, ?, ?, ?) RETURNING id"
_FIND = "SELECT mime_type, packed, data FROM blobs WHERE project = ? AND sha256 = ?"
_DROP_UNUSED = """
    DELETE FROM blobs WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM trace_blobs WHERE blob = ?1)
"""
