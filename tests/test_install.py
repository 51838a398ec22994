"""The wheels in an empty environment: small, complete, and started without Node on PATH."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from running import Running, free_port, start, stopping
from waiting import http

HERE = Path(__file__).resolve().parent.parent
UV = str(Path(sys.executable).with_name("uv"))
PARTS = ("client", "service", "dashboard")
VERSION = "0.1.0"
OURS = {"llm-tracer", "llm-tracer-service", "llm-tracer-dashboard"}


NO_NETWORK = """
import socket
connect = socket.socket.connect
def guarded(self, address):
    if self.family != socket.AF_UNIX and not str(address[0]).startswith(("127.", "::1", "localhost")):
        raise SystemExit(f"reached out to {address}")
    return connect(self, address)
socket.socket.connect = guarded
"""


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Those of the folder TRACER_WHEELS, which `run.py release` has just built, or new ones."""
    if built := os.environ.get("TRACER_WHEELS"):
        return sorted(Path(built).glob("*.whl"))
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
    (tmp_path / "sitecustomize.py").write_text(NO_NETWORK)
    env = {"PATH": "/nowhere", "PYTHONPATH": str(tmp_path)}
    with stopping(start(command, url, tmp_path / "up.log", env, ready_path="/")) as running:
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


def test_the_dashboards_wheel_holds_the_licences_of_the_javascript_in_it(wheels: list[Path]) -> None:
    (wheel,) = (path for path in wheels if "dashboard" in path.name)
    text = zipfile.ZipFile(wheel).read("llm_tracer_dashboard/_runtime/client/licenses.txt").decode()
    packages = ("react", "react-router", "socket.io-client", "marked", "temml")
    assert [name for name in packages if f"\n## {name} - " not in text] == []
    assert "Copyright (c) Meta Platforms" in text


@pytest.mark.parametrize("part", PARTS)
def test_a_wheel_holds_its_package_its_licence_and_its_types_and_nothing_else(
    wheels: list[Path], part: str
) -> None:
    package = {"client": "llm_tracer", "service": "llm_tracer_service", "dashboard": "llm_tracer_dashboard"}[
        part
    ]
    (wheel,) = (path for path in wheels if path.name.startswith(f"{package}-"))
    names = zipfile.ZipFile(wheel).namelist()
    beside_it = {"llm_tracer_pytest.py"} if part == "client" else set[str]()  # what pytest finds and imports
    assert {name.split("/")[0] for name in names} == {package, f"{package}-{VERSION}.dist-info", *beside_it}
    assert f"{package}-{VERSION}.dist-info/licenses/LICENSE" in names
    assert (f"{package}/py.typed" in names) == (part != "dashboard")  # a program, not a library
    assert not [
        name for name in names if {"tests", "authoring", "__pycache__", "node_modules"} & set(name.split("/"))
    ]


def test_no_wheel_names_the_place_where_it_was_built(wheels: list[Path]) -> None:
    for wheel in wheels:
        archive = zipfile.ZipFile(wheel)
        assert [name for name in archive.namelist() if str(HERE).encode() in archive.read(name)] == []


def test_everything_starts_from_the_wheels_without_node_or_network(running: Running) -> None:
    assert "LLM Tracer" in http.get(running.url + "/").text
    assert "reached out" not in running.output()


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
