"""The scripts of the pages of sessions: addresses of any id, times on one axis, steps between question and answer."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from javascript import evaluate

IDS = ["chat-42", "team/7 ?x=%2F#<b>", "é 🙂", "%", "a%b", "..x", " "]


def test_the_address_of_a_session_holds_any_id() -> None:
    both = f"{json.dumps(IDS)}.map((id) => m.sessionOf(m.sessionPath(id)))"
    assert evaluate("session/sessions_url.js", both) == IDS
    paths = evaluate("session/sessions_url.js", f"{json.dumps(IDS)}.map((id) => m.sessionPath(id))")
    assert all(path.count("/") == 2 for path in paths)


def test_an_address_written_by_hand_is_taken_as_it_is() -> None:
    assert evaluate("session/sessions_url.js", "m.sessionOf('/session/100%')") == "100%"


def test_the_state_of_the_pages_goes_both_ways() -> None:
    state = {"turn": "0af7651916cd43dd8448eb211c80319c", "steps": True, "gaps": "shown"}
    assert (
        evaluate("session/sessions_url.js", f"m.readSession(m.sessionSearch({json.dumps(state)}))") == state
    )
    assert evaluate("session/sessions_url.js", "m.sessionSearch(m.readSession('?turn=x&steps=1'))") == ""
    people = evaluate(
        "session/sessions_url.js", "m.sessionsPath(m.readSessions('?q=a&range=24h&by=user&sort=-cost'))"
    )
    assert people == "/sessions?q=a&range=24h&by=user"
    slow = evaluate(
        "session/sessions_url.js", "m.sessionsPath(m.readSessions('?by=user&order=-duration_ms'))"
    )
    assert slow == "/sessions?by=user&order=-duration_ms"
    dear = "m.sessionsPath(m.readSessions('?range=24h&sort=-turns&order=-cost'))"
    assert evaluate("session/sessions_url.js", dear) == "/sessions?range=24h&sort=-turns"
    for usual in ("", "?sort=-last_activity", "?sort=start_time"):
        assert (
            evaluate("session/sessions_url.js", f"m.sessionsPath(m.readSessions('{usual}'))") == "/sessions"
        )


def trace(start_s: float, duration_s: float | None) -> dict[str, Any]:
    return {
        "start_time": f"2026-11-25T{int(start_s // 3600):02}:{int(start_s % 3600 // 60):02}:{start_s % 60:06.3f}Z",
        "duration_ms": None if duration_s is None else duration_s * 1000,
        "status": "running" if duration_s is None else "ok",
    }


def test_pauses_are_between_turns_and_not_inside_of_them() -> None:
    traces = [trace(0, 10), trace(5, 2), trace(3600, 20), trace(3620.2, 10)]
    times = f"m.turnTimes({json.dumps(traces)}, 0)"
    assert evaluate("session/session_time.js", f"m.pausesOf({times})") == [[10_000_000, 3_600_000_000]]
    before = f"((t) => m.pausesBefore(t, m.pausesOf(t)))({times})"
    assert evaluate("session/session_time.js", before) == [0, 0, 3_590_000_000, 0]


def test_a_turn_that_runs_lasts_until_now() -> None:
    now = "Date.parse('2026-11-25T00:01:00Z')"
    times = evaluate(
        "session/session_time.js", f"m.turnTimes({json.dumps([trace(0, 1), trace(50, None)])}, {now})"
    )
    assert times[1] == {"from": 50_000_000, "to": 60_000_000}
    silent = trace(50, None) | {"status": "abandoned"}
    times = evaluate("session/session_time.js", f"m.turnTimes({json.dumps([trace(0, 1), silent])}, {now})")
    assert times[1] == {"from": 50_000_000, "to": 50_000_000}  # how long it took is not known


@settings(max_examples=15, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 80_000), st.integers(0, 5_000)), min_size=1, max_size=30))
def test_with_or_without_pauses_turns_stay_on_the_axis_in_order(turns: list[tuple[int, int]]) -> None:
    traces = [trace(start, length) for start, length in sorted(turns)]
    places = (
        f"((t) => [[], m.pausesOf(t)].map((cut) => ((axis) => t.map(({{from, to}}) => [axis.place(from), axis.place(to)]))"
        f"(m.sessionAxis(t, cut))))(m.turnTimes({json.dumps(traces)}, 0))"
    )
    for axis in evaluate("session/session_time.js", places):
        starts = [start for start, _ in axis]
        assert starts == sorted(starts)
        assert all(-1e-9 <= start <= end <= 1 + 1e-9 for start, end in axis)


def line(kind: str, text: str, depth: int = 1) -> dict[str, Any]:
    return {"kind": kind, "text": text, "name": text, "depth": depth}


@pytest.mark.parametrize(
    ("lines", "left"),
    [
        ([line("user", "Q"), line("assistant", "A")], []),
        ([line("user", "old"), line("assistant", "older answer"), line("user", "Q"), line("reasoning", "hm"),
          line("arguments", "x"), line("result", "y"), line("assistant", "A")], ["hm", "x", "y"]),
        ([line("step", "root", 0), line("step", "agent"), line("system", "S"), line("user", "Q"), line("assistant", "first I look"),
          line("assistant", "A")], ["agent", "first I look"]),
        ([line("arguments", "x"), line("error", "gone")], ["x", "gone"]),
        ([line("user", "Q"), line("assistant", " A \n")], []),
        ([line("step", "compaction"), line("result", "A") | {"span_kind": "chain"}, line("result", "A") | {"span_kind": "tool"}],
          ["compaction", "A"]),
    ],
)  # fmt: skip
def test_steps_are_what_happened_between_question_and_answer(
    lines: list[dict[str, Any]], left: list[str]
) -> None:
    steps = evaluate("session/steps.js", f"m.stepsOf({json.dumps(lines)}, 'Q', 'A')")
    assert [each["text"] for each in steps] == left


def test_steps_of_one_name_in_a_row_are_one() -> None:
    lines = [
        line("step", "GET") | {"offset_ms": 100, "duration_ms": 20},
        line("step", "GET") | {"offset_ms": 150, "duration_ms": 30},
        line("result", "x"),
        line("step", "GET"),
        line("step", "GET", 2),
    ]
    steps = evaluate("session/steps.js", f"m.stepsOf({json.dumps(lines)}, 'Q', 'A')")
    assert [(each["name"], each.get("times", 1)) for each in steps] == [
        ("GET", 2),
        ("x", 1),
        ("GET", 1),
        ("GET", 1),
    ]
    assert (steps[0]["offset_ms"], steps[0]["duration_ms"]) == (100, 80)


# --- turns in outline ---------------------------------------------------------------------------------------------------

OUTLINE = {
    "trace_id": ["a", "b", "c"], "start_us": [0, 1_500_000, 2_000_000], "duration_ms": [1, None, 3],
    "status": ["ok", "running", "error"], "error_count": [0, 0, 2], "tokens": [10, None, 40],
    "cost": [0.5, None, 2], "received_us": [5, 6, 7],
}  # fmt: skip


def test_an_outline_has_a_turn_for_each_trace_and_what_has_come_of_it() -> None:
    made = f"m.told(m.outlined({json.dumps(OUTLINE)}), new Map([['b', {{ name: 'chat', status: 'ok' }}]]))"
    first, second, _ = evaluate("session/session_turns.js", made)
    assert (first["name"], first["scores"], first["cost"]) == ("", [], None)
    assert (second["name"], second["start_time"]) == ("chat", "1970-01-01T00:00:01.500Z")
    assert second["status"] == "running"  # the outline is the newer one


@pytest.mark.parametrize(
    ("change", "shares"),
    [
        ({}, [0.25, None, 1]),  # by cost
        ({"cost": [None, None, None]}, [0.25, None, 1]),  # by tokens
        ({"cost": [0, 0, 0], "tokens": [0, 20, 40]}, [0, 0.5, 1]),
        ({"cost": [None] * 3, "tokens": [None] * 3}, [None] * 3),
    ],
)
def test_a_turn_is_as_tall_as_its_share_of_the_dearest(change: dict[str, Any], shares: list[Any]) -> None:
    assert (
        evaluate("session/session_turns.js", f"m.sharesOf(m.outlined({json.dumps(OUTLINE | change)}))")
        == shares
    )


def test_pages_in_which_something_moved_are_read_again() -> None:
    before = json.dumps([{"trace_id": each, "received_us": 1} for each in "abcde"])
    after = json.dumps([{"trace_id": each, "received_us": 1 + (each in "df")} for each in "abcdef"])
    assert evaluate("session/session_turns.js", f"m.movedPages({before}, {after}, 2)") == [1, 2]
    assert evaluate("session/session_turns.js", f"m.movedPages({before}, {before}, 2)") == []
