"""Throttling, lost answers, partial batches, crashes between requests, many writers: nothing is lost or doubled."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from dynamodb_tables import DynamoDBLocal, client_of, new_table
from llm_tracer.model.span import SpanData
from llm_tracer_service.store import open_store
from llm_tracer_service.store.base import StoreUnavailable, TimeRange
from llm_tracer_service.store.contract import TraceStore
from llm_tracer_service.store.dynamodb import heads, rollups
from llm_tracer_service.store.dynamodb.client import Client
from llm_tracer_service.store.dynamodb.store import DynamoStore

from ..helpers import SECOND, START, ChangingReader, PlainReader, StillClock, make_span, span_id, trace_id
from ..test_agreement import assert_same_figures
from .faults import Crash, Faults
from .test_retention import PICTURE

TRACES = 200
TRACES_AT_ONCE = 8
THREADS = 6


@pytest.fixture
def table(dynamodb: DynamoDBLocal) -> Iterator[str]:
    with new_table(dynamodb, shards=2) as url:
        yield url.removeprefix("dynamodb:").partition("?")[0]


def store_over(client: Client, clock: StillClock) -> DynamoStore:
    return DynamoStore(client, "the test", PlainReader(), clock, abandon_after_s=60)


def batches(chooser: random.Random) -> list[list[SpanData]]:
    """Some 2,100 spans in 3,000 deliveries: a third also as started, a tenth again in another batch, some of 400 KB; those of
    eight traces shuffled, and a fifth of the batches twice."""
    found: list[list[SpanData]] = []
    for first in range(1, TRACES + 1, TRACES_AT_ONCE):
        deliveries = [
            delivery
            for trace in range(first, min(first + TRACES_AT_ONCE, TRACES + 1))
            for number in range(1, chooser.randint(1, 20) + 1)
            for delivery in deliveries_of(trace, number, chooser)
        ]
        chooser.shuffle(deliveries)
        found += [deliveries[at : at + 40] for at in range(0, len(deliveries), 40)]
    found += chooser.sample(found, len(found) // 5)
    chooser.shuffle(found)
    return found


def deliveries_of(trace: int, number: int, chooser: random.Random) -> list[SpanData]:
    text = "".join(chooser.choices("etaoin shrdlu", k=400_000 if chooser.random() < 0.005 else 300))
    span = make_span(
        trace, number, start_s=chooser.randrange(7_200), parent=None if number == 1 else number // 2,
        kind=chooser.choice(["llm", "tool"]), tokens=chooser.randrange(100), cost=0.25, text=text,
        error="no luck" if chooser.random() < 0.1 else None,
    )  # fmt: skip
    started = replace(span, end_time_unix_nano=None, attributes={"kind": "llm"})
    return [span, *([started] if chooser.random() < 0.3 else []), *([span] if chooser.random() < 0.1 else [])]


def send_until_acknowledged(store: TraceStore, batch: Sequence[SpanData]) -> None:
    while True:
        try:
            store.write("p", batch)
        except (Crash, StoreUnavailable):
            continue
        return


def test_many_writers_over_a_bad_line_lose_and_double_nothing(dynamodb: DynamoDBLocal, table: str) -> None:
    faults: list[Faults] = []
    clock = StillClock(START + 10_000 * SECOND)

    def writer(number: int) -> DynamoStore:
        def through(transport):  # type: ignore[no-untyped-def]
            faults.append(Faults(transport, number, share=2, crashes=8))
            return faults[-1]

        return store_over(client_of(dynamodb, table), clock) if number < 0 else _opened(through)

    def _opened(through) -> DynamoStore:  # type: ignore[no-untyped-def]
        while True:
            try:
                return store_over(client_of(dynamodb, table, through), clock)
            except Crash:
                continue

    chooser = random.Random(1)
    sent = batches(chooser)
    writers = [writer(number) for number in range(3)]
    with ThreadPoolExecutor(THREADS) as threads:
        list(threads.map(lambda at: send_until_acknowledged(writers[at % 3], sent[at]), range(len(sent))))
    happened = sum((each.happened for each in faults), start=type(faults[0].happened)())
    assert min(happened[kind] for kind in ("throttled", "lost answer", "unprocessed", "crash after")) > 3

    memory = open_store("memory:", PlainReader(), clock, abandon_after_s=60)
    for batch in sent:
        memory.write("p", batch)
    store = writer(-1)
    compare(store, memory)
    clock.advance(2 * rollups.SETTLED_AFTER_NS / SECOND)
    assert not store.settle(budget_s=60)
    assert_same_figures(store.stats("p"), memory.stats("p"))
    told = store.changes("p", _beginning(store))
    assert len({summary.trace_id for summary in told.traces}) == min(100, TRACES)
    assert [problem for step in store.verify() for problem in step.problems] == []


def _beginning(store: DynamoStore) -> str:
    from llm_tracer_service.store.dynamodb.changes import Cursor

    return Cursor(0).write("p")


def compare(store: TraceStore, memory: TraceStore) -> None:
    """All traces, all spans, all totals."""
    for trace in map(trace_id, range(1, TRACES + 1)):
        found, expected = store.get_trace("p", trace), memory.get_trace("p", trace)
        assert found is not None
        assert expected is not None
        assert found.rows == expected.rows
        assert dict(found.spans) == dict(expected.spans)
    summaries = [each.find_traces("p", limit=TRACES + 1).traces for each in (store, memory)]
    assert summaries[0] == summaries[1]
    for time_range in (TimeRange(), TimeRange(START + 3_000 * SECOND, START + 4_000 * SECOND)):
        assert_same_figures(store.stats("p", time_range=time_range), memory.stats("p", time_range=time_range))


@pytest.mark.parametrize("sizes", [(100,), (700_000,), (200_000, 200_000)], ids=["small", "long", "pages"])
def test_what_another_writer_built_upon_is_not_taken_from_under_it(
    dynamodb: DynamoDBLocal,
    table: str,
    clock: StillClock,
    monkeypatch: pytest.MonkeyPatch,
    sizes: Sequence[int],
) -> None:
    """The answer to a put is lost, and before the put is repeated, somebody else adds to what it left."""
    monkeypatch.setattr(heads, "PAGE_BYTES", 300)
    one, other = store_over(client_of(dynamodb, table), clock), store_over(client_of(dynamodb, table), clock)
    send = one._client._transport
    theirs = [make_span(1, 9, parent=1)]

    def transport(operation: str, body: bytes) -> tuple[int, bytes]:
        answer = send(operation, body)
        if operation == "PutItem" and b'"T#p#' in body and b'{"S":"!"}' in body and theirs:
            other.write("p", [theirs.pop()])
            raise TimeoutError("timed out")
        return answer

    one._client._transport = transport
    chooser = random.Random(7)
    sent = [
        make_span(1, number, parent=1, text=chooser.randbytes(size).hex())
        for number, size in enumerate(sizes, start=2)
    ]
    one.write("p", sent)
    assert not theirs
    assert [other.get_span("p", trace_id(1), span.span_id) for span in sent] == sent
    assert other.get_span("p", trace_id(1), span_id(9)) is not None
    assert [problem for step in one.verify() for problem in step.problems] == []
    one.close()
    other.close()


def test_a_trace_that_was_deleted_and_came_again_is_not_taken_for_the_earlier_one(
    dynamodb: DynamoDBLocal, table: str, clock: StillClock
) -> None:
    """While one writer adds to a trace, another process deletes the trace and begins it anew."""
    one, other = store_over(client_of(dynamodb, table), clock), store_over(client_of(dynamodb, table), clock)
    earlier, added, anew = (make_span(1, number, parent=9) for number in (1, 2, 3))
    one.write("p", [earlier])
    send = one._client._transport
    theirs = [anew]

    def transport(operation: str, body: bytes) -> tuple[int, bytes]:
        if operation == "PutItem" and theirs:
            other.delete_traces("p", [trace_id(1)])
            other.write("p", [theirs.pop()])
        return send(operation, body)

    one._client._transport = transport
    one.write("p", [added])
    found = [one.get_span("p", trace_id(1), span.span_id) for span in (earlier, added, anew)]
    assert found == [None, added, anew]
    assert [problem for step in one.verify() for problem in step.problems] == []
    one.close()
    other.close()


def test_a_remap_that_was_overtaken_leaves_no_bodies_behind(
    dynamodb: DynamoDBLocal, table: str, clock: StillClock
) -> None:
    reader = ChangingReader()
    one = DynamoStore(client_of(dynamodb, table), "the test", reader, clock, abandon_after_s=60)
    one.write("p", [make_span(1, 2, parent=1)])
    reader.edition = 2
    send = one._client._transport
    theirs = [make_span(1, 9, parent=1)]

    def transport(operation: str, body: bytes) -> tuple[int, bytes]:
        if operation == "PutItem" and theirs:
            one.write("p", [theirs.pop()])
        return send(operation, body)

    one._client._transport = transport
    assert one.remap().derived == 1
    head = one._heads.load("p", trace_id(1), consistent=True)
    assert head is not None
    items = one._client.query(head.key[0], "B#", "B~", consistent=True)
    assert {str(item["sk"]).split("#")[1] for item in items} == {part.name for part in head.parts}
    one.close()


def test_what_cannot_be_done_in_time_is_said(dynamodb: DynamoDBLocal, table: str, clock: StillClock) -> None:
    store = store_over(client_of(dynamodb, table), clock)
    store._client.call = _refusing  # type: ignore[method-assign]
    with pytest.raises(StoreUnavailable):
        store.write("p", [make_span()])
    assert store.info().problem == "DynamoDB does not answer."


def _refusing(operation: str, request: object) -> dict[str, object]:
    raise StoreUnavailable("DynamoDB does not answer.")


def test_a_deletion_that_was_interrupted_is_finished(
    dynamodb: DynamoDBLocal, table: str, clock: StillClock
) -> None:
    store = store_over(client_of(dynamodb, table), clock)
    for number in range(1, 4):
        store.write("p", [make_span(number, dur_s=None, big="x" * 300_000)])
        store.write("p", [make_span(number, span=2)])

    def deletes_until_it_crashes(seed: int) -> None:
        crashing = store_over(client_of(dynamodb, table), clock)
        send = crashing._client._transport
        left = seed

        def transport(operation: str, body: bytes) -> tuple[int, bytes]:
            nonlocal left
            left -= 1
            if left < 0:
                raise Crash
            return send(operation, body)

        crashing._client._transport = transport
        with pytest.raises(Crash):
            crashing.delete_traces("p", [trace_id(seed % 3 + 1)])

    for seed in (4, 5, 6):
        deletes_until_it_crashes(seed)
    store.maintain(budget_s=10)
    store.delete_project("p")
    left = {str(item["pk"])[:2] for item in _everything(store)}
    assert left <= {"J#", "P", "R#", "S"}, "the journal tells of it, the rest is gone"


def _everything(store: DynamoStore) -> list[dict[str, object]]:
    answer = store._client.call("Scan", {})
    return [{name: next(iter(value.values())) for name, value in item.items()} for item in answer["Items"]]


def test_a_body_that_is_missing_is_damage(dynamodb: DynamoDBLocal, table: str, clock: StillClock) -> None:
    store = store_over(client_of(dynamodb, table), clock)
    store.write("p", [make_span(dur_s=None)])
    bodies = [item for item in _everything(store) if str(item["sk"]).startswith("B#")]
    store._client.delete_many([(str(item["pk"]), str(item["sk"])) for item in bodies])
    (problem,) = [problem for step in store.verify() for problem in step.problems]
    assert f"Trace {trace_id(1)} of project p: A body of trace {trace_id(1)} is missing." in problem
    with pytest.raises(StoreUnavailable):
        store.get_span("p", trace_id(1), span_id(1))


@pytest.mark.parametrize("when", ["before the head is put", "after the head is gone"])
def test_a_trace_that_comes_again_while_it_is_deleted_has_its_blobs(
    dynamodb: DynamoDBLocal, table: str, clock: StillClock, when: str
) -> None:
    deleting, writing = (store_over(client_of(dynamodb, table), clock) for _ in range(2))
    sent = [make_span(1, input=PICTURE)]
    writing.write("p", sent)
    head = f"T#p#{trace_id(1)}"
    is_first = True

    def between(client: Client, operation: str, act: Callable[[], object], is_before: bool) -> None:
        send = client._transport

        def transport(asked: str, body: bytes) -> tuple[int, bytes]:
            nonlocal is_first
            is_it = is_first and asked == operation and head in body.decode()
            is_first = is_first and not is_it
            if is_it and is_before:
                act()
            answer = send(asked, body)
            if is_it and not is_before:
                act()
            return answer

        client._transport = transport

    if when == "before the head is put":
        between(writing._client, "PutItem", lambda: deleting.delete_traces("p", [trace_id(1)]), True)
        writing.write("p", sent)
    else:
        between(deleting._client, "DeleteItem", lambda: writing.write("p", sent), False)
        deleting.delete_traces("p", [trace_id(1)])
    assert not is_first
    assert writing.get_span("p", trace_id(1), span_id(1)) == sent[0]
    assert [problem for step in writing.verify() for problem in step.problems] == []
    assert writing.delete_traces("p", [trace_id(1)]) == 1
    assert not [item for item in _everything(writing) if str(item["pk"]).startswith(("T#", "X#", "D#"))]
