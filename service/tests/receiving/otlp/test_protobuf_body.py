"""OTLP protobuf: the same answer as upb's own reader of the official messages, nothing lost, nothing fatal."""

from __future__ import annotations

import contextlib
import dataclasses
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from llm_tracer.model.span import Resource, Scope, SpanData, SpanEvent, SpanLink
from llm_tracer_service.receiving.otlp import MalformedBody, decode_metrics, decode_traces, schema
from opentelemetry.proto.collector.logs.v1 import logs_service_pb2
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2
from opentelemetry.proto.common.v1 import common_pb2
from opentelemetry.proto.trace.v1 import trace_pb2

PROTOBUF = "application/x-protobuf"
TRACE_ID = bytes(range(1, 17))
SPAN_ID = bytes(range(1, 9))


def request_of(*spans: trace_pb2.Span) -> bytes:
    resource_spans = trace_pb2.ResourceSpans(scope_spans=[trace_pb2.ScopeSpans(spans=spans)])
    return trace_service_pb2.ExportTraceServiceRequest(resource_spans=[resource_spans]).SerializeToString()


def span_of(**fields: Any) -> trace_pb2.Span:
    return trace_pb2.Span(
        **{"trace_id": TRACE_ID, "span_id": SPAN_ID, "name": "chat", "start_time_unix_nano": 1, **fields}
    )


# -- against upb on the official messages

texts = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=20)
counts = st.integers(0, 2**32 - 1)
values = st.recursive(
    st.builds(common_pb2.AnyValue)
    | st.builds(lambda v: common_pb2.AnyValue(string_value=v), texts)
    | st.builds(lambda v: common_pb2.AnyValue(bool_value=v), st.booleans())
    | st.builds(lambda v: common_pb2.AnyValue(int_value=v), st.integers(-(2**63), 2**63 - 1))
    | st.builds(lambda v: common_pb2.AnyValue(double_value=v), st.floats(allow_nan=False))
    | st.builds(lambda v: common_pb2.AnyValue(bytes_value=v), st.binary(max_size=10)),
    lambda inner: (
        st.builds(
            lambda v: common_pb2.AnyValue(array_value=common_pb2.ArrayValue(values=v)),
            st.lists(inner, max_size=3),
        )
        | st.builds(
            lambda v: common_pb2.AnyValue(kvlist_value=common_pb2.KeyValueList(values=v)),
            st.lists(st.builds(common_pb2.KeyValue, key=texts, value=inner), max_size=3),
        )
    ),
    max_leaves=6,
)
attributes = st.lists(st.builds(common_pb2.KeyValue, key=texts, value=values), max_size=4)
ids = st.binary(min_size=8, max_size=8).filter(any)
trace_ids = st.binary(min_size=16, max_size=16).filter(any)
times = st.integers(0, 2**63 - 1)
spans = st.builds(
    trace_pb2.Span,
    trace_id=trace_ids,
    span_id=ids,
    parent_span_id=st.just(b"") | ids,
    trace_state=texts,
    flags=counts,
    name=texts,
    kind=st.integers(0, 5),
    start_time_unix_nano=st.integers(1, 2**63 - 1),
    end_time_unix_nano=times,
    attributes=attributes,
    dropped_attributes_count=counts,
    dropped_events_count=counts,
    dropped_links_count=counts,
    events=st.lists(
        st.builds(
            trace_pb2.Span.Event,
            name=texts,
            time_unix_nano=times,
            attributes=attributes,
            dropped_attributes_count=counts,
        ),
        max_size=2,
    ),
    links=st.lists(
        st.builds(
            trace_pb2.Span.Link,
            trace_id=trace_ids,
            span_id=ids,
            trace_state=texts,
            attributes=attributes,
            dropped_attributes_count=counts,
            flags=counts,
        ),
        max_size=2,
    ),
    status=st.builds(trace_pb2.Status, message=texts, code=st.integers(0, 2)),
)


def plain(value: common_pb2.AnyValue) -> Any:
    match value.WhichOneof("value"):
        case None:
            return None
        case "array_value":
            return [plain(item) for item in value.array_value.values]
        case "kvlist_value":
            return plain_map(value.kvlist_value.values)
        case name:
            return getattr(value, name)


def plain_map(pairs: Any) -> dict[str, Any]:
    return {pair.key: plain(pair.value) for pair in pairs}


def expected(span: trace_pb2.Span) -> SpanData:
    return SpanData(
        trace_id=span.trace_id.hex(),
        span_id=span.span_id.hex(),
        parent_span_id=span.parent_span_id.hex() or None,
        name=span.name,
        start_time_unix_nano=span.start_time_unix_nano,
        end_time_unix_nano=span.end_time_unix_nano or None,
        otel_kind=span.kind,
        status_code=("unset", "ok", "error")[span.status.code],
        status_message=span.status.message or None,
        attributes=plain_map(span.attributes),
        events=tuple(
            SpanEvent(e.name, e.time_unix_nano, plain_map(e.attributes), e.dropped_attributes_count)
            for e in span.events
        ),
        links=tuple(
            SpanLink(
                link.trace_id.hex(),
                link.span_id.hex(),
                plain_map(link.attributes),
                link.trace_state,
                link.dropped_attributes_count,
                link.flags,
            )
            for link in span.links
        ),
        resource=Resource(),
        scope=Scope(),
        trace_state=span.trace_state,
        flags=span.flags,
        dropped_attributes_count=span.dropped_attributes_count,
        dropped_events_count=span.dropped_events_count,
        dropped_links_count=span.dropped_links_count,
    )


@settings(max_examples=150, deadline=None)
@given(st.lists(spans, max_size=3))
def test_random_spans_decode_as_the_official_messages_say(sent: list[trace_pb2.Span]) -> None:
    decoded = decode_traces(request_of(*sent), PROTOBUF)

    assert decoded.spans == [expected(span) for span in sent]
    assert decoded.rejected == []


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200))
def test_random_bytes_are_decoded_or_called_malformed(body: bytes) -> None:
    with contextlib.suppress(MalformedBody):
        decode_traces(body, PROTOBUF)


# -- nothing is lost

NOT_READ = {
    # References from profiles into a table that only profiles have.
    ("KeyValue", "key_strindex"),
    ("AnyValue", "string_value_strindex"),
    # Names of resource attributes (in development): they say which keys identify an entity, and hold no values.
    ("Resource", "entity_refs"),
    # What a log record says about itself; its content becomes an event of its span.
    ("LogRecord", "severity_number"),
    ("LogRecord", "severity_text"),
}


def official_fields(message: Any, seen: set[str]) -> set[tuple[str, str, int]]:
    if message.name in seen:
        return set()
    seen.add(message.name)
    found = set()
    for field in message.fields:
        found.add((message.name, field.name, field.number))
        if field.message_type is not None:
            found |= official_fields(field.message_type, seen)
    return found


@pytest.mark.parametrize(
    "request_type",
    [trace_service_pb2.ExportTraceServiceRequest, logs_service_pb2.ExportLogsServiceRequest],
)
def test_every_field_of_the_official_messages_is_in_the_schema(request_type: Any) -> None:
    ours = {
        (name, *line.split()[:2]) for name, fields in schema._MESSAGES.items() for line in fields.split(",")
    }
    official = {
        (name, field, str(number))
        for name, field, number in official_fields(request_type.DESCRIPTOR, set())
        if not name.endswith("ServiceRequest") and name != "EntityRef" and (name, field) not in NOT_READ
    }
    assert official - ours == set()


def test_every_field_of_a_span_has_a_home() -> None:
    homes = {"parent_span_id", "status", "kind"}
    fields = {field.name for field in dataclasses.fields(SpanData)} | homes
    assert {field.name for field in trace_pb2.Span.DESCRIPTOR.fields} - fields == set()


def test_resource_and_scope_come_with_all_their_fields() -> None:
    request = trace_service_pb2.ExportTraceServiceRequest()
    sent = request.resource_spans.add(schema_url="https://example.org/r")
    sent.resource.attributes.add(key="service.name").value.string_value = "shop"
    sent.resource.dropped_attributes_count = 2
    scoped = sent.scope_spans.add(schema_url="https://example.org/s")
    scoped.scope.name, scoped.scope.version, scoped.scope.dropped_attributes_count = "lib", "1.2", 3
    scoped.scope.attributes.add(key="a").value.int_value = -1
    scoped.spans.append(span_of())

    (span,) = decode_traces(request.SerializeToString(), PROTOBUF).spans

    assert span.resource == Resource({"service.name": "shop"}, 2, "https://example.org/r")
    assert span.scope == Scope("lib", "1.2", {"a": -1}, 3, "https://example.org/s")


# -- one bad span does not cost the others


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"trace_id": b"\x01" * 15}, "traceId has 15 bytes, 16 expected"),
        ({"trace_id": bytes(16)}, "traceId is all zeros"),
        ({"trace_id": b""}, "traceId has 0 bytes, 16 expected"),
        ({"span_id": bytes(8)}, "spanId is all zeros"),
        ({"parent_span_id": b"\x01"}, "parentSpanId has 1 bytes, 8 expected"),
        ({"start_time_unix_nano": 0}, "the span has no start time"),
        ({"end_time_unix_nano": 2**63}, f"end time {2**63} is out of range"),
    ],
)
def test_a_span_that_cannot_be_kept_is_rejected_with_its_reason(fields: dict[str, Any], reason: str) -> None:
    decoded = decode_traces(request_of(span_of(), span_of(**fields), span_of(name="last")), PROTOBUF)

    assert [span.name for span in decoded.spans] == ["chat", "last"]
    (rejected,) = decoded.rejected
    assert (rejected.reason, rejected.where, rejected.index) == (
        reason,
        "resourceSpans[0].scopeSpans[0].spans[1]",
        1,
    )


def test_a_span_without_an_end_is_running() -> None:
    (span,) = decode_traces(request_of(span_of()), PROTOBUF).spans
    assert span.is_open


def test_a_parent_of_zeros_is_no_parent() -> None:
    (span,) = decode_traces(request_of(span_of(parent_span_id=bytes(8))), PROTOBUF).spans
    assert span.parent_span_id is None


@pytest.mark.parametrize("mark", [b"MARK", b"NAME"])
def test_text_that_was_cut_inside_a_character_costs_the_character_only(mark: bytes) -> None:
    span = span_of(
        name="NAME", attributes=[common_pb2.KeyValue(key="k", value=common_pb2.AnyValue(string_value="MARK"))]
    )
    (decoded,) = decode_traces(request_of(span).replace(mark, mark[:3] + b"\xe2"), PROTOBUF).spans
    assert (decoded.name, decoded.attributes["k"]) in (("NAME", "MAR\ufffd"), ("NAM\ufffd", "MARK"))


def test_a_body_that_is_no_protobuf_is_malformed() -> None:
    with pytest.raises(MalformedBody, match="not a protobuf TracesRequest"):
        decode_traces(b'{"resourceSpans": []}', PROTOBUF)


def test_a_trace_id_of_8_bytes_is_whole_with_zeros_before_it() -> None:
    (span,) = decode_traces(request_of(span_of(trace_id=TRACE_ID[:8])), PROTOBUF).spans
    assert span.trace_id == bytes(8).hex() + TRACE_ID[:8].hex()


def test_spans_and_log_records_are_no_metrics() -> None:
    with pytest.raises(MalformedBody, match="these are spans"):
        decode_metrics(request_of(span_of()), PROTOBUF)
    logs = logs_service_pb2.ExportLogsServiceRequest()
    logs.resource_logs.add().scope_logs.add().log_records.add(time_unix_nano=1)
    with pytest.raises(MalformedBody, match="these are log records") as refused:
        decode_metrics(logs.SerializeToString(), PROTOBUF)
    assert refused.value.hint == "Send them to /v1/logs."
    metrics = metrics_service_pb2.ExportMetricsServiceRequest()
    metric = metrics.resource_metrics.add().scope_metrics.add().metrics.add(name="gen_ai.client.token.usage")
    metric.histogram.data_points.add(start_time_unix_nano=1, time_unix_nano=2, count=3)
    assert decode_metrics(metrics.SerializeToString(), PROTOBUF).dropped == 1


def test_an_empty_body_is_an_empty_request() -> None:
    assert decode_traces(b"", PROTOBUF).spans == []
