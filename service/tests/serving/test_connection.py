"""What a connection refuses, over real sockets."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import uvicorn
from llm_tracer_service.serving import connection
from llm_tracer_service.serving.connection import HEAD_BYTES_MAX, PART_BYTES, Connection
from uvicorn.server import ServerState

PATIENCE_S = 20.0
HEAD = b"POST /x HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n"
LONG = b"a" * (2 * HEAD_BYTES_MAX)


async def echo(scope: Any, receive: Any, send: Any) -> None:
    size = 0
    message = await receive()
    while message["type"] == "http.request":
        size += len(message["body"])
        if not message.get("more_body"):
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"7")]})
            await send({"type": "http.response.body", "body": b"%7d" % size})
            return
        message = await receive()


@asynccontextmanager
async def connected(app: Any = echo) -> Any:
    """A connection to a server of an application, as reader and writer."""
    config = uvicorn.Config(app, http=Connection, ws="none", log_config=None)
    state = ServerState()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: Connection(config=config, server_state=state, app_state={}), "127.0.0.1", 0
    )
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    async with asyncio.timeout(PATIENCE_S):
        yield reader, writer
    writer.close()
    server.close()


def sent(*pieces: bytes, pause_s: float = 0.01) -> bytes:
    """What comes back until the connection ends, for pieces sent one after another. Raises TimeoutError if it does not
    end within PATIENCE_S."""

    async def run() -> bytes:
        async with connected() as (reader, writer):
            try:
                for piece in pieces:
                    writer.write(piece)
                    await writer.drain()
                    await asyncio.sleep(pause_s)  # so that they arrive one after another
                return bytes(await reader.read())
            except ConnectionError:
                return b""

    return asyncio.run(run())


@pytest.fixture
def _impatient(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(connection, "PATIENCE_S", 0.1)
    return


@pytest.mark.parametrize(
    "start", [b"GET /", b"GET / HTTP/1.1\r\nX: ", b"GET / HTTP/1.1\r\n" + b"X: a\r\n" * 9]
)
def test_a_head_has_an_end(start: bytes) -> None:
    # The byte too many is the last one: if more arrived after the answer, the system might drop that.
    answer = sent(start, b"a" * (HEAD_BYTES_MAX + 1 - len(start)))
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"larger than 65536 bytes" in answer


@pytest.mark.parametrize("rest", [b"5;" + LONG, b"0\r\nX: " + LONG], ids=["extension", "trailers"])
def test_what_is_beside_a_body_has_an_end(rest: bytes) -> None:
    assert sent(HEAD + b"\r\n", rest[:9], rest[9:]) == b""


@pytest.mark.usefixtures("_impatient")
@pytest.mark.parametrize("start", [b"", b"GET / HTTP/1.1\r\nX", HEAD + b"\r\n5\r\nab"])
def test_whoever_falls_silent_within_a_request_is_let_go(start: bytes) -> None:
    assert sent(start) == b""


@pytest.mark.usefixtures("_impatient")
@pytest.mark.parametrize("start", [b"", b"GET / HTTP/1.1\r\nX", HEAD + b"\r\n5000\r\n"])
def test_a_byte_now_and_then_is_not_enough(start: bytes) -> None:
    assert sent(start, *[b"a"] * 10_000) == b""  # which takes longer than PATIENCE_S


def test_a_long_body_has_more_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "PATIENCE_S", 2.0)
    chunk = b"%x\r\n" % PART_BYTES + bytes(PART_BYTES) + b"\r\n"
    answer = sent(HEAD + b"Connection: close\r\n\r\n", *[chunk] * 8, b"0\r\n\r\n", pause_s=0.3)
    assert answer.endswith(b"8388608")


def test_a_long_body_is_taken() -> None:
    chunk = b"10000\r\n" + bytes(65_536) + b"\r\n"
    answer = sent(HEAD + b"Connection: close\r\n\r\n", *[chunk] * 20, b"0\r\n\r\n")
    assert answer.endswith(b"1310720")


ANSWER_BYTES = 32 * PART_BYTES
"""More than the system takes for a client that does not read."""


def sends_at_once(ended: asyncio.Event, size_bytes: int = ANSWER_BYTES) -> Any:
    """An application whose answer is one piece. `ended` is set when the connection is."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        head = [(b"content-length", b"%d" % size_bytes)]
        await send({"type": "http.response.start", "status": 200, "headers": head})
        await send({"type": "http.response.body", "body": bytes(size_bytes), "more_body": True})
        while (await receive())["type"] != "http.disconnect":
            pass
        ended.set()

    return app


def sends_in_pieces(ended: asyncio.Event) -> Any:
    """An application whose answer has no end, as an export of a large project."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        gone = asyncio.ensure_future(receive())
        while not gone.done():
            await send({"type": "http.response.body", "body": bytes(65_536), "more_body": True})
            await asyncio.sleep(0)
        ended.set()

    return app


@pytest.mark.parametrize("make", [sends_at_once, sends_in_pieces])
def test_whoever_does_not_read_its_answer_is_let_go(make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "STALLED_S", 0.1)

    async def run() -> None:
        ended = asyncio.Event()
        async with connected(make(ended)) as (_, writer):
            writer.write(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            await ended.wait()

    asyncio.run(run())


def test_whoever_reads_slowly_gets_all_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "STALLED_S", 1.0)

    async def run() -> int:
        async with connected(sends_at_once(asyncio.Event())) as (reader, writer):
            writer.write(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            await reader.readuntil(b"\r\n\r\n")
            for _ in range(8):
                await reader.readexactly(ANSWER_BYTES // 8)
                await asyncio.sleep(0.4)  # in all, longer than a client may take nothing
            return ANSWER_BYTES

    assert asyncio.run(run()) == ANSWER_BYTES
