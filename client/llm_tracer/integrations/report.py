"""What `instrument()` found and did, in readable form."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias

State: TypeAlias = Literal["on", "available", "missing", "failed"]


class Finding(NamedTuple):
    """One library. `on`: its calls become spans. `available`: it could be switched on, but was not asked for.
    `missing`: no instrumentation for it is installed. `failed`: its instrumentation could not be switched on."""

    library: str
    version: str
    state: State
    instrumentation: str
    """The distribution with its version; empty if there is none."""
    advice: str = ""
    """What would help, as words or a command; empty if nothing is missing."""


@dataclass(frozen=True, repr=False)
class Report:
    """The findings, by library. `problem` says why nothing could be switched on; empty if nothing prevented it."""

    findings: tuple[Finding, ...] = ()
    problem: str = ""

    @property
    def on(self) -> tuple[str, ...]:
        """The names of the libraries whose calls become spans."""
        return tuple(found.library for found in self.findings if found.state == "on")

    @property
    def missing(self) -> tuple[str, ...]:
        """The names of installed libraries that lack an instrumentation."""
        return tuple(found.library for found in self.findings if found.state == "missing")

    def __str__(self) -> str:
        """One line a library: its state, its name and version, and how or what to do."""
        if not self.findings and not self.problem:
            return "No library that calls models is installed."
        rows = [(f.state, f"{f.library} {f.version}".rstrip(), _how(f)) for f in self.findings]
        return "\n".join(filter(None, [self.problem, *_columns(rows)]))

    def __repr__(self) -> str:
        return str(self)  # in a notebook, the last line of a cell


def _how(found: Finding) -> str:
    return "; ".join(filter(None, (found.instrumentation, found.advice)))


def _columns(rows: Iterable[tuple[str, str, str]]) -> list[str]:
    rows = list(rows)
    widths = [max((len(row[column]) for row in rows), default=0) for column in range(2)]
    return [f"{row[0]:<{widths[0]}}  {row[1]:<{widths[1]}}  {row[2]}".rstrip() for row in rows]
