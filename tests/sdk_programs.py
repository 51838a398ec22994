"""Programs that use the SDK, in processes of their own: running them, how they ended, and what arrived."""

from __future__ import annotations

import subprocess
import sys
import textwrap
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from running import clean_environment
from waiting import PATIENCE_S, client_of, http

# The end of a program must not wait for a slow server: neither for the 10 s that the SDK normally allows for an
# answer, nor for the hour that it allows here. `run_program` ends what does not end by itself, and fails.
PROLOGUE = """
import sys, time
from llm_tracer.sending import transport
transport.TIMEOUT_S = 3600.0
"""


@dataclass
class Ended:
    """A program that has ended."""

    code: int
    out: str
    err: str


def run_program(
    source: str, folder: Path, api_url: str, project: str, env: Mapping[str, str] | None = None
) -> Ended:
    """Run `source`, which learns about the server only from its environment, with its spool in `folder`. Raises
    TimeoutExpired if it does not end."""
    script = folder / f"{project}-{time.monotonic_ns()}.py"
    script.write_text(PROLOGUE + textwrap.dedent(source))
    told = {
        "TRACER_API_URL": api_url,
        "TRACER_API_KEY": f"project-{project}",
        "TRACER_SPOOL": str(folder / "spool"),
    }
    done = subprocess.run(
        [sys.executable, str(script)],
        env={**clean_environment(), **told, **(env or {})},
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )
    return Ended(done.returncode, done.stdout, done.stderr)


def spans_of(api_url: str, project: str) -> list[dict[str, Any]]:
    """Every span that the service has of a project."""
    spans: list[dict[str, Any]] = []
    params: dict[str, Any] = {"limit": 1000}
    with client_of(api_url, headers={"X-API-Key": f"project-{project}"}) as api:
        while True:
            page = api.get("/api/spans", params=params).raise_for_status().json()
            spans += page["spans"]
            if not page.get("next_cursor"):
                return spans
            params["cursor"] = page["next_cursor"]


def names_of(api_url: str, project: str) -> Counter[str]:
    return Counter(span["name"] for span in spans_of(api_url, project))


def ingested(api_url: str, project: str) -> list[dict[str, Any]]:
    """The ingest log of a project, newest first."""
    answer = http.get(
        f"{api_url}/api/ingest", params={"limit": 1000}, headers={"X-API-Key": f"project-{project}"}
    )
    requests: list[dict[str, Any]] = answer.raise_for_status().json()["requests"]
    return requests


def lost_of(api_url: str, project: str) -> int:
    """How many spans were reported as lost."""
    return sum(request["lost"] for request in ingested(api_url, project))
