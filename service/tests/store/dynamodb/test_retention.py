"""Traces expire by the table's time-to-live: it deletes late, but they are not shown meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from dynamodb_tables import DynamoDBLocal, new_table
from llm_tracer_service.store import open_store
from llm_tracer_service.store.base import StoreError
from llm_tracer_service.store.dynamodb.store import DynamoStore

from ..helpers import SECOND, START, PlainReader, StillClock, make_span, span_id, trace_id

DAY = 86_400
PICTURE = "data:image/gif;base64," + "R0lGODlhAQABAIAAAAUEBAAAACwAAAAAAQABAAACAkQBADs" * 60


@pytest.fixture
def store(dynamodb: DynamoDBLocal, clock: StillClock) -> Iterator[DynamoStore]:
    with new_table(dynamodb) as url:
        opened = open_store(f"{url}&retention_days=30", PlainReader(), clock, abandon_after_s=60)
        assert isinstance(opened, DynamoStore)
        yield opened
        opened.close()


def times_to_live(store: DynamoStore, trace: int) -> dict[str, int | None]:
    """Of each kind of item of a trace (T) and of the project's blobs (X), in days after START: of the first that goes."""
    items: list[dict[str, Any]] = store._client.call("Scan", {})["Items"]
    found: dict[str, int | None] = {}
    for item in items:
        partition, kind = item["pk"]["S"], item["sk"]["S"].partition("#")[0]
        if partition == f"T#p#{trace_id(trace)}" or partition.startswith("X#p#"):
            days = (int(item["ttl"]["N"]) - START // SECOND) // DAY if "ttl" in item else None
            known = found.get(partition[0] + kind)
            found[partition[0] + kind] = days if known is None else min(known, days or known)
    return found


def test_what_is_past_its_time_is_seen_nowhere(store: DynamoStore, clock: StillClock) -> None:
    store.write("p", [make_span(1, session="s", tokens=1, kind="llm")])
    store.write("p", [make_span(2, start_s=1)])
    store.pin("p", trace_id(2))
    clock.advance(10 * DAY)
    store.write("p", [make_span(3, start_s=10 * DAY)])
    store.settle(budget_s=10)
    clock.advance(21 * DAY)
    assert [found.trace_id for found in store.find_traces("p").traces] == [trace_id(3), trace_id(2)]
    assert store.get_trace("p", trace_id(1)) is None
    assert store.get_span("p", trace_id(1), span_id(1)) is None
    assert store.find_sessions("p").sessions == ()
    assert store.find_trace_of_span("p", span_id(1)) is not None, "the others hold it too"
    for _ in range(2):
        assert store.stats("p").traces == 2
        store.settle(budget_s=10)
    assert not store.pin("p", trace_id(1))
    assert store.pin("p", trace_id(2), pinned=False)
    assert [found.trace_id for found in store.find_traces("p").traces] == [trace_id(3)]


def test_what_a_head_needs_goes_after_it(store: DynamoStore, clock: StillClock) -> None:
    store.write("p", [make_span(1, dur_s=None, input=PICTURE)])
    assert times_to_live(store, 1) == {"T!": 30, "TB": 32, "X!": 32, "XT": 32}
    clock.advance(9 * DAY)
    store.write("p", [make_span(1, span=2)])
    assert times_to_live(store, 1)["TB"] == 41
    store.pin("p", trace_id(1))
    assert set(times_to_live(store, 1).values()) == {None}
    store.pin("p", trace_id(1), pinned=False)
    assert times_to_live(store, 1)["TB"] == 41


def test_what_a_head_needs_goes_after_it_however_often_something_is_added(
    store: DynamoStore, clock: StillClock
) -> None:
    store.write("p", [make_span(1, dur_s=None, input=PICTURE)])
    for number in range(2, 10):
        clock.advance(0.9 * DAY)
        store.write("p", [make_span(1, number, parent=1)])
        ttls = times_to_live(store, 1)
        head = ttls.pop("T!")
        assert head is not None
        assert all(ttl is not None and ttl > head for ttl in ttls.values()), number


def test_what_comes_to_a_pinned_trace_stays(store: DynamoStore) -> None:
    store.write("p", [make_span(1, dur_s=None)])
    store.pin("p", trace_id(1))
    store.write("p", [make_span(1, 2, parent=1, input=PICTURE)])
    assert times_to_live(store, 1) == {"T!": None, "TB": None, "X!": None, "XT": None}


@pytest.mark.parametrize("what", ["a span", "a pin"])
def test_what_came_while_old_traces_go_keeps_its_trace(
    dynamodb: DynamoDBLocal, clock: StillClock, what: str
) -> None:
    with new_table(dynamodb) as url:
        store, other = (open_store(url, PlainReader(), clock, abandon_after_s=60) for _ in range(2))
        assert isinstance(store, DynamoStore)
        store.write("p", [make_span(1), make_span(2)])
        clock.advance(40 * DAY)
        look = store._retention.silent_since

        def look_and_something_comes(project: str, before_unix_nano: int) -> tuple[int, list[str]]:
            found = look(project, before_unix_nano)
            other.pin("p", trace_id(1)) if what == "a pin" else other.write("p", [make_span(1, 2, parent=1)])
            return found

        store._retention.silent_since = look_and_something_comes  # type: ignore[method-assign]
        assert store.maintain(budget_s=10, retention_days=30).expired == 1
        assert [found.trace_id for found in other.find_traces("p").traces] == [trace_id(1)]
        for each in (store, other):
            each.close()


def test_a_limit_of_size_is_refused_and_traces_go_by_age_all_the_same(
    dynamodb_url: str, clock: StillClock
) -> None:
    store = open_store(dynamodb_url, PlainReader(), clock, abandon_after_s=60)
    store.write("p", [make_span(1)])
    clock.advance(40 * DAY)
    with pytest.raises(StoreError, match="size of a DynamoDB table"):
        store.maintain(budget_s=10, retention_days=30, max_bytes=1)
    assert store.find_traces("p").traces == ()
    store.close()
