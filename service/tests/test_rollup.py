"""Totals below a span, and notes where the span's own numbers differ from them."""

from __future__ import annotations

import pytest
from llm_tracer.model.reading import Cost, Reading, Usage
from llm_tracer.model.row import SpanRow
from llm_tracer.model.trace import Trace, TraceCost
from llm_tracer_service.notes import Note
from llm_tracer_service.rollup import Subtree, notes_of, subtree_of

START = 1_795_435_200_000_000_000


def row(
    number: int,
    parent: int | None,
    kind: str,
    tokens: int | None = None,
    cost: float | None = None,
    response: str | None = None,
    model: str | None = None,
) -> SpanRow:
    reading = Reading(
        f"span {number}",
        kind,
        usage=None if tokens is None else Usage(input=tokens, output=0, total=tokens),
        cost=None if cost is None else Cost(cost),
        response_id=response,
        request_model=model,
    )
    above = None if parent is None else f"{parent:016x}"
    return SpanRow(f"{number:016x}", above, START + number, START + number + 10, reading)


def looked_at(rows: list[SpanRow], number: int) -> tuple[Subtree, list[Note]]:
    trace = Trace("a" * 32, rows)
    index = next(i for i, node in enumerate(trace.nodes) if node.row.span_id == f"{number:016x}")
    subtree = subtree_of(trace, index)
    return subtree, list(notes_of(trace, index, subtree))


def test_the_sum_below_an_agent_counts_each_call_once() -> None:
    rows = [
        row(1, None, "agent", 12_340, 0.5),
        row(2, 1, "llm", 6_000, 0.1),
        row(3, 2, "llm", 6_000, 0.1),
        row(4, 1, "tool"),
        row(5, 4, "llm", 5_900),
        row(6, None, "llm", 1),
    ]
    subtree, notes = looked_at(rows, 1)
    assert subtree.calls == 2
    assert subtree.usage is not None
    assert subtree.usage.input == 11_900
    assert subtree.cost == TraceCost(0.1, complete=False)
    assert [note.text for note in notes] == [
        "It reported 12,340 input tokens, but the calls below it add up to 11,900.",
        "It reported a cost of $0.5, but the calls below it add up to at least $0.1.",
    ]
    assert {note.code for note in notes} == {"differs_from_sum"}
    wrapper, silent = looked_at(rows, 2)
    assert (wrapper.calls, silent) == (1, [])


def test_what_a_server_says_of_a_request_repeats_the_call_that_made_it() -> None:
    """vLLM names no model; between its span and the call is one of HTTP."""
    rows = [row(1, None, "llm", 10, 0.1, model="m"), row(2, 1, "http"), row(3, 2, "llm", 10)]
    assert looked_at(rows, 1)[0] == Subtree(
        1, Usage(input=10, output=0, total=10), TraceCost(0.1, complete=True)
    )
    ((note),) = looked_at(rows, 3)[1]
    assert (note.code, note.span_id) == ("repeats_response", f"{1:016x}")


@pytest.mark.parametrize(
    ("kind", "tokens", "model"), [("tool", None, None), ("llm", None, "m"), ("llm", 10, None)]
)
def test_a_call_without_a_model_counts_where_no_call_above_says_more(
    kind: str, tokens: int | None, model: str | None
) -> None:
    """Nor does a call above that is followed by a tool."""
    rows = [row(1, None, "chain"), row(2, 1, kind, tokens, model=model), row(3, 2, "llm", 7)]
    subtree, notes = looked_at(rows, 1)
    assert subtree.calls == 1
    assert subtree.usage is not None
    assert subtree.usage.input == 7
    assert notes == []


@pytest.mark.parametrize(("reported", "count"), [(1_000, 0), (1_009, 0), (991, 0), (1_030, 1), (0, 1)])
def test_one_per_cent_is_borne(reported: int, count: int) -> None:
    assert len(looked_at([row(1, None, "agent", reported), row(2, 1, "llm", 1_000)], 1)[1]) == count


def test_a_repeated_response_names_the_other_span() -> None:
    rows = [row(1, None, "llm", 10, 0.1, "r"), row(2, None, "llm", 10, None, "r")]
    assert looked_at(rows, 1)[1] == []
    ((note),) = looked_at(rows, 2)[1]
    assert (note.code, note.span_id) == ("repeats_response", f"{1:016x}")
    assert looked_at(rows, 2)[0] == Subtree(0, None, None)


def test_a_reporter_beside_the_calls_counts_for_nothing_and_says_so() -> None:
    rows = [row(1, None, "chain"), row(2, 1, "llm", 10), row(3, 1, "agent", 10)]
    ((note),) = looked_at(rows, 3)[1]
    assert note.code == "not_counted"


def test_where_no_call_reports_the_top_most_reporter_counts() -> None:
    rows = [row(1, None, "agent", 10), row(2, 1, "chain", 10)]
    assert looked_at(rows, 1) == (Subtree(1, Usage(input=10, output=0, total=10), None), [])
    assert looked_at(rows, 2)[1] == []
