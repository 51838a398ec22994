"""Waiting for changes, by long polling and as a stream, without a thread for each who waits."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from app_helpers import BASE_URL, TRACE, native_span, send
from llm_tracer_service.api.routes import changes
from llm_tracer_service.service.bell import Waiter
from starlette.testclient import TestClient

MOST_S = 30.0
"""As long as anybody may wait for changes."""

PATIENCE_S = 25.0
"""For all that a test does while somebody waits so long: it is over before that wait is."""


def test_without_a_cursor_the_present_one_comes_at_once(client: TestClient) -> None:
    send(client, native_span())
    answer = client.get("/api/changes?wait_s=20").json()
    assert (answer["traces"], answer["deleted"], answer["has_more"]) == ([], [], False)
    assert answer["cursor"]


def test_what_changed_and_what_is_gone(client: TestClient) -> None:
    cursor = client.get("/api/changes").json()["cursor"]
    send(client, native_span())
    changed = client.get("/api/changes", params={"after": cursor}).json()
    assert [trace["trace_id"] for trace in changed["traces"]] == [TRACE]
    client.delete(f"/api/traces/{TRACE}")
    gone = client.get("/api/changes", params={"after": changed["cursor"]}).json()
    assert (gone["traces"], gone["deleted"]) == ([], [TRACE])


def test_another_project_hears_nothing(client: TestClient) -> None:
    other = {"X-API-Key": "project-other"}
    cursor = client.get("/api/changes", headers=other).json()["cursor"]
    send(client, native_span())
    assert client.get("/api/changes", params={"after": cursor}, headers=other).json()["traces"] == []


@pytest.mark.parametrize("wait_s", ["31", "-1", "long"])
def test_nobody_waits_for_ever(client: TestClient, wait_s: str) -> None:
    assert client.get("/api/changes", params={"wait_s": wait_s}).status_code == 422


def test_the_time_is_up(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    cursor = client.get("/api/changes").json()["cursor"]
    waits_s: list[float] = []

    async def wait(waiter: Waiter, timeout_s: float) -> bool:
        waits_s.append(timeout_s)
        return False

    monkeypatch.setattr(Waiter, "wait", wait)
    monkeypatch.setattr(changes, "time", SimpleNamespace(monotonic=lambda: sum(waits_s)))
    answer = client.get("/api/changes", params={"after": cursor, "wait_s": 12})
    assert answer.json()["traces"] == []
    assert waits_s == [changes.LOOK_AGAIN_S, changes.LOOK_AGAIN_S, 2]


def in_one_loop(client: TestClient, talk: Any) -> None:
    async def run() -> None:
        transport = httpx.ASGITransport(client.app)
        async with httpx.AsyncClient(transport=transport, base_url=BASE_URL) as asynchronous:
            await asyncio.wait_for(talk(asynchronous), PATIENCE_S)

    asyncio.run(run())


async def until(holds: Callable[[], bool]) -> None:
    """`in_one_loop` ends a wait that is in vain."""
    while not holds():
        await asyncio.sleep(0.01)


def test_two_hundred_who_wait_keep_nobody_else_waiting_and_are_told_at_once(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changes, "LOOK_AGAIN_S", MOST_S)  # they are told: they do not find out by looking
    service = client.app.state.service  # type: ignore[attr-defined]

    async def talk(http: httpx.AsyncClient) -> None:
        cursor = (await http.get("/api/changes")).json()["cursor"]
        waiting = [
            asyncio.ensure_future(http.get("/api/changes", params={"after": cursor, "wait_s": MOST_S}))
            for _ in range(200)
        ]
        await until(lambda: service.bell.waiting("dev") == 200)
        assert (await http.get("/api/traces")).status_code == 200
        assert not any(each.done() for each in waiting)
        await http.post("/api/spans", json={"spans": [native_span()]})
        answers = await asyncio.gather(*waiting)
        assert all(len(answer.json()["traces"]) == 1 for answer in answers)

    in_one_loop(client, talk)


def test_a_waiter_whose_client_left_is_let_go(client: TestClient) -> None:
    service = client.app.state.service  # type: ignore[attr-defined]

    async def talk(_: httpx.AsyncClient) -> None:
        cursor = (await _.get("/api/changes")).json()["cursor"]
        left = asyncio.Event()
        sent: list[Any] = []
        asked = iter([{"type": "http.request", "body": b"", "more_body": False}])

        async def receive() -> Any:
            for message in asked:
                return message
            await left.wait()
            return {"type": "http.disconnect"}

        async def keep(message: Any) -> None:
            sent.append(message)

        scope = {
            "type": "http", "method": "GET", "path": "/api/changes", "raw_path": b"/api/changes", "root_path": "",
            "query_string": f"after={cursor}&wait_s=30".encode(), "headers": [(b"host", b"localhost")],
            "scheme": "http", "server": ("localhost", 8001), "client": None, "http_version": "1.1",
        }  # fmt: skip
        task = asyncio.ensure_future(client.app(scope, receive, keep))
        await until(lambda: service.bell.waiting("dev") == 1)
        left.set()
        await task
        assert service.bell.waiting("dev") == 0

    in_one_loop(client, talk)


def test_the_end_of_the_service_answers_those_who_wait(client: TestClient) -> None:
    service = client.app.state.service  # type: ignore[attr-defined]

    async def talk(http: httpx.AsyncClient) -> None:
        cursor = (await http.get("/api/changes")).json()["cursor"]
        waiting = asyncio.ensure_future(http.get("/api/changes", params={"after": cursor, "wait_s": 30}))
        # A function lets nobody wait: it has answered.
        await until(lambda: waiting.done() or service.bell.waiting("dev") == 1)
        service.bell.close()
        assert (await waiting).json()["traces"] == []

    in_one_loop(client, talk)
