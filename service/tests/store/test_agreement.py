"""Any spans in any order and pieces, any question: every store answers exactly like the memory store."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple, get_args

import pytest
from dynamodb_tables import DynamoDBLocal, new_table
from hypothesis import given, settings
from hypothesis import strategies as st
from llm_tracer.model.figures import Figures
from llm_tracer.model.groups import FACET_FIELDS, GROUP_FIELDS, GroupField
from llm_tracer.model.query import TraceQuery
from llm_tracer.model.span import SpanData
from llm_tracer_service.blobs import Blob, SpanForm, set_aside
from llm_tracer_service.store import open_store
from llm_tracer_service.store.base import SESSION_SORTS, SORTS, SessionSort, Sort, SpanSort, TimeRange
from llm_tracer_service.store.contract import TraceStore
from llm_tracer_service.store.over_time import Point

from .helpers import ChangingReader, PlainReader, StillClock, make_span, span_id, trace_id
from .strategies import IMAGES, LONG_TEXTS, SPANS, TEXTS, TRACES, queries, spans, time_ranges

PROJECTS = ("p", "q")

SPAN_SORTS: tuple[SpanSort, ...] = get_args(SpanSort)
FORMS: tuple[SpanForm, ...] = ("sent", "read", "kept")
BLOBS: dict[str, Blob] = {}
set_aside(make_span(of=[*IMAGES, *LONG_TEXTS]), BLOBS)

IN_MEMORY = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
"""Where a disk that has to be waited for is no part of the test."""


class Write(NamedTuple):
    project: str
    spans: Sequence[SpanData]


class Delete(NamedTuple):
    project: str
    traces: Sequence[int]


class DeleteProject(NamedTuple):
    project: str


class Pin(NamedTuple):
    project: str
    trace: int
    pinned: bool


class Expire(NamedTuple):
    """Deletes what is older than so many days."""

    retention_days: float


class Advance(NamedTuple):
    seconds: float


class Reopen(NamedTuple):
    pass


class IndexTexts(NamedTuple):
    pass


class Vacuum(NamedTuple):
    pass


class Remap(NamedTuple):
    project: str | None
    limit: int
    everything: bool


class Settle(NamedTuple):
    pass


class Ask(NamedTuple):
    project: str
    query: TraceQuery
    time_range: TimeRange
    sort: Sort
    limit: int


projects = st.sampled_from(PROJECTS)
asks = st.builds(Ask, projects, queries, time_ranges, st.sampled_from(SORTS), st.integers(1, 3))
writes = st.builds(Write, projects, st.lists(spans(), min_size=1, max_size=8))
steps = st.one_of(
    writes,
    writes,
    asks,
    st.builds(Delete, projects, st.lists(st.integers(1, TRACES), max_size=2)),
    st.builds(DeleteProject, projects),
    st.builds(Pin, projects, st.integers(1, TRACES), st.booleans()),
    st.builds(Expire, st.sampled_from([0.0, 0.001, 1, 3])),
    st.builds(Advance, st.sampled_from([-10, 0.5, 30, 60, 61, 4_000, 200_000])),
    st.just(Reopen()),
    st.just(Settle()),
    st.just(IndexTexts()),
    st.just(IndexTexts()),
    st.just(Vacuum()),
    st.builds(Remap, st.sampled_from([None, *PROJECTS]), st.integers(1, 4), st.booleans()),
)


whatever_happens = given(
    first=writes, then=st.lists(steps, max_size=6), finally_asked=st.lists(asks, min_size=1, max_size=6)
)


@whatever_happens
def test_sqlite_answers_as_memory_does(first: Write, then: list[Any], finally_asked: list[Ask]) -> None:
    with tempfile.TemporaryDirectory(dir=IN_MEMORY) as folder:
        check_answers(f"sqlite:{Path(folder) / 'traces.db'}", [first, *then, *finally_asked])


@settings(max_examples=settings.default.max_examples // 4)
@whatever_happens
def test_dynamodb_answers_as_memory_does(
    dynamodb: DynamoDBLocal, first: Write, then: list[Any], finally_asked: list[Ask]
) -> None:
    with new_table(dynamodb, shards=1 + len(then) % 3) as url:
        check_answers(url, [first, *then, *finally_asked])


def check_answers(url: str, steps: Sequence[Any]) -> None:
    """Takes the same steps with memory and with another store, and compares all that both say."""
    clock, reader = StillClock(), ChangingReader()
    memory = open_store("memory:", reader, clock, abandon_after_s=60)
    other = open_store(url, reader, clock, abandon_after_s=60)
    followed = {store: Followed(store) for store in (memory, other)}
    for step in steps:
        match step:
            case Write(project, written):
                memory.write(project, written)
                other.write(project, written)
            case Delete(project, traces):
                gone = [trace_id(number) for number in traces]
                assert memory.delete_traces(project, gone) == other.delete_traces(project, gone)
            case DeleteProject(project):
                assert memory.delete_project(project) == other.delete_project(project)
            case Pin(project, trace, pinned):
                assert memory.pin(project, trace_id(trace), pinned) == other.pin(
                    project, trace_id(trace), pinned
                )
            case Expire(retention_days):
                assert expired(other, retention_days) == expired(memory, retention_days)
            case Advance(seconds):
                clock.advance(seconds)
            case Reopen():
                other.close()
                other = open_store(url, reader, clock, abandon_after_s=60)
                followed[other] = followed.pop(next(s for s in followed if s is not memory)).by(other)
            case Settle():
                other.settle(budget_s=1)
            case IndexTexts():
                assert not other.maintain(budget_s=60).more
            case Vacuum():  # which packs bodies together, in SQLite
                other.vacuum()
            case Remap():
                reader.edition += 1
                assert remapped(other, step) == remapped(memory, step)
                # Until all is read again, a store may mix what two versions say as it likes.
                rest = Remap(None, 2, False)
                assert remapped(other, rest) == remapped(memory, rest)
            case Ask():
                compare_answers(memory, other, step)
    compare_contents(memory, other)
    told = [followed[store].changes() for store in (memory, other)]
    if any(isinstance(step, Remap | DeleteProject | Expire) for step in steps):
        # These go through many traces, and each store in an order of its own.
        told = [sorted(map(repr, _one_by_one(each))) for each in told]
    assert told[0] == told[1]
    other.close()


def _one_by_one(changes: Sequence[Any]) -> list[Any]:
    return [each for change in changes for each in (change if isinstance(change, tuple) else (change,))]


def compare_answers(memory: TraceStore, other: TraceStore, ask: Ask) -> None:
    project, query, time_range, sort, limit = ask

    def traces(store: TraceStore) -> list[Any]:
        return all_pages(
            lambda cursor: store.find_traces(project, query, time_range, sort, limit, cursor), "traces"
        )

    def found_spans(store: TraceStore) -> list[Any]:
        return all_pages(lambda cursor: store.find_spans(project, query, time_range, limit, cursor), "spans")

    def ranked_spans(store: TraceStore) -> list[Any]:
        order = SPAN_SORTS[SORTS.index(sort) % len(SPAN_SORTS)]
        return all_pages(
            lambda cursor: store.find_spans(project, query, time_range, limit, cursor, order), "spans"
        )

    def sessions(store: TraceStore, order: SessionSort = "-last_activity") -> list[Any]:
        return all_pages(
            lambda cursor: store.find_sessions(project, query, time_range, limit, cursor, order), "sessions"
        )

    assert traces(other) == traces(memory)
    assert found_spans(other) == found_spans(memory)
    assert ranked_spans(other) == ranked_spans(memory)
    assert sessions(other) == sessions(memory)
    order = SESSION_SORTS[1 + SORTS.index(sort) % (len(SESSION_SORTS) - 1)]
    assert sessions(other, order) == sessions(memory, order)
    for _ in range(2):  # computed, then perhaps from what was kept
        assert_same_figures(other.stats(project, query, time_range), memory.stats(project, query, time_range))
        for width_s, group_by in (
            (None, None),
            (60, None),
            (3_600, group_by_of(ask)),
            (None, group_by_of(ask)),
        ):
            found, expected = (
                store.aggregate(project, query, time_range, width_s, group_by) for store in (other, memory)
            )
            assert found.counted_since_unix_nano is None
            assert_same_points(found.points, expected.points)
        facets = [store.facets(project, query, time_range).counts for store in (other, memory)]
        assert [{field: dict(each[field]) for field in FACET_FIELDS} for each in facets[:1]] == [
            {field: dict(each[field]) for field in FACET_FIELDS} for each in facets[1:]
        ]


def group_by_of(ask: Ask) -> GroupField:
    """One field for each question, another one for the next."""
    return GROUP_FIELDS[(ask.limit + len(repr(ask.query)) + len(repr(ask.time_range))) % len(GROUP_FIELDS)]


def assert_same_points(found: Sequence[Point], expected: Sequence[Point]) -> None:
    assert [point.start_unix_nano for point in found] == [point.start_unix_nano for point in expected]
    for one, other in zip(found, expected, strict=True):
        assert_same_figures(one.figures, other.figures)
        assert one.groups.keys() == other.groups.keys()
        for value, group in one.groups.items():
            other_group = other.groups[value]
            assert_same_figures(group.figures, other_group.figures)
            assert replace(group, figures=Figures()) == replace(other_group, figures=Figures())


def compare_contents(memory: TraceStore, other: TraceStore) -> None:
    for project in PROJECTS:
        assert other.pinned(project) == memory.pinned(project)
        assert fragments(other, project) == fragments(memory, project)
        for trace in map(trace_id, range(1, TRACES + 1)):
            assert other.reported_before(project, trace) == memory.reported_before(project, trace)
            assert other.get_summary(project, trace) == memory.get_summary(project, trace)
            expected, found = memory.get_trace(project, trace), other.get_trace(project, trace)
            assert (found and (found.rows, found.nodes, dict(found.spans))) == (
                expected and (expected.rows, expected.nodes, dict(expected.spans))
            )
            for span in map(span_id, range(1, SPANS + 1)):
                for form in FORMS:
                    assert repr(other.get_span(project, trace, span, form)) == repr(
                        memory.get_span(project, trace, span, form)
                    )
        for span in map(span_id, range(1, SPANS + 1)):
            assert other.find_trace_of_span(project, span) == memory.find_trace_of_span(project, span)
        for session in TEXTS:
            assert other.get_session(project, session) == memory.get_session(project, session)
        for sha256 in BLOBS:
            assert other.get_blob(project, sha256) == memory.get_blob(project, sha256)
    assert other.last_span_at() == memory.last_span_at()
    assert [problem for checked in other.verify() for problem in checked.problems] == []
    counted = [(info.trace_count, info.span_count) for info in (other.info(), memory.info())]
    assert counted[0] == counted[1]


def expired(store: TraceStore, retention_days: float) -> int:
    """How many traces went by their age."""
    count = 0
    while True:
        step = store.maintain(0.0, retention_days)
        count += step.expired
        if not step.more:
            return count


def remapped(store: TraceStore, step: Remap) -> tuple[int, int]:
    """How many traces it looked at, and how many it read again."""
    pages = [store.remap(step.project, None, step.limit, step.everything)]
    while (cursor := pages[-1].next_cursor) is not None:
        pages.append(store.remap(step.project, cursor, step.limit, step.everything))
    return sum(page.looked_at for page in pages), sum(page.derived for page in pages)


def fragments(store: TraceStore, project: str) -> list[str]:
    return list(map(repr, all_pages(lambda cursor: store.find_fragments(project, 2, cursor), "fragments")))


def all_pages(page_at: Callable[[str | None], Any], items: str) -> list[Any]:
    found: list[Any] = []
    cursor: str | None = None
    while True:
        page = page_at(cursor)
        found += getattr(page, items)
        cursor = page.next_cursor
        if cursor is None:
            return found


def assert_same_figures(found: Figures, expected: Figures) -> None:
    assert replace(found, cost=None) == replace(expected, cost=None)
    assert (found.cost is None) == (expected.cost is None)
    if found.cost is not None and expected.cost is not None:
        assert found.cost.total == pytest.approx(expected.cost.total)
        assert found.cost.complete == expected.cost.complete


class Followed:
    """Follows the changes of a store from its beginning, over its restarts."""

    def __init__(self, store: TraceStore) -> None:
        self._store = store
        self._cursors = {project: store.changes(project).cursor for project in PROJECTS}

    def by(self, store: TraceStore) -> Followed:
        self._store = store
        return self

    def changes(self) -> list[Any]:
        found: list[Any] = []
        for project in PROJECTS:
            while True:
                page = self._store.changes(project, self._cursors[project], limit=2)
                found += [*page.traces, page.deleted]
                self._cursors[project] = page.cursor
                if not page.has_more:
                    break
        return found


@settings(max_examples=settings.default.max_examples // 2)
@given(st.permutations(range(6)), st.data())
def test_the_order_and_grouping_of_distinct_spans_does_not_matter(
    order: list[int], data: st.DataObject
) -> None:
    chosen = [
        replace(data.draw(spans()), span_id=span_id(number), trace_id=trace_id(1)) for number in range(6)
    ]
    cut = data.draw(st.integers(0, 6))
    answers = []
    with tempfile.TemporaryDirectory(dir=IN_MEMORY) as folder:
        for number, pieces in enumerate(
            [[chosen], [[chosen[at] for at in order[:cut]], [chosen[at] for at in order[cut:]]]]
        ):
            store = open_store(f"sqlite:{folder}/{number}.db", PlainReader(), StillClock())
            for piece in pieces:
                store.write("p", piece)
            answers.append((store.get_summary("p", trace_id(1)), store.stats("p")))
            store.close()
    assert answers[0] == answers[1]
