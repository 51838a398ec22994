"""Programs in the environment of instrumented libraries, and the traces that came of them as trees of names."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeAlias

import httpx
from running import Running, environment_of
from waiting import PATIENCE_S, until

HERE = Path(__file__).resolve().parent
PYTHON = str(Path(sys.executable).parent.parent / "instrumented" / "bin" / "python")
"""Made by `python3 run.py` (install_instrumented)."""

Json: TypeAlias = dict[str, Any]
Tree: TypeAlias = "list[tuple[str, Tree]]"


def run(arguments: list[str], service: Running, provider_url: str = "", **environment: str) -> str:
    """What the program printed. It must end well; `provider_url` is where the OpenAI SDK sends to."""
    told = {"OPENAI_API_KEY": "none", "OPENAI_BASE_URL": provider_url, **environment}
    ended = subprocess.run(
        [PYTHON, *arguments],
        env={**environment_of(service), **told},
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


@contextmanager
def running_in(folder: Path, arguments: list[str], service: Running) -> Iterator[None]:
    """While the block runs, so does the program, with `folder` as its own."""
    with (folder / "program.log").open("w") as log:
        process = subprocess.Popen(
            [PYTHON, *arguments],
            cwd=folder,
            env=environment_of(service),
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        yield
    finally:
        process.terminate()
        process.wait(PATIENCE_S)


def traces(api: httpx.Client, holds: Callable[[list[Json]], bool]) -> list[Json]:
    """The traces once `holds` is true of them, the oldest first. Raises AssertionError with those it found last."""
    found: list[Json] = []

    def look() -> bool:
        found[:] = api.get("/api/traces").raise_for_status().json()["traces"][::-1]
        return holds(found)

    try:
        until(look)
    except AssertionError as error:
        raise AssertionError(found) from error
    return found


def only_trace(api: httpx.Client) -> Json:
    """The one trace there is, once it has ended."""
    (trace,) = traces(api, lambda found: len(found) == 1 and found[0]["status"] != "running")
    return trace


def tree(api: httpx.Client, trace: Json) -> Tree:
    """(name, [children]) from the roots, in the order of their starts."""
    spans = api.get(f"/api/traces/{trace['trace_id']}").raise_for_status().json()["spans"]
    known = {span["span_id"] for span in spans}
    children: dict[str | None, list[Json]] = {}
    for span in spans:
        parent = span["parent_span_id"]
        children.setdefault(parent if parent in known else None, []).append(span)

    def below(parent: str | None) -> Tree:
        return [(span["name"], below(span["span_id"])) for span in children.get(parent, [])]

    return below(None)
