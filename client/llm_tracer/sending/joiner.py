"""Ended spans, held until their trace is whole: a trace in one piece costs the store a third less.

Pure: the time is an argument.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .recorder import Recorded

HOLD_S = 3.0
HOLD_BYTES = 1_000_000


class _Held:
    __slots__ = ("is_whole", "since_s", "size_bytes", "spans")

    def __init__(self, now_s: float) -> None:
        self.spans: list[Recorded] = []
        self.size_bytes = 0
        self.since_s = now_s
        self.is_whole = False


class TraceJoiner:
    """Spans by trace. A trace is ready when a span has ended that had no running parent in this process, when its first
    span has waited for 3 s, or when 1 MB has been collected."""

    __slots__ = ("_held",)

    def __init__(self) -> None:
        self._held: dict[int, _Held] = {}

    def add(self, span: Recorded, now_s: float) -> None:
        held = self._held.get(span.trace_id_bits)
        if held is None:
            held = self._held[span.trace_id_bits] = _Held(now_s)
        held.spans.append(span)
        held.size_bytes += span._size_bytes
        held.is_whole = held.is_whole or span._is_root

    def take_ready(self, now_s: float, *, everything: bool = False) -> list[Recorded]:
        """The spans to send now, grouped by trace, in the order in which the first span of each trace came."""
        ready = [
            trace_id
            for trace_id, held in self._held.items()
            if everything or held.is_whole or held.size_bytes >= HOLD_BYTES or now_s - held.since_s >= HOLD_S
        ]
        return [span for trace_id in ready for span in self._held.pop(trace_id).spans]
