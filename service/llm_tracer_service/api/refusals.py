"""The answer to a refused request, in the form that its sender reads.

`application/problem+json` (RFC 9457) with a `hint`; on the OTLP routes with protobuf, `google.rpc.Status`. No answer
contains a stack trace or other internals; its request id leads to the line in the log that does.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from llm_tracer_service.api.otlp_paths import is_otlp
from llm_tracer_service.errors import Problem
from llm_tracer_service.json_values import encode_json
from llm_tracer_service.media import PROBLEM_JSON, PROTOBUF, PROTOBUF_SPELLINGS, media_type


def problem_response(problem: Problem, request: Request) -> Response:
    """The answer to a refused request, in the form that its sender reads."""
    headers = {**problem.headers, "Cache-Control": "no-store"}
    if is_otlp(request.url.path) and media_type(request.headers) in PROTOBUF_SPELLINGS:
        from llm_tracer_service.receiving.otlp import encode_status  # protobuf: see routes/otlp.py

        status = encode_status(PROTOBUF, problem.grpc_code, problem.text, problem.retry_after_s)
        return Response(status, problem.status, headers, media_type=PROTOBUF)
    more: dict[str, Any] = {}
    if request_id := request.scope.get("request_id"):
        more["request_id"] = request_id
    if is_otlp(request.url.path):
        # With these two it is a google.rpc.Status in JSON as well, which OTLP/JSON exporters read.
        more |= {"code": problem.grpc_code, "message": problem.detail}
    return Response(problem_body(problem, more), problem.status, headers, media_type=PROBLEM_JSON)


def problem_body(problem: Problem, more: Mapping[str, Any] | None = None) -> bytes:
    """A problem as `application/problem+json`; `more` is added, about the request."""
    body = {
        "type": "about:blank",
        "title": problem.title,
        "status": problem.status,
        "detail": problem.detail,
        "hint": problem.hint or None,
        **problem.facts,
        **(more or {}),
    }
    return encode_json(body)
