"""What a request body says, once it is decoded: spans, and what had to be refused."""

from __future__ import annotations

from dataclasses import dataclass, field

from llm_tracer.model.span import SpanData

from llm_tracer_service.malformed import MalformedBody
from llm_tracer_service.receiving.time_units import doubt

REJECTED_MAX = 100_000
"""So many spans of a body may be refused one by one. Each refusal is kept until the answer, and takes more than an empty
span does: 8 MB of those took 1.9 GB."""

_REASONS_MAX = 5


class UnusableSpan(ValueError):
    """One span that cannot be kept, among others that can. Becomes a `Rejected`."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """One span that was refused: why, and where it stood in the body. `index` counts the spans of the body from 0."""

    reason: str
    where: str
    index: int


class Rejections(list[Rejected]):
    """What was refused of one body, in its order."""

    def append(self, rejected: Rejected) -> None:
        """Raises MalformedBody beyond REJECTED_MAX: then nothing of the body is kept, and its sender is told so."""
        if len(self) == REJECTED_MAX:
            raise MalformedBody(
                f"More than {REJECTED_MAX:,} spans cannot be kept, the first because of: {self[0].reason}",
                self[0].where,
                "Nothing of this body was kept. Correct the spans, or send fewer per request.",
            )
        super().append(rejected)


@dataclass(frozen=True, slots=True)
class Decoded:
    """The spans of one body in the order they came.

    `dropped` counts records that are understood and of no use here (log records without GenAI content).
    """

    spans: list[SpanData] = field(default_factory=list)
    rejected: Rejections = field(default_factory=Rejections)
    dropped: int = 0

    @property
    def refusal_text(self) -> str:
        """The reasons of what was refused, and where each first was, and what is odd about the rest; "" where nothing is."""
        first: dict[str, str] = {}
        for rejected in self.rejected:
            first.setdefault(rejected.reason, rejected.where)
        reasons = [f"{reason} ({where})" for reason, where in list(first.items())[:_REASONS_MAX]]
        more = len(first) - len(reasons)
        if more > 0:
            reasons.append(f"and {more} more reasons")
        return "; ".join(filter(None, (*reasons, doubt(self.spans))))
