"""The real application over the real stores, driven by an HTTP client; only the time is not real."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from app_helpers import BASE_URL, FixedClock
from dynamodb_tables import DynamoDBLocal, new_store
from lambda_events import Events
from llm_tracer_service.reading import load_reader
from llm_tracer_service.serving.app import create_app
from llm_tracer_service.settings import Settings, cache_dir
from llm_tracer_service.store import open_store
from starlette.testclient import TestClient


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--through", choices=["asgi", "lambda"], default="asgi", help="how requests reach the application"
    )


@pytest.fixture(scope="session")
def dynamodb() -> Iterator[DynamoDBLocal]:
    """One DynamoDB Local for all tests, each of which makes its own table."""
    server = DynamoDBLocal(cache_dir() / "dynamodb-local")
    yield server
    server.stop()


@pytest.fixture(params=["memory", "sqlite", "dynamodb"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty store of each kind."""
    server = request.getfixturevalue("dynamodb") if request.param == "dynamodb" else None
    with new_store(request.param, tmp_path, server) as url:
        yield url


@pytest.fixture
def make_client(
    request: pytest.FixtureRequest, store_url: str, clock: FixedClock
) -> Iterator[Callable[..., TestClient]]:
    """Makes clients of applications with other settings."""
    opened = []
    through_lambda = request.config.getoption("--through") == "lambda"

    def make(**settings: Any) -> TestClient:
        reader = load_reader()
        store = open_store(store_url, reader, clock, settings.get("abandon_after_s", 600.0))
        opened.append(store)
        chosen = Settings(store=store_url, **settings)
        app: Any = create_app(chosen, store, reader, clock, can_wait=not through_lambda)
        if through_lambda:
            app = Events(app, chosen)
        return TestClient(app, base_url=BASE_URL, raise_server_exceptions=False)

    yield make
    for store in opened:
        store.close()


@pytest.fixture
def client(make_client: Callable[..., TestClient]) -> TestClient:
    return make_client()
