"""The JSX of this folder, made known to Reflex as one library so that its files can import each other.

Reflex puts a shared asset in a folder named after the module that registers it; registering all from here keeps
them side by side, and relative imports between them work. Only the compile needs them: a wheel does not carry them.
"""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

import reflex as rx

from .. import settings

_PUBLIC = "$/public/"
"""How an import names what Reflex serves from the folder `assets`."""


def _register() -> dict[str, str]:
    """Import paths of all our files by name.

    Reflex is asked once where they go: it looks through the stack each time, which takes 20 ms a file, 3.3 s for all.
    """
    first, *others = sorted(f for f in Path(__file__).parent.iterdir() if f.suffix in (".js", ".jsx"))
    folder, _, _ = rx.asset(first.name, shared=True).importable_path.rpartition("/")
    links = Path.cwd() / "assets" / folder.removeprefix(_PUBLIC)
    for file in others:
        _link(links / file.name, file)
    return {file.name: f"{folder}/{file.name}" for file in (first, *others)}


def _link(link: Path, target: Path) -> None:
    """Have `link` lead to `target`; one that does is not touched, since what watches files would see an edit.

    Replaced in one step: several processes may compile in one folder.
    """
    if link.is_symlink() and link.readlink() == target:
        return
    new = link.with_name(f".{uuid4().hex}")
    new.symlink_to(target)
    new.replace(link)


_PATHS = {} if settings.is_serving() else _register()


def jsx(name: str) -> str:
    """The import path of one of our files, for a component's `library`.

    Raises KeyError for a name that is no file, when compiling; when serving the path is not looked at.
    """
    return f"{_PUBLIC}{name}" if settings.is_serving() else _PATHS[name]
