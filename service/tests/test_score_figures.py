from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from llm_tracer_service.score_figures import BINS_MAX, bins_of


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=60))
def test_every_value_is_in_one_bin(values: list[float]) -> None:
    bins = bins_of(sorted(values))
    assert sum(each.count for each in bins) == len(values)
    assert len(bins) <= BINS_MAX
    assert (bins[0].low, bins[-1].high) == (min(values), max(values))
