"""Totals that can be added up: counts, tokens, cost, and latency as a histogram."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import attrgetter

from llm_tracer.model.counting import SUMMED_TOKENS
from llm_tracer.model.fast_dataclass import made_fast
from llm_tracer.model.reading import Usage
from llm_tracer.model.trace import TraceCost, TraceSummary

# Buckets are 3.9 % wide: the middle of one is at most 1.95 % away from any value in it, within the 2 % that we
# promise.
_GROWTH = 1.039
_LOG_GROWTH = math.log(_GROWTH)
_SMALLEST_MS = 0.001


def bucket_of(duration_ms: float) -> int:
    """The bucket of a duration; 0 holds everything up to a microsecond."""
    if duration_ms <= _SMALLEST_MS:
        return 0
    return 1 + int(math.log(duration_ms / _SMALLEST_MS) / _LOG_GROWTH)


def middle_ms(bucket: int) -> float:
    """The duration that represents a bucket, at most 2 % away from any value in it."""
    if bucket == 0:
        return 0.0
    return float(_SMALLEST_MS * math.exp((bucket - 0.5) * _LOG_GROWTH))


def percentile_ms(histogram: Mapping[int, int], share: float) -> float | None:
    """The duration below which `share` (0 to 1) of the counted ones lie; None if nothing was counted."""
    total = sum(histogram.values())
    if not total:
        return None
    # Minus a hair, so that 0.07 of 100 is the 7th, although the product is 7.000000000000001.
    rank = max(1, math.ceil(share * total - 1e-9))
    seen = 0
    for bucket in sorted(histogram):
        seen += histogram[bucket]
        if seen >= rank:
            return middle_ms(bucket)
    raise AssertionError("the rank lies within the total")


@made_fast
@dataclass(frozen=True, slots=True)
class Figures:
    """Totals of traces, or of spans (model/groups.py).

    For traces, `errors` counts those with status error, `running` those whose root has not ended (whether they count
    as abandoned depends on the current time), and `histogram` the ended ones by `bucket_of` their duration.
    `cost.total` sums only known prices; `cost.complete` is False if a counted call has none. `cost` is None if no
    price is known at all.
    """

    traces: int = 0
    spans: int = 0
    errors: int = 0
    running: int = 0
    llm_calls: int = 0
    tool_calls: int = 0
    usage: Usage | None = None
    cost: TraceCost | None = None
    histogram: Mapping[int, int] = field(default_factory=dict)


def figures_of(summary: TraceSummary) -> Figures:
    """The figures of one trace."""
    return Figures(
        traces=1,
        spans=summary.span_count,
        errors=int(summary.status == "error"),
        running=int(summary.status in ("running", "abandoned")),
        llm_calls=summary.llm_calls,
        tool_calls=summary.kinds.get("tool", 0),
        usage=summary.usage,
        cost=summary.cost,
        histogram={} if summary.duration_ms is None else {bucket_of(summary.duration_ms): 1},
    )


_tokens_of = attrgetter(*SUMMED_TOKENS)


def usage_of(tokens: Sequence[int | None]) -> Usage:
    """The Usage with these numbers in the order of SUMMED_TOKENS. What else a sender reported cannot be summed."""
    return Usage(*tokens)  # type: ignore[arg-type]  # `extra` is the twelfth


class Tally:
    """Figures that grow. Add to its counts directly; `figures` is the sum so far."""

    def __init__(self) -> None:
        self.traces = self.spans = self.errors = self.running = self.llm_calls = self.tool_calls = 0
        self._tokens: list[int | None] | None = None
        self._costs: list[float] = []
        self._complete = True
        self._histogram: dict[int, int] = {}

    def add(self, part: Figures) -> None:
        """Adds the figures of other traces or spans."""
        self._add_counts(part, part.histogram)
        self.spend_sum(part.usage, part.cost)

    def join(self, part: Tally, pays: bool) -> None:
        """Adds another tally, its tokens and cost only if it `pays`. Equal to the last bit to adding each of its
        parts here."""
        self._add_counts(part, part._histogram)
        if not pays:
            return
        if part._tokens is not None:
            self._add_tokens(part._tokens)
        self._costs += part._costs
        self._complete = self._complete and part._complete

    def _add_counts(self, part: Figures | Tally, histogram: Mapping[int, int]) -> None:
        self.traces += part.traces
        self.spans += part.spans
        self.errors += part.errors
        self.running += part.running
        self.llm_calls += part.llm_calls
        self.tool_calls += part.tool_calls
        if not self._histogram:
            self._histogram.update(histogram)
            return
        for bucket, count in histogram.items():
            self._histogram[bucket] = self._histogram.get(bucket, 0) + count

    def spend(self, usage: Usage | None, cost_usd: float | None, complete: bool = True) -> None:
        """Adds tokens and their cost; `complete` is False if some have no price. Tokens without any cost make the sum
        incomplete."""
        if usage is not None:
            self._add_tokens(_tokens_of(usage))
        if cost_usd is not None:
            self._costs.append(cost_usd)
            self._complete = self._complete and complete
        elif usage is not None:
            self._complete = False

    def spend_sum(self, usage: Usage | None, cost: TraceCost | None) -> None:
        """`spend`, for tokens and a cost that are sums themselves."""
        if cost is None:
            self.spend(usage, None)
        else:
            self.spend(usage, cost.total, cost.complete)

    def _add_tokens(self, tokens: Sequence[int | None]) -> None:
        sums = self._tokens
        if sums is None:
            self._tokens = list(tokens)
            return
        for at, more in enumerate(tokens):
            if more is not None:
                sums[at] = (sums[at] or 0) + more

    def took(self, bucket: int) -> None:
        """Adds a duration, given as its bucket (`bucket_of`)."""
        self._histogram[bucket] = self._histogram.get(bucket, 0) + 1

    @property
    def figures(self) -> Figures:
        """The sum so far."""
        return Figures(
            self.traces,
            self.spans,
            self.errors,
            self.running,
            self.llm_calls,
            self.tool_calls,
            None if self._tokens is None else usage_of(self._tokens),
            # fsum rounds once, so that the sum does not depend on the order.
            TraceCost(math.fsum(self._costs), self._complete) if self._costs else None,
            dict(self._histogram),
        )


def add(parts: Iterable[Figures]) -> Figures:
    """The figures of all parts together; for no parts, zeros with usage and cost unknown."""
    tally = Tally()
    for part in parts:
        tally.add(part)
    return tally.figures
