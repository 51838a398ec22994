"""What a connection of the dashboard refuses, over real sockets."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import uvicorn
from dashboard.connection import Connection
from uvicorn.server import ServerState

from dashboard import connection

WAIT_S = 20.0
FORM = b"POST /sign-in HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5000\r\n\r\n"


async def echo(scope: Any, receive: Any, send: Any) -> None:
    message = await receive()
    while message.get("more_body"):
        message = await receive()
    if message["type"] == "http.request":
        await asyncio.sleep(0.5)  # an answer may take longer than a request
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"ok"})


def sent(*pieces: bytes) -> bytes:
    """What comes back until the connection ends, for pieces sent one after another. Raises TimeoutError if it does not
    end within WAIT_S."""

    async def run() -> bytes:
        config = uvicorn.Config(echo, http=Connection, ws="none", log_config=None)
        make = lambda: Connection(config=config, server_state=ServerState(), app_state={})  # noqa: E731
        server = await asyncio.get_running_loop().create_server(make, "127.0.0.1", 0)
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        try:
            async with asyncio.timeout(WAIT_S):
                for piece in pieces:
                    writer.write(piece)
                    await writer.drain()
                    await asyncio.sleep(0.01)
                return bytes(await reader.read())
        except ConnectionError:
            return b""
        finally:
            writer.close()
            server.close()

    return asyncio.run(run())


@pytest.mark.parametrize("start", [b"", b"GET / HTTP/1.1\r\nX", FORM])
def test_whoever_does_not_finish_a_request_is_let_go(monkeypatch: pytest.MonkeyPatch, start: bytes) -> None:
    monkeypatch.setattr(connection, "PATIENCE_S", 0.1)
    assert sent(start) == b""
    assert sent(start, *[b"a"] * 4_000) == b""  # which takes longer than WAIT_S


def test_an_answer_may_take_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "PATIENCE_S", 0.1)
    answer = sent(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    assert answer.endswith(b"ok")
