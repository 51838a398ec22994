"""What LangSmith's SDKs send: runs and feedback; and what they ask before they do."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from starlette.responses import Response

from llm_tracer_service.api import answers
from llm_tracer_service.api.operation import (
    SENDING_REFUSALS,
    Call,
    Handler,
    Method,
    Operation,
    sending,
    unknown_content_type,
)
from llm_tracer_service.api.responses import json_response
from llm_tracer_service.errors import Problem, no_such
from llm_tracer_service.media import FORM, JSON, media_type
from llm_tracer_service.receiving.decoded import Decoded
from llm_tracer_service.receiving.ingest import ingest
from llm_tracer_service.receiving.peers import langsmith
from llm_tracer_service.receiving.peers.ids import span_id_of, trace_id_of

PREFIXES = ("", "/api/v1")
"""What may stand before the paths: bases of LangSmith installations end with /api/v1."""

_BATCH_BYTES = 20 * 1024 * 1024
"""How much the SDKs put into one request by themselves."""


def _info(call: Call) -> Response:
    limit = call.service.settings.max_body_bytes
    return json_response(answers.LangSmithInfo.of(min(limit, _BATCH_BYTES)), call.headers)


def _multipart(call: Call) -> Response:
    sent_type = call.headers.get("content-type", "")
    if media_type(call.headers) != FORM:
        raise unknown_content_type(media_type(call.headers), (FORM,))
    return _keep(call, lambda: langsmith.decode_multipart(call.body(), sent_type))


def _batch(call: Call) -> Response:
    return _keep(call, lambda: langsmith.decode_batch(call.body()))


def _run(call: Call) -> Response:
    return _keep(call, lambda: langsmith.decode_run(call.body(), "post", _trace_of(call)))


def _change(call: Call) -> Response:
    run_id = call.path["run_id"]
    try:
        UUID(run_id)
    except ValueError:
        raise no_such("run") from None
    return _keep(call, lambda: langsmith.decode_run(call.body(), "patch", _trace_of(call), run_id))


def _feedback(call: Call) -> Response:
    return _keep(call, lambda: langsmith.decode_feedback(call.body(), _trace_of(call)))


def _trace_of(call: Call) -> Callable[[str], str]:
    def trace_of(run_id: str) -> str:
        """The trace that holds the run. One that has not arrived is taken for a root, whose id is that of its trace: an error
        would have Python's SDK ask again for a quarter of an hour, and end a program in JavaScript."""
        return call.service.store.find_trace_of_span(call.project, span_id_of(run_id)) or trace_id_of(run_id)

    return trace_of


def _keep(call: Call, decode: Callable[[], Decoded]) -> Response:
    """Keeps what can be kept. The protocol has no answer for a part: a program hears of refused runs only by an error, which
    its SDK logs and does not send again."""
    kept = ingest(call.service, call.project, call.source, decode)
    if kept.rejected:
        raise Problem(
            422,
            f"{len(kept.rejected)} of {len(kept.spans) + len(kept.rejected)} records were refused: {kept.refusal_text}.",
            "The others are kept.",
        )
    return json_response(answers.LangSmithKept(), call.headers, status=202)


def _operations(prefix: str) -> list[Operation]:
    return [
        Operation(
            "GET",
            f"{prefix}/info",
            _info,
            "What LangSmith's SDKs ask first",
            "How they may send. No key needed.",
            tag="Sending",
            need="none",
            answer=answers.LangSmithInfo,
        ),
        *(
            sending(
                method,
                f"{prefix}{path}",
                handler,
                summary,
                description,
                body_media=(media,),
                answer=answers.LangSmithKept,
                status=202,
                refusals=(*SENDING_REFUSALS, 404),
            )
            for method, path, handler, media, summary, description in _SENDING
        ),
    ]


_SENDING: tuple[tuple[Method, str, Handler, str, str, str], ...] = (
    (
        "POST",
        "/runs/multipart",
        _multipart,
        FORM,
        "Send runs of LangSmith's SDKs",
        "Parts `post.ID` and `patch.ID`, their members, `attachment.ID.NAME` and `feedback.ID`.",
    ),
    (
        "POST",
        "/runs/batch",
        _batch,
        JSON,
        "Send runs of LangSmith's SDKs as JSON",
        '`{"post": [...], "patch": [...]}`: runs that started, and changes of runs.',
    ),
    (
        "POST",
        "/runs",
        _run,
        JSON,
        "Send a run of LangSmith's SDKs",
        "With `start_time`; it runs until `end_time` is sent.",
    ),
    (
        "PATCH",
        "/runs/{run_id}",
        _change,
        JSON,
        "Change a run of LangSmith's SDKs",
        "What it names replaces what the run said.",
    ),
    (
        "POST",
        "/feedback",
        _feedback,
        JSON,
        "Send feedback of LangSmith's SDKs",
        "It becomes a score of the run, or of the trace if the run is its root. The same `id` again replaces it.",
    ),
)

OPERATIONS = [operation for prefix in PREFIXES for operation in _operations(prefix)]
