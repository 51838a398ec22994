"""What one check found."""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeAlias

State: TypeAlias = Literal["ok", "note", "warning", "problem"]
"""`note`: may be intended. `warning`: something is lost or hidden. `problem`: no trace arrives."""


class Check(NamedTuple):
    """`advice` is what to do; empty if nothing."""

    name: str
    state: State
    text: str
    advice: str = ""
