"""OTLP over HTTP: traces, logs and metrics, also on the paths that the SDKs of other products use."""

from __future__ import annotations

from collections.abc import Callable

from starlette.responses import Response

from llm_tracer_service.api.operation import Call, Operation, sending, unknown_content_type
from llm_tracer_service.api.otlp_paths import OTLP_PREFIXES, OTLP_TRACE_PATHS
from llm_tracer_service.media import JSON, PROTOBUF, PROTOBUF_SPELLINGS, media_type
from llm_tracer_service.receiving.decoded import Decoded
from llm_tracer_service.receiving.ingest import ingest
from llm_tracer_service.receiving.objects import objects_max_of


def _export(signal: str) -> Callable[[Call], Response]:
    return lambda call: _exported(call, signal)


def _exported(call: Call, signal: str) -> Response:
    # Loading protobuf takes 50 ms: only the first who sends it pays, not every start (a Lambda that only reads never does).
    from llm_tracer_service.receiving.otlp import SIGNALS

    decode, encode_response = SIGNALS[signal]
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
    body = encode_response(JSON if sent_type == JSON else PROTOBUF, len(kept.rejected), kept.refusal_text)
    return Response(body, media_type=sent_type, headers={"Cache-Control": "no-store"})


def _operations() -> list[Operation]:
    signals = (
        (
            "traces",
            "Send spans by OTLP",
            "An ExportTraceServiceRequest. Spans are kept as they were sent.",
        ),
        (
            "logs",
            "Send logs by OTLP",
            "GenAI content events are merged into their spans; other records are counted.",
        ),
        (
            "metrics",
            "Send metrics by OTLP",
            "Counted and dropped, so that default exporters report no errors.",
        ),
    )
    paths = [
        *((f"{prefix}/v1/{signal[0]}", signal) for prefix in OTLP_PREFIXES for signal in signals),
        *((path, signals[0]) for path in OTLP_TRACE_PATHS),
    ]
    return [
        sending(
            "POST",
            path,
            _export(signal),
            summary,
            description
            if path == f"/v1/{signal}"
            else f"The same as `/v1/{signal}`, where the SDKs of other products, or a base with a path, send it.",
            body_media=(PROTOBUF, JSON),
            answer_media=(PROTOBUF, JSON),
        )
        for path, (signal, summary, description) in paths
    ]


OPERATIONS = _operations()
