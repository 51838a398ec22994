"""Scores: what is answered to a sender, and what they come to."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct


class ScoreKept(Struct, frozen=True):
    """A score that is kept, and where: the span that carries it. Of a trace that is its root, of a session the root of its
    first trace. With this `id` it can be sent again, also with another value."""

    id: str
    target: Literal["span", "trace", "session"]
    trace_id: str
    span_id: str


class ScoreBin(Struct, frozen=True):
    """How many values lie between two, the upper one included; in the first bin the lower one too."""

    low: float
    high: float
    count: int


class LabelCount(Struct, frozen=True):
    """How often a label was given, and the query text that finds the traces."""

    label: str
    count: int
    q: str


class ScoreFigures(Struct, frozen=True):
    """The scores of one name: `count` of them in `traces` traces, which `q` finds. The values are those of scores that
    have a number; true is 1 and false is 0. `bins` are one a value where there are ten at the most, else ten of equal
    width."""

    name: str
    count: int
    traces: int
    q: str
    mean: float | None
    low: float | None
    high: float | None
    bins: tuple[ScoreBin, ...]
    labels: tuple[LabelCount, ...]


class Scores(Struct, frozen=True):
    """Scores by name, the most frequent first. Where `complete` is false, only traces that started at
    `counted_since` or later are counted: there were too many."""

    scores: tuple[ScoreFigures, ...]
    complete: bool
    counted_since: str | None
