"""What a query means: each condition with a fact."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from llm_tracer.model.failures import failures_of
from llm_tracer.model.patterns import pattern_id, pattern_of
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
    is_id,
)
from llm_tracer.model.reading import Cost, Score, SpanError, Usage
from llm_tracer.model.row import SpanRow
from llm_tracer.model.span import Resource, SpanData
from llm_tracer.model.trace import Trace

from .building import START, TRACE_ID, any_rows, figures, llm, row, trace

SPAN_ID = "b7ad6b7169203331"

SUPPORT = trace(
    row(
        "root", ms=5000, name="support-agent", kind="agent", status="ok", agent_name="planner", session_id="chat-81",
        user_id="alice", tags=("vip", "beta"), environment="production", release="2.1.0", service_name="web",
        metadata={"customer": "acme", "plan": 3, "flags": ["a", "b"], "none": None},
    ),
    row(
        SPAN_ID, "root", at=10, ms=2000, name="ask", kind="llm", provider="openai", request_model="gpt-4o",
        response_model="gpt-4o-2024-08-06", response_id="chatcmpl-1", ttft_ms=300.0, has=("image",),
        usage=Usage(input=900, output=100, total=1000, cache_read=64, reasoning=32), cost=Cost(0.02),
        scores=(Score("helpfulness", 0.75, "good"),),
    ),
    row(
        "search", "root", at=3000, ms=500, kind="tool", tool_name="web search", status="error",
        error=SpanError("TimeoutError", "no answer\nafter 10 s"),
    ),
    spans=[
        SpanData(
            TRACE_ID, SPAN_ID, "chat", START, attributes={"http.route": "/chat", "gen_ai.request.top_p": 1.0, "on": True},
            resource=Resource({"host.name": "box-1"}),
        )
    ],
    texts={SPAN_ID: "Where is my refund for Order 42? 退款在哪里"},
)  # fmt: skip


def matches(condition: Condition, built: Trace = SUPPORT) -> bool:
    return TraceQuery(condition).matches(built, built.summary)


def spans_of(condition: Condition, built: Trace = SUPPORT) -> list[str]:
    query = TraceQuery(condition)
    return [row.reading.name for row in built.by_start if query.matches_span(built, row)]


def field(name: str, *texts: str) -> FieldTest:
    return FieldTest(name, Test(texts=texts))


# --- text fields ----------------------------------------------------------------------------------------------------

TEXTS: list[tuple[str, str, list[str]]] = [
    # field, what it is, the spans that have it
    ("name", "support-agent", ["support-agent"]),
    ("name", "SUPPORT-agent", ["support-agent"]),
    ("name", "*a*", ["support-agent", "ask", "search"]),
    ("span.status", "error", ["search"]),
    ("kind", "llm", ["ask"]),
    ("model", "gpt-4o", ["ask"]),
    ("model", "gpt-4o-2024-08-06", ["ask"]),
    ("model", "gpt-4o-*", ["ask"]),
    ("provider", "openai", ["ask"]),
    ("service", "web", ["support-agent"]),
    ("tool", "web search", ["search"]),
    ("failed_tool", "web search", ["search"]),
    ("agent", "planner", ["support-agent"]),
    ("session", "chat-81", ["support-agent"]),
    ("user", "alice", ["support-agent"]),
    ("tag", "beta", ["support-agent"]),
    ("env", "prod*", ["support-agent"]),
    ("release", "2.1.*", ["support-agent"]),
]


@pytest.mark.parametrize(("name", "wanted", "having"), TEXTS)
def test_a_text_field_is_of_the_trace_or_any_of_its_spans(name: str, wanted: str, having: list[str]) -> None:
    assert matches(field(name, wanted))
    assert matches(FieldTest(name, PRESENT))
    assert spans_of(field(name, wanted)) == having
    assert not matches(field(name, "nothing-like-it"))
    assert matches(field(name, "nothing-like-it", wanted))
    assert not matches(Not(field(name, wanted)))


def test_status_is_that_of_the_trace_and_in_a_span_that_of_the_span() -> None:
    assert matches(field("status", "ok"))
    assert not matches(field("status", "error"))
    assert spans_of(field("status", "error")) == ["search"]


def test_what_a_trace_did_and_what_broke_in_it_are_named_by_their_ids() -> None:
    pattern = pattern_of(SUPPORT, SUPPORT.summary.status)
    (failure,) = (kind for _, kind in failures_of(SUPPORT))
    for name, wanted in (("pattern", pattern_id(pattern)), ("failure", failure.id)):
        assert matches(field(name, wanted))
        assert not matches(field(name, wanted[::-1]))
        assert spans_of(field(name, wanted)) == []  # they say nothing about one span
    assert not matches(FieldTest("failure", PRESENT), trace(row("root")))


def test_whether_a_trace_is_abandoned_depends_on_the_time_of_asking() -> None:
    running = trace(row("root", ms=None))
    late = running.summary.at(10**12, abandon_after_s=1)
    assert field("status", "abandoned").matches(running, late)
    assert not field("status", "running").matches(running, late)


def test_the_name_of_a_trace_is_found_although_no_span_has_it() -> None:
    assert matches(field("name", "checkout"), trace(row("root", trace_name="checkout")))


def test_what_is_absent_fulfils_only_the_negation() -> None:
    bare = trace(row("root"))
    for name in ("model", "user", "tag", "tool", "cost", "tokens", "ttft"):
        assert not matches(FieldTest(name, PRESENT), bare)
        assert matches(Not(FieldTest(name, PRESENT)), bare)


# --- numbers --------------------------------------------------------------------------------------------------------


def at_least(name: str, number: float) -> FieldTest:
    return FieldTest(name, Test(comparison=">=", number=number))


NUMBERS: list[tuple[str, float, list[str]]] = [
    # field, its figure in the trace, the spans that have it
    ("dur", 5000, ["support-agent"]),
    ("ttft", 300, ["ask"]),
    ("tokens", 1000, ["ask"]),
    ("input_tokens", 900, ["ask"]),
    ("output_tokens", 100, ["ask"]),
    ("cached_tokens", 64, ["ask"]),
    ("reasoning_tokens", 32, ["ask"]),
    ("cost", 0.02, ["ask"]),
    ("spans", 3, []),
    ("llm_calls", 1, []),
    ("tool_calls", 1, []),
    ("errors", 1, []),
    ("span.dur", 2000, ["ask"]),
    ("span.tokens", 1000, ["ask"]),
    ("span.cost", 0.02, ["ask"]),
]


@pytest.mark.parametrize(("name", "figure", "having"), NUMBERS)
def test_a_number_field(name: str, figure: float, having: list[str]) -> None:
    exact = FieldTest(name, Test(comparison="=", number=figure))
    assert matches(exact)
    assert spans_of(exact) == having
    assert matches(at_least(name, figure))
    assert matches(FieldTest(name, Test(between=(figure, figure))))
    assert matches(FieldTest(name, PRESENT))
    assert not matches(FieldTest(name, Test(between=(figure * 10, figure * 11))))


def test_every_field_is_tried_here() -> None:
    by_id = {"pattern", "failure"}
    assert {name for name, _, _ in (*TEXTS, *NUMBERS)} | {"status"} | by_id == set(FIELDS)


COMPARISONS = [("=", [2]), ("!=", [1, 3]), (">", [3]), (">=", [2, 3]), ("<", [1]), ("<=", [1, 2])]


@pytest.mark.parametrize(("comparison", "passing"), COMPARISONS)
def test_each_comparison_holds_for_its_numbers_only(comparison: Any, passing: list[int]) -> None:
    test = Test(comparison=comparison, number=2)
    assert [value for value in (1, 2, 3) if test.holds(value)] == passing


def test_an_unknown_cost_is_neither_below_nor_above_nor_unequal() -> None:
    unpriced = trace(llm("call"))
    for comparison in ("=", "!=", ">", ">=", "<", "<="):
        assert not matches(FieldTest("cost", Test(comparison=comparison, number=0)), unpriced)


def test_ranges_hold_both_of_their_ends() -> None:
    test = Test(between=(2, 3))
    assert [value for value in (1.9, 2, 2.5, 3, 3.1) if test.holds(value)] == [2, 2.5, 3]


# --- words, errors, ids, has ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("found", ["support", "SUPPORT-A", "refund for order 42", "rder 4", "退款", "?"])
def test_a_word_is_a_part_of_names_and_texts(found: str) -> None:
    assert matches(Word(found))


@pytest.mark.parametrize("missing", ["refund  for", "gpt-4o", "alice", "a.b"])
def test_a_word_is_not_sought_in_other_facts(missing: str) -> None:
    assert not matches(Word(missing))


def test_a_word_of_one_span() -> None:
    assert spans_of(Word("refund")) == ["ask"]
    assert spans_of(Word("sea")) == ["search"]


def test_a_word_that_looks_like_an_id_is_one_too() -> None:
    assert matches(Word(TRACE_ID.upper()))
    assert matches(Word(SPAN_ID))
    assert spans_of(Word(SPAN_ID)) == ["ask"]
    assert not matches(Word(SPAN_ID[:-1] + "2"))
    assert [is_id(text) for text in (TRACE_ID, SPAN_ID, SPAN_ID[1:], "g" * 16)] == [True, True, False, False]


@pytest.mark.parametrize(
    "id_", [TRACE_ID, TRACE_ID.upper(), SPAN_ID, SPAN_ID.upper(), "chat-81", "chatcmpl-1"]
)
def test_an_id_is_of_the_trace_or_of_a_span_session_or_response(id_: str) -> None:
    assert matches(Id(id_))
    assert not matches(Id(id_[:-1]))


def test_an_id_of_one_span() -> None:
    assert spans_of(Id("chatcmpl-1")) == ["ask"]
    assert spans_of(Id(TRACE_ID)) == []


def test_a_trace_is_a_turn_of_one_session_letter_for_letter() -> None:
    assert matches(TurnOf("chat-81"))
    assert not matches(TurnOf("Chat-81"))
    assert spans_of(TurnOf("chat-81")) == spans_of(field("session", "chat-81"))


def test_nothing_is_a_turn_of_a_session_without_an_id() -> None:
    nobody = trace(llm(1, session_id=""))
    assert not matches(TurnOf(""), nobody)
    assert spans_of(TurnOf(""), nobody) == []


def test_a_score_that_is_a_comment_alone_is_there() -> None:
    judged = trace(row("root", scores=(Score("mood", explanation="calm"),)))
    assert matches(FamilyTest("score", "mood", PRESENT), judged)
    assert not matches(FamilyTest("score", "Mood", PRESENT), judged)


@pytest.mark.parametrize(
    "text", ["TimeoutError", "timeouterror", "Timeout*", "no answer", "AFTER 10", "no*10"]
)
def test_an_error_is_found_by_its_type_or_a_part_of_its_message(text: str) -> None:
    assert matches(Error((text,)))
    assert spans_of(Error(("other", text))) == ["search"]


def test_a_part_of_the_type_of_an_error_is_not_its_type() -> None:
    assert not matches(Error(("Timeout",)))


def test_any_error_is_one_without_a_word_too() -> None:
    assert matches(Error(()))
    assert matches(Error(()), trace(row("root", status="error")))
    assert not matches(Error(()), trace(row("root")))


HAS: dict[str, Trace] = {
    "error": trace(row("root"), row("it", "root", status="error")),
    "cut": trace(row("root"), row("it", "root", has=("cut",))),
    "image": trace(row("root"), row("it", "root", has=("image",))),
    "documents": trace(row("root"), row("it", "root", has=("documents",))),
    "reasoning": trace(row("root"), row("it", "root", has=("reasoning",))),
    "cost": trace(row("root"), row("it", "root", kind="llm", **figures(None, usd=0.0))),
    "orphan": trace(row("root"), row("it", "missing", at=1)),
    "open": trace(row("root"), row("it", "root", ms=None)),
}


@pytest.mark.parametrize("word", HAS_WORDS)
def test_has_finds_only_what_its_word_names(word: str) -> None:
    assert [other for other, built in HAS.items() if matches(Has(word), built)] == [word]
    assert spans_of(Has(word), HAS[word]) == ["it"]


def test_seeking_orphans_one_by_one_is_linear() -> None:
    built = trace(*(row(f"{n}", "missing", at=n) for n in range(10_000)))
    began = time.process_time()
    assert len(spans_of(Has("orphan"), built)) == 10_000
    assert time.process_time() - began < 2  # some 0.1 s; a quadratic rule would take minutes


# --- families -------------------------------------------------------------------------------------------------------

FAMILY: list[tuple[Any, str, Test, list[str]]] = [
    ("score", "helpfulness", Test(comparison="<", number=0.8), ["ask"]),
    ("score", "helpfulness", Test(texts=("good",)), ["ask"]),
    ("score", "helpfulness", Test(texts=("0.75",)), ["ask"]),
    ("score", "helpfulness", Test(texts=("bad",)), []),
    ("score", "other", PRESENT, []),
    ("meta", "customer", Test(texts=("AC*",)), ["support-agent"]),
    ("meta", "plan", Test(texts=("3",)), ["support-agent"]),
    ("meta", "plan", Test(between=(2, 5)), ["support-agent"]),
    ("meta", "flags", Test(texts=("b",)), ["support-agent"]),
    ("meta", "none", PRESENT, []),
    ("attr", "http.route", Test(texts=("/chat",)), ["ask"]),
    ("attr", "gen_ai.request.top_p", Test(texts=("1",)), ["ask"]),
    ("attr", "on", Test(texts=("true",)), ["ask"]),
    ("attr", "host.name", Test(texts=("box-1",)), ["ask"]),
    ("attr", "HTTP.route", PRESENT, []),
]


@pytest.mark.parametrize(("family", "key", "test", "having"), FAMILY)
def test_a_family_looks_up_the_entry_of_its_key(family: Any, key: str, test: Test, having: list[str]) -> None:
    assert spans_of(FamilyTest(family, key, test)) == having
    assert matches(FamilyTest(family, key, test)) == bool(having)


# --- joining and groups ---------------------------------------------------------------------------------------------

yes, no = Word("support"), Word("nowhere")


def test_and_or_and_not_join_conditions_on_traces_and_spans() -> None:
    assert matches(And())
    assert not matches(Or(()))
    assert [matches(And((yes, part))) for part in (yes, no)] == [True, False]
    assert [matches(Or((no, part))) for part in (yes, no)] == [True, False]
    assert [matches(Not(part)) for part in (yes, no)] == [False, True]
    assert spans_of(And((Word("a"), Not(Word("ask"))))) == ["support-agent", "search"]
    assert spans_of(Or((Word("ask"), Word("sea")))) == ["ask", "search"]


def test_the_empty_query_matches_everything() -> None:
    assert TraceQuery().is_empty
    assert TraceQuery().matches(SUPPORT, SUPPORT.summary)
    assert not TraceQuery(yes).is_empty


def test_a_group_asks_one_and_the_same_span() -> None:
    llm_in_error = And((field("kind", "llm"), field("status", "error")))
    tool_in_error = And((field("kind", "tool"), field("status", "error")))
    assert matches(SpanGroups((tool_in_error,)))
    assert not matches(SpanGroups((llm_in_error,)))
    assert matches(And((SpanGroups((field("kind", "llm"),)), SpanGroups((field("status", "error"),)))))
    assert spans_of(SpanGroups((tool_in_error,))) == ["search"]


def test_a_negation_inside_of_a_group_is_of_one_span() -> None:
    assert matches(SpanGroups((Not(field("kind", "llm")),)))
    assert not matches(Not(field("kind", "llm")))


def test_a_sequence_wants_each_to_start_after_the_one_before() -> None:
    ask, search = field("name", "ask"), field("name", "search")
    assert matches(SpanGroups((ask, search)))
    assert not matches(SpanGroups((search, ask)))
    assert matches(SpanGroups((And(), And(), And())))
    assert not matches(SpanGroups((And(), And(), And(), And())))


def test_spans_of_one_time_do_not_follow_each_other() -> None:
    built = trace(row("a"), row("b"))
    assert not matches(SpanGroups((field("name", "a"), field("name", "b"))), built)


def test_a_sequence_begins_with_the_earliest_that_fits() -> None:
    built = trace(row("x", at=1), row("y", at=2), row("x2", at=3, name="x"))
    assert matches(SpanGroups((field("name", "x"), field("name", "y"))), built)


def test_a_sequence_says_nothing_about_one_span() -> None:
    assert spans_of(SpanGroups((And(), And()))) == []


@given(any_rows, st.lists(st.sampled_from(("llm", "tool", "agent")), min_size=1, max_size=3))
def test_a_sequence_is_found_wherever_there_is_one(rows: list[SpanRow], kinds: list[str]) -> None:
    def follows(after: int, rest: list[str]) -> bool:
        return not rest or any(
            row.start_time_unix_nano > after
            and row.reading.kind == rest[0]
            and follows(row.start_time_unix_nano, rest[1:])
            for row in rows
        )

    groups = SpanGroups(tuple(field("kind", kind) for kind in kinds))
    assert matches(groups, trace(*rows)) == follows(-1, kinds)


@given(any_rows)
def test_a_trace_has_what_one_of_its_spans_has(rows: list[SpanRow]) -> None:
    built = trace(*rows)
    for condition in (
        field("kind", "llm"),
        field("tag", "x"),
        Error(()),
        Has("open"),
        Has("orphan"),
        Id("s1"),
        Word("x"),
    ):
        assert matches(condition, built) == any(condition.matches_span(built, row) for row in rows)
        assert matches(Not(condition), built) != matches(condition, built)


def test_conditions_can_be_compared_and_kept_in_sets() -> None:
    query = TraceQuery(And((field("kind", "llm"), SpanGroups((Has("error"),)))))
    assert {query, replace(query)} == {query}
