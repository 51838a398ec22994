"""Fixtures for the tests of everything together: real processes, real sockets, real captured telemetry."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from waiting import client_of

sys.path.insert(0, str(Path(__file__).parent))

from lambda_runtime import ARCHITECTURE
from running import Running, start_service, stopping

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(autouse=True)
def _a_spool_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test leaves anything in the real spool of this user."""
    monkeypatch.setenv("TRACER_SPOOL", str(tmp_path / "state" / "spool"))


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Running]:
    """A Tracer API for one test, with a new SQLite file."""
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
