"""Full text search in the embedded store: any text, any substring, any part indexed, answered like the memory store."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import apsw
import pytest
from hypothesis import given
from hypothesis import strategies as st
from llm_tracer.model.query import And, FieldTest, Not, Or, SpanGroups, Test, TraceQuery, Word
from llm_tracer.model.span import SpanData
from llm_tracer_service.store import open_store
from llm_tracer_service.store.base import StoreError
from llm_tracer_service.store.contract import TraceStore
from llm_tracer_service.store.sqlite.store import SqliteStore
from llm_tracer_service.store.sqlite.text import intake, search
from llm_tracer_service.store.sqlite.text.texts import texts_of

from .conftest import Open
from .helpers import ChangingReader, PlainReader, StillClock, make_span, overwrite_pages, span_id, trace_id
from .test_agreement import IN_MEMORY, all_pages
from .test_text_words import texts

TRACES, SPANS = 4, 3


class Write(NamedTuple):
    spans: Sequence[SpanData]


class Delete(NamedTuple):
    trace: int


class Step(NamedTuple):
    pass


class Reopen(NamedTuple):
    fate: str
    """What happens to the index meanwhile: kept, lost, damaged, or an older one put back."""


spans = st.builds(
    make_span,
    trace=st.integers(1, TRACES),
    span=st.integers(1, SPANS),
    start_s=st.sampled_from([0, 1, 2, None]),
    name=st.one_of(st.just("work"), texts),
    input=texts,
)
steps = st.one_of(
    st.builds(Write, st.lists(spans, min_size=1, max_size=4)),
    st.builds(Write, st.lists(spans, min_size=1, max_size=4)),
    st.builds(Delete, st.integers(1, TRACES)),
    st.just(Step()),
    st.just(Step()),
    st.builds(Reopen, st.sampled_from(["kept", "lost", "damaged", "older"])),
)


def parts_of(text: str) -> st.SearchStrategy[str]:
    bounds = st.tuples(st.integers(0, len(text)), st.integers(0, 8))
    return bounds.map(lambda at: text[at[0] : at[0] + at[1]])


@given(steps=st.lists(steps, min_size=1, max_size=10), data=st.data())
@pytest.mark.parametrize("rare_max", [search.RARE_MAX, 0])
def test_any_part_of_any_text_is_found(rare_max: int, steps: list[Any], data: st.DataObject) -> None:
    clock = StillClock()
    memory = open_store("memory:", PlainReader(), clock)
    written = ["work"]
    with tempfile.TemporaryDirectory(dir=IN_MEMORY) as folder, pytest.MonkeyPatch.context() as patched:
        patched.setattr(search, "RARE_MAX", rare_max)  # 0: each trace is asked for
        files = Files(Path(folder))
        sqlite = files.open(clock)
        for step in steps:
            match step:
                case Write(of_step):
                    memory.write("p", of_step)
                    sqlite.write("p", of_step)
                    written += [text for span in of_step for text in (span.name, span.attributes["input"])]
                case Delete(trace):
                    assert sqlite.delete_traces("p", [trace_id(trace)]) == memory.delete_traces(
                        "p", [trace_id(trace)]
                    )
                case Step():
                    assert not sqlite.maintain(budget_s=60).more
                    files.remember()
                case Reopen(fate):
                    sqlite.close()
                    files.suffer(fate)
                    sqlite = files.open(clock)
            wanted = data.draw(st.lists(st.sampled_from(written).flatmap(parts_of), min_size=1, max_size=3))
            for query in queries_of([Word(text) for text in wanted]):
                assert_same_answers(memory, sqlite, query)
        sqlite.close()


class Files:
    """The file of a store and that of its index."""

    def __init__(self, folder: Path) -> None:
        self._store = folder / "traces.db"
        self._index = folder / "traces.text.db"
        self._older = folder / "older.db"

    def open(self, clock: StillClock) -> SqliteStore:
        store = open_store(f"sqlite:{self._store}", PlainReader(), clock)
        assert isinstance(store, SqliteStore)
        return store

    def remember(self) -> None:
        if not self._older.exists():
            source, copy = apsw.Connection(str(self._index)), apsw.Connection(str(self._older))
            with copy.backup("main", source, "main") as backup:
                backup.step()

    def suffer(self, what: str) -> None:
        for beside in ("-wal", "-shm"):
            self._index.with_name(self._index.name + beside).unlink(missing_ok=True)
        if what == "lost":
            self._index.unlink()
        elif what == "damaged":
            self._index.write_bytes(b"SQLite format 3\0" + b"\xff" * 8_000)
        elif what == "older" and self._older.exists():
            shutil.copy(self._older, self._index)


def queries_of(words: list[Word]) -> list[TraceQuery]:
    first = words[0]
    named = FieldTest("name", Test(texts=("work",)))
    return [
        TraceQuery(condition)
        for condition in (
            And(tuple(words)), Or(tuple(words)), And((named, first)), And((Not(first), *words[1:])),
            SpanGroups((And((named, first)),)), SpanGroups(tuple(words[:2])),
        )
    ]  # fmt: skip


def assert_same_answers(memory: TraceStore, sqlite: TraceStore, query: TraceQuery) -> None:
    def pages(find: Callable[..., Any], items: str) -> list[Any]:
        return all_pages(lambda cursor: find("p", query, limit=2, cursor=cursor), items)

    assert pages(sqlite.find_traces, "traces") == pages(memory.find_traces, "traces")
    assert pages(sqlite.find_spans, "spans") == pages(memory.find_spans, "spans")
    assert sqlite.stats("p", query).traces == memory.stats("p", query).traces
    found, expected = sqlite.find_traces("p", query), memory.find_traces("p", query)
    assert [hit is None for hit in found.hits] == [hit is None for hit in expected.hits]


# --- the file of the index -------------------------------------------------------------------------------------------


def opened(open_sqlite: Open) -> SqliteStore:
    store = open_sqlite()
    assert isinstance(store, SqliteStore)
    return store


def found(store: TraceStore, text: str) -> list[str]:
    return [trace.trace_id for trace in store.find_traces("p", TraceQuery(Word(text))).traces]


@pytest.fixture
def index_path(sqlite_path: Path) -> Path:
    return sqlite_path.with_name("traces.text.db")


def test_it_is_found_at_once_and_indexed_later(open_sqlite: Open, index_path: Path) -> None:
    store = opened(open_sqlite)
    store.write("p", [make_span(trace=n, input=f"order {n} refund") for n in range(1, 6)])
    assert len(found(store, "efun")) == 5
    assert count(index_path, "documents") == 0
    assert not store.maintain(budget_s=60).more
    assert count(index_path, "documents") == 5
    assert len(found(store, "efun")) == 5
    assert found(store, "order 3") == [trace_id(3)]


def test_a_step_ends_when_its_time_is_over(
    open_sqlite: Open, index_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = opened(open_sqlite)
    monkeypatch.setattr(intake, "_BODIES_A_COMMIT", 16)
    store.write("p", [make_span(trace=n, input=f"order{n}") for n in range(1, 41)])
    assert store.maintain(budget_s=0).more
    assert 0 < count(index_path, "documents") < 40
    assert found(store, "order3") == [trace_id(n) for n in (3, *range(30, 40))]
    while store.maintain(budget_s=0).more:
        pass
    assert count(index_path, "documents") == 40


def test_what_was_read_is_written_once_it_is_much_or_all(
    open_sqlite: Open, index_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "_BODIES_A_COMMIT", 32)
    store = opened(open_sqlite)
    store.write("p", [make_span(trace=n, input=f"order{n}") for n in range(1, 41)])
    written = []
    more = True
    while more:
        more = store.maintain(budget_s=0).more
        written.append(count(index_path, "documents"))
        assert found(store, "order3") == [trace_id(n) for n in (3, *range(30, 40))]
    assert written[:3] == [0, 32, 40]


def test_a_body_that_goes_between_its_reading_and_its_writing_leaves_the_index(
    open_sqlite: Open, index_path: Path
) -> None:
    store = opened(open_sqlite)
    store.write("p", [make_span(trace=n, input=f"order{n}") for n in range(1, 41)])
    assert store.maintain(budget_s=0).more
    store.delete_traces("p", [trace_id(7)])
    assert found(store, "order7") == []
    while store.maintain(budget_s=0).more:
        pass
    assert count(index_path, "documents") == 39
    assert found(store, "order7") == []


def test_what_was_read_and_not_written_is_read_again(open_sqlite: Open, index_path: Path) -> None:
    store = opened(open_sqlite)
    store.write("p", [make_span(trace=n, input=f"order{n}") for n in range(1, 41)])
    assert store.maintain(budget_s=0).more
    store.close()
    store = opened(open_sqlite)
    while store.maintain(budget_s=0).more:
        pass
    assert count(index_path, "documents") == 40
    assert found(store, "order7") == [trace_id(7)]


def test_what_was_deleted_or_superseded_leaves_the_index(open_sqlite: Open, index_path: Path) -> None:
    store = opened(open_sqlite)
    store.write("p", [make_span(trace=1, input="before", dur_s=None), make_span(trace=2, input="gone")])
    store.maintain(budget_s=60)
    store.write("p", [make_span(trace=1, input="after")])
    store.delete_traces("p", [trace_id(2)])
    store.maintain(budget_s=60)
    assert count(index_path, "documents") == 1
    assert found(store, "after") == [trace_id(1)]
    assert found(store, "before") == found(store, "gone") == []


def test_an_index_of_which_most_went_is_begun_anew(
    open_sqlite: Open, index_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "_FORGOTTEN_MIN", 1)
    store = opened(open_sqlite)
    store.write("p", [make_span(trace=n, input=f"word{n} refund") for n in range(1, 6)])
    store.maintain(budget_s=60)
    store.delete_traces("p", [trace_id(n) for n in (1, 2)])
    assert not store.maintain(budget_s=60).more
    assert b"word1" in vocabulary(index_path)
    store.delete_traces("p", [trace_id(3)])
    assert store.maintain(budget_s=60).more
    assert not store.maintain(budget_s=60).more
    assert b"word1" not in vocabulary(index_path)
    assert found(store, "refund") == [trace_id(4), trace_id(5)]


def test_the_number_of_a_body_is_never_used_again(open_sqlite: Open) -> None:
    store = opened(open_sqlite)
    store.write("p", [make_span(trace=1, input="first")])
    store.maintain(budget_s=60)
    store.delete_traces("p", [trace_id(1)])
    store.close()
    store = opened(open_sqlite)
    store.write("p", [make_span(trace=2, input="second")])
    assert found(store, "second") == [trace_id(2)]
    store.maintain(budget_s=60)
    assert found(store, "second") == [trace_id(2)]


def test_the_index_of_a_store_of_which_an_older_copy_was_put_back_is_begun_anew(
    open_sqlite: Open, sqlite_path: Path, index_path: Path
) -> None:
    store = opened(open_sqlite)
    store.write("p", [make_span(trace=1, input="first")])
    store.close()
    copy = sqlite_path.read_bytes()
    store = opened(open_sqlite)
    store.write("p", [make_span(trace=2, input="second")])
    store.delete_traces("p", [trace_id(1)])
    store.maintain(budget_s=60)
    store.close()
    sqlite_path.write_bytes(copy)
    store = opened(open_sqlite)
    store.write("p", [make_span(trace=3, input="third")])
    assert (found(store, "first"), found(store, "third")) == ([trace_id(1)], [trace_id(3)])
    store.maintain(budget_s=60)
    assert (found(store, "first"), found(store, "third")) == ([trace_id(1)], [trace_id(3)])
    assert count(index_path, "documents") == 2


def test_an_older_copy_since_which_traces_were_only_deleted_is_noticed(
    open_sqlite: Open, sqlite_path: Path, index_path: Path
) -> None:
    store = opened(open_sqlite)
    store.write("p", [make_span(trace=n, input="first") for n in (1, 2)])
    store.maintain(budget_s=60)
    store.close()
    copy = sqlite_path.read_bytes()
    store = opened(open_sqlite)
    store.delete_traces("p", [trace_id(1)])
    store.maintain(budget_s=60)
    store.close()
    sqlite_path.write_bytes(copy)
    reading = open_store(f"sqlite:{sqlite_path}", PlainReader(), StillClock(), readonly=True)
    assert found(reading, "first") == [trace_id(1), trace_id(2)]
    reading.close()
    assert count(index_path, "documents") == 1
    store = opened(open_sqlite)
    assert count(index_path, "documents") == 0
    store.maintain(budget_s=60)
    assert found(store, "first") == [trace_id(1), trace_id(2)]
    assert count(index_path, "documents") == 2


@pytest.mark.parametrize("readonly", [True, False])
def test_an_index_whose_making_was_cut_short_hinders_nobody(
    readonly: bool, open_sqlite: Open, sqlite_path: Path, index_path: Path
) -> None:
    store = open_sqlite()
    store.write("p", [make_span(1, input="hello")])
    store.close()
    connection = apsw.Connection(str(index_path))
    connection.execute("DELETE FROM state")
    connection.close()
    store = open_store(f"sqlite:{sqlite_path}", PlainReader(), StillClock(), readonly=readonly)
    assert found(store, "hello") == [trace_id(1)]
    assert [problem for step in store.verify() for problem in step.problems] == []
    store.close()


def test_bodies_that_went_while_nobody_took_note_leave_the_index(open_sqlite: Open, index_path: Path) -> None:
    store = opened(open_sqlite)
    store.write("p", [make_span(trace=n, input="refund") for n in (1, 2)])
    store.maintain(budget_s=60)
    store.delete_traces("p", [trace_id(1)])
    store.close()  # before the index heard of it
    store = opened(open_sqlite)
    assert count(index_path, "documents") == 2
    store.maintain(budget_s=60)
    assert count(index_path, "documents") == 1


def test_the_file_shrinks_when_traces_go(open_sqlite: Open, index_path: Path) -> None:
    store = opened(open_sqlite)
    store.write("p", [make_span(trace=n, input=" ".join(map(str, range(n, n + 9_000)))) for n in (1, 9_999)])
    store.maintain(budget_s=60)
    before = store.info().text_index_bytes
    assert before is not None
    store.delete_traces("p", [trace_id(9_999)])
    assert not store.maintain(budget_s=60).more
    assert index_path.stat().st_size == store.info().text_index_bytes
    assert index_path.stat().st_size < before * 0.9
    assert found(store, "8 9 10") == [trace_id(1)]


def test_what_many_commits_scattered_is_merged_when_there_is_nothing_else_to_do(
    open_sqlite: Open, index_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "_SCATTERED_MIN", 4)
    store = opened(open_sqlite)
    segments = []
    for number in range(1, 13):
        store.write("p", [make_span(trace=number, input=f"apple x{number}")])
        while store.maintain(budget_s=60).more:
            pass
        segments.append(count(index_path, "(SELECT DISTINCT segid FROM tokens_idx)"))
    assert segments == [1, 2, 3, 1, 2, 3, 4, 1, 2, 3, 4, 1]
    assert set(found(store, "apple")) == {trace_id(number) for number in range(1, 13)}
    assert found(store, "x3") == [trace_id(3)]


def test_an_index_of_which_all_went_before_it_was_merged_goes_on(
    open_sqlite: Open, index_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = opened(open_sqlite)
    for number in range(1, 6):
        store.write("p", [make_span(trace=number, input=f"apple x{number}")])
        store.maintain(budget_s=60)
    monkeypatch.setattr(intake, "_SCATTERED_MIN", 5)
    store.delete_traces("p", [trace_id(number) for number in range(1, 6)])
    while store.maintain(budget_s=60).more:
        pass
    assert count(index_path, "documents") == 0
    assert not store.maintain(budget_s=60).more


def test_the_size_that_is_kept_is_that_of_both_files(open_sqlite: Open) -> None:
    store = opened(open_sqlite)
    for number in range(1, 41):
        text = " ".join(f"{number}x{word}" for word in range(2_000))
        store.write("p", [make_span(trace=number, input=text)])
    while store.maintain(budget_s=60).more:
        pass
    info = store.info()
    assert info.live_bytes is not None
    assert info.text_index_bytes is not None
    limit = info.live_bytes + info.text_index_bytes // 2  # the store alone is below it
    evicted = 0
    while (done := store.maintain(budget_s=60, max_bytes=limit)).more or done.evicted:
        evicted += done.evicted
    after = store.info()
    assert 0 < evicted < 40
    assert after.live_bytes is not None
    assert after.text_index_bytes is not None
    assert after.live_bytes < info.live_bytes


def test_verify_finds_what_the_index_lacks(open_sqlite: Open, index_path: Path) -> None:
    store = opened(open_sqlite)
    store.write("p", [make_span(trace=n, input=f"refund of order{n}") for n in (1, 2)])
    store.maintain(budget_s=60)
    assert [problem for step in store.verify() for problem in step.problems] == []
    assert [step.part for step in store.verify()][-1] == "text"
    connection = apsw.Connection(str(index_path))
    connection.execute("DELETE FROM tokens WHERE rowid = 2")
    assert [problem for step in store.verify() for problem in step.problems] == [
        "The text index lacks 'of' of body 2: delete its file, and it is made anew."
    ]
    connection.execute("DELETE FROM documents WHERE body = 2")
    connection.close()
    assert next(problem for step in store.verify() for problem in step.problems) == (
        "The text index lacks body 2 of trace number 2: delete its file, and it is made anew."
    )


def test_an_index_that_was_merged_since_it_was_read_is_no_damage(open_sqlite: Open) -> None:
    store = opened(open_sqlite)
    for numbers in ([1, 2, 3, 4], [5], [6]):
        for number in numbers:
            store.write("p", [make_span(number, input=f"word{number}")])
        store.delete_traces("p", [trace_id(numbers[0] - 2)])
        while store.maintain(1.0).more:
            pass
        assert [problem for step in store.verify() for problem in step.problems] == []


def test_vacuum_drops_what_went_from_the_index_too(open_sqlite: Open, index_path: Path) -> None:
    store = opened(open_sqlite)
    store.write("p", [make_span(trace=n, input=" ".join(map(str, range(n, n + 9_000)))) for n in (1, 9_999)])
    store.maintain(budget_s=60)
    store.delete_traces("p", [trace_id(9_999)])
    store.maintain(budget_s=60)
    before = store.info().text_index_bytes
    store.vacuum()
    after = store.info().text_index_bytes
    assert before is not None
    assert after is not None
    assert 0 < after <= before
    assert after == index_path.stat().st_size
    assert found(store, "8 9 10") == [trace_id(1)]


def test_a_damaged_index_is_begun_anew(open_sqlite: Open, index_path: Path) -> None:
    store = opened(open_sqlite)
    store.write("p", [make_span(input="refund " * 10)])
    store.maintain(budget_s=60)
    store.close()
    overwrite_pages(index_path, "tokens_data")
    store = opened(open_sqlite)
    assert found(store, "refund") == [trace_id(1)]
    store.write("p", [make_span(trace=2, input="refund")])
    assert not store.maintain(budget_s=60).more
    assert count(index_path, "documents") == 2
    assert sorted(found(store, "refund")) == [trace_id(1), trace_id(2)]


@pytest.mark.parametrize("table", ["tokens_data", "documents"])
def test_verify_calls_a_damaged_index_what_it_is(open_sqlite: Open, index_path: Path, table: str) -> None:
    store = opened(open_sqlite)
    store.write("p", [make_span(input="refund " * 10)])
    store.maintain(budget_s=60)
    store.close()
    overwrite_pages(index_path, table)
    store = opened(open_sqlite)
    steps = list(store.verify())
    problems = [problem for step in steps for problem in step.problems]
    assert problems
    assert all(problem.startswith("The text index") for problem in problems)
    assert any("delete its file, and it is made anew" in problem for problem in problems)
    assert store.info().healthy  # no trace is in danger


def test_damage_that_a_step_comes_upon_lets_the_next_step_begin_anew(
    open_sqlite: Open, index_path: Path
) -> None:
    store = opened(open_sqlite)
    store.write("p", [make_span(input="refund")])
    store.maintain(budget_s=60)
    store.close()
    overwrite_pages(index_path, "documents")
    store = opened(open_sqlite)
    store.write("p", [make_span(trace=2, input="refund")])
    assert store.maintain(budget_s=60).more
    assert not store.maintain(budget_s=60).more
    assert count(index_path, "documents") == 2


def test_another_version_of_the_reader_has_other_texts(sqlite_path: Path, index_path: Path) -> None:
    class Shouting(ChangingReader):
        def texts(self, span: SpanData) -> Any:
            return (type(text)(text.where, f"{text.text}{self.edition}") for text in super().texts(span))

    reader = Shouting()
    store = open_store(f"sqlite:{sqlite_path}", reader, StillClock())
    assert isinstance(store, SqliteStore)
    store.write("p", [make_span(input="refund")])
    store.maintain(budget_s=60)
    assert (found(store, "refund1"), found(store, "refund2")) == ([trace_id(1)], [])
    reader.edition = 2
    assert (found(store, "refund1"), found(store, "refund2")) == ([], [trace_id(1)])
    store.maintain(budget_s=60)
    assert (found(store, "refund1"), found(store, "refund2")) == ([], [trace_id(1)])
    assert count(index_path, "documents") == 1
    store.close()


def test_an_index_of_another_store_is_not_asked(tmp_path: Path) -> None:
    stores = [open_store(f"sqlite:{tmp_path}/{name}.db", PlainReader(), StillClock()) for name in "ab"]
    for store in stores:
        assert isinstance(store, SqliteStore)
        store.write("p", [make_span(input=f"refund {id(store)}")])
        store.maintain(budget_s=60)
        store.close()
    shutil.copy(tmp_path / "a.text.db", tmp_path / "b.text.db")
    again = open_store(f"sqlite:{tmp_path}/b.db", PlainReader(), StillClock())
    assert found(again, str(id(stores[1]))) == [trace_id(1)]
    assert count(tmp_path / "b.text.db", "documents") == 0
    again.close()


def test_who_only_reads_asks_the_index_and_does_not_write_it(open_sqlite: Open, sqlite_path: Path) -> None:
    store = opened(open_sqlite)
    store.write("p", [make_span(trace=1, input="refund")])
    store.maintain(budget_s=60)
    store.write("p", [make_span(trace=2, input="refunded", start_s=1)])
    beside = open_store(f"sqlite:{sqlite_path}", PlainReader(), readonly=True)
    assert isinstance(beside, SqliteStore)
    assert found(beside, "refund") == [trace_id(2), trace_id(1)]
    with pytest.raises(StoreError, match="reading only"):
        beside.maintain(budget_s=60)
    beside.close()


def test_a_long_tail_is_searched_from_the_newest_on(
    open_sqlite: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "TAIL_MAX", 3)
    store = opened(open_sqlite)
    store.write("p", [make_span(trace=n, start_s=n, input=f"order {n}") for n in range(1, 8)])
    assert found(store, "order")[:2] == [trace_id(7), trace_id(6)]


def test_the_span_that_has_the_word_is_the_hit(open_sqlite: Open) -> None:
    store = opened(open_sqlite)
    store.write("p", [make_span(span=n, start_s=n, input=f"number {n}") for n in range(1, 6)])
    store.maintain(budget_s=60)
    (hit,) = store.find_traces("p", TraceQuery(Word("UMBER 4"))).hits
    assert hit is not None
    assert (hit.span_id, hit.where, hit.snippet) == (span_id(4), "input", "number 4")


def test_of_several_spans_that_have_the_word_the_first_is_the_hit(open_sqlite: Open) -> None:
    store = opened(open_sqlite)
    store.write("p", [make_span(span=n, start_s=9 - n, input="refund") for n in (1, 2, 3)])
    store.write("p", [make_span(span=4, start_s=1, input="refund")])
    store.maintain(budget_s=60)
    (hit,) = store.find_traces("p", TraceQuery(Word("refund"))).hits
    assert hit is not None
    assert hit.span_id == span_id(4)


def test_a_fragment_is_no_hit(open_sqlite: Open) -> None:
    store = opened(open_sqlite)
    store.write("p", [make_span(span=1, input="order"), make_span(span=2, start_s=None, input="refund")])
    store.maintain(budget_s=60)
    assert found(store, "refund") == []
    trace = store.get_trace("p", trace_id(1))
    assert trace is not None
    assert [*trace.spans] == [span_id(1)]
    assert trace.spans.get(span_id(2)) is None


def test_a_phrase_that_begins_within_as_many_words_as_are_looked_for(open_sqlite: Open) -> None:
    store = opened(open_sqlite)
    endings = [
        f"{letter}{other}{third}fund" for letter in "abcdefgh" for other in "abcdefgh" for third in "abcd"
    ]
    assert len(endings) == search.WORDS_MAX
    store.write("p", [make_span(trace=1, input=" ".join(endings))])
    store.write("p", [make_span(trace=2, input=f"{endings[-1]} of it")])
    store.write("p", [make_span(trace=3, input=f"{endings[0]} it is, {endings[0]} of it")])
    store.maintain(budget_s=60)
    assert sorted(found(store, "fund of")) == [trace_id(2), trace_id(3)]
    assert sorted(found(store, "fund")) == [trace_id(1), trace_id(2), trace_id(3)]


def test_a_text_that_is_sent_again_is_taken_in_once(open_sqlite: Open, sqlite_path: Path) -> None:
    store = opened(open_sqlite)
    store.write("p", [make_span(span=n, input="the wombat sat") for n in (1, 2, 3)])
    connection = apsw.Connection(str(sqlite_path), flags=apsw.SQLITE_OPEN_READONLY)
    project, body = connection.execute("SELECT project, id FROM bodies").fetchone()  # type: ignore[misc]
    assert texts_of(connection, PlainReader(), int(str(project)), int(str(body))) == (
        ["work", "the wombat sat"],
        True,
    )
    store.maintain(budget_s=60)
    assert found(store, "wombat sat") == [trace_id(1)]
    assert found(store, "sat the") == []


def vocabulary(path: Path) -> bytes:
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    return b"".join(row for (row,) in connection.execute("SELECT words FROM vocabulary"))


def count(path: Path, table: str) -> int:
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    return int(connection.execute(f"SELECT count(*) FROM {table}").get)
