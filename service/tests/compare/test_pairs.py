"""Known pairs of runs, in both directions: which spans belong together, what differs, where they first differ."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from conversation.traces import agent, answers, calls, chat, says, tool
from llm_tracer.model.trace import Trace
from llm_tracer_service.compare.rows import first_divergence

from .pairs import ANSWER, OSLO, RESULT, USER, good_run, rows_of, shown, trace

SAME = [(1, 1, "same"), (2, 2, "same"), (3, 3, "same"), (4, 4, "same")]


def parts(a: Trace, b: Trace) -> tuple[int | None, int | None, str] | None:
    """The spans where two traces part, and in what."""
    rows = rows_of(a, b)
    found = first_divergence(rows)
    return None if found is None else (*shown(rows)[found.row][:2], found.what)


def test_the_same_run_twice_has_other_ids_and_no_difference() -> None:
    a, b = good_run("a"), good_run("b")
    assert shown(rows_of(a, b)) == SAME
    assert parts(a, b) is None


def test_a_changed_prompt_is_found_at_the_first_call_that_got_it() -> None:
    a, b = good_run("a"), good_run("b", system="Be thorough.")
    for one, other in ((a, b), (b, a)):
        assert shown(rows_of(one, other)) == [
            (1, 1, "same"), (2, 2, "changed input"), (3, 3, "same"), (4, 4, "changed input"),
        ]  # fmt: skip
        assert parts(one, other) == (2, 2, "input")


def test_another_model_is_named_and_is_the_same_step() -> None:
    a, b = good_run("a"), good_run("b", model="claude-sonnet-4-5")
    for one, other in ((a, b), (b, a)):
        assert shown(rows_of(one, other)) == [
            (1, 1, "same"), (2, 2, "changed model"), (3, 3, "same"), (4, 4, "changed model"),
        ]  # fmt: skip
        assert parts(one, other) == (2, 2, "model")


@pytest.mark.parametrize(
    ("mine", "theirs"),
    [
        ({"temperature": 0.2}, {"temperature": 1.0}),
        ({"max_tokens": 100}, {}),
        ({"top_p": 0.5, "seed": 1}, {"top_p": 0.5, "seed": 2}),
        ({"stop_sequences": ["a"]}, {"stop_sequences": ["a", "b"]}),
    ],
)
def test_other_parameters_are_named(mine: dict[str, Any], theirs: dict[str, Any]) -> None:
    a, b = good_run("a", **mine), good_run("b", **theirs)
    for one, other in ((a, b), (b, a)):
        assert shown(rows_of(one, other)) == [*SAME[:3], (4, 4, "changed parameters")]
        assert parts(one, other) == (4, 4, "parameters")
    assert shown(rows_of(a, good_run("b", **mine))) == SAME


def test_other_parameters_may_be_why_it_answered_otherwise() -> None:
    a = good_run("a", temperature=0)
    b = good_run("b", temperature=1, system="Be thorough.", said=says("assistant", "Cold."))
    for one, other in ((a, b), (b, a)):
        assert shown(rows_of(one, other))[3] == (4, 4, "changed input output parameters")
        assert parts(one, other) == (2, 2, "input")


def test_an_extra_tool_call_stands_where_it_ran() -> None:
    a = good_run("a")
    rome, result = calls("weather", {"city": "Rome"}, "c2"), answers("14 C", "c2")
    b = trace(
        agent(1),
        chat(2, [USER], [OSLO], parent=1, system="Be brief."),
        tool(3, "weather", {"city": "Oslo"}, "c1", "4 C", parent=1),
        chat(4, [USER, OSLO, RESULT], [rome], parent=1, system="Be brief."),
        tool(5, "weather", {"city": "Rome"}, "c2", "14 C", parent=1),
        chat(6, [USER, OSLO, RESULT, rome, result], [ANSWER], parent=1, system="Be brief."),
        letter="b",
    )
    a = trace(
        *(replace(span, name="chat") if "chat" in span.name else span for span in a.spans.values()),
        letter="a",
    )
    b = trace(
        *(
            replace(span, name="chat") if "gen_ai.request.model" in span.attributes else span
            for span in b.spans.values()
        ),
        letter="b",
    )
    assert [each[:2] for each in shown(rows_of(a, b))] == [
        (1, 1),
        (2, 2),
        (3, 3),
        (4, 4),
        (None, 5),
        (None, 6),
    ]
    assert [each[:2] for each in shown(rows_of(b, a))] == [
        (1, 1),
        (2, 2),
        (3, 3),
        (4, 4),
        (5, None),
        (6, None),
    ]
    # The call before it was given the same, and asked for one more.
    assert parts(a, b) == (4, 4, "output")
    assert parts(b, a) == (4, 4, "output")


def test_parallel_calls_in_another_order_are_the_same() -> None:
    cities = ("Oslo", "Rome", "Bern")

    def run(order: tuple[int, ...], letter: str) -> Trace:
        tools = [
            replace(
                tool(3 + at, "weather", {"city": cities[which]}, None, f"{which} C", parent=1), name="weather"
            )
            for at, which in enumerate(order)
        ]
        return trace(agent(1), chat(2, [USER], [OSLO], parent=1), *tools, letter=letter)

    a, b = run((0, 1, 2), "a"), run((2, 0, 1), "b")
    assert shown(rows_of(a, b)) == [
        (1, 1, "same"), (2, 2, "same"), (3, 4, "same"), (4, 5, "same"), (5, 3, "same"),
    ]  # fmt: skip
    assert [each[:2] for each in shown(rows_of(b, a))] == [(1, 1), (2, 2), (3, 5), (4, 3), (5, 4)]
    assert parts(a, b) is None


def test_a_run_that_crashed_parts_where_it_broke_not_where_that_surfaced() -> None:
    good = good_run("a")
    spans = list(good_run("b").spans.values())
    crashed = trace(
        replace(spans[0], status_code="error", status_message="the tool broke"),
        spans[1],
        replace(spans[2], status_code="error", status_message="no connection"),
        letter="b",
    )
    assert shown(rows_of(good, crashed)) == [
        (1, 1, "changed status error"), (2, 2, "same"), (3, 3, "changed status error"), (4, None, "only_a"),
    ]  # fmt: skip
    assert parts(good, crashed) == (3, 3, "error")
    assert parts(crashed, good) == (3, 3, "error")


def test_an_earlier_call_that_answered_otherwise_is_named() -> None:
    rome = calls("weather", {"city": "Rome"}, "c1")
    a = good_run("a")
    b = trace(
        agent(1),
        chat(2, [USER], [rome], parent=1, system="Be brief."),
        tool(3, "weather", {"city": "Rome"}, "c1", "14 C", parent=1),
        chat(4, [USER, rome, RESULT], [says("assistant", "14 C")], parent=1, system="Be brief."),
        letter="b",
    )
    b = trace(
        *(
            replace(span, name="chat gpt-4o") if "gen_ai.request.model" in span.attributes else span
            for span in b.spans.values()
        ),
        letter="b",
    )
    rows = rows_of(a, b)
    found = first_divergence(rows)
    assert found is not None
    assert (shown(rows)[found.row], found.what) == ((4, 4, "changed input output"), "input")
    assert found.answered_otherwise is not None
    assert shown(rows)[found.answered_otherwise] == (2, 2, "changed output")
