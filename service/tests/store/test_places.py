"""Remembered places of words: nothing is searched twice, and nothing outdated is shown, whatever happens meanwhile."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st
from llm_tracer.model.query import And, FieldTest, Not, Or, SpanGroups, Test, TraceQuery, Word
from llm_tracer.model.reading import Reading, Text
from llm_tracer.model.span import SpanData
from llm_tracer_service.store import open_store
from llm_tracer_service.store.base import Hit
from llm_tracer_service.store.contract import TraceStore
from llm_tracer_service.store.hits import hits_in_span, snippet_of
from llm_tracer_service.store.sqlite import summaries
from llm_tracer_service.store.sqlite.places import KnownPlaces
from llm_tracer_service.store.sqlite.recent import Recent

from .helpers import PlainReader, StillClock, make_span, span_id, trace_id
from .test_agreement import IN_MEMORY, all_pages

TRACES, SPANS = 3, 4
WORDS = ("cat", "DOG", "strasse", "款", "a dog", "work")
PIECES = ("a cat", "a dog", "Straße", "退款", "nothing", "")
WORK = FieldTest("name", Test(texts=("*work*",)))


class CountingReader(PlainReader):
    """Reads other names and other texts in every `edition`, and counts the spans of which texts were asked."""

    def __init__(self) -> None:
        self.edition = 0
        self.count = 0

    @property
    def version(self) -> str:  # type: ignore[override]
        return f"counting-{self.edition}"

    def read(self, span: SpanData) -> Reading:
        return replace(super().read(span), name=f"{span.name} {WORDS[self.edition % 3]}")

    def texts(self, span: SpanData) -> Iterator[Text]:
        self.count += 1
        yield Text("name", span.name)
        if "input" in span.attributes:
            texts = span.attributes["input"].split("|")
            yield Text("input", texts[self.edition % len(texts)])


class Write(NamedTuple):
    spans: Sequence[SpanData]


class Delete(NamedTuple):
    trace: int


class Remap(NamedTuple):
    pass


class Maintain(NamedTuple):
    pass


class Vacuum(NamedTuple):
    pass


spans = st.builds(
    make_span,
    trace=st.integers(1, TRACES),
    span=st.integers(1, SPANS),
    start_s=st.sampled_from([0, 1, 2, None]),
    name=st.sampled_from(["work", "plan"]),
    input=st.lists(st.sampled_from(PIECES), min_size=1, max_size=3).map("|".join),
)
steps = st.one_of(
    st.builds(Write, st.lists(spans, min_size=1, max_size=5)),
    st.builds(Write, st.lists(spans, min_size=1, max_size=5)),
    st.builds(Delete, st.integers(1, TRACES)),
    st.sampled_from([Remap(), Remap(), Maintain(), Maintain(), Vacuum()]),
)
words = st.sampled_from(WORDS).map(Word)
queries = st.one_of(
    words,
    words,
    st.tuples(words, words).map(And),
    st.tuples(words, words).map(Or),
    words.map(Not),
    words.map(lambda word: SpanGroups((And((WORK, word)),))),
    st.tuples(words, words).map(SpanGroups),
).map(TraceQuery)


@given(
    first=st.lists(spans, min_size=1, max_size=8),
    steps=st.lists(steps, max_size=8),
    asked=st.lists(queries, min_size=1, max_size=3),
    settled_at_once=st.sampled_from([0, 2_000]),
)
def test_what_is_asked_again_is_answered_as_memory_does(
    first: list[SpanData], steps: list[Any], asked: list[TraceQuery], settled_at_once: int
) -> None:
    clock, reader = StillClock(), CountingReader()
    memory = open_store("memory:", reader, clock)
    with tempfile.TemporaryDirectory(dir=IN_MEMORY) as folder, pytest.MonkeyPatch.context() as patched:
        patched.setattr(summaries, "_SETTLED_AT_ONCE_SPANS", settled_at_once)
        sqlite = open_store(f"sqlite:{Path(folder) / 'traces.db'}", reader, clock)
        for step in [Write(first), *steps]:
            match step:
                case Write(written):
                    memory.write("p", written)
                    sqlite.write("p", written)
                case Delete(number):
                    for store in (memory, sqlite):
                        store.delete_traces("p", [trace_id(number)])
                case Remap():
                    reader.edition += 1
                    for store in (memory, sqlite):
                        assert store.remap().next_cursor is None
                case Maintain():
                    assert not sqlite.maintain(budget_s=60).more
                case Vacuum():  # which packs bodies together
                    sqlite.vacuum()
            for query in asked:
                assert_same_answers(memory, sqlite, query)
        sqlite.close()


def assert_same_answers(memory: TraceStore, sqlite: TraceStore, query: TraceQuery) -> None:
    spans_found = [
        all_pages(lambda cursor, store=store: store.find_spans("p", query, limit=3, cursor=cursor), "spans")
        for store in (sqlite, memory)
    ]
    assert spans_found[0] == spans_found[1]  # with their hits
    found, expected = sqlite.find_traces("p", query), memory.find_traces("p", query)
    assert found.traces == expected.traces
    for trace, hit, of_memory in zip(found.traces, found.hits, expected.hits, strict=True):
        assert (hit is None) == (of_memory is None)
        assert hit is None or hit in places_in(memory, trace.trace_id)


def places_in(store: TraceStore, trace: str) -> set[Hit]:
    """All places of all words in a trace, as it is now."""
    whole, summary = store.get_trace("p", trace), store.get_summary("p", trace)
    assert whole is not None
    assert summary is not None
    names = [(row.span_id, row.reading.name) for row in whole.rows] + [
        (whole.by_start[0].span_id, summary.name)
    ]
    return {
        *(hit for word in WORDS for row in whole.rows for hit in hits_in_span(whole, row.span_id, word)),
        *(
            Hit(span, "name", snippet)
            for word in WORDS
            for span, name in names
            if (snippet := snippet_of(name, word)) is not None
        ),
    }


@pytest.fixture
def counting() -> CountingReader:
    return CountingReader()


@pytest.fixture
def store(sqlite_path: Path, counting: CountingReader, clock: StillClock) -> Iterator[TraceStore]:
    opened = open_store(f"sqlite:{sqlite_path}", counting, clock)
    opened.write("p", [make_span(trace=n, span=m, start_s=n, input="a cat") for n in (1, 2) for m in (1, 2)])
    opened.maintain(budget_s=60)
    yield opened
    opened.close()


CAT = TraceQuery(Word("a cat"))
GROUP = TraceQuery(SpanGroups((And((WORK, Word("a cat"))),)))


@pytest.mark.parametrize("query", [CAT, GROUP])
def test_who_asks_again_has_no_text_read_again(
    store: TraceStore, counting: CountingReader, query: TraceQuery
) -> None:
    first = (store.find_traces("p", query), store.find_spans("p", query))
    read = counting.count
    assert (store.find_traces("p", query), store.find_spans("p", query)) == first
    assert counting.count == read
    assert len(first[0].traces) == 2


def test_of_a_trace_that_grew_only_that_is_looked_at(store: TraceStore, counting: CountingReader) -> None:
    assert len(store.find_spans("p", CAT).spans) == 4
    store.find_traces("p", CAT)
    store.write("p", [make_span(trace=1, span=3, start_s=0, input="a cat")])
    read = counting.count
    assert [hit and hit.span_id for hit in store.find_traces("p", CAT).hits] == [span_id(1), span_id(3)]
    assert counting.count == read + 1
    assert len(store.find_spans("p", CAT).spans) == 5
    assert counting.count == read + 2


def found(store: TraceStore, query: TraceQuery) -> tuple[list[str], list[str]]:
    """Traces, and traces of spans."""
    return (
        [trace.trace_id for trace in store.find_traces("p", query).traces],
        [span.trace_id for span in store.find_spans("p", query).spans],
    )


@pytest.mark.parametrize("query", [CAT, GROUP])
def test_a_trace_that_grew_is_asked_again(store: TraceStore, query: TraceQuery) -> None:
    store.delete_traces("p", [trace_id(1), trace_id(2)])
    store.write("p", [make_span(trace=3, span=1, input="a dog")])
    assert found(store, query) == ([], [])
    store.write("p", [make_span(trace=3, span=2, input="a cat")])
    assert found(store, query) == ([trace_id(3)], [trace_id(3)])


@pytest.mark.parametrize("query", [CAT, GROUP])
def test_another_reader_reads_all_texts_again(
    store: TraceStore, counting: CountingReader, query: TraceQuery
) -> None:
    store.delete_traces("p", [trace_id(1), trace_id(2)])
    store.write("p", [make_span(trace=3, input="a cat|a dog"), make_span(trace=4, input="a dog|a cat")])
    assert found(store, query) == ([trace_id(3)], [trace_id(3)])
    counting.edition = 1
    assert found(store, query) == ([trace_id(4)], [trace_id(4)])


@pytest.mark.parametrize("query", [CAT, GROUP])
def test_a_trace_that_takes_the_row_of_another_is_asked_again(
    store: TraceStore, sqlite_path: Path, counting: CountingReader, query: TraceQuery
) -> None:
    """Who writes counts rows on as long as it runs; who reads beside may live longer."""
    store.write("p", [make_span(trace=3, span=n, start_s=9, input="a cat|a bird") for n in (1, 2)])
    beside = open_store(f"sqlite:{sqlite_path}", counting, readonly=True)
    assert found(beside, query)[0] == [trace_id(3), trace_id(2), trace_id(1)]
    assert found(beside, TraceQuery(Word("dog"))) == ([], [])
    store.delete_traces("p", [trace_id(3)])
    store.close()
    again = open_store(f"sqlite:{sqlite_path}", counting)
    again.write("p", [make_span(trace=4, span=n, start_s=9, input="a dog|a cat") for n in (1, 2)])
    again.maintain(budget_s=60)
    assert found(beside, query)[0] == [trace_id(2), trace_id(1)]
    assert found(beside, query)[1] == [trace_id(2), trace_id(2), trace_id(1), trace_id(1)]
    assert found(beside, TraceQuery(Word("dog"))) == ([trace_id(4)], [trace_id(4)] * 2)
    beside.close()
    again.close()


def test_a_store_that_reads_beside_sees_what_is_written(
    store: TraceStore, sqlite_path: Path, counting: CountingReader
) -> None:
    beside = open_store(f"sqlite:{sqlite_path}", counting, readonly=True)
    dog = TraceQuery(Word("dog"))
    assert found(beside, dog) == ([], [])
    store.write("p", [make_span(trace=2, span=9, input="dog")])
    assert found(beside, dog) == ([trace_id(2)], [trace_id(2)])
    store.delete_traces("p", [trace_id(2)])
    assert found(beside, dog) == ([], [])
    beside.close()


# --- what is remembered is bounded ------------------------------------------------------------------------------------


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 5)), max_size=60), st.integers(0, 12))
def test_the_last_that_fit_are_remembered(asked: list[tuple[int, int]], weight_max: int) -> None:
    recent: Recent[tuple[int, int], int] = Recent(weight_max, lambda key, value: value)
    remembered: list[tuple[int, int]] = []  # the one that was asked last comes last
    for key in asked:
        made: list[int] = []
        assert recent.get(key, lambda key=key, made=made: made.append(1) or key[1]) == key[1]  # type: ignore[misc]
        assert bool(made) == (key not in remembered)
        remembered = [each for each in remembered if each != key] + [key]
        while sum(weight for _, weight in remembered) > weight_max:
            remembered.pop(0)


def test_a_value_that_replaces_another_takes_its_place() -> None:
    recent: Recent[str, int] = Recent(10, lambda key, value: value)
    recent.add("a", 9)
    recent.add("a", 3)
    recent.add("b", 6)
    assert recent.known("a") == 3
    recent.add("c", 2)
    assert [recent.known(key) for key in "abc"] == [3, None, 2], "the least recently used one goes"


def test_long_words_are_not_kept_by_the_thousand() -> None:
    known = KnownPlaces()
    made = 0

    def make() -> Hit:
        nonlocal made
        made += 1
        return Hit(span_id(1), "input", "x" * 1_000)

    for _ in range(2):
        for number in range(100):
            known.in_traces.get(("1", number, "x" * 100_000), make)
    assert made == 200
    for _ in range(2):
        for number in range(1_000):
            known.in_traces.get(("1", number, "word"), make)
    assert made == 200 + 1_000
