"""The ingest log: the outcome of each request that brought spans, and sums of them by sender."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

OUTCOMES_MAX = 1_000
"""How many outcomes a project keeps, the latest ones."""

SENDERS_MAX = 200
"""How many senders of a project have sums of their own; further ones share one sum."""


@dataclass(frozen=True, slots=True)
class RefusedSpan:
    """One refused span of a request: its index in the body, its place in the body's own terms, and why."""

    index: int
    where: str
    reason: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of one request. `refused` counts spans by reason; if the whole body was refused, it counts the body.

    `source` is the path it came by, `convention` the convention its spans seem to follow, `size_bytes` the size on the
    wire. `lost` counts spans that the sender says it lost; `is_spooled`: the request had waited on the sender's disk.
    `examples` are the first refused spans, `unmapped` attribute keys of some of its spans that no table knows. `note` says
    what is odd about the spans that were kept, "" if nothing is.
    """

    time_unix_nano: int
    source: str
    status: int
    user_agent: str | None = None
    convention: str | None = None
    accepted: int = 0
    dropped: int = 0
    refused: Mapping[str, int] = field(default_factory=dict)
    size_bytes: int = 0
    duration_ms: float = 0.0
    lost: int = 0
    examples: tuple[RefusedSpan, ...] = ()
    unmapped: tuple[str, ...] = ()
    is_spooled: bool = False
    note: str = ""

    @property
    def sender(self) -> Sender:
        """The sender, whatever its version."""
        product = None if self.user_agent is None else self.user_agent.partition("/")[0].strip()[:100]
        return Sender(self.source, product, self.convention)


@dataclass(frozen=True, slots=True)
class Sender:
    """Where requests come from: the path, the product of the user agent, and the convention."""

    source: str
    product: str | None = None
    convention: str | None = None


OTHERS = Sender("others")
"""All senders beyond SENDERS_MAX."""


@dataclass(frozen=True, slots=True)
class SenderTotals:
    """Sums over all requests of one sender since `since_unix_nano`."""

    sender: Sender
    since_unix_nano: int
    last_unix_nano: int
    requests: int = 0
    failed: int = 0
    accepted: int = 0
    refused: int = 0
    dropped: int = 0
    lost: int = 0
    size_bytes: int = 0

    def plus(self, other: SenderTotals) -> SenderTotals:
        """Both together, of the same sender."""
        return replace(
            self,
            since_unix_nano=min(self.since_unix_nano, other.since_unix_nano),
            last_unix_nano=max(self.last_unix_nano, other.last_unix_nano),
            requests=self.requests + other.requests,
            failed=self.failed + other.failed,
            accepted=self.accepted + other.accepted,
            refused=self.refused + other.refused,
            dropped=self.dropped + other.dropped,
            lost=self.lost + other.lost,
            size_bytes=self.size_bytes + other.size_bytes,
        )


def added(totals: Mapping[Sender, SenderTotals], outcomes: Iterable[Outcome]) -> dict[Sender, SenderTotals]:
    """The sums with further requests added, which are in the order of their arrival."""
    totals = dict(totals)
    by_origin: dict[tuple[str, str | None, str | None], list[Outcome]] = {}
    for outcome in outcomes:
        by_origin.setdefault((outcome.source, outcome.user_agent, outcome.convention), []).append(outcome)
    for of_origin in by_origin.values():
        sender = of_origin[0].sender
        if sender not in totals and len(totals) >= SENDERS_MAX:
            sender = OTHERS
        more = _sums(sender, of_origin)
        known = totals.get(sender)
        totals[sender] = more if known is None else known.plus(more)
    return totals


def busiest_first(totals: Iterable[SenderTotals]) -> list[SenderTotals]:
    """The sums, most requests first, ties in the order of their first request."""
    return sorted(totals, key=lambda each: (-each.requests, each.since_unix_nano))


def _sums(sender: Sender, outcomes: Sequence[Outcome]) -> SenderTotals:
    times = [each.time_unix_nano for each in outcomes]
    return SenderTotals(
        sender,
        min(times),
        max(times),
        requests=len(outcomes),
        failed=sum(each.status >= 400 for each in outcomes),
        accepted=sum(each.accepted for each in outcomes),
        refused=sum(sum(each.refused.values()) for each in outcomes if each.refused),
        dropped=sum(each.dropped for each in outcomes),
        lost=sum(each.lost for each in outcomes),
        size_bytes=sum(each.size_bytes for each in outcomes),
    )
