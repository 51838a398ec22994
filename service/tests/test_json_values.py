"""What JSON cannot express gets another form; everything else is unchanged."""

from __future__ import annotations

import math
import sys
from collections import OrderedDict
from types import FrameType
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from llm_tracer_service.json_values import DEPTH_MAX, json_value

SAID_BY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(SAID_BY_JSON)
def test_what_json_can_say_is_as_it_was(value: Any) -> None:
    assert json_value(value) == value


def test_what_json_cannot_say_is_spelled_out_wherever_it_stands() -> None:
    sent = OrderedDict([(1, (b"abc", math.nan)), ("deep", {"low": [-math.inf, {2: b""}]})])
    assert json_value(sent) == {
        "1": [{"$bytes": "YWJj"}, "NaN"],
        "deep": {"low": ["-Infinity", {"2": {"$bytes": ""}}]},
    }


def test_what_lies_too_deep_says_so() -> None:
    value: Any = "the ground"
    for _ in range(DEPTH_MAX + 1):
        value = [value]
    told = str(json_value(value))
    assert f"nested deeper than {DEPTH_MAX} levels" in told
    assert "the ground" not in told


def test_the_texts_and_numbers_of_a_large_value_are_no_steps_of_their_own() -> None:
    """Whoever opens a span of 20 MB waits for a million of them."""
    steps = 0

    def watch(frame: FrameType, event: str, _: object) -> None:
        nonlocal steps
        steps += event == "call" and frame.f_code is json_value.__code__

    rows = [{"id": n, "tags": ["a", None], "note": "x"} for n in range(100)]
    sys.setprofile(watch)
    try:
        json_value(rows)
    finally:
        sys.setprofile(None)
    assert steps == 1 + len(rows) * 2, "the list, its objects and their lists"
