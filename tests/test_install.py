"""The wheels in an empty environment: small, complete, and started without Node on PATH."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from running import Running, free_port, start, stopping

HERE = Path(__file__).resolve().parent.parent
UV = str(Path(sys.executable).with_name("uv"))
PARTS = ("client", "service", "dashboard")
OURS = {"llm-tracer", "llm-tracer-service", "llm-tracer-dashboard"}


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("wheels")
    for part in PARTS:
        subprocess.run(
            [UV, "build", "--quiet", "--wheel", "--no-sources", "--out-dir", str(folder), part],
            cwd=HERE,
            check=True,
        )
    return sorted(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def environment(wheels: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with nothing but the three wheels and what they need at run time."""
    folder = tmp_path_factory.mktemp("empty") / "venv"
    subprocess.run([UV, "venv", "--quiet", str(folder)], check=True)
    subprocess.run(
        [UV, "pip", "install", "--quiet", "--compile-bytecode", "--python", str(folder / "bin" / "python"),
         "-c", str(HERE / "constraints.txt"), *map(str, wheels)],
        check=True,
    )  # fmt: skip
    return folder


@pytest.fixture
def running(environment: Path, tmp_path: Path) -> Iterator[Running]:
    api, dashboard = free_port(), free_port()
    command = [
        str(environment / "bin" / "llm-tracer"), "up", "--port", str(api), "--dashboard-port", str(dashboard),
        "--dashboard-backend-port", str(free_port()), "--otlp-port", str(free_port()),
        "--store", f"sqlite:{tmp_path / 'traces.db'}",
    ]  # fmt: skip
    url = f"http://127.0.0.1:{dashboard}"
    with stopping(start(command, url, tmp_path / "up.log", {"PATH": "/nowhere"}, ready_path="/")) as running:
        yield running


def test_the_whole_installation_has_at_most_60_packages(environment: Path) -> None:
    installed = list((environment / "lib").glob("python3*/site-packages/*.dist-info"))
    assert {path.name.split("-")[0].replace("_", "-") for path in installed} >= OURS
    assert len(installed) <= 60


def test_the_whole_installation_takes_at_most_150_mb(environment: Path) -> None:
    size = sum(
        path.stat().st_size for path in environment.rglob("*") if path.is_file() and not path.is_symlink()
    )
    assert size <= 150e6


def test_the_dashboards_wheel_holds_the_compiled_frontend_and_no_package_named_dashboard(
    wheels: list[Path],
) -> None:
    (wheel,) = (path for path in wheels if "dashboard" in path.name)
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0].split("-")[0] for name in names} == {"llm_tracer_dashboard"}
    assert any(name.endswith("_runtime/client/index.html") for name in names)
    assert wheel.stat().st_size < 2e6


def test_everything_starts_from_the_wheels_without_node(running: Running) -> None:
    page = httpx.get(running.url + "/").text
    assert "LLM Tracer" in page


def test_the_sdk_alone_needs_at_most_three_packages_and_five_mebibytes(
    wheels: list[Path], tmp_path: Path
) -> None:
    (sdk,) = (path for path in wheels if path.name.startswith("llm_tracer-"))
    folder = tmp_path / "venv"
    subprocess.run([UV, "venv", "--quiet", str(folder)], check=True)
    python = str(folder / "bin" / "python")
    subprocess.run([UV, "pip", "install", "--quiet", "--python", python, str(sdk)], check=True)
    (packages,) = (folder / "lib").glob("python3*/site-packages")
    files = [path for path in packages.rglob("*") if path.is_file() and "_virtualenv" not in path.name]
    assert len(list(packages.glob("*.dist-info"))) <= 3
    assert sum(path.stat().st_size for path in files) <= 5 * 2**20
    subprocess.run([python, "-c", "import llm_tracer"], check=True)
