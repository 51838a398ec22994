"""One task for the whole process that knows whether the Tracer API is well and which traces changed.

It asks only while a browser is connected or has just asked for data. It keeps a few words and pushes them to every
connected session (`state.LiveState`); pages fetch the data itself over HTTP.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from . import view
from .api import ApiError, ApiHealth, Refused, TracerApi, Unreachable

WAIT_S = 4.0
"""How long one request for changes may stay open, so that a hanging API is noticed after seconds, not half a
minute."""
CALM_S = 0.3
"""The least time between two pushes: a busy program changes traces more often than people can read."""
RETRY_S = 2.0
IDLE_S = 1.0
LINGER_S = 30.0
"""How long it goes on after a page asked for data: the page's socket connects a moment later, or reconnects."""
FIRST_LOOK_S = 1.0
"""How long a page's request may wait for the first look after a pause, which takes some 10 ms."""
MANY = 200
"""More changed traces than this are reported as `*`, meaning any trace."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What every session shows. `version` grows by one with each change; `changed` has the ids of the last step."""

    health: view.Health
    version: int = 0
    changed: str = ""


@dataclass(slots=True)
class Live:
    """The task. `someone` says whether a browser is connected; `push` sends a snapshot to all connected browsers."""

    api: Callable[[], TracerApi]
    someone: Callable[[], bool]
    push: Callable[[Snapshot], Awaitable[None]]
    now: Snapshot = field(default_factory=lambda: Snapshot(view.health("connecting", "the Tracer API")))
    _asked: asyncio.Event = field(default_factory=asyncio.Event)
    _looked: asyncio.Event = field(default_factory=asyncio.Event)
    _asked_at_s: float = float("-inf")

    async def run(self) -> None:
        """Follow the API until cancelled. Never raises, whatever the API does."""
        cursor: str | None = None
        while True:
            if not self._is_wanted():
                self._looked.clear()
                await _set_within(self._asked, IDLE_S)
                continue
            try:
                cursor = await self._step(cursor)
                self._looked.set()
                await asyncio.sleep(CALM_S)
            except ApiError as error:
                await self._tell(_state_of(error), str(error))
                self._looked.set()
                await asyncio.sleep(RETRY_S)

    async def up_to_date(self) -> int:
        """The version that answers of the API from now on include at least.

        After a pause that takes a first look at the API, for which this waits FIRST_LOOK_S at most.
        """
        self._asked_at_s = asyncio.get_running_loop().time()
        self._asked.set()
        await _set_within(self._looked, FIRST_LOOK_S)
        return self.now.version

    def _is_wanted(self) -> bool:
        self._asked.clear()
        return self.someone() or asyncio.get_running_loop().time() - self._asked_at_s < LINGER_S

    async def _step(self, cursor: str | None) -> str:
        """Wait for changes (not after a pause), then look at the health, and push both together. Returns the next
        cursor."""
        if cursor is None or self.now.health["state"] != "connected":
            # After a pause or an outage anything may have changed: get the present cursor, and report that.
            told = await self.api().health()
            start = await self.api().changes(None, 0)
            await self._show(told, "*")
            return start.cursor
        moved = await self.api().changes(cursor, WAIT_S if self._looked.is_set() else 0)
        many = len(moved.trace_ids) > MANY or moved.has_more
        await self._show(await self.api().health(), "*" if many else " ".join(moved.trace_ids))
        await asyncio.sleep(moved.poll_after_s)
        return moved.cursor

    async def _show(self, told: ApiHealth, changed: str) -> None:
        """Push the health and the changed traces (ids, `*` for any, "" for none), if anything is new."""
        if told.status == "ok":
            health = view.health("connected", self.api().url, last_span_at=told.last_span_at)
        else:
            reason = f"its status is {told.status or 'unknown'}"
            health = view.health("unhealthy", self.api().url, reason)
        if changed or health != self.now.health:
            self.now = Snapshot(health, self.now.version + bool(changed), changed)
            await self.push(self.now)

    async def _tell(self, state: view.HealthState, detail: str) -> None:
        health = view.health(state, self.api().url, detail)
        if health != self.now.health:
            self.now = Snapshot(health, self.now.version, "")
            await self.push(self.now)


def _state_of(error: ApiError) -> view.HealthState:
    if isinstance(error, Unreachable):
        return "disconnected"
    return "refused" if isinstance(error, Refused) else "unhealthy"


async def _set_within(event: asyncio.Event, seconds: float) -> None:
    """Wait for an event, but no longer than this."""
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), seconds)
