"""What Langfuse's SDKs send beside OpenTelemetry, and what they ask for before they do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from llm_tracer.model.trace import TraceSummary
from starlette.responses import Response

from llm_tracer_service import __version__
from llm_tracer_service.api import answers
from llm_tracer_service.api.operation import Call, Operation, sending, unknown_content_type
from llm_tracer_service.api.responses import json_response
from llm_tracer_service.media import JSON, media_type
from llm_tracer_service.receiving.decoded import Decoded
from llm_tracer_service.receiving.ingest import ingest
from llm_tracer_service.receiving.peers.langfuse import Batch, RootOf, decode_batch, decode_scores


def _ingestion(call: Call) -> Response:
    batch = _kept(call, decode_batch)
    refused = {each.index: each.reason for each in batch.decoded.rejected}
    taken = answers.EventsTaken(
        [answers.EventKept(id) for index, id in enumerate(batch.event_ids) if index not in refused],  # noqa: A001
        [
            answers.EventRefused(batch.event_ids[index], reason, "Invalid event")
            for index, reason in refused.items()
        ],
    )
    return json_response(taken, call.headers, status=207)


def _scores(call: Call) -> Response:
    batch = _kept(call, lambda body, root_of: decode_scores(body, root_of, call.service.clock()))
    refused = batch.decoded.rejected
    accepted = len(batch.event_ids) - len(refused)
    if not refused:
        return json_response(answers.ScoresAccepted(), call.headers, status=202)
    errors = [answers.ScoreRefused(each.reason) for each in refused]
    return json_response(answers.ScoresTaken(accepted, len(refused), errors), call.headers, status=207)


def _kept(call: Call, decode: Callable[[bytes, RootOf], Batch]) -> Batch:
    """What a body says, once it is on disk."""
    batch = Batch()

    def decoded() -> Decoded:
        nonlocal batch
        sent_type = media_type(call.headers)
        if sent_type not in ("", JSON):
            raise unknown_content_type(sent_type, (JSON,))
        batch = decode(call.body(), lambda of, id: _root_of(call, of, id))  # noqa: A006
        return batch.decoded

    ingest(call.service, call.project, call.source, decoded)
    return batch


def _root_of(call: Call, of: Literal["trace", "session"], id: str) -> tuple[str, str] | None:  # noqa: A002
    """The root of a trace or of a session's first trace that is here: scores of those wait for no span by its id."""
    store = call.service.store
    summary: TraceSummary | None
    if of == "trace":
        summary = store.get_summary(call.project, id)
    else:
        summary = next(iter(store.get_session(call.project, id)), None)
    if summary is None or summary.root_span_id is None:
        return None
    return summary.trace_id, summary.root_span_id


def _health(call: Call) -> Response:
    return json_response(answers.PeerHealth("OK", __version__), call.headers)


def _projects(call: Call) -> Response:
    organization = answers.NamedPeer("llm-tracer", "LLM Tracer")
    project = answers.PeerProject(call.project, call.project, organization)
    return json_response(answers.PeerProjects([project]), call.headers)


OPERATIONS = [
    sending(
        "POST",
        "/api/public/ingestion",
        _ingestion,
        "Send events by Langfuse's protocol",
        "Batches of traces, spans, generations, events and scores, as Langfuse's SDKs before OpenTelemetry send them. An "
        "event that cannot be kept is refused by itself.",
        answer=answers.EventsTaken,
        status=207,
    ),
    sending(
        "POST",
        "/api/public/scores",
        _scores,
        "Send scores as Langfuse's SDKs do",
        "A list of scores of observations, traces and sessions, or one. If some are refused, the answer is 207 and says why.",
        answer=answers.ScoresAccepted,
        status=202,
        other_answers=(207,),
    ),
    Operation(
        "GET",
        "/api/public/health",
        _health,
        "Health, as Langfuse's SDKs ask for it",
        "No key needed.",
        tag="Sending",
        need="none",
        answer=answers.PeerHealth,
    ),
    Operation(
        "GET",
        "/api/public/projects",
        _projects,
        "The project of the key, as Langfuse's SDKs ask for it",
        "Their `auth_check`.",
        tag="Sending",
        need="write",
        answer=answers.PeerProjects,
    ),
]
