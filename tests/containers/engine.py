"""Docker and just as the tests use them: a copy of the checkout, its recipes, and what the engine says about them."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import httpx

HERE = Path(__file__).resolve().parents[2]
PROJECT = "llm-tracer"
PORTS = (8001, 3000, 8002, 8000, 4317)
API, PAGES, BACKEND, DYNAMODB, GRPC = (f"http://127.0.0.1:{port}" for port in PORTS)
START_S = 180


@dataclass(frozen=True)
class Checkout:
    """A copy of the committed and added files, so that no test edits what somebody is working on."""

    folder: Path

    @classmethod
    def copied_to(cls, folder: Path) -> Checkout:
        listed = subprocess.run(
            ["git", "ls-files", "-z"], cwd=HERE, capture_output=True, text=True, check=True
        )
        for name in filter(None, listed.stdout.split("\0")):
            if not name.startswith("tests/fixtures/"):
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(HERE / name, folder / name)
        return cls(folder)

    def start(self, recipe: str, part: str = ".") -> subprocess.Popen[str]:
        """A recipe as a process, its output in a pipe."""
        just = str(Path(sys.executable).with_name("just"))
        clean = {name: value for name, value in os.environ.items() if not name.startswith("TRACER_")}
        clean |= {name: value for name, value in os.environ.items() if name == "TRACER_BASE_IMAGE"}
        return subprocess.Popen(
            [just, recipe], cwd=self.folder / part, env=clean, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip

    def just(self, recipe: str, part: str = ".") -> str:
        """Runs a recipe to its end; its output. Raises AssertionError where it fails."""
        process = self.start(recipe, part)
        output, _ = process.communicate(timeout=600)
        assert process.returncode == 0, f"just {recipe}:\n{output[-3000:]}"
        return output


def ports_in_use() -> list[int]:
    """Those of our ports at which something listens."""

    def is_in_use(port: int) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    return [port for port in PORTS if is_in_use(port)]


def docker(*words: str) -> str:
    """What the engine answers."""
    return subprocess.run(["docker", *words], capture_output=True, text=True, check=True).stdout.strip()


def container(service: str) -> str:
    """The id of the running container of a service."""
    return docker("ps", "-q", "--filter", f"label=com.docker.compose.project={PROJECT}",
                  "--filter", f"label=com.docker.compose.service={service}")  # fmt: skip


def memory_mb(name: str) -> float:
    """What `docker stats` says that a container has in use."""
    number, unit = re.match(
        r"([\d.]+)(\w+)", docker("stats", "--no-stream", "--format", "{{.MemUsage}}", name)
    ).groups()  # type: ignore[union-attr]
    return float(number) * {"KiB": 2**10, "MiB": 2**20, "GiB": 2**30}[unit] / 1e6


def wait_until_answers(*urls: str) -> float:
    """Waits until all answer with something; how many seconds it took."""
    started = time.monotonic()
    for url in urls:
        while not _answers(url):
            assert time.monotonic() - started < START_S, f"{url} does not answer"
            time.sleep(0.1)
    return time.monotonic() - started


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2).status_code < 500
    except httpx.TransportError:
        return False
