"""What every answer has: a request id and security headers; and the handling of unforeseen failures."""

from __future__ import annotations

import logging
import secrets
from asyncio import CancelledError

from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from llm_tracer_service.api.refusals import problem_response
from llm_tracer_service.errors import RETRY_AFTER_S, Problem, problem_of

log = logging.getLogger("llm_tracer_service")

# Nothing in an answer may run, load or be framed anywhere. The pages, which need their style, set their own policy.
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
            return  # it stopped sending halfway: nothing of that is kept, and nobody waits for an answer
        except CancelledError:  # the server stops, and this takes longer than it waits
            if started:
                raise
            # Not 500: exporters repeat only what may pass by itself.
            response = problem_response(_stopping(), Request(scope))
            await response(scope, receive, send_with_headers)
        except Exception as fault:
            # The path is logged as a Python literal, so that a line break in it does not start a line of the log.
            log.exception("request %s failed: %s %r", request_id, scope["method"], scope["path"])
            if started:  # half an answer cannot be taken back, so the server cuts the connection
                raise
            response = problem_response(problem_of(fault), Request(scope))
            await response(scope, receive, send_with_headers)


def _stopping() -> Problem:
    return Problem(
        503, "The service is stopping.", "Send it again.", headers={"Retry-After": str(RETRY_AFTER_S)}
    )
