"""The ingest log, over HTTP and as a page."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from app_helpers import BASE_URL, FixedClock, bearer, native_span, packaged_reader, send
from llm_tracer_service.serving.app import create_app
from llm_tracer_service.settings import Settings
from llm_tracer_service.store import open_store
from starlette.testclient import TestClient

AGENT = {"User-Agent": "my-exporter/1.0"}


def test_it_says_which_spans_were_refused_and_what_no_table_knows(client: TestClient) -> None:
    span = native_span(1, attributes={"gen_ai.request.model": "m", "house.colour": "red", "http.url": "u"})
    client.post(
        "/api/spans",
        json={"spans": [span, native_span(2, trace_id="bad")]},
        headers={**AGENT, "X-LLM-Tracer-Dropped-Spans": "3"},
    )
    log = client.get("/api/ingest").json()
    (request,) = log["requests"]
    assert request["examples"][0]["index"] == 1
    assert request["examples"][0]["reason"] == request["refused"][0]["reason"]
    assert request["unmapped"] == ["house.colour"]
    assert request["lost"] == 3
    assert request["duration_ms"] > 0
    assert log["unmapped"] == [{"key": "house.colour", "requests": 1}]
    (sender,) = log["senders"]
    assert (sender["source"], sender["product"], sender["convention"]) == (
        "/api/spans",
        "my-exporter",
        "otel-genai",
    )
    assert (sender["requests"], sender["accepted"], sender["refused"], sender["lost"]) == (1, 1, 1, 3)


def test_it_can_be_narrowed(client: TestClient) -> None:
    send(client, native_span(1), headers=AGENT)
    client.post("/v1/traces", content=b"{", headers={"Content-Type": "application/json"})
    assert [each["status"] for each in client.get("/api/ingest?refused=true").json()["requests"]] == [400]
    assert client.get("/api/ingest?sender=my-exporter").json()["count"] == 1
    assert client.get("/api/ingest?sender=/v1/traces").json()["count"] == 1
    assert client.get("/api/ingest?limit=1").json()["count"] == 1


def test_it_outlives_the_process(tmp_path: Path, clock: FixedClock) -> None:
    url = f"sqlite:{tmp_path / 'traces.db'}"
    for number in (1, 2):
        store = open_store(url, packaged_reader(), clock)
        with TestClient(
            create_app(Settings(store=url), store, packaged_reader(), clock), base_url=BASE_URL
        ) as client:
            send(client, native_span(number))
        store.close()
    store = open_store(url, packaged_reader(), clock, readonly=True)
    assert len(store.outcomes("dev")) == 2
    assert store.sender_totals("dev")[0].requests == 2
    store.close()


def test_what_a_broken_store_refuses_is_seen_all_the_same(tmp_path: Path, clock: FixedClock) -> None:
    path = tmp_path / "traces.db"
    store = open_store(f"sqlite:{path}", packaged_reader(), clock)
    client = TestClient(create_app(Settings(store=""), store, packaged_reader(), clock), base_url=BASE_URL)
    aside = path.with_name("aside")
    path.rename(aside)
    assert client.post("/api/spans", json={"spans": [native_span(1)]}).status_code == 503
    assert client.get("/ingest").text.count("removed or replaced") == 1
    aside.rename(path)
    send(client, native_span(2))
    assert [each["status"] for each in client.get("/api/ingest").json()["requests"]] == [200, 503]
    store.close()


def test_the_page_shows_it_escaped(client: TestClient) -> None:
    assert "Nothing has arrived yet" in client.get("/ingest").text
    client.post(
        "/api/spans",
        json={"spans": [native_span(2, trace_id="bad")]},
        headers={"User-Agent": "<script>alert(1)"},
    )
    page = client.get("/ingest?refused=true")
    assert page.status_code == 200
    assert "&lt;script&gt;alert(1)" in page.text
    assert "<script>" not in page.text
    assert "1 ×" in page.text
    assert "No requests match" in client.get("/ingest?sender=nobody").text


def test_a_page_shows_no_project_but_that_of_its_key(make_client: Callable[..., TestClient]) -> None:
    client = make_client(api_keys=("project-p.secret",))
    assert client.get("/ingest?project=q", headers=bearer("project-p.secret")).status_code == 403
    assert client.get("/ingest").status_code == 401
