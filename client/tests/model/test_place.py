"""The record of a trace among its spans. Leaves with exceptions: test_trace.py."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from llm_tracer.model.place import depends_on_place, placed, record_id
from llm_tracer.model.reading import Score, SpanError
from llm_tracer.model.row import SpanRow
from llm_tracer.model.trace import TraceError

from .building import TRACE_ID, row, trace

RECORD = record_id(TRACE_ID)


def record(ms: float = 0, **facts: Any) -> SpanRow:
    return row(RECORD, ms=ms, **facts)


def names(rows: Any) -> list[str]:
    return [each.span_id for each in rows]


def test_a_record_lasts_as_long_as_the_spans_at_the_top() -> None:
    rows = (record(), row("a", RECORD, ms=2_000), row("b", RECORD, ms=5_000), row("c", "b", ms=9_000))
    shown = placed(TRACE_ID, rows)
    assert names(shown) == [RECORD, "a", "b", "c"]
    assert shown[0].duration_ms == 5_000
    assert shown[1:] == rows[1:]
    later = placed(TRACE_ID, (record(ms=7_000), *rows[1:]))
    assert later[0].duration_ms == 7_000


def test_a_record_is_open_while_a_span_at_the_top_is() -> None:
    shown = placed(TRACE_ID, (record(ms=3_000), row("a", RECORD, ms=2_000), row("b", RECORD, ms=None)))
    assert shown[0].end_time_unix_nano is None
    assert trace(*shown).summary.status == "running"


def test_a_record_alone_stays() -> None:
    rows = (record(input_preview="hi"),)
    assert placed(TRACE_ID, rows) is rows


def test_a_record_that_says_nothing_else_is_the_only_span_below_it() -> None:
    only = row("a", RECORD, ms=2_000, kind="llm", input_preview="hi", output_preview="ho", tags=("x",))
    score = Score("good", 1.0, target="trace")
    said = record(
        trace_name="support", user_id="ada", session_id="s", tags=("y",), metadata={"plan": "pro"},
        environment="test", release="r", scores=(score,), input_preview="hi", output_preview="ho",
    )  # fmt: skip
    (shown,) = placed(TRACE_ID, (said, only))
    assert (shown.span_id, shown.parent_span_id) == ("a", None)
    summary = trace(shown).summary
    assert (summary.name, summary.user_id, summary.session_id) == ("support", "ada", "s")
    assert (summary.tags, dict(summary.metadata)) == (("x", "y"), {"plan": "pro"})
    assert (summary.environment, summary.release, summary.scores) == ("test", "r", (score,))
    assert (summary.span_count, summary.duration_ms, summary.root_span_id) == (1, 2_000, "a")


def test_a_record_with_something_of_its_own_stays_above_the_only_span() -> None:
    only = row("a", RECORD, ms=2_000, input_preview="hi", output_preview="ho")
    for said in (
        {"input_preview": "other"},
        {"output_preview": "other"},
        {"status": "error"},
        {"status": "error", "error": SpanError("Timeout", "5 s")},
    ):
        assert names(placed(TRACE_ID, (record(**said), only))) == [RECORD, "a"]


def test_a_record_fares_like_the_only_span_below_it() -> None:
    failed = row("a", RECORD, ms=2_000, status="error", error=SpanError("Timeout", "5 s"), level="error")
    shown = placed(TRACE_ID, (record(input_preview="q"), failed))
    summary = trace(*shown).summary
    assert (summary.status, summary.error) == ("error", TraceError("Timeout", "5 s", "a"))
    own = placed(TRACE_ID, (record(input_preview="q", status="ok"), failed))
    assert trace(*own).summary.status == "ok"
    caught = placed(TRACE_ID, (record(input_preview="q"), failed, row("b", RECORD)))
    assert trace(*caught).summary.status == "ok"


def test_a_record_that_tells_of_the_same_failure_is_left_out() -> None:
    failed = row("a", RECORD, status="error", error=SpanError("Timeout", "5 s"))
    for error in (None, SpanError("", "5 s"), SpanError("Timeout", "5 s", "stack")):
        assert names(placed(TRACE_ID, (record(status="error", error=error), failed))) == ["a"]
    other = record(status="error", error=SpanError("Timeout", "9 s"))
    assert names(placed(TRACE_ID, (other, failed))) == [RECORD, "a"]


def test_the_name_of_a_record_is_that_of_the_trace() -> None:
    only = row("a", RECORD, name="chat")
    (shown,) = placed(TRACE_ID, (record(name="ask"), only))
    assert (shown.reading.name, trace(shown).summary.name) == ("chat", "ask")


def test_only_the_record_and_the_spans_right_below_it_depend_on_it() -> None:
    assert depends_on_place(TRACE_ID, record())
    assert depends_on_place(TRACE_ID, row("a", RECORD))
    assert not depends_on_place(TRACE_ID, row("b", "a"))
    assert record_id(TRACE_ID) != record_id("b" * 32)
    untouched = (row("a"), replace(row("b", "a")))
    assert placed(TRACE_ID, untouched) is untouched
