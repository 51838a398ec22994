from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from llm_tracer import Tracer, guard
from llm_tracer.default_tracer import set_tracer
from recording_server import RecordingServer


@pytest.fixture
def server() -> Iterator[RecordingServer]:
    server = RecordingServer()
    yield server
    server.close()


@pytest.fixture
def tracer(server: RecordingServer) -> Iterator[Tracer]:
    """A tracer with its thread, sending to `server`; not the default one."""
    before = set_tracer(None)
    tracer = Tracer(api_url=server.url, enabled=True)
    set_tracer(before)
    yield tracer
    server.hang.clear()
    tracer.shutdown(timeout_s=0.5)


@pytest.fixture
def nobody_url() -> str:
    """A loopback address where nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}"


@pytest.fixture(autouse=True)
def _a_spool_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test leaves anything in the real spool of this user."""
    monkeypatch.setenv("TRACER_SPOOL", str(tmp_path / "state" / "spool"))


@pytest.fixture(autouse=True)
def _everything_is_said_again() -> None:
    guard._said.clear()
