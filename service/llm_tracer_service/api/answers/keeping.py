"""What stays, and what it takes."""

from __future__ import annotations

from msgspec import Struct


class Pin(Struct, frozen=True):
    """A trace, and whether it is pinned now."""

    trace_id: str
    pinned: bool


class BytesByKind(Struct, frozen=True):
    """Bytes of the disk: `bodies` are spans as they were sent, `rows` what lists and trees are read from, `blobs` the
    payloads that are kept once. Indexes are in none of them. `loose` is the part of bodies and rows that will be
    packed more tightly when nobody writes."""

    total: int
    bodies: int
    rows: int
    blobs: int
    loose: int


class Storage(Struct, frozen=True):
    """What a project takes, and the limits of the store.

    `store_bytes` is the size of the whole store, `store_live_bytes` what of it holds something, and
    `text_index_bytes` what the text index holds beside that; all three are null where keys are configured. `problem` says why `/health` is degraded, where it is because of the store.
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
