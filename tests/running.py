"""Real processes for the tests: the installed command `llm-tracer`, on free ports."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ports import free_port
from waiting import PATIENCE_S, until

COMMAND = str(Path(sys.executable).with_name("llm-tracer"))


@dataclass
class Running:
    """A process that answers at `url`."""

    process: subprocess.Popen[str]
    url: str
    log: Path

    def kill(self) -> None:
        """kill -9: no warning, no clean-up."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(PATIENCE_S)

    def terminate(self) -> int:
        """SIGTERM, as an init system does; the exit code."""
        self.process.terminate()
        return self.process.wait(PATIENCE_S)

    def output(self) -> str:
        """What it has printed so far."""
        return self.log.read_text()


def clean_environment() -> dict[str, str]:
    """The environment of this process, without settings of ours or of OpenTelemetry."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("TRACER_", "OTEL_"))}


def environment_of(service: Running) -> dict[str, str]:
    """The environment of a program that traces to a service. They share a spool, so the service fetches what a
    program on a busy machine could not deliver before its end."""
    spool = service.log.parent / "spool"
    return {**clean_environment(), "TRACER_API_URL": service.url, "TRACER_SPOOL": str(spool)}


def start(
    arguments: list[str],
    url: str,
    log: Path,
    env: Mapping[str, str] | None = None,
    ready_path: str = "/health",
    folder: Path | None = None,
) -> Running:
    """Start a command and wait until `url + ready_path` answers 200. Raises AssertionError with its output if it
    ends."""
    own_spool = {"TRACER_SPOOL": str(log.parent / "spool")}  # never the real spool of this user
    with log.open("a") as output:
        process = subprocess.Popen(
            arguments,
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
            env={**clean_environment(), **own_spool, **(env or {})},
            cwd=folder,
        )
    running = Running(process, url, log)

    def answers() -> bool:
        assert process.poll() is None, f"{arguments} ended with {process.returncode}:\n{running.output()}"
        try:
            with urllib.request.urlopen(url + ready_path, timeout=10) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    try:
        until(answers)
    except BaseException:
        process.kill()
        process.wait()
        raise
    return running


def start_service(folder: Path, port: int | None = None, env: Mapping[str, str] | None = None) -> Running:
    """`llm-tracer serve` over the SQLite store in `folder`."""
    port = port or free_port()
    command = [COMMAND, "serve", "--port", str(port), "--store", f"sqlite:{folder / 'traces.db'}"]
    return start(command, f"http://127.0.0.1:{port}", folder / "service.log", env)


@contextmanager
def stopping(running: Running) -> Iterator[Running]:
    """Terminates the process at the end of the block."""
    try:
        yield running
    finally:
        if running.process.poll() is None:
            running.terminate()
