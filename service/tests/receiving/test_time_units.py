from __future__ import annotations

import pytest
from llm_tracer.model.span import SpanData
from llm_tracer_service.receiving.time_units import doubt

NOW_S = 1_795_435_200


@pytest.mark.parametrize(
    ("start", "unit"),
    [(NOW_S, "seconds"), (NOW_S * 10**3, "milliseconds"), (NOW_S * 10**6, "microseconds"), (NOW_S * 10**9, ""), (1, ""), (None, "")],
)  # fmt: skip
def test_a_time_in_another_unit_is_said(start: int | None, unit: str) -> None:
    said = doubt([SpanData("a" * 32, "b" * 16, "x", start)])
    assert f"looks like {unit}," in said if unit else said == ""


def test_no_span_is_no_doubt() -> None:
    assert doubt([]) == ""
