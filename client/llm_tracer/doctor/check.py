"""What one check found."""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeAlias

State: TypeAlias = Literal["ok", "note", "warning", "problem"]
"""`note` may be meant so, `warning` loses or hides something, `problem` means that no trace arrives."""


class Check(NamedTuple):
    """`advice` is what to do; empty where there is nothing to do."""

    name: str
    state: State
    text: str
    advice: str = ""
