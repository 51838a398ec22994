"""Where the time of a trace went."""

from __future__ import annotations

from llm_tracer.model.reading import Reading
from llm_tracer.model.row import SpanRow
from llm_tracer.model.trace import Trace
from llm_tracer_service.exporting.own_times import own_times

MS = 1_000_000


def row(
    number: int, start_ms: int, end_ms: int | None, parent: int | None = None, name: str = "work"
) -> SpanRow:
    end = None if end_ms is None else end_ms * MS
    return SpanRow(str(number), None if parent is None else str(parent), start_ms * MS, end, Reading(name))


def told(*rows: SpanRow) -> list[tuple[str, int, float]]:
    return [(each.name, each.spans, each.own_ms) for each in own_times(Trace("t", rows, 0).nodes)]


def test_a_parent_has_what_its_children_leave() -> None:
    assert told(row(1, 0, 100, name="root"), row(2, 10, 40, 1), row(3, 30, 60, 1)) == [
        ("work", 2, 60.0),
        ("root", 1, 50.0),
    ]


def test_a_child_that_goes_on_after_its_parent_takes_only_the_parents_time() -> None:
    assert told(row(1, 0, 100, name="root"), row(2, 90, 300, 1, "late")) == [
        ("late", 1, 210.0),
        ("root", 1, 90.0),
    ]


def test_what_still_runs_or_took_no_time_has_none() -> None:
    assert told(row(1, 0, None), row(2, 10, 10, 1), row(3, 30, 20, 1)) == []
