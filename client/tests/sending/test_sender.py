from __future__ import annotations

import signal
import threading
from pathlib import Path

import pytest
from llm_tracer import Tracer
from llm_tracer.recording.span import SPAN_OVERHEAD_BYTES
from llm_tracer.sending.recorder import QueueRecorder
from recording_server import PATIENCE_S, RecordingServer, run_program


def work(tracer: Tracer, name: str = "work") -> None:
    with tracer.span(name):
        pass


def test_a_trace_arrives_by_itself_and_in_one_request(tracer: Tracer, server: RecordingServer) -> None:
    with tracer.span("root"), tracer.span("child"):
        pass
    server.wait_until(lambda: bool(server.requests))
    (request,) = server.requests
    assert [span["name"] for span in request.body["spans"]] == ["child", "root"]
    assert request.headers["Content-Encoding"] in ("zstd", "gzip")


def test_nothing_runs_before_the_first_span(tracer: Tracer) -> None:
    assert tracer._sender is not None
    assert tracer._sender._thread is None


def test_a_flush_takes_what_has_ended_and_leaves_what_runs(tracer: Tracer, server: RecordingServer) -> None:
    with tracer.span("root"):
        work(tracer, "child")
        assert tracer.flush(PATIENCE_S)
        assert server.names() == ["child"]
    assert tracer.flush(PATIENCE_S)
    assert server.names() == ["child", "root"]


def test_a_span_that_runs_for_a_second_is_announced_once(tracer: Tracer, server: RecordingServer) -> None:
    root = tracer.start_span("root", input="q")
    server.wait_until(lambda: bool(server.spans))
    (announced,) = server.spans
    assert announced["span_id"] == root.span_id
    assert "end_time_unix_nano" not in announced
    assert announced["attributes"]["input.value"] == "q"
    root.end()
    assert tracer.flush(PATIENCE_S)
    assert [span["span_id"] for span in server.spans] == [root.span_id] * 2


def test_everything_of_many_threads_arrives_once(tracer: Tracer, server: RecordingServer) -> None:
    def many() -> None:
        for _ in range(200):
            work(tracer)

    threads = [threading.Thread(target=many) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert tracer.flush(PATIENCE_S)
    assert len(server.spans) == len({span["span_id"] for span in server.spans}) == 4000
    assert tracer._sender is not None
    assert tracer._sender.recorder.held_bytes == 0


def test_what_waits_arrives_when_the_server_comes_up(nobody_url: str) -> None:
    tracer = Tracer(api_url=nobody_url, enabled=True)
    work(tracer)
    assert not tracer.flush(0.3)
    late = RecordingServer()
    assert tracer._sender is not None
    delivery = tracer._sender._delivery
    assert delivery is not None
    delivery._transport = None  # the server that comes up has another port
    delivery._settings = tracer._settings._replace(api_url=late.url)
    assert tracer.flush(PATIENCE_S)
    assert late.names() == ["work"]
    tracer.shutdown()
    late.close()


def test_what_the_bound_forced_out_is_counted_and_the_count_arrives_once(
    tracer: Tracer, server: RecordingServer
) -> None:
    assert tracer._sender is not None
    recorder: QueueRecorder = tracer._sender.recorder
    recorder._limit_bytes = SPAN_OVERHEAD_BYTES
    server.hang.set()
    for _ in range(10):
        work(tracer)
    server.hang.clear()
    assert not tracer.flush(PATIENCE_S)
    arrived = len(server.ended)
    assert arrived < 10
    work(tracer)
    assert tracer.flush(PATIENCE_S)  # of what was lost before, the flush before told
    work(tracer)
    assert tracer.flush(PATIENCE_S)
    assert server.lost_told() == 10 - arrived
    assert recorder.held_bytes == 0


def test_a_server_that_hangs_holds_nobody_up(tracer: Tracer, server: RecordingServer) -> None:
    server.hang.set()
    for _ in range(100):
        work(tracer)
    assert not tracer.flush(0.2)
    server.hang.clear()
    assert tracer.flush(PATIENCE_S)
    assert len({span["span_id"] for span in server.spans}) == 100


def test_after_shutdown_nothing_is_traced(tracer: Tracer, server: RecordingServer) -> None:
    work(tracer, "before")
    assert tracer.shutdown()
    work(tracer, "after")
    assert tracer.flush(PATIENCE_S)
    assert server.names() == ["before"]


def test_where_no_thread_starts_the_next_span_tries_again(
    tracer: Tracer, server: RecordingServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", refuse)
        with tracer.span("first"):
            pass
    with tracer.span("second"):
        pass
    server.wait_until(lambda: server.names() == ["first", "second"])


def test_what_the_program_raises_on_our_thread_does_not_end_it(server: RecordingServer) -> None:
    def leave_once(place: str, value: object) -> object:
        if not left.is_set():
            left.set()
            raise SystemExit
        return value

    left = threading.Event()
    tracer = Tracer(api_url=server.url, enabled=True, redact=leave_once)
    with tracer.span("first", input="x"):
        pass
    assert left.wait(PATIENCE_S)
    with tracer.span("second", input="x"):
        pass
    server.wait_until(lambda: "second" in server.names())
    tracer.shutdown(0.5)


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="signals as POSIX has them")
def test_a_handler_of_a_signal_may_flush_in_the_middle_of_a_flush(
    server: RecordingServer, tmp_path: Path
) -> None:
    program = """
        import signal, time
        from llm_tracer import flush, span
        is_inside = False
        def handle(number, frame):
            global is_inside
            if not is_inside:
                is_inside = True
                flush(0.01)
                is_inside = False
        signal.signal(signal.SIGALRM, handle)
        signal.setitimer(signal.ITIMER_REAL, 0.001, 0.0003)
        end_s = time.monotonic() + 3
        while time.monotonic() < end_s:
            with span("work"): pass
            flush(0.0)
        signal.setitimer(signal.ITIMER_REAL, 0)
    """
    assert run_program(program, server.url, tmp_path).returncode == 0


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="timers as POSIX has them")
def test_a_time_limit_of_the_program_ends_a_flush(tracer: Tracer, server: RecordingServer) -> None:
    class TooLate(Exception): ...

    def stop(number: int, frame: object) -> None:
        raise TooLate

    server.hang.set()
    work(tracer)
    before = signal.signal(signal.SIGALRM, stop)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.2)
        with pytest.raises(TooLate):
            tracer.flush(PATIENCE_S)
    finally:
        signal.signal(signal.SIGALRM, before)


@pytest.mark.parametrize("timeout_s", [float("inf"), 1e15])
def test_a_flush_may_wait_for_ever(timeout_s: float, tracer: Tracer, server: RecordingServer) -> None:
    work(tracer)
    assert tracer.flush(timeout_s)
    assert server.names() == ["work"]


def test_a_flush_without_a_number_is_said_and_waits_for_nothing(
    tracer: Tracer, caplog: pytest.LogCaptureFixture
) -> None:
    assert not tracer.flush(None)  # type: ignore[arg-type]
    assert "flush failed" in caplog.text
