"""What traces did, as one line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from llm_tracer.model.patterns import PATTERN_CHARS_MAX, pattern_of
from llm_tracer.model.row import SpanRow
from llm_tracer.model.trace import Trace

from .building import TRACE_ID, any_rows, row, trace


def pattern(*rows: SpanRow) -> str:
    built = trace(*rows)
    return pattern_of(built, built.summary.status)


def steps(*names: str, **root: object) -> str:
    """The pattern of an agent whose steps follow each other."""
    rows = [row(f"s{at}", "root", at=10 * at, ms=5, name=name) for at, name in enumerate(names)]
    return pattern(row("root", at=0, ms=10_000, name="agent", **root), *rows)


def test_steps_follow_each_other() -> None:
    assert steps("plan", "search", "chat") == "agent: plan → search → chat"
    assert steps() == "agent"


def test_a_trace_in_error_ends_in_a_cross_and_a_running_one_is_open() -> None:
    assert steps("plan", status="error") == "agent: plan → ✕"
    assert pattern(row("root", ms=None, name="agent")) == "agent → …"


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ("a a", "(a ×n)"),
        ("a a a b", "(a ×n) → b"),
        ("a b a b a b", "(a → b ×n)"),
        ("p a b a b c", "p → (a → b ×n) → c"),
        ("a b a", "a → b → a"),
        ("a a b a b c", "((a ×n) → b ×n) → c"),  # a loop in a loop, once round in one iteration
        ("a a b a a a b", "((a ×n) → b ×n)"),
        ("a b c d e f g h " * 2, "(a → b → c → d → e → f → g → h ×n)"),
    ],
)
def test_loops_are_folded(names: str, expected: str) -> None:
    assert steps(*names.split()) == f"agent: {expected}"


@given(st.integers(2, 50), st.integers(2, 50))
def test_how_often_a_loop_went_round_does_not_matter(one: int, other: int) -> None:
    assert steps(*["think", "act"] * one) == steps(*["think", "act"] * other)
    assert steps(*["act"] * one) == steps(*["act"] * other)


def test_parallel_steps_are_in_the_order_of_their_names() -> None:
    for first, second in (("fetch", "search"), ("search", "fetch")):
        assert pattern(
            row("root", ms=100, name="agent"),
            row("1", "root", at=1, ms=50, name=first),
            row("2", "root", at=2, ms=50, name=second),
            row("3", "root", at=80, ms=5, name="chat"),
        ) == "agent: (fetch ∥ search) → chat"  # fmt: skip


def test_parallel_steps_of_one_kind_are_a_loop() -> None:
    rows = [row(f"s{at}", "root", at=at, ms=50, name="fetch") for at in range(3)]
    assert pattern(row("root", ms=100, name="agent"), *rows) == "agent: (fetch ×n)"


def test_sub_agents_stand_in_brackets() -> None:
    assert pattern(
        row("root", ms=100, name="agent"),
        row("sub", "root", at=1, ms=50, name="invoke", agent_name="researcher"),
        row("tool", "sub", at=2, ms=5, name="execute", tool_name="search"),
        row("chat", "sub", at=10, ms=5),
        row("end", "root", at=60, ms=5),
    ) == "agent: researcher[search → chat] → end"  # fmt: skip


def test_several_roots_and_orphans_are_steps_too() -> None:
    assert pattern(row("a", ms=1), row("b", "gone", at=5, ms=1), row("c", "b", at=5, ms=1)) == "a → b[c]"


def test_reports_of_usage_are_no_steps() -> None:
    assert pattern(row("root", ms=9, name="agent"), row("e", "root", kind="event")) == "agent"


def test_long_patterns_are_cut_and_stay_apart() -> None:
    one = steps(*(f"a rather long name of step {number}" for number in range(40)))
    other = steps(*(f"a rather long name of step {number}" for number in range(41)))
    assert len(one) == len(other) == PATTERN_CHARS_MAX
    assert one[:300] == other[:300]
    assert one != other


def test_a_deep_and_a_wide_trace_have_one_too() -> None:
    deep = [row("s0", ms=9)] + [row(f"s{n}", f"s{n - 1}", ms=9) for n in range(1, 5_000)]
    wide = [row("root", ms=9)] + [row(f"s{n}", "root", at=n * 2, name=f"{n % 7}") for n in range(5_000)]
    assert len(pattern(*deep)) == PATTERN_CHARS_MAX
    assert pattern(*wide) == "root: (0 → 1 → 2 → 3 → 4 → 5 → 6 ×n) → 0 → 1"


@given(any_rows, st.randoms())
def test_the_order_of_arrival_does_not_matter(rows: list[SpanRow], random: object) -> None:
    shuffled = list(rows)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    one, other = Trace(TRACE_ID, rows), Trace(TRACE_ID, shuffled)
    found = pattern_of(one, "ok")
    assert found == pattern_of(other, "ok")
    assert 0 <= len(found) <= PATTERN_CHARS_MAX
