from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from llm_tracer_service.compare.json_diff import CHANGES_MAX, JsonChange, json_diff

values = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 2) | st.sampled_from(["", "a", "b"]),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["x", "y", "a b"]), inner, max_size=3)
    ),
    max_leaves=12,
)


def changes(a: Any, b: Any) -> list[JsonChange]:
    return list(json_diff(a, b).changes)


def test_each_place_is_named() -> None:
    a = {"city": "Oslo", "days": [1, 2], "unit": "C"}
    b = {"city": "Rome", "days": [1, 3], "two words": True}
    assert changes(a, b) == [
        JsonChange("$.city", "changed", "Oslo", "Rome"),
        JsonChange("$.days[1]", "changed", 2, 3),
        JsonChange("$.unit", "removed", "C"),
        JsonChange('$["two words"]', "added", None, True),
    ]


def test_one_more_element_is_one_change() -> None:
    assert changes(["a", "b", "c"], ["a", "x", "b", "c"]) == [JsonChange("$[1]", "added", None, "x")]


def test_what_was_added_is_named_by_its_place_in_the_second_value() -> None:
    assert changes(["a", {}], ["x", "a", {"y": 1}]) == [
        JsonChange("$[0]", "added", None, "x"),
        JsonChange("$[2].y", "added", None, 1),
    ]


def test_true_is_not_one() -> None:
    assert changes(True, 1) == [JsonChange("$", "changed", True, 1)]


def test_of_very_many_changes_the_first_are_told() -> None:
    diff = json_diff({str(number): 0 for number in range(CHANGES_MAX + 1)}, {})
    assert (len(diff.changes), diff.complete) == (CHANGES_MAX, False)


@given(values)
def test_what_is_the_same_has_no_changes(value: Any) -> None:
    assert changes(value, value) == []


@given(values, values)
def test_turned_around_what_was_added_is_removed(a: Any, b: Any) -> None:
    there, back = changes(a, b), changes(b, a)
    assert sum(each.change == "added" for each in there) == sum(each.change == "removed" for each in back)
    assert sorted(each.path for each in there if each.change == "removed") == sorted(
        each.path for each in back if each.change == "added"
    )
