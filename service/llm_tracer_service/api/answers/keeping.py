"""What is kept, and how much room it takes."""

from __future__ import annotations

from msgspec import Struct


class Pin(Struct, frozen=True):
    """A trace, and whether it is pinned now."""

    trace_id: str
    pinned: bool


class BytesByKind(Struct, frozen=True):
    """Bytes on the disk: `bodies` are spans as they were sent, `rows` what lists and trees are read from, `blobs` payloads
    that are kept once. Indexes are not included. `loose` is the part of bodies and rows that will be packed more tightly
    when little is written."""

    total: int
    bodies: int
    rows: int
    blobs: int
    loose: int


class Storage(Struct, frozen=True):
    """What a project takes up, and the limits of the store.

    `store_bytes` is the size of the whole store, `store_live_bytes` the part of it that holds data, and
    `text_index_bytes` the size of the text index, which comes on top; all three are null if keys are configured.
    `problem` says why `/health` is degraded, if the store is the reason.
    """

    traces: int
    spans: int
    pinned: int
    oldest: str | None
    newest: str | None
    bytes: BytesByKind
    retention_days: int
    max_store_bytes: int | None
    store_bytes: int | None
    store_live_bytes: int | None
    text_index_bytes: int | None
    problem: str | None
