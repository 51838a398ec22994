"""OTLP/HTTP bodies, protobuf and JSON: values in, values out.

`objects_max` is for protobuf, whose messages only a decoder can count: with more, TooManyObjects is raised. The objects of JSON
are counted before (objects.py).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from llm_tracer_service.malformed import MalformedBody
from llm_tracer_service.media import JSON
from llm_tracer_service.receiving.decoded import Decoded, Rejected
from llm_tracer_service.receiving.objects import OBJECTS_MAX
from llm_tracer_service.receiving.otlp import json_body, protobuf_body
from llm_tracer_service.receiving.otlp.responses import (
    encode_logs_response,
    encode_metrics_response,
    encode_status,
    encode_trace_response,
)

__all__ = [
    "SIGNALS",
    "Decoded",
    "MalformedBody",
    "Rejected",
    "Signal",
    "decode_logs",
    "decode_metrics",
    "decode_traces",
    "encode_logs_response",
    "encode_metrics_response",
    "encode_status",
    "encode_trace_response",
]


def decode_traces(body: bytes, content_type: str, objects_max: int = OBJECTS_MAX) -> Decoded:
    """The spans of an ExportTraceServiceRequest, already decompressed.

    Raises MalformedBody where the body as a whole cannot be read; a single span that cannot be kept is in `rejected`.
    """
    return json_body.traces(body) if content_type == JSON else protobuf_body.traces(body, objects_max)


def decode_logs(body: bytes, content_type: str, objects_max: int = OBJECTS_MAX) -> Decoded:
    """The GenAI content of an ExportLogsServiceRequest, as fragments of the spans that it belongs to.

    Raises MalformedBody. Records without GenAI content, or that name neither a span nor a response, are counted in
    `dropped`.
    """
    return json_body.logs(body) if content_type == JSON else protobuf_body.logs(body, objects_max)


def decode_metrics(body: bytes, content_type: str, objects_max: int = OBJECTS_MAX) -> Decoded:
    """Metrics are not kept, so not read: that there are some is all that counts.

    Raises MalformedBody for a body of another signal, whose content would be lost.
    """
    if content_type == JSON:
        json_body.check_metrics(body)
    else:
        protobuf_body.check_metrics(body, objects_max)
    return Decoded(dropped=1)


class Signal(NamedTuple):
    """How requests of a signal are read (body, content type, `objects_max`) and answered (content type, how many were
    rejected, why)."""

    decode: Callable[[bytes, str, int], Decoded]
    encode_response: Callable[[str, int, str], bytes]


SIGNALS = {
    "traces": Signal(decode_traces, encode_trace_response),
    "logs": Signal(decode_logs, encode_logs_response),
    "metrics": Signal(decode_metrics, encode_metrics_response),
}
