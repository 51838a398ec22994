"""Exports are read back as the same spans, whatever these contain."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from llm_tracer.model.span import Resource, SpanData
from llm_tracer_service.json_values import encode_json
from llm_tracer_service.media import JSON, NDJSON
from llm_tracer_service.receiving.native import decode_batch
from llm_tracer_service.receiving.native_values import read, write
from llm_tracer_service.receiving.native_writer import native_span
from llm_tracer_service.receiving.otlp import decode_logs, decode_traces
from llm_tracer_service.receiving.otlp.json_writer import DEPTH_MAX, logs_data, traces_data

from .strategies import fragments, spans, values

plentiful = settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


def spelled(found: Any) -> str:
    """NaN equals nothing, and True equals 1."""
    return repr(found)


@plentiful
@given(st.lists(spans, max_size=4))
def test_spans_come_back_from_otlp(sent: list[SpanData]) -> None:
    decoded = decode_traces(encode_json(traces_data(sent)), JSON)
    assert decoded.rejected == []
    assert spelled(decoded.spans) == spelled(sent)


@plentiful
@given(st.lists(st.one_of(spans, fragments()), max_size=4))
def test_spans_and_fragments_come_back_from_native_lines(sent: list[SpanData]) -> None:
    decoded = decode_batch(b"".join(encode_json(native_span(span)) + b"\n" for span in sent), NDJSON)
    assert decoded.rejected == []
    assert spelled(decoded.spans) == spelled(sent)


@plentiful
@given(fragments())
def test_fragments_come_back_as_log_records(sent: SpanData) -> None:
    decoded = decode_logs(encode_json(logs_data([sent])), JSON)
    assert (decoded.rejected, decoded.dropped) == ([], 0)
    assert spelled(decoded.spans) == spelled([sent])


@plentiful
@given(values)
def test_values_come_back_from_what_json_can_say(value: Any) -> None:
    assert spelled(read(json.loads(encode_json(write(value))))) == spelled(value)


def test_what_only_looks_like_a_tag_stays_as_it_is() -> None:
    for sent in ({"$bytes": "no base64!"}, {"$bytes": 5}, {"$double": "1"}, {"$object": []}, {"$other": {}}):
        assert read(sent) == sent


def test_spans_of_one_resource_are_written_under_it_once() -> None:
    resource = Resource({"service.name": "shop"})
    sent = [SpanData("a" * 32, f"{number:016x}", "s", 1, resource=resource) for number in (1, 2)]
    (of_resource,) = traces_data(sent)["resourceSpans"]
    assert len(of_resource["scopeSpans"][0]["spans"]) == 2


def test_resources_that_are_only_equal_in_python_stay_apart() -> None:
    sent = [SpanData("a" * 32, "b" * 16, "s", 1, resource=Resource({"up": up})) for up in (True, 1, 1.0)]
    assert len(traces_data(sent)["resourceSpans"]) == 3


def test_what_is_nested_too_deep_is_written_as_json_text() -> None:
    deep: Any = "bottom"
    for _ in range(DEPTH_MAX + 50):
        deep = [deep]
    sent = SpanData("a" * 32, "b" * 16, "s", 1, attributes={"deep": deep})
    (found,) = decode_traces(encode_json(traces_data([sent])), JSON).spans
    at = found.attributes["deep"]
    for _ in range(DEPTH_MAX):
        (at,) = at
    assert json.loads(at)[0][0][0]
    assert '"bottom"' in at
