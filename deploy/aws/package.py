#!/usr/bin/env python3
"""Packs the Tracer API for AWS Lambda: `python3 run.py lambda` makes one zip for each architecture in dist/.

The function runs the Python that packs, so that its bytecode can go along: Lambda's folder is read-only, and without it
every cold start would compile all modules anew (0.49 s of CPU instead of 0.19). Packages are those of constraints.txt.
"""

from __future__ import annotations

import argparse
import compileall
import hashlib
import py_compile
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
UV = Path(sys.executable).with_name("uv")

PLATFORMS = {"arm64": "aarch64-manylinux_2_28", "x86-64": "x86_64-manylinux_2_28"}
"""By the names that AWS gives the architectures (x86_64 with a dash, as in file names); Amazon Linux 2023 has glibc 2.34."""

NOT_NEEDED = (
    "apsw*",
    "bin",
    "click*",
    "httptools*",
    "uvicorn*",
    "h11*",
    "llm_tracer_service/cli",
    "llm_tracer_service/demo",
)
"""What only a server, the command line or the embedded store uses."""

OF_THE_INSTALLATION = ("*.dist-info/RECORD", "*.dist-info/direct_url.json", "*.dist-info/uv_cache.json")
"""Paths and times of the machine that packs: without them the same sources give the same bytes."""

ZIP_BYTES_MAX = 25_000_000
EPOCH = (1980, 1, 1, 0, 0, 0)


def package(architecture: str, out: Path) -> Path:
    """The zip of one architecture. The same sources give the same bytes. Raises SystemExit where it gets too large."""
    out.mkdir(parents=True, exist_ok=True)
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    target = out / f"llm-tracer-lambda-{architecture}-python{version}.zip"
    with tempfile.TemporaryDirectory() as folder:
        content = Path(folder)
        _install(content, PLATFORMS[architecture], version)
        for pattern in (*NOT_NEEDED, *OF_THE_INSTALLATION):
            _remove(content.glob(pattern))
        _remove(content.rglob("__pycache__"))
        _compile(content)
        _write_zip(content, target)
    if target.stat().st_size > ZIP_BYTES_MAX:
        sys.exit(f"{target} has {target.stat().st_size} bytes, more than {ZIP_BYTES_MAX}.")
    return target


def _install(content: Path, platform: str, version: str) -> None:
    wheels = content / ".wheels"
    for part in ("client", "service"):
        _uv("build", "--quiet", "--wheel", "--no-sources", "--out-dir", str(wheels), part)
    client, service = (
        next(wheels.glob(pattern)) for pattern in ("llm_tracer-*.whl", "llm_tracer_service-*.whl")
    )
    _uv("pip", "install", "--quiet", "--target", str(content), "--python-platform", platform, "--python-version", version,
        "--only-binary", ":all:", "-c", "constraints.txt", str(client), f"{service}[lambda]")  # fmt: skip
    shutil.rmtree(wheels)


def _compile(content: Path) -> None:
    """Bytecode beside its source, that is never compared with it: nothing in a function changes."""
    mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
    sys.pycache_prefix = None  # beside the sources, wherever this machine keeps its own
    compileall.compile_dir(content, quiet=2, stripdir=str(content), invalidation_mode=mode)


def _write_zip(content: Path, target: Path) -> None:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path in sorted(path for path in content.rglob("*") if path.is_file()):
            entry = zipfile.ZipInfo(path.relative_to(content).as_posix(), EPOCH)
            entry.external_attr = 0o644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, path.read_bytes())


def _remove(paths: Iterable[Path]) -> None:
    for path in list(paths):
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def _uv(*arguments: str) -> None:
    subprocess.run([UV, *arguments], cwd=ROOT, check=True)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument(
        "architecture", nargs="*", choices=[[], *PLATFORMS], help="arm64, x86-64; both unless named"
    )
    parser.add_argument("--out", type=Path, default=ROOT / "dist")
    given = parser.parse_args(arguments)
    for architecture in given.architecture or PLATFORMS:
        made = package(architecture, given.out)
        digest = hashlib.sha256(made.read_bytes()).hexdigest()
        print(f"{made}  {made.stat().st_size / 1e6:.1f} MB  sha256 {digest}")


if __name__ == "__main__":
    main()
