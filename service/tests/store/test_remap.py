"""Stored spans are read again with a newer Reader: by every store, in steps that can be interrupted."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from llm_tracer.model.query import FieldTest, Test, TraceQuery
from llm_tracer_service.store import open_store
from llm_tracer_service.store.base import BadCursor, RemapPage, StoreError
from llm_tracer_service.store.contract import TraceStore
from llm_tracer_service.store.sqlite import remap as sqlite_remap

from .conftest import Open
from .helpers import ChangingReader, PlainReader, StillClock, make_span, span_id, trace_id
from .test_kill import assert_is_consistent


def providers(store: TraceStore, project: str = "p") -> list[tuple[str, ...]]:
    return [summary.providers for summary in store.find_traces(project, sort="start_time").traces]


def write_traces(store: TraceStore, count: int, project: str = "p") -> None:
    for number in range(1, count + 1):
        store.write(project, [make_span(trace=number, start_s=number, provider="sent", user="ann", tokens=1)])


def remap_all(store: TraceStore, project: str | None = None, limit: int = 100) -> list[RemapPage]:
    pages = [store.remap(project, limit=limit)]
    while pages[-1].next_cursor is not None:
        pages.append(store.remap(project, pages[-1].next_cursor, limit))
    return pages


def test_a_remap_shows_what_the_present_table_says(store: TraceStore, reader: ChangingReader) -> None:
    write_traces(store, 2)
    before = store.get_summary("p", trace_id(1))
    reader.edition = 2
    assert providers(store) == [("sent",), ("sent",)]
    assert remap_all(store) == [RemapPage(looked_at=2, derived=2)]
    assert providers(store) == [("edition 2",), ("edition 2",)]
    found = store.find_traces("p", TraceQuery(FieldTest("provider", Test(texts=("edition 2",)))))
    assert len(found.traces) == 2
    assert store.find_traces("p", TraceQuery(FieldTest("provider", Test(texts=("sent",))))).traces == ()
    assert [turn.trace_id for turn in store.get_session("p", "ann")] == [trace_id(1), trace_id(2)]
    row = store.find_spans("p").spans[0].row
    assert row.reading.provider == "edition 2"
    after = store.get_summary("p", trace_id(1))
    assert before is not None
    assert after is not None
    assert after.last_received_unix_nano == before.last_received_unix_nano
    assert store.get_span("p", trace_id(1), span_id(1)) == make_span(
        start_s=1, provider="sent", user="ann", tokens=1
    )


def test_what_is_done_is_not_done_twice(store: TraceStore, reader: ChangingReader) -> None:
    write_traces(store, 5)
    assert remap_all(store) == [RemapPage(looked_at=5, derived=0)], "the present Reader has read them all"
    reader.edition = 2
    first = store.remap(limit=2)
    assert (first.looked_at, first.derived) == (2, 2)
    assert providers(store)[:3] == [("edition 2",), ("edition 2",), ("sent",)]
    # Interrupted here, and begun again without a cursor: the first two are only looked at.
    assert remap_all(store) == [RemapPage(looked_at=5, derived=3)]
    assert remap_all(store) == [RemapPage(looked_at=5, derived=0)]
    assert store.remap(everything=True) == RemapPage(looked_at=5, derived=5)


@pytest.mark.parametrize("limit", [1, 2, 3, 4])
def test_steps_look_at_each_trace_once(store: TraceStore, reader: ChangingReader, limit: int) -> None:
    write_traces(store, 3)
    reader.edition = 2
    pages = remap_all(store, limit=limit)
    assert sum(page.looked_at for page in pages) == 3
    assert all(page.derived <= limit for page in pages)
    assert providers(store) == [("edition 2",)] * 3


def test_a_remap_of_one_project_leaves_the_others(store: TraceStore, reader: ChangingReader) -> None:
    write_traces(store, 2)
    write_traces(store, 2, project="q")
    reader.edition = 2
    assert remap_all(store, "q", limit=1)[-1].next_cursor is None
    assert providers(store) == [("sent",)] * 2
    assert providers(store, "q") == [("edition 2",)] * 2
    assert remap_all(store, "nobody") == [RemapPage(0, 0)]
    assert remap_all(store) == [RemapPage(looked_at=4, derived=2)]


def test_only_what_changed_is_announced(store: TraceStore, reader: ChangingReader) -> None:
    write_traces(store, 1)
    store.write("p", [make_span(trace=2, name="the same in every edition")])
    cursor = store.changes("p").cursor
    reader.edition = 2
    remap_all(store)
    assert [found.trace_id for found in store.changes("p", cursor).traces] == [trace_id(1)]


def test_totals_follow(store: TraceStore, reader: ChangingReader, clock: StillClock) -> None:
    write_traces(store, 40)
    clock.advance(100_000)
    assert store.stats("p").usage is not None
    reader.read = lambda span: PlainReader().read(make_span(tokens=None))  # type: ignore[method-assign,assignment]
    reader.edition = 2
    remap_all(store)
    usage = store.stats("p").usage
    assert usage is not None
    assert usage.input is None


def test_fragments_wait_as_before(store: TraceStore, reader: ChangingReader) -> None:
    store.write("p", [make_span(start_s=None, said=1)])
    reader.edition = 2
    assert remap_all(store) == [RemapPage(0, 0)]
    store.write("p", [make_span()])
    assert remap_all(store) == [RemapPage(looked_at=1, derived=0)]


def test_a_cursor_of_another_remap_is_refused(store: TraceStore, reader: ChangingReader) -> None:
    write_traces(store, 2)
    reader.edition = 2
    cursor = store.remap("p", limit=1).next_cursor
    assert cursor is not None
    for refused in (
        lambda: store.remap("q", cursor),
        lambda: store.remap(None, cursor),
        lambda: store.remap("p", cursor, everything=True),
        lambda: store.remap("p", "nonsense"),
    ):
        with pytest.raises(BadCursor):
            refused()


def test_writers_go_on_meanwhile(store: TraceStore, reader: ChangingReader) -> None:
    write_traces(store, 60)
    reader.edition = 2
    writer = threading.Thread(
        target=lambda: [store.write("p", [make_span(trace=n, span=2, provider="late")]) for n in range(1, 80)]
    )
    writer.start()
    remap_all(store, limit=3)
    writer.join(30)
    remap_all(store)
    assert set(providers(store)) == {("edition 2",)}


# --- SQLite ----------------------------------------------------------------------------------------------------------


def test_a_file_read_by_an_older_version_is_remapped_after_opening(
    open_sqlite: Open, sqlite_path: Path, clock: StillClock, reader: ChangingReader
) -> None:
    store = open_sqlite()
    write_traces(store, 3)
    store.write("p", [make_span(trace=1, span=n) for n in range(2, 9)])  # a second body
    store.close()
    newer = open_store(f"sqlite:{sqlite_path}", reader, clock, abandon_after_s=60)
    reader.edition = 2
    first = newer.remap(limit=1)
    newer.close()
    newer = open_store(f"sqlite:{sqlite_path}", reader, clock, abandon_after_s=60)
    rest = newer.remap(cursor=first.next_cursor)
    assert (rest.looked_at, rest.derived) == (2, 2), "a cursor outlives the process"
    assert providers(newer) == [("edition 2",)] * 3
    newer.close()
    beside = open_store(f"sqlite:{sqlite_path}", reader, readonly=True)
    with pytest.raises(StoreError, match="reading only"):
        beside.remap()
    beside.close()
    assert_is_consistent(sqlite_path)


def test_a_step_is_bounded_by_spans_and_by_looks(open_sqlite: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    store = open_sqlite()
    for number in range(1, 5):
        store.write("p", [make_span(trace=number, span=n) for n in range(1, 4)])
    monkeypatch.setattr(sqlite_remap, "SPANS_MAX", 5)
    page = store.remap(everything=True)
    assert (page.looked_at, page.derived) == (2, 2)
    assert page.next_cursor is not None
    monkeypatch.setattr(sqlite_remap, "LOOKED_AT_MAX", 3)
    page = store.remap()
    assert (page.looked_at, page.derived) == (3, 0)
    assert page.next_cursor is not None
    assert store.remap(cursor=page.next_cursor) == RemapPage(looked_at=1, derived=0)
