from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from llm_tracer_service.cli.terminal import Cell, clean, columns_of, fitted, padded, pointed, table


@given(st.text(max_size=40), st.integers(1, 30))
def test_a_text_fits_and_is_filled_up(text: str, columns: int) -> None:
    text = clean(text)
    assert columns_of(fitted(text, columns)) <= columns
    assert columns_of(padded(fitted(text, columns), columns)) == columns


def test_wide_characters_take_two_columns() -> None:
    assert columns_of("就業規則") == 8
    assert fitted("就業規則", 6) == "就業…"


def test_a_place_in_a_text_is_marked() -> None:
    assert pointed("dur>", 4) == "  dur>\n      ^"
    assert pointed("就業 dur>x", 7) == "  就業 dur>x\n           ^"
    text, mark = pointed(f"{'a ' * 50}dur>x{' b' * 50}", 104).splitlines()
    assert (text[mark.index("^")], len(text)) == ("x", 64)
    assert text.startswith("  …")
    assert text.endswith("…")


def test_the_column_that_shrinks_takes_what_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "30")
    rows = [[Cell("1", right=True), Cell("a long name that has to give way", shrinks=True), Cell("end")]]
    assert list(table(rows, ("n", "name", ""))) == ["n  name", "1  a long name that has …  end"]


def test_ids_have_a_line_of_their_own_where_a_name_has_no_room_beside_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", "30")
    rows = [
        [
            Cell("✓"),
            Cell("a long name that has to give way", shrinks=True),
            Cell("5b8efff798038103", below=True),
        ]
    ]
    assert list(table(rows, ("", "name", "id"))) == [
        "   name", "✓  a long name that has to gi…", "   5b8efff798038103",
    ]  # fmt: skip
    monkeypatch.setenv("COLUMNS", "60")
    assert len(list(table(rows))) == 1


def test_a_name_has_a_line_of_its_own_where_figures_leave_it_no_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "24")
    rows = [
        [Cell("claude-haiku-4-5-20251001", shrinks=True), Cell("12", right=True), Cell("$0.1", right=True)]
    ]
    assert list(table(rows, ("", "calls", "cost"))) == [
        "   calls  cost", "claude-haiku-4-5-202510…", "      12  $0.1",
    ]  # fmt: skip
