"""The ends and beginnings of processes, each in real processes against a real server."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from llm_tracer.lifecycle import EXIT_BUDGET_S
from recording_server import RecordingServer, Reply, Request, run_program

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")


def test_a_program_that_just_ends_delivers(server: RecordingServer, tmp_path: Path) -> None:
    program = """
        from llm_tracer import span
        with span("root"), span("child"): pass
    """
    done = run_program(program, server.url, tmp_path, at_leisure=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert server.names() == ["child", "root"]
    assert server.requests[0].body["resource"]["service.name"] == "program"


def test_an_uncaught_exception_delivers_its_span(server: RecordingServer, tmp_path: Path) -> None:
    program = """
        from llm_tracer import trace
        @trace
        def fail(): raise ValueError("bad")
        fail()
    """
    done = run_program(program, server.url, tmp_path, at_leisure=True)
    assert done.returncode == 1
    assert done.stderr.count("ValueError: bad") == 1
    assert server.ended[0]["status"] == {"code": "error", "message": "bad"}


def test_threads_that_outlive_the_main_thread_deliver(server: RecordingServer, tmp_path: Path) -> None:
    program = """
        import concurrent.futures, sys, threading, time
        from llm_tracer import span
        def late(name):
            time.sleep(0.3)
            with span(name): pass
            sys.exit(3)
        pool = concurrent.futures.ThreadPoolExecutor()
        pool.submit(late, "pool")
        threading.Thread(target=late, args=("thread",)).start()
        with span("main"): pass
    """
    assert run_program(program, server.url, tmp_path, at_leisure=True).returncode == 0
    assert server.names() == ["main", "pool", "thread"]


def test_a_server_that_nobody_runs_costs_one_line_and_no_wait(nobody_url: str, tmp_path: Path) -> None:
    program = """
        from llm_tracer import span
        for _ in range(10):
            with span("work"): pass
    """
    done = run_program(program, nobody_url, tmp_path)
    assert (done.returncode, done.stdout) == (0, "")
    assert "takes no spans (no answer" in done.stderr
    assert "llm-tracer up" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_server_that_hangs_does_not_hold_the_exit(server: RecordingServer, tmp_path: Path) -> None:
    server.hang.set()
    assert EXIT_BUDGET_S <= 1.75  # 2 s are promised, the end of the interpreter among them
    # Here an answer may take for ever: what ends the program is that its end has a deadline of its own.
    program = """
        from llm_tracer import span
        from llm_tracer.sending import transport
        transport.TIMEOUT_S = 3600.0
        for _ in range(10):
            with span("work"): pass
    """
    assert run_program(program, server.url, tmp_path).returncode == 0


@needs_fork
def test_a_forked_child_sends_its_own_spans_and_none_of_its_parents(
    server: RecordingServer, tmp_path: Path
) -> None:
    program = """
        import os, sys, llm_tracer
        from llm_tracer import span
        with span("before"): pass
        with span("root"):
            if os.fork() == 0:
                with span("child"): pass
                sys.exit(0)          # leaves the parent's block too: its end here is not the parent's
            os.wait()
            with span("after"): pass
    """
    assert run_program(program, server.url, tmp_path, at_leisure=True).returncode == 0
    assert server.names() == ["after", "before", "child", "root"]
    by_name = {span["name"]: span for span in server.ended}
    assert by_name["root"]["status"]["code"] == "unset"
    assert by_name["child"]["parent_span_id"] == by_name["root"]["span_id"]
    assert len({span["span_id"] for span in server.ended}) == 4
    assert len({request.body["resource"]["process.pid"] for request in server.requests}) == 2


@needs_fork
def test_workers_forked_ahead_have_ids_and_connections_of_their_own(
    server: RecordingServer, tmp_path: Path
) -> None:
    program = """
        import os, sys
        from llm_tracer import flush, span
        with span("parent"): pass
        flush(60.0)
        for _ in range(4):
            if os.fork() == 0:
                for _ in range(50):
                    with span("worker"): pass
                sys.exit(0)
        for _ in range(4): os.wait()
    """
    assert run_program(program, server.url, tmp_path, at_leisure=True).returncode == 0
    assert server.names() == ["parent"] + ["worker"] * 200
    assert len({span["span_id"] for span in server.ended}) == 201
    assert len({span["trace_id"] for span in server.ended}) == 201


@pytest.mark.parametrize(
    "method", [pytest.param("fork", marks=needs_fork), "spawn", pytest.param("forkserver", marks=needs_fork)]
)
def test_children_of_multiprocessing_that_end_at_once_deliver(
    method: str, server: RecordingServer, tmp_path: Path
) -> None:
    program = f"""
        import concurrent.futures, multiprocessing, threading, time
        from llm_tracer import span

        def late():
            time.sleep(0.2)
            with span("late"): pass

        def work():
            with span("child"): pass
            threading.Thread(target=late).start()
            concurrent.futures.ThreadPoolExecutor().submit(late)

        if __name__ == "__main__":
            context = multiprocessing.get_context("{method}")
            with span("parent"): pass
            children = [context.Process(target=work) for _ in range(2)]
            for child in children: child.start()
            for child in children: child.join()
            assert [child.exitcode for child in children] == [0, 0]
    """
    done = run_program(program, server.url, tmp_path, at_leisure=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert server.names() == ["child"] * 2 + ["late"] * 4 + ["parent"]


def test_off_means_nothing_at_all(server: RecordingServer, tmp_path: Path) -> None:
    program = """
        import sys, threading
        from llm_tracer import flush, session, span, trace
        @trace
        def work():
            with session("s"), span("inner", input=[1]) as inner: inner.set_output([2])
        work()
        print(flush(), threading.active_count(), "msgspec" in sys.modules, "http.client" in sys.modules)
    """
    done = run_program(program, server.url, tmp_path, TRACER_ENABLED="false")
    assert done.stdout == "True 1 False False\n"
    assert not (tmp_path / "state").exists()
    assert server.requests == []


def test_a_killed_program_leaves_its_open_span_on_the_server(server: RecordingServer, tmp_path: Path) -> None:
    def answer(request: Request) -> Reply:
        (tmp_path / "arrived").touch()
        return Reply()

    server.answer = answer
    program = """
        import os, time
        from llm_tracer import span
        with span("tool", kind="tool"):
            while not os.path.exists("arrived"): time.sleep(0.01)
            os.kill(os.getpid(), 9)
    """
    before = time.time_ns()
    assert run_program(program, server.url, tmp_path, at_leisure=True).returncode == -9
    (tool,) = server.spans
    assert "end_time_unix_nano" not in tool
    assert tool["start_time_unix_nano"] > before


@pytest.mark.parametrize(
    ("number", "handler"),
    [
        ("SIGINT", "signal.default_int_handler"),  # a shell's job in the background ignores it
        ("SIGTERM", "lambda *_: sys.exit(3)"),
    ],
)
def test_a_signal_at_the_end_ends_the_wait_and_loses_nothing(
    number: str, handler: str, server: RecordingServer, tmp_path: Path
) -> None:
    server.hang.set()
    program = f"""
        import os, signal, sys, threading, time
        from llm_tracer import span
        def press():
            threading.main_thread().join()
            time.sleep(0.3)
            os.kill(os.getpid(), signal.{number})
        signal.signal(signal.{number}, {handler})
        threading.Thread(target=press, daemon=True).start()
        with span("work"): pass
    """
    done = run_program(program, server.url, tmp_path, at_leisure=True)
    assert (done.returncode, done.stderr) == (0, "")
    server.hang.clear()
    run_program("from llm_tracer import flush, span; span('next').end(); flush(60.0)", server.url, tmp_path)
    assert server.names() == ["next", "work"]


def test_a_span_of_an_exit_function_that_comes_after_ours_waits_for_the_next_program(
    server: RecordingServer, tmp_path: Path
) -> None:
    program = """
        import atexit
        @atexit.register
        def clean_up():
            with span("clean up"): pass
        from llm_tracer import span
        with span("work"): pass
    """
    done = run_program(program, server.url, tmp_path, at_leisure=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert server.names() == ["work"]
    run_program("from llm_tracer import flush, span; span('next').end(); flush(60.0)", server.url, tmp_path)
    assert server.names() == ["clean up", "next", "work"]


@needs_fork
def test_a_child_that_was_forked_in_a_thread_ends_with_it(server: RecordingServer, tmp_path: Path) -> None:
    program = """
        import os, threading
        from llm_tracer import span
        def fork():
            pid = os.fork()
            if pid == 0:
                with span("child"): pass
                return
            print(os.waitpid(pid, 0)[1])
        with span("parent"): pass
        thread = threading.Thread(target=fork)
        thread.start()
        thread.join()
    """
    done = run_program(program, server.url, tmp_path, at_leisure=True)
    assert (done.returncode, done.stdout) == (0, "0\n")
    assert server.names() == ["child", "parent"]


@needs_fork
def test_a_child_that_was_forked_in_a_daemon_thread_goes_on(server: RecordingServer, tmp_path: Path) -> None:
    program = """
        import os, threading, time
        from llm_tracer import flush, span
        def fork():
            pid = os.fork()
            if pid == 0:
                with span("child"): pass
                time.sleep(1)  # ten rounds of the sender
                with span("later"): pass
                flush(60.0)
                os._exit(7)
            print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
        thread = threading.Thread(target=fork, daemon=True)
        thread.start()
        thread.join()
    """
    done = run_program(program, server.url, tmp_path, at_leisure=True)
    assert (done.returncode, done.stdout) == (0, "7\n")
    assert server.names() == ["child", "later"]


def test_a_handler_of_logs_that_flushes_does_not_hang_the_end(
    server: RecordingServer, tmp_path: Path
) -> None:
    program = """
        import atexit, logging
        @atexit.register
        def clean_up():
            sender = get_tracer()._sender
            sender._thread.join()     # what is said now is said by the main thread
            sender._lost_spans += 1
            with span("late"): pass
            print("goes on")
        class Flushing(logging.Handler):
            def emit(self, record):
                with span("said"): pass
                print(flush())
        logging.getLogger("llm_tracer").addHandler(Flushing())
        from llm_tracer import flush, get_tracer, span
        with span("work"): pass
    """
    done = run_program(program, server.url, tmp_path, at_leisure=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "False\ngoes on\n", "")
    run_program("from llm_tracer import flush, span; span('next').end(); flush(60.0)", server.url, tmp_path)
    assert server.names() == ["late", "next", "said", "work"]
    assert server.lost_told() == 1


def test_the_thread_that_sends_imports_only_while_no_fork_can_happen(
    server: RecordingServer, tmp_path: Path
) -> None:
    # A child gets the lock of a module that is being imported, without the thread that would open it again.
    program = """
        import sys, threading
        from llm_tracer import flush, span
        from llm_tracer.guard import importing
        def look(event, args):
            if event == "import" and threading.current_thread().name == "llm_tracer" and not importing._is_owned():
                print("imports", args[0])
        sys.addaudithook(look)
        with span("work"): pass
        print(flush(60))
    """
    done = run_program(program, server.url, tmp_path)
    assert (done.returncode, done.stdout) == (0, "True\n")
    assert server.names() == ["work"]


def test_an_interpreter_beside_the_main_one_can_end(server: RecordingServer, tmp_path: Path) -> None:
    """As in mod_wsgi. A daemon thread in it would abort the process."""
    program = """
        import sys
        if sys.version_info >= (3, 13):
            import _interpreters as interpreters
            other = interpreters.create("legacy")
            run = interpreters.exec
        else:
            import _xxsubinterpreters as interpreters
            other = interpreters.create(isolated=False)
            run = interpreters.run_string
        run(other, "from llm_tracer import flush, span; span('other').end(); assert flush()")
        interpreters.destroy(other)
        from llm_tracer import span
        with span("main"): pass
    """
    done = run_program(program, server.url, tmp_path, at_leisure=True)
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr.count("tracing is off, since this interpreter is not the main one") == 1
    assert server.names() == ["main"]


@pytest.mark.skipif(os.name != "posix", reason="SIGPIPE")
def test_a_program_that_ends_by_sigpipe_outlives_a_server_that_closes_connections(
    server: RecordingServer, tmp_path: Path
) -> None:
    program = """
        import signal
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # as command-line tools do, for `program | head`
        from llm_tracer import flush, get_tracer, span
        with span("first"): pass
        assert flush(60.0)
        connection = get_tracer()._sender._delivery._transport._connection
        assert connection.sock.recv(1) == b""  # the server has closed it
        connection.sock.shutdown(2)
        with span("second"): pass
        assert flush(60.0)
    """
    server.answer = lambda request: Reply(closes=True)
    done = run_program(program, server.url, tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert server.names() == ["first", "second"]
