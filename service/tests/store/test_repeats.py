"""In every store, a response that two traces report is counted once in the totals of a project."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import apsw
import pytest
from llm_tracer.model.figures import Figures
from llm_tracer.model.query import FieldTest, Test, TraceQuery
from llm_tracer.model.span import SpanData
from llm_tracer_service.store import open_store
from llm_tracer_service.store.base import TimeRange
from llm_tracer_service.store.contract import TraceStore

from .conftest import Open
from .helpers import SECOND, START, ChangingReader, PlainReader, StillClock, make_span, trace_id
from .test_kill import assert_is_consistent


def call(trace: int, response: str | None = "r1", **fields: Any) -> SpanData:
    attributes = {"kind": "llm", "tokens": 10, "cost": 0.5, **fields}
    if response is not None:
        attributes["response"] = response
    return make_span(trace=trace, **{"start_s": trace, **attributes})


def counted(figures: Figures) -> tuple[int, int | None, float | None, int]:
    """Traces, tokens, dollars and model calls."""
    tokens = figures.usage.total if figures.usage else None
    return figures.traces, tokens, figures.cost.total if figures.cost else None, figures.llm_calls


def test_a_call_that_two_traces_report_counts_once(store: TraceStore) -> None:
    store.write(
        "p",
        [
            call(1),
            call(2),
            make_span(trace=2, span=2, start_s=2, kind="llm", tokens=3, cost=0.25, response="own"),
        ],
    )
    assert counted(store.stats("p")) == (2, 13, 0.75, 2)
    assert counted(store.stats("p", TraceQuery(FieldTest("kind", Test(texts=("llm",)))))) == (2, 13, 0.75, 2)
    assert store.reported_before("p", trace_id(1)) == {}
    assert store.reported_before("p", trace_id(2)) == {"r1": trace_id(1)}
    assert store.reported_before("p", trace_id(3)) == {}
    # The trace itself says what it reports.
    summary = store.get_summary("p", trace_id(2))
    assert summary is not None
    assert summary.usage is not None
    assert (summary.usage.total, summary.llm_calls) == (13, 2)


def test_the_earlier_trace_counts_it_wherever_one_looks(store: TraceStore) -> None:
    store.write("p", [call(2), call(1)])
    assert store.reported_before("p", trace_id(2)) == {"r1": trace_id(1)}
    later = TimeRange(START + 2 * SECOND, None)
    assert counted(store.stats("p", time_range=later)) == (1, None, None, 0)
    assert counted(store.stats("p", time_range=TimeRange(None, START + 2 * SECOND))) == (1, 10, 0.5, 1)


@pytest.mark.parametrize("order", list(itertools.permutations([1, 2, 3])))
def test_it_does_not_depend_on_the_order_of_arrival(store: TraceStore, order: tuple[int, ...]) -> None:
    for number in order:
        store.write("p", [call(number, start_s=5)])
        store.stats("p")
    assert counted(store.stats("p")) == (3, 10, 0.5, 1)
    assert store.reported_before("p", trace_id(3)) == {"r1": trace_id(1)}, "of the same moment: the lesser id"
    for gone, left in ((1, (2, 10, 0.5, 1)), (3, (1, 10, 0.5, 1)), (2, (0, None, None, 0))):
        store.delete_traces("p", [trace_id(gone)])
        assert counted(store.stats("p")) == left


def test_an_earlier_span_of_a_trace_makes_it_the_earlier_one(store: TraceStore) -> None:
    store.write("p", [call(1), call(2)])
    store.write("p", [make_span(trace=2, span=9, start_s=0)])
    assert store.reported_before("p", trace_id(1)) == {"r1": trace_id(2)}
    assert store.reported_before("p", trace_id(2)) == {}
    assert counted(store.stats("p")) == (2, 10, 0.5, 1)


def test_what_is_not_counted_in_its_trace_takes_nothing_away(store: TraceStore) -> None:
    # In trace 1 the agent only sums up: its call below is what counts.
    store.write(
        "p", [call(1, kind="agent"), make_span(trace=1, span=2, parent=1, start_s=1, kind="llm", tokens=4)]
    )
    store.write("p", [call(2)])
    assert counted(store.stats("p")) == (2, 14, 0.5, 2)
    assert store.reported_before("p", trace_id(2)) == {}


def test_projects_and_calls_without_an_id_stand_alone(store: TraceStore) -> None:
    store.write("p", [call(1), call(2, response=None), call(3, response=None), call(4, response="")])
    store.write("q", [call(1)])
    assert counted(store.stats("p")) == (4, 40, 2.0, 4)
    assert counted(store.stats("q")) == (1, 10, 0.5, 1)


def test_it_holds_in_kept_totals_and_when_it_ceases(store: TraceStore, clock: StillClock) -> None:
    store.write("p", [call(n, response=f"r{n % 40}", start_s=n % 50) for n in range(1, 81)])
    clock.advance(100_000)
    for _ in range(2):
        assert counted(store.stats("p")) == (80, 400, 20.0, 40)
    store.write("p", [call(n, response=f"new {n}", start_s=n % 50) for n in range(1, 81)])
    for _ in range(2):
        assert counted(store.stats("p")) == (80, 800, 40.0, 80)


def test_a_remap_may_change_it(store: TraceStore, reader: ChangingReader) -> None:
    store.write("p", [call(1), call(2)])
    reader.edition = 2
    plain = reader.read
    reader.read = lambda span: plain(make_span(**{**span.attributes, "response": span.trace_id}))  # type: ignore[method-assign]
    store.remap()
    assert counted(store.stats("p")) == (2, 20, 1.0, 2)
    assert store.reported_before("p", trace_id(2)) == {}


# --- SQLite ----------------------------------------------------------------------------------------------------------


def test_a_file_of_older_rules_learns_it(open_sqlite: Open, sqlite_path: Path) -> None:
    store = open_sqlite()
    store.write("p", [call(n) for n in (1, 2, 3)])
    store.close()
    connection = apsw.Connection(str(sqlite_path))
    connection.execute("UPDATE store SET derivation = 'older'; DELETE FROM repeats")
    connection.close()
    again = open_store(f"sqlite:{sqlite_path}", PlainReader())
    assert counted(again.stats("p")) == (3, 10, 0.5, 1)
    again.delete_traces("p", [trace_id(1)])
    assert counted(again.stats("p")) == (2, 10, 0.5, 1)
    again.close()
    assert_is_consistent(sqlite_path)
