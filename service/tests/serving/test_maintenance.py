"""The thread that calls `maintain`."""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from threading import Event

import pytest
from app_helpers import BASE_URL, FixedClock, native_span, packaged_reader, resident_bytes, send
from llm_tracer_service.serving.app import create_app
from llm_tracer_service.serving.maintenance import Maintenance
from llm_tracer_service.settings import Settings
from llm_tracer_service.store import open_store
from llm_tracer_service.store.base import StoreUnavailable
from starlette.testclient import TestClient

PATIENCE_S = 20.0


def test_a_task_with_more_to_do_is_called_again_at_once() -> None:
    calls: list[int] = []
    done = Event()

    def task() -> bool:
        calls.append(1)
        if len(calls) == 3:
            done.set()
        return len(calls) < 3

    maintenance = Maintenance([task], every_s=1_000)
    maintenance.start()
    assert done.wait(PATIENCE_S)
    maintenance.stop()
    assert len(calls) == 4  # and a last turn


def test_what_fails_is_said_once_and_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    calls: list[int] = []
    done = Event()

    def task() -> bool:
        calls.append(1)
        if len(calls) == 4:
            done.set()
        if len(calls) < 3:
            raise StoreUnavailable("The disk is full.")
        if len(calls) == 3:
            raise ZeroDivisionError
        return False

    with caplog.at_level(logging.WARNING):
        maintenance = Maintenance([task], every_s=0.001)
        maintenance.start()
        assert done.wait(PATIENCE_S)
        maintenance.stop()
    said = [record.getMessage() for record in caplog.records]
    assert said == [
        "Maintenance has to wait: The disk is full.",
        "Maintenance failed; it is tried again",
    ]


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere it does nothing")
def test_freed_memory_goes_back_while_there_is_always_more_to_do() -> None:
    blocks = [bytearray(100_000) for _ in range(400)]
    kept = blocks[::20]
    del blocks
    before = resident_bytes()
    given_back = Event()

    def task() -> bool:
        if resident_bytes() < before - 20_000_000:
            given_back.set()
        return True

    maintenance = Maintenance([task], give_back_every_s=0.01)
    maintenance.start()
    assert given_back.wait(PATIENCE_S)
    maintenance.stop()
    assert len(kept) == 20


def test_a_service_forgets_by_its_settings(tmp_path: Path) -> None:
    clock = FixedClock()
    settings = Settings(store="", retention_days=1)
    store = open_store(f"sqlite:{tmp_path / 'traces.db'}", packaged_reader(), clock)
    app = create_app(settings, store, packaged_reader(), clock)
    client = TestClient(app, base_url=BASE_URL)
    send(client, native_span())
    clock.advance(2 * 86_400)
    with client:  # runs the lifespan: the thread has a turn at its start and one at its end
        pass
    assert client.get("/api/traces").json()["traces"] == []
    store.close()
