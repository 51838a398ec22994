"""Why a query finds what it finds: how many traces there would be without each of its conditions."""

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

    `conditions` has one entry for each that has to be true, the first ten; `all_time` is null where no time was given.
    Where `complete` is false, one of the counts is "at least": a long scan was stopped.
    """

    traces: int
    conditions: list[WithoutCondition]
    all_time: int | None
    complete: bool
