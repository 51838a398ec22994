"""The part of Opik's API that its SDKs send to: traces, spans, changes and scores of them, and what they ask to start.

`OPIK_URL_OVERRIDE` (in Python) or `apiUrl` (in JavaScript) is our address with `/api`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from llm_tracer.model.place import record_id
from llm_tracer.model.span import SpanData
from msgspec import Meta, Struct
from starlette.responses import Response

from llm_tracer_service import __version__
from llm_tracer_service.access.auth import Need
from llm_tracer_service.api import answers
from llm_tracer_service.api.operation import SENDING_REFUSALS, Call, Method, Operation, sending
from llm_tracer_service.api.responses import json_response
from llm_tracer_service.api.routes.scores import judged_span
from llm_tracer_service.receiving.decoded import Decoded
from llm_tracer_service.receiving.ingest import ingest
from llm_tracer_service.receiving.peers import opik
from llm_tracer_service.receiving.peers.ids import span_id_of, trace_id_of
from llm_tracer_service.receiving.scoring import SendScore, Target, fragment_of, scored

_PRIVATE = "/api/v1/private"


class _Redirect(Struct, forbid_unknown_fields=True):
    """What the links that the SDK prints ask for."""

    trace_id: Annotated[str, Meta(description="The trace, by its id there.")] = ""
    path: Annotated[str, Meta(description="The address of the service, in base64: of no use here.")] = ""


def _batch(records: opik.Records) -> Callable[[Call], Response]:
    return lambda call: _keep(call, lambda: opik.decode_batch(call.body(), records))


def _create(records: opik.Records) -> Callable[[Call], Response]:
    return lambda call: _keep(call, lambda: opik.decode_one(call.body(), records), status=201)


def _change(records: opik.Records) -> Callable[[Call], Response]:
    return lambda call: _keep(call, lambda: opik.decode_change(call.body(), records, call.path["sent_id"]))


def _score_many(target: Target) -> Callable[[Call], Response]:
    named_by = "thread_id" if target == "session" else "id"
    return lambda call: _judge(call, target, lambda: opik.scores_of(call.body(), named_by))


def _score_one(target: Target) -> Callable[[Call], Response]:
    return lambda call: _judge(call, target, lambda: [opik.score_of(call.body(), call.path["sent_id"])])


def _judge(call: Call, target: Target, scores: Callable[[], list[opik.Score]]) -> Response:
    def judged() -> Decoded:
        return Decoded([_judged(call, target, score) for score in scores()])

    return _keep(call, judged)


def _judged(call: Call, target: Target, score: opik.Score) -> SpanData:
    """What the score changes. That of a trace waits for it; a span or a thread has to be here, since nothing else says where
    it belongs. Raises Problem 404."""
    sent = SendScore(
        name=score.name,
        value=score.value,
        label=score.label,
        comment=score.reason,
        span_id=span_id_of(score.id) if target == "span" else None,
        trace_id=trace_id_of(score.id) if target == "trace" else None,
        session_id=score.id if target == "session" else None,
    )
    if sent.trace_id is not None:
        span = fragment_of(sent.trace_id, record_id(sent.trace_id))
    else:
        span = judged_span(call, sent)
    # A name is judged once there: the same name again replaces it.
    return scored(span, sent, f"opik:{score.name}", call.service.clock())


def _keep(call: Call, decode: Callable[[], Decoded], status: int = 204) -> Response:
    ingest(call.service, call.project, call.source, decode)
    return Response(status_code=status, headers={"Cache-Control": "no-store"})


def _health(call: Call) -> Response:
    return json_response(answers.OpikHealth("Healthy Server", True), call.headers)


def _version(call: Call) -> Response:
    return json_response(answers.OpikVersion(__version__), call.headers)


def _admitted(_: Call) -> Response:
    return Response(status_code=204)


def _workspace(call: Call) -> Response:
    return json_response(answers.OpikWorkspace(call.project), call.headers)


def _to_the_trace(call: Call) -> Response:
    params: _Redirect = call.params
    address = f"/traces/{trace_id_of(params.trace_id)}" if params.trace_id else "/"
    return Response(status_code=302, headers={"Location": address})


def _sending(
    method: Method, path: str, handler: Callable[[Call], Response], summary: str, status: int = 204
) -> Operation:
    return sending(
        method,
        f"{_PRIVATE}/{path}",
        handler,
        summary,
        "For the SDKs of Opik, in their form.",
        answer_media=(),
        status=status,
        refusals=(*SENDING_REFUSALS, 404) if "scores" in path else SENDING_REFUSALS,
    )


def _asked(
    path: str, handler: Callable[[Call], Response], summary: str, answer: type[Struct] | None
) -> Operation:
    need: Need = "none" if "alive" in path else "write"
    return Operation(
        "GET",
        path,
        handler,
        summary,
        "For the SDKs of Opik.",
        tag="Sending",
        need=need,
        answer=answer,
        status=200 if answer else 204,
    )


OPERATIONS = [
    _sending("POST", "traces/batch", _batch("traces"), "Send traces of Opik"),
    _sending("POST", "spans/batch", _batch("spans"), "Send spans of Opik"),
    _sending("POST", "traces", _create("traces"), "Send a trace of Opik", 201),
    _sending("POST", "spans", _create("spans"), "Send a span of Opik", 201),
    _sending("PATCH", "traces/{sent_id}", _change("traces"), "Change a trace of Opik"),
    _sending("PATCH", "spans/{sent_id}", _change("spans"), "Change a span of Opik"),
    _sending("PUT", "traces/feedback-scores", _score_many("trace"), "Score traces of Opik"),
    _sending("PUT", "spans/feedback-scores", _score_many("span"), "Score spans of Opik"),
    _sending("PUT", "traces/threads/feedback-scores", _score_many("session"), "Score threads of Opik"),
    _sending("PUT", "traces/{sent_id}/feedback-scores", _score_one("trace"), "Score a trace of Opik"),
    _sending("PUT", "spans/{sent_id}/feedback-scores", _score_one("span"), "Score a span of Opik"),
    _asked("/api/is-alive/ping", _health, "Whether Opik's SDK may send", answers.OpikHealth),
    _asked(
        "/api/is-alive/ver",
        _version,
        "The version of the service, where Opik's SDK asks",
        answers.OpikVersion,
    ),
    _asked(f"{_PRIVATE}/auth", _admitted, "Whether the key is known, where Opik's SDK asks", None),
    _asked(
        f"{_PRIVATE}/auth/workspace",
        _workspace,
        "The project of the key, where Opik's SDK asks",
        answers.OpikWorkspace,
    ),
    Operation(
        "GET",
        "/api/v1/session/redirect/projects/",
        _to_the_trace,
        "The page of a trace, by the link that Opik's SDK prints",
        tag="Pages",
        need="none",
        params=_Redirect,
        answer_media=(),
        status=302,
    ),
]
