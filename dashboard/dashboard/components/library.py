"""The scripts in the folders beside this module, made known to Reflex as one library so that they can import each other.

Reflex serves `assets/external`, where it links the shared assets of a module, each by itself. All scripts are linked there
in the folders in which they are here, so that relative imports between them work. Only compiling needs them; a wheel does
not contain them.
"""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

from .. import settings

OF_CONTENT = ["marked@18.2.1", "temml@0.13.5"]
"""What draws the content of a span: marked parses Markdown into tokens, from which we make the elements, so that no HTML of a
sender reaches the page; temml makes MathML of formulas."""

_PUBLIC = "$/public/"
"""The prefix of imports from what Reflex serves from the folder `assets`."""

_LIBRARY = f"external/{__name__.replace('.', '/')}"
"""Our folder below `assets`. Reflex keeps shared assets there too, and removes links that no longer lead anywhere."""


def _register() -> dict[str, str]:
    """Import paths of all scripts by their paths here, as in `trace/tree.js`.

    Without `rx.asset`, which knows no folders and searches the stack: 20 ms a file, 3.3 s for all.
    """
    here = Path(__file__).parent
    files = {file.relative_to(here).as_posix(): file for file in sorted(here.glob("*/*.js*"))}
    for path, file in files.items():
        _link(Path.cwd() / "assets" / _LIBRARY / path, file)
    return {path: f"{_PUBLIC}{_LIBRARY}/{path}" for path in files}


def _link(link: Path, target: Path) -> None:
    """Make `link` point to `target`. If it already does it is not touched, since file watchers would see an edit.

    It is replaced in one step, since several processes may compile in one folder.
    """
    if link.is_symlink() and link.readlink() == target:
        return
    link.parent.mkdir(parents=True, exist_ok=True)
    new = link.with_name(f".{uuid4().hex}")
    new.symlink_to(target)
    new.replace(link)


_PATHS = {} if settings.is_serving() else _register()


def jsx(path: str) -> str:
    """The import path of one of our scripts, for a component's `library`.

    When compiling, raises KeyError if there is no such script; when serving, the import path is not used.
    """
    return f"{_PUBLIC}{path}" if settings.is_serving() else _PATHS[path]
