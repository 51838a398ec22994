"""Totals over many traces that can be added up: counts, tokens, cost, and latency as a histogram."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from llm_tracer.model.counting import sum_usage
from llm_tracer.model.reading import Usage
from llm_tracer.model.trace import TraceCost, TraceSummary

# Buckets of 3.9 % width: the middle of one is at most 1.95 % away from any value in it, inside the 2 % that we promise.
_GROWTH = 1.039
_LOG_GROWTH = math.log(_GROWTH)
_SMALLEST_MS = 0.001


def bucket_of(duration_ms: float) -> int:
    """The bucket of a duration; 0 holds everything up to a microsecond."""
    if duration_ms <= _SMALLEST_MS:
        return 0
    return 1 + int(math.log(duration_ms / _SMALLEST_MS) / _LOG_GROWTH)


def middle_ms(bucket: int) -> float:
    """The duration that stands for a bucket, at most 2 % away from each that fell into it."""
    if bucket == 0:
        return 0.0
    return float(_SMALLEST_MS * math.exp((bucket - 0.5) * _LOG_GROWTH))


def percentile_ms(histogram: Mapping[int, int], share: float) -> float | None:
    """The duration below which `share` (0 to 1) of the counted ones lie; None where nothing was counted."""
    total = sum(histogram.values())
    if not total:
        return None
    # A hair less, so that 0.07 of 100 is the 7th although the product is 7.000000000000001.
    rank = max(1, math.ceil(share * total - 1e-9))
    seen = 0
    for bucket in sorted(histogram):
        seen += histogram[bucket]
        if seen >= rank:
            return middle_ms(bucket)
    raise AssertionError("the rank lies within the total")


@dataclass(frozen=True, slots=True)
class Figures:
    """Totals of some traces. `histogram` counts the ended ones by `bucket_of` their duration.

    `cost.total` sums only known prices; `cost.complete` is False where a counted call has none. `cost` is None where
    no price is known at all.
    """

    traces: int = 0
    spans: int = 0
    errors: int = 0
    llm_calls: int = 0
    tool_calls: int = 0
    usage: Usage | None = None
    cost: TraceCost | None = None
    histogram: Mapping[int, int] = field(default_factory=dict)


def figures_of(summary: TraceSummary) -> Figures:
    """The figures of one trace. `errors` counts traces whose status is error."""
    histogram = {} if summary.duration_ms is None else {bucket_of(summary.duration_ms): 1}
    return Figures(
        traces=1,
        spans=summary.span_count,
        errors=int(summary.status == "error"),
        llm_calls=summary.llm_calls,
        tool_calls=summary.kinds.get("tool", 0),
        usage=summary.usage,
        cost=summary.cost,
        histogram=histogram,
    )


def add(parts: Iterable[Figures]) -> Figures:
    """The figures of all parts together; of none, zeros with usage and cost unknown."""
    parts = list(parts)
    histogram: dict[int, int] = {}
    for part in parts:
        for bucket, count in part.histogram.items():
            histogram[bucket] = histogram.get(bucket, 0) + count
    costs = [part.cost for part in parts if part.cost is not None]
    # A trace with tokens and no price at all makes the sum incomplete too.
    unpriced = any(part.cost is None and part.usage is not None for part in parts)
    complete = not unpriced and all(cost.complete for cost in costs)
    return Figures(
        traces=sum(part.traces for part in parts),
        spans=sum(part.spans for part in parts),
        errors=sum(part.errors for part in parts),
        llm_calls=sum(part.llm_calls for part in parts),
        tool_calls=sum(part.tool_calls for part in parts),
        usage=sum_usage(part.usage for part in parts if part.usage is not None),
        cost=TraceCost(math.fsum(cost.total for cost in costs), complete) if costs else None,
        histogram=histogram,
    )
