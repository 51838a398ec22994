from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest


def run_pytest(folder: Path, test: str) -> subprocess.CompletedProcess[str]:
    """`test` as the only one of a project without a conftest."""
    (folder / "test_it.py").write_text(test)
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_it.py"]
    return subprocess.run(command, cwd=folder, env=clean, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    "test",
    [
        pytest.param(
            """
from llm_tracer import span
from llm_tracer.testing import assert_trace

def test_it(recorded_spans):
    with span("outer"), span("inner"):
        pass
    assert_trace(recorded_spans, "outer\\n  inner")
""",
            id="the fixture is there",
        ),
        pytest.param(
            """
import sys

def test_it():
    assert "llm_tracer" not in sys.modules
""",
            id="who does not ask for it does not pay for it",
        ),
    ],
)
def test_pytest_finds_the_fixture_by_itself(test: str, tmp_path: Path) -> None:
    ended = run_pytest(tmp_path, test)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "1 passed" in ended.stdout
