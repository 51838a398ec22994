"""Waiting for a change of a project: notified at once by this process, polled for where other processes write."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable


class Signal:
    """Tells waiting threads what this process changed, by project, until it is closed."""

    def __init__(self) -> None:
        self.is_closed = False
        self._told = threading.Condition()
        self._changes: Counter[str] = Counter()

    def tell(self, project: str) -> None:
        """Says that a project has changed."""
        with self._told:
            self._changes[project] += 1
            self._told.notify_all()

    def wait(
        self, project: str, has_changed: Callable[[], bool], timeout_s: float, poll_s: float = float("inf")
    ) -> bool:
        """Waits until `has_changed`, which is called first, whenever the project changed, and every `poll_s`. False when
        the time is up; True also if the signal is closed meanwhile."""
        deadline_s = time.monotonic() + timeout_s
        while not self.is_closed:
            seen = self._changes[project]
            if has_changed():
                return True
            left_s = deadline_s - time.monotonic()
            if left_s <= 0:
                return False
            with self._told:
                self._told.wait_for(self._is_news(project, seen), min(left_s, poll_s))
        return True

    def _is_news(self, project: str, seen: int) -> Callable[[], bool]:
        return lambda: self.is_closed or self._changes[project] != seen

    def close(self) -> bool:
        """Ends all waiting; False if it was closed before."""
        with self._told:
            was_open = not self.is_closed
            self.is_closed = True
            self._told.notify_all()
        return was_open
