"""How long traces are kept: by age, by size, by pins. The contract of `maintain`, for every store."""

from __future__ import annotations

from pathlib import Path

import apsw
import pytest
from hypothesis import given
from hypothesis import strategies as st
from llm_tracer_service.store import open_store
from llm_tracer_service.store.base import ProjectStorage, Upkeep
from llm_tracer_service.store.contract import TraceStore
from llm_tracer_service.store.sqlite import schema

from .conftest import Open
from .helpers import SECOND, START, PlainReader, StillClock, make_span, trace_id

DAY = 86_400.0


def ids(store: TraceStore, project: str = "p") -> list[str]:
    return [trace.trace_id for trace in store.find_traces(project, sort="start_time").traces]


def upkeep(
    store: TraceStore, retention_days: float | None = None, max_bytes: int | None = None
) -> tuple[int, int]:
    """Maintains to the end; what went by age, and by size."""
    expired = evicted = 0
    while True:
        step = store.maintain(0.0, retention_days, max_bytes)
        expired, evicted = expired + step.expired, evicted + step.evicted
        if not step.more:
            return expired, evicted


def long_text(number: int) -> str:
    """Half a megabyte that is no other's and compresses badly."""
    return "".join(f"{number * 7919 + step * step:x}" for step in range(60_000))


def live_bytes(store: TraceStore) -> int:
    upkeep(store)  # texts are in the index
    info = store.info()
    assert info.live_bytes is not None
    return info.live_bytes + (info.text_index_bytes or 0)


def test_traces_go_by_age_when_nothing_arrived_for_as_long(store: TraceStore, clock: StillClock) -> None:
    store.write("p", [make_span(1), make_span(2)])
    store.write("q", [make_span(3)])
    clock.advance(60 * DAY)
    store.write("p", [make_span(2, span=2)])
    clock.advance(31 * DAY)
    assert upkeep(store, retention_days=90) == (2, 0)
    assert (ids(store, "p"), ids(store, "q")) == ([trace_id(2)], [])
    assert store.stats("p").traces == 1
    assert store.maintain(0.0, 90) == Upkeep()


def test_what_a_sender_says_of_the_time_deletes_nothing(store: TraceStore) -> None:
    store.write("p", [make_span(1, start_s=-400 * DAY), make_span(2, start_s=400 * DAY)])
    assert upkeep(store, retention_days=1) == (0, 0)


def test_a_trace_of_exactly_the_age_stays(store: TraceStore, clock: StillClock) -> None:
    store.write("p", [make_span(1)])
    clock.advance(DAY)
    assert upkeep(store, retention_days=1) == (0, 0)
    assert upkeep(store, retention_days=999_999) == (0, 0)  # somebody's "for ever": longer than since 1970
    clock.unix_nano += 1
    assert upkeep(store, retention_days=1) == (1, 0)


def test_without_limits_nothing_goes(store: TraceStore, clock: StillClock) -> None:
    store.write("p", [make_span(1)])
    clock.advance(10_000 * DAY)
    assert upkeep(store) == (0, 0)


def test_fragments_go_by_age_too_and_are_no_traces(store: TraceStore, clock: StillClock) -> None:
    store.write("p", [make_span(1, start_s=None, input=long_text(1))])
    before = live_bytes(store)
    clock.advance(2 * DAY)
    assert upkeep(store, retention_days=1) == (0, 0)
    assert live_bytes(store) < before


def test_by_size_the_trace_that_was_silent_longest_goes_first(
    sized_store: TraceStore, clock: StillClock
) -> None:
    for number in range(1, 6):
        sized_store.write("p", [make_span(number, start_s=-number, input=long_text(number))])
        clock.advance(1)
    sized_store.write("p", [make_span(1, span=2)])
    whole = live_bytes(sized_store)
    expired, evicted = upkeep(sized_store, max_bytes=whole - 1)
    assert (expired, evicted) == (0, 1)
    assert set(ids(sized_store)) == {trace_id(number) for number in (1, 3, 4, 5)}
    upkeep(sized_store, max_bytes=whole // 2)
    left = sized_store.info().live_bytes
    assert left is not None
    assert left <= whole // 2
    assert trace_id(1) in ids(sized_store)
    assert trace_id(3) not in ids(sized_store)


def test_what_is_pinned_stays_whatever_its_age_and_the_size(
    sized_store: TraceStore, clock: StillClock
) -> None:
    sized_store.write("p", [make_span(1), make_span(2)])
    assert sized_store.pin("p", trace_id(1))
    clock.advance(100 * DAY)
    assert upkeep(sized_store, retention_days=90, max_bytes=1) == (1, 0)
    assert ids(sized_store) == [trace_id(1)]
    assert sized_store.pin("p", trace_id(1), pinned=False)
    assert upkeep(sized_store, max_bytes=1) == (0, 1)


def test_pins_are_of_one_project_and_end_with_their_trace(store: TraceStore) -> None:
    store.write("p", [make_span(1), make_span(2)])
    store.write("q", [make_span(1)])
    assert not store.pin("p", trace_id(9))
    assert not store.pin("p", "no id")
    store.pin("p", trace_id(1))
    store.pin("p", trace_id(1))
    assert store.pinned("p") == {trace_id(1)}
    assert store.pinned("p", [trace_id(2)]) == frozenset()
    assert store.pinned("q", [trace_id(1)]) == frozenset()
    store.write("p", [make_span(1, span=2)])
    assert store.pinned("p", [trace_id(1)]) == {trace_id(1)}
    store.delete_traces("p", [trace_id(1)])
    store.write("p", [make_span(1)])
    assert store.pinned("p") == frozenset()


def test_a_trace_of_fragments_cannot_be_pinned(store: TraceStore) -> None:
    store.write("p", [make_span(1, start_s=None)])
    assert not store.pin("p", trace_id(1))


def test_what_goes_is_told_as_deleted(store: TraceStore, clock: StillClock) -> None:
    store.write("p", [make_span(1)])
    cursor = store.changes("p").cursor
    clock.advance(2 * DAY)
    upkeep(store, retention_days=1)
    assert store.changes("p", cursor).deleted == (trace_id(1),)


def test_a_clock_that_was_set_back_loses_nothing(store: TraceStore, clock: StillClock) -> None:
    store.write("p", [make_span(1)])
    clock.advance(-5_000 * DAY)
    store.write("p", [make_span(2)])
    assert upkeep(store, retention_days=90) == (0, 0)
    summary = store.get_summary("p", trace_id(2))
    assert summary is not None
    assert summary.last_received_unix_nano == store.last_span_at()
    clock.advance(5_000 * DAY)
    assert upkeep(store, retention_days=90) == (0, 0)
    assert ids(store) == [trace_id(1), trace_id(2)]


def test_many_traces_go_in_several_steps(store: TraceStore, clock: StillClock) -> None:
    store.write("p", [make_span(number) for number in range(1, 251)])
    clock.advance(2 * DAY)
    assert upkeep(store, retention_days=1) == (250, 0)
    assert ids(store) == []


def test_a_deleted_project_is_empty_and_the_others_are_whole(store: TraceStore) -> None:
    store.write("p", [make_span(number, input=long_text(number % 3)) for number in range(1, 30)])
    store.write("p", [make_span(99, start_s=None)])
    store.write("q", [make_span(1)])
    assert store.delete_project("p") == 29
    assert ids(store, "p") == []
    assert store.stats("p").traces == 0
    assert store.storage("p") == [ProjectStorage("p")]
    assert ids(store, "q") == [trace_id(1)]
    assert store.delete_project("p") == 0
    store.write("p", [make_span(1)])
    assert store.stats("p").traces == 1


def test_storage_says_what_each_project_takes(store: TraceStore) -> None:
    assert store.storage() == []
    store.write("q", [make_span(1, input="picture"), make_span(1, span=2, start_s=5)])
    store.write("p", [make_span(2, start_s=7, input=long_text(1)), make_span(3, start_s=None)])
    store.pin("p", trace_id(2))
    p, q = store.storage()
    assert (p.project, p.traces, p.spans, p.pinned) == ("p", 1, 1, 1)
    assert (q.project, q.traces, q.spans, q.pinned) == ("q", 1, 2, 0)
    assert (q.oldest_unix_nano, q.newest_unix_nano) == (START, START)
    assert p.oldest_unix_nano == START + 7 * SECOND
    assert p.blobs_bytes > 100_000
    assert q.blobs_bytes == 0
    assert all(each.bodies_bytes and each.rows_bytes for each in (p, q))
    assert store.storage("q") == [q]
    assert p.total_bytes + q.total_bytes <= live_bytes(store)


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("write"), st.integers(1, 6)),
        st.tuples(st.just("write fragment"), st.integers(1, 6)),
        st.tuples(st.just("pin"), st.integers(1, 6)),
        st.tuples(st.just("unpin"), st.integers(1, 6)),
        st.tuples(st.just("delete"), st.integers(1, 6)),
        st.tuples(st.just("wait"), st.sampled_from([-3, 0, 1, 2])),
        st.tuples(st.just("maintain"), st.integers(1, 3)),
    ),
    max_size=25,
)


@given(STEPS)
def test_all_stores_keep_and_forget_the_same(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int]]
) -> None:
    clock = StillClock()
    urls = ("memory:", f"sqlite:{tmp_path_factory.mktemp('store') / 'traces.db'}")
    stores = [open_store(url, PlainReader(), clock, abandon_after_s=60) for url in urls]
    for count, (step, number) in enumerate(steps):
        if step == "wait":
            clock.advance(number * DAY)
        answers = [_taken(store, step, number, count) for store in stores]
        assert answers[0] == answers[1]
    for store in stores:
        store.close()


def _taken(store: TraceStore, step: str, number: int, count: int) -> object:
    """Takes a step; what the store then answers."""
    match step:
        case "write":
            store.write("p", [make_span(number, span=count + 1)])
        case "write fragment":
            store.write("p", [make_span(number, span=count + 1, start_s=None)])
        case "pin" | "unpin":
            store.pin("p", trace_id(number), pinned=step == "pin")
        case "delete":
            store.delete_traces("p", [trace_id(number)])
        case "maintain":
            upkeep(store, retention_days=number)
    return ids(store), store.pinned("p"), store.last_span_at()


def test_pins_outlive_the_process(open_sqlite: Open) -> None:
    store = open_sqlite()
    store.write("p", [make_span(1), make_span(2)])
    store.pin("p", trace_id(1))
    store.delete_traces("p", [trace_id(2)])
    store.close()
    again = open_sqlite()
    assert again.pinned("p") == {trace_id(1)}
    assert ids(again) == [trace_id(1)]


def test_a_file_from_before_learns_to_forget(open_sqlite: Open, sqlite_path: Path, clock: StillClock) -> None:
    connection = apsw.Connection(str(sqlite_path))
    schema.prepare(connection, sqlite_path, {version: schema.MIGRATIONS[version] for version in range(3)})
    connection.close()
    store = open_sqlite()
    store.write("p", [make_span(1), make_span(2)])
    store.pin("p", trace_id(2))
    clock.advance(2 * DAY)
    assert upkeep(store, retention_days=1) == (1, 0)


def test_a_reader_that_stays_keeps_the_log_and_nobody_busy(open_sqlite: Open, sqlite_path: Path) -> None:
    store = open_sqlite()
    store.write("p", [make_span(1, input=long_text(1))])
    log = sqlite_path.with_name(f"{sqlite_path.name}-wal")
    reader = apsw.Connection(str(sqlite_path))
    reader.execute("BEGIN; SELECT count(*) FROM bodies")
    store.delete_traces("p", [trace_id(1)])
    upkeep(store)  # comes to an end
    assert log.stat().st_size > 0
    reader.execute("ROLLBACK")
    upkeep(store)
    assert log.stat().st_size == 0
    reader.close()
