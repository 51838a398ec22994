"""The pure scripts behind the wider views: links of figures, shapes of charts, patterns, stubs."""

import json
import re
import tomllib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from javascript import evaluate

QUESTION = {"q": "model:x", "range": "24h", "from": None, "to": None}


def url(expression: str) -> Any:
    return evaluate("figures/figure_links.js", expression)


@pytest.mark.parametrize(
    ("terms", "sort", "path"),
    [
        ([], "-start_time", "/?q=model%3Ax&range=24h"),
        (["status:error"], "-start_time", "/?q=model%3Ax+status%3Aerror&range=24h"),
        (
            ["status:error pattern:1f"],
            "-cost",
            "/?q=model%3Ax+status%3Aerror+pattern%3A1f&range=24h&sort=-cost",
        ),
        (["model:x"], "-start_time", "/?q=model%3Ax&range=24h"),
        (['user:"a b"'], "-start_time", "/?q=model%3Ax+user%3A%22a+b%22&range=24h"),
    ],
)
def test_a_figure_leads_to_the_list_of_what_it_counts(terms: list[str], sort: str, path: str) -> None:
    assert url(f"m.listOf({json.dumps(QUESTION)}, {json.dumps(terms)}, {json.dumps(sort)})") == path


def test_a_figure_of_spans_leads_to_them_where_no_question_narrows_traces_down() -> None:
    term = "failed_tool:search"
    whole = url(f"m.spansOf({{q: '', range: 'all', from: null, to: null}}, '{term}')")
    assert whole == "/spans?q=failed_tool%3Asearch"
    assert url(f"m.spansOf({json.dumps(QUESTION)}, '{term}')") is None


def test_dollars_at_an_axis_have_no_zeros_that_say_nothing() -> None:
    written = evaluate("shared/format.js", "[0.06, 0.0015, 0.3, 2, 0.00001].map((x) => m.axisDollars(x))")
    assert written == ["$0.06", "$0.0015", "$0.30", "$2.00", "<$0.0001"]


def test_a_condition_is_added_and_none_is_taken_away() -> None:
    told = evaluate(
        "question/query_text.js",
        '[m.narrowed("a OR b", "c"), m.narrowed("-status:error", "status:error"), m.narrowed("", "c")]',
    )
    assert told == ["(a OR b) c", "-status:error status:error", "c"]


def test_what_was_not_counted_is_not_in_the_list() -> None:
    answer = {
        "complete": False,
        "counted_since": "2026-11-25T10:00:00.000000001Z",
        "end": "2026-11-25T12:00:00Z",
    }
    counted = url(f"m.countedOf({json.dumps(QUESTION)}, {json.dumps(answer)})")
    assert (counted["range"], counted["to"] - counted["from"]) == ("all", 7_200_000)


def test_the_first_stretch_begins_where_the_counting_did() -> None:
    stats = {
        "bucket_s": 3600, "start": "2026-11-25T10:20:00Z", "counted_since": None,
        "series": [{"time": "2026-11-25T10:00:00Z"}, {"time": "2026-11-25T11:00:00Z"}],
    }  # fmt: skip
    first, second = url(f"m.stretchesOf({json.dumps(stats)})")
    assert (first["to"] - first["from"], second["from"] - first["to"]) == (40 * 60_000, 0)


def test_the_last_stretch_ends_where_the_counting_did() -> None:
    stats = {
        "bucket_s": 3600, "start": None, "end": "2026-11-25T11:20:00Z", "counted_since": None,
        "series": [{"time": "2026-11-25T10:00:00Z"}, {"time": "2026-11-25T11:00:00Z"}],
    }  # fmt: skip
    first, second = url(f"m.stretchesOf({json.dumps(stats)})")
    assert (first["to"] - first["from"], second["to"] - second["from"]) == (60 * 60_000, 20 * 60_000)


def test_the_time_before_is_as_long_and_all_time_has_none() -> None:
    lengths = "({ range }, now) => [range === 'all' ? null : now - 1000, now]"
    before = url(f"m.before({json.dumps(QUESTION)}, 5000000, {lengths})")
    assert (before["q"], before["from"], before["to"]) == ("model:x", 4_998_000, 4_999_000)
    assert url(f"m.before({{ q: '', range: 'all' }}, 5000000, {lengths})") is None


@pytest.mark.parametrize(
    ("value", "top"), [(0, 1), (1, 1), (7, 8), (31, 40), (0.012, 0.015), (99.9, 100), (2100, 2500)]
)
def test_the_top_of_an_axis_is_round(value: float, top: float) -> None:
    assert evaluate("figures/series.js", f"m.niceTop({value})") == pytest.approx(top)


def test_parts_stand_upon_each_other() -> None:
    segments = [{"key": "a", "value": 1}, {"key": "none", "value": 0}, {"key": "b", "value": 3}]
    shown = evaluate("figures/series.js", f"m.stacked({json.dumps(segments)}, 4)")
    assert [(one["key"], one["low"], one["high"]) for one in shown] == [("a", 0, 0.25), ("b", 0.25, 1)]


def test_a_line_is_interrupted_where_nothing_is_known() -> None:
    paths = evaluate("figures/series.js", "m.linePaths([1, 2, null, 2], 2)")
    assert paths == {"line": "M0.5 0.5000L1.5 0.0000", "dots": "M3.5 0.0000h0"}


@pytest.mark.parametrize(
    ("values", "foot"),
    [([], 0), ([0, None], 0), ([5, 100], 0), ([5, 151], 1), ([0, 1000, 40_000], 1000), ([0.02, 3], 0.01)],
    ids=str,
)
def test_an_axis_of_lines_is_logarithmic_where_values_are_far_apart(
    values: list[float | None], foot: float
) -> None:
    assert evaluate("figures/series.js", f"m.footOf({json.dumps(values)})") == pytest.approx(foot)


@pytest.mark.parametrize(
    ("value", "height"), [(0, 0), (10, 0), (100, 1 / 3), (1000, 2 / 3), (10_000, 1), (20_000, 1)]
)
def test_powers_of_ten_are_evenly_apart_on_a_logarithmic_axis(value: float, height: float) -> None:
    assert evaluate("figures/series.js", f"m.heightOf({value}, 10000, 10)") == pytest.approx(height)


def test_few_round_durations_are_written_at_a_logarithmic_axis() -> None:
    axes = evaluate(
        "figures/series.js", "[m.levelsOf(0, 8), m.levelsOf(100, 240000), m.levelsOf(0.001, 1.08e8)]"
    )
    assert axes == [[0, 8], [100, 1000, 10_000, 60_000, 240_000], [0.001, 0.01, 100, 600_000, 1.08e8]]
    assert evaluate("figures/series.js", "[4, 61e3, 5.3e6, 101e6].map(m.niceDuration)") == [
        4,
        90_000,
        5_400_000,
        108_000_000,
    ]


@pytest.mark.parametrize(
    ("now", "before", "told"),
    [
        (140, 100, "+40 %"),
        (97, 100, "−3 %"),
        (5, 0, ""),
        (100, 100, "±0 %"),
        (9999, 1, "×10 k"),
        (2_237_573, 1, "×2.2 M"),
        (11, 1, "×11"),
    ],
)
def test_how_a_figure_moved(now: float, before: float, told: str) -> None:
    assert evaluate("figures/series.js", f"m.change({now}, {before})") == told


@pytest.mark.parametrize(
    ("now", "before", "told"),
    [
        ("0.077", "0.065", "+1.2 pt"),
        ("0.02", "0.05", "−3 pt"),
        ("0.1", "0", "+10 pt"),
        ("0.1", "0.1001", "±0 pt"),
        ("0", "0", ""),
        ("0.1", "null", ""),
    ],
)
def test_how_a_share_moved(now: str, before: str, told: str) -> None:
    assert evaluate("figures/series.js", f"m.shareChange({now}, {before})") == told


@pytest.mark.parametrize(
    ("values", "most"),
    [
        ([], 0),
        ([900], 900),
        ([900, 1, 1, 1], 900),  # of so few none is an exception
        ([1, 2, 900, 1, 2], 2),
        ([1, 2, 12, 1, 2], 12),  # six times as much can be drawn
        ([1, 2, 900, 80, 1], 80),
        ([*range(1, 29), 400, 5000], 28),
        ([*[1] * 15, *[100] * 15], 100),  # half of all are no exception
    ],
    ids=str,
)
def test_a_bar_far_beyond_all_others_does_not_make_the_axis(values: list[float], most: float) -> None:
    assert evaluate("figures/series.js", f"m.ordinary({json.dumps(values)})") == most


def test_no_token_is_in_two_parts() -> None:
    usage = {"input": 100, "cache_read": 30, "output": 50, "reasoning": 20}
    parts = evaluate("figures/series.js", f"m.tokenParts({json.dumps(usage)})")
    assert parts == {"fresh": 70, "cached": 30, "output": 30, "reasoning": 20}


def test_the_pieces_of_a_pattern() -> None:
    pieces = evaluate("figures/pattern_steps.js", 'm.piecesOf("agent: plan → (search ×n) → (a ∥ b[c]) → ✕")')
    steps = [piece["text"] for piece in pieces if piece["kind"] == "step"]
    assert steps == ["agent", "plan", "search", "a", "b", "c"]
    assert [piece["kind"] for piece in pieces][-2:] == ["then", "failed"]
    assert "loop" in [piece["kind"] for piece in pieces]


def test_a_line_of_a_pattern_ends_before_what_leads_to_a_step() -> None:
    groups = evaluate(
        "figures/pattern_steps.js",
        'm.groupsOf("agent: plan → (search ×n) → (a ∥ b[c]) → ✕").map((g) => g.map((x) => x.text).join(""))',
    )
    assert groups == ["agent: ", "plan", " → (search ×n)", " → (a", " ∥ b[", "c])", " → ✕"]


@settings(deadline=None, max_examples=8)  # a Node each
@given(st.lists(st.text(st.sampled_from("ab →∥:()[]×n✕…<&"), max_size=30), min_size=1, max_size=50))
def test_the_groups_of_pieces_together_are_the_pattern(patterns: list[str]) -> None:
    drawn = evaluate(
        "figures/pattern_steps.js",
        f"{json.dumps(patterns)}.map((p) => m.groupsOf(p).flat().map((x) => x.text).join(''))",
    )
    assert drawn == patterns


def test_a_mapping_stub_is_a_table_with_what_names_tell() -> None:
    keys = ["shop.model", "shop.tokens.in", "shop.completion_tokens", "shop.weird", 'a "b"\n', "app.user.id"]
    stub = evaluate("operating/stubs.js", f"m.mappingStub({json.dumps(keys)})")
    table = tomllib.loads(stub)
    assert table["fields"] == {
        "request_model": ["shop.model"], "usage_input": ["shop.tokens.in"], "usage_output": ["shop.completion_tokens"],
        "user_id": ["app.user.id"],
    }  # fmt: skip
    assert '# … = ["shop.weird"]' in stub


@settings(deadline=None, max_examples=8)  # a Node each
@given(st.lists(st.text(max_size=20), min_size=1, max_size=50))
def test_any_keys_make_a_table(keys: list[str]) -> None:
    tomllib.loads(evaluate("operating/stubs.js", f"m.mappingStub({json.dumps(keys)})"))


def test_a_price_stub_names_the_models_literally_and_no_price() -> None:
    models = [{"model": "house-7b (v2.1)", "provider": "acme"}, {"model": "x", "provider": None}]
    first, second = tomllib.loads(evaluate("operating/stubs.js", f"m.priceStub({json.dumps(models)})"))[
        "prices"
    ]
    assert re.fullmatch(first["model"], "house-7b (v2.1)")
    assert (first["provider"], set(second)) == ("acme", {"model"})


def test_the_overview_asks_eight_questions_and_six_of_all_time() -> None:
    by_user = "{field: 'user', order: '-cost'}"
    paths = evaluate(
        "figures/overview_url.js", f"m.pathsOf({json.dumps(QUESTION)}, {by_user}, 1764000000000)"
    )
    assert paths["main"] == "/ui-api/stats?from=-24h&q=model%3Ax&bucket=auto&group_by=user&sort=-cost&limit=8"
    assert len([path for path in paths.values() if path]) == 8 + 1  # scores only where there are some
    assert paths["scored"] == "/ui-api/facets?from=-24h&q=model%3Ax&fields=score&limit=1"
    assert "&group_by=user&sort=-cost&limit=200" in paths["earlier"]  # the same values, wherever they stood
    slowest = evaluate(
        "figures/overview_url.js",
        f"m.pathsOf({json.dumps(QUESTION)}, {{field: 'user', order: '-duration_ms'}}, 1764000000000)",
    )
    assert slowest["main"] == paths["main"]  # the chart of cost has its colours by the dearest
    assert slowest["ordered"] == paths["main"].replace("-cost", "-duration_ms")
    month = {**QUESTION, "range": "30d"}
    assert "&bucket=1d&" in evaluate(
        "figures/overview_url.js", f"m.pathsOf({json.dumps(month)}, {by_user}, 1764000000000).main"
    )
    all_time = {**QUESTION, "range": "all"}
    assert (
        evaluate("figures/overview_url.js", f"m.pathsOf({json.dumps(all_time)}, {by_user}, 1764000000000)")[
            "earlier"
        ]
        is None
    )
    assert evaluate("figures/overview_url.js", "['?by=user', '?by=nothing', ''].map(m.fieldOf)") == [
        "user",
        "model",
        "model",
    ]
