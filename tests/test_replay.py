"""Everything that 44 instrumentation libraries really sent arrives, once, in whatever order it comes."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from corpus import Request, Source, sources
from reading import all_traces, span_ids
from running import Running, start_service, stopping
from waiting import client_of

CORPUS = sources()


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One service for all sources."""
    with stopping(start_service(tmp_path_factory.mktemp("replay"))) as running:
        yield running


@pytest.fixture
def api(service: Running) -> Iterator[httpx.Client]:
    """A client of that service, its store emptied."""
    with client_of(service.url) as client:
        client.delete("/api/traces", params={"q": "", "confirm": "true"}).raise_for_status()
        assert stored(client) == (0, 0)
        yield client


def send(api: httpx.Client, request: Request) -> None:
    answer = api.post(request.path, content=request.body, headers=request.headers)
    assert answer.is_success, f"{request.source}/{request.file}: {answer.status_code} {answer.text[:300]}"


def stored(api: httpx.Client) -> tuple[int, int]:
    """Traces and distinct spans that the API shows; every span count is checked against the spans themselves."""
    traces = all_traces(api)
    spans = 0
    for trace in traces:
        ids = span_ids(api, trace["trace_id"])
        assert len(ids) == len(set(ids)) == trace["span_count"]
        spans += len(ids)
    return len(traces), spans


@pytest.mark.parametrize("source", CORPUS, ids=lambda source: source.name)
def test_a_source_arrives_whole_in_any_order_and_only_once(source: Source, api: httpx.Client) -> None:
    expected = (source.trace_count, source.span_count)
    for request in source.requests:
        send(api, request)
    assert stored(api) == expected
    for request in reversed(source.requests):
        send(api, request)
    assert stored(api) == expected


def test_all_sources_in_reverse_order_and_then_twice_more_give_the_same_counts(api: httpx.Client) -> None:
    everything = [request for source in CORPUS for request in source.requests]
    expected = (sum(source.trace_count for source in CORPUS), sum(source.span_count for source in CORPUS))
    for request in reversed(everything):
        send(api, request)
    assert stored(api) == expected
    before = said(api)
    for _ in range(2):
        for request in everything:
            send(api, request)
    assert stored(api) == expected
    assert said(api) == before


def said(api: httpx.Client) -> list[dict[str, object]]:
    """All that the list says of the traces, but for the time at which they last arrived."""
    return [
        {key: value for key, value in trace.items() if key != "last_received"} for trace in all_traces(api)
    ]


def test_the_corpus_holds_the_44_sources() -> None:
    assert len(CORPUS) == 44


def test_the_service_logs_no_error_while_it_receives_the_corpus(service: Running, api: httpx.Client) -> None:
    for source in CORPUS:
        for request in source.requests:
            send(api, request)
    assert "Traceback" not in service.output()
