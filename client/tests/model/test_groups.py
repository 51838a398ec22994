"""Figures by value, in order."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from llm_tracer.model.figures import Figures, add
from llm_tracer.model.groups import (
    GROUP_FIELDS,
    CountedTrace,
    FieldTally,
    Group,
    count_trace,
    facet_values,
    ranked,
    ranked_counts,
)
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


def test_other_orders() -> None:
    groups = {"a": group(1, last=5, errors=1), "b": group(9, last=3, errors=2), "c": group(5, last=9)}
    assert [value for value, _ in ranked(groups, "-errors", 3).first] == ["b", "a", "c"]
    assert [value for value, _ in ranked(groups, "-last", 3).first] == ["c", "a", "b"]
    assert [value for value, _ in ranked(groups, "value", 3).first] == ["a", "b", "c"]


def test_spellings_of_several_traces_are_one_group() -> None:
    found = ranked({"GPT": group(1, last=4), "gpt": group(2)}, "-traces", 9)
    assert [(value, each.figures.traces, each.last_unix_nano) for value, each in found.first] == [
        ("gpt", 3, 4)
    ]
    counts = ranked_counts({"GPT": 1, "gpt": 2, "x": 3}, 9)
    assert counts.first == (("gpt", 3), ("x", 3))
    assert ranked_counts({"GPT-4": 1, "gpt": 2, "x": 3}, 1, "Gpt").distinct == 2
    assert ranked_counts({"GPT": 1, "gpt": 2}, 9, folds=False).first == (("gpt", 2), ("GPT", 1))


def test_a_wrapper_is_no_call_of_its_model() -> None:
    tally = FieldTally()
    found = counted(
        llm("outer", tokens=5, request_model="m"), llm("inner", "outer", tokens=5, request_model="m")
    )
    count_trace(tally, "model", found)
    figures = tally.groups["m"].figures
    assert figures.usage is not None
    assert (figures.traces, figures.spans, figures.llm_calls, figures.usage.total) == (1, 2, 1, 10)


@given(st.lists(any_rows, min_size=1, max_size=3), st.sampled_from(GROUP_FIELDS))
def test_groups_add_up_in_any_pieces(traces: list[list[SpanRow]], field: str) -> None:
    whole, sums = FieldTally(), FieldTally()
    for number, rows in enumerate(traces):
        built = Trace(f"{number:032x}", rows)
        part = FieldTally()
        for tally in (whole, part):
            count_trace(tally, field, CountedTrace(built, built.summary))  # type: ignore[arg-type]
        sums.add(part.groups)
    assert sums.groups.keys() == whole.groups.keys()
    for value, one in whole.groups.items():
        other = sums.groups[value]
        assert (one.first_unix_nano, one.last_unix_nano, one.trace_id, one.span_id) == (
            other.first_unix_nano, other.last_unix_nano, other.trace_id, other.span_id,
        )  # fmt: skip
        assert (one.figures.traces, one.figures.spans, one.figures.usage, one.figures.histogram) == (
            other.figures.traces, other.figures.spans, other.figures.usage, other.figures.histogram,
        )  # fmt: skip


@given(any_rows)
def test_every_span_has_a_kind_and_is_counted_in_it(rows: list[SpanRow]) -> None:
    built = Trace(TRACE_ID, rows)
    tally = FieldTally()
    count_trace(tally, "kind", CountedTrace(built, built.summary))
    sums = add(each.figures for each in tally.groups.values())
    summary = built.summary
    assert (sums.spans, sums.errors, sums.running) == (
        summary.span_count,
        summary.error_count,
        summary.open_count,
    )
    assert (sums.llm_calls, sums.usage) == (summary.llm_calls, summary.usage)
