"""Totals that can be added up."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from llm_tracer.model.figures import Figures, add, bucket_of, figures_of, middle_ms, percentile_ms
from llm_tracer.model.reading import Usage
from llm_tracer.model.trace import TraceCost

from .building import llm, row, trace

# From a microsecond to a year.
durations = st.floats(0.001, 3.2e10)


@given(durations)
def test_the_middle_of_a_bucket_is_at_most_2_percent_away(ms: float) -> None:
    assert middle_ms(bucket_of(ms)) == pytest.approx(ms, rel=0.02, abs=0.001)


@given(durations, durations)
def test_longer_durations_fall_into_later_buckets(one: float, other: float) -> None:
    assert (bucket_of(one) <= bucket_of(other)) == (one <= other) or bucket_of(one) == bucket_of(other)


@pytest.mark.parametrize("ms", [0, 0.001, -5])
def test_nothing_and_less_fall_into_the_first_bucket(ms: float) -> None:
    assert bucket_of(ms) == 0
    assert middle_ms(0) == 0


def histogram_of(values: Sequence[float]) -> dict[int, int]:
    histogram: dict[int, int] = {}
    for value in values:
        histogram[bucket_of(value)] = histogram.get(bucket_of(value), 0) + 1
    return histogram


@given(st.lists(durations, min_size=1, max_size=200), st.sampled_from((0.0, 0.07, 0.5, 0.95, 0.99, 1.0)))
def test_a_percentile_is_at_most_2_percent_away_from_the_exact_one(values: list[float], share: float) -> None:
    exact = sorted(values)[max(1, math.ceil(share * len(values) - 1e-9)) - 1]
    assert percentile_ms(histogram_of(values), share) == pytest.approx(exact, rel=0.02, abs=0.001)


def test_percentiles_of_a_hundred() -> None:
    histogram = histogram_of([float(n) for n in range(1, 101)])
    for share, exact in ((0.5, 50), (0.07, 7), (0.95, 95), (0.99, 99), (1.0, 100)):
        assert percentile_ms(histogram, share) == pytest.approx(exact, rel=0.02)


def test_the_percentile_of_nothing_is_unknown() -> None:
    assert percentile_ms({}, 0.5) is None


def test_the_figures_of_one_trace() -> None:
    built = trace(
        row("root", ms=100, status="error"),
        llm("call", "root", tokens=5, usd=0.5),
        row("tool", "root", kind="tool", status="error"),
    )
    assert figures_of(built.summary) == Figures(
        traces=1,
        spans=3,
        errors=1,
        llm_calls=1,
        tool_calls=1,
        usage=Usage(input=5, output=5, total=10),
        cost=TraceCost(0.5, complete=True),
        histogram={bucket_of(100): 1},
    )


def test_an_open_trace_counts_and_has_no_latency() -> None:
    figures = figures_of(trace(row("root", ms=None)).summary)
    assert (figures.traces, figures.errors, figures.histogram) == (1, 0, {})
    assert (figures.usage, figures.cost) == (None, None)


def test_of_nothing_usage_and_cost_are_unknown() -> None:
    assert add([]) == Figures()


def test_the_cost_is_incomplete_where_a_trace_with_tokens_has_no_price() -> None:
    priced = Figures(usage=Usage(total=1), cost=TraceCost(1.0, complete=True))
    unpriced = Figures(usage=Usage(total=1))
    without_calls = Figures()
    assert add([priced, without_calls]).cost == TraceCost(1.0, complete=True)
    assert add([priced, unpriced]).cost == TraceCost(1.0, complete=False)
    assert add([unpriced, without_calls]).cost is None


figures = st.builds(
    Figures,
    traces=st.integers(0, 9),
    spans=st.integers(0, 9),
    errors=st.integers(0, 9),
    llm_calls=st.integers(0, 9),
    tool_calls=st.integers(0, 9),
    usage=st.none()
    | st.builds(Usage, input=st.none() | st.integers(0, 9), total=st.none() | st.integers(0, 9)),
    cost=st.none() | st.builds(TraceCost, st.floats(0, 10), st.booleans()),
    histogram=st.dictionaries(st.integers(0, 5), st.integers(1, 9), max_size=4),
)


def same(one: Figures, other: Figures) -> bool:
    """Equal but for the rounding of costs."""
    return without_cost(one) == without_cost(other) and (
        one.cost == other.cost
        or (
            one.cost is not None
            and other.cost is not None
            and one.cost.complete == other.cost.complete
            and math.isclose(one.cost.total, other.cost.total)
        )
    )


def without_cost(figures: Figures) -> tuple[object, ...]:
    return (
        figures.traces, figures.spans, figures.errors, figures.llm_calls, figures.tool_calls, figures.usage,
        figures.histogram,
    )  # fmt: skip


@given(figures, figures, figures)
def test_adding_is_associative_and_commutative(a: Figures, b: Figures, c: Figures) -> None:
    assert same(add([add([a, b]), c]), add([a, add([b, c])]))
    assert same(add([a, b, c]), add([c, a, b]))
    assert same(add([a, b, c]), add([add([a, b]), c]))
    assert same(add([a, Figures()]), a)
