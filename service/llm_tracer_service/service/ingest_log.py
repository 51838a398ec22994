"""What came of the last requests that brought spans: so that a person sees why something does not arrive.

A request only adds to a list in memory (1 µs); the maintenance thread and whoever reads write it down. What a `kill -9`
takes are the notes of the last two seconds, never a span.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from threading import Lock

from llm_tracer_service.store.base import StoreError
from llm_tracer_service.store.contract import TraceStore
from llm_tracer_service.store.outcomes import Outcome, SenderTotals

PENDING_MAX = 20_000
"""So many requests wait to be written down; with a store that cannot be written, the oldest are forgotten (6 MB)."""


class IngestLog:
    """The ingest log of a store, and before it what is not written down yet: with a store that cannot be written, what
    is refused because of it is seen here all the same."""

    def __init__(self, store: TraceStore) -> None:
        self._store = store
        self._lock = Lock()
        self._pending: deque[tuple[str, Outcome]] = deque(maxlen=PENDING_MAX)

    def add(self, project: str, outcome: Outcome) -> None:
        """Notes what came of a request."""
        self._pending.append((project, outcome))

    def flush(self) -> None:
        """Writes down what is pending. Raises StoreError; then it stays pending."""
        with self._lock:
            waiting = list(self._pending)
            if not waiting:
                return
            by_project: dict[str, list[Outcome]] = {}
            for project, outcome in waiting:
                by_project.setdefault(project, []).append(outcome)
            self._store.keep_outcomes(by_project)
            for each in waiting:
                # While they were written, requests that came since may have pushed the oldest out of a full list.
                if self._pending and self._pending[0] is each:
                    self._pending.popleft()

    def last(self, project: str, limit: int) -> Sequence[Outcome]:
        """The newest first."""
        with suppress(StoreError):
            self.flush()
        pending = [outcome for of, outcome in reversed(list(self._pending)) if of == project][:limit]
        try:
            return [*pending, *self._store.outcomes(project, limit - len(pending))]
        except StoreError:
            return pending

    def totals(self, project: str) -> Sequence[SenderTotals]:
        """Sums over all requests that are written down, by sender. Raises StoreError."""
        with suppress(StoreError):
            self.flush()
        return self._store.sender_totals(project)
