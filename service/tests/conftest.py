"""The real application over the real stores, driven by an HTTP client; nothing is mocked but the time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from app_helpers import BASE_URL, FixedClock
from llm_tracer_service.app import create_app
from llm_tracer_service.reading import load_reader
from llm_tracer_service.settings import Settings
from llm_tracer_service.store import open_store
from starlette.testclient import TestClient


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture(params=["memory", "sqlite"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return "memory:" if request.param == "memory" else f"sqlite:{tmp_path / 'traces.db'}"


@pytest.fixture
def make_client(store_url: str, clock: FixedClock) -> Iterator[Callable[..., TestClient]]:
    """Makes clients of applications with other settings."""
    opened = []

    def make(**settings: Any) -> TestClient:
        reader = load_reader()
        store = open_store(store_url, reader, clock, settings.get("abandon_after_s", 600.0))
        opened.append(store)
        app = create_app(Settings(store=store_url, **settings), store, reader, clock)
        return TestClient(app, base_url=BASE_URL, raise_server_exceptions=False)

    yield make
    for store in opened:
        store.close()


@pytest.fixture
def client(make_client: Callable[..., TestClient]) -> TestClient:
    return make_client()
