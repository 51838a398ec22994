"""When a search stops that no index answers."""

from __future__ import annotations

import time

SECONDS_MAX = 5.0
"""Usual questions take a tenth of it. One of three hundred conditions, or about traces of 50,000 spans, took minutes, in
which everybody else waited for the processor."""


class Patience:
    """How long one answer is looked for: in so many items, and not beyond SECONDS_MAX."""

    def __init__(self, items_max: int) -> None:
        self._items_max = items_max
        self._ends_s = time.monotonic() + SECONDS_MAX

    def is_over(self, looked_at: int) -> bool:
        """Whether to stop after so many items."""
        return looked_at >= self._items_max or time.monotonic() > self._ends_s
