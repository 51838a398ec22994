"""Texts that are not queries: the position, what is expected and the hint, literally."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from llm_tracer_service.query import DEPTH_MAX, LENGTH_MAX, QueryError, parse

STATUSES = "the values are running, ok, error, abandoned"

ERRORS: dict[str, tuple[int, str, str | None]] = {
    # numbers
    "dur>2": (4, "a number with a unit", "did you mean dur>2s ?"),
    "a b dur>2": (8, "a number with a unit", "did you mean dur>2s ?"),
    "dur>2sec": (4, "a number with a unit", "did you mean dur>2s ?"),
    "dur>2 minutes": (4, "a number with a unit", "did you mean dur>2s ?"),
    "dur>2minutes": (4, "a number with a unit", "did you mean dur>2m ?"),
    "dur>2S": (4, "a number with a unit", "did you mean dur>2s ?"),
    "dur>fast": (4, "a number with a unit", "for example dur>2s"),
    "dur:>2s": (4, "a number with a unit", "did you mean dur>2s ?"),
    "dur=>2s": (4, "a number with a unit", "did you mean dur>=2s ?"),
    "dur==2s": (4, "a value", "did you mean dur=2s ?"),
    'dur>"2s"': (4, "a number with a unit", "did you mean dur>2s ?"),
    "dur:2..5": (4, "a number with a unit", "did you mean dur:2s..5s ?"),
    "dur:2s..5": (8, "a number with a unit", "did you mean dur:2s..5s ?"),
    "dur:5s..2s": (4, "a range from low to high", "did you mean dur:2s..5s ?"),
    "dur:2s..": (4, "both ends of the range", "did you mean dur>=2s ?"),
    "dur:..2s": (4, "both ends of the range", "did you mean dur<=2s ?"),
    "dur:2..": (4, "both ends of the range", "did you mean dur>=2s ?"),
    "dur:..soon": (4, "both ends of the range", "for example dur>2s"),
    "dur>": (4, "a value", "for example dur>2s"),
    "cost<=": (6, "a value", "for example cost<=0.01"),
    "dur:": (4, "a value", "-dur:* finds what has none"),
    "dur:..": (4, "both ends of the range", "for example dur>2s"),
    "dur>2s..5s": (4, "a number with a unit", "did you mean dur:2s..5s ?"),
    "tokens>10K": (7, "a number", "did you mean tokens>10k ?"),
    "tokens>5m": (7, "a number", "did you mean tokens>5M ?"),
    "tokens>10,000": (7, "one number", "did you mean tokens>10000 ?"),
    "tokens>$5": (7, "a number", "did you mean tokens>5 ?"),
    "tokens>1e999": (7, "a number", "for example tokens>10k"),
    "tokens>*": (7, "a number", "for example tokens>10k"),
    "cost>nan": (5, "an amount in dollars", "for example cost>0.01"),
    "cost>1k": (5, "an amount in dollars", "for example cost>0.01"),
    "cost>5USD": (5, "an amount in dollars", "did you mean cost>5 ?"),
    "score.x>good": (8, "a number", "for example score.x>0.5"),
    "score.x:5..2": (8, "a range from low to high", "did you mean score.x:2..5 ?"),
    # fields
    "stat:error": (0, "a known field", "did you mean status ?"),
    "a Status:error": (2, "a known field", "did you mean status ?"),
    "span.model:x": (0, "a known field", "did you mean model ?"),
    "latency>2s": (0, "a known field", "did you mean dur ?"),
    "score:5": (0, "a known field", "did you mean score.NAME ?"),
    "score>0.5": (0, "a known field", "did you mean score.NAME ?"),
    "{attr:x.y}": (1, "a known field", "did you mean attr.KEY ?"),
    "metadata.x:5": (0, "a known field", "did you mean meta.KEY ?"),
    "http://x/y": (0, "a known field", 'in quotes it is searched as text: "http://x/y"'),
    "std::vector": (0, "a known field", 'in quotes it is searched as text: "std::vector"'),
    "C:\\new": (0, "a known field", 'in quotes it is searched as text: "C:\\\\new"'),
    "foo->bar": (0, "a known field", 'in quotes it is searched as text: "foo->bar"'),
    "attr.:x": (5, "a name after the dot", "as meta.customer:acme"),
    'attr."":x': (7, "a name after the dot", "as meta.customer:acme"),
    'attr."a b"': (10, "one of : = != > >= < <=", "put a key with other characters in quotes"),
    "attr.a!b:x": (6, "one of : = != > >= < <=", "put a key with other characters in quotes"),
    "{spans>2}": (
        1,
        "a field of one span",
        "spans is about the whole trace: use it for traces, outside of {...}",
    ),
    "{a OR -errors:0}": (
        7,
        "a field of one span",
        "errors is about the whole trace: use it for traces, outside of {...}",
    ),
    # values
    "status:eror": (7, "a value of status", "did you mean status:error ?"),
    "status:great": (7, "a value of status", STATUSES),
    "status:ok,great": (10, "a value of status", STATUSES),
    "{status:running}": (8, "a value of status", "has:open finds running spans"),
    "span.status:abandoned": (12, "a value of span.status", "the values are unset, ok, error"),
    "kind:tol": (5, "a value of kind", "did you mean kind:tool ?"),
    "has:images": (4, "a value of has", "did you mean has:image ?"),
    "has:*": (
        4,
        "a value of has",
        "the values are error, cut, image, documents, reasoning, cost, orphan, open",
    ),
    "id:4bf*": (3, "a whole id", "an id has no wildcard"),
    "name>x": (4, "one of : = != for a text", "did you mean name:x ?"),
    "has>image": (3, "one of : = != for a text", "did you mean has:image ?"),
    "error>=x": (5, "one of : = != for a text", "did you mean error:x ?"),
    "name:": (5, "a value", "-name:* finds what has none"),
    'name:""': (5, "a value", "-name:* finds what has none"),
    "name: x": (5, "a value", "operators have no spaces around them"),
    "name:a,": (7, "a value", "-name:* finds what has none"),
    "name:a, b": (7, "a value", "operators have no spaces around them"),
    "name:=x": (5, "a value", "did you mean name:x ?"),
    # spaces, words, quotes
    "dur > 2s": (
        4,
        "a term",
        'operators have no spaces around them; in quotes it is searched as text: ">"',
    ),
    "*": (0, "a word", "a query without conditions finds everything"),
    "a*b": (0, "a word without * inside", 'in quotes it is searched as text: "a*b"'),
    "print(x)": (5, "a space", 'in quotes it is searched as text: "print(x)"'),
    'x"y"': (1, "a space", 'in quotes it is searched as text: "x\\"y\\""'),
    '"a"b': (3, "a space", 'in quotes it is searched as text: "\\"a\\"b"'),
    "name:f(x)": (6, "a space", 'in quotes it is searched as text: "name:f(x)"'),
    'a "b': (2, 'a closing "', r'inside quotes, " is written \" and \ is written \\'),
    '""': (0, "a text between the quotes", "a query without conditions finds everything"),
    # groups
    "(a": (2, '")"', 'for the "(" at character 1'),
    "(a}": (2, '")"', 'for the "(" at character 1'),
    "{a": (2, '"}"', 'for the "{" at character 1'),
    "a)": (1, '"(" before ")"', 'in quotes it is searched as text: ")"'),
    "a }": (2, '"{" before "}"', 'in quotes it is searched as text: "}"'),
    "()": (1, "a term", "a word, or a condition such as status:error"),
    "OR a": (0, "a term", 'in quotes it is searched as text: "OR"'),
    "a OR": (4, "a term", "a word, or a condition such as status:error"),
    "a OR OR b": (5, "a term", 'in quotes it is searched as text: "OR"'),
    "a AND": (5, "a term", "a word, or a condition such as status:error"),
    "AND": (0, "a term", 'in quotes it is searched as text: "AND"'),
    "NOT": (3, "a term", "a word, or a condition such as status:error"),
    "a - b": (2, 'a term directly after "-"', 'in quotes it is searched as text: "-"'),
    "--help": (0, 'a term directly after "-"', 'in quotes it is searched as text: "--help"'),
    "{{a}}": (1, "a condition of one span", "{...} cannot be nested in {...}"),
    "{a} ->": (6, 'a "{...}" after "->"', "as {kind:tool} -> {status:error}"),
    "{a} -> b": (7, 'a "{...}" after "->"', "as {kind:tool} -> {status:error}"),
    "-> {a}": (0, 'a "{...}" before "->"', 'in quotes it is searched as text: "->"'),
}


@pytest.mark.parametrize("query", ERRORS)
def test_what_is_no_query(query: str) -> None:
    with pytest.raises(QueryError) as caught:
        parse(query)
    assert (caught.value.position, caught.value.expected, caught.value.hint) == ERRORS[query]


def test_the_error_reads_as_a_sentence() -> None:
    with pytest.raises(
        ValueError, match=r"^at character 5: expected a number with a unit \(did you mean dur>2s \?\)$"
    ):
        parse("dur>2")


@pytest.mark.parametrize("opening", ["(", "-(", "NOT ", "{("])
def test_nesting_is_bounded(opening: str) -> None:
    with pytest.raises(QueryError):
        parse(opening * 3000 + "a")


def test_nesting_of_fifty_levels_is_read() -> None:
    assert parse("(" * DEPTH_MAX + "a" + ")" * DEPTH_MAX) == parse("a")
    with pytest.raises(
        QueryError, match=r"^at character 51: expected at most 50 levels of nesting \(take away some"
    ):
        parse("(" * (DEPTH_MAX + 1) + "a" + ")" * (DEPTH_MAX + 1))


def test_length_is_bounded() -> None:
    parse("a" * LENGTH_MAX)
    with pytest.raises(QueryError, match="at most 10000 characters") as caught:
        parse("a" * (LENGTH_MAX + 1))
    assert caught.value.position == LENGTH_MAX


def error_of(query: str) -> QueryError | None:
    try:
        parse(query)
    except QueryError as error:
        return error
    return None


PIECES = (
    *"(){}\"'\\*,.:=<>!-$ \n\t\u3000é退0129kMsmhx", "AND ", "OR ", "NOT ", "->", "..", "dur", "cost", "tokens", "status",
    "kind:", "has:", "id:", "error", "name", "spans", "attr.", "meta.", "score.", "span.", "2s", "1..2", "a b", "score", "meta",
    ">0.5", ":x.y",
)  # fmt: skip


@given(st.one_of(st.text(max_size=60), st.lists(st.sampled_from(PIECES), max_size=25).map("".join)))
def test_any_text_is_a_query_or_a_query_error_with_a_place_in_it(query: str) -> None:
    error = error_of(query)
    assert error is None or (0 <= error.position <= len(query) and error.expected)


@pytest.mark.parametrize(
    "piece",
    ["a ", "a:", '"', "(a) ", "name:a ", "a,", "name:a,b ", "-", "1", "attr.", "*a", "{} ", "\\", "OR "],
)
def test_the_longest_texts_take_milliseconds(piece: str) -> None:
    started = time.process_time()
    for query in (piece * (LENGTH_MAX // len(piece)), "name:" + piece * (LENGTH_MAX // len(piece) - 5)):
        error_of(query)
    assert time.process_time() - started < 0.5
