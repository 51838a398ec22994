"""For any two traces, every span of both is in exactly one row, and both directions agree."""

from __future__ import annotations

import itertools
from collections import Counter

from conversation.traces import span
from hypothesis import given
from hypothesis import strategies as st
from llm_tracer.model.span import SpanData
from llm_tracer.model.trace import Trace
from llm_tracer_service.compare.align import Forest, aligned
from llm_tracer_service.compare.rows import first_divergence

from .pairs import rows_of, trace


@st.composite
def traces(draw: st.DrawFn, letter: str) -> Trace:
    spans: list[SpanData] = []
    for number in range(1, draw(st.integers(1, 12)) + 1):
        parent = draw(st.integers(0, number - 1)) or None
        attributes = {"llm_tracer.span.kind": draw(st.sampled_from(["tool", "llm", "chain"]))}
        if said := draw(st.sampled_from(["", "x", "y"])):
            attributes["input.value"] = said
        made = span(number, attributes, parent, at=draw(st.integers(0, 3)))
        spans.append(SpanData(**{**_fields(made), "name": draw(st.sampled_from(["p", "q"]))}))
    return trace(*spans, letter=letter)


def _fields(of: SpanData) -> dict[str, object]:
    return {name: getattr(of, name) for name in SpanData.__dataclass_fields__}


@given(traces("a"), traces("b"))
def test_every_span_is_in_one_row(a: Trace, b: Trace) -> None:
    pairs = aligned(Forest(a), Forest(b))
    assert Counter(pair.a.span_id for pair in pairs if pair.a) == Counter(row.span_id for row in a.rows)
    assert Counter(pair.b.span_id for pair in pairs if pair.b) == Counter(row.span_id for row in b.rows)
    depths = [pair.depth for pair in pairs]
    assert depths[0] == 0
    assert all(after <= before + 1 for before, after in itertools.pairwise(depths))


@given(traces("a"), traces("b"))
def test_both_directions_find_the_same_pairs(a: Trace, b: Trace) -> None:
    there = {(pair.a and pair.a.span_id, pair.b and pair.b.span_id) for pair in aligned(Forest(a), Forest(b))}
    back = {(pair.b and pair.b.span_id, pair.a and pair.a.span_id) for pair in aligned(Forest(b), Forest(a))}
    assert there == back


@given(traces("a"))
def test_a_trace_is_the_same_as_itself(a: Trace) -> None:
    rows = rows_of(a, a)
    assert {row.change for row in rows} == {"same"}
    assert all(row.a == row.b for row in rows)
    assert first_divergence(rows) is None


@given(traces("a"), traces("b"))
def test_two_traces_part_somewhere_unless_all_is_the_same(a: Trace, b: Trace) -> None:
    rows = rows_of(a, b)
    found = first_divergence(rows)
    assert (found is None) == all(row.change == "same" for row in rows)
    if found is not None:
        assert rows[found.row].change != "same"
