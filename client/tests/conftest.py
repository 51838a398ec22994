from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from hypothesis import settings
from llm_tracer import Tracer, guard
from llm_tracer.default_tracer import set_tracer
from llm_tracer.sending.ledger import Unfinished, ledger_folder, take_unfinished
from recording_server import RecordingServer

# A busy machine takes longer over one example than Hypothesis allows.
settings.register_profile("no deadline", deadline=None)
settings.load_profile("no deadline")


@pytest.fixture
def server() -> Iterator[RecordingServer]:
    server = RecordingServer()
    yield server
    server.close()


def pytest_sessionstart(session: pytest.Session) -> None:
    """Forgets what earlier runs lost with the programs that they killed: a server of this run may get the port of theirs, and
    would be told of it."""
    if not hasattr(session.config, "workerinput") and (folder := ledger_folder()):
        for _ in take_unfinished(folder, is_wanted=_is_of_a_test):
            pass


def _is_of_a_test(gone: Unfinished) -> bool:
    address = urlsplit(gone.api_url)
    return address.hostname == "127.0.0.1" and (address.port or 0) >= _PORTS_GIVEN_OUT_FROM


_PORTS_GIVEN_OUT_FROM = 32_768


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
