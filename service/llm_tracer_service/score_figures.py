"""Figures of the scores of some traces, by name. Pure."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from llm_tracer.model.reading import Score
from llm_tracer.model.trace import TraceSummary

BINS_MAX = 10


@dataclass(frozen=True, slots=True)
class ScoreBin:
    """How many values lie in a range. Both ends belong to it, except that its start belongs to the bin before."""

    low: float
    high: float
    count: int


@dataclass(frozen=True, slots=True)
class ScoreFigures:
    """The scores of one name: how many there are and in how many traces, figures of their values, and counts of labels.

    `mean`, `low` and `high` are None if all scores are labels. `bins` are in ascending order: one for each value if there
    are few, otherwise BINS_MAX of equal width.
    """

    name: str
    count: int
    traces: int
    mean: float | None
    low: float | None
    high: float | None
    bins: tuple[ScoreBin, ...]
    labels: Mapping[str, int]


def figures_by_name(summaries: Iterable[TraceSummary]) -> list[ScoreFigures]:
    """The figures of all names, the most frequent first."""
    scores: dict[str, list[Score]] = {}
    traces: Counter[str] = Counter()
    for summary in summaries:
        traces.update({score.name for score in summary.scores})
        for score in summary.scores:
            scores.setdefault(score.name, []).append(score)
    found = [_figures(name, of, traces[name]) for name, of in scores.items()]
    return sorted(found, key=lambda figures: (-figures.count, figures.name))


def _figures(name: str, scores: list[Score], traces: int) -> ScoreFigures:
    values = sorted(score.value for score in scores if score.value is not None)
    labels = Counter(score.label for score in scores if score.label)
    return ScoreFigures(
        name,
        len(scores),
        traces,
        math.fsum(values) / len(values) if values else None,
        values[0] if values else None,
        values[-1] if values else None,
        tuple(bins_of(values)),
        dict(sorted(labels.items(), key=lambda each: (-each[1], each[0]))),
    )


def bins_of(values: list[float]) -> list[ScoreBin]:
    """The bins of values, which are in ascending order; each value is in exactly one bin."""
    counts = Counter(values)
    if len(counts) <= BINS_MAX:
        return [ScoreBin(value, value, count) for value, count in sorted(counts.items())]
    low, width = values[0], (values[-1] - values[0]) / BINS_MAX
    ends = [*(low + width * number for number in range(1, BINS_MAX)), values[-1]]
    found = [0] * BINS_MAX
    at = 0
    for value in values:
        while value > ends[at]:
            at += 1
        found[at] += 1
    return [ScoreBin(start, end, count) for start, end, count in zip([low, *ends], ends, found, strict=False)]
