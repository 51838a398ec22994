"""The application as a process serves it: with real sockets and real signals."""

from __future__ import annotations

import asyncio
import errno
import resource
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from app_helpers import native_span
from llm_tracer_service.serving.server import FullOnce, PortInUse, bind

PROGRAM = """
import sys, threading, time
from llm_tracer_service.serving.app import create_app
from llm_tracer_service.reading import load_reader
from llm_tracer_service.serving.server import listen, serve
from llm_tracer_service.settings import Settings
from llm_tracer_service.store import open_store
reader = load_reader()
store = open_store(sys.argv[1], reader)
app = create_app(Settings(sys.argv[1]), store, reader)
listening = listen("127.0.0.1", [0, 0], ports_if_free=[int(sys.argv[2])])
ports = [sockets[0].getsockname()[1] for sockets in listening]
def tell_who_waits():
    while app.state.service.bell.waiting("dev") < 2:
        time.sleep(0.01)
    print("two wait", flush=True)
threading.Thread(target=tell_who_waits, daemon=True).start()
serve(app, listening, lambda: print(*ports, flush=True))
store.close()
print("closed", flush=True)
"""

WAIT_S = 30
"""As long as anybody may wait for changes."""

PATIENCE_S = 60.0
"""When a test gives up on an answer."""


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        yield taken.getsockname()[1]


FEW_FILES = ("sh", "-c", 'ulimit -Sn 256; exec "$@"', "sh")
"""Starts a program as many systems do. Not `preexec_fn`: forking this process fails now and then while gRPC has threads in it."""


@pytest.fixture
def server(tmp_path: Path, taken_port: int) -> Iterator[tuple[subprocess.Popen[str], list[int]]]:
    command = [*FEW_FILES, sys.executable, "-c", PROGRAM, f"sqlite:{tmp_path / 't.db'}", str(taken_port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        ports = [int(port) for port in process.stdout.readline().split()]
        yield process, ports
        process.kill()


def test_several_ports_one_service(server: tuple[subprocess.Popen[str], list[int]]) -> None:
    _, ports = server
    assert len(ports) == 2  # the taken one was left out
    sent = httpx.post(
        f"http://127.0.0.1:{ports[0]}/api/spans", json={"spans": [native_span()]}, timeout=PATIENCE_S
    )
    assert sent.status_code == 200
    assert httpx.get(f"http://localhost:{ports[1]}/api/traces", timeout=PATIENCE_S).json()["count"] == 1


def test_sigterm_answers_those_who_wait_and_ends(server: tuple[subprocess.Popen[str], list[int]]) -> None:
    process, ports = server
    soft, hard = resource.prlimit(process.pid, resource.RLIMIT_NOFILE)
    assert soft == min(hard, 65_536), "the system's first limit is too low for many connections"
    url = f"http://127.0.0.1:{ports[0]}/api/changes"
    cursor = httpx.get(url, timeout=PATIENCE_S).json()["cursor"]
    answers: list[int] = []

    def wait() -> None:
        answers.append(
            httpx.get(url, params={"after": cursor, "wait_s": WAIT_S}, timeout=PATIENCE_S).status_code
        )

    waiting = threading.Thread(target=wait)
    waiting.start()
    stream = httpx.stream("GET", f"http://127.0.0.1:{ports[0]}/api/stream", timeout=PATIENCE_S)
    with stream as events:
        lines = events.iter_lines()
        assert next(lines).startswith("id: ")
        assert process.stdout is not None
        assert process.stdout.readline() == "two wait\n"
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=WAIT_S - 5) == 0  # before the wait is over by itself
    waiting.join()
    assert answers == [200]
    assert process.stdout.read() == "closed\n"


def test_the_stream_says_what_changes(server: tuple[subprocess.Popen[str], list[int]]) -> None:
    _, ports = server
    base = f"http://127.0.0.1:{ports[0]}"
    with httpx.stream("GET", f"{base}/api/stream", timeout=PATIENCE_S) as events:
        assert events.headers["content-type"].startswith("text/event-stream")
        lines = (line for line in events.iter_lines() if line.startswith("data: "))
        assert '"traces":[]' in next(lines)
        httpx.post(f"{base}/api/spans", json={"spans": [native_span()]}, timeout=PATIENCE_S)
        assert native_span()["trace_id"] in next(lines)


def test_an_oversized_body_is_answered_not_cut_off(server: tuple[subprocess.Popen[str], list[int]]) -> None:
    _, ports = server
    headers = {"Content-Type": "application/x-protobuf"}
    url = f"http://127.0.0.1:{ports[0]}/v1/traces"
    with httpx.Client(timeout=PATIENCE_S) as client:
        assert client.post(url, content=bytes(65 * 1024 * 1024), headers=headers).status_code == 413
        chunked = (bytes(1024 * 1024) for _ in range(65))
        assert client.post(url, content=chunked, headers=headers).status_code == 413
        assert client.get(f"http://127.0.0.1:{ports[0]}/health").status_code == 200


def test_a_port_in_use_is_said_with_its_number(taken_port: int) -> None:
    with pytest.raises(PortInUse, match=str(taken_port)) as refused:
        bind("127.0.0.1", taken_port)
    assert refused.value.port == taken_port


def test_a_port_is_held_from_the_start_and_not_only_once_it_is_served() -> None:
    listener = bind("127.0.0.1", 0)[0]
    with listener, pytest.raises(PortInUse):
        bind("127.0.0.1", listener.getsockname()[1])


def test_too_many_connections_are_told_in_one_line(caplog: pytest.LogCaptureFixture) -> None:
    loop = asyncio.new_event_loop()
    loop.set_exception_handler(FullOnce())
    for _ in range(3):
        loop.call_exception_handler(
            {"message": "accept", "exception": OSError(errno.EMFILE, "Too many open files")}
        )
    assert [record.getMessage()[:32] for record in caplog.records] == ["Too many connections are open; n"]
    loop.call_exception_handler({"message": "something else", "exception": OSError(errno.EIO, "I/O")})
    assert "something else" in caplog.text
    loop.close()


def test_answers_do_not_wait_for_acknowledgements() -> None:
    listener = bind("127.0.0.1", 0)[0]
    with listener:
        assert listener.proto == socket.IPPROTO_TCP  # asyncio sets TCP_NODELAY on these alone
