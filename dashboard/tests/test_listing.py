"""The pure scripts behind the list: terms of a query, completion, ranges of time, the address, columns."""

import json
from typing import Any

import pytest
from javascript import evaluate


@pytest.mark.parametrize(
    ("q", "terms"),
    [
        ("", []),
        ("refund  order", ["refund", "order"]),
        ('"order 42" -tag:test', ['"order 42"', "-tag:test"]),
        ("{kind:tool status:error} -> {kind:llm}", ["{kind:tool status:error}", "->", "{kind:llm}"]),
        ('(a OR "b (c") user:"al ice"', ['(a OR "b (c")', 'user:"al ice"']),
    ],
)
def test_a_query_is_cut_at_spaces_outside_of_quotes_and_brackets(q: str, terms: list[str]) -> None:
    assert evaluate("question/query_text.js", f"m.termsOf({json.dumps(q)}).map((t) => t.text)") == terms


@pytest.mark.parametrize(
    ("then", "result"),
    [
        ('m.withTerm("a", "model:x")', "a model:x"),
        ('m.withTerm("a model:x", "model:x", "without")', "a -model:x"),
        ('m.without("a -model:x b", "model:x")', "a b"),
        ('m.withTerm("a OR b", "model:x")', "(a OR b) model:x"),
        ('m.standing("a -model:x", "model:x")', "without"),
        ('m.standing("a OR model:x", "model:x")', ""),
        ('m.fieldTerm("user", "al ice")', 'user:"al ice"'),
        ('m.fieldTerm("model", "gpt-4o:x")', "model:gpt-4o:x"),
    ],
)
def test_terms_come_and_go(then: str, result: str) -> None:
    assert evaluate("question/query_text.js", then) == result


def test_not_is_one_term_with_what_it_negates() -> None:
    asked = json.dumps("a NOT name:new* NOT")
    assert evaluate("question/query_text.js", f"m.termsOf({asked}).map((t) => [t.text, t.start])") == [
        ["a", 0], ["NOT name:new*", 2], ["NOT", 16],
    ]  # fmt: skip
    assert evaluate("question/query_text.js", 'm.standing("a NOT b", "b")') == "without"
    assert evaluate("question/query_text.js", 'm.without("a NOT b c", "b")') == "a c"


def test_joining_words_in_small_letters_are_told_from_those_in_capitals() -> None:
    asked = ["name:a or name:b", "not c", "a OR b", '"or" (x or y)', ""]
    assert evaluate("question/query_text.js", f"{json.dumps(asked)}.map(m.withCapitals)") == [
        "name:a OR name:b", "NOT c", None, None, None,
    ]  # fmt: skip


FIELDS = {
    "fields": [
        {"name": "model", "type": "text", "operators": [":"], "description": "The model"},
        {"name": "dur", "type": "duration", "operators": [":", ">"], "description": "Duration"},
    ],
    "keys": ["meta.tier", "attr.llm.model"],
}


@pytest.mark.parametrize(
    ("text", "caret", "word"),
    [
        ("status:error mo", 15, {"start": 13, "field": None, "prefix": "mo"}),
        ("-mod", 4, {"start": 1, "field": None, "prefix": "mod"}),
        ("model:gp", 8, {"start": 6, "field": "model", "prefix": "gp"}),
        ("model:a,gp", 10, {"start": 8, "field": "model", "prefix": "gp"}),
        ("{kind:to", 8, {"start": 6, "field": "kind", "prefix": "to"}),
    ],
)
def test_the_word_at_the_caret(text: str, caret: int, word: dict[str, Any]) -> None:
    found = evaluate("question/completion.js", f"m.wordAt({json.dumps(text)}, {caret})")
    assert {key: found[key] for key in word} == word


def test_nothing_is_completed_in_quotes() -> None:
    assert evaluate("question/completion.js", "m.wordAt('\"order mo', 9)") is None


def test_names_then_values() -> None:
    assert evaluate("question/completion.js", f"m.names({json.dumps(FIELDS)}, 'm').map((n) => n.text)") == [
        "model:",
        "meta.tier:",
    ]
    known = [
        {"value": "gpt-4o", "count": 3, "q": "model:gpt-4o"},
        {"value": "gpt 5", "count": 1, "q": 'model:"gpt 5"'},
    ]
    assert evaluate(
        "question/completion.js", f"m.values('model', {json.dumps(known)}, 'gp').map((n) => n.text)"
    ) == [
        "gpt-4o",
        '"gpt 5"',
    ]
    then = "m.chosen('model:gp x', m.wordAt('model:gp x', 8), {text: 'gpt-4o'})"
    assert evaluate("question/completion.js", then) == {"text": "model:gpt-4o x", "caret": 13}


HOUR = 3_600_000


def test_a_relative_range_moves_to_two_moments() -> None:
    now = 100 * HOUR
    assert evaluate("question/time_range.js", f"m.moved({{range: '1h'}}, -1, {now})") == {
        "range": "all",
        "from": 98 * HOUR,
        "to": 99 * HOUR,
    }
    assert evaluate("question/time_range.js", f"m.scaled({{range: '1h'}}, 2, {now})") == {
        "range": "all",
        "from": 98 * HOUR,
        "to": now,
    }
    assert evaluate("question/time_range.js", f"m.moved({{range: 'all'}}, 1, {now})") is None


def test_the_address_of_the_list_holds_moments_too() -> None:
    asked = {
        "q": "a",
        "range": "all",
        "from": 98 * HOUR,
        "to": 99 * HOUR,
        "sort": "-cost",
        "peek": "a" * 32,
        "live": False,
    }
    assert evaluate("question/list_url.js", f"m.readList(m.listSearch({json.dumps(asked)}))") == asked
    kept = "m.withOwn(m.listSearch({q: 'b'}), '?q=a&range=24h&by=user&order=-cost&peek=1')"
    assert (
        evaluate("question/list_url.js", kept) == "?q=b&by=user&order=-cost"
    )  # what a page is by outlives a question
    assert evaluate("question/list_url.js", "m.withOwn('', '?q=a')") == ""
    request = evaluate("question/list_url.js", f"m.listRequest('traces', {json.dumps(asked)})")
    assert (
        request
        == "/ui-api/traces?from=1970-01-05T02%3A00%3A00.000Z&to=1970-01-05T03%3A00%3A00.000Z&q=a&limit=50&sort=-cost"
    )


def test_columns_have_a_template() -> None:
    assert (
        evaluate("list/columns.js", "m.template(['cost'])")
        == "16px minmax(128px, 1.1fr) minmax(160px, 4.2fr) 68px"
    )


def test_what_has_no_room_gives_way() -> None:
    chosen = ["model", "duration", "tokens", "cost", "spans", "when"]
    assert evaluate("list/columns.js", f"m.fitting({json.dumps(chosen)}, 2000)") == chosen
    assert evaluate("list/columns.js", f"m.fitting({json.dumps(chosen)}, 1000)") == [
        "model",
        "duration",
        "tokens",
        "cost",
        "when",
    ]
    assert evaluate("list/columns.js", f"m.fitting({json.dumps(chosen)}, 600)") == ["when"]


STATS = {
    "bucket_s": 60,
    "series": [
        {"time": "1970-01-05T02:00:00Z", "traces": 4, "errors": 1, "running": 1},
        {"time": "1970-01-05T02:01:00Z", "traces": 0, "errors": 0, "running": 0},
        {"time": "1970-01-05T02:02:00Z", "traces": 2, "errors": 0, "running": 0},
    ],
}


def test_bars_are_stacked_by_state() -> None:
    found = evaluate("list/histogram.js", f"m.barsOf({json.dumps(STATS)})")
    assert (found["most"], found["bars"][0]["ok"], found["bars"][0]["to"]) == (4, 2, 98 * HOUR + 60_000)
    first = json.dumps(found["bars"][0])
    for top in (4, 2):  # a higher bar fills the height and keeps its proportions
        assert evaluate("list/histogram.js", f"m.stack({first}, {top})") == [
            ["error", 0.25],
            ["running", 0.25],
            ["ok", 0.5],
        ]


def test_times_below_bars_are_round_and_say_the_day() -> None:
    """Bars of 30 minutes from 22:10 on, the first of them cut; the end would cut what is written there."""
    ends = [
        f"2026-11-{day}T{time}:00Z"
        for day, time in (("24", "22:30"), *(("25", f"{n // 2:02}:{n % 2 * 3}0") for n in range(9)))
    ]
    ends.insert(1, "2026-11-24T23:00:00Z")
    ends.insert(2, "2026-11-24T23:30:00Z")
    starts = ["2026-11-24T22:10:00Z", *ends[:-1]]
    bars = json.dumps([{"from": a, "to": b} for a, b in zip(starts, ends, strict=True)])
    parsed = f"{bars}.map(({{ from, to }}) => ({{ from: Date.parse(from), to: Date.parse(to) }}))"
    marks = evaluate("figures/time_marks.js", f"m.timeMarks({parsed}, 7, Date.parse('2026-11-26'))")
    assert [mark["text"] for mark in marks] == ["Nov 24 23:00", "Nov 25", "01:00", "02:00", "03:00"]
    assert [mark["share"] * 12 for mark in marks] == pytest.approx([2, 4, 6, 8, 10])
    years = evaluate(
        "figures/time_marks.js", "m.timeMarks([{ from: -1e11, to: 1e11 }], 7, 0).map(({ text }) => text)"
    )
    assert years[0] == "1967-01-05"


def test_bars_are_a_range_whichever_way_they_are_drawn() -> None:
    wanted = {"range": "all", "from": 98 * HOUR, "to": 98 * HOUR + 180_000}
    for a, b in ((0, 2), (2, 0), (-3, 9)):
        assert (
            evaluate("list/histogram.js", f"m.between(m.barsOf({json.dumps(STATS)}).bars, {a}, {b})")
            == wanted
        )


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("a" * 32, "trace"),
        ("B7AD6B7169203331", "span"),
        ("chatcmpl-9xYz12", "id"),
        ("order 42", None),
        ("refund", None),
    ],
)
def test_ids_are_told_from_words(text: str, kind: str | None) -> None:
    assert evaluate("frame/palette.js", f"m.idKind({json.dumps(text)})") == kind


def test_the_palette_ranks_within_groups() -> None:
    titles = [
        ("Pages", "Traces"),
        ("Views", "Slow traces"),
        ("Views", "Traces in error"),
        ("Commands", "Theme: dark"),
    ]
    entries = json.dumps([{"group": group, "title": title} for group, title in titles])
    found = evaluate("frame/palette.js", f"m.fitting({entries}, 'tr').map((e) => e.title)")
    assert found == ["Traces", "Traces in error", "Slow traces"]


def test_the_palette_shows_every_page_before_anything_is_typed() -> None:
    pages = evaluate("frame/pages.js", "m.PAGES.map(({ title }) => ({ group: 'Pages', title }))")
    assert evaluate("frame/palette.js", f"m.fitting({json.dumps(pages)}, '')") == pages


def test_views_are_kept_by_name() -> None:
    views = "m.withView(m.withView([], 'b', '?q=1'), 'a', '')"
    assert evaluate("question/saved_views.js", f"m.withView({views}, 'b', '?q=2')") == [
        {"name": "a", "search": ""},
        {"name": "b", "search": "?q=2"},
    ]
    assert evaluate("question/saved_views.js", f"m.withoutView({views}, 'a').length") == 1


def test_what_was_said_is_words_before_values() -> None:
    span = {
        "input_messages": [
            {"role": "user", "parts": [{"content": "why?"}]},
            {"role": "tool", "parts": [{"content": "x"}]},
        ],
        "output_messages": [],
        "output_raw": {"a": 1},
    }
    assert evaluate("list/said.js", f"m.said({json.dumps(span)}, null)") == {
        "input": "why?",
        "output": {"a": 1},
    }
    assert evaluate("list/said.js", "m.said({}, {input_preview: 'in'})") == {"input": "in", "output": None}


def test_times_follow_the_chosen_zone() -> None:
    utc = "(m.chooseZone('utc'), [m.toField(Date.UTC(2026, 10, 25, 12)), m.fromField('2026-11-25T12:00:00')])"
    assert evaluate("shared/zone.js", utc) == ["2026-11-25T12:00:00", 1_795_608_000_000]
    assert evaluate("shared/zone.js", "m.fromField(m.toField(1795608000000))") == 1_795_608_000_000
    day = evaluate("shared/zone.js", "(m.chooseZone('utc'), m.yesterday(1795608000000).map(m.toField))")
    assert day == ["2026-11-24T00:00:00", "2026-11-25T00:00:00"]
    assert evaluate("shared/format.js", "m.stretch(1795608000000, 1795611600000).split(' ').length") == 5


@pytest.mark.parametrize(
    ("key", "at", "to"),
    [
        ("ArrowDown", 0, 1),
        ("ArrowDown", 6, 6),
        ("ArrowUp", 0, 0),
        ("ArrowUp", 4, 3),
        ("ArrowRight", 1, 3),
        ("ArrowRight", 5, 6),
        ("ArrowLeft", 4, 3),
        ("ArrowLeft", 3, 0),
        ("ArrowLeft", 0, 0),
        ("Home", 5, 0),
        ("End", 1, 6),
    ],
)
def test_keys_among_buttons_of_one_tab_stop(key: str, at: int, to: int) -> None:
    """Seven buttons in two groups; the second begins at 3."""
    assert evaluate("shared/roving.js", f"m.stopAt({json.dumps(key)}, {at}, [0, 3], 7)") == to


def test_other_keys_lead_nowhere() -> None:
    assert evaluate("shared/roving.js", "m.stopAt('j', 1, [0, 3], 7) === undefined") is True
