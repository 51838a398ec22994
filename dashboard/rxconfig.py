"""Reflex settings of the dashboard.

The same file serves three cases: `reflex run` in this folder (module `dashboard.dashboard`), the compile of
`build_frontend.py`, and the installed wheel (both: module `llm_tracer_dashboard.dashboard`). State names are
built from the module's name and end up in the compiled frontend, so the compile must use the installed name.

Ports and origins are not here: the launcher passes them, since Reflex refuses both ports in production mode.
"""

from pathlib import Path

import reflex as rx
from reflex.constants import StateManagerMode

IN_SOURCE_TREE = (Path.cwd() / "dashboard" / "dashboard.py").is_file()

config = rx.Config(
    app_name="dashboard" if IN_SOURCE_TREE else "llm_tracer_dashboard",
    app_module_import="dashboard.dashboard" if IN_SOURCE_TREE else "llm_tracer_dashboard.dashboard",
    backend_host="127.0.0.1",
    telemetry_enabled=False,
    state_manager_mode=StateManagerMode.MEMORY,
    default_color_mode="system",
    show_built_with_reflex=False,
    react_strict_mode=False,
    frontend_compression_formats=[],
    disable_plugins=[rx.plugins.SitemapPlugin],
)
