"""What people should know about how a span was read: a code for programs and a text for people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Code: TypeAlias = Literal[
    "reading",
    "usage",
    "tier_not_priced",
    "repeats_response",
    "differs_from_sum",
    "not_counted",
    "links_left_out",
]


@dataclass(frozen=True, slots=True)
class Note:
    """`span_id` is another span of the trace that the text is about."""

    code: Code
    text: str
    span_id: str | None = None
