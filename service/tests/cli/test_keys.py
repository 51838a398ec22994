from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner, Result
from llm_tracer_service.cli import main

from .conftest import Served, answering

UNAUTHORIZED = b'HTTP/1.1 401 Unauthorized\r\nContent-Type: application/problem+json\r\nContent-Length: 31\r\n\r\n{"detail": "A key is required"}'


def create(project: str, store: Path) -> Result:
    return CliRunner().invoke(main, ["keys", "create", project, "--store", f"sqlite:{store}"])


def test_the_first_key_says_that_everybody_needs_one_now(tmp_path: Path) -> None:
    first, second = (create(project, tmp_path / "traces.db") for project in ("shop", "other"))
    assert first.stdout.startswith("project-shop.")
    assert "asks everybody for a key" in first.stderr
    assert "A key of shop shows only the traces of shop." in first.stderr
    assert "everybody" not in second.stderr


def test_a_command_without_a_key_says_how_to_set_one() -> None:
    with answering(UNAUTHORIZED) as url:
        done = Served(url).run("ls")
    assert (done.exit_code, "--key or TRACER_API_KEY" in done.stderr) == (3, True), done.output
