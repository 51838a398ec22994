"""The real application over the real stores, driven by an HTTP client; only the time is not real."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from anyio.from_thread import start_blocking_portal
from app_helpers import BASE_URL, FixedClock, packaged_reader
from dynamodb_tables import DynamoDBLocal, new_store
from hypothesis import settings
from lambda_events import Events
from llm_tracer_service.serving.app import create_app
from llm_tracer_service.settings import Settings, cache_dir
from llm_tracer_service.store import open_store, patience
from starlette.testclient import TestClient

# On a busy machine a single example may be slow, and the tests of time measure CPU time themselves.
settings.register_profile("no deadline", deadline=None)
settings.load_profile("no deadline")


@pytest.fixture(scope="session", autouse=True)
def _one_event_loop() -> Iterator[None]:
    """All applications share one, as in a server. Without it, TestClient starts a thread and a loop for each request."""
    with start_blocking_portal() as TestClient.portal:
        yield


@pytest.fixture(scope="session", autouse=True)
def _patience_without_end() -> Iterator[None]:
    """A busy machine takes longer than an answer may take; where it stops then is a test's own matter."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(patience, "SECONDS_MAX", math.inf)
        yield


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
        reader = packaged_reader()
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
