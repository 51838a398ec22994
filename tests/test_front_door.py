"""run.py on a checkout that is not as it left it."""

from __future__ import annotations

import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent.parent


def test_an_environment_that_somebody_interrupted_is_made_again(tmp_path: Path) -> None:
    shutil.copy(HERE / "run.py", tmp_path)
    venv.create(tmp_path / ".venv", with_pip=False)
    command = "import run; run.ensure_venv()"
    subprocess.run([sys.executable, "-c", command], cwd=tmp_path, check=True)
    assert (tmp_path / ".venv" / "bin" / "uv").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["tset"], "unknown verb: tset"),
        (["test", "cleint"], "client, service, dashboard, whole"),
        (["bench", "stroe"], "Benchmarks: "),
    ],
)
def test_a_word_that_is_mistyped_is_said_before_anything_is_installed(
    words: list[str], said: str, tmp_path: Path
) -> None:
    shutil.copy(HERE / "run.py", tmp_path)
    ended = subprocess.run(
        [sys.executable, "run.py", *words], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 1
    assert said in ended.stderr
    assert not (tmp_path / ".venv").exists()
