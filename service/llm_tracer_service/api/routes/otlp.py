"""OTLP over HTTP: traces, logs and metrics, also on the paths that the SDKs of other products use."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from starlette.responses import Response

from llm_tracer_service.api.operation import Call, Operation, unknown_content_type
from llm_tracer_service.api.otlp_paths import OTLP_PREFIXES, OTLP_TRACE_PATHS
from llm_tracer_service.media import JSON, PROTOBUF, PROTOBUF_SPELLINGS, media_type
from llm_tracer_service.receiving.decoded import Decoded
from llm_tracer_service.receiving.ingest import ingest
from llm_tracer_service.receiving.objects import objects_max_of

Decode: TypeAlias = Callable[[bytes, str, int], Decoded]
Encode: TypeAlias = Callable[[str, int, str], bytes]

# Loading protobuf takes 50 ms: only the first who sends it pays, not every start (a Lambda that only reads never does).


def _traces(call: Call) -> Response:
    from llm_tracer_service.receiving.otlp import decode_traces, encode_trace_response

    return _export(call, decode_traces, encode_trace_response)


def _logs(call: Call) -> Response:
    from llm_tracer_service.receiving.otlp import decode_logs, encode_logs_response

    return _export(call, decode_logs, encode_logs_response)


def _metrics(call: Call) -> Response:
    from llm_tracer_service.receiving.otlp import decode_metrics, encode_metrics_response

    return _export(call, decode_metrics, encode_metrics_response)


def _export(call: Call, decode: Decode, encode: Encode) -> Response:
    sent_type = media_type(call.headers)

    def decoded() -> Decoded:
        objects_max = objects_max_of(call.service.settings.max_body_bytes)
        if sent_type in PROTOBUF_SPELLINGS:
            return decode(call.body(), PROTOBUF, objects_max)
        if sent_type == JSON:
            return decode(call.body(), JSON, objects_max)
        raise unknown_content_type(sent_type, (PROTOBUF, JSON))

    kept = ingest(call.service, call.project, call.source, decoded)
    # The answer has the content type of the request, down to its spelling, since exporters check it.
    body = encode(JSON if sent_type == JSON else PROTOBUF, len(kept.rejected), kept.refusal_text)
    return Response(body, media_type=sent_type, headers={"Cache-Control": "no-store"})


def _operations() -> list[Operation]:
    signals = (
        (
            "traces",
            _traces,
            "Send spans by OTLP",
            "An ExportTraceServiceRequest. Spans are kept as they were sent.",
        ),
        (
            "logs",
            _logs,
            "Send logs by OTLP",
            "GenAI content events are merged into their spans; other records are counted.",
        ),
        (
            "metrics",
            _metrics,
            "Send metrics by OTLP",
            "Counted and dropped, so that default exporters report no errors.",
        ),
    )
    paths = [
        *((f"{prefix}/v1/{signal[0]}", signal) for prefix in OTLP_PREFIXES for signal in signals),
        *((path, signals[0]) for path in OTLP_TRACE_PATHS),
    ]
    return [
        Operation(
            "POST",
            path,
            handler,
            summary,
            description
            if path == f"/v1/{signal}"
            else f"The same as `/v1/{signal}`, where the SDKs of other products, or a base with a path, send it.",
            tag="Sending",
            need="write",
            body_media=(PROTOBUF, JSON),
            answer_media=(PROTOBUF, JSON),
            refusals=(400, 413, 415, 422, 429, 503),
        )
        for path, (signal, handler, summary, description) in paths
    ]


OPERATIONS = _operations()
