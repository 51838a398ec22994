"""The JSX of this folder, made known to Reflex as one library so that its files can import each other.

Reflex puts a shared asset in a folder named after the module that registers it. Registering all files here keeps them
side by side, so that relative imports between them work. Only compiling needs them; a wheel does not contain them.
"""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

import reflex as rx

from .. import settings

OF_CONTENT = ["marked@18.2.1", "temml@0.13.5"]
"""What draws the content of a span: marked parses Markdown into tokens, from which we make the elements, so that no HTML of a
sender reaches the page; temml makes MathML of formulas."""

_PUBLIC = "$/public/"
"""The prefix of imports from what Reflex serves from the folder `assets`."""


def _register() -> dict[str, str]:
    """Import paths of all our files by name.

    Reflex is asked only once where they go: each call searches the stack, which takes 20 ms a file, 3.3 s for all.
    """
    first, *others = sorted(f for f in Path(__file__).parent.iterdir() if f.suffix in (".js", ".jsx"))
    folder, _, _ = rx.asset(first.name, shared=True).importable_path.rpartition("/")
    links = Path.cwd() / "assets" / folder.removeprefix(_PUBLIC)
    for file in others:
        _link(links / file.name, file)
    return {file.name: f"{folder}/{file.name}" for file in (first, *others)}


def _link(link: Path, target: Path) -> None:
    """Make `link` point to `target`. If it already does it is not touched, since file watchers would see an edit.

    It is replaced in one step, since several processes may compile in one folder.
    """
    if link.is_symlink() and link.readlink() == target:
        return
    new = link.with_name(f".{uuid4().hex}")
    new.symlink_to(target)
    new.replace(link)


_PATHS = {} if settings.is_serving() else _register()


def jsx(name: str) -> str:
    """The import path of one of our files, for a component's `library`.

    When compiling, raises KeyError if there is no such file; when serving, the path is not used.
    """
    return f"{_PUBLIC}{name}" if settings.is_serving() else _PATHS[name]
