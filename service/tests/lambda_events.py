"""What AWS does around a function: a request becomes an event of a function URL, and the answer of the function one
of HTTP again. As documented under "Lambda function URLs, request and response payloads" (payload format 2.0).
"""

from __future__ import annotations

import asyncio
import base64
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from llm_tracer_service.serving.lambda_handler import Function
from llm_tracer_service.settings import Settings

Event = dict[str, Any]

_TEXT = ("text/", "application/json", "application/xml", "application/javascript")


def event_of(method: str, path: str, query: str, headers: list[tuple[str, str]], body: bytes) -> Event:
    """`path` as it travelled, with its escapes. A body that is not text travels in base64, as AWS decides by its type."""
    joined: dict[str, str] = {}
    for name, value in headers:
        joined[name.lower()] = f"{joined[name.lower()]},{value}" if name.lower() in joined else value
    is_text = joined.get("content-type", "").startswith(_TEXT) and "content-encoding" not in joined
    try:
        sent = body.decode() if is_text else base64.b64encode(body).decode()
    except UnicodeDecodeError:
        is_text, sent = False, base64.b64encode(body).decode()
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": query,
        "headers": joined,
        "requestContext": {
            "accountId": "anonymous",
            "apiId": "abc",
            "domainName": "abc.lambda-url.eu-central-1.on.aws",
            "http": {
                "method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "203.0.113.7",
                "userAgent": joined.get("user-agent", ""),
            },
            "requestId": "0f3a",
            "routeKey": "$default",
            "stage": "$default",
            "timeEpoch": 1_795_435_200_000,
        },
        "body": sent,
        "isBase64Encoded": not is_text,
    }  # fmt: skip


def body_of(answer: Event) -> bytes:
    """The body that the caller gets."""
    body = answer.get("body", "")
    return base64.b64decode(body) if answer.get("isBase64Encoded") else body.encode()


class Events:
    """An application behind a function URL, for clients of ASGI."""

    def __init__(self, app: Any, settings: Settings) -> None:
        self.state, self.routes = app.state, app.routes
        self._function = Function(app, settings)
        self._thread = ThreadPoolExecutor(1, initializer=_with_a_loop)  # as in Lambda: one request at a time

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await receive()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await send({"type": "lifespan.shutdown.complete"})
            return
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]]
        path = scope["raw_path"].partition(b"?")[0].decode()
        event = event_of(scope["method"], path, scope["query_string"].decode(), headers, body)
        answer = await asyncio.get_running_loop().run_in_executor(self._thread, self._function, event, None)
        given = [*answer["headers"].items(), *(("set-cookie", each) for each in answer.get("cookies", ()))]
        await send({
            "type": "http.response.start",
            "status": answer["statusCode"],
            "headers": [(name.encode("latin-1"), value.encode("latin-1")) for name, value in given],
        })  # fmt: skip
        await send(
            {"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body_of(answer)}
        )


def _with_a_loop() -> None:
    asyncio.set_event_loop(asyncio.new_event_loop())
