"""The JSX of this folder, made known to Reflex as one library so that its files can import each other.

Reflex puts a shared asset in a folder named after the module that registers it; registering all from here keeps
them side by side, and relative imports between them work. Only the compile needs them: a wheel does not carry them.
"""

from __future__ import annotations

from pathlib import Path

import reflex as rx

from .. import settings


def _register() -> dict[str, str]:
    """Import paths of all our files by name."""
    files = sorted(file.name for file in Path(__file__).parent.iterdir() if file.suffix in (".js", ".jsx"))
    return {name: rx.asset(name, shared=True).importable_path for name in files}


_PATHS = {} if settings.is_serving() else _register()


def jsx(name: str) -> str:
    """The import path of one of our files, for a component's `library`.

    Raises KeyError for a name that is no file, when compiling; when serving the path is not looked at.
    """
    return f"$/public/{name}" if settings.is_serving() else _PATHS[name]
