"""`llm-tracer up`: one command starts everything, says where it is, and stops all of it again."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from running import COMMAND, Running, clean_environment, free_port, start, stopping
from waiting import PATIENCE_S, http, until


@dataclass(frozen=True)
class Ports:
    """Free ports for everything that `up` opens."""

    api: int
    otlp: int
    dashboard: int
    backend: int


@pytest.fixture
def ports() -> Ports:
    return Ports(free_port(), free_port(), free_port(), free_port())


def command(ports: Ports, folder: Path, *more: str) -> list[str]:
    return [
        COMMAND, "up", "--store", f"sqlite:{folder / 'traces.db'}", "--port", str(ports.api),
        "--otlp-port", str(ports.otlp), "--dashboard-port", str(ports.dashboard),
        "--dashboard-backend-port", str(ports.backend), *more,
    ]  # fmt: skip


@contextmanager
def up(ports: Ports, folder: Path, *more: str) -> Iterator[Running]:
    running = start(command(ports, folder, *more), f"http://127.0.0.1:{ports.api}", folder / "up.log")
    with stopping(running):
        until(lambda: "Ctrl-C" in running.output())
        yield running


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        return probe.connect_ex(("127.0.0.1", port)) != 0


def test_it_says_where_everything_is_and_all_of_it_answers(ports: Ports, tmp_path: Path) -> None:
    with up(ports, tmp_path) as running:
        said = running.output()
        assert f"http://localhost:{ports.api}" in said
        assert f"http://localhost:{ports.dashboard}" in said
        assert "OTEL_EXPORTER_OTLP_ENDPOINT" in said
        assert http.get(f"{running.url}/health").json()["status"] == "ok"
        assert "LLM Tracer" in http.get(f"http://127.0.0.1:{ports.dashboard}/").text
        assert http.get(f"http://127.0.0.1:{ports.backend}/ping").status_code == 200


def test_its_demo_finds_a_port_that_is_not_the_usual_one(ports: Ports, tmp_path: Path) -> None:
    with up(ports, tmp_path, "--no-dashboard") as running:
        demo = running.output().partition("or let `")[2].partition("`")[0]
        subprocess.run(["sh", "-e", "-c", demo], env=clean_environment(), timeout=PATIENCE_S, check=True)
        assert http.get(f"{running.url}/api/traces").json()["traces"]


def test_the_commands_that_it_prints_send_traces_as_they_are_printed(ports: Ports, tmp_path: Path) -> None:
    with up(ports, tmp_path, "--no-dashboard") as running:
        said = running.output()
        program = said.partition("with our SDK:\n")[2].partition("or let")[0]
        demo = said.partition("or let `")[2].partition("`")[0]
        env = {**clean_environment(), "TRACER_SPOOL": str(tmp_path / "spool")}
        subprocess.run(["sh", "-e", "-c", f"{program}\n{demo}"], env=env, timeout=PATIENCE_S, check=True)
        names = {trace["name"] for trace in http.get(f"{running.url}/api/traces").json()["traces"]}
        assert {"chat", "coding-agent"} <= names


def test_the_standard_otlp_port_takes_traces_too(ports: Ports, tmp_path: Path) -> None:
    with up(ports, tmp_path, "--no-dashboard"):
        answer = http.post(f"http://127.0.0.1:{ports.otlp}/v1/traces", json={"resourceSpans": []})
        assert answer.status_code == 200


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
def test_one_signal_stops_everything(how: signal.Signals, ports: Ports, tmp_path: Path) -> None:
    with up(ports, tmp_path) as running:
        running.process.send_signal(how)
        assert running.process.wait(PATIENCE_S) == 0
        assert all(map(is_free, (ports.api, ports.otlp, ports.dashboard, ports.backend)))
        assert "Traceback" not in running.output()
        assert running.output().rstrip().endswith("Stopped.")


def test_the_dashboard_does_not_outlive_a_killed_parent(ports: Ports, tmp_path: Path) -> None:
    with up(ports, tmp_path) as running:
        running.kill()
        until(lambda: is_free(ports.dashboard))


@pytest.mark.parametrize(
    ("taken", "option"),
    [("api", "--port"), ("dashboard", "--dashboard-port"), ("backend", "--dashboard-backend-port")],
)
def test_a_busy_port_gives_an_error_that_names_the_option(
    taken: str, option: str, ports: Ports, tmp_path: Path
) -> None:
    port = getattr(ports, taken)
    with socket.create_server(("127.0.0.1", port)):
        ended = subprocess.run(
            command(ports, tmp_path), capture_output=True, text=True, timeout=PATIENCE_S, check=False
        )
    assert ended.returncode != 0
    assert ended.stderr.startswith(f"Error: Port {port} on 127.0.0.1 is in use")
    assert option in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_busy_otlp_port_is_no_error(ports: Ports, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", ports.otlp)), up(ports, tmp_path, "--no-dashboard") as running:
        assert str(ports.otlp) in running.output()


def test_a_busy_grpc_port_that_was_asked_for_is_an_error(ports: Ports, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = subprocess.run(
            command(ports, tmp_path, "--no-dashboard"),
            env={**os.environ, "TRACER_GRPC_PORT": str(port)},
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
    assert ended.returncode != 0
    assert str(port) in ended.stderr
    assert "TRACER_GRPC_PORT" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_second_service_on_the_same_file_is_refused(ports: Ports, tmp_path: Path) -> None:
    with up(ports, tmp_path, "--no-dashboard"):
        second = Ports(free_port(), free_port(), free_port(), free_port())
        ended = subprocess.run(
            command(second, tmp_path, "--no-dashboard"),
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
    assert ended.returncode != 0
    assert str(tmp_path / "traces.db") in ended.stderr
    assert "Traceback" not in ended.stderr


def test_everything_idles_under_150_mb(ports: Ports, tmp_path: Path) -> None:
    with up(ports, tmp_path) as running:
        assert resident_bytes(running.process.pid) < 150e6


def resident_bytes(pid: int) -> int:
    """Resident memory of a process and its children (Linux)."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    own = int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return own + sum(resident_bytes(int(child)) for child in children)


def test_a_host_beyond_loopback_without_keys_is_refused(ports: Ports, tmp_path: Path) -> None:
    ended = subprocess.run(
        command(ports, tmp_path, "--host", "0.0.0.0"),
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert ended.returncode != 0
    assert "llm-tracer keys create" in ended.stderr
