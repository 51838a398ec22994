"""The scripts of the list of spans: its address, and the kinds and outcomes that a click asks for."""

from __future__ import annotations

import json

import pytest
from javascript import evaluate

SPAN = {"trace_id": "a" * 32, "span_id": "b" * 16}


def test_the_address_names_a_span_that_is_looked_at() -> None:
    search = f"?q=kind%3Atool&range=1h&sort=-cost&peek={'a' * 32}%2F{'b' * 16}&live=off"
    asked = evaluate("list/spans_url.js", f"m.readSpans('{search}')")
    assert asked == {
        "q": "kind:tool",
        "range": "1h",
        "from": None,
        "to": None,
        "sort": "-cost",
        "peek": f"{'a' * 32}/{'b' * 16}",
        "live": False,
    }
    assert evaluate("list/spans_url.js", f"m.spansPath({json.dumps(asked)})") == f"/spans{search}"


def test_what_only_traces_have_is_not_asked_of_spans() -> None:
    asked = evaluate("list/spans_url.js", f"m.readSpans('?sort=start_time&peek={'a' * 32}')")
    assert (asked["sort"], asked["peek"]) == ("-start_time", None)


def test_a_span_is_named_by_its_trace_too_and_opens_there() -> None:
    assert evaluate("list/spans_url.js", f"m.spanKey({json.dumps(SPAN)})") == f"{'a' * 32}/{'b' * 16}"
    assert (
        evaluate("list/spans_url.js", f"m.spanPath({json.dumps(SPAN)})")
        == f"/trace/{'a' * 32}?span={'b' * 16}"
    )


def test_the_like_of_a_span_are_asked_for_by_kind_and_name() -> None:
    assert (
        evaluate("list/spans_url.js", "m.spansLike('tool', 'get it')")
        == "/spans?q=kind%3Atool+name%3A%22get+it%22"
    )


def test_the_order_is_asked_for() -> None:
    request = evaluate(
        "question/list_url.js", "m.listRequest('spans', m.readList('?q=a&sort=-cost'), 'next')"
    )
    assert request == "/ui-api/spans?q=a&limit=50&sort=-cost&cursor=next"


@pytest.mark.parametrize(
    ("then", "q"),
    [
        ("m.turnedKind('', 'kind:tool')", "kind:tool"),
        ("m.turnedKind('kind:llm dur>2s', 'kind:tool')", "dur>2s kind:tool"),
        ("m.turnedKind('kind:tool dur>2s', 'kind:tool')", "dur>2s"),
        ("m.turnedKind('-kind:llm', 'kind:tool')", "kind:tool"),
        ("m.turnedKind('a OR b', 'kind:llm')", "(a OR b) kind:llm"),
        ("m.turned('kind:tool', 'status:error')", "kind:tool status:error"),
        ("m.turned('kind:tool status:error', 'status:error')", "kind:tool"),
    ],
)
def test_a_click_asks_for_one_kind_or_takes_it_away(then: str, q: str) -> None:
    assert evaluate("list/spans_url.js", then) == q


MODEL_CALL = {"kind": "llm", "name": "chat", "model": "gpt-5", "tool_name": None, "usage": None, "cost": None}
TOOL_CALL = {
    "kind": "tool",
    "name": "search",
    "model": None,
    "tool_name": "search",
    "usage": None,
    "cost": None,
}
RENAMED = TOOL_CALL | {"name": "look it up"}


@pytest.mark.parametrize(
    ("rows", "sort", "left_out"),
    [
        ([], "-start_time", ""),
        ([TOOL_CALL], "-start_time", "no-what no-counts"),
        ([TOOL_CALL, RENAMED], "-start_time", "no-counts"),
        ([TOOL_CALL], "-cost", "no-what"),
        ([TOOL_CALL, MODEL_CALL], "-start_time", ""),
    ],
)
def test_a_column_in_which_no_row_says_something_is_left_out(
    rows: list[dict[str, object]], sort: str, left_out: str
) -> None:
    assert evaluate("list/span_columns.js", f"m.emptyColumns({json.dumps(rows)}, '{sort}')") == left_out
