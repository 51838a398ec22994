"""Where the OpenAI Agents SDK sends its own traces, once its exporter was given our address."""

from __future__ import annotations

from starlette.responses import Response

from llm_tracer_service.api.answers import BatchResult, RejectedSpan
from llm_tracer_service.api.operation import Call, sending
from llm_tracer_service.api.responses import json_response
from llm_tracer_service.receiving.ingest import ingest
from llm_tracer_service.receiving.peers import openai_agents


def _receive(call: Call) -> Response:
    kept = ingest(call.service, call.project, call.source, lambda: openai_agents.decode(call.body()))
    rejected = [RejectedSpan(each.index, each.reason) for each in kept.rejected]
    return json_response(BatchResult(len(kept.spans), rejected), call.headers)


OPERATIONS = [
    sending(
        "POST",
        "/v1/traces/ingest",
        _receive,
        "Send traces of the OpenAI Agents SDK",
        'What its exporter posts: `{"data": [...]}` of traces and spans. `accepted` counts what became of them.',
        answer=BatchResult,
    )
]
