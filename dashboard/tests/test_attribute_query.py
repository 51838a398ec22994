"""Questions about an attribute, as the address of the list."""

from urllib.parse import parse_qs

import pytest
from javascript import evaluate


def query(expression: str) -> str:
    path = evaluate("question/attribute_query.js", expression)
    (text,) = parse_qs(path.removeprefix("/?"))["q"]
    return text


def test_the_condition_joins_what_the_list_asks() -> None:
    assert query('m.attributePath("?q=status%3Aerror", "attr", "http.route", "/chat")') == (
        'status:error attr.http.route:"/chat"'
    )
    assert query('m.attributePath("", "meta", "tries", 3, true)') == '-meta.tries:"3"'


def test_its_opposite_makes_room() -> None:
    before = "?q=-attr.a%3A%22x%20y%22"
    assert query(f'm.attributePath("{before}", "attr", "a", "x y")') == 'attr.a:"x y"'


def test_quotes_and_backslashes_are_escaped() -> None:
    assert query(r'm.attributePath("", "attr", "a", "say \"hi\" \\o/")') == r'attr.a:"say \"hi\" \\o/"'


@pytest.mark.parametrize(
    "arguments", ['"a b", "x"', '"a", {}', '"a", ""', '"a", null', '"a", "x".repeat(201)']
)
def test_what_a_query_cannot_name_has_no_address(arguments: str) -> None:
    assert evaluate("question/attribute_query.js", f'm.attributePath("", "attr", {arguments})') is None
