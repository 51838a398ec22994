"""A session as one line."""

from __future__ import annotations

from itertools import permutations

from llm_tracer.model.reading import Usage
from llm_tracer.model.session import SessionSummary, summarise_session
from llm_tracer.model.trace import TraceCost

from .building import figures, nano, row, trace

FIRST = trace(row("root", at=0, ms=10, input_preview=None)).summary
SECOND = trace(
    row(
        "root",
        at=100,
        ms=50,
        kind="llm",
        user_id="u1",
        input_preview="hello",
        status="error",
        **figures(5, usd=0.5),
    )
).summary
RUNNING = trace(
    row("root", at=200, ms=None, user_id="u2", input_preview="more"), row("child", "root", at=201)
).summary


def test_the_line_of_a_session_whatever_the_order_of_its_traces() -> None:
    for traces in permutations((FIRST, SECOND, RUNNING)):
        assert summarise_session("s", traces) == SessionSummary(
            session_id="s",
            turn_count=3,
            start_time_unix_nano=nano(0),
            last_activity_unix_nano=nano(200),
            duration_ms=200,
            user_id="u1",
            span_count=4,
            error_count=1,
            usage=Usage(input=5, output=5, total=10),
            cost=TraceCost(0.5, complete=True),
            first_input_preview="hello",
        )


def test_the_last_activity_is_the_latest_end_and_not_the_end_of_the_latest() -> None:
    long = trace(row("root", at=0, ms=1000)).summary
    short = trace(row("root", at=100, ms=1)).summary
    assert summarise_session("s", [long, short]).last_activity_unix_nano == nano(1000)


def test_what_nobody_said_is_unknown() -> None:
    line = summarise_session("s", [FIRST])
    assert (line.user_id, line.usage, line.cost, line.first_input_preview) == (None, None, None, None)
