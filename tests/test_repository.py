"""What must never be in a committed file."""

from __future__ import annotations

import importlib
import re
import subprocess
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent
CAPTURED = "tests/fixtures/"  # real telemetry is kept as it was


def committed() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=HERE, capture_output=True, check=True)
    names = [name for name in listed.stdout.decode().split("\0") if name and not name.startswith(CAPTURED)]
    return [path for path in map(HERE.joinpath, names) if path.is_file()]


def holding(pattern: str) -> list[str]:
    found = []
    for path in committed():
        content = path.read_bytes()
        if b"\0" not in content and re.search(pattern.encode(), content):
            found.append(str(path.relative_to(HERE)))
    return found


def test_no_committed_file_holds_the_address_of_a_download() -> None:
    assert holding(r"https?://[^\s\"']+(\.whl|\.tgz|\.tar\.gz|/simple/)") == []
    assert holding(r"https?://(registry\.npmjs\.org|pypi\.org/simple|files\.pythonhosted\.org)" + "/") == []


def test_no_committed_file_holds_a_path_of_this_checkout() -> None:
    assert holding(re.escape(str(HERE)) + "/") == []


def test_no_committed_file_refers_to_sections_of_a_page_that_has_none() -> None:
    assert holding(r"\w\.md (\xc2\xa7|rule \d)") == []


def test_there_is_no_lock_file_that_names_a_registry() -> None:
    assert [path.name for path in committed() if path.name == "uv.lock"] == []


def test_the_three_distributions_have_one_version_and_one_licence() -> None:
    parts = [HERE / part for part in ("client", "service", "dashboard")]
    texts = [(part / "pyproject.toml").read_text() for part in parts]
    assert len({re.findall(r'^version = "(.+)"', text, re.MULTILINE)[0] for text in texts}) == 1
    assert {(part / "LICENSE").read_text() for part in parts} == {(HERE / "LICENSE").read_text()}


def test_packages_say_the_version_of_their_distribution() -> None:
    for part, distribution in (("client", "llm-tracer"), ("service", "llm-tracer-service")):
        package = distribution.replace("-", "_")
        said = importlib.import_module(package).__version__
        assert f'version = "{said}"' in (HERE / part / "pyproject.toml").read_text()
