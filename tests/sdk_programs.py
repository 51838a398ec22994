"""Programs that use the SDK, as processes of their own: what they are told, how they ended, what arrived of them."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

EXIT_S = 4.0
"""The law says 2 s for the end of a program. Twice that, for machines that do other things: without a deadline of the
SDK's own it would be the 10 s of the socket, or for ever."""

# Registered before the SDK's own, so it runs after it: how long the program took to end.
PROLOGUE = """
import atexit, sys, time
ended_s = None
def _said():
    if ended_s is not None:
        print("exit_s", round(time.monotonic() - ended_s, 2))
atexit.register(_said)
"""


@dataclass
class Ended:
    """A program that is over. `exit_s` is the time from its last line to its end, where it had a last line."""

    code: int
    out: str
    err: str

    @property
    def exit_s(self) -> float:
        return float(self.out.rpartition("exit_s ")[2])


def run_program(
    source: str, folder: Path, api_url: str, project: str, env: Mapping[str, str] | None = None
) -> Ended:
    """`source`, told of the server by its environment only, with its spool in `folder`."""
    script = folder / f"{project}-{time.monotonic_ns()}.py"
    script.write_text(PROLOGUE + textwrap.dedent(source) + "\nended_s = time.monotonic()\n")
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("TRACER_", "OTEL_"))}
    told = {
        "TRACER_API_URL": api_url,
        "TRACER_API_KEY": f"project-{project}",
        "TRACER_SPOOL": str(folder / "spool"),
    }
    done = subprocess.run(
        [sys.executable, str(script)],
        env={**clean, **told, **(env or {})},
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
    )
    return Ended(done.returncode, done.stdout, done.stderr)


def spans_of(api_url: str, project: str) -> list[dict[str, Any]]:
    """Every span that the service has of a project."""
    spans: list[dict[str, Any]] = []
    params: dict[str, Any] = {"limit": 1000}
    with httpx.Client(base_url=api_url, timeout=30, headers={"X-API-Key": f"project-{project}"}) as api:
        while True:
            page = api.get("/api/spans", params=params).raise_for_status().json()
            spans += page["spans"]
            if not page.get("next_cursor"):
                return spans
            params["cursor"] = page["next_cursor"]


def names_of(api_url: str, project: str) -> Counter[str]:
    return Counter(span["name"] for span in spans_of(api_url, project))


def ingested(api_url: str, project: str) -> list[dict[str, Any]]:
    """The ingest log of a project, the newest first."""
    answer = httpx.get(
        f"{api_url}/api/ingest", params={"limit": 1000}, headers={"X-API-Key": f"project-{project}"}
    )
    requests: list[dict[str, Any]] = answer.raise_for_status().json()["requests"]
    return requests


def lost_of(api_url: str, project: str) -> int:
    """How many spans were reported as lost."""
    return sum(request["lost"] for request in ingested(api_url, project))
