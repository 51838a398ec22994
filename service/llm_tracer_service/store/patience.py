"""When a search that no index answers gives up."""

from __future__ import annotations

import time

SECONDS_MAX = 5.0
"""Usual questions take a tenth of it. A query of three hundred conditions, or one over traces of 50,000 spans, took
minutes, during which everybody else waited for the processor."""


class Patience:
    """How long the search for one answer goes on: up to `items_max` items, and SECONDS_MAX."""

    def __init__(self, items_max: int) -> None:
        self._items_max = items_max
        self._ends_s = time.monotonic() + SECONDS_MAX

    def is_over(self, looked_at: int) -> bool:
        """Whether to stop after so many items."""
        return looked_at >= self._items_max or time.monotonic() > self._ends_s
