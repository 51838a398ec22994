"""The scripts of the page that compares: sides, rows, how differences are written and folded."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from javascript import evaluate

T, S = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


@pytest.mark.parametrize(
    ("pasted", "side"),
    [
        (T, T),
        (f" {T.upper()}\n", T),
        (f"{T}/{S}", f"{T}/{S}"),
        (f"http://localhost:3000/trace/{T}?view=chat&span={S}", T),
        (f"/trace/{T}", T),
        (f"/trace/{T}0", None),
        ("support-agent", None),
        ("", None),
    ],
)
def test_a_side_is_read_from_what_is_pasted(pasted: str, side: str | None) -> None:
    assert evaluate("compare/compare_url.js", f"m.sideOf({json.dumps(pasted)})") == side


def test_the_state_of_a_comparison_goes_both_ways() -> None:
    state = {"a": T, "b": f"{T}/{S}", "at": S, "only": True}
    assert evaluate("compare/compare_url.js", f"m.readCompare(m.compareSearch({json.dumps(state)}))") == state
    assert evaluate("compare/compare_url.js", "m.readCompare('?a=x&at=1')") == {
        "a": None,
        "b": None,
        "at": None,
        "only": False,
    }
    assert evaluate("compare/compare_url.js", f"m.sidePath('{T}/{S}')") == f"/trace/{T}?span={S}"


def row(depth: int, change: str) -> dict[str, Any]:
    return {"depth": depth, "change": change, "a": None, "b": None}


def test_what_differs_is_shown_with_the_way_to_it() -> None:
    rows = [
        row(0, "same"), row(1, "same"), row(2, "changed"), row(1, "same"), row(2, "same"), row(1, "only_b"), row(2, "same"),
    ]  # fmt: skip
    assert evaluate("compare/compared.js", f"m.shownRows({json.dumps(rows)}, true)") == [0, 1, 2, 5]
    assert evaluate("compare/compared.js", f"m.shownRows({json.dumps(rows)}, false)") == list(range(7))
    assert evaluate("compare/compared.js", f"m.countDifferences({json.dumps(rows)}, 5)") == {
        "count": 2,
        "at": 2,
    }


@settings(max_examples=15, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.sampled_from(["same", "changed", "only_a"])), max_size=25))
def test_every_difference_is_shown_and_nothing_that_leads_nowhere(drawn: list[tuple[int, str]]) -> None:
    rows: list[dict[str, Any]] = []
    for depth, change in drawn:  # a tree: no row is two levels below the one before
        rows.append(row(min(depth, rows[-1]["depth"] + 1) if rows else 0, change))
    shown = set(evaluate("compare/compared.js", f"m.shownRows({json.dumps(rows)}, true)"))
    for index, each in enumerate(rows):
        below = []
        for later in rows[index + 1 :]:
            if later["depth"] <= each["depth"]:
                break
            below.append(later["change"])
        assert (index in shown) == (each["change"] != "same" or any(change != "same" for change in below))


def test_a_row_is_found_by_a_span_of_either_side() -> None:
    rows = [{"a": {"span_id": "1"}, "b": None}, {"a": {"span_id": "2"}, "b": {"span_id": "3"}}]
    assert evaluate("compare/compared.js", f"['1', '3', '4', null].map((id) => m.rowAt({json.dumps(rows)}, id))") == [
        0, 1, -1, -1,
    ]  # fmt: skip


def test_differences_have_a_sign_and_a_measure() -> None:
    assert evaluate("compare/deltas.js", "[3, -3, 0, null].map((n) => m.signed(n, String))") == [
        "+3",
        "−3",
        "±0",
        "–",
    ]
    pairs = [
        {"a": 100, "b": 131},
        {"a": 100, "b": 60},
        {"a": 10, "b": 24},
        {"a": 0, "b": 5},
        {"a": 5, "b": None},
    ]
    assert evaluate("compare/deltas.js", f"{json.dumps(pairs)}.map(m.ratio)") == [
        "+31 %",
        "−40 %",
        "2.4 ×",
        "",
        "",
    ]


def test_what_is_the_same_is_folded_and_cut() -> None:
    messages = [{"change": change} for change in ("same", "same", "changed", "same")]
    assert evaluate("compare/compared.js", f"m.folded({json.dumps(messages)}).map(({{same}}) => same?.length ?? 0)") == [
        2, 0, 1,
    ]  # fmt: skip
    assert evaluate("compare/compared.js", "m.cutSame('a'.repeat(200), 50)") == ["a" * 50, 100, "a" * 50]
    assert evaluate("compare/compared.js", "m.cutSame('short', 50)") == ["short", 0, ""]


def test_texts_with_little_in_common_are_read_one_after_the_other() -> None:
    close = [["=", "Answer in "], ["-", "one"], ["+", "two"], ["=", " sentences."]]
    assert evaluate("compare/compared.js", f"m.readable({json.dumps(close)})") == close
    apart = [["-", "Ayer fui al mercado "], ["+", "No cabe en la maleta "], ["=", "con"], ["+", " todo"]]
    assert evaluate("compare/compared.js", f"m.readable({json.dumps(apart)})") == [
        ["-", "Ayer fui al mercado con"], ["+", "No cabe en la maleta con todo"],
    ]  # fmt: skip
    one_side = [["+", "new"]]
    assert evaluate("compare/compared.js", f"m.readable({json.dumps(one_side)})") == one_side
