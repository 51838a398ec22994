"""Reflex settings of the dashboard.

Used in three cases: by `dev.py` (module `dashboard.dashboard`), when `build_frontend.py` compiles, and by the
installed wheel (both: module `llm_tracer_dashboard.dashboard`). State names contain the module's name and end up in
the compiled frontend, so compiling must use the installed name.

Ports and origins are passed by `dev.py` and the launcher, since Reflex refuses both ports in production mode.
"""

import json
from pathlib import Path
from typing import Any

import reflex as rx
from reflex.constants import StateManagerMode

IN_SOURCE_TREE = (Path.cwd() / "dashboard" / "dashboard.py").is_file()
OURS = """
  {
    name: "llm-tracer",
    config: () => ({
      server: { proxy: { "/ui-api": "http://127.0.0.1:%d" } },
      build: { license: { fileName: "licenses.txt" } },
    }),
    configResolved: (config) => { config.server.host = %s; },
  },"""
PLUGINS = "plugins: ["


class ViteSettings(rx.plugins.Plugin):
    """What we add to the settings of Vite.

    In development it serves the pages: it passes `/ui-api` on, and listens where the backend does; otherwise it would
    listen on every address of the machine. When it compiles, it writes the licences of the JavaScript packages that
    are in the result, since the licences ask for that, and their comments are gone.
    """

    def pre_compile(self, **context: Any) -> None:
        """Have vite.config.js changed after Reflex wrote it."""
        context["add_modify_task"]("vite.config.js", self._with_ours)

    def _with_ours(self, content: str) -> str:
        if 'name: "llm-tracer"' in content:
            return content
        if PLUGINS not in content:
            raise RuntimeError(f"vite.config.js of this Reflex has no {PLUGINS!r}")
        settings = rx.config.get_config()
        added = OURS % (settings.backend_port or 0, json.dumps(settings.backend_host))
        return content.replace(PLUGINS, PLUGINS + added, 1)


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
    plugins=[ViteSettings()],
    disable_plugins=[rx.plugins.SitemapPlugin],
)
