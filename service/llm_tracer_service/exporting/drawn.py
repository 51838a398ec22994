"""How a span is drawn in the tree of a page without scripts: its indent, and its bar in the time of the trace."""

from __future__ import annotations

from typing import NamedTuple

from llm_tracer.model.trace import Node

_DEEPEST_INDENT = 24
_BAR_WIDTH_MIN = 0.4


class Drawn(NamedTuple):
    """`bar_start` and `bar_width` are percentages of the trace's time."""

    indent: int
    bar_start: float
    bar_width: float


def drawn(node: Node, begin: int, end: int) -> Drawn:
    """A span of a trace that lasts from `begin` to `end`, in nanoseconds since 1970; one that runs lasts until then."""
    whole = max(1, end - begin)
    start, stop = node.row.start_time_unix_nano, node.row.end_time_unix_nano
    left = min(100.0, max(0.0, (start - begin) / whole * 100))
    width = ((end if stop is None else stop) - start) / whole * 100
    return Drawn(
        min(node.depth, _DEEPEST_INDENT),
        round(left, 2),
        round(max(_BAR_WIDTH_MIN, min(width, 100.0 - left)), 2),
    )
