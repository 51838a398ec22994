"""The meaning of query texts: one fact of query.md each."""

from __future__ import annotations

import pytest
from llm_tracer.model.query import (
    FIELD_NAMES,
    HAS_WORDS,
    PRESENT,
    And,
    Comparison,
    Condition,
    Error,
    FamilyTest,
    FieldTest,
    Has,
    Id,
    Not,
    Or,
    SpanGroups,
    Test,
    TraceQuery,
    TurnOf,
    Word,
)
from llm_tracer.model.reading import KINDS
from llm_tracer_service.query import QueryError, known_fields, parse


def text(field: str, *texts: str) -> FieldTest:
    return FieldTest(field, Test(texts=texts))


def number(field: str, comparison: Comparison, wanted: float) -> FieldTest:
    return FieldTest(field, Test(comparison=comparison, number=wanted))


def between(field: str, low: float, high: float) -> FieldTest:
    return FieldTest(field, Test(between=(low, high)))


a, b, c = Word("a"), Word("b"), Word("c")


def test_the_example_of_the_documentation() -> None:
    parsed = parse(
        "status:error model:gpt-4o* dur>2s cost>=0.01 tokens>10k tool:search -tag:test user:alice"
        ' "refund for order 42"'
    )
    assert parsed.condition == And(
        (
            text("status", "error"),
            text("model", "gpt-4o*"),
            number("dur", ">", 2000.0),
            number("cost", ">=", 0.01),
            number("tokens", ">", 10_000.0),
            text("tool", "search"),
            Not(text("tag", "test")),
            text("user", "alice"),
            Word("refund for order 42"),
        )
    )


@pytest.mark.parametrize("empty", ["", " ", "\t\n", "\u3000"])
def test_the_empty_text_matches_everything(empty: str) -> None:
    assert parse(empty) == TraceQuery()
    assert parse(empty).is_empty


JOINING = {
    "a": a,
    "a b": And((a, b)),
    "a  AND\tb": And((a, b)),
    "a AND b c": And((a, b, c)),
    "a OR b": Or((a, b)),
    "a OR b OR c": Or((a, b, c)),
    "a OR b c": Or((a, And((b, c)))),
    "a b OR c": Or((And((a, b)), c)),
    "a (b OR c)": And((a, Or((b, c)))),
    "(a b) c": And((And((a, b)), c)),
    "((a))": a,
    "(a)(b)": And((a, b)),
    "-a": Not(a),
    "NOT a": Not(a),
    "NOT(a b)": Not(And((a, b))),
    "-(a OR b)": Not(Or((a, b))),
    "NOT -a": Not(Not(a)),
    "NOT a b": And((Not(a), b)),
    "-a OR b": Or((Not(a), b)),
    # Only capital letters join; these are words to search for.
    "and or not": And((Word("and"), Word("or"), Word("not"))),
    "ORDER ANDROID NOTE": And((Word("ORDER"), Word("ANDROID"), Word("NOTE"))),
    '"OR"': Word("OR"),
}


@pytest.mark.parametrize("query", JOINING)
def test_joining(query: str) -> None:
    assert parse(query).condition == JOINING[query]


WORDS = {
    "err_42": "err_42",
    "foo-bar": "foo-bar",
    "a,b": "a,b",
    "don't": "don't",
    "退款": "退款",
    "日本語：値": "日本語：値",
    "12:30": "12:30",
    "src/app.py:12": "src/app.py:12",
    "@alice:": "@alice:",
    "meta.json": "meta.json",
    "4bf92f3577b34da6a3ce929d0e0e4736": "4bf92f3577b34da6a3ce929d0e0e4736",
    # A word is found inside of longer ones anyway.
    "refund*": "refund",
    "*fund": "fund",
    '"refund*"': "refund*",
    '"order 42"': "order 42",
    '"say \\"yes\\""': 'say "yes"',
    '"a \\\\ b"': "a \\ b",
    '"C:\\new"': "C:\\new",
    '"status:error (x) {y} -z OR"': "status:error (x) {y} -z OR",
    '"two\nlines"': "two\nlines",
    '" "': " ",
}


@pytest.mark.parametrize("query", WORDS)
def test_words_and_phrases(query: str) -> None:
    assert parse(query).condition == Word(WORDS[query])


TEXTS = {
    "name:support-agent": text("name", "support-agent"),
    "name=support-agent": text("name", "support-agent"),
    "name!=support-agent": Not(text("name", "support-agent")),
    "model:gpt-4o*": text("model", "gpt-4o*"),
    "model:a,b": text("model", "a", "b"),
    "model!=a,b": Not(text("model", "a", "b")),
    'model:"a b","c"': text("model", "a b", "c"),
    'name:"a,b"': text("name", "a,b"),
    'name:"a \\"b\\""': text("name", 'a "b"'),
    "name:<lambda>": text("name", "<lambda>"),
    "name:C:\\x": text("name", "C:\\x"),
    "name:-x": text("name", "-x"),
    "name://x/y": text("name", "//x/y"),
    "user:*": FieldTest("user", PRESENT),
    "-user:*": Not(FieldTest("user", PRESENT)),
    "user!=*": Not(FieldTest("user", PRESENT)),
    "session:用户": text("session", "用户"),
    "status:ok": text("status", "ok"),
    "status:ERROR,running": text("status", "error", "running"),
    "status:abandon*": text("status", "abandon*"),
    "status:*": FieldTest("status", PRESENT),
    "span.status:unset": text("span.status", "unset"),
    "kind:llm,tool": text("kind", "llm", "tool"),
    "kind:re*": text("kind", "re*"),
    "error:*": Error(()),
    "error:RateLimitError": Error(("RateLimitError",)),
    'error:"too many",timeout': Error(("too many", "timeout")),
    "error!=timeout": Not(Error(("timeout",))),
    "id:4bf92f3577b34da6": Id("4bf92f3577b34da6"),
    "id:a,b": Or((Id("a"), Id("b"))),
    "id!=a": Not(Id("a")),
    "turn_of:chat-81": TurnOf("chat-81"),
    'turn_of:"a*b",C': Or((TurnOf("a*b"), TurnOf("C"))),
    "has:image": Has("image"),
    "has:image,open": Or((Has("image"), Has("open"))),
    "-has:cost": Not(Has("cost")),
}


@pytest.mark.parametrize("query", TEXTS)
def test_texts(query: str) -> None:
    assert parse(query).condition == TEXTS[query]


NUMBERS = {
    "dur>2s": number("dur", ">", 2000),
    "dur>=1.5s": number("dur", ">=", 1500),
    "dur<300ms": number("dur", "<", 300),
    "dur<=2m": number("dur", "<=", 120_000),
    "dur:1h": number("dur", "=", 3_600_000),
    "dur=0": number("dur", "=", 0),
    "dur>0.0": number("dur", ">", 0),
    "dur:0.57s": number("dur", "=", 570),
    "dur!=2s": number("dur", "!=", 2000),
    "ttft:100ms..2s": between("ttft", 100, 2000),
    "span.dur>.5s": number("span.dur", ">", 500),
    "tokens>10k": number("tokens", ">", 10_000),
    "tokens<1.5M": number("tokens", "<", 1_500_000),
    "tokens:2..5k": between("tokens", 2, 5000),
    "tokens=1..1": between("tokens", 1, 1),
    "tokens:1,2..3": Or((number("tokens", "=", 1), between("tokens", 2, 3))),
    "errors:0": number("errors", "=", 0),
    "spans>-1": number("spans", ">", -1),
    "cost>=0.01": number("cost", ">=", 0.01),
    "cost>$0.01": number("cost", ">", 0.01),
    "cost<1e-5": number("cost", "<", 0.00001),
    "cost:$1..$2": between("cost", 1, 2),
    "cost:*": FieldTest("cost", PRESENT),
    "-cost:*": Not(FieldTest("cost", PRESENT)),
    "cost!=*": Not(FieldTest("cost", PRESENT)),
    "llm_calls>=3": number("llm_calls", ">=", 3),
}


@pytest.mark.parametrize("query", NUMBERS)
def test_numbers(query: str) -> None:
    assert parse(query).condition == NUMBERS[query]


FAMILIES = {
    "score.helpfulness>0.5": FamilyTest("score", "helpfulness", Test(comparison=">", number=0.5)),
    "score.helpfulness:0.5..1": FamilyTest("score", "helpfulness", Test(between=(0.5, 1.0))),
    "score.x!=0.5..1": Not(FamilyTest("score", "x", Test(between=(0.5, 1.0)))),
    'score."my score":good': FamilyTest("score", "my score", Test(texts=("good",))),
    "meta.customer:acme": FamilyTest("meta", "customer", Test(texts=("acme",))),
    "meta.version:3": FamilyTest("meta", "version", Test(texts=("3",))),
    "meta.count>10k": FamilyTest("meta", "count", Test(comparison=">", number=10_000)),
    "meta.key:*": FamilyTest("meta", "key", PRESENT),
    "meta.key!=x": Not(FamilyTest("meta", "key", Test(texts=("x",)))),
    "attr.gen_ai.request.top-p:1": FamilyTest("attr", "gen_ai.request.top-p", Test(texts=("1",))),
    "attr.http/route:/chat*": FamilyTest("attr", "http/route", Test(texts=("/chat*",))),
    'attr."a:b \\"c\\"":x,y': FamilyTest("attr", 'a:b "c"', Test(texts=("x", "y"))),
    'attr.range:"1..5"': FamilyTest("attr", "range", Test(texts=("1..5",))),
    "attr.versions:1..x": FamilyTest("attr", "versions", Test(texts=("1..x",))),
    "attr.Ключ:x": FamilyTest("attr", "Ключ", Test(texts=("x",))),
}


@pytest.mark.parametrize("query", FAMILIES)
def test_families(query: str) -> None:
    assert parse(query).condition == FAMILIES[query]


tool, failed = text("kind", "tool"), text("status", "error")

GROUPS: dict[str, Condition] = {
    "{kind:tool status:error}": SpanGroups((And((tool, failed)),)),
    "{ kind:tool }": SpanGroups((tool,)),
    "{}": SpanGroups((And(),)),
    "{kind:tool} -> {status:error}": SpanGroups((tool, failed)),
    "{kind:tool}->{}->{a OR b}": SpanGroups((tool, And(), Or((a, b)))),
    "-{kind:tool} -> {status:error}": Not(SpanGroups((tool, failed))),
    "a {kind:tool} b": And((a, SpanGroups((tool,)), b)),
    "{kind:tool} {status:error}": And((SpanGroups((tool,)), SpanGroups((failed,)))),
    "{-(kind:tool OR a)}": SpanGroups((Not(Or((tool, a))),)),
    "{status:unset}": SpanGroups((text("status", "unset"),)),
    "{} status:running": And((SpanGroups((And(),)), text("status", "running"))),
}


@pytest.mark.parametrize("query", GROUPS)
def test_groups_of_conditions_of_one_span(query: str) -> None:
    assert parse(query).condition == GROUPS[query]


def test_a_query_of_spans_reads_everything_as_said_of_one_span() -> None:
    assert parse("status:unset", of_spans=True).condition == text("status", "unset")
    assert parse("{a} status:unset", of_spans=True).condition == And(
        (SpanGroups((a,)), text("status", "unset"))
    )
    for refused in ("status:running", "spans>2", "{a} -> {b}"):
        with pytest.raises(QueryError):
            parse(refused, of_spans=True)


def test_every_field_is_documented_with_an_example_that_parses() -> None:
    docs = known_fields()
    assert {doc.name for doc in docs} == {*FIELD_NAMES, "score.NAME", "meta.KEY", "attr.KEY"}
    for doc in docs:
        parse(doc.example)
    values = {doc.name: doc.values for doc in docs if doc.values}
    assert values == {
        "status": ("running", "ok", "error", "abandoned"),
        "span.status": ("unset", "ok", "error"),
        "kind": KINDS,
        "has": HAS_WORDS,
    }


def test_fields_of_the_whole_trace_are_documented_as_such() -> None:
    assert [doc.name for doc in known_fields() if not doc.of_one_span] == [
        "failure",
        "pattern",
        "spans",
        "llm_calls",
        "tool_calls",
        "errors",
    ]
