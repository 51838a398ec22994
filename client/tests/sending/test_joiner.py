from __future__ import annotations

from llm_tracer import Span, Tracer
from llm_tracer.sending.joiner import HOLD_BYTES, HOLD_S, TraceJoiner
from llm_tracer.testing import in_memory_tracer


def trace_of_two(tracer: Tracer) -> tuple[Span, Span]:
    with tracer.span("root") as root, tracer.span("child") as child:
        pass
    return root, child


def test_a_trace_waits_for_its_root() -> None:
    root, child = trace_of_two(in_memory_tracer()[0])
    joiner = TraceJoiner()
    joiner.add(child, 0.0)
    assert joiner.take_ready(1.0) == []
    joiner.add(root, 1.0)
    assert joiner.take_ready(1.0) == [child, root]
    assert joiner.take_ready(100.0, everything=True) == []


def test_what_began_after_its_parent_had_ended_waits_for_nothing_above_it() -> None:
    tracer, _ = in_memory_tracer()
    with tracer.span("request") as request:
        pass
    with tracer.start_span("stream", parent=request) as stream, tracer.span("chat") as chat:
        pass
    joiner = TraceJoiner()
    joiner.add(chat, 0.0)
    assert joiner.take_ready(0.0) == []
    joiner.add(stream, 0.0)
    assert joiner.take_ready(0.0) == [chat, stream]


def test_traces_that_come_mixed_go_out_one_after_the_other() -> None:
    tracer, _ = in_memory_tracer()
    (root1, child1), (root2, child2) = trace_of_two(tracer), trace_of_two(tracer)
    joiner = TraceJoiner()
    for span in (child1, child2, root2, root1):
        joiner.add(span, 0.0)
    assert joiner.take_ready(0.0) == [child1, root1, child2, root2]


def test_a_trace_waits_three_seconds_at_most() -> None:
    _, child = trace_of_two(in_memory_tracer()[0])
    joiner = TraceJoiner()
    joiner.add(child, 10.0)
    assert joiner.take_ready(10.0 + HOLD_S - 0.01) == []
    assert joiner.take_ready(10.0 + HOLD_S) == [child]


def test_a_megabyte_waits_no_longer() -> None:
    tracer, _ = in_memory_tracer()
    with tracer.span("root"), tracer.span("child", input="x" * HOLD_BYTES) as child:
        pass
    joiner = TraceJoiner()
    joiner.add(child, 0.0)
    assert joiner.take_ready(0.0) == [child]


def test_a_flush_takes_everything() -> None:
    _, child = trace_of_two(in_memory_tracer()[0])
    joiner = TraceJoiner()
    joiner.add(child, 0.0)
    assert joiner.take_ready(0.0, everything=True) == [child]
