from __future__ import annotations

import pytest
from llm_tracer import current_span, get_tracer, set_tracer, span
from llm_tracer.testing import (
    FIRST_MOMENT_NS,
    FixedClock,
    InMemoryExporter,
    assert_span,
    assert_trace,
    outline,
    record,
)


def test_time_and_ids_are_the_same_in_every_run(recorded_spans: InMemoryExporter) -> None:
    with span("outer"), span("inner"):
        pass
    inner = recorded_spans.span("inner")
    assert (inner.trace_id, inner.span_id, inner.parent_span_id) == (f"{1:032x}", f"{2:016x}", f"{1:016x}")
    assert inner.start_time_unix_nano == FIRST_MOMENT_NS + 1_000_000
    assert inner.end_time_unix_nano == FIRST_MOMENT_NS + 2_000_000


def test_a_clock_moves_when_told() -> None:
    clock = FixedClock(0, step_ns=0)
    clock.advance(1.5)
    assert clock() == clock() == 1_500_000_000


def test_a_missing_span_is_said_with_what_there_is(recorded_spans: InMemoryExporter) -> None:
    with span("there"):
        pass
    with pytest.raises(LookupError, match="there"):
        recorded_spans.span("not there")
    recorded_spans.clear()
    assert recorded_spans.tree() == {}


def test_a_recording_stands_apart_from_what_is_around_it() -> None:
    before = set_tracer(None)
    with record() as outer, span("around"):
        default = get_tracer()
        with record() as inner, span("inside"):
            pass
        assert get_tracer() is default
        assert current_span().name == "around"
    set_tracer(before)
    assert inner.tree() == {"inside": {}}
    assert outer.tree() == {"around": {}}


def _answer() -> None:
    with span("answer", kind="agent", input={"question": 1}):
        with span("search", kind="tool"):
            pass
        with span("search", kind="tool"):
            pass
        with span("chat", kind="llm", model="gpt-5", input="Hello?") as chat:
            chat.set_output("Hi!", input_tokens=3)


def test_a_trace_is_compared_as_it_reads(recorded_spans: InMemoryExporter) -> None:
    _answer()
    assert_trace(
        recorded_spans,
        """
        answer
          search
          search
          chat
        """,
    )
    with pytest.raises(AssertionError, match=r"recorded:\nanswer\n  search"):
        assert_trace(recorded_spans, "answer")


def test_a_failed_span_shows_in_the_outline(recorded_spans: InMemoryExporter) -> None:
    with pytest.raises(ValueError, match="bad"), span("answer"):
        raise ValueError("bad")
    assert outline(recorded_spans) == "answer !"
    assert_span(recorded_spans, "answer", error="ValueError")


def test_a_span_is_compared_by_what_is_said_of_it(recorded_spans: InMemoryExporter) -> None:
    _answer()
    assert_span(recorded_spans, "answer", kind="agent", input={"question": 1})
    chat = assert_span(
        recorded_spans,
        "chat",
        kind="llm",
        model="gpt-5",
        input="Hello?",
        output="Hi!",
        parent="answer",
        attributes={"gen_ai.usage.input_tokens": 3},
    )
    assert chat.name == "chat"
    with pytest.raises(AssertionError, match="model is 'gpt-5', not 'gpt-4'; output is 'Hi!', not 'Ho!'"):
        assert_span(recorded_spans, "chat", model="gpt-4", output="Ho!")
