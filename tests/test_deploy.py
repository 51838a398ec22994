"""The files of deploy/ and the Justfiles agree with the code. That the containers run is tested by `run.py containers`."""

from __future__ import annotations

import configparser
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from llm_tracer_dashboard.settings import SETTINGS as DASHBOARD_SETTINGS
from llm_tracer_service.settings import SETTINGS
from llm_tracer_service.store.dynamodb.opening import parse_location

HERE = Path(__file__).resolve().parent.parent
DOCKERFILES = ("service/Dockerfile", "dashboard/Dockerfile")
CONTAINER_VERBS = {"run-dev", "run-dev-detached", "logs-dev", "stop-dev", "ps", "clean-all", "run-prod"}
FILES = {
    "TRACER_DIALECTS",
    "TRACER_PRICES",
    "TRACER_SPOOL",
}  # files of the host, which a container does not see
OF_THE_IMAGE = {"TRACER_HOST", "TRACER_PORT", "TRACER_GRPC_PORT"}


def compose(name: str = "compose.yaml") -> dict[str, Any]:
    loaded = yaml.safe_load((HERE / "deploy" / name).read_text())
    assert isinstance(loaded, dict)
    return loaded["services"]


def text_of(name: str) -> str:
    return (HERE / name).read_text()


def test_compose_hands_every_setting_on() -> None:
    api, dashboard = (set(compose()[name]["environment"]) for name in ("tracer-api", "dashboard"))
    assert api == {setting.variable for setting in SETTINGS} - FILES - OF_THE_IMAGE
    assert dashboard == {setting.variable for setting in DASHBOARD_SETTINGS}


def test_compose_publishes_to_this_machine_alone() -> None:
    published = [port for service in compose().values() for port in service["ports"]]
    assert sorted(published) == [f"127.0.0.1:{port}:{port}" for port in (3000, 4317, 8000, 8001, 8002)]


def test_the_default_store_is_the_table_beside_it_and_one_setting_chooses_another() -> None:
    api = compose()["tracer-api"]
    name, _, default = api["environment"]["TRACER_STORE"].removeprefix("${").removesuffix("}").partition(":-")
    place = parse_location(default.removeprefix("dynamodb:"))
    assert (name, place.endpoint, place.is_local) == ("TRACER_STORE", "http://dynamodb:8000", True)
    assert "dynamodb" in api["depends_on"]
    assert "/data" in text_of("service/Dockerfile").partition("VOLUME ")[2]


@pytest.mark.parametrize("unit", sorted((HERE / "deploy").glob("*.service")), ids=lambda unit: unit.stem)
def test_a_unit_of_systemd_starts_one_part_on_loopback(unit: Path) -> None:
    read = configparser.ConfigParser()
    read.optionxform = str  # type: ignore[assignment, method-assign]
    read.read(unit)
    program, *options = read["Service"]["ExecStart"].split()
    command = [str(Path(sys.executable).with_name(Path(program).name)), *options, "--help"]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0
    assert "--host" not in options
    assert read["Service"]["EnvironmentFile"] == "/etc/llm-tracer.env"
    assert f"deploy/{unit.name}" in text_of("docs/deploy.md")


def test_the_sources_that_are_mounted_are_there_and_read_only() -> None:
    mounted = [volume.split(":") for volume in compose("compose.dev.yaml")["dashboard"]["volumes"]]
    assert mounted
    for source, target, mode in mounted:
        assert (HERE / source).exists()
        assert (target.removeprefix("/src/"), mode) == (source.removeprefix("./"), "ro")


@pytest.mark.parametrize("name", DOCKERFILES)
def test_images_are_built_by_the_tool_of_the_checkout_and_run_by_no_root(name: str) -> None:
    (version,) = re.findall(r'^UV = "(.+)"$', text_of("run.py"), re.MULTILINE)
    assert f" {version}\n" in text_of(name)
    last = text_of(name).rpartition("\nFROM ")[2]
    assert "\nUSER tracer\n" in last
    assert "\nHEALTHCHECK " in last


@pytest.mark.parametrize("name", [*DOCKERFILES, "deploy/compose.yaml"])
def test_another_base_image_can_be_given(name: str) -> None:
    assert "BASE" in text_of(name)
    assert "FROM python" not in text_of(name)


def test_the_template_of_the_dashboard_is_one_that_cfn_lint_accepts() -> None:
    linter = str(Path(sys.executable).with_name("cfn-lint"))
    subprocess.run([linter, str(HERE / "deploy" / "aws" / "dashboard-fargate.yaml")], check=True)


@pytest.mark.parametrize(
    ("folder", "verbs"),
    [(".", {"up", "dev", "demo", "test", "check", "bench", "containers"}), ("dashboard", {"dev", "test"})],
)
def test_just_shows_its_verbs(folder: str, verbs: set[str]) -> None:
    just = str(Path(sys.executable).with_name("just"))
    shown = subprocess.run([just], cwd=HERE / folder, capture_output=True, text=True, check=True).stdout
    recipes = {line.split()[0] for line in shown.splitlines() if line.startswith("    ") and "[" not in line}
    assert recipes >= verbs | CONTAINER_VERBS
    assert all("#" in line for line in shown.splitlines() if line.startswith("    ") and "[" not in line)
