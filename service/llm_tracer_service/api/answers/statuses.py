"""The states that traces and spans can be in."""

from __future__ import annotations

from typing import Literal

Status = Literal["running", "ok", "error", "abandoned"]
State = Literal["open", "closed", "abandoned"]
Code = Literal["unset", "ok", "error"]
