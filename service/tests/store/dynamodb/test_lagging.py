"""What was just written, while the index and eventually consistent reads do not show it yet."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from dynamodb_tables import DynamoDBLocal, client_of, new_table
from llm_tracer.model.span import SpanEvent
from llm_tracer_service.store.dynamodb import rollups
from llm_tracer_service.store.dynamodb.store import DynamoStore
from llm_tracer_service.store.outcomes import Outcome

from ..helpers import SECOND, START, PlainReader, StillClock, awaiting, make_span, span_id, trace_id
from .faults import Lagging
from .test_faults import _everything


@pytest.fixture
def store(dynamodb: DynamoDBLocal, clock: StillClock) -> Iterator[DynamoStore]:
    with new_table(dynamodb) as url:
        name = url.removeprefix("dynamodb:").partition("?")[0]
        client = client_of(dynamodb, name, Lagging)
        opened = DynamoStore(client, "the test", PlainReader(), clock, abandon_after_s=60)
        yield opened
        opened.close()


def catch_up(store: DynamoStore) -> None:
    """From now on, reads show all that was written."""
    lagging = store._client._transport
    assert isinstance(lagging, Lagging)
    lagging.is_behind = False


def test_what_came_just_now_is_not_told_as_deleted(store: DynamoStore) -> None:
    before = store.changes("p").cursor
    store.write("p", [make_span(1, dur_s=None)])
    store.write("p", [make_span(1, 2, parent=1)])
    told = store.changes("p", before)
    assert told.deleted == ()
    assert [(summary.trace_id, summary.span_count) for summary in told.traces] == [(trace_id(1), 2)]


@pytest.mark.parametrize("content_first", [True, False])
@pytest.mark.parametrize("started", [True, False])
def test_content_for_a_response_joins_the_span_that_came_just_before_or_after(
    store: DynamoStore, content_first: bool, started: bool
) -> None:
    if started:
        store.write("p", [make_span(1, dur_s=None)])
    content = awaiting("r", SpanEvent("judged", START))
    reporter = make_span(1, 2, parent=1 if started else None, response="r")
    for spans in ([content], [reporter]) if content_first else ([reporter], [content]):
        store.write("p", spans)
    catch_up(store)
    found = store.get_span("p", trace_id(1), span_id(2))
    assert found is not None
    assert [event.name for event in found.events] == ["judged"]


def test_a_project_goes_with_what_came_just_before(store: DynamoStore) -> None:
    store.write("p", [make_span(1), make_span(2)])
    assert store.delete_project("p") == 2
    catch_up(store)
    assert store.find_traces("p").traces == ()
    assert not [item for item in _everything(store) if str(item["pk"]).startswith(("T#", "D#"))]


def test_a_project_goes_with_the_requests_that_came_just_before(store: DynamoStore) -> None:
    store.keep_outcomes({"p": [Outcome(START, "/v1/traces", 200)]})
    store.delete_project("p")
    catch_up(store)
    assert store.outcomes("p") == []
    assert store.sender_totals("p") == []


def test_figures_that_were_compacted_just_now_are_whole(store: DynamoStore, clock: StillClock) -> None:
    catch_up(store)
    store.write("p", [make_span(1), make_span(2)])
    clock.advance(2 * rollups.SETTLED_AFTER_NS / SECOND)
    assert not store.settle(budget_s=10)
    store._client._transport.is_behind = True  # type: ignore[attr-defined]
    assert store.stats("p").traces == 2
