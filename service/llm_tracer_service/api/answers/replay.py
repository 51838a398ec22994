"""A model call, ready to be sent again."""

from __future__ import annotations

from msgspec import Struct


class Replay(Struct, frozen=True):
    """`text` to be copied; `left_out` counts parts of messages that this form cannot express."""

    text: str
    left_out: int
