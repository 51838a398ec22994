"""What a cold start of the AWS Lambda function costs: the size of the zips, and CPU until the first answer.

The zip of this machine's architecture is unpacked and started in fresh processes, with its bytecode, as in Lambda.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent
KEY = "project-bench.0123456789abcdef"

PROGRAM = """
import json, time
before = time.process_time()
from llm_tracer_service.serving.lambda_handler import handler
imported = time.process_time()
event = {"version": "2.0", "rawPath": PATH, "rawQueryString": "", "headers": {"x-api-key": KEY, "content-type": TYPE},
         "requestContext": {"http": {"method": METHOD, "path": PATH, "sourceIp": "::1"}}, "body": BODY}
answer = handler(event, None)
assert answer["statusCode"] == 200, answer
print(json.dumps([imported - before, time.process_time() - imported]))
"""
READ = ("GET", "/api/traces", "", "")
SPAN = {
    "trace_id": "1" * 32,
    "span_id": "1" * 16,
    "name": "chat",
    "start_time_unix_nano": 1,
    "end_time_unix_nano": 2,
}
WRITE = ("POST", "/api/spans", "application/json", json.dumps({"spans": [SPAN]}))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--store", default="memory:", help="TRACER_STORE of the function")
    parser.add_argument("--starts", type=int, default=9)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        subprocess.run(
            [sys.executable, "deploy/aws/package.py", "--out", str(folder)], cwd=HERE, check=True, stdout=2
        )
        for made in sorted(folder.glob("*.zip")):
            print(f"{made.name}: {made.stat().st_size / 1e6:.1f} MB")
        ours = "arm64" if platform.machine() in ("arm64", "aarch64") else "x86-64"
        (archive,) = folder.glob(f"*-{ours}-*.zip")
        zipfile.ZipFile(archive).extractall(folder / "task")
        for what, request in (("a list", READ), ("a span", WRITE)):
            costs = [_start(folder / "task", given.store, request) for _ in range(given.starts)]
            imported, answered = (statistics.median(part) for part in zip(*costs, strict=True))
            print(
                f"cold start, first request {what}: {imported:.3f} s CPU to import, {answered:.3f} s to open the store "
                f"and answer, {imported + answered:.3f} s in all (median of {given.starts})"
            )


def _start(content: Path, store: str, request: tuple[str, str, str, str]) -> tuple[float, float]:
    names = ("METHOD", "PATH", "TYPE", "BODY", "KEY")
    values = "\n".join(f"{name} = {value!r}" for name, value in zip(names, (*request, KEY), strict=True))
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("TRACER_")},
        "PYTHONPATH": str(content), "TRACER_STORE": store, "TRACER_API_KEYS": KEY,
    }  # fmt: skip
    # -S: Lambda's Python has no site-packages to look through.
    command = [sys.executable, "-S", "-c", values + PROGRAM]
    done = subprocess.run(command, env=environment, cwd=content, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    imported, answered = json.loads(done.stdout)
    return imported, answered


if __name__ == "__main__":
    main()
