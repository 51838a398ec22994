"""How a `.env` file is read, the same in every part."""

from __future__ import annotations

from collections.abc import Iterable


def assignments(lines: Iterable[str]) -> dict[str, str]:
    """The variables that the lines of a `.env` file set. Lines that set nothing, or set it to nothing, are skipped."""
    return dict(filter(None, map(_assignment, lines)))


def _assignment(line: str) -> tuple[str, str] | None:
    """`export NAME="value"  # comment` as (NAME, value); None if the line assigns nothing."""
    name, separator, value = line.strip().removeprefix("export ").partition("=")
    name, value = name.strip(), value.strip()
    if not separator or not name or name.startswith("#"):
        return None
    if value[:1] in ("'", '"') and (end := value.find(value[0], 1)) > 0:
        value = value[1:end]
    else:
        value = value.partition(" #")[0].rstrip()
    return (name, value) if value else None
