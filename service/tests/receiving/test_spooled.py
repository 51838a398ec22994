"""What programs left on the disk while nobody listened."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
import zstandard
from app_helpers import native_span, one_store, send
from llm_tracer.sending.ledger import ENDED, Ledger, ledger_folder
from llm_tracer.sending.spool import Label, Spool, Spooled, destination_of, usable_folder
from llm_tracer_service.receiving import spooled
from llm_tracer_service.receiving.spooled import fetch_spooled, fetching_spooled
from starlette.testclient import TestClient

URL = "http://127.0.0.1:8001"
PORTS = {8001}
PATIENCE_S = 60.0


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    folder = usable_folder([str(tmp_path / "spool")])
    assert folder is not None
    return Spool(folder, destination_of(URL, None))


@pytest.fixture
def client(make_client: Callable[..., TestClient], spool: Spool) -> TestClient:
    return make_client(spool=spool.folder)


def request(*spans: dict[str, Any], url: str = URL, project: str | None = None, lost: int = 0) -> Spooled:
    body = zstandard.compress(msgspec.msgpack.encode({"spans": list(spans)}))
    label = Label(
        url, project, "/api/spans", "application/msgpack", "zstd", len(spans), len(spans), lost, len(body)
    )
    return Spooled(label, body)


def fetch(client: TestClient) -> int:
    return fetch_spooled(client.app.state.service, PORTS)  # type: ignore[attr-defined]


def names(client: TestClient, **headers: str) -> list[str]:
    return sorted(span["name"] for span in client.get("/api/spans", headers=headers).json()["spans"])


def test_what_waits_is_stored_and_gone_from_the_disk(client: TestClient, spool: Spool) -> None:
    spool.put(request(native_span(1), native_span(2), lost=7))
    assert fetch(client) == 1
    assert names(client) == ["span 1", "span 2"]
    assert spool.files() == []
    (record,) = client.get("/api/ingest").json()["requests"]
    assert (record["source"], record["accepted"], record["lost"], record["spooled"]) == ("spool", 2, 7, True)
    assert fetch(client) == 0


def test_a_span_that_had_arrived_already_is_not_there_twice(client: TestClient, spool: Spool) -> None:
    send(client, native_span(1))
    spool.put(request(native_span(1)))
    fetch(client)
    assert names(client) == ["span 1"]


def test_the_project_is_that_of_the_key_it_was_meant_for(client: TestClient, spool: Spool) -> None:
    spool.put(request(native_span(1), project="shop"))
    fetch(client)
    assert names(client) == []
    assert names(client, **{"X-API-Key": "project-shop"}) == ["span 1"]


@one_store
@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:9999", "https://tracer.example.org:8001", "https://localhost", "http://localhost:80010",
        "http://localhost:PORT", "http://[::1", "localhost:8001",
    ],
)  # fmt: skip
def test_what_was_meant_for_another_server_is_left_alone(url: str, client: TestClient, spool: Spool) -> None:
    spool.put(request(native_span(1), url=url))
    assert fetch(client) == 0
    assert len(spool.files()) == 1


def test_localhost_by_any_of_its_names_is_this_service(client: TestClient, spool: Spool) -> None:
    spool.put(request(native_span(1), url="http://localhost:8001/base"))
    assert fetch(client) == 1


def test_what_can_never_be_read_goes_and_the_ingest_log_says_why(client: TestClient, spool: Spool) -> None:
    spool.put(request(native_span(1))._replace(body=b"x" * len(request(native_span(1)).body)))
    assert fetch(client) == 1
    assert spool.files() == []
    (record,) = client.get("/api/ingest").json()["requests"]
    assert (record["status"], record["accepted"]) == (400, 0)


def test_what_is_over_the_rate_waits(make_client: Callable[..., TestClient], spool: Spool) -> None:
    client = make_client(spool=spool.folder, rate_limit=1)
    send(client, native_span(1))
    spool.put(request(native_span(2)))
    assert fetch(client) == 0
    assert len(spool.files()) == 1


@pytest.mark.skipif(not hasattr(os, "fork"), reason="locks are per process")
def test_while_a_program_delivers_itself_the_service_waits(client: TestClient, spool: Spool) -> None:
    spool.put(request(native_span(1)))
    with spool.claim() as is_ours:
        assert is_ours
        child = os.fork()
        if child == 0:
            os._exit(fetch(client))
        assert os.waitpid(child, 0)[1] == 0
    assert len(spool.files()) == 1


def test_without_a_spool_nothing_happens(make_client: Callable[..., TestClient], tmp_path: Path) -> None:
    assert fetch(make_client(spool=str(tmp_path / "none"))) == 0


@pytest.mark.skipif(sys.platform != "linux", reason="memory that is kept as a file, as Linux has it")
def test_what_a_killed_program_took_along_is_in_the_ingest_log(client: TestClient) -> None:
    port = 1_024 + os.getpid() % 60_000  # the folder is that of the user: nobody else's tests use this one
    child = os.fork()
    if child == 0:
        ledger = Ledger(str(ledger_folder()), "0" * 16, api_url=f"http://127.0.0.1:{port}", project=None)
        ledger.counts[ENDED] += 5
        os._exit(0)
    os.waitpid(child, 0)
    fetch_spooled(client.app.state.service, {port})  # type: ignore[attr-defined]
    (record,) = client.get("/api/ingest").json()["requests"]
    assert (record["accepted"], record["lost"]) == (0, 5)


def test_the_thread_fetches_at_once_and_again_and_ends_with_the_block(
    client: TestClient, spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def until_fetched() -> None:
        deadline_s = time.monotonic() + PATIENCE_S
        while spool.files():
            assert time.monotonic() < deadline_s
            time.sleep(0.01)

    monkeypatch.setattr(spooled, "LOOK_S", 0.01)
    spool.put(request(native_span(1)))
    with fetching_spooled(client.app.state.service, PORTS):  # type: ignore[attr-defined]
        until_fetched()
        spool.put(request(native_span(2)))
        until_fetched()
    assert names(client) == ["span 1", "span 2"]
    assert "spool" not in {thread.name for thread in threading.enumerate()}


def test_what_senders_report_in_a_header_is_in_the_ingest_log(client: TestClient) -> None:
    send(client, native_span(1), headers={"X-LLM-Tracer-Dropped-Spans": "3", "X-LLM-Tracer-Spooled": "1"})
    send(client, native_span(2), headers={"X-LLM-Tracer-Dropped-Spans": "many"})
    records = client.get("/api/ingest").json()["requests"]
    assert [(record["lost"], record["spooled"]) for record in records] == [(0, False), (3, True)]
    assert "tracer_spans_lost_by_senders_total 3" in client.get("/metrics").text.replace(
        '{project="dev"}', ""
    )
