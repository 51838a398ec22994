"""Traces go by age, where the table's time-to-live is not used.

To know what is old, the list has to be read. But nothing that arrives later is older: after a look at all, none is needed
until the oldest of what was left has come of age.
"""

from __future__ import annotations

import time
from itertools import islice

from llm_tracer_service.store.base import Upkeep
from llm_tracer_service.store.dynamodb.deletion import TRACES_A_STEP, Deletion
from llm_tracer_service.store.dynamodb.heads import Head
from llm_tracer_service.store.dynamodb.projects import Projects
from llm_tracer_service.store.dynamodb.upkeep import Upkeep as Keeping

_LOOK_AGAIN_NS = 3_600_000_000_000
"""Another process may have unpinned something old."""


class Retention:
    """Remembers when to look again."""

    def __init__(self, keeping: Keeping, deletion: Deletion, projects: Projects) -> None:
        self._keeping = keeping
        self._deletion = deletion
        self._projects = projects
        self._retention_ns: int | None = None
        self._next_look = 0

    def look_again(self) -> None:
        """Something old may be there."""
        self._next_look = 0

    def step(self, budget_s: float, retention_ns: int, now: int) -> Upkeep:
        """Deletes what is older, for about so long and at least one step."""
        if retention_ns == self._retention_ns and now < self._next_look:
            return Upkeep()
        deadline_s = time.monotonic() + budget_s
        before = now - retention_ns

        def may_go(head: Head) -> bool:
            # Since the list was read, something may have arrived, or it may have been pinned.
            return head.received < before and not head.pinned

        expired = 0
        oldest = now
        for project in self._projects.all():
            received, silent = self._keeping.silent_since(project, before)
            oldest = min(oldest, received)
            remaining = iter(silent)
            while step := list(islice(remaining, TRACES_A_STEP)):
                expired += self._deletion.delete(project, step, may_go)
                if time.monotonic() >= deadline_s:
                    return Upkeep(expired=expired, more=True)
        self._retention_ns = retention_ns
        self._next_look = min(oldest + retention_ns + 1, now + _LOOK_AGAIN_NS)
        return Upkeep(expired=expired)
