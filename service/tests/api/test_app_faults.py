"""What senders and operators are told when the store fails."""

from __future__ import annotations

import asyncio
import gc
import time
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import apsw
import pytest
from app_helpers import BASE_URL, TRACE, native_span, packaged_reader, send
from llm_tracer_service.serving.app import create_app
from llm_tracer_service.settings import Settings
from llm_tracer_service.store import open_store
from starlette.testclient import TestClient
from starlette.types import Message

PATIENCE_S = 20.0


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "traces.db"


@pytest.fixture
def client(path: Path) -> Iterator[TestClient]:
    store = open_store(f"sqlite:{path}", packaged_reader())
    with TestClient(create_app(Settings(store=""), store, packaged_reader()), base_url=BASE_URL) as client:
        yield client
    store.close()


def test_a_sender_is_asked_to_come_back_and_the_operator_is_told_why(client: TestClient, path: Path) -> None:
    send(client, native_span())
    aside = path.with_name("aside")
    path.rename(aside)
    refusal = client.post("/api/spans", json={"spans": [native_span(2)]})
    assert refusal.status_code == 503
    assert int(refusal.headers["Retry-After"]) > 0
    assert "removed" in refusal.json()["detail"]
    assert client.get("/health").json()["status"] == "degraded"
    assert "removed" not in client.get("/health").text
    aside.rename(path)
    send(client, native_span(2))
    assert client.get("/health").json()["status"] == "ok"
    assert client.get("/api/storage").json()["problem"] is None


def test_a_store_recovers_without_anybody_writing(client: TestClient, path: Path) -> None:
    send(client, native_span())
    aside = path.with_name("aside")
    path.rename(aside)
    assert client.post("/api/spans", json={"spans": [native_span(2)]}).status_code == 503
    aside.rename(path)
    deadline_s = time.monotonic() + PATIENCE_S
    while client.get("/health").json()["status"] != "ok":
        assert time.monotonic() < deadline_s
        time.sleep(0.05)


def test_a_damaged_trace_is_told_as_that(client: TestClient, path: Path) -> None:
    send(client, native_span(1), native_span(2, "0" * 31 + "2"))
    connection = apsw.Connection(str(path))
    connection.set_busy_timeout(int(PATIENCE_S * 1_000))  # the service's own upkeep may be writing
    connection.execute("UPDATE bodies SET rest = zeroblob(100) WHERE id >> 24 = 1")
    connection.close()
    url = f"/api/traces/{TRACE}/spans/{native_span(1)['span_id']}"
    answer = client.get(url)
    assert answer.status_code == 503
    assert "store verify" in answer.json()["hint"]
    assert client.get("/health").json()["status"] == "degraded"
    assert "A body" in client.get("/api/storage").json()["problem"]
    assert client.get("/api/traces").json()["count"] == 2
    other = client.get(f"/api/traces/{'0' * 31}2/spans/{native_span(2)['span_id']}")
    assert other.status_code == 200


def test_a_sender_that_hangs_up_is_no_failure(client: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    arriving = iter(
        [
            {"type": "http.request", "body": b'{"spans": [', "more_body": True},
            {"type": "http.disconnect"},
        ]
    )
    answered: list[Message] = []

    async def receive() -> Message:
        return next(arriving)

    async def send_nowhere(message: Message) -> None:
        answered.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/api/spans",
        "raw_path": b"/api/spans",
        "query_string": b"",
        "headers": [(b"host", b"localhost"), (b"content-type", b"application/json")],
        "http_version": "1.1",
        "scheme": "http",
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 8001),
    }
    asyncio.run(client.app(scope, receive, send_nowhere))  # type: ignore[arg-type]
    assert (answered, caplog.text) == ([], "")


def answers_to(app: Any, receive: Any, cancel_after_s: float = PATIENCE_S) -> list[Message]:
    """What an application answers to spans that arrive by `receive`."""
    asked = {"type": "http", "method": "POST", "path": "/api/spans", "query_string": b"", "headers": []}
    answers: list[Message] = []

    async def send_back(message: Message) -> None:
        answers.append(message)

    async def run() -> None:
        task = asyncio.ensure_future(app(asked, receive, send_back))
        await asyncio.wait([task], timeout=cancel_after_s)
        task.cancel()
        await task

    asyncio.run(run())
    return answers


def test_what_has_no_room_is_asked_to_come_back_and_leaves_nothing_behind(client: TestClient) -> None:
    size_bytes = 4_000_000
    service = client.app.state.service  # type: ignore[attr-defined]

    async def receive() -> Message:
        await asyncio.sleep(0)
        return {"type": "http.request", "body": bytes(size_bytes), "more_body": True}

    gc.collect()
    gc.disable()
    tracemalloc.start()
    try:
        with service.room.share() as others:
            others.take(4 * service.settings.max_body_bytes - size_bytes)
            for _ in range(5):
                start = answers_to(client.app, receive)[0]
                assert start["status"] == 503
                assert int(dict(start["headers"])[b"retry-after"]) > 0
        assert tracemalloc.get_traced_memory()[0] < 2 * size_bytes
    finally:
        tracemalloc.stop()
        gc.enable()
    assert client.get("/api/ingest").json()["requests"][0]["status"] == 503


def test_what_takes_longer_than_a_stopping_server_waits_is_to_be_sent_again(client: TestClient) -> None:
    async def receive() -> Message:
        await asyncio.sleep(PATIENCE_S)
        return {"type": "http.disconnect"}

    start = answers_to(client.app, receive, cancel_after_s=0.1)[0]
    assert start["status"] == 503
    assert b"retry-after" in dict(start["headers"])
