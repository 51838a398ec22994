"""The application as a process serves it: real sockets, real signals."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from app_helpers import native_span
from llm_tracer_service.server import PortInUse, bind

PROGRAM = """
import sys, time
from llm_tracer_service.app import create_app
from llm_tracer_service.reading import load_reader
from llm_tracer_service.server import listen, serve
from llm_tracer_service.settings import Settings
from llm_tracer_service.store import open_store
reader = load_reader()
store = open_store(sys.argv[1], reader)
app = create_app(Settings(sys.argv[1]), store, reader)
listening = listen("127.0.0.1", [0, 0], ports_if_free=[int(sys.argv[2])])
ports = [sockets[0].getsockname()[1] for sockets in listening]
serve(app, listening, lambda: print(*ports, flush=True))
store.close()
print("closed", flush=True)
"""


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        yield taken.getsockname()[1]


@pytest.fixture
def server(tmp_path: Path, taken_port: int) -> Iterator[tuple[subprocess.Popen[str], list[int]]]:
    command = [sys.executable, "-c", PROGRAM, f"sqlite:{tmp_path / 't.db'}", str(taken_port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        ports = [int(port) for port in process.stdout.readline().split()]
        yield process, ports
        process.kill()


def test_several_ports_one_service(server: tuple[subprocess.Popen[str], list[int]]) -> None:
    _, ports = server
    assert len(ports) == 2  # the taken one was left out
    sent = httpx.post(f"http://127.0.0.1:{ports[0]}/api/spans", json={"spans": [native_span()]})
    assert sent.status_code == 200
    assert httpx.get(f"http://localhost:{ports[1]}/api/traces").json()["count"] == 1


def test_sigterm_answers_those_who_wait_and_ends(server: tuple[subprocess.Popen[str], list[int]]) -> None:
    process, ports = server
    url = f"http://127.0.0.1:{ports[0]}/api/changes"
    cursor = httpx.get(url).json()["cursor"]
    answers: list[int] = []

    def wait() -> None:
        answers.append(httpx.get(url, params={"after": cursor, "wait_s": 30}, timeout=40).status_code)

    waiting = threading.Thread(target=wait)
    waiting.start()
    stream = httpx.stream("GET", f"http://127.0.0.1:{ports[0]}/api/stream", timeout=40)
    with stream as events:
        lines = events.iter_lines()
        assert next(lines).startswith("id: ")
        time.sleep(0.3)
        before = time.monotonic()
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=8) == 0
        assert time.monotonic() - before < 5
    waiting.join()
    assert answers == [200]
    assert process.stdout is not None
    assert process.stdout.read() == "closed\n"


def test_the_stream_says_what_changes(server: tuple[subprocess.Popen[str], list[int]]) -> None:
    _, ports = server
    base = f"http://127.0.0.1:{ports[0]}"
    with httpx.stream("GET", f"{base}/api/stream", timeout=10) as events:
        assert events.headers["content-type"].startswith("text/event-stream")
        lines = (line for line in events.iter_lines() if line.startswith("data: "))
        assert '"traces":[]' in next(lines)
        httpx.post(f"{base}/api/spans", json={"spans": [native_span()]})
        assert native_span()["trace_id"] in next(lines)


def test_an_oversized_body_is_answered_not_cut_off(server: tuple[subprocess.Popen[str], list[int]]) -> None:
    _, ports = server
    headers = {"Content-Type": "application/x-protobuf"}
    url = f"http://127.0.0.1:{ports[0]}/v1/traces"
    with httpx.Client(timeout=60) as client:
        assert client.post(url, content=bytes(65 * 1024 * 1024), headers=headers).status_code == 413
        chunked = (bytes(1024 * 1024) for _ in range(65))
        assert client.post(url, content=chunked, headers=headers).status_code == 413
        assert client.get(f"http://127.0.0.1:{ports[0]}/health").status_code == 200


def test_a_port_in_use_is_said_with_its_number(taken_port: int) -> None:
    with pytest.raises(PortInUse, match=str(taken_port)) as refused:
        bind("127.0.0.1", taken_port)
    assert refused.value.port == taken_port


def test_answers_do_not_wait_for_acknowledgements() -> None:
    listener = bind("127.0.0.1", 0)[0]
    with listener:
        assert listener.proto == socket.IPPROTO_TCP  # asyncio sets TCP_NODELAY on these alone
