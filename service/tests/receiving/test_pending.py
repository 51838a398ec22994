"""Logfire's pending spans are the running spans that they announce."""

from __future__ import annotations

from dataclasses import replace

from llm_tracer.model.span import SpanData, merge
from llm_tracer_service.receiving.pending import as_open_span

PENDING = SpanData(
    trace_id="a" * 32,
    span_id="1" * 16,
    name="work",
    start_time_unix_nano=5,
    end_time_unix_nano=5,
    parent_span_id="2" * 16,
    attributes={
        "logfire.span_type": "pending_span",
        "logfire.pending_parent_id": "3" * 16,
        "logfire.msg": "working",
    },
)


def test_a_pending_record_becomes_the_running_span() -> None:
    span = as_open_span(PENDING)
    assert (span.span_id, span.parent_span_id, span.name) == ("2" * 16, "3" * 16, "work")
    assert span.is_open
    assert span.attributes == {"logfire.span_type": "span", "logfire.msg": "working"}


def test_a_parent_of_zeros_is_none() -> None:
    root = replace(PENDING, attributes={**PENDING.attributes, "logfire.pending_parent_id": "0" * 16})
    assert as_open_span(root).parent_span_id is None


def test_the_full_span_replaces_it_in_any_order() -> None:
    full = SpanData(
        "a" * 32, "2" * 16, "work", 5, 9, "3" * 16, attributes={"logfire.span_type": "span", "x": 1}
    )
    pending = as_open_span(PENDING)
    assert merge(pending, full) == merge(full, pending)
    assert merge(pending, full).end_time_unix_nano == 9


def test_other_spans_stay_as_they_are() -> None:
    span = SpanData("a" * 32, "2" * 16, "work", 5, 9)
    assert as_open_span(span) is span
