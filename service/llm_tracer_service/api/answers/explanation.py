"""Why a query finds what it finds: how many traces or spans there would be without each of its conditions."""

from __future__ import annotations

from msgspec import Struct


class WithoutCondition(Struct, frozen=True):
    """A condition of the query, the query text without it, and how many traces that would find.

    `text` and `q` are spelled as the service spells them; they mean what was asked.
    """

    text: str
    q: str
    traces: int


class Explanation(Struct, frozen=True):
    """How many traces match; and how many would without one condition, or without `from` and `to`.

    `conditions` has an entry for each condition that must hold, up to ten; `all_time` is null if no time was given. If
    `complete` is false, one of the counts is "at least": a long scan was stopped.
    """

    traces: int
    conditions: list[WithoutCondition]
    all_time: int | None
    complete: bool


class SpansWithoutCondition(Struct, frozen=True):
    """A condition of a query of spans, the query text without it, and how many spans that would find."""

    text: str
    q: str
    spans: int


class SpansExplanation(Struct, frozen=True):
    """How many spans match; and how many would without one condition, or without `from` and `to`.

    Like an Explanation, but counting stops at 1,000: that number means that many or more.
    """

    spans: int
    conditions: list[SpansWithoutCondition]
    all_time: int | None
    complete: bool
