"""The state of the service, and what it refused."""

from __future__ import annotations

from typing import Literal

from msgspec import UNSET, Struct, UnsetType

from llm_tracer_service.store.outcomes import RefusedSpan


class Refusal(Struct, frozen=True):
    """Why something was refused, and how much of it."""

    reason: str
    count: int


class IngestRecord(Struct, frozen=True):
    """One request that brought spans, or tried to.

    `lost`: spans that the sender says it lost. `spooled`: the request had waited on the sender's disk. `examples`: the
    first refused spans. `unmapped`: attribute keys of some of its spans that no table of conventions knows. `note`: what is
    odd about the spans that were kept, such as times in another unit; "" if nothing is.
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
    duration_ms: float
    lost: int
    spooled: bool
    examples: tuple[RefusedSpan, ...]
    unmapped: tuple[str, ...]
    note: str


class SenderTotals(Struct, frozen=True):
    """Sums over all requests of one sender, including those no longer listed. The `source` `others` stands for all senders
    beyond a limit."""

    source: str
    product: str | None
    convention: str | None
    since: str
    last: str
    requests: int
    failed: int
    accepted: int
    refused: int
    dropped: int
    lost: int
    bytes: int


class UnmappedKey(Struct, frozen=True):
    """An attribute key that no table knows, and in how many of the listed requests it was seen."""

    key: str
    requests: int


class IngestLog(Struct, frozen=True):
    """The last requests that brought spans, newest first, and sums by sender, the busiest first."""

    requests: tuple[IngestRecord, ...]
    count: int
    senders: tuple[SenderTotals, ...]
    unmapped: tuple[UnmappedKey, ...]


class Health(Struct, frozen=True):
    """Whether the service works."""

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
    """For a query: the position of the character."""
    expected: str | UnsetType = UNSET
    """For a query: what was expected there."""
    matches: int | UnsetType = UNSET
    """For a deletion that was not confirmed: how many traces would be deleted."""
    pinned: int | UnsetType = UNSET
    """For a deletion that was not confirmed: how many of these are pinned."""
    where: str | UnsetType = UNSET
    """For a body: a byte offset or a path in it."""
