"""`run.py`: what it does before the programs that it starts."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).parents[1]

INSTALLING = """
import sys
from pathlib import Path

import run

run.VENV = Path(sys.argv[1])
with run.alone():
    print("installing", flush=True)
    sys.stdin.read()
"""


def installing(environment: Path) -> subprocess.Popen[str]:
    """A program that installs until its input ends."""
    return subprocess.Popen(
        [sys.executable, "-c", INSTALLING, str(environment)],
        cwd=CHECKOUT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip


def test_a_second_one_waits_until_the_first_has_installed(tmp_path: Path) -> None:
    with installing(tmp_path / ".venv") as first:
        assert first.stdout is not None
        assert first.stdout.readline() == "installing\n"
        with installing(tmp_path / ".venv") as second:
            assert second.stdout is not None
            assert (
                second.stdout.readline()
                == "▸ Another run.py installs into .venv; waiting until it is done …\n"
            )
            first.communicate()
            assert second.stdout.readline() == "installing\n"
            second.communicate()
        assert (first.returncode, second.returncode) == (0, 0)
