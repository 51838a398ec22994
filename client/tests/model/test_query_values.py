"""When a value passes what a query asks of it, whatever its type."""

from __future__ import annotations

import time
from fnmatch import fnmatchcase

import pytest
from hypothesis import given
from hypothesis import strategies as st
from llm_tracer.model.query import PRESENT, Test, as_number, as_text, equals

EQUAL: list[tuple[object, str, bool]] = [
    ("Text", "text", True), ("text", "tex", False), ("text", "tex*", True), ("text", "*X*", True), ("text", "*", True),
    ("aa", "a*a", True), ("a", "a*a", False), ("a.b", "a?b", False), ("a[b]", "a[b]*", True), ("a\nb", "a*b", True),
    ("Straße", "STRASSE", True), ("Straße", "STRAS*", True), (3, "3", True), (3.0, "3", True), (3.0, "3.0", True),
    (3, "03", False), ("3.0", "3", False), (0.5, "0.5", True), (0.5, ".5", True), (True, "true", True),
    (True, "1", False), (1, "true", False), (12345678901234567890, "12345678901234567891", False),
    ({"a": 1}, '{"a": 1}', True), ("x", "nan", False), (float("inf"), "inf", True),
]  # fmt: skip


@pytest.mark.parametrize(("value", "wanted", "equal"), EQUAL)
def test_when_a_value_is_the_wanted_text(value: object, wanted: str, equal: bool) -> None:
    assert equals(value, wanted) == equal


@given(st.text("ab*", max_size=8), st.text("ab", max_size=8))
def test_wildcards_are_those_of_a_shell(wildcard: str, text: str) -> None:
    assert equals(text, wildcard) == fnmatchcase(text, wildcard)


def test_a_wildcard_of_thousands_of_stars_takes_no_time() -> None:
    began = time.process_time()
    assert not equals("a" * 100_000, "a*" * 5_000 + "b")
    assert time.process_time() - began < 1


AS_NUMBERS: list[tuple[object, float | None]] = [
    (3, 3.0), (0.5, 0.5), ("10", 10.0), ("1e3", 1000.0), ("x", None), ("", None), (True, None), (None, None),
    ([1], None), (float("nan"), None), ("inf", None), (10**400, None),
]  # fmt: skip


@pytest.mark.parametrize(("value", "number"), AS_NUMBERS)
def test_when_a_value_is_a_number(value: object, number: float | None) -> None:
    assert as_number(value) == number


def test_how_a_query_spells_values() -> None:
    assert [as_text(value) for value in ("a", True, False, 3, 0.5, ["é", 1], {"k": b"x"})] == [
        "a", "true", "false", "3", "0.5", '["é", 1]', '{"k": "b\'x\'"}',
    ]  # fmt: skip


def test_of_a_list_any_element_may_pass() -> None:
    assert Test(texts=("b",)).holds(["a", "b"])
    assert Test(comparison=">", number=1).holds((0, [2]))
    assert not PRESENT.holds([])
    assert not PRESENT.holds([None, ""])


def test_zero_and_false_are_present_and_nothing_is_not() -> None:
    assert [PRESENT.holds(value) for value in (0, 0.0, False, None, "")] == [True, True, True, False, False]
