"""`verify` finds nothing wrong in a sound store, and everything that is changed from outside."""

from __future__ import annotations

import random
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import apsw
import pytest
from hypothesis import given
from hypothesis import strategies as st
from llm_tracer.model.span import SpanData
from llm_tracer_service.store import open_store
from llm_tracer_service.store.contract import TraceStore
from llm_tracer_service.store.packing import rows_of_head, with_rows

from .conftest import Open
from .helpers import START, PlainReader, StillClock, make_span, overwrite_pages, trace_id
from .strategies import spans

PICTURE = "data:image/png;base64," + "iVBORw0KGgo" * 300


def problems(store: TraceStore) -> list[str]:
    return [problem for step in store.verify() for problem in step.problems]


def test_projects_that_come_while_a_store_in_memory_is_looked_at_disturb_nobody() -> None:
    store = open_store("memory:", PlainReader(), StillClock())
    names = [f"project {number}" for number in range(3_000)]
    interval_s = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor() as threads:
            asked = threads.submit(lambda: [store.stats(name) for name in names])
            while not asked.done():
                assert problems(store) == []
                assert store.info().trace_count == 0
    finally:
        sys.setswitchinterval(interval_s)


def test_a_sound_store_has_no_problems(store: TraceStore, clock: StillClock) -> None:
    assert problems(store) == []
    for number in range(1, 250):
        store.write(
            "p",
            [make_span(number, start_s=number, tokens=5, cost=0.1, session="s", response=f"r{number % 99}")],
        )
    store.write("p", [make_span(7, span=2, input="long " * 100_000), make_span(300, start_s=None)])
    store.write("q", [make_span(1, input=PICTURE, error="broken")])
    store.delete_traces("p", [trace_id(3), trace_id(5)])
    store.pin("p", trace_id(9))
    clock.advance(86_400)
    store.stats("p")
    assert problems(store) == []


def test_a_number_that_was_sent_without_a_point_is_no_problem(store: TraceStore) -> None:
    span = make_span(1, cost=1)
    store.write("p", [replace(span, attributes={**span.attributes, "ttft": 2})])
    assert problems(store) == []


def test_progress_ends_with_everything_done(store: TraceStore) -> None:
    store.write("p", [make_span(number) for number in range(1, 250)])
    last = {step.part: step for step in store.verify()}
    assert all(step.done == step.total for step in last.values())
    assert last["traces"].total == 249


SPOILT = {
    "UPDATE traces SET tokens = 99 WHERE start = {start}": "columns of its lists",
    "UPDATE traces SET summary = (SELECT summary FROM traces WHERE start > {start})": "its summary is not",
    "DELETE FROM trace_labels WHERE label = (SELECT max(label) FROM trace_labels)": "its labels",
    "UPDATE bodies SET rest = substr(rest, 1, 40)": "cannot be read",
    "UPDATE bodies SET ids = zeroblob(length(ids))": "has the body of another one",
    "DELETE FROM bodies WHERE id = (SELECT min(id) FROM bodies)": "its spans are missing",
    "UPDATE bodies SET base = 7": "hang on one that is missing",
    "DELETE FROM traces WHERE id = 1": "bodies belong to no trace",
    "UPDATE blobs SET data = zeroblob(3), packed = 0": "has other bytes",
    "DELETE FROM trace_blobs": "blobs belong to no trace",
    "INSERT INTO pins VALUES (12345)": "pins belong to no trace",
    "UPDATE rollups SET figures = (SELECT figures FROM rollups WHERE figures IS NOT NULL) "
    "WHERE start_s % 86400 = 0": "The totals of",
}


@pytest.mark.parametrize("change", SPOILT)
def test_what_is_changed_behind_its_back_is_found(
    open_sqlite: Open, sqlite_path: Path, clock: StillClock, change: str
) -> None:
    store = open_sqlite()
    store.write("p", [make_span(1, tokens=5, kind="llm"), make_span(2, start_s=1, input=PICTURE)])
    store.write("p", [make_span(number, start_s=3 * 86_400) for number in range(100, 140)])
    clock.advance(10 * 86_400)
    store.stats("p")
    assert problems(store) == []
    connection = apsw.Connection(str(sqlite_path))
    connection.execute(change.format(start=START))
    connection.close()
    assert any(SPOILT[change] in problem for problem in problems(store)), problems(store)


def test_a_row_that_is_not_what_its_span_says_is_found(open_sqlite: Open, sqlite_path: Path) -> None:
    store = open_sqlite()
    store.write("p", [make_span(1, tokens=5, kind="llm")])
    connection = apsw.Connection(str(sqlite_path))
    ((ids, head, rest),) = connection.execute("SELECT ids, head, rest FROM bodies").fetchall()
    (row,) = rows_of_head([ids.hex()], head)
    assert row is not None
    other = replace(row, reading=replace(row.reading, name="another"))
    connection.execute("UPDATE bodies SET head = ?, rest = ?", with_rows(head, rest, [other]))
    connection.close()
    assert any("the row of span" in problem for problem in problems(store))


def test_rows_of_another_reader_are_left_to_remap(open_sqlite: Open, sqlite_path: Path) -> None:
    class LaterReader(PlainReader):
        version = "plain-2"

    store = open_sqlite()
    store.write("p", [make_span(1), make_span(2, start_s=1)])
    store.close()
    connection = apsw.Connection(str(sqlite_path))
    connection.execute("UPDATE readers SET version = 'plain-0'")
    connection.execute("UPDATE traces SET summary = (SELECT summary FROM traces WHERE start > ?)", (START,))
    connection.close()
    later = open_store(f"sqlite:{sqlite_path}", LaterReader(), readonly=True)
    assert problems(later) == []
    later.close()
    later = open_store(f"sqlite:{sqlite_path}", LaterReader())
    assert later.remap().derived == 2
    assert problems(later) == []
    later.close()


@given(st.lists(st.lists(spans(), min_size=1, max_size=6), max_size=5))
def test_whatever_is_written_is_sound(
    tmp_path_factory: pytest.TempPathFactory, batches: list[list[SpanData]]
) -> None:
    path = tmp_path_factory.mktemp("store") / "traces.db"
    store = open_store(f"sqlite:{path}", PlainReader(), StillClock(), abandon_after_s=60)
    chance = random.Random(1)
    for batch in batches:
        store.write("p", batch)
        if chance.random() < 0.3:
            store.delete_traces("p", [batch[0].trace_id])
    assert problems(store) == []
    store.close()


def test_damage_where_a_part_begins_does_not_end_the_others(open_sqlite: Open, sqlite_path: Path) -> None:
    store = open_sqlite()
    store.write("p", [make_span(1), make_span(2, input=PICTURE)])
    store.stats("p")
    store.close()
    overwrite_pages(sqlite_path, "rollups")
    last = {step.part: step for step in open_sqlite().verify()}
    assert last["totals"].problems
    assert last["text"].problems == ()
    assert last["text"].done == last["text"].total


def test_a_damaged_page_does_not_end_the_search(open_sqlite: Open, sqlite_path: Path) -> None:
    store = open_sqlite()
    store.write("p", [make_span(number, input="x" * number) for number in range(1, 300)])
    store.close()
    connection = apsw.Connection(str(sqlite_path))
    ((page,),) = connection.execute(
        "SELECT pageno FROM dbstat WHERE name = 'bodies' AND pagetype = 'leaf' LIMIT 1"
    ).fetchall()
    page_bytes = connection.execute("PRAGMA page_size").get
    connection.close()
    with sqlite_path.open("r+b") as file:
        file.seek((page - 1) * page_bytes)
        file.write(b"\xff" * 64)
    found = problems(open_sqlite())
    assert any("damaged" in problem or "malformed" in problem for problem in found)
    assert any(problem.startswith("Trace ") for problem in found)
