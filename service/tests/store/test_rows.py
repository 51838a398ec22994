from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from llm_tracer.model.row import row_of
from llm_tracer.model.span import SpanData
from llm_tracer_service.store import rows as rows_module
from llm_tracer_service.store.base import StoreError
from llm_tracer_service.store.packing import rows_of_head
from llm_tracer_service.store.rows import dump_rows, equal_rows, load_rows

from .helpers import PlainReader, make_span, span_id
from .strategies import spans


@given(st.lists(spans(), max_size=4))
def test_rows_come_back(given_spans: list[SpanData]) -> None:
    rows = [None if span.is_fragment else row_of(span, PlainReader().read(span)) for span in given_spans]
    assert load_rows([span.span_id for span in given_spans], dump_rows(rows)) == rows


def test_rows_of_another_version_are_read_by_their_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """It knew no tags and no cost of parts, and had a field of its own."""
    row = row_of(span := make_span(kind="llm", tokens=3, cost=0.5, session="s"), PlainReader().read(span))
    reading, usage, cost = rows_module._NAMES
    old = (
        (*(name for name in reading if name != "tags"), "mood"),
        usage,
        tuple(name for name in cost if name != "parts"),
    )
    values = [getattr(row.reading, name, "calm") for name in old[0]]
    values[old[0].index("usage")] = [getattr(row.reading.usage, name) for name in usage]
    values[old[0].index("cost")] = [getattr(row.reading.cost, name) for name in old[2]]
    kept = [[row.parent_span_id, row.start_time_unix_nano, row.end_time_unix_nano, values]]
    assert load_rows([span_id(1)], rows_module._head_of(old) + rows_module.dump(kept)) == [row]


def test_the_present_names_have_an_edition() -> None:
    """A field that is new to Reading, Usage or Cost: add an edition, so that deliveries need not spell it."""
    assert len(rows_module._HEAD) == 1


def test_an_edition_of_the_future_is_refused() -> None:
    with pytest.raises(StoreError, match="damaged"):
        rows_of_head([span_id(1)], b"\x63")


def test_equal_rows_are_compared_as_they_are_read_back() -> None:
    span = make_span(kind="llm", tokens=3, cost=1, session="s")
    derived = row_of(span, PlainReader().read(span))
    read_back = load_rows([span.span_id, span_id(2)], dump_rows([derived, None]))
    assert equal_rows([derived, None], read_back)
    assert not equal_rows([derived, derived], read_back)
    other = replace(derived, reading=replace(derived.reading, session_id="t"))
    assert not equal_rows([other, None], read_back)


def test_a_cost_that_is_no_number_equals_itself() -> None:
    span = make_span(kind="llm", cost=math.nan)
    derived = row_of(span, PlainReader().read(span))
    assert equal_rows([derived], load_rows([span.span_id], dump_rows([derived])))
