"""Fixtures of the tests that run the whole: real processes, real sockets, real captured telemetry."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

sys.path.insert(0, str(Path(__file__).parent))

from running import Running, start_service, stopping


@pytest.fixture(autouse=True)
def _a_spool_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test leaves anything where the programs of this user look."""
    monkeypatch.setenv("TRACER_SPOOL", str(tmp_path / "state" / "spool"))


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Running]:
    """A Tracer API of its own for one test, over a new SQLite file."""
    with stopping(start_service(tmp_path)) as running:
        yield running


@pytest.fixture
def api(service: Running) -> Iterator[httpx.Client]:
    """A client of that service, project dev."""
    with httpx.Client(base_url=service.url, timeout=60) as client:
        yield client
