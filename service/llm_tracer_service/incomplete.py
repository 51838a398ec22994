"""What the API's answer leaves out because a long search was stopped, as text: for terminals and coding agents. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from llm_tracer.model.text import counted


def left_unsearched(answer: Mapping[str, Any], what: str = "trace") -> str:
    """How far a search or a count came; "" if it came to its end. `what` is one of those that were looked at."""
    if answer["complete"]:
        return ""
    if "counted_since" in answer:
        return f"Counted since {answer['counted_since']}: there are very many traces."
    until = f", at {answer['scanned_until']}" if answer["scanned_until"] else ""
    return f"The search stopped after {counted(answer['scanned'], what)}{until}: more may match."
