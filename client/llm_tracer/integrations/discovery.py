"""Which libraries of the table are installed, and which instrumentation to use for each. Imports neither."""

from __future__ import annotations

from importlib import metadata
from typing import NamedTuple

from .libraries import FAMILIES, LIBRARIES, Library

_GROUP = "opentelemetry_instrumentor"


class Choice(NamedTuple):
    """An installed library. `entry_point` makes its instrumentor; None if no instrumentation is installed (then
    `instrumentation` is None, too) or the library needs none."""

    library: Library
    version: str
    instrumentation: str | None
    entry_point: metadata.EntryPoint | None


def choices() -> list[Choice]:
    """One for each installed library of the table, and for each further instrumentation of FAMILIES."""
    points = _entry_points()
    found = []
    for library in LIBRARIES:
        version = next(filter(None, map(version_of, library.packages)), None)
        if version is not None:
            used = next((name for name in library.instrumentations if name in points), None)
            found.append(Choice(library, version, used, points[used] if used else None))
    listed = {name for library in LIBRARIES for name in library.instrumentations}
    for name, point in points.items():
        if name.startswith(FAMILIES) and name not in listed:
            found.append(Choice(Library(point.name, (), (name,)), "", name, point))
    return found


def version_of(package: str) -> str | None:
    """The installed version of a distribution."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _entry_points() -> dict[str, metadata.EntryPoint]:
    """The instrumentors of this environment by the names of their distributions."""
    found = {}
    for point in metadata.entry_points(group=_GROUP):
        if point.dist is not None:
            found[point.dist.name.lower().replace("_", "-")] = point
    return found
