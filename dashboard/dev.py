"""The dashboard in development: edits of .py, .jsx or .css show in the browser automatically.

    python dev.py [--host 127.0.0.1] [--port 3000] [--backend-port 8002] [--folder .build/dev] [--prepare]

Needs what `build_frontend.py` needs. Reflex runs in a folder of its own with links to the sources, so that it writes
nothing among them and they may be read-only. The pages are on one port, their events on the other, and both must be
reachable.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import build_frontend as frontend

TOOLS = "tools"
GRACE_S = 2.0


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    """The options: host, port, backend_port, folder, prepare."""
    parser = argparse.ArgumentParser(prog="dev.py", description="The dashboard with hot reload.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=3000, help="port of the pages (default: %(default)s)")
    parser.add_argument(
        "--backend-port", type=int, default=8002, help="port of the events (default: %(default)s)"
    )
    parser.add_argument(
        "--folder", type=Path, default=frontend.PROJECT / ".build" / "dev", help="where Reflex may write"
    )
    parser.add_argument(
        "--prepare", action="store_true", help="fetch the packages and compile once, then end"
    )
    return parser.parse_args(arguments)


def stage(folder: Path) -> None:
    """Create links to the sources in `folder`, under the names that `reflex run` expects."""
    for name in ("dashboard", "assets", TOOLS, ".env"):
        remove(folder / name)
    (folder / "assets").mkdir(parents=True)
    (folder / TOOLS).mkdir()
    for file in (frontend.PROJECT / "assets").iterdir():
        if file.is_file():
            (folder / "assets" / file.name).symlink_to(file)
    (folder / "dashboard").symlink_to(frontend.PACKAGE, target_is_directory=True)
    shutil.copy2(frontend.PROJECT / "rxconfig.py", folder / "rxconfig.py")
    shutil.copytree(frontend.PROJECT / frontend.LOCK, folder / frontend.LOCK, dirs_exist_ok=True)
    if (settings := Path.cwd() / ".env").is_file():
        (folder / ".env").symlink_to(settings)


def remove(path: Path) -> None:
    """Remove a link, a file or a folder, if it is there."""
    if path.is_symlink() or path.is_file():
        path.unlink()
    else:
        shutil.rmtree(path, ignore_errors=True)


def command(options: argparse.Namespace) -> list[str]:
    """The command line of Reflex."""
    reflex = [sys.executable, "-m", "reflex"]
    if options.prepare:
        return [*reflex, "export", "--frontend-only", "--no-zip"]
    ports = ["--frontend-port", str(options.port), "--backend-port", str(options.backend_port)]
    return [*reflex, "run", *ports, "--backend-host", options.host]


def main() -> int:
    """Run until a signal comes. Returns the exit status."""
    options = parse()
    folder = options.folder.absolute()
    stage(folder)
    environment = frontend.build_environment(folder / TOOLS, folder)
    environment["REFLEX_CORS_ALLOWED_ORIGINS"] = ",".join(
        f"http://{name}:{options.port}" for name in ("localhost", "127.0.0.1")
    )
    # In a session of its own, so that all of its processes can be stopped: Reflex leaves its Node behind.
    process = subprocess.Popen(command(options), cwd=folder, env=environment, start_new_session=True)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        return process.wait()
    except KeyboardInterrupt:
        return end(process)


def end(process: subprocess.Popen[bytes]) -> int:
    """Stop a process and everything it started. Returns 0, since that was asked for."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(GRACE_S)
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
