"""The pages as Reflex compiles them."""

from __future__ import annotations

import subprocess
import sys

WITHOUT_THE_SDK = """
import sys
sys.modules["llm_tracer"] = None
import llm_tracer_dashboard.dashboard
"""


def test_the_pages_can_be_compiled_where_the_sdk_is_not_installed() -> None:
    # As in the isolated environment in which a wheel is built.
    ended = subprocess.run(
        [sys.executable, "-c", WITHOUT_THE_SDK], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr
