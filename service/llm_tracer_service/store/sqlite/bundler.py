"""Bundles loose bodies while little is written: bundle by bundle, the earliest bodies of a project first.

Bundling costs 50 µs of CPU a span, once, and frees a quarter of the disk. It can be interrupted anywhere: a body is either
in its own row or in a bundle, and an index says which are not in one yet.
"""

from __future__ import annotations

import time

import apsw

from llm_tracer_service.store import bundling
from llm_tracer_service.store.bundling import Unpacked, unpacked
from llm_tracer_service.store.sqlite.bundles import Made, leave_alone
from llm_tracer_service.store.sqlite.connection import ReadPool, fetch
from llm_tracer_service.store.sqlite.group_commit import GroupCommit
from llm_tracer_service.store.sqlite.writer import Writer

_LEFT_LOOSE = 256
"""So many of the latest bodies stay loose: their traces may still grow, and what they supersede need not be moved twice.
They take 1 MB more than they need."""

_BUSY_SHARE_MAX = 0.1
"""Bundling waits for the next turn if transactions took more than a tenth of the time since the last one."""

_BODIES_READ_MAX = 1_000
_SIZE_MIN = 2


class Bundler:
    """Makes bundles of loose bodies. `connection` is the one that writes."""

    def __init__(
        self, connection: apsw.Connection, writer: Writer, commits: GroupCommit, pool: ReadPool
    ) -> None:
        self._connection = connection
        self._writer = writer
        self._commits = commits
        self._pool = pool
        self._looked_s, self._busy_s = time.monotonic(), 0.0

    def work(self, budget_s: float) -> tuple[int, bool]:
        """Bundles for about `budget_s`, and at least one step, unless much is being written. Returns how many bundles it
        made, and whether there is more to do now."""
        if self._busy_share() > _BUSY_SHARE_MAX:
            return 0, False
        deadline_s = time.monotonic() + budget_s
        made = 0
        while self._step(_LEFT_LOOSE, bundling.RAW_BYTES_MAX):
            made += 1
            if time.monotonic() >= deadline_s:
                return made, True
        return made, False

    def _busy_share(self) -> float:
        """The share of the time since the last call that transactions of writers took."""
        now_s, busy_s = time.monotonic(), self._commits.busy_s
        share = (busy_s - self._busy_s) / max(now_s - self._looked_s, 1e-6)
        self._looked_s, self._busy_s = now_s, busy_s
        return share

    def bundle_all(self) -> None:
        """Bundles everything that can be bundled, however little it is."""
        while self._step(0, 0):
            pass

    def _step(self, left_loose: int, bytes_min: int) -> bool:
        """Makes one bundle; False if no project has enough for one."""
        with self._pool.reading() as connection:
            last: int = connection.execute("SELECT last_body FROM store").get
            projects = fetch(connection, "SELECT id FROM projects")
        return any(self._bundle(project, last - left_loose, bytes_min) for (project,) in projects)

    def _bundle(self, project: int, last_number: int, bytes_min: int) -> bool:
        bodies: dict[int, Unpacked] = {}
        heads: dict[int, bytes] = {}
        alone: list[int] = []
        raw_bytes = 0
        with self._pool.reading() as connection:
            for body, head, rest in connection.execute(_LOOSE, (project, last_number, _BODIES_READ_MAX)):
                content = unpacked(head, rest)
                if content is None:
                    alone.append(body)
                    continue
                if raw_bytes + content.raw_bytes > bundling.RAW_BYTES_MAX:
                    bytes_min = 0
                    break
                bodies[body], heads[body] = content, head
                raw_bytes += content.raw_bytes
        is_full = raw_bytes >= bytes_min or len(bodies) == _BODIES_READ_MAX
        made = Made(project, bodies, heads) if is_full and len(bodies) >= _SIZE_MIN else None
        if made is None and not alone:
            return False

        def job() -> None:
            for body in alone:
                leave_alone(self._connection, body)
            if made is not None:
                made.keep(self._connection)

        self._commits.alone(lambda: self._writer.transaction([job]))
        return True


_LOOSE = """
    SELECT id, head, rest FROM bodies WHERE project = ? AND bundle IS NULL AND number <= ? ORDER BY number LIMIT ?
"""
