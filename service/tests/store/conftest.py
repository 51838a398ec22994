from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from dynamodb_tables import DynamoDBLocal, new_table
from hypothesis import HealthCheck, settings
from llm_tracer_service.store import open_store
from llm_tracer_service.store.contract import TraceStore

from .helpers import ChangingReader, PlainReader, StillClock

# HYPOTHESIS_PROFILE=thorough before a release; `quick` keeps the suite under a minute.
_SLOW_IS_FINE = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture]
settings.register_profile("quick", max_examples=50, deadline=None, suppress_health_check=_SLOW_IS_FINE)
settings.register_profile("thorough", max_examples=5_000, deadline=None, suppress_health_check=_SLOW_IS_FINE)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))


@pytest.fixture
def clock() -> StillClock:
    return StillClock()


@pytest.fixture
def sqlite_path(tmp_path: Path) -> Path:
    return tmp_path / "traces.db"


@pytest.fixture
def dynamodb_url(dynamodb: DynamoDBLocal) -> Iterator[str]:
    """A new table."""
    with new_table(dynamodb) as url:
        yield url


@pytest.fixture
def reader() -> ChangingReader:
    return ChangingReader()


Open = Callable[[], TraceStore]


@pytest.fixture
def open_sqlite(sqlite_path: Path, clock: StillClock) -> Iterator[Open]:
    """Opens the same file, again and again."""
    opened: list[TraceStore] = []

    def open_again() -> TraceStore:
        opened.append(open_store(f"sqlite:{sqlite_path}", PlainReader(), clock, abandon_after_s=60))
        return opened[-1]

    yield open_again
    for store in opened:
        store.close()


@pytest.fixture(params=["memory", "sqlite", "dynamodb"])
def store(request: pytest.FixtureRequest, clock: StillClock, reader: ChangingReader) -> Iterator[TraceStore]:
    """Every store in turn; a trace is abandoned after a minute of silence."""
    opened = open_store(_new_url(request), reader, clock, abandon_after_s=60)
    yield opened
    opened.close()


@pytest.fixture(params=["memory", "sqlite"])
def sized_store(
    request: pytest.FixtureRequest, clock: StillClock, reader: ChangingReader
) -> Iterator[TraceStore]:
    """The stores that know their size, so that traces can go by it."""
    opened = open_store(_new_url(request), reader, clock, abandon_after_s=60)
    yield opened
    opened.close()


def _new_url(request: pytest.FixtureRequest) -> str:
    match request.param:
        case "sqlite":
            return f"sqlite:{request.getfixturevalue('tmp_path') / 'traces.db'}"
        case "dynamodb":
            url: str = request.getfixturevalue("dynamodb_url")
            return url
    return "memory:"
