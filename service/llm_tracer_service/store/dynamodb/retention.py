"""Deleting traces by age, where the table's time-to-live is not used.

Only reading the list shows what is old. But what arrives later is never older: once everything was examined, nothing needs
to be until the oldest of what was left has come of age.
"""

from __future__ import annotations

import time
from itertools import islice

from llm_tracer_service.store.base import ALWAYS, Upkeep
from llm_tracer_service.store.checking import TIME_UNIX_NANO_MAX
from llm_tracer_service.store.dynamodb.deletion import TRACES_A_STEP, Deletion
from llm_tracer_service.store.dynamodb.heads import Head, Heads
from llm_tracer_service.store.dynamodb.listing import Listing, fragment_entries
from llm_tracer_service.store.dynamodb.projects import Projects

_LOOK_AGAIN_NS = 3_600_000_000_000
"""Another process may have unpinned an old trace."""


class Retention:
    """Deletes old traces, and remembers when to look again."""

    def __init__(self, heads: Heads, listing: Listing, deletion: Deletion, projects: Projects) -> None:
        self._heads = heads
        self._listing = listing
        self._deletion = deletion
        self._projects = projects
        self._retention_ns: int | None = None
        self._next_look = 0

    def look_again(self) -> None:
        """Notes that there may be an old trace."""
        self._next_look = 0

    def step(self, budget_s: float, retention_ns: int, now: int) -> Upkeep:
        """Deletes what is older, for about `budget_s` and at least one step."""
        if retention_ns == self._retention_ns and now < self._next_look:
            return Upkeep()
        deadline_s = time.monotonic() + budget_s
        before = now - retention_ns

        def may_go(head: Head) -> bool:
            # Since the list was read, spans may have arrived, or the trace may have been pinned.
            return head.received < before and not head.pinned

        expired = 0
        oldest = now
        for project in self._projects.all():
            received, silent = self.silent_since(project, before)
            oldest = min(oldest, received)
            remaining = iter(silent)
            while step := list(islice(remaining, TRACES_A_STEP)):
                expired += self._deletion.delete(project, step, may_go)
                if time.monotonic() >= deadline_s:
                    return Upkeep(expired=expired, more=True)
        self._retention_ns = retention_ns
        self._next_look = min(oldest + retention_ns + 1, now + _LOOK_AGAIN_NS)
        return Upkeep(expired=expired)

    def silent_since(self, project: str, before_unix_nano: int) -> tuple[int, list[str]]:
        """The unpinned traces of which nothing has arrived since a time. Of the other unpinned ones, when something last
        arrived of the one that has been silent longest."""
        listed = self._listing.newest_first(project, ALWAYS)
        entries = [*listed, *fragment_entries(self._listing, self._heads, project)]
        unpinned = [entry for entry in entries if not entry.pinned]
        left = [entry.received for entry in unpinned if entry.received >= before_unix_nano]
        silent = [entry.trace_id for entry in unpinned if entry.received < before_unix_nano]
        return min(left, default=TIME_UNIX_NANO_MAX), silent
