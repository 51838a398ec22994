"""A trace as text: what was said and done, in order."""

from __future__ import annotations

from msgspec import Struct
from starlette.responses import Response

from llm_tracer_service.api import answers
from llm_tracer_service.api.lookup import found_index, start_after
from llm_tracer_service.api.operation import Call, Operation
from llm_tracer_service.api.params import Cursor
from llm_tracer_service.api.responses import json_response
from llm_tracer_service.conversation.transcript import transcript_of

SPANS_A_PAGE = 200


class TranscriptParams(Struct, forbid_unknown_fields=True):
    """`GET /api/traces/{trace_id}/transcript`."""

    cursor: Cursor = None


def _transcript(call: Call) -> Response:
    _, index = found_index(call)
    first = start_after(call.params.cursor, (node.row.span_id for node in index.trace.nodes), "trace")
    page = transcript_of(index, call.service.reader, first, SPANS_A_PAGE)
    last = None if page.next_index is None else index.trace.nodes[page.next_index - 1].row.span_id
    return json_response(answers.Transcript(page.lines, last), call.headers)


OPERATIONS = [
    Operation(
        "GET",
        "/api/traces/{trace_id}/transcript",
        _transcript,
        "Read a trace as text",
        "Who said what, which tool was called with what and gave what, what broke, in order; each model call tells only what "
        f"is new since the previous one of its thread. {SPANS_A_PAGE} spans a page.",
        params=TranscriptParams,
        answer=answers.Transcript,
        refusals=(400, 404, 422, 503),
    ),
]
