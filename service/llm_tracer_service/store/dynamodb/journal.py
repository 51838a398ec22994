"""What was touched, in order of arrival: one item per call that changed something, more if it touched very many traces.

A row has a position: the time of its writer, or just after the last position that the writer knows. Writers do not wait
for each other, so a row may appear before one that has been read already, but only for as long as a put may be retried.
Readers rely on that: LATE_NS. The clocks of several writers may differ by more: each follows the one that is ahead.
"""

from __future__ import annotations

import heapq
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from threading import Lock

import msgspec

from llm_tracer_service.store.base import Clock
from llm_tracer_service.store.dynamodb import keys
from llm_tracer_service.store.dynamodb.client import Client
from llm_tracer_service.store.dynamodb.projects import Projects
from llm_tracer_service.store.dynamodb.wire import Item, Value
from llm_tracer_service.store.dynamodb.writer import Touched

LATE_NS = 30_000_000_000
"""A put is retried for 20 seconds, and its last attempt takes 5."""

LISTED_AFTER_NS = 2 * LATE_NS
"""After so long the index shows what was written, whatever happens."""

MOSTLY_LISTED_AFTER_NS = 10_000_000_000
"""The index usually takes less than a second."""

KEPT_S = 90 * 86_400
"""After so long the table's time-to-live removes a row."""

LOOK_AGAIN_S = 10.0
"""How old the positions of others may be that a process knows: less than LATE_NS."""

TRACES_A_ROW = 5_000
"""At some 40 bytes each; an item holds 400 KB."""

_KeptTouch = tuple[bytes, list[int], bool]
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[_KeptTouch]).decode


@dataclass(frozen=True, slots=True)
class Row:
    """What one call touched. `mark` tells it from other rows at the same position."""

    position: int
    mark: str
    touched: tuple[Touched, ...]


class Journal:
    """The journal of all projects, and the clock that never runs backwards."""

    def __init__(self, client: Client, shards: int, projects: Projects, clock: Clock) -> None:
        self._client = client
        self._shards = shards
        self._projects = projects
        self._clock = clock
        self._lock = Lock()
        self._position = 0
        self._last_arrival = 0
        self._is_loaded = False
        self._looked_s: dict[str, float] = {}

    def arrival(self) -> int:
        """The time of an arrival now: the clock's, or that of the latest arrival if the clock was set back."""
        with self._lock:
            self._load()
            self._last_arrival = max(self._clock(), self._last_arrival)
            return self._last_arrival

    def append(self, project: str, touched: Sequence[Touched]) -> None:
        """Notes what a call touched, except traces that are not shown, which interest nobody."""
        shown = [each for each in touched if each.starts]
        for first in range(0, max(1, len(shown)), TRACES_A_ROW):
            self._append(project, shown[first : first + TRACES_A_ROW])

    def _append(self, project: str, shown: Sequence[Touched]) -> None:
        with self._lock:
            self._load()
            self._look_again(project)
            self._position = position = max(self._clock(), self._position + 1)
            arrival = self._last_arrival
        shard = keys.shard_of(shown[0].trace_id, self._shards) if shown else 0
        item: dict[str, Value] = {
            "pk": keys.journal(project, shard),
            "sk": f"{position:016x}#{secrets.token_hex(4)}",
            "a": arrival,
            "t": _encode([(bytes.fromhex(each.trace_id), each.starts, each.is_deleted) for each in shown]),
            "ttl": position // 1_000_000_000 + KEPT_S,
        }
        self._client.put(item)

    def rows_after(self, project: str, position: int, limit: int | None = None) -> list[Row]:
        """The rows above a position, in order; with a limit, the first ones."""
        shards = [
            self._client.query(
                keys.journal(project, shard),
                f"{position + 1:016x}",
                keys.LAST,
                limit=limit,
                consistent=True,
            )
            for shard in range(self._shards)
        ]
        items = heapq.merge(*shards, key=lambda item: str(item["sk"]))
        return [_row(item) for item in islice(items, limit)]

    def recent(self, project: str, within_ns: int) -> set[str]:
        """The traces touched so recently that the list may not show them as they are."""
        rows = self.rows_after(project, max(0, self.now() - within_ns))
        return {touched.trace_id for row in rows for touched in row.touched}

    def now(self) -> int:
        """The time against which positions are late: the clock's, or the last position of this process."""
        return max(self._clock(), self._position)

    def last_arrival(self) -> int | None:
        """When a span last arrived, in any project; None for an empty store."""
        with self._lock:
            newest, _ = self._newest()
            self._last_arrival = max(self._last_arrival, newest)
            return self._last_arrival or None

    def _load(self) -> None:
        if not self._is_loaded:
            newest, position = self._newest()
            self._last_arrival = max(self._last_arrival, newest)
            self._position = max(self._position, position)
            self._is_loaded = True

    def _look_again(self, project: str) -> None:
        """Follows the positions of processes whose clocks are ahead: a row before what they compacted would not be read."""
        now_s = time.monotonic()
        if now_s - self._looked_s.get(project, -LOOK_AGAIN_S) >= LOOK_AGAIN_S:
            self._looked_s[project] = now_s
            _, position = self._newest_of(project)
            self._position = max(self._position, position)

    def _newest(self) -> tuple[int, int]:
        """The latest arrival and the latest position of any project."""
        newest = [self._newest_of(project) for project in self._projects.all()]
        return max((arrival for arrival, _ in newest), default=0), max(
            (position for _, position in newest), default=0
        )

    def _newest_of(self, project: str) -> tuple[int, int]:
        arrival = position = 0
        for shard in range(self._shards):
            page = self._client.page(keys.journal(project, shard), forward=False, limit=1, consistent=True)
            for item in page.items:
                arrival = max(arrival, int(item["a"]))
                position = max(position, _row(item).position)
        return arrival, position


def _row(item: Item) -> Row:
    position, _, mark = str(item["sk"]).partition("#")
    touched = tuple(
        Touched(trace_id.hex(), tuple(starts), is_deleted)
        for trace_id, starts, is_deleted in _decode(bytes(item["t"]))  # type: ignore[arg-type]
    )
    return Row(int(position, 16), mark, touched)
