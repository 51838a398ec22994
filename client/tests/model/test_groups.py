"""Figures by value, in order."""

from __future__ import annotations

from dataclasses import replace
from itertools import cycle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from llm_tracer.model.figures import Figures, add
from llm_tracer.model.groups import (
    GROUP_FIELDS,
    SPAN_FIELDS,
    CountedTrace,
    Group,
    Groups,
    TraceCounter,
    facet_values,
    ranked,
    ranked_counts,
)
from llm_tracer.model.query import FIELDS
from llm_tracer.model.row import SpanRow
from llm_tracer.model.trace import Trace

from .building import TRACE_ID, any_rows, llm, row, trace


def counted(*rows: SpanRow) -> CountedTrace:
    built = trace(*rows)
    return CountedTrace(built, built.summary)


def group(traces: int, last: int = 0, **figures: int) -> Group:
    return Group(Figures(traces=traces, **figures), 0, last, TRACE_ID)


def test_spellings_that_differ_in_letter_case_are_one_value_of_a_trace() -> None:
    found = counted(row("a", tags=("Beta", "beta", "x")))
    assert sorted(facet_values("tag", found)) == ["beta", "x"]


def test_groups_come_by_the_number_of_their_traces_and_then_by_value() -> None:
    groups = {"b": group(2), "a": group(2), "c": group(3), "d": group(1)}
    found = ranked(groups, "-traces", 3)
    assert [value for value, _ in found.first] == ["c", "a", "b"]
    assert (found.rest, found.distinct) == (Figures(traces=1), 4)
    assert ranked(groups, "-traces", 4).rest is None


def test_groups_can_come_by_errors_latest_start_or_value() -> None:
    groups = {"a": group(1, last=5, errors=1), "b": group(9, last=3, errors=2), "c": group(5, last=9)}
    assert [value for value, _ in ranked(groups, "-errors", 3).first] == ["b", "a", "c"]
    assert [value for value, _ in ranked(groups, "-last", 3).first] == ["c", "a", "b"]
    assert [value for value, _ in ranked(groups, "value", 3).first] == ["a", "b", "c"]


def test_groups_come_by_the_p95_that_is_shown() -> None:
    histograms = {
        "steady": {50: 100},
        "sometimes slow": {1: 90, 90: 10},
        "once slow": {40: 99, 99: 1},
        "running": {},
    }
    groups = {
        value: Group(Figures(traces=100, histogram=histogram), 0, 0, TRACE_ID)
        for value, histogram in histograms.items()
    }
    order = [value for value, _ in ranked(groups, "-duration_ms", 4).first]
    assert order == ["sometimes slow", "steady", "once slow", "running"]


def test_spellings_of_several_traces_are_one_group() -> None:
    found = ranked({"GPT": group(1, last=4), "gpt": group(2)}, "-traces", 9)
    assert [(value, each.figures.traces, each.last_unix_nano) for value, each in found.first] == [
        ("gpt", 3, 4)
    ]
    counts = ranked_counts({"GPT": 1, "gpt": 2, "x": 3}, 9)
    assert counts.first == (("gpt", 3), ("x", 3))
    assert ranked_counts({"GPT-4": 1, "gpt": 2, "x": 3}, 1, "Gpt").distinct == 2
    assert ranked_counts({"GPT": 1, "gpt": 2}, 9, folds=False).first == (("gpt", 2), ("GPT", 1))


@given(
    st.dictionaries(st.text("abAB\u00df", max_size=2), st.integers(1, 3)),
    st.integers(1, 5),
    st.sampled_from(["", "a", "Ss"]),
)
def test_counts_are_ranked_as_if_all_were_sorted(counts: dict[str, int], limit: int, prefix: str) -> None:
    spellings: dict[str, list[str]] = {}
    for value in counts:
        if value.casefold().startswith(prefix.casefold()):
            spellings.setdefault(value.casefold(), []).append(value)
    merged = [(max(values), sum(counts[value] for value in values)) for values in spellings.values()]
    found = ranked_counts(counts, limit, prefix)
    assert found.first == tuple(sorted(merged, key=lambda each: (-each[1], each[0]))[:limit])
    assert found.distinct == len(merged)


def test_a_wrapper_is_no_call_of_its_model() -> None:
    counter = TraceCounter(["model"])
    counter.count(
        counted(llm("outer", tokens=5, request_model="m"), llm("inner", "outer", tokens=5, request_model="m"))
    )
    figures = counter.groups["model"]["m"].figures
    assert figures.usage is not None
    assert (figures.traces, figures.spans, figures.llm_calls, figures.usage.total) == (1, 2, 1, 10)


_names = {"name": st.sampled_from(("a", "A", "b")), "kind": st.sampled_from(("llm", "tool"))}
_names |= {"status": st.sampled_from(("unset", "error"))}
for _name in (
    "request_model", "response_model", "provider", "tool_name", "agent_name", "service_name", "trace_name", "user_id",
):  # fmt: skip
    _names[_name] = st.sampled_from((None, "", "a", "A", "b"))


def renamed(rows: list[SpanRow], names: dict[str, Any], others: list[tuple[str, Any]]) -> list[SpanRow]:
    """The rows with these names, each with another one instead."""
    return [
        replace(row, reading=replace(row.reading, **{**names, name: value}))
        for row, (name, value) in zip(rows, cycle(others), strict=False)
    ]


_another = st.sampled_from(sorted(_names)).flatmap(lambda name: st.tuples(st.just(name), _names[name]))
any_names = st.builds(
    renamed, any_rows, st.fixed_dictionaries(_names), st.lists(_another, min_size=1, max_size=12)
)
"""Spans that are alike but for one of their names, which may differ in letter case only."""


@given(any_names)
def test_a_group_counts_the_spans_that_have_its_value_letter_case_aside(rows: list[SpanRow]) -> None:
    built = Trace(TRACE_ID, rows)
    counter = TraceCounter(SPAN_FIELDS)
    counter.count(CountedTrace(built, built.summary))
    for field, groups in counter.groups.items():
        assert set(groups) == set(CountedTrace(built, built.summary).values(field))
        of_span = FIELDS[field].of_span
        assert of_span is not None
        folds = [{value.casefold() for value in of_span(built, row) if value} for row in rows]
        for value, group in groups.items():
            having = [row for row, of_row in zip(rows, folds, strict=True) if value.casefold() in of_row]
            assert group.figures.traces == 1
            assert (group.figures.spans, group.figures.errors, group.figures.running) == (
                len(having),
                sum(row.reading.status == "error" for row in having),
                sum(row.end_time_unix_nano is None for row in having),
            )
        spent = [group.figures.usage.total or 0 for group in groups.values() if group.figures.usage]
        assert field != "model" or sum(spent) == sum(
            node.row.reading.usage.total or 0
            for node in built.nodes
            if node.counted and node.row.reading.usage and node.row.reading.model
        )


@given(st.lists(any_names, min_size=1, max_size=3))
def test_groups_add_up_in_any_pieces(traces: list[list[SpanRow]]) -> None:
    whole, sums = TraceCounter(GROUP_FIELDS), TraceCounter(GROUP_FIELDS)
    for number, rows in enumerate(traces):
        counted_trace = CountedTrace(built := Trace(f"{number:032x}", rows), built.summary)
        whole.count(counted_trace)
        for field in GROUP_FIELDS:
            part = TraceCounter([field])
            part.count(counted_trace)
            sums.add(field, part.groups[field])
    for field in GROUP_FIELDS:
        _assert_same(whole.groups[field], sums.groups[field])


def _assert_same(groups: Groups, others: Groups) -> None:
    assert groups.keys() == others.keys()
    for value, one in groups.items():
        other = others[value]
        assert (one.first_unix_nano, one.last_unix_nano, one.trace_id, one.span_id) == (
            other.first_unix_nano, other.last_unix_nano, other.trace_id, other.span_id,
        )  # fmt: skip
        assert (one.figures.traces, one.figures.spans, one.figures.usage, one.figures.histogram) == (
            other.figures.traces, other.figures.spans, other.figures.usage, other.figures.histogram,
        )  # fmt: skip
        assert (one.figures.errors, one.figures.running, one.figures.llm_calls, one.figures.tool_calls) == (
            other.figures.errors, other.figures.running, other.figures.llm_calls, other.figures.tool_calls,
        )  # fmt: skip
        cost, other_cost = one.figures.cost, other.figures.cost
        assert (cost and cost.complete) == (other_cost and other_cost.complete)
        assert (cost and cost.total) == pytest.approx(other_cost and other_cost.total)


@given(any_rows)
def test_every_span_has_a_kind_and_is_counted_in_it(rows: list[SpanRow]) -> None:
    built = Trace(TRACE_ID, rows)
    counter = TraceCounter(["kind"])
    counter.count(CountedTrace(built, built.summary))
    sums = add(each.figures for each in counter.groups["kind"].values())
    summary = built.summary
    assert (sums.spans, sums.errors, sums.running) == (
        summary.span_count,
        summary.error_count,
        summary.open_count,
    )
    assert (sums.llm_calls, sums.usage) == (summary.llm_calls, summary.usage)
