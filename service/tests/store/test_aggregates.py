"""Figures over time and by value, and facets, as store/base.py describes them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import apsw
import pytest
from hypothesis import given
from hypothesis import strategies as st
from llm_tracer.model.failures import FailureKind, failure_kind
from llm_tracer.model.figures import Figures, add
from llm_tracer.model.groups import (
    FACET_FIELDS,
    GROUP_FIELDS,
    SPAN_FIELDS,
    TRACE_FIELDS,
    GroupField,
    Groups,
    ranked,
    ranked_counts,
)
from llm_tracer.model.patterns import pattern_id
from llm_tracer.model.query import HAS_WORDS, And, FamilyTest, FieldTest, Has, Test, TraceQuery
from llm_tracer.model.span import SpanData
from llm_tracer_service.store import open_store
from llm_tracer_service.store.base import TimeRange
from llm_tracer_service.store.contract import TraceStore
from llm_tracer_service.store.sqlite import aggregates, group_rollups

from .conftest import Open
from .helpers import SECOND, START, PlainReader, StillClock, make_span, trace_id
from .strategies import queries, spans, time_ranges
from .test_agreement import assert_same_points

HOUR = 3_600
FIELDS = (*SPAN_FIELDS, *TRACE_FIELDS)


def calls() -> list[SpanData]:
    """Two traces of two users: an agent that calls one tool and two models, one of them through a wrapper."""
    return [
        make_span(trace=1, span=1, dur_s=4, name="ask", kind="agent", user="Alice", tags=["a", "b"]),
        make_span(trace=1, span=2, parent=1, name="search", kind="tool", tool="search", error="no page 17"),
        make_span(trace=1, span=3, parent=1, dur_s=2, kind="llm", model="m1", tokens=10, cost=0.5),
        make_span(trace=1, span=4, parent=3, dur_s=2, kind="llm", model="m1", tokens=10, cost=0.5),
        make_span(trace=1, span=5, parent=1, dur_s=1, kind="llm", model="m2", request_model="m", tokens=3),
        make_span(trace=2, span=1, dur_s=8, name="ask", kind="agent", user="alice", tags=["b"], start_s=60),
        make_span(trace=2, span=2, parent=1, dur_s=3, kind="llm", model="m1", tokens=7, cost=0.1, start_s=61),
    ]  # fmt: skip


def groups(store: TraceStore, field: GroupField, query: TraceQuery | None = None) -> Groups:
    points = store.aggregate("p", query or TraceQuery(), group_by=field).points
    return points[0].groups if points else {}


def test_a_group_of_spans_counts_the_spans_with_the_value(store: TraceStore) -> None:
    store.write("p", calls())
    by_model = groups(store, "model")
    m1 = by_model["m1"].figures
    assert (m1.traces, m1.spans, m1.llm_calls, m1.errors, m1.tool_calls) == (2, 3, 2, 0, 0)
    assert m1.usage is not None
    assert (m1.usage.total, sum(m1.histogram.values())) == (17, 3)
    assert m1.cost is not None
    assert (m1.cost.total, m1.cost.complete) == (pytest.approx(0.6), True)
    assert (by_model["m1"].trace_id, by_model["m1"].last_unix_nano) == (trace_id(2), START + 61 * SECOND)
    search = groups(store, "tool")["search"].figures
    assert (search.traces, search.spans, search.errors, search.tool_calls) == (1, 1, 1, 1)
    assert (search.usage, search.cost) == (None, None)


def test_tokens_and_cost_are_those_of_the_model_that_answered(store: TraceStore) -> None:
    store.write("p", calls())
    by_model = groups(store, "model")
    asked, answered = by_model["m"].figures, by_model["m2"].figures
    assert (asked.spans, asked.llm_calls, asked.usage, asked.cost) == (1, 1, None, None)
    assert answered.usage is not None
    assert (answered.spans, answered.usage.total, answered.cost) == (1, 3, None)


def test_a_group_of_traces_has_their_figures(store: TraceStore) -> None:
    store.write("p", calls())
    found = ranked(groups(store, "user"), "-traces", 10)
    assert [value for value, _ in found.first] == ["alice"]  # letter case aside, as in a query
    assert found.first[0][1].figures == store.stats("p")
    by_tag = groups(store, "tag")
    assert {tag: group.figures.traces for tag, group in by_tag.items()} == {"a": 1, "b": 2}


def test_a_call_that_two_traces_report_is_in_the_group_of_the_earlier_one(store: TraceStore) -> None:
    for trace in (1, 2):
        call = make_span(
            trace=trace, start_s=trace, kind="llm", model="m", tokens=5, response="r", user=f"u{trace}"
        )
        store.write("p", [call])  # fmt: skip
    figures = groups(store, "model")["m"].figures
    assert figures.usage is not None
    assert (figures.traces, figures.spans, figures.llm_calls, figures.usage.total) == (2, 2, 1, 5)
    assert {user: group.figures.usage is not None for user, group in groups(store, "user").items()} == {
        "u1": True,
        "u2": False,
    }


def test_failures_are_counted_where_they_began(store: TraceStore) -> None:
    def failing(trace: int, page: int, start_s: float) -> list[SpanData]:
        return [
            make_span(trace=trace, span=1, start_s=start_s, name="agent", error="tool failed"),
            make_span(trace=trace, span=2, parent=1, start_s=start_s, name="fetch", error=f"no page {page}",
                      error_type="NotFound"),
        ]  # fmt: skip

    store.write("p", [*failing(1, 17, 0), *failing(2, 4, 5), *failing(3, 9, 2 * HOUR)])
    points = store.aggregate("p", group_by="failure", width_s=HOUR).points
    assert [sum(group.figures.spans for group in point.groups.values()) for point in points] == [2, 1]
    ((text, failure),) = groups(store, "failure").items()
    assert failure_kind(text) == FailureKind("NotFound", "no page <n>", "fetch")
    assert (failure.first_unix_nano, failure.last_unix_nano) == (START, START + 2 * HOUR * SECOND)
    assert (failure.figures.traces, failure.trace_id) == (3, trace_id(3))


def test_patterns_group_traces_by_what_they_did(store: TraceStore) -> None:
    for trace, rounds in ((1, 2), (2, 3), (3, 4)):
        store.write("p", [
            make_span(trace=trace, span=1, dur_s=9, name="agent", error="x" if trace == 3 else None),
            make_span(trace=trace, span=2, parent=1, name="plan"),
            *(make_span(trace=trace, span=3 + n, parent=1, name="search", start_s=1 + n) for n in range(rounds)),
        ])  # fmt: skip
    assert {pattern: group.figures.traces for pattern, group in groups(store, "pattern").items()} == {
        "agent: plan → (search ×n)": 2,
        "agent: plan → (search ×n) → ✕": 1,
    }


def test_stretches_of_time_begin_at_multiples_of_their_width(store: TraceStore, clock: StillClock) -> None:
    day = 86_400
    starts = [0, 30, 61, HOUR, day, day + 61, 3 * day, 3 * day + HOUR]
    store.write("p", [make_span(trace=n, start_s=at, model="m") for n, at in enumerate(starts, 1)])
    clock.advance(10 * day)
    for _ in range(2):  # computed, then perhaps kept
        for width_s in (7, 45, 60, 90, 300, HOUR, 5 * HOUR, day, 2 * day):
            for group_by in (None, "model"):
                found = store.aggregate("p", width_s=width_s, group_by=group_by)  # type: ignore[arg-type]
                counted = {point.start_unix_nano // SECOND: point.figures.traces for point in found.points}
                expected: dict[int, int] = {}
                for at in starts:
                    stretch = (START // SECOND + at) // width_s * width_s
                    expected[stretch] = expected.get(stretch, 0) + 1
                assert counted == expected, (width_s, group_by)


def test_a_running_trace_is_abandoned_after_a_while_in_groups_and_facets(
    store: TraceStore, clock: StillClock
) -> None:
    store.write("p", [make_span(trace=1, dur_s=None), make_span(trace=2), make_span(trace=3, error="x")])
    assert {status: g.figures.traces for status, g in groups(store, "status").items()} == {
        "running": 1,
        "ok": 1,
        "error": 1,
    }
    clock.advance(100_000)
    for _ in range(2):
        assert set(groups(store, "status")) == {"abandoned", "ok", "error"}
        assert store.facets("p", fields=["status"]).counts == {
            "status": {"abandoned": 1, "ok": 1, "error": 1}
        }
    figures = store.stats("p")
    assert (figures.traces, figures.errors, figures.running) == (3, 1, 1)


def test_facets_count_traces_by_value(store: TraceStore) -> None:
    store.write("p", [*calls(), make_span(trace=3, model="m1", score=0.5, has=["image"])])
    counts = store.facets("p").counts
    assert dict(counts["model"]) == {"m1": 3, "m2": 1, "m": 1}
    assert dict(counts["tag"]) == {"a": 1, "b": 2}
    assert dict(counts["score"]) == {"quality": 1}
    assert dict(counts["has"]) == {"error": 1, "cost": 2, "image": 1}
    alice = store.facets("p", TraceQuery(FieldTest("user", Test(texts=("ALICE",)))), fields=["model"]).counts
    assert {field: dict(found) for field, found in alice.items()} == {"model": {"m1": 2, "m2": 1, "m": 1}}
    later = TimeRange(START + 30 * SECOND)
    assert dict(store.facets("p", time_range=later, fields=["tag"]).counts["tag"]) == {"b": 1}


def test_what_is_deleted_is_in_no_group(store: TraceStore, clock: StillClock) -> None:
    store.write("p", calls())
    clock.advance(200_000)
    store.settle(budget_s=10)
    assert set(groups(store, "tag")) == {"a", "b"}
    store.delete_traces("p", [trace_id(1)])
    assert set(groups(store, "tag")) == {"b"}
    assert "a" not in store.facets("p").counts["tag"]
    store.delete_traces("p", [trace_id(2)])
    assert store.aggregate("p", group_by="tag").points == ()
    assert not any(store.facets("p").counts.values())


def test_projects_are_grouped_apart(store: TraceStore) -> None:
    store.write("p", [make_span(model="m")])
    store.write("q", [make_span(model="n")])
    assert set(groups(store, "model")) == {"m"}
    assert dict(store.facets("q", fields=["model"]).counts["model"]) == {"n": 1}


# --- roll-ups in a file ---------------------------------------------------------------------------------------------


def kept_fields(path: Path) -> set[tuple[int, str]]:
    """Width and field of what is kept."""
    with apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY) as connection:
        return set(connection.execute("SELECT width_s, field FROM group_rollups").fetchall())


def test_what_is_settled_is_kept_until_a_trace_of_its_time_changes(
    open_sqlite: Open, sqlite_path: Path, clock: StillClock
) -> None:
    store = open_sqlite()
    store.write("p", [make_span(trace=n, start_s=n, user="alice", model="m") for n in range(1, 41)])
    clock.advance(2 * 86_400)
    assert kept_fields(sqlite_path) == set()
    assert store.settle(budget_s=60) is False
    fields = {*GROUP_FIELDS, "counts", "pattern starts"}
    assert kept_fields(sqlite_path) == {(width_s, field) for width_s in (3_600, 86_400) for field in fields}
    assert groups(store, "user")["alice"].figures.traces == 40
    store.write("p", [make_span(trace=1, span=2, parent=1, user="bob")])
    assert kept_fields(sqlite_path) == set()  # at once: it may name what was deleted
    assert groups(store, "user")["bob"].figures.traces == 1
    assert groups(open_sqlite_again(store, open_sqlite), "user")["alice"].figures.traces == 40


def test_what_was_written_to_since_the_last_turn_waits_for_the_next(
    open_sqlite: Open, sqlite_path: Path, clock: StillClock
) -> None:
    store = open_sqlite()
    clock.advance(10 * 86_400)
    widths = set()
    for trace in (1, 2):
        store.write("p", [make_span(trace, start_s=trace)])
        store.maintain(budget_s=60)
        widths.add(frozenset(width_s for width_s, _ in kept_fields(sqlite_path)))
    assert widths == {frozenset({86_400}), frozenset()}
    store.maintain(budget_s=60)
    assert {width_s for width_s, _ in kept_fields(sqlite_path)} == {86_400}
    assert groups(store, "status")["ok"].figures.traces == 2


def test_days_together_are_counted_again_when_one_of_them_changes(
    open_sqlite: Open, clock: StillClock
) -> None:
    store, days = open_sqlite(), (1, 2, 3)
    store.write("p", [make_span(trace=day, start_s=day * 86_400, session="talk", tokens=10) for day in days])
    clock.advance(10 * 86_400)
    store.settle(budget_s=60)
    first, again = groups(store, "session"), groups(store, "session")
    assert again == first
    assert (first["talk"].figures.traces, first["talk"].trace_id) == (3, trace_id(3))
    store.write("p", [make_span(trace=4, start_s=2 * 86_400 + 60, session="other")])
    store.delete_traces("p", [trace_id(3)])
    store.settle(budget_s=60)
    changed = groups(store, "session")
    assert {value: group.figures.traces for value, group in changed.items()} == {"talk": 2, "other": 1}
    assert changed["talk"].trace_id == trace_id(2)


def open_sqlite_again(store: TraceStore, open_sqlite: Open) -> TraceStore:
    store.close()
    return open_sqlite()


def test_settling_stops_when_its_time_is_up_and_goes_on(open_sqlite: Open, clock: StillClock) -> None:
    store = open_sqlite()
    store.write("p", [make_span(trace=n, start_s=n * 86_400) for n in range(1, 5)])
    clock.advance(10 * 86_400)
    steps = 1
    while store.settle(budget_s=0):
        steps += 1
    assert 4 <= steps <= 9
    assert store.maintain(budget_s=1).more is False


def test_other_rules_make_groups_again(
    open_sqlite: Open, clock: StillClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = open_sqlite()
    store.write("p", [make_span(name="old")])
    clock.advance(2 * 86_400)
    store.settle(budget_s=60)
    monkeypatch.setattr(group_rollups, "RULES", group_rollups.RULES + 1)
    assert set(groups(open_sqlite_again(store, open_sqlite), "pattern")) == {"old"}


def test_a_store_that_only_reads_counts_too(open_sqlite: Open, sqlite_path: Path, clock: StillClock) -> None:
    open_sqlite().write("p", [make_span(model="m")])
    clock.advance(86_400)
    reading = open_store(f"sqlite:{sqlite_path}", PlainReader(), clock, readonly=True)
    assert set(groups(reading, "model")) == {"m"}
    assert reading.facets("p").counts["model"] == {"m": 1}
    reading.close()


# --- any traces -----------------------------------------------------------------------------------------------------

many_spans = st.lists(spans(), min_size=1, max_size=12)


def opened(url: str, written: Sequence[SpanData]) -> TraceStore:
    store = open_store(url, PlainReader(), StillClock(), abandon_after_s=60)
    store.write("p", written)
    return store


def count(store: TraceStore, query: TraceQuery, time_range: TimeRange) -> int:
    return len(store.find_traces("p", query, time_range, limit=1000).traces)


@pytest.mark.parametrize("url", ["memory:", "sqlite:{folder}/t.db"])
@given(data=st.data())
def test_a_group_counts_the_traces_that_its_value_finds(
    url: str, data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    written, query, time_range = data.draw(many_spans), data.draw(queries), data.draw(time_ranges)
    store = opened(url.format(folder=tmp_path_factory.mktemp("store")), written)
    facets = store.facets("p", query, time_range).counts

    def with_value(condition: Any) -> int:
        return count(store, TraceQuery(And((query.condition, condition))), time_range)

    for field in FIELDS:
        points = store.aggregate("p", query, time_range, group_by=field).points
        found = ranked(points[0].groups if points else {}, "-traces", 1000)
        if field in facets:
            counted = ranked_counts(facets[field], 1000)  # type: ignore[index]
            assert sorted((value, group.figures.traces) for value, group in found.first) == sorted(
                counted.first
            )
        for value, group in found.first:
            if "*" not in value:  # which stands for any text in a query
                assert group.figures.traces == with_value(FieldTest(field, Test(texts=(value,)))), field
    ids: dict[GroupField, Callable[[str], str]] = {
        "pattern": pattern_id,
        "failure": lambda text: failure_kind(text).id,
    }
    for field, id_of in ids.items():
        points = store.aggregate("p", query, time_range, group_by=field).points
        for text, group in (points[0].groups if points else {}).items():
            assert group.figures.traces == with_value(FieldTest(field, Test(texts=(id_of(text),)))), field
    for value, traces in facets["has"].items():
        assert value in HAS_WORDS
        assert traces == with_value(Has(value))
    for name, traces in facets["score"].items():
        assert traces >= with_value(FamilyTest("score", name, Test()))
    store.close()


@given(written=many_spans, query=queries, time_range=time_ranges)
def test_tokens_add_up_over_models_and_kinds(
    written: list[SpanData], query: TraceQuery, time_range: TimeRange
) -> None:
    store = opened("memory:", written)
    totals = add(point.figures for point in store.aggregate("p", query, time_range).points)
    points = store.aggregate("p", query, time_range, group_by="kind").points
    by_kind = add(group.figures for group in points[0].groups.values()) if points else Figures()
    assert by_kind.spans == totals.spans
    assert by_kind.llm_calls == totals.llm_calls
    assert by_kind.tool_calls == totals.tool_calls
    assert by_kind.usage == totals.usage
    assert (by_kind.cost and by_kind.cost.total) == pytest.approx(totals.cost and totals.cost.total)
    points = store.aggregate("p", query, time_range, group_by="model").points
    by_model = add(group.figures for group in points[0].groups.values()) if points else Figures()
    tokens = by_model.usage and by_model.usage.total
    assert (tokens or 0) <= ((totals.usage and totals.usage.total) or 0)


def test_bounded_answers_say_from_when_on_they_are_exact(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    monkeypatch.setattr(aggregates, "TRACES_MAX", 2)
    monkeypatch.setattr(aggregates, "SUMMARIES_MAX", 3)
    monkeypatch.setattr(group_rollups, "KEPT_FROM_TRACES", 1)

    @given(st.data())
    def bounded(data: st.DataObject) -> None:
        written, query, time_range = data.draw(many_spans), data.draw(queries), data.draw(time_ranges)
        memory = opened("memory:", written)
        sqlite = opened(f"sqlite:{tmp_path_factory.mktemp('store')}/t.db", written)
        width_s = data.draw(st.sampled_from([None, 45, 60, HOUR, 86_400]))
        for group_by in (None, data.draw(st.sampled_from(GROUP_FIELDS))):
            found = sqlite.aggregate("p", query, time_range, width_s, group_by)
            since = found.counted_since_unix_nano
            narrower = time_range if since is None else TimeRange(since, time_range.end_unix_nano)
            assert_same_points(found.points, memory.aggregate("p", query, narrower, width_s, group_by).points)
        facets = sqlite.facets("p", query, time_range)
        since = facets.counted_since_unix_nano
        narrower = time_range if since is None else TimeRange(since, time_range.end_unix_nano)
        expected = memory.facets("p", query, narrower).counts
        assert {field: dict(facets.counts[field]) for field in FACET_FIELDS} == {
            field: dict(expected[field]) for field in FACET_FIELDS
        }
        sqlite.close()

    bounded()
