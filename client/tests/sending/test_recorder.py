from __future__ import annotations

from llm_tracer import Span, Tracer
from llm_tracer.recording.span import SPAN_OVERHEAD_BYTES
from llm_tracer.sending.recorder import QueueRecorder
from llm_tracer.testing import in_memory_tracer


def tracer_on(recorder: QueueRecorder) -> Tracer:
    tracer, _ = in_memory_tracer()
    tracer._recorder = recorder
    return tracer


def work(tracer: Tracer, content: str = "") -> Span:
    with tracer.span("work", input=content) as span:
        pass
    return span


def test_the_first_span_wakes_the_sender_once() -> None:
    woken: list[bool] = []
    tracer = tracer_on(QueueRecorder(lambda: woken.append(True)))
    work(tracer)
    work(tracer)
    assert woken == [True]


def test_a_span_is_open_and_then_ended() -> None:
    recorder = QueueRecorder(lambda: None)
    span = tracer_on(recorder).start_span("work")
    assert (list(recorder.open), list(recorder.ended)) == ([span], [])
    span.end()
    assert (list(recorder.open), list(recorder.ended)) == ([], [span])


def test_what_comes_after_the_limit_is_counted_and_not_kept() -> None:
    recorder = QueueRecorder(lambda: None, limit_bytes=2 * SPAN_OVERHEAD_BYTES + 10)
    tracer = tracer_on(recorder)
    first, second = work(tracer, "12345"), work(tracer, "12345")
    work(tracer)
    assert list(recorder.ended) == [first, second]
    assert recorder.dropped_spans == 1
    assert recorder.held_bytes == 2 * SPAN_OVERHEAD_BYTES + 10


def test_a_span_that_is_larger_than_the_limit_is_kept_whatever_small_ones_wait() -> None:
    recorder = QueueRecorder(lambda: None, limit_bytes=2 * SPAN_OVERHEAD_BYTES)
    tracer = tracer_on(recorder)
    small, large = work(tracer), work(tracer, "x" * 3 * SPAN_OVERHEAD_BYTES)
    work(tracer)
    assert (list(recorder.ended), recorder.dropped_spans) == ([small, large], 1)


def test_freed_bytes_are_room_again() -> None:
    recorder = QueueRecorder(lambda: None, limit_bytes=SPAN_OVERHEAD_BYTES)
    tracer = tracer_on(recorder)
    work(tracer)
    recorder.free(SPAN_OVERHEAD_BYTES)
    work(tracer)
    assert (len(recorder.ended), recorder.dropped_spans) == (2, 0)


def test_a_closed_recorder_takes_nothing() -> None:
    recorder = QueueRecorder(lambda: None)
    tracer = tracer_on(recorder)
    span = tracer.start_span("work")
    recorder.close()
    recorder.forget()
    span.end()
    assert not recorder.ended
    assert not recorder.open


def test_what_was_counted_before_the_ledger_is_in_it() -> None:
    recorder = QueueRecorder(lambda: None)
    tracer = tracer_on(recorder)
    work(tracer)
    counts = [0, 0]
    recorder.use_counts(counts)
    work(tracer)
    assert counts == [2, 0]
