"""What the OTLP routes answer, in the request's own content type (a JSON answer to protobuf breaks exporters)."""

from __future__ import annotations

import msgspec

from llm_tracer_service.media import JSON
from llm_tracer_service.receiving.otlp import schema

_RETRY_INFO = "type.googleapis.com/google.rpc.RetryInfo"


def encode_trace_response(content_type: str, rejected_count: int = 0, message: str = "") -> bytes:
    """An ExportTraceServiceResponse; with `rejected_count` or a message it says partial success."""
    return _response(content_type, "rejectedSpans", rejected_count, message)


def encode_logs_response(content_type: str, rejected_count: int = 0, message: str = "") -> bytes:
    """An ExportLogsServiceResponse."""
    return _response(content_type, "rejectedLogRecords", rejected_count, message)


def encode_metrics_response(content_type: str, rejected_count: int = 0, message: str = "") -> bytes:
    """An ExportMetricsServiceResponse."""
    return _response(content_type, "rejectedDataPoints", rejected_count, message)


def encode_status(content_type: str, grpc_code: int, message: str, retry_after_s: int | None = None) -> bytes:
    """A google.rpc.Status: what an OTLP route answers when it refuses a whole request.

    With `retry_after_s` a protobuf one says google.rpc.RetryInfo, without which exporters do not repeat some codes.
    """
    if content_type == JSON:
        return msgspec.json.encode({"code": grpc_code, "message": message})
    status = schema.RpcStatus(code=grpc_code, message=message)
    if retry_after_s is not None:
        retry = schema.RetryInfo()
        retry.retry_delay.seconds = retry_after_s
        status.details.add(type_url=_RETRY_INFO, value=retry.SerializeToString())
    encoded: bytes = status.SerializeToString()
    return encoded


def _response(content_type: str, count_name: str, rejected_count: int, message: str) -> bytes:
    partial = bool(rejected_count or message)
    if content_type == JSON:
        # A 64-bit integer is a string in OTLP/JSON.
        body = (
            {"partialSuccess": {count_name: str(rejected_count), "errorMessage": message}} if partial else {}
        )
        return msgspec.json.encode(body)
    response = schema.ExportResponse()
    if partial:
        response.partial_success.rejected = rejected_count
        response.partial_success.error_message = message
    encoded: bytes = response.SerializeToString()
    return encoded
