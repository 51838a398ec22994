"""Which projects exist, and in which of them something waits for a response."""

from __future__ import annotations

import time
from contextlib import suppress

from llm_tracer_service.store.dynamodb import keys
from llm_tracer_service.store.dynamodb.client import Client, Conflict

_LOOK_AGAIN_S = 2.0


class Projects:
    """The list of projects. A process asks once for what it does not know, but every two seconds whether nothing waits."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._known: set[str] = set()
        self._waiting: set[str] = set()
        self._looked_s: dict[str, float] = {}

    def all(self) -> list[str]:
        """All projects, ordered by name."""
        return sorted(
            keys.project_of(str(item["sk"])) for item in self._client.query(keys.PROJECTS, consistent=True)
        )

    def note(self, project: str) -> None:
        """Makes a project known."""
        if project not in self._known:
            with suppress(Conflict):
                self._client.put_version({"pk": keys.PROJECTS, "sk": keys.project_key(project), "v": 1}, 0)
            self._known.add(project)

    def note_waiting(self, project: str) -> None:
        """Makes it known that something waits in a project."""
        if project not in self._waiting:
            self._client.put({"pk": keys.PROJECTS, "sk": keys.project_key(project), "v": 1, "w": 1})
            self._waiting.add(project)

    def has_waiting(self, project: str) -> bool:
        """Whether something waits, as of at most two seconds ago."""
        now_s = time.monotonic()
        if (
            project not in self._waiting
            and now_s - self._looked_s.get(project, -_LOOK_AGAIN_S) >= _LOOK_AGAIN_S
        ):
            self._looked_s[project] = now_s
            item = self._client.get((keys.PROJECTS, keys.project_key(project)), consistent=True)
            if item is not None and "w" in item:
                self._waiting.add(project)
        return project in self._waiting
