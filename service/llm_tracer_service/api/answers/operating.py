"""How the service is, and what it refused."""

from __future__ import annotations

from typing import Literal

from msgspec import UNSET, Struct, UnsetType


class Refusal(Struct, frozen=True):
    """Why something was refused, and how much of it."""

    reason: str
    count: int


class IngestRecord(Struct, frozen=True):
    """One request that brought spans, or tried to.

    `lost` is how many spans its sender reports as lost before it (out of room, refused, or taken along by a killed
    process); `spooled` says that it waited on the sender's disk, because nobody took it at first.
    """

    time: str
    source: str
    user_agent: str | None
    convention: str | None
    status: int
    accepted: int
    dropped: int
    refused: tuple[Refusal, ...]
    bytes: int
    lost: int
    spooled: bool


class IngestLog(Struct, frozen=True):
    """The last requests that brought spans, newest first."""

    requests: tuple[IngestRecord, ...]
    count: int


class Health(Struct, frozen=True):
    """Whether the service can do its work."""

    status: Literal["ok", "degraded"]
    store: str
    version: str
    last_span_at: str | None


class ProblemDetails(Struct, frozen=True):
    """RFC 9457: why a request was refused, and what to do."""

    type: str
    title: str
    status: int
    detail: str
    hint: str | None
    request_id: str | UnsetType = UNSET
    position: int | UnsetType = UNSET
    """Of a query: the character."""
    expected: str | UnsetType = UNSET
    """Of a query: what belongs there."""
    where: str | UnsetType = UNSET
    """Of a body: a byte offset or a path in it."""
