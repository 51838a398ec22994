"""Strategies for Hypothesis: spans that collide, and every kind of condition about them."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import replace
from typing import Any

from hypothesis import strategies as st
from llm_tracer.model.place import record_id
from llm_tracer.model.query import (
    FIELDS,
    HAS_WORDS,
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
from llm_tracer.model.span import SpanData, SpanEvent
from llm_tracer_service.store.base import TimeRange

from .helpers import SECOND, START, awaiting, make_span, span_id, trace_id

TRACES, SPANS = 4, 5

TEXTS = (
    "a", "A", "plan", "Plan trip", "gpt-4o", "gpt-4o-mini", "GPT-4O", "straße", "STRASSE", "İ", "i̇", "ſ", "S", "日本",
    "err_42", "a*b", "50%", "[x]", "?", "", "\0", "\ud800", "😀", "error", "running", "3", "0.5", "nan",
    "\x00lead", "line\nbreak",
)  # fmt: skip
texts = st.sampled_from(TEXTS)

IMAGES = tuple(b64encode(b"GIF89a" + bytes([number]) * 2_000).decode() for number in (1, 2))
LONG_TEXTS = ("plan " * 60_000, "err_42 " + IMAGES[0] + " 日本" * 40_000)
big_values = st.sampled_from(
    [
        *IMAGES,
        f"data:image/gif;base64,{IMAGES[0]}",
        *LONG_TEXTS,
        f'[{{"data": "{IMAGES[1]}"}}]',
        "$blob{",
        "a",
    ]
)
numbers = st.sampled_from([0, 1, 2, 3, 7, 1000, 2**53 + 1, 2**64])
fractions = st.sampled_from([0.0, 0.1, 0.5, 1.0, 2.5, 7.0, 1e9, float("inf")])

_ATTRIBUTES: dict[str, st.SearchStrategy[Any]] = {
    "kind": st.sampled_from(["llm", "tool", "agent", "embedding"]),
    "model": texts, "request_model": texts, "provider": texts, "tool": texts, "agent": texts, "session": texts,
    "user": texts, "response": texts, "error_type": texts, "raised": texts,
    "input": st.one_of(texts, texts, texts, big_values), "big": st.one_of(big_values, st.lists(big_values, max_size=2)),
    "tags": st.lists(texts, max_size=2), "has": st.lists(st.sampled_from(["image", "documents", "odd"]), max_size=2),
    "tokens": numbers, "cost": fractions, "ttft": fractions, "score": fractions,
    "meta": st.one_of(texts, numbers, st.lists(texts, max_size=2)),
    "x": st.one_of(texts, numbers, fractions, st.booleans(), st.none(), st.binary(max_size=2), st.lists(texts)),
}  # fmt: skip

starts_s = st.sampled_from([0, 0, 1, 1.5, 59, 60, 61, 3_600, 90_000])
attributes = st.fixed_dictionaries({}, optional=_ATTRIBUTES)


def _beside_record(trace: str) -> list[dict[str, Any]]:
    """Changes of a span: mostly none, or it is the record of its trace, or right below it."""
    record = record_id(trace)
    return [{}, {}, {}, {"span_id": record, "parent_span_id": None}, {"parent_span_id": record}]


@st.composite
def spans(draw: st.DrawFn) -> SpanData:
    """One of few spans of few traces, so that deliveries collide."""
    span = make_span(
        trace=draw(st.integers(1, TRACES)),
        span=draw(st.integers(1, SPANS)),
        start_s=draw(st.one_of(starts_s, starts_s, starts_s, st.none())),
        dur_s=draw(st.sampled_from([None, 0, 0.5, 1, 7, -1])),
        parent=draw(st.one_of(st.none(), st.integers(1, SPANS + 1))),
        name=draw(texts),
        error=draw(st.one_of(st.none(), st.none(), texts)),
        service=draw(st.one_of(st.none(), texts)),
        **draw(attributes),
    )
    events = draw(st.lists(st.builds(SpanEvent, texts, st.sampled_from([START, START + 1])), max_size=2))
    span = replace(span, events=tuple(events), **draw(st.sampled_from(_beside_record(span.trace_id))))
    response = draw(st.one_of(st.none(), st.none(), st.none(), texts))
    return awaiting(response, *events) if response else span


wildcards = st.builds(
    "*".join, st.lists(st.sampled_from(["", "a", "gpt", "S", "4o", "ss"]), min_size=2, max_size=3)
)
wanted = st.one_of(texts, texts, wildcards)
comparisons = st.sampled_from(["=", "!=", ">", ">=", "<", "<="])
limits = st.one_of(numbers.map(float), fractions, st.just(500.0))
tests = st.one_of(
    st.just(Test()),
    st.builds(lambda found: Test(texts=tuple(found)), st.lists(wanted, min_size=1, max_size=3)),
    st.builds(lambda comparison, number: Test(comparison=comparison, number=number), comparisons, limits),
    st.builds(lambda low, high: Test(between=(low, high)), limits, limits),
)
ids = st.one_of(
    texts,
    st.integers(1, TRACES + 1).map(trace_id),
    st.integers(1, SPANS + 1).map(span_id),
)
simple: st.SearchStrategy[Condition] = st.one_of(
    st.builds(FieldTest, st.sampled_from(sorted(FIELDS)), tests),
    st.builds(FieldTest, st.sampled_from(["status", "span.status"]),
              st.sampled_from(["running", "ok", "error", "abandoned", "*n*"]).map(lambda text: Test(texts=(text,)))),
    st.builds(Word, st.one_of(texts, ids)),
    st.builds(Error, st.lists(wanted, max_size=2).map(tuple)),
    st.builds(Id, ids),
    st.builds(TurnOf, texts),
    st.builds(Has, st.sampled_from([*HAS_WORDS, "odd"])),
    st.builds(FamilyTest, st.just("meta"), st.just("meta"), tests),
    st.builds(FamilyTest, st.just("score"), st.just("quality"), tests),
    st.builds(FamilyTest, st.just("attr"), st.sampled_from(["x", "kind", "service.name"]), tests),
)  # fmt: skip
conditions: st.SearchStrategy[Condition] = st.recursive(
    simple,
    lambda parts: st.one_of(
        st.lists(parts, max_size=3).map(lambda found: And(tuple(found))),
        st.lists(parts, max_size=3).map(lambda found: Or(tuple(found))),
        st.builds(Not, parts),
        st.lists(parts, min_size=1, max_size=2).map(lambda found: SpanGroups(tuple(found))),
    ),
    max_leaves=5,
)
queries = st.one_of(
    st.just(TraceQuery()), st.builds(TraceQuery, conditions), st.builds(TraceQuery, conditions)
)


def _range(start_s: float | None, end_s: float | None) -> TimeRange:
    return TimeRange(*(None if at is None else START + int(at * SECOND) for at in (start_s, end_s)))


bounds_s = st.one_of(st.none(), st.sampled_from([-1, 0, 1, 30, 60, 61, 3_600, 4_000, 90_000, 10**6]))
time_ranges = st.builds(_range, bounds_s, bounds_s)
