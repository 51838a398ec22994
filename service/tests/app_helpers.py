"""Helpers for tests of the application: a clock that stands still, spans, and sending them."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from llm_tracer_service.reading import DialectReader, load_reader
from starlette.testclient import TestClient

START = 1_795_435_200_000_000_000  # 2026-11-23T12:00:00Z
TRACE = "5b8efff798038103d269b633813fc60c"
BASE_URL = "http://127.0.0.1:8001"

one_store = pytest.mark.parametrize("store_url", ["memory"], indirect=True)
"""For what is decided before or after a store is asked: it is tested over one, not over each."""


class FixedClock:
    """The time of the service; it stands until a test moves it."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> int:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += int(seconds * 1e9)


@cache
def packaged_reader() -> DialectReader:
    """The reader of the packaged table, made once: what it remembers changes nothing of what it reads."""
    return load_reader()


def resident_bytes() -> int:
    """What of this process is in memory, as Linux counts it."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def span_id(number: int) -> str:
    return f"{number:016x}"


def native_span(number: int = 1, trace_id: str = TRACE, **fields: Any) -> dict[str, Any]:
    """An ended native span that began `number` milliseconds after START and took one second."""
    start = START + number * 1_000_000
    return {
        "trace_id": trace_id,
        "span_id": span_id(number),
        "name": f"span {number}",
        "start_time_unix_nano": start,
        "end_time_unix_nano": start + 1_000_000_000,
        **fields,
    }


def send(client: TestClient, *spans: dict[str, Any], **options: Any) -> None:
    """Sends native spans, all of which must be accepted."""
    answer = client.post("/api/spans", json={"spans": list(spans)}, **options)
    assert answer.status_code == 200, answer.text
    assert answer.json() == {"accepted": len(spans), "rejected": []}


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}
