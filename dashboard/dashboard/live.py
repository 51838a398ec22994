"""One task for the whole process that knows whether the Tracer API is well and which traces moved.

It asks only while a browser is connected, or has just asked for data. What it learns is a few words, kept here and pushed
to every connected session (`state.LiveState`); pages fetch the data itself over HTTP.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from . import view
from .api import ApiError, ApiHealth, Refused, TracerApi, Unreachable

WAIT_S = 4.0
"""How long one question for changes may stay open: an API that hangs is told of some seconds later, not half a minute."""
CALM_S = 0.3
"""The least time between two pushes: a busy program moves traces more often than people can read."""
RETRY_S = 2.0
IDLE_S = 1.0
LINGER_S = 30.0
"""How long it goes on after a page asked for data: its socket comes a moment later, or again."""
FIRST_LOOK_S = 1.0
"""How long a page's question may wait for the first look after a pause, which takes some 10 ms."""
MANY = 200
"""More changed traces than this are told as `*`, any trace."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What every session shows. `version` grows by one with each change; `changed` are the ids of the last step."""

    health: view.Health
    version: int = 0
    changed: str = ""


@dataclass(slots=True)
class Live:
    """The task. `someone` says whether a browser is connected; `push` brings a snapshot to all of them."""

    api: Callable[[], TracerApi]
    someone: Callable[[], bool]
    push: Callable[[Snapshot], Awaitable[None]]
    now: Snapshot = field(default_factory=lambda: Snapshot(view.health("connecting", "the Tracer API")))
    _asked: asyncio.Event = field(default_factory=asyncio.Event)
    _looked: asyncio.Event = field(default_factory=asyncio.Event)
    _asked_at_s: float = float("-inf")

    async def run(self) -> None:
        """Follow the API until cancelled. Never raises for anything that the API does."""
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
        """The version that whatever is asked of the API from now on has in it, at the least.

        After a pause it is known once the API was looked at; where that takes long, nothing is waited for.
        """
        self._asked_at_s = asyncio.get_running_loop().time()
        self._asked.set()
        await _set_within(self._looked, FIRST_LOOK_S)
        return self.now.version

    def _is_wanted(self) -> bool:
        self._asked.clear()
        return self.someone() or asyncio.get_running_loop().time() - self._asked_at_s < LINGER_S

    async def _step(self, cursor: str | None) -> str:
        """One wait for changes, none after a pause, then one look at the health: both are one push. Returns the next
        cursor."""
        if cursor is None or self.now.health["state"] != "connected":
            # After a pause or an outage anything may have happened: learn where we are, and say so.
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
        """Push what is new of the health and the changed traces (ids, `*` for any, "" for none)."""
        if told.status == "ok":
            health = view.health("connected", self.api().url, last_span_at=told.last_span_at)
        else:
            reason = f"it says it is {told.status or 'in no known state'}"
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
    """Wait for an event, so long at the most."""
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), seconds)
