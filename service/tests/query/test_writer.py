"""A query written as text is parsed as the same query."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from llm_tracer.model.query import (
    FIELDS,
    HAS_WORDS,
    PRESENT,
    And,
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
from llm_tracer_service.query import QueryError, known_fields, parse, to_text

WRITTEN = {
    "": "",
    "a b": "a b",
    '"a b"': '"a b"',
    "a OR b c": "a OR b c",
    "a AND (b OR c)": "a (b OR c)",
    "NOT (NOT a)": "-(-a)",
    "name!=x": "-name:x",
    'name:"x y",z': 'name:"x y",z',
    "dur>2000ms": "dur>2s",
    "dur:90s": "dur:90s",
    "dur<1.5s": "dur<1500ms",
    "dur>0ms": "dur>0",
    "tokens>10000": "tokens>10k",
    "tokens:1500..2000000": "tokens:1500..2M",
    "cost>=$0.01": "cost>=0.01",
    "has:image,open": "has:image OR has:open",
    '{kind:tool}->{}->{"a"}': "{kind:tool} -> {} -> {a}",
    'attr."a b":x': 'attr."a b":x',
    'attr.x:"1..5"': 'attr.x:"1..5"',
    "error:*": "error:*",
}


@pytest.mark.parametrize("query", WRITTEN)
def test_how_a_query_is_written(query: str) -> None:
    assert to_text(parse(query)) == WRITTEN[query]


def test_empty_conjunctions_say_nothing() -> None:
    assert to_text(TraceQuery(And((And(), And((Word("a"),)))))) == "a"
    assert to_text(TraceQuery(And((And(), And())))) == ""


@pytest.mark.parametrize("condition", [Or(()), Not(And()), Or((Word("a"), And())), SpanGroups(())])
def test_what_has_no_text_is_refused(condition: Condition) -> None:
    with pytest.raises(ValueError, match="has no text"):
        to_text(TraceQuery(condition))


# --- every query that parse can give --------------------------------------------------------------------------------

numbers = st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(10**7), 10**7).map(float)
number_tests = st.one_of(
    st.just(PRESENT),
    st.builds(Test, comparison=st.sampled_from(("=", "!=", ">", ">=", "<", "<=")), number=numbers),
    st.tuples(numbers, numbers).map(lambda ends: Test(between=(min(ends), max(ends)))),
)
texts = st.one_of(
    st.text(min_size=1, max_size=12).filter(lambda text: text != "*"),
    st.sampled_from(("a b", "gpt-4o*", "1..2", "=x", "OR", "-x", "a,b", '"', "\\", "x\\", "{", "2s")),
)
text_tests = st.just(PRESENT) | st.lists(texts, min_size=1, max_size=3).map(
    lambda them: Test(texts=tuple(them))
)
family_tests = text_tests | st.one_of(
    st.builds(Test, comparison=st.sampled_from((">", ">=", "<", "<=")), number=numbers),
    st.tuples(numbers, numbers).map(lambda ends: Test(between=(min(ends), max(ends)))),
)
# Fields with a fixed set of values are asked by one of them.
CLOSED = {doc.name: doc.values for doc in known_fields() if doc.values and doc.name != "has"}
NUMBER_FIELDS = [name for name, field in FIELDS.items() if field.type != "text"]
TEXT_FIELDS = [name for name, field in FIELDS.items() if field.type == "text" and name not in CLOSED]


def terms(of_one_span: bool) -> st.SearchStrategy[Condition]:
    whole_trace = {doc.name for doc in known_fields() if not doc.of_one_span}
    number_fields, text_fields = (
        [name for name in names if not (of_one_span and name in whole_trace)]
        for names in (NUMBER_FIELDS, TEXT_FIELDS)
    )
    status = st.sampled_from(("ok", "error") if of_one_span else CLOSED["status"])
    return st.one_of(
        texts.map(Word),
        st.builds(FieldTest, st.sampled_from(text_fields), text_tests),
        st.builds(FieldTest, st.sampled_from(number_fields), number_tests),
        status.map(lambda value: FieldTest("status", Test(texts=(value,)))),
        st.sampled_from(KINDS).map(lambda value: FieldTest("kind", Test(texts=(value,)))),
        st.builds(FamilyTest, st.sampled_from(("score", "meta", "attr")), texts, family_tests),
        st.lists(texts, max_size=2).map(lambda them: Error(tuple(them))),
        texts.filter(lambda text: "*" not in text).map(Id),
        texts.map(TurnOf),
        st.sampled_from(HAS_WORDS).map(Has),
    )


def joined(parts: st.SearchStrategy[Condition]) -> st.SearchStrategy[Condition]:
    several = st.lists(parts, min_size=2, max_size=3).map(tuple)
    return st.one_of(parts.map(Not), several.map(And), several.map(Or))


of_one_span = st.recursive(terms(of_one_span=True), joined, max_leaves=4)
groups = st.lists(of_one_span | st.just(And()), min_size=1, max_size=2).map(
    lambda them: SpanGroups(tuple(them))
)
conditions = st.recursive(terms(of_one_span=False) | groups, joined, max_leaves=8) | st.just(And())


@given(conditions)
def test_what_is_written_is_read_as_the_same_query(condition: Condition) -> None:
    query = TraceQuery(condition)
    assert parse(to_text(query)) == query


@given(
    st.lists(
        st.sampled_from(("a", "-", "(", ")", " ", "OR ", "name:", "dur>", "2s", "{", "}", '"', "*")),
        max_size=12,
    )
)
def test_what_is_read_is_written_as_the_same_query(pieces: list[str]) -> None:
    try:
        query = parse("".join(pieces))
    except QueryError:
        return
    assert parse(to_text(query)) == query
