"""The answer to a refused request: one `Problem`, in the form that its sender reads.

`application/problem+json` (RFC 9457) with a `hint`; on the OTLP routes with protobuf, `google.rpc.Status`. No answer
contains a stack trace or other internals; its request id leads to the line in the log that does.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from llm_tracer_service.json_values import encode_json
from llm_tracer_service.media import PROBLEM_JSON, PROTOBUF, PROTOBUF_SPELLINGS, media_type
from llm_tracer_service.query import QueryError
from llm_tracer_service.receiving.decoded import MalformedBody
from llm_tracer_service.store.base import BadCursor, StoreError, StoreUnavailable

RETRY_AFTER_S = 2

_TITLES = {
    400: "Malformed request",
    401: "Valid key required",
    403: "Not allowed",
    404: "Not found",
    405: "Method not allowed",
    413: "Body too large",
    415: "Unsupported media type",
    416: "Range not satisfiable",
    422: "Invalid request",
    429: "Too many spans",
    500: "Internal error",
    501: "Not supported",
    503: "Service unavailable",
}

# google.rpc.Code, which exporters for gRPC and OTLP understand.
_GRPC_CODES = {400: 3, 401: 16, 403: 7, 404: 5, 405: 12, 413: 8, 415: 3, 422: 3, 429: 8, 500: 13, 503: 14}
_GRPC_UNKNOWN = 2


class Problem(Exception):
    """A refused request. `detail` says what is wrong, `hint` what to do about it, `facts` more for programs."""

    def __init__(
        self,
        status: int,
        detail: str,
        hint: str = "",
        *,
        headers: dict[str, str] | None = None,
        facts: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.hint = hint
        self.headers = headers or {}
        self.facts = facts or {}

    @property
    def title(self) -> str:
        """The status in words."""
        return _TITLES.get(self.status, "Error")

    @property
    def grpc_code(self) -> int:
        """The google.rpc.Code of the same meaning."""
        return _GRPC_CODES.get(self.status, _GRPC_UNKNOWN)

    @property
    def retry_after_s(self) -> int | None:
        """How long to wait before sending the same again; None if that would not help."""
        after = self.headers.get("Retry-After")
        return None if after is None else int(after)

    @property
    def text(self) -> str:
        """What is wrong and what to do, in one line."""
        return f"{self.detail} {self.hint}".rstrip()


def no_such(what: str) -> Problem:
    """The one answer for what does not exist and for what belongs to another project."""
    return Problem(
        404,
        f"There is no such {what} in this project.",
        "Check the id, and which project the key belongs to.",
    )


def problem_of(fault: Exception) -> Problem:
    """The answer to an error of any layer. An unforeseen one becomes a 500 that reveals nothing."""
    match fault:
        case Problem():
            return fault
        case MalformedBody():
            facts: dict[str, Any] = {"where": fault.where} if fault.where else {}
            hint = fault.hint or "Send a complete body of the type that Content-Type names."
            return Problem(400, str(fault), hint, facts=facts)
        case QueryError():
            facts = {"position": fault.position, "expected": fault.expected}
            detail = f"The query is invalid at character {fault.position}: expected {fault.expected}."
            return Problem(400, detail, fault.hint, facts=facts)
        case BadCursor():
            return Problem(400, str(fault), fault.hint or "Start again without `cursor`.")
        case StoreUnavailable():
            return Problem(503, str(fault), fault.hint, headers={"Retry-After": str(RETRY_AFTER_S)})
        case StoreError():
            return Problem(422, str(fault), fault.hint)
        case ValidationError():
            return Problem(422, str(fault))
        case HTTPException():
            return _of_http(fault)
        case _:
            return Problem(
                500, "An unexpected error occurred in the service.", "Look for the request id in its log."
            )


def _of_http(fault: HTTPException) -> Problem:
    headers = dict(fault.headers or {})
    match fault.status_code:
        case 404:
            return Problem(404, "There is nothing at this path.", "GET /openapi.json lists every path.")
        case 405:
            allowed = headers.get("Allow", "")
            return Problem(
                405, "This path does not support this method.", f"Supported: {allowed}.", headers=headers
            )
        case status:
            return Problem(status, str(fault.detail), headers=headers)


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


OTLP_PREFIXES = (
    "", "/api/public/otel", "/otel", "/api/otel", "/v1/traces", "/agents/otel", "/api/otlp", "/opentelemetry", "/tracer", "/v2/otel",
)  # fmt: skip
"""What may stand before the paths of OTLP: what SDKs of other products add (docs/other-sdks.md), and /v1/traces for exporters
whose base, OTEL_EXPORTER_OTLP_ENDPOINT, was given with it. That is a common first mistake, and all that most exporters say about
a refusal is "Not Found"."""

OTLP_TRACE_PATHS = ("/v2/traces", "/api/v3/traces")
"""Where other SDKs send their spans that end their path in another way."""

_OTLP_STARTS = tuple(f"{prefix}/v1/" for prefix in OTLP_PREFIXES)


def is_otlp(path: str) -> bool:
    """Whether a path is one of the OTLP routes, with any prefix or name."""
    return path.startswith(_OTLP_STARTS) or path in OTLP_TRACE_PATHS
