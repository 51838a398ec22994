"""Real telemetry makes the same traces in any order and in any pieces."""

from __future__ import annotations

import random
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
from app_helpers import FixedClock
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from llm_tracer.model.span import SpanData
from llm_tracer.model.trace import Node, TraceSummary
from llm_tracer_service.receiving.otlp import decode_logs, decode_traces
from llm_tracer_service.store import open_store

from .spans import reader, span
from .test_hostile import events, soup
from .test_sources import body_of, sources

PROJECT = "dev"


@cache
def deliveries(name: str) -> tuple[SpanData, ...]:
    """Everything that a source sent, span by span and log record by log record."""
    source = sources()[name]
    found: list[SpanData] = []
    for file in source["files"]:
        if file["signal"] in ("traces", "logs"):
            decode = decode_logs if file["signal"] == "logs" else decode_traces
            found.extend(decode(*body_of(source, file)).spans)
    return tuple(found)


def said(pieces: list[list[SpanData]]) -> list[tuple[TraceSummary, tuple[Node, ...]]]:
    """What a store says of all traces after it took in these pieces."""
    store = open_store("memory:", reader(), FixedClock(), 600.0)
    try:
        for piece in pieces:
            store.write(PROJECT, piece)
        page = store.find_traces(PROJECT, limit=1_000)
        found = []
        for summary in sorted(page.traces, key=lambda summary: summary.trace_id):
            trace = store.get_trace(PROJECT, summary.trace_id)
            assert trace is not None
            found.append((replace(summary, last_received_unix_nano=0), trace.nodes))
        return found
    finally:
        store.close()


@cache
def as_it_came(name: str) -> list[tuple[TraceSummary, tuple[Node, ...]]]:
    return said([list(deliveries(name))])


def in_pieces(sent: tuple[SpanData, ...], seed: int, again: bool) -> list[list[SpanData]]:
    """The same in another order, cut at random places; some of it twice."""
    chance = random.Random(seed)
    spans = list(sent) + (chance.sample(sent, len(sent) // 2) if again else [])
    chance.shuffle(spans)
    cuts = sorted(chance.choices(range(len(spans) + 1), k=chance.randrange(12)))
    return [spans[start:end] for start, end in zip([0, *cuts], [*cuts, len(spans)], strict=True)]


@pytest.mark.parametrize("name", sorted(sources()))
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32), again=st.booleans())
def test_any_order_and_any_pieces_give_the_same_traces(name: str, seed: int, again: bool) -> None:
    assert said(in_pieces(deliveries(name), seed, again)) == as_it_came(name)


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(attributes=soup, sent=events)
def test_no_soup_of_attributes_drops_its_span(attributes: dict[str, Any], sent: list[Any]) -> None:
    ((summary, nodes),) = said([[span(attributes, *sent, parent=None)]])
    assert (summary.span_count, len(nodes)) == (1, 1)
