from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from llm_tracer_service.store import open_store
from llm_tracer_service.store.base import TraceStore

from .helpers import ChangingReader, PlainReader, StillClock

# HYPOTHESIS_PROFILE=thorough before a release; `quick` keeps the suite under a minute.
_SLOW_IS_FINE = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture]
settings.register_profile("quick", max_examples=100, deadline=None, suppress_health_check=_SLOW_IS_FINE)
settings.register_profile("thorough", max_examples=5_000, deadline=None, suppress_health_check=_SLOW_IS_FINE)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))


@pytest.fixture
def clock() -> StillClock:
    return StillClock()


@pytest.fixture
def sqlite_path(tmp_path: Path) -> Path:
    return tmp_path / "traces.db"


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


@pytest.fixture(params=["memory", "sqlite"])
def store(
    request: pytest.FixtureRequest, tmp_path: Path, clock: StillClock, reader: ChangingReader
) -> Iterator[TraceStore]:
    """Every store in turn; a trace is abandoned after a minute of silence."""
    url = {"memory": "memory:", "sqlite": f"sqlite:{tmp_path / 'traces.db'}"}[request.param]
    opened = open_store(url, reader, clock, abandon_after_s=60)
    yield opened
    opened.close()
