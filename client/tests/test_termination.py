"""Programs that are told to end by SIGTERM, each in a real process against a real server."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from recording_server import RecordingServer, run_program

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals as POSIX has them")


def test_it_delivers_and_ends_as_it_would_have(server: RecordingServer, tmp_path: Path) -> None:
    program = """
        import os, signal, time
        from llm_tracer import span
        with span("root"):
            with span("done"): pass
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(3600)
    """
    done = run_program(program, server.url, tmp_path, at_leisure=True)
    assert (done.returncode, done.stdout, done.stderr) == (-signal.SIGTERM, "", "")
    assert server.names() == ["done"]
    assert {span["name"] for span in server.spans} == {"done", "root"}


def test_a_main_thread_that_never_gets_to_its_handler_does_not_keep_it_from_ending(
    server: RecordingServer, tmp_path: Path
) -> None:
    program = """
        import hashlib, os, signal, threading
        from llm_tracer import span
        with span("done"): pass
        threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGTERM)).start()
        while True: hashlib.pbkdf2_hmac("sha256", b"", b"", 2**31 - 1)  # half an hour, without a look at signals
    """
    done = run_program(program, server.url, tmp_path, at_leisure=True)
    assert (done.returncode, done.stderr) == (128 + signal.SIGTERM, "")
    assert server.names() == ["done"]


def test_what_the_main_thread_holds_does_not_keep_the_spans_back(
    server: RecordingServer, tmp_path: Path
) -> None:
    program = """
        import os, signal, time
        from llm_tracer import get_tracer, span
        with span("done"): pass
        with get_tracer()._sender._flushed:  # as in a flush
            os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(3600)
    """
    assert run_program(program, server.url, tmp_path, at_leisure=True).returncode == -signal.SIGTERM
    assert server.names() == ["done"]


def test_a_program_with_a_handler_of_its_own_is_left_alone(server: RecordingServer, tmp_path: Path) -> None:
    program = """
        import os, signal, time
        from llm_tracer import span
        with span("done"): pass
        signal.signal(signal.SIGTERM, lambda *_: print("mine"))
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(0.5)
        print("goes on")
    """
    done = run_program(program, server.url, tmp_path, at_leisure=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "mine\ngoes on\n", "")
    assert server.names() == ["done"]


def test_a_handler_may_call_ours_when_it_is_done(server: RecordingServer, tmp_path: Path) -> None:
    program = """
        import os, signal, time
        from llm_tracer import span
        with span("done"): pass
        before = signal.getsignal(signal.SIGTERM)
        def mine(number, frame):
            print("mine", flush=True)
            before(number, frame)
        signal.signal(signal.SIGTERM, mine)
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(3600)
    """
    done = run_program(program, server.url, tmp_path)
    assert (done.returncode, done.stdout) == (-signal.SIGTERM, "mine\n")


def test_a_forked_child_has_a_handler_from_its_first_span_on_and_never_ends_its_parent(
    server: RecordingServer, tmp_path: Path
) -> None:
    program = """
        import os, signal, time
        from llm_tracer import span
        told, tell = os.pipe()
        def child(traces):
            pid = os.fork()
            if pid:
                os.read(told, 1)
                os.kill(pid, signal.SIGTERM)
                return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
            assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
            if traces:
                with span("child"): pass
                assert signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL
            os.write(tell, b".")
            time.sleep(3600)
        with span("parent"): pass
        print(child(True), child(False), child(True))
        time.sleep(0.3)
        print("goes on")
    """
    done = run_program(program, server.url, tmp_path, at_leisure=True)
    assert (done.returncode, done.stdout) == (0, "-15 -15 -15\ngoes on\n"), done.stderr
    assert server.names() == ["child", "child", "parent"]


def test_nothing_is_lost_before_there_is_a_span(server: RecordingServer, tmp_path: Path) -> None:
    program = """
        import os, signal, threading, time
        from llm_tracer import get_tracer
        get_tracer()
        print(threading.active_count(), flush=True)
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(3600)
    """
    done = run_program(program, server.url, tmp_path)
    assert (done.returncode, done.stdout) == (-signal.SIGTERM, "1\n")


@pytest.mark.parametrize("when", ["first", "between", "never"])
def test_where_threads_are_green_it_is_left_alone(when: str, server: RecordingServer, tmp_path: Path) -> None:
    """gevent and eventlet replace this function, and a thread that waits in C then stops the whole program."""
    program = f"""
        import _thread, threading
        start = _thread.start_new_thread
        def become_green(): _thread.start_new_thread = lambda *arguments: start(*arguments)
        if {when!r} == "first": become_green()
        from llm_tracer import get_tracer, span
        get_tracer()
        if {when!r} == "between": become_green()
        with span("done"): pass
        print("llm_tracer_end" in [thread.name for thread in threading.enumerate()])
    """
    done = run_program(program, server.url, tmp_path, at_leisure=True)
    assert (done.stdout, done.stderr) == (f"{when == 'never'}\n", "")
    assert server.names() == ["done"]


def test_a_program_that_closes_all_files_goes_on(server: RecordingServer, tmp_path: Path) -> None:
    program = """
        import os, signal, threading, time
        from llm_tracer import flush, span
        with span("before"): pass
        flush(60.0)
        os.closerange(3, 256)
        while any(thread.name == "llm_tracer_end" for thread in threading.enumerate()): time.sleep(0.01)
        with open("mine", "wb", buffering=0), open("mine too", "wb", buffering=0):
            with span("after"): pass
            flush(60.0)
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(3600)
    """
    done = run_program(program, server.url, tmp_path, at_leisure=True)
    assert (done.returncode, done.stderr) == (-signal.SIGTERM, "")
    assert server.names() == ["after", "before"]
    assert [(tmp_path / name).read_bytes() for name in ("mine", "mine too")] == [b"", b""]
