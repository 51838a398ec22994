"""What was begun and not ended: figures and the feed of changes tell of it as lists do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from dynamodb_tables import DynamoDBLocal, client_of, new_table
from llm_tracer_service.store.base import StoreUnavailable
from llm_tracer_service.store.dynamodb import rollups
from llm_tracer_service.store.dynamodb.journal import TRACES_A_ROW
from llm_tracer_service.store.dynamodb.store import DynamoStore
from llm_tracer_service.store.dynamodb.writer import Touched

from ..helpers import SECOND, START, PlainReader, StillClock, make_span, span_id, trace_id
from .faults import Crash
from .test_retention import PICTURE

SETTLED_S = 2 * rollups.SETTLED_AFTER_NS / SECOND


@pytest.fixture
def store(dynamodb: DynamoDBLocal, clock: StillClock) -> Iterator[DynamoStore]:
    with new_table(dynamodb) as url:
        name = url.removeprefix("dynamodb:").partition("?")[0]
        opened = DynamoStore(client_of(dynamodb, name), "the test", PlainReader(), clock, abandon_after_s=60)
        yield opened
        opened.close()


@contextmanager
def failing_at(
    store: DynamoStore, operation: str, number: int, fault: Exception, once: bool = False
) -> Iterator[None]:
    """From the `number`th request of an operation on, none comes through; `once`, only that one does not."""
    send = store._client._transport
    sent = 0

    def transport(asked: str, body: bytes) -> tuple[int, bytes]:
        nonlocal sent
        sent += asked == operation
        if sent == number or (sent > number and not once):
            raise fault
        return send(asked, body)

    store._client._transport = transport
    with pytest.raises(type(fault)):
        yield
    store._client._transport = send


def settle(store: DynamoStore, clock: StillClock) -> None:
    clock.advance(SETTLED_S)
    assert not store.settle(budget_s=10)


@pytest.mark.parametrize("fault", [Crash(), StoreUnavailable("throttled")])
def test_a_deletion_that_ended_early_is_told(store: DynamoStore, clock: StillClock, fault: Exception) -> None:
    for number in (1, 2, 3):
        store.write("p", [make_span(number)])
    settle(store, clock)
    before = store.changes("p").cursor
    with failing_at(store, "DeleteItem", 2, fault):
        store.delete_traces("p", [trace_id(1), trace_id(2)])
    store.maintain(budget_s=10)
    settle(store, clock)
    assert [each.trace_id for each in store.find_traces("p").traces] == [trace_id(2), trace_id(3)]
    assert store.stats("p").traces == 2
    assert trace_id(1) in store.changes("p", before).deleted


def test_what_came_after_a_deletion_that_ended_early_stays(store: DynamoStore) -> None:
    sent = [make_span(1, input=PICTURE)]
    store.write("p", sent)
    with failing_at(store, "BatchWriteItem", 1, Crash()):
        store.delete_traces("p", [trace_id(1)])
    store.write("p", sent)
    store.maintain(budget_s=10)
    assert store.get_span("p", trace_id(1), span_id(1)) == sent[0]
    assert [problem for step in store.verify() for problem in step.problems] == []


def test_what_was_kept_of_a_call_that_failed_is_counted(store: DynamoStore, clock: StillClock) -> None:
    store.write("p", [make_span(1)])
    settle(store, clock)
    store._intake._threads._max_workers = 1  # one trace after another
    with failing_at(store, "PutItem", 3, StoreUnavailable("throttled"), once=True):
        store.write("p", [make_span(number) for number in (2, 3, 4, 5)])
    settle(store, clock)
    found = store.find_traces("p").traces
    assert len(found) > 1
    assert store.stats("p").traces == len(found)


def test_a_call_of_very_many_traces_is_told_in_several_rows(store: DynamoStore) -> None:
    count = 3 * TRACES_A_ROW
    store._journal.append(
        "p", [Touched(trace_id(number), (START, START + number)) for number in range(count)]
    )
    rows = store._journal.rows_after("p", 0)
    assert [touched.trace_id for row in rows for touched in row.touched] == [
        trace_id(number) for number in range(count)
    ]
