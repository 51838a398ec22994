"""Real telemetry makes the same traces in any order, in any pieces, and in every encoding."""

from __future__ import annotations

import base64
import json
import random
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
from app_helpers import FixedClock
from google.protobuf.json_format import MessageToDict
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from llm_tracer.model.span import SpanData
from llm_tracer.model.trace import Node, TraceSummary
from llm_tracer_service.media import JSON, PROTOBUF
from llm_tracer_service.receiving.otlp import decode_logs, decode_traces
from llm_tracer_service.store import open_store
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

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


def in_pieces(sent: tuple[SpanData, ...], seed: int, again: bool, begun: bool) -> list[list[SpanData]]:
    """The same in another order, cut at random places; some of it twice, of some the start of its own."""
    chance = random.Random(seed)
    spans = list(sent) + (chance.sample(sent, len(sent) // 2) if again else [])
    spans += [
        start_of(span) for span in chance.sample(sent, len(sent) // 2) if begun and not span.is_fragment
    ]
    chance.shuffle(spans)
    cuts = sorted(chance.choices(range(len(spans) + 1), k=chance.randrange(12)))
    return [spans[start:end] for start, end in zip([0, *cuts], [*cuts, len(spans)], strict=True)]


def start_of(span: SpanData) -> SpanData:
    """What a sender knows of a span that has begun."""
    known = dict(list(span.attributes.items())[:3])
    running = {"end_time_unix_nano": None, "status_code": "unset", "status_message": None}
    return replace(span, **running, attributes=known, events=(), links=())


@pytest.mark.parametrize("name", sorted(sources()))
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32), again=st.booleans(), begun=st.booleans())
def test_any_order_and_any_pieces_give_the_same_traces(
    name: str, seed: int, again: bool, begun: bool
) -> None:
    assert said(in_pieces(deliveries(name), seed, again, begun)) == as_it_came(name)


IDS = {"traceId", "spanId", "parentSpanId", "trace_id", "span_id", "parent_span_id"}


def each_member(value: Any, write: Callable[[str, Any], Any]) -> Any:
    """JSON whose members are written by `write`; where that says None, as they are."""
    if isinstance(value, list):
        return [each_member(inner, write) for inner in value]
    if not isinstance(value, dict):
        return value
    return {
        name: each_member(inner, write) if (new := write(name, inner)) is None else new
        for name, inner in value.items()
    }


def with_hex_ids(value: Any) -> Any:
    return each_member(value, lambda name, inner: base64.b64decode(inner).hex() if name in IDS else None)


def as_otlp(sent: Any) -> Any:
    return with_hex_ids(MessageToDict(sent, use_integers_for_enums=True))


def with_numbers(sent: Any) -> Any:
    is_integer = ("intValue", "startTimeUnixNano", "endTimeUnixNano", "timeUnixNano")
    return each_member(as_otlp(sent), lambda name, inner: int(inner) if name in is_integer else None)


def in_snake_case_with_capital_ids(sent: Any) -> Any:
    written = MessageToDict(sent, preserving_proto_field_name=True)
    return each_member(with_hex_ids(written), lambda name, inner: inner.upper() if name in IDS else None)


def with_all_that_is_empty(sent: Any) -> Any:
    return with_hex_ids(MessageToDict(sent, always_print_fields_with_no_presence=True))


@pytest.mark.parametrize(
    "write", [as_otlp, with_numbers, MessageToDict, in_snake_case_with_capital_ids, with_all_that_is_empty]
)
def test_json_says_what_protobuf_says(write: Callable[[Any], Any]) -> None:
    """Exporters write OTLP's JSON; the libraries of protobuf write ids as base64, enums by name and 64 bits as text."""
    for source in sources().values():
        for file in source["files"][:2]:
            decode, request = (
                (decode_logs, ExportLogsServiceRequest)
                if file["signal"] == "logs"
                else (decode_traces, ExportTraceServiceRequest)
            )
            sent, content_type = body_of(source, file)
            if content_type == JSON or file["signal"] == "metrics":
                continue
            written = json.dumps(write(request.FromString(sent))).encode()
            assert decode(written, JSON) == decode(sent, PROTOBUF), (source["source"], file["file"])


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(attributes=soup, sent=events)
def test_no_soup_of_attributes_drops_its_span(attributes: dict[str, Any], sent: list[Any]) -> None:
    ((summary, nodes),) = said([[span(attributes, *sent, parent=None)]])
    assert (summary.span_count, len(nodes)) == (1, 1)
