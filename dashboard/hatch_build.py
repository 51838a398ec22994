"""Compiles the frontend when a wheel is built, if it is missing or outdated.

If it is fresh, the build needs nothing but hatchling; otherwise the build environment also gets Reflex and a Node
from the package index.
"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


def _builder() -> Any:
    """`build_frontend.py` beside this file, without touching sys.path."""
    path = Path(__file__).resolve().parent / "build_frontend.py"
    spec = importlib.util.spec_from_file_location("build_frontend", path)
    if spec is None or spec.loader is None:
        raise ImportError(f"cannot load {path}")
    module = importlib.util.module_from_spec(spec)
    bytecode, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    spec.loader.exec_module(module)
    sys.dont_write_bytecode = bytecode
    return module


class FrontendHook(BuildHookInterface):  # type: ignore[type-arg]
    """Called by hatchling before it collects the files of a wheel or an sdist."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """What the build environment needs besides hatchling."""
        builder = _builder()
        return [] if builder.is_fresh() else list(builder.REQUIRES)

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile, for a wheel. An editable install and an sdist take what is there, if anything."""
        if self.target_name != "wheel":
            return
        if version == "standard":
            _builder().build()
        else:
            self._link_under_installed_name()

    def _link_under_installed_name(self) -> None:
        """Link `.build/editable/llm_tracer_dashboard`, the name that the wheel installs, to the source folder.

        The folder `.build/editable` is what an editable install puts on the path (`dev-mode-dirs`).
        """
        root = Path(self.root)
        link = root / ".build" / "editable" / "llm_tracer_dashboard"
        link.parent.mkdir(parents=True, exist_ok=True)
        if not link.exists():
            link.symlink_to(root / "dashboard", target_is_directory=True)
