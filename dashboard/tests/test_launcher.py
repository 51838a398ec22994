"""The launcher as a process: two ports, one line, no writes, a clean end, clear errors."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from ipaddress import ip_network
from pathlib import Path

import pytest
from dashboard.settings import Settings

from dashboard import launcher

PACKAGE = Path(launcher.__file__).resolve().parent


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


class Running:
    """`python -m llm_tracer_dashboard` on two free ports, with an API that is not there."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.port, self.backend_port = free_port(), free_port()
        (folder / "llm_tracer_dashboard").symlink_to(PACKAGE)
        environment = {
            **os.environ,
            "PATH": str(folder),  # no Node and no other program: a start compiles nothing
            "PYTHONPATH": str(folder),
            "TRACER_API_URL": f"http://127.0.0.1:{free_port()}",
        }
        command = [sys.executable, "-m", "llm_tracer_dashboard", "--port", str(self.port)]
        command += ["--backend-port", str(self.backend_port), *options]
        self.process = subprocess.Popen(
            command, cwd=folder, env=environment, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        assert self.process.stdout is not None
        self.line = self.process.stdout.readline()

    def get(self, path: str, port: int | None = None) -> tuple[int, str]:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port or self.port}{path}", timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    one = Running(tmp_path)
    yield one
    if one.process.poll() is None:
        one.process.kill()
    one.process.communicate()


def test_both_ports_serve_and_the_api_that_is_missing_is_said(running: Running) -> None:
    assert running.line.startswith(f"Dashboard ready: http://localhost:{running.port}"), (
        running.process.communicate()
    )
    for port in (running.port, running.backend_port):
        assert running.get("/", port)[0] == 200
        assert running.get("/_health", port)[0] == 200
    assert running.get("/trace/0af7651916cd43dd8448eb211c80319c")[0] == 200
    assert "## marked - " in running.get("/licenses.txt")[1]
    assert running.get("/rxconfig.py")[0] == 404
    status, body = running.get("/ui-api/traces")
    assert status == 502
    assert "Disconnected" in body
    with socket.create_connection(("127.0.0.1", running.port), timeout=10) as stranger:
        stranger.sendall(b"GET / HTTP/1.1\r\nX: " + b"a" * 65_536)  # a head without end would fill the memory
        assert stranger.recv(20).startswith(b"HTTP/1.1 400")


def test_a_start_writes_nothing(running: Running, tmp_path: Path) -> None:
    assert running.line
    assert [file.name for file in tmp_path.iterdir()] == ["llm_tracer_dashboard"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly(running: Running, number: signal.Signals) -> None:
    running.process.send_signal(number)
    assert running.process.wait(10) == 0
    assert running.process.stderr is not None
    assert "Traceback" not in running.process.stderr.read()


def test_it_ends_with_its_input_when_told_to(tmp_path: Path) -> None:
    one = Running(tmp_path, "--end-with-stdin")
    assert one.process.stdin is not None
    one.process.stdin.close()
    assert one.process.wait(10) == 0
    for stream in (one.process.stdout, one.process.stderr):
        assert stream is not None
        stream.close()


@pytest.mark.parametrize("option", ["--port", "--backend-port"])
def test_a_busy_port_names_its_option(option: str, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(
            launcher.CannotStart, match=f"port {port} on 127.0.0.1 is not available.*{option}"
        ):
            launcher.listen("127.0.0.1", port, option)
        if option == "--port":
            assert launcher.main(["--port", str(port)]) == 2
            told = capsys.readouterr().err
            assert told.count("\n") == 1
            assert "--port" in told


def test_a_port_that_is_none() -> None:
    with pytest.raises(launcher.CannotStart, match="between 0 and 65535"):
        launcher.listen("127.0.0.1", 70_000, "--port")


def test_only_this_machine_is_the_default() -> None:
    options = launcher.parse([])
    assert (options.host, options.port, options.backend_port) == ("127.0.0.1", 3000, 8002)


def test_our_origins_are_our_names_on_our_ports() -> None:
    here, public = Settings(), Settings(allowed_hosts=("a.example",), public_url="https://b.example")
    assert launcher.own_origins("127.0.0.1", [1], here) == ["http://127.0.0.1:1", "http://localhost:1"]
    assert "http://0.0.0.0:1" not in launcher.own_origins("0.0.0.0", [1], here)
    assert "http://box:2" in launcher.own_origins("box", [2], here)
    assert "https://a.example" in launcher.own_origins("127.0.0.1", [1], public)


@pytest.mark.parametrize(
    ("host", "names"), [("0.0.0.0", ()), ("192.0.2.1", ()), ("127.0.0.1", ("a.example",))]
)
def test_whoever_can_be_reached_from_elsewhere_asks_who_comes(host: str, names: tuple[str, ...]) -> None:
    with pytest.raises(launcher.CannotStart, match=r"without sign-in.*TRACER_DASHBOARD_PASSWORD"):
        launcher.check_door(host, Settings(allowed_hosts=names))
    for config in (
        Settings(allowed_hosts=names, password="long enough"),
        Settings(allowed_hosts=names, user_header="x-user", proxies=(ip_network("10.0.0.0/8"),)),
        Settings(allowed_hosts=names, allow_anyone=True),
    ):
        launcher.check_door(host, config)


def test_the_refusal_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert launcher.main(["--host", "0.0.0.0", "--port", "0"]) == 2
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize(("host", "names"), [("127.0.0.1", ()), ("::1", ()), ("localhost", ("localhost",))])
def test_on_this_machine_nobody_is_asked(host: str, names: tuple[str, ...]) -> None:
    launcher.check_door(host, Settings(allowed_hosts=names))
