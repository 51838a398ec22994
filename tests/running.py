"""Real processes for the tests: the installed command `llm-tracer` on free ports, ended by pid."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

COMMAND = str(Path(sys.executable).with_name("llm-tracer"))


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Running:
    """A process that answers at `url`."""

    process: subprocess.Popen[str]
    url: str
    log: Path

    def kill(self) -> None:
        """kill -9: no warning, no clean-up."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)

    def terminate(self) -> int:
        """SIGTERM, as an init system does; the exit code."""
        self.process.terminate()
        return self.process.wait(15)

    def output(self) -> str:
        """What it has printed until now."""
        return self.log.read_text()


def start(
    arguments: list[str],
    url: str,
    log: Path,
    env: Mapping[str, str] | None = None,
    ready_path: str = "/health",
    folder: Path | None = None,
) -> Running:
    """Starts a command, in a folder, and waits until `url + ready_path` answers 200. Raises AssertionError with its output."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("TRACER_", "OTEL_"))}
    clean["TRACER_SPOOL"] = str(log.parent / "spool")  # never what programs of this user have left
    with log.open("a") as output:
        process = subprocess.Popen(
            arguments,
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
            env={**clean, **(env or {})},
            cwd=folder,
        )
    running = Running(process, url, log)
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        assert process.poll() is None, f"{arguments} ended with {process.returncode}:\n{running.output()}"
        try:
            if httpx.get(url + ready_path, timeout=1).status_code == 200:
                return running
        except httpx.HTTPError:
            time.sleep(0.02)
    running.kill()
    raise AssertionError(f"{arguments} did not answer at {url}{ready_path}:\n{running.output()}")


def start_service(folder: Path, port: int | None = None, env: Mapping[str, str] | None = None) -> Running:
    """`llm-tracer serve` over the SQLite store in `folder`."""
    port = port or free_port()
    command = [COMMAND, "serve", "--port", str(port), "--store", f"sqlite:{folder / 'traces.db'}"]
    return start(command, f"http://127.0.0.1:{port}", folder / "service.log", env)


@contextmanager
def stopping(running: Running) -> Iterator[Running]:
    """The process, ended when the block is left."""
    try:
        yield running
    finally:
        if running.process.poll() is None:
            running.terminate()
