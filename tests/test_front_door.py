"""run.py on a checkout that is not as it left it."""

from __future__ import annotations

import shutil
import subprocess
import sys
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent


def test_an_environment_that_somebody_interrupted_is_made_again(tmp_path: Path) -> None:
    shutil.copy(HERE / "run.py", tmp_path)
    venv.create(tmp_path / ".venv", with_pip=False)
    command = "import run; run.ensure_venv()"
    subprocess.run([sys.executable, "-c", command], cwd=tmp_path, check=True)
    assert (tmp_path / ".venv" / "bin" / "uv").exists()
