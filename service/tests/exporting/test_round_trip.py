"""An export of everything, sent to an empty service, gives the same lists, traces, spans, sessions, totals and blobs."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from app_helpers import BASE_URL, FixedClock, packaged_reader
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from llm_tracer.model.span import SpanData
from llm_tracer_service.serving.app import create_app
from llm_tracer_service.settings import Settings
from llm_tracer_service.store import open_store
from starlette.testclient import TestClient

from .strategies import fragments, spans

FIXTURES = Path(
    os.environ.get("TRACER_TEST_CORPUS", Path(__file__).parents[3] / "tests" / "fixtures" / "otlp")
)
FORMATS = ("otlp", "jsonl")
STORES = ("memory", "sqlite")
OF_ARRIVAL = {"last_received", "next_cursor"}
"""When a store received something is its own, not of what it received."""


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Callable[[str], TestClient]]:
    """Makes services over empty stores, all at one time."""
    with services(tmp_path) as make:
        yield make


@contextmanager
def services(folder: Path) -> Iterator[Callable[[str], TestClient]]:
    clock, reader = FixedClock(), packaged_reader()
    with ExitStack() as opened:
        number = iter(range(100))

        def make(kind: str) -> TestClient:
            url = "memory:" if kind == "memory" else f"sqlite:{folder / f'{next(number)}.db'}"
            store = open_store(url, reader, clock)
            opened.callback(store.close)
            return TestClient(create_app(Settings(store=url), store, reader, clock), base_url=BASE_URL)

        yield make


def import_lines(client: TestClient, export: bytes, form: str) -> None:
    """As `llm-tracer import` does."""
    if form == "jsonl":
        answer = client.post(
            "/api/spans", content=export, headers={"Content-Type": "application/x-ndjson"}
        ).json()
        assert answer["rejected"] == []
        return
    for line in export.splitlines():
        signal = "logs" if "resourceLogs" in json.loads(line) else "traces"
        answer = client.post(f"/v1/{signal}", content=line, headers={"Content-Type": "application/json"})
        refused = answer.json().get("partialSuccess", {}).get("rejectedSpans", "0")
        assert (answer.status_code, refused) == (200, "0")  # odd times are remarked on, and kept


def export_of(client: TestClient, form: str) -> bytes:
    answer = client.get("/api/export", params={"format": form})
    assert answer.status_code == 200
    return answer.content


def everything(client: TestClient) -> dict[str, Any]:
    """All that the API says of a project, by the path that says it; of every seventh span of a trace what is in it, since
    the exports, which are compared too, have all of it."""
    said: dict[str, Any] = {}

    def ask(path: str, **params: Any) -> Any:
        answer = client.get(path, params=params)
        assert answer.status_code == 200, (path, answer.text)
        said[f"{path} {params}"] = without_arrival(answer.json())
        return answer.json()

    for sort in ("-start_time", "start_time", "-duration_ms", "-cost", "-tokens"):
        listed = ask("/api/traces", sort=sort, limit=1000)
        assert not listed["has_more"]
    for trace in listed["traces"]:
        path = f"/api/traces/{trace['trace_id']}"
        detail = ask(path)
        ask(f"{path}/skeleton")
        ask(f"{path}/transcript")
        for span in detail["spans"][::7]:
            shown = ask(f"{path}/spans/{span['span_id']}")
            blobs = re.findall(r'"(?:\$blob|blob_id)": "([0-9a-f]{64})"', json.dumps(shown))
            for sha256 in blobs:
                said[sha256] = client.get(f"/api/blobs/{sha256}").content
            if blobs:  # else it was whole already: another 4,000 requests
                ask(f"{path}/spans/{span['span_id']}", whole="true")
    for session in ask("/api/sessions", limit=1000)["sessions"]:
        ask(f"/api/sessions/{session['session_id']}")
    ask("/api/stats", group_by="model")
    for path in ("/api/facets", "/api/errors", "/api/patterns"):
        ask(path)
    ask("/api/spans", limit=1000)
    return said


def without_arrival(value: Any) -> Any:
    match value:
        case dict():
            return {name: without_arrival(item) for name, item in value.items() if name not in OF_ARRIVAL}
        case list():
            return [without_arrival(item) for item in value]
        case _:
            return value


def send_corpus(client: TestClient) -> int:
    """Everything that 44 libraries sent; how many requests."""
    sent = 0
    for source in json.loads((FIXTURES / "manifest.json").read_text())["sources"]:
        for file in source["files"]:
            headers = {"Content-Type": file["content_type"]}
            if file["content_encoding"] == "gzip":
                headers["Content-Encoding"] = "gzip"
            body = (FIXTURES / source["source"] / file["file"]).read_bytes()
            assert client.post(file["path"], content=body, headers=headers).status_code == 200
            sent += 1
    return sent


def test_all_captured_telemetry_comes_back(fresh: Callable[[str], TestClient]) -> None:
    """By both formats, through both stores."""
    first, second, third = fresh("sqlite"), fresh("memory"), fresh("sqlite")
    assert send_corpus(first) > 40
    export = export_of(first, "otlp")
    import_lines(second, export, "otlp")
    lines = export_of(second, "jsonl")
    import_lines(third, lines, "jsonl")
    assert everything(third) == everything(first)
    assert export_of(third, "otlp") == export
    assert export_of(third, "jsonl") == lines == export_of(first, "jsonl")


@pytest.mark.parametrize("form", FORMATS)
@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
        HealthCheck.function_scoped_fixture,
    ],
)
@given(sent=st.lists(st.one_of(spans, spans, fragments()), min_size=1, max_size=8))
def test_hostile_spans_come_back(tmp_path: Path, form: str, sent: list[SpanData]) -> None:
    for kind in STORES:
        with services(tmp_path / os.urandom(8).hex()) as make:
            first, second = make(kind), make(kind)
            first.app.state.service.store.write("dev", sent)  # type: ignore[attr-defined]
            export = export_of(first, form)
            import_lines(second, export, form)
            assert everything(second) == everything(first)
            assert export_of(second, form) == export
