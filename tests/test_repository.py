"""What must never be in a committed file."""

from __future__ import annotations

import ast
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


def test_a_package_that_lists_its_modules_lists_all_of_them() -> None:
    missing = {}
    for package in [
        path.parent for path in committed() if path.name == "__init__.py" and "tests" not in path.parts
    ]:
        text = ast.get_docstring(ast.parse((package / "__init__.py").read_text(encoding="utf-8"))) or ""
        modules = {path.stem for path in package.glob("*.py")} - {"__init__", "__main__"}
        listed = {module for module in modules if re.search(rf"^ *{module}\b", text, re.MULTILINE)}
        if len(listed) >= 2:
            missing[str(package.relative_to(HERE))] = {
                module for module in modules - listed if not re.search(rf"\b{module}\b", text)
            }
    assert len(missing) > 10
    assert {package: modules for package, modules in missing.items() if modules} == {}


def test_the_architecture_has_every_folder_of_the_service() -> None:
    service = HERE / "service" / "llm_tracer_service"
    architecture = (HERE / "docs" / "architecture.md").read_text(encoding="utf-8")
    folders = {path.parent.name for path in service.glob("*/__init__.py")}
    assert {folder for folder in folders if f"`{folder}/`" not in architecture} == set()
