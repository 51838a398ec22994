#!/usr/bin/env python3
"""Runs everything in a checkout. Needs only Python 3.11 or newer with pip.

    python3 run.py up        install what is missing, compile the dashboard once, start everything
    python3 run.py test      install what tests need, then check and test all parts (`test client -k x`: one part)
    python3 run.py dev       the dashboard with hot reload, for those who write it
    python3 run.py containers  build the images and try every recipe by Docker Compose (needs Docker)
    python3 run.py check     linter, formatter, type checker, import contract
    python3 run.py demo      send the demo traces to a running Tracer API
    python3 run.py bench X   run benchmarks/X.py (without X: list them)
    python3 run.py wheels    build the three wheels into dist/
    python3 run.py release   build and pack everything into dist/, test what was built, write its checksums
    python3 run.py lambda    pack the Tracer API for AWS Lambda, arm64 and x86-64, into dist/
    python3 run.py lock      resolve all dependencies anew into constraints.txt

Arguments after the verb are passed on: `python3 run.py up --no-dashboard --port 9001`.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import time
import venv
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, NoReturn

HERE = Path(__file__).resolve().parent
VENV = HERE / ".venv"
STAMPS = VENV / "stamps"
INSTRUMENTED = VENV / "instrumented"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
CONSTRAINTS = HERE / "constraints.txt"
PARTS = ("client", "service", "dashboard")
UV = "uv==0.13.9"


# --- installing ------------------------------------------------------------------------------------------------------


def install_app(pages: bool = True) -> None:
    """Install the three parts and what they need into .venv, if a requirement has changed, and compile the pages."""
    with alone():
        install_parts(pages)


def install_parts(pages: bool) -> None:
    ensure_venv()
    once(
        "app",
        [CONSTRAINTS, *(HERE / part / "pyproject.toml" for part in PARTS)],
        "Installing LLM Tracer and what it needs",
        # Editable, so that edits of the source take effect. The group is the Node that compiles the dashboard.
        lambda: uv("pip", "install", "--quiet", "-c", str(CONSTRAINTS), "--group", "frontend",
                   *(word for part in PARTS for word in ("-e", f"./{part}"))),
    )  # fmt: skip
    if pages:
        run(python_of(VENV), "dashboard/build_frontend.py")


def install_dev() -> None:
    """Install what checks and tests need in addition to the app: the tools of the group `dev`, real libraries, browsers."""
    with alone():
        install_parts(pages=False)
        with beside(python_of(VENV), "dashboard/build_frontend.py"):  # computes while the others download
            once(
                "dev",
                [CONSTRAINTS, HERE / "pyproject.toml"],
                "Installing what checks and tests need",
                lambda: uv("pip", "install", "--quiet", "-c", str(CONSTRAINTS), "--group", "dev"),
            )
            install_instrumented()
            ensure_programs()


def install_instrumented() -> None:
    """Install the libraries that `instrument()` is tested with, in an environment of their own."""
    once(
        "instrumented",
        [CONSTRAINTS, HERE / "pyproject.toml", HERE / "client" / "pyproject.toml"],
        "Installing the libraries that instrument() is tested with",
        lambda: (
            uv("venv", "--quiet", "--allow-existing", str(INSTRUMENTED)),
            uv("pip", "install", "--quiet", "--python", str(python_of(INSTRUMENTED)), "-c", str(CONSTRAINTS),
               "--group", "instrumented", "-e", "./client"),
        ),
    )  # fmt: skip


def ensure_venv() -> None:
    if sys.version_info < (3, 11):  # noqa: UP036 - for those who have an older one
        sys.exit(
            f"LLM Tracer needs Python 3.11 or newer; this is {sys.version.split()[0]} ({sys.executable})."
        )
    if not program("pip").exists():  # pip is installed last: without it, this was interrupted
        say("Making .venv")
        venv.create(VENV, with_pip=True)
    if not program("uv").exists():
        run(python_of(VENV), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", UV)


def ensure_programs() -> None:
    """Install the browsers for the browser tests, and the proxy behind which the dashboard is tested. Elsewhere than on
    Debian or Ubuntu, say what to install."""
    has_apt = shutil.which("apt-get") is not None
    missing = {
        title: package
        for title, (package, *other_names) in PROGRAMS.items()
        if (has_apt or title in NEEDED_EVERYWHERE) and not any(map(shutil.which, (package, *other_names)))
    }
    if not missing:
        return
    if not has_apt or os.name == "nt" or os.geteuid() != 0:
        packages = " and ".join(f"{title} (`{package}`)" for title, package in missing.items())
        sys.exit(f"The tests need {packages} on PATH. Install what is missing, then run this again.")
    say(f"Installing {', '.join(missing)}")
    run("apt-get", "update", "-qq", quiet=True)
    run("apt-get", "install", "-y", "-qq", "--no-install-recommends", *missing.values(), quiet=True)


PROGRAMS = {
    "Chromium": ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"),
    "nginx": ("nginx", "/usr/sbin/nginx"),
    "Firefox": ("firefox-esr", "firefox"),
    "WebKit": ("webkit2gtk-driver", "WebKitWebDriver"),
    "Xvfb": ("xvfb", "Xvfb"),
}
"""By title: the Debian package, which may also be the name of the program, and other names of the program."""

NEEDED_EVERYWHERE = ("Chromium", "nginx")
"""Without apt-get there is no WebKit that can be driven, and Firefox is tested only if it is installed."""


# --- the verbs -------------------------------------------------------------------------------------------------------


def up(arguments: list[str]) -> None:
    install_app()
    replace_by(BIN / "llm-tracer", "up", *arguments)


def demo(arguments: list[str]) -> None:
    install_app(pages=False)
    replace_by(BIN / "llm-tracer", "demo", *arguments)


def dev(arguments: list[str]) -> None:
    install_app(pages=False)
    replace_by(python_of(VENV), str(HERE / "dashboard" / "dev.py"), *arguments)


def containers(arguments: list[str]) -> None:
    """A verb of its own, since not every machine has Docker. TRACER_BASE_IMAGE names another base image."""
    install_dev()
    run(python_of(VENV), "-m", "pytest", "tests/containers", "-s", *arguments)


def check(arguments: list[str]) -> None:
    install_dev()
    check_all()


def check_all() -> None:
    run(BIN / "ruff", "check", ".")
    run(BIN / "ruff", "format", "--check", ".")
    # mypy on these two takes as long as everything else together.
    with beside(BIN / "mypy", "-p", "llm_tracer", "-p", "llm_tracer_service"):
        run(BIN / "mypy", "-p", "dashboard", cwd=HERE / "dashboard")
        run(BIN / "lint-imports")
        run(BIN / "lint-imports", cwd=HERE / "dashboard", env={"PYTHONPATH": "."})


def test(arguments: list[str]) -> None:
    """Test each part from its own folder: from here, the folder dashboard/ would shadow its package.

    `test client -k span` tests one of client, service, dashboard or whole, and passes the rest to pytest.
    """
    folders = {**{part: HERE / part for part in PARTS}, "whole": HERE}
    if arguments and arguments[0] not in folders:
        sys.exit(f"test takes one of {', '.join(folders)} and what pytest takes, not {arguments[0]!r}.")
    install_dev()
    if not arguments:
        # It downloads while the checks compute; each process of tests that finds none would fetch one for itself.
        with beside(python_of(VENV), "-m", "llm_tracer_service.cli.dynamodb_local"):
            check_all()
    # Tests share the cores, a whole file at a time, so that its set-up happens once. In order of their names:
    # otherwise the files with the most tests would come first, which are not the slowest.
    cores = min(os.cpu_count() or 1, 4)
    for name in [arguments[0]] if arguments else folders:
        # The tests of the whole spend a quarter of their time waiting for pages and processes.
        count = cores + 1 if name == "whole" else cores
        workers = ["-n", str(count), "--dist", "loadfile", "--no-loadscope-reorder", "--durations", "10"]
        run(python_of(VENV), "-m", "pytest", "tests", *([] if arguments[1:] else workers), *arguments[1:],
            cwd=folders[name], env=BYTECODE)  # fmt: skip


BYTECODE = {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(VENV / "bytecode")}
"""Tests start hundreds of Python processes. If the environment forbids bytecode files, each would compile all its
imports again, which takes as long as the rest of its start."""


def bench(arguments: list[str]) -> None:
    names = sorted(path.stem for path in (HERE / "benchmarks").glob("[!_]*.py"))
    if not arguments or arguments[0] not in names:
        sys.exit("Benchmarks: " + ", ".join(names))
    install_dev()
    run(python_of(VENV), f"benchmarks/{arguments[0]}.py", *arguments[1:])


def wheels(arguments: list[str]) -> None:
    install_dev()
    for part in PARTS:
        uv("build", "--wheel", "--no-sources", "--out-dir", "dist", part)


def release(arguments: list[str]) -> None:
    """Build wheels and zips into an empty dist/, install and start the wheels, and write SHA256SUMS if all of that
    worked."""
    dist = HERE / "dist"
    shutil.rmtree(dist, ignore_errors=True)
    wheels([])
    pack_lambda([])
    run(python_of(VENV), "-m", "pytest", "-q", "tests/test_install.py", env={"TRACER_WHEELS": str(dist)})
    made = sorted(path for path in dist.iterdir() if path.suffix in (".whl", ".zip"))
    lines = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in made]
    (dist / "SHA256SUMS").write_text("".join(lines))
    say(f"dist/ holds {len(made)} files and SHA256SUMS")


def pack_lambda(arguments: list[str]) -> None:
    with alone():
        ensure_venv()
    run(python_of(VENV), "deploy/aws/package.py", *arguments)


def lock(arguments: list[str]) -> None:
    """Lock the newest version of everything, for every platform and Python from 3.11 on, with hashes, without
    addresses."""
    with alone():
        ensure_venv()
    inputs = [f"{part}/pyproject.toml" for part in PARTS]
    uv("pip", "compile", "--quiet", "--universal", "--generate-hashes", "--upgrade", "--python-version", "3.11",
       "--no-emit-index-url", "--no-annotate", "--no-header", "--all-extras",
       *(option for part in ("llm-tracer", "llm-tracer-service", "llm-tracer-dashboard")
         for option in ("--no-emit-package", part)),
       "--group", "dev", "--group", "frontend", "--group", "instrumented", *inputs, "-o", str(CONSTRAINTS))  # fmt: skip


VERBS: dict[str, Callable[[list[str]], None]] = {
    "up": up, "demo": demo, "dev": dev, "test": test, "containers": containers, "check": check, "bench": bench,
    "wheels": wheels, "release": release, "lambda": pack_lambda, "lock": lock,
}  # fmt: skip


# --- small tools -----------------------------------------------------------------------------------------------------


def python_of(environment: Path) -> Path:
    return environment / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def program(name: str) -> Path:
    """The path of a program in .venv."""
    return BIN / (f"{name}.exe" if os.name == "nt" else name)


@contextmanager
def alone() -> Iterator[None]:
    """Runs the block while no other run.py of this checkout installs; waits for one that does."""
    VENV.mkdir(exist_ok=True)
    with (VENV / "installing.lock").open(
        "w"
    ) as lock:  # closed, also by the end of this process, it is open to others
        if not is_locked_by_us(lock):
            say("Another run.py installs into .venv; waiting until it is done …")
            while not is_locked_by_us(lock):
                time.sleep(0.2)
        yield


def is_locked_by_us(lock: IO[str]) -> bool:
    """Takes the lock, if no other process has it."""
    try:
        if os.name == "nt":
            import msvcrt

            msvcrt.locking(lock.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def once(name: str, sources: Iterable[Path], why: str, do: Callable[[], object]) -> None:
    """Do a step, unless it was done for exactly these sources."""
    digest = hashlib.sha256()
    for path in sorted(sources):
        digest.update(str(path.relative_to(HERE)).encode() + b"\0" + path.read_bytes())
    stamp = STAMPS / name
    if stamp.exists() and stamp.read_text() == digest.hexdigest():
        return
    started = time.monotonic()
    say(f"{why} …")
    do()
    STAMPS.mkdir(exist_ok=True)
    stamp.write_text(digest.hexdigest())
    say(f"{why}: done in {time.monotonic() - started:.0f} s")


def uv(*arguments: str) -> None:
    run(BIN / "uv", *arguments, env={"VIRTUAL_ENV": str(VENV), "UV_PYTHON_DOWNLOADS": "never"})


def run(
    *command: str | Path, cwd: Path = HERE, env: dict[str, str] | None = None, quiet: bool = False
) -> None:
    """Run a command. If it fails, say which command it was and exit with its code."""
    words = [str(word) for word in command]
    ended = subprocess.run(
        words, cwd=cwd, env={**os.environ, **(env or {})}, stdout=subprocess.DEVNULL if quiet else None
    )
    if ended.returncode:
        fail(ended.returncode, words)


@contextmanager
def beside(*command: str | Path) -> Iterator[None]:
    """Runs a command while the block runs, and waits for both; if it fails, exits with its code."""
    words = [str(word) for word in command]
    process = subprocess.Popen(words, cwd=HERE)
    try:
        yield
    except BaseException:
        process.terminate()
        raise
    finally:
        process.wait()
    if process.returncode:
        fail(process.returncode, words)


def fail(code: int, words: list[str]) -> NoReturn:
    say(f"failed ({code}): {' '.join(words)}")
    sys.exit(code)


def replace_by(program: Path, *arguments: str) -> None:
    """Become another program, so that signals reach it and its exit code is ours."""
    command = [str(program), *arguments]
    if os.name == "nt":
        sys.exit(subprocess.call(command))
    os.execv(program, command)


def say(text: str) -> None:
    print(f"▸ {text}", flush=True)


def main() -> None:
    verb, *arguments = sys.argv[1:] or ["help"]
    if verb not in VERBS:
        print(__doc__)
        sys.exit(0 if verb in ("help", "-h", "--help") else f"unknown verb: {verb}")
    VERBS[verb](arguments)


if __name__ == "__main__":
    main()
