"""A refused request: one `Problem`, whatever layer refused it, and whatever the way in (HTTP, gRPC, Lambda)."""

from __future__ import annotations

from typing import Any

from msgspec import ValidationError
from starlette.exceptions import HTTPException

from llm_tracer_service.malformed import MalformedBody, TooManyObjects
from llm_tracer_service.query import QueryError
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
        case TooManyObjects():
            hint = "Send fewer spans per request, or raise TRACER_MAX_BODY_BYTES."
            return Problem(413, str(fault), hint, facts={"objects_max": fault.objects_max})
        case QueryError():
            facts = {"position": fault.position, "expected": fault.expected}
            detail = f"The query is invalid at character {fault.character}: expected {fault.expected}."
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
