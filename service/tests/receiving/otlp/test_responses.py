"""Answers in the request's own content type, readable by the official classes."""

from __future__ import annotations

import json

from llm_tracer_service.receiving import otlp
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceResponse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

JSON, PROTOBUF = "application/json", "application/x-protobuf"


def test_full_success_is_an_empty_response() -> None:
    assert otlp.encode_trace_response(PROTOBUF, 0, "") == b""
    assert json.loads(otlp.encode_trace_response(JSON, 0, "")) == {}


def test_partial_success_in_protobuf() -> None:
    traces = ExportTraceServiceResponse.FromString(otlp.encode_trace_response(PROTOBUF, 2, "why"))
    logs = ExportLogsServiceResponse.FromString(otlp.encode_logs_response(PROTOBUF, 3, "w"))
    metrics = ExportMetricsServiceResponse.FromString(otlp.encode_metrics_response(PROTOBUF, 4, "w"))
    assert (traces.partial_success.rejected_spans, traces.partial_success.error_message) == (2, "why")
    assert logs.partial_success.rejected_log_records == 3
    assert metrics.partial_success.rejected_data_points == 4


def test_partial_success_in_json() -> None:
    assert json.loads(otlp.encode_trace_response(JSON, 2, "why")) == {
        "partialSuccess": {"rejectedSpans": "2", "errorMessage": "why"}
    }


def test_status_in_both_forms() -> None:
    assert json.loads(otlp.encode_status(JSON, 3, "bad")) == {"code": 3, "message": "bad"}
    assert otlp.encode_status(PROTOBUF, 3, "bad") == b"\x08\x03\x12\x03bad"
