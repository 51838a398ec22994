"""Scores: what a sender is answered, and their figures."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from llm_tracer_service.score_figures import ScoreBin


class ScoreKept(Struct, frozen=True):
    """A score that was kept, and the span that carries it: for a trace its root, for a session the root of its first trace.
    With this `id` it can be sent again, also with another value."""

    id: str
    target: Literal["span", "trace", "session"]
    trace_id: str
    span_id: str


class LabelCount(Struct, frozen=True):
    """How often a label was given, and the query text that finds the traces."""

    label: str
    count: int
    q: str


class ScoreFigures(Struct, frozen=True):
    """The scores of one name: `count` of them in `traces` traces, which `q` finds. Mean, bounds and bins are of the scores
    with a number; true is 1 and false is 0. There is one bin per value if there are at most ten, or else ten bins of equal
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
    """Scores by name, the most frequent first. If `complete` is false there were too many, and only traces that started at
    `counted_since` or later are counted."""

    scores: tuple[ScoreFigures, ...]
    complete: bool
    counted_since: str | None
