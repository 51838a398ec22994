"""The traces with a pattern, found by what is kept with groups: the same as in memory, without examining others."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from llm_tracer.model.patterns import pattern_id
from llm_tracer.model.query import And, FieldTest, Not, Test, TraceQuery
from llm_tracer.model.span import SpanData
from llm_tracer_service.store import open_store
from llm_tracer_service.store.base import Sort
from llm_tracer_service.store.contract import TraceStore
from llm_tracer_service.store.sqlite import pattern_index

from .conftest import Open
from .helpers import PlainReader, StillClock, make_span
from .strategies import spans

DAY_S = 86_400
many_spans = st.lists(spans(), min_size=1, max_size=12)


def of_pattern(*ids: str) -> FieldTest:
    return FieldTest("pattern", Test(texts=ids))


def found(store: TraceStore, query: TraceQuery, sort: Sort = "-start_time") -> list[str]:
    return [trace.trace_id for trace in store.find_traces("p", query, sort=sort, limit=1000).traces]


def settled(store: TraceStore) -> TraceStore:
    while store.settle(budget_s=60):
        pass
    return store


@given(first=many_spans, then=many_spans, late_days=st.sampled_from([0, 1, 10]))
def test_a_pattern_finds_what_it_finds_in_memory(
    first: list[SpanData], then: list[SpanData], late_days: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    clock = StillClock()
    folder = tmp_path_factory.mktemp("store")
    memory, sqlite = (
        open_store(url, PlainReader(), clock, abandon_after_s=60)
        for url in ("memory:", f"sqlite:{folder}/t.db")
    )
    for store in (memory, sqlite):
        store.write("p", first)
    clock.advance(late_days * DAY_S)
    settled(sqlite)
    check(memory, sqlite)
    for store in (memory, sqlite):
        store.write("p", then)  # what was kept of their days is gone
    check(memory, sqlite)
    sqlite.close()


def check(memory: TraceStore, sqlite: TraceStore) -> None:
    points = memory.aggregate("p", group_by="pattern").points
    ids = [pattern_id(pattern) for point in points for pattern in point.groups] + ["0" * 16]
    of_any = of_pattern(*ids)
    for condition in (
        of_any,
        Not(of_any),
        And((of_any, Not(of_pattern(ids[0])))),
        *map(of_pattern, ids),
    ):
        for sort in ("-start_time", "-cost"):
            query = TraceQuery(condition)
            assert found(sqlite, query, sort) == found(memory, query, sort)


def ten_days(store: TraceStore) -> None:
    """A hundred traces a day that do the same, and two of another kind."""
    for day in range(10):
        store.write(
            "p", [make_span(trace=100 * day + n, start_s=day * DAY_S + n, name="plan") for n in range(1, 100)]
        )
    store.write(
        "p", [make_span(trace=2_000 + day, start_s=day * DAY_S + 50.5, name="rare") for day in (1, 5)]
    )


def test_no_other_trace_is_looked_at_where_groups_are_kept(open_sqlite: Open, clock: StillClock) -> None:
    store = open_sqlite()
    ten_days(store)
    clock.advance(12 * DAY_S)
    rare = TraceQuery(of_pattern(pattern_id("rare")))
    assert store.find_traces("p", rare).scanned == 992
    settled(store)
    page = store.find_traces("p", rare)
    assert (len(page.traces), page.scanned, page.complete) == (2, 2, True)
    store.write("p", [make_span(trace=3_000, start_s=9 * DAY_S + 70, name="plan")])
    assert store.find_traces("p", rare).scanned == 102  # the last day is another one
    store.delete_traces("p", [page.traces[0].trace_id])
    assert found(store, rare) == [page.traces[1].trace_id]


def test_what_is_kept_in_too_many_pieces_is_no_help(
    open_sqlite: Open, clock: StillClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = open_sqlite()
    ten_days(store)
    clock.advance(12 * DAY_S)
    monkeypatch.setattr(pattern_index, "STRETCHES_MAX", 0)
    assert len(found(store, TraceQuery(of_pattern(pattern_id("rare"))))) == 2
