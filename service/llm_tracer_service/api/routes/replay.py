"""A model call in a form that can be sent again."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct
from starlette.responses import Response

from llm_tracer_service.api import answers
from llm_tracer_service.api.lookup import found_span
from llm_tracer_service.api.operation import Call, Operation
from llm_tracer_service.api.responses import json_response
from llm_tracer_service.conversation.replay import replay
from llm_tracer_service.errors import Problem


class ReplayParams(Struct, forbid_unknown_fields=True, kw_only=True):
    """`GET /api/traces/{trace_id}/spans/{span_id}/replay`."""

    form: Annotated[
        Literal["openai", "anthropic", "curl", "python", "md"],
        Meta(
            description="A request body as OpenAI or Anthropic takes it, a command, a program, or Markdown."
        ),
    ]


def _replay(call: Call) -> Response:
    span = found_span(call, "sent")
    reader = call.service.reader
    found = replay(call.params.form, reader.read(span), reader.content(span))
    if found is None:
        raise Problem(422, "This span has no messages.", "Only a model call can be sent again.")
    return json_response(answers.Replay(found.text, found.left_out), call.headers)


OPERATIONS = [
    Operation(
        "GET",
        "/api/traces/{trace_id}/spans/{span_id}/replay",
        _replay,
        "Copy a model call",
        "The request of a model call, to be sent again. Keys are never part of it: they are named as environment variables. "
        "`left_out` counts parts of messages that the form cannot express.",
        params=ReplayParams,
        answer=answers.Replay,
        refusals=(404, 422, 503),
    ),
]
