"""What 44 instrumentation libraries sent, forwards, backwards and twice: DynamoDB answers like the memory store."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from app_helpers import FixedClock, packaged_reader
from dynamodb_tables import DynamoDBLocal, new_table
from llm_tracer.model.query import TraceQuery, Word
from llm_tracer_service.serving.app import create_app
from llm_tracer_service.settings import Settings
from llm_tracer_service.store import open_store
from llm_tracer_service.store.base import SORTS
from llm_tracer_service.store.contract import TraceStore
from starlette.testclient import TestClient

from ..test_agreement import assert_same_figures, assert_same_points

PROJECT = "dev"
QUERIES = (TraceQuery(), TraceQuery(Word("weather")))


@pytest.fixture
def corpus(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(Path(__file__).parents[4] / "tests"))
    monkeypatch.delitem(sys.modules, "corpus", raising=False)
    import corpus

    return corpus


def test_the_corpus_is_answered_as_by_memory(dynamodb: DynamoDBLocal, corpus: ModuleType) -> None:
    requests = [request for source in corpus.sources() for request in source.requests]
    assert len({request.source for request in requests}) == 44
    reader, clock = packaged_reader(), FixedClock()
    with new_table(dynamodb, shards=2) as url:
        stores = [open_store(each, reader, clock) for each in ("memory:", url)]
        for store in stores:
            app = create_app(Settings(store="memory:"), store, reader, clock)
            client = TestClient(app, base_url="http://127.0.0.1:8001")
            for request in [*requests, *reversed(requests)]:
                answer = client.post(request.path, content=request.body, headers=request.headers)
                assert answer.is_success, f"{request.source}/{request.file}"
        compare(*stores)
        stores[1].close()


def compare(memory: TraceStore, other: TraceStore) -> None:
    def both(ask: Callable[[TraceStore], object]) -> None:
        assert ask(other) == ask(memory)

    summaries = memory.find_traces(PROJECT, limit=10_000).traces
    assert len(summaries) > 44
    for query in QUERIES:
        for sort in SORTS[:2]:
            both(lambda store: store.find_traces(PROJECT, query, sort=sort, limit=10_000).traces)  # noqa: B023
        both(lambda store: store.find_spans(PROJECT, query, limit=10_000).spans)  # noqa: B023
        both(lambda store: store.find_sessions(PROJECT, query, limit=10_000).sessions)  # noqa: B023
        both(lambda store: {field: dict(of) for field, of in store.facets(PROJECT, query).counts.items()})  # noqa: B023
        assert_same_figures(other.stats(PROJECT, query), memory.stats(PROJECT, query))
        for group_by in ("model", "pattern", "failure", None):
            points = [store.aggregate(PROJECT, query, group_by=group_by).points for store in (other, memory)]  # type: ignore[arg-type]
            assert_same_points(*points)
    for summary in summaries:
        found, expected = (
            other.get_trace(PROJECT, summary.trace_id),
            memory.get_trace(PROJECT, summary.trace_id),
        )
        assert found is not None
        assert expected is not None
        assert found.rows == expected.rows
        for span_id in expected.spans:
            both(lambda store: repr(store.get_span(PROJECT, summary.trace_id, span_id)))  # noqa: B023
    both(lambda store: sorted(store.find_fragments(PROJECT, 10_000).fragments, key=repr))
    assert [problem for step in other.verify() for problem in step.problems] == []
