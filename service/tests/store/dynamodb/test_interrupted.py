"""Writes that were begun and not finished: figures and the feed of changes show them exactly as lists do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from dynamodb_tables import DynamoDBLocal, client_of, new_table
from llm_tracer.model.groups import GroupField
from llm_tracer_service.query import parse
from llm_tracer_service.store.base import StoreUnavailable
from llm_tracer_service.store.dynamodb import changes, journal, rollups
from llm_tracer_service.store.dynamodb.journal import KEPT_S, TRACES_A_ROW
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


def test_a_process_that_was_killed_before_it_told_is_found_out_and_mended(
    store: DynamoStore, clock: StillClock
) -> None:
    store.write("p", [make_span(1)])
    settle(store, clock)
    with failing_at(store, "PutItem", 2, Crash()):
        store.write("p", [make_span(2)])
    settle(store, clock)
    assert len(store.find_traces("p").traces) == 2
    assert [problem for step in store.verify() for problem in step.problems] == [
        "The totals of 1 hours of project p are not what its traces say; `llm-tracer store vacuum` counts them again."
    ]
    store.vacuum()
    assert store.stats("p").traces == 2
    assert [problem for step in store.verify() for problem in step.problems] == []


@pytest.mark.parametrize("is_compacted", [True, False])
def test_figures_of_what_the_journal_has_forgotten_are_counted_again(
    store: DynamoStore, clock: StillClock, is_compacted: bool
) -> None:
    """A program that ran for a minute a quarter of a year ago: nobody compacted its last calls."""
    if is_compacted:
        store.write("p", [make_span(1)])
        settle(store, clock)
    store.write("p", [make_span(2), make_span(3)])
    clock.advance(KEPT_S + 1)
    forget(store, clock)
    for _ in range(2):
        assert store.stats("p").traces == (3 if is_compacted else 2)
        assert not store.settle(budget_s=10)


def test_a_quiet_project_is_not_counted_again_and_again(store: DynamoStore, clock: StillClock) -> None:
    store.write("p", [make_span(1)])
    settle(store, clock)
    for _ in range(4):
        clock.advance(KEPT_S / 3)
        assert not store.settle(budget_s=10)
    forget(store, clock)
    lists = store._client.requests["Query"]
    assert store.stats("p").traces == 1
    assert store._client.requests["Query"] == lists + 2, "the journal and the days"


def forget(store: DynamoStore, clock: StillClock) -> None:
    """What the table's time-to-live does."""
    for item in store._client.call("Scan", {})["Items"]:
        if "ttl" in item and int(item["ttl"]["N"]) < clock() // SECOND:
            store._client.delete((item["pk"]["S"], item["sk"]["S"]))


def test_a_cursor_of_long_ago_is_answered_step_by_step(
    store: DynamoStore, clock: StillClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    cursor = store.changes("p").cursor
    sent = [trace_id(number % 7 + 1) for number in range(40)]
    for number in range(40):
        clock.advance(20)
        store.write("p", [make_span(number % 7 + 1, number + 1, parent=1)])
    monkeypatch.setattr(changes, "ROWS_A_STEP", 6)
    told: list[str] = []
    for _ in range(20):
        page = store.changes("p", cursor, limit=4)
        assert len(page.traces) <= 4
        told += [summary.trace_id for summary in page.traces]
        cursor = page.cursor
        if not page.has_more:
            break
    assert not page.has_more
    assert told[-3:] == sent[-3:]
    assert set(told) == set(sent)


def test_who_writes_by_a_slower_clock_is_counted(
    store: DynamoStore, clock: StillClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process, four minutes ahead, has compacted: what comes now does not lie behind that."""
    monkeypatch.setattr(journal, "LOOK_AGAIN_S", 0.0)
    store.write("p", [make_span(1)])
    ahead = StillClock(clock() + 240 * SECOND)
    other = DynamoStore(store._client, "the test", PlainReader(), ahead, abandon_after_s=60)
    other.write("p", [make_span(2)])
    settle(other, ahead)
    store.write("p", [make_span(3)])
    assert [each.stats("p").traces for each in (store, other)] == [3, 3]
    other.close()


@pytest.mark.parametrize("field", ["pattern", "failure", "name", "session", "status"])
def test_a_trace_may_go_while_it_is_counted(store: DynamoStore, field: GroupField) -> None:
    store.write("p", [make_span(1), make_span(2)])
    going = [trace_id(1)]
    send = store._client._transport

    def transport(operation: str, body: bytes) -> tuple[int, bytes]:
        if operation == "BatchGetItem" and going:  # the traces were listed, and are looked into
            store.delete_traces("p", [going.pop()])
        return send(operation, body)

    store._client._transport = transport
    store.aggregate("p", group_by=field)
    store.aggregate("p", parse("pattern:" + "0" * 16))
    groups = store.aggregate("p", group_by="pattern").points[0].groups
    assert [group.figures.traces for group in groups.values()] == [1]
