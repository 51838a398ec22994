"""Fixtures for the tests of everything together: real processes, real sockets, real captured telemetry."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from waiting import client_of, http, until

sys.path.insert(0, str(Path(__file__).parent))

from lambda_runtime import ARCHITECTURE
from running import Running, start_service, stopping

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(autouse=True)
def _a_spool_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test leaves anything in the real spool of this user."""
    monkeypatch.setenv("TRACER_SPOOL", str(tmp_path / "state" / "spool"))


@pytest.fixture(scope="session")
def shared_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A Tracer API with its spool in its folder. To start one takes 0.8 s of CPU."""
    with stopping(start_service(tmp_path_factory.mktemp("service"))) as running:
        yield running


@pytest.fixture
def service(shared_service: Running) -> Running:
    """The shared service, its project dev without a trace. What arrived before is still in its log of requests."""
    spool = shared_service.log.parent / "spool"
    until(lambda: not any(spool.glob("*.spool")))  # what a program before could not deliver would come later
    traces = f"{shared_service.url}/api/traces"
    http.delete(traces, params={"q": "", "confirm": "true"}).raise_for_status()
    return shared_service


@pytest.fixture
def own_service(tmp_path: Path) -> Iterator[Running]:
    """A Tracer API for one test, with a new SQLite file at `traces.db`."""
    with stopping(start_service(tmp_path)) as running:
        yield running


@pytest.fixture
def api(service: Running) -> Iterator[httpx.Client]:
    """A client of that service, project dev."""
    with client_of(service.url) as client:
        yield client


@pytest.fixture(scope="session")
def lambda_zip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The zip for AWS Lambda, of this machine's architecture."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "deploy/aws/package.py", ARCHITECTURE, "--out", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True)
    (made,) = folder.glob("*.zip")
    return made


@pytest.fixture(scope="session")
def lambda_folder(lambda_zip: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The zip, unpacked as Lambda does it."""
    folder = tmp_path_factory.mktemp("task")
    zipfile.ZipFile(lambda_zip).extractall(folder)
    return folder
