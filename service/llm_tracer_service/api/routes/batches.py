"""Native batches of spans: what our SDK sends, and anything that writes JSON."""

from __future__ import annotations

from starlette.responses import Response

from llm_tracer_service.api.answers import BatchResult, RejectedSpan
from llm_tracer_service.api.operation import Call, sending, unknown_content_type
from llm_tracer_service.api.responses import json_response
from llm_tracer_service.media import JSON, MSGPACK, NDJSON, media_type
from llm_tracer_service.receiving import native
from llm_tracer_service.receiving.decoded import Decoded
from llm_tracer_service.receiving.ingest import ingest
from llm_tracer_service.receiving.time_units import doubt

MEDIA = (JSON, NDJSON, MSGPACK)

# Other names for the same types. No type means JSON, since people forget to give it.
_MEDIA_OF = {
    "": JSON,
    "application/jsonl": NDJSON,
    "application/x-jsonlines": NDJSON,
    "application/ndjson": NDJSON,
    "application/x-msgpack": MSGPACK,
    "application/vnd.msgpack": MSGPACK,
    **{media: media for media in MEDIA},
}


def _receive(call: Call) -> Response:
    sent_type = media_type(call.headers)

    def decoded() -> Decoded:
        if sent_type not in _MEDIA_OF:
            raise unknown_content_type(sent_type, MEDIA)
        return native.decode_batch(call.body(), _MEDIA_OF[sent_type])

    kept = ingest(call.service, call.project, call.source, decoded)
    rejected = [RejectedSpan(each.index, each.reason) for each in kept.rejected]
    return json_response(BatchResult(len(kept.spans), rejected, doubt(kept.spans)), call.headers)


OPERATIONS = [
    sending(
        "POST",
        "/api/spans",
        _receive,
        "Send spans",
        'A batch `{"spans": [...]}`, or NDJSON with one span a line. A span has `trace_id`, `span_id`, `name` and '
        "`start_time_unix_nano`; `end_time_unix_nano` is absent while it runs. The same span again replaces itself. "
        'In JSON `{"$bytes": BASE64}` are bytes.',
        body_media=MEDIA,
        answer=BatchResult,
    )
]
