"""The one task that follows the API: what it tells, and that it asks only for somebody."""

import asyncio
from collections.abc import Callable
from typing import cast

import pytest
from dashboard.api import ApiError, ApiHealth, Changes, Refused, TracerApi, Unreachable

from dashboard import live

T = "0af7651916cd43dd8448eb211c80319c"
PATIENCE_S = 60.0


class Scripted:
    """Stands for the API: plays answers in order, then waits forever, and `is_over`."""

    url = "http://api.test"
    last_span_at: str | None = None

    def __init__(self, *steps: Changes | ApiError, status: str = "ok") -> None:
        self.steps = list(steps)
        self.status = status
        self.asked: list[str | None] = []
        self.is_over = False

    async def health(self) -> ApiHealth:
        return ApiHealth(self.status, "memory", "0.1.0", self.last_span_at)

    async def changes(self, after: str | None, wait_s: float) -> Changes:
        self.asked.append(after)
        if not self.steps:
            self.is_over = True
            await asyncio.Event().wait()
        step = self.steps.pop(0)
        if isinstance(step, ApiError):
            raise step
        return step


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CALM_S", "RETRY_S", "IDLE_S"):
        monkeypatch.setattr(live, name, 0.001)


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not holds():
            await asyncio.sleep(0.001)


async def told_by(
    api: Scripted, someone: Callable[[], bool] = lambda: True, over: Callable[[], bool] | None = None
) -> list[live.Snapshot]:
    """What it told until all answers were played, or `over`; and a moment longer, in which it might tell too much."""
    told: list[live.Snapshot] = []

    async def push(snapshot: live.Snapshot) -> None:
        told.append(snapshot)

    task = asyncio.create_task(live.Live(lambda: cast(TracerApi, api), someone, push).run())
    await until(over or (lambda: api.is_over))
    await asyncio.sleep(0.05)
    task.cancel()
    return told


async def test_connects_then_tells_each_change_once() -> None:
    api = Scripted(Changes((), "c0", False), Changes((T,), "c1", False), Changes((), "c2", False))
    told = await told_by(api)
    assert [(one.health["state"], one.version, one.changed) for one in told] == [
        ("connected", 1, "*"), ("connected", 2, T),
    ]  # fmt: skip
    assert api.asked == [None, "c0", "c1", "c2"]


async def test_it_asks_again_when_the_api_says(monkeypatch: pytest.MonkeyPatch) -> None:
    api = Scripted(
        Changes((), "c0", False), Changes((), "c1", False, poll_after_s=60.0), Changes((T,), "c2", False)
    )
    await told_by(api, over=lambda: len(api.asked) == 2)
    assert api.asked == [None, "c0"]


async def test_many_changes_are_told_as_any() -> None:
    api = Scripted(
        Changes((), "c0", False), Changes((T,) * (live.MANY + 1), "c1", False), Changes((T,), "c2", True)
    )
    assert [one.changed for one in await told_by(api)] == ["*", "*", "*"]


async def test_an_outage_is_told_once_and_what_was_missed_is_anything() -> None:
    api = Scripted(Unreachable("gone"), Unreachable("gone"), Changes((), "c5", False))
    told = await told_by(api)
    assert [one.health["state"] for one in told] == ["disconnected", "connected"]
    assert told[-1].changed == "*"


async def test_a_refused_key_and_a_degraded_service() -> None:
    assert (await told_by(Scripted(Refused("HTTP 401"))))[0].health["state"] == "refused"
    told = await told_by(Scripted(Changes((), "c0", False), status="degraded"))
    assert told[0].health["state"] == "unhealthy"
    assert "degraded" in told[0].health["detail"]


async def test_nobody_there_nothing_asked() -> None:
    api = Scripted(Changes((), "c0", False))
    assert await told_by(api, someone=lambda: False, over=lambda: True) == []
    assert api.asked == []


async def test_the_last_span_is_told_with_the_traces_that_it_changed() -> None:
    api = Scripted(Changes((), "c0", False), Changes((T,), "c1", False))
    api.last_span_at = "2026-11-25T20:00:00Z"
    told = await told_by(api)
    assert [one.health["last_span_at"] for one in told] == ["2026-11-25T20:00:00Z"] * 2


async def test_a_page_that_asks_is_somebody_before_its_socket_is_there() -> None:
    api = Scripted(Changes((), "c0", False), Changes((T,), "c1", False))
    follower = live.Live(lambda: cast(TracerApi, api), lambda: False, _nowhere)
    task = asyncio.create_task(follower.run())
    assert await follower.up_to_date() == 1  # it waited for the first look
    await until(lambda: api.is_over)
    assert (await follower.up_to_date(), api.asked) == (2, [None, "c0", "c1"])
    task.cancel()


async def test_a_page_does_not_wait_for_an_api_that_is_gone() -> None:
    follower = live.Live(lambda: cast(TracerApi, Scripted(Unreachable("gone"))), lambda: False, _nowhere)
    task = asyncio.create_task(follower.run())
    assert await follower.up_to_date() == 0
    task.cancel()


async def _nowhere(snapshot: live.Snapshot) -> None:
    """No session is connected."""
