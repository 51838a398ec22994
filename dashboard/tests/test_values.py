"""The model of large values: rows that open, search, text by lines, paths."""

import json

from javascript import evaluate


def model(value: object, then: str) -> object:
    return evaluate("shared/value_model.js", f"((v) => {then})(new m.ValueModel({json.dumps(value)}))")


def test_rows_open_where_they_are_short_and_close_again() -> None:
    value = {"a": {"b": [1, 2]}, "long": list(range(50)), "text": "x"}
    rows = model(value, "v.rows.map((r) => [r.key, r.depth, r.open])")
    assert rows == [[None, 0, True], ["a", 1, True], ["b", 2, False], ["long", 1, False], ["text", 1, False]]
    assert model(value, "[v.toggle(3), v.rows.length, v.toggle(3), v.rows.length]") == [50, 55, -50, 5]


def test_a_hit_is_found_in_keys_and_values_and_the_way_to_it_opens() -> None:
    value = {"a": [{"deep": {"Needle": 1}}, {"other": "a needle here"}]}
    assert model(value, 'v.search("needle")') == [["a", 0, "deep", "Needle"], ["a", 1, "other"]]
    assert model(value, '((at) => v.rows[at].key)(v.reveal(["a", 0, "deep", "Needle"]))') == "Needle"


def test_text_in_text_is_opened_in_place_and_lines_are_lines() -> None:
    assert model({"t": '{"x": [1]}' + " " * 200}, "[v.toggle(1), v.rows[2].inText, v.rows[2].type]") == [
        1,
        True,
        "object",
    ]
    assert model({"t": "one\ntwo"}, "[v.toggle(1), v.rows[2].text, v.rows[3].text]") == [2, "one", "two"]
    assert model("one\ntwo" + "x" * 400, "v.rows.map((r) => r.text.length)") == [3, 160, 160, 83]


def test_numbers_keep_their_digits_and_paths_are_written_as_programs_do() -> None:
    assert (
        evaluate("shared/value_model.js", "m.jsonText(m.parseJson('[12345678901234567890, 1.5]'))")
        == "[\n  12345678901234567890,\n  1.5\n]"
    )
    assert (
        evaluate("shared/value_model.js", 'm.pathText(["messages", 0, "two words"])')
        == 'messages[0]["two words"]'
    )


def test_a_million_entries_are_searched_and_opened() -> None:
    made = "new m.ValueModel({list: Array.from({length: 300000}, (_, i) => ({n: i, s: 'v' + i}))})"
    assert evaluate(
        "shared/value_model.js", f"((v) => [v.search('v299999'), v.toggle(1), v.rows.length])({made})"
    ) == [
        [["list", 299_999, "s"]],
        300_000,
        300_002,
    ]


def test_the_entries_of_a_long_list_are_closed_at_first() -> None:
    made = "new m.ValueModel(Array.from({length: 200000}, (_, i) => ({n: i})))"
    assert evaluate("shared/value_model.js", f"{made}.rows.length") == 200_001


def test_a_very_deep_value_is_no_fault() -> None:
    deep = "JSON.parse('['.repeat(9000) + ']'.repeat(9000))"
    assert evaluate("shared/value_model.js", f"((v) => v.search('x').length)(new m.ValueModel({deep}))") == 0
