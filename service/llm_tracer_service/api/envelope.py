"""What surrounds every answer: a request id, the security headers, and an end for failures that nobody foresaw."""

from __future__ import annotations

import logging
import secrets

from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from llm_tracer_service.errors import problem_of, problem_response

log = logging.getLogger("llm_tracer_service")

# Nothing of an answer may run, load or be framed anywhere. The pages, which need their style, say so themselves.
_SECURITY = (
    (b"x-content-type-options", b"nosniff"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
)


class Envelope:
    """The outermost layer. A failure is logged with the request id; the answer carries only the id."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = secrets.token_hex(8)
        scope["request_id"] = request_id
        started = False

        async def send_with_headers(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                present = {name for name, _ in message["headers"]}
                message["headers"] = [
                    *message["headers"],
                    *(header for header in _SECURITY if header[0] not in present),
                    (b"x-request-id", request_id.encode()),
                ]
            await send(message)

        try:
            await self._app(scope, receive, send_with_headers)
        except ClientDisconnect:
            return  # in the middle of what it sent: nothing of it is kept, and nobody is left to be answered
        except Exception as fault:
            # The path is shown as Python spells it: a line break in it begins no line of the log.
            log.exception("request %s failed: %s %r", request_id, scope["method"], scope["path"])
            if started:  # half an answer cannot be taken back; the server cuts the connection
                raise
            response = problem_response(problem_of(fault), Request(scope))
            await response(scope, receive, send_with_headers)
