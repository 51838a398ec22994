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
def test_terms(q: str, terms: list[str]) -> None:
    assert evaluate("query_text.js", f"m.termsOf({json.dumps(q)}).map((t) => t.text)") == terms


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
    assert evaluate("query_text.js", then) == result


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
    found = evaluate("completion.js", f"m.wordAt({json.dumps(text)}, {caret})")
    assert {key: found[key] for key in word} == word


def test_nothing_is_completed_in_quotes() -> None:
    assert evaluate("completion.js", "m.wordAt('\"order mo', 9)") is None


def test_names_then_values() -> None:
    assert evaluate("completion.js", f"m.names({json.dumps(FIELDS)}, 'm').map((n) => n.text)") == ["model:", "meta.tier:"]
    known = [{"value": "gpt-4o", "count": 3, "q": "model:gpt-4o"}, {"value": "gpt 5", "count": 1, "q": 'model:"gpt 5"'}]
    assert evaluate("completion.js", f"m.values('model', {json.dumps(known)}, 'gp').map((n) => n.text)") == ["gpt-4o", '"gpt 5"']
    then = "m.chosen('model:gp x', m.wordAt('model:gp x', 8), {text: 'gpt-4o'})"
    assert evaluate("completion.js", then) == {"text": "model:gpt-4o x", "caret": 13}


HOUR = 3_600_000


def test_a_relative_range_moves_to_two_moments() -> None:
    now = 100 * HOUR
    assert evaluate("time_range.js", f"m.moved({{range: '1h'}}, -1, {now})") == {"range": "all", "from": 98 * HOUR, "to": 99 * HOUR}
    assert evaluate("time_range.js", f"m.scaled({{range: '1h'}}, 2, {now})") == {"range": "all", "from": 98 * HOUR, "to": now}
    assert evaluate("time_range.js", f"m.moved({{range: 'all'}}, 1, {now})") is None


def test_the_address_of_the_list_holds_moments_too() -> None:
    asked = {"q": "a", "range": "all", "from": 98 * HOUR, "to": 99 * HOUR, "sort": "-cost", "peek": "a" * 32}
    assert evaluate("list_url.js", f"m.readList(m.listSearch({json.dumps(asked)}))") == asked
    request = evaluate("list_url.js", f"m.listRequest({json.dumps(asked)})")
    assert request == "/ui-api/traces?from=1970-01-05T02%3A00%3A00.000Z&to=1970-01-05T03%3A00%3A00.000Z&q=a&limit=50&sort=-cost"


def test_columns_have_a_template() -> None:
    assert evaluate("columns.js", "m.template(['cost'])") == "16px minmax(128px, 1.1fr) minmax(160px, 4.2fr) 68px"
