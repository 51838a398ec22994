from __future__ import annotations

import contextlib
import socket
import threading
import time
from http.client import HTTPResponse

import msgspec
import pytest
from llm_tracer.doctor.server import Server
from llm_tracer.sending.transport import SLOWEST_LINK_BYTES_S, SLOWEST_SERVER_BYTES_S, Transport, _seconds
from recording_server import PATIENCE_S, RecordingServer, Reply

BODY = msgspec.msgpack.encode({"spans": []})


def post(transport: Transport) -> int:
    return transport.post(
        BODY, {"Content-Type": "application/msgpack", "Content-Encoding": "identity"}
    ).status


def test_a_body_arrives_with_its_key(server: RecordingServer) -> None:
    assert post(Transport(f"{server.url}/base/", "project-a")) == 200
    (request,) = server.requests
    assert request.path == "/base/api/spans"
    assert request.headers["Authorization"] == "Bearer project-a"
    assert request.headers["Content-Type"] == "application/msgpack"
    assert request.headers["User-Agent"].startswith("llm-tracer-python/")


def test_without_a_key_no_key_is_sent(server: RecordingServer) -> None:
    post(Transport(server.url, None))
    assert "Authorization" not in server.requests[0].headers


def test_a_connection_that_the_server_closed_is_made_again(server: RecordingServer) -> None:
    transport = Transport(server.url, None)
    post(transport)
    first = transport._connection.sock
    post(transport)
    assert transport._connection.sock is first
    transport._connection.sock.shutdown(2)
    assert post(transport) == 200
    assert len(server.requests) == 3


def test_nobody_there_is_an_oserror(nobody_url: str) -> None:
    with pytest.raises(OSError, match="refused"):
        post(Transport(nobody_url, None))


def test_a_big_body_has_longer_to_be_sent_and_to_be_answered(server: RecordingServer) -> None:
    transport, sending_s, answering_s = Transport(server.url, None), list[float](), list[float]()
    request, getresponse = transport._connection.request, transport._connection.getresponse

    def noting(*arguments: object) -> None:
        assert transport._connection.sock is not None
        sending_s.append(transport._connection.sock.gettimeout() or 0)
        request(*arguments)  # type: ignore[arg-type]

    def waiting() -> HTTPResponse:
        assert transport._connection.sock is not None
        answering_s.append(transport._connection.sock.gettimeout() or 0)
        return getresponse()

    transport._connection.request = noting  # type: ignore[assignment,method-assign]
    transport._connection.getresponse = waiting  # type: ignore[method-assign]
    big = msgspec.msgpack.encode({"spans": [], "padding": "x" * SLOWEST_SERVER_BYTES_S * 3})
    for body, timeout_s in ((BODY, None), (big, None), (big, 2.0)):
        transport.post(body, {"Content-Encoding": "identity"}, timeout_s=timeout_s)
    assert [round(timeout_s) for timeout_s in sending_s] == [
        10,
        round(10 + len(big) / SLOWEST_LINK_BYTES_S),
        2,
    ]
    assert [round(timeout_s) for timeout_s in answering_s] == [10, 13, 2]


def test_an_answer_that_comes_byte_by_byte_is_given_up() -> None:
    """Each byte is in time, and all of them are not."""

    def drip(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection, contextlib.suppress(OSError):
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
            until_s = time.monotonic() + PATIENCE_S
            while time.monotonic() < until_s:
                connection.sendall(b"x")
                time.sleep(0.01)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=drip, args=(listener,), daemon=True).start()
        transport = Transport(f"http://127.0.0.1:{listener.getsockname()[1]}", None)
        with pytest.raises(TimeoutError):
            transport.post(BODY, {"Content-Encoding": "identity"}, timeout_s=0.5)


def test_the_wish_to_wait_is_read(server: RecordingServer) -> None:
    server.replies.append(Reply(429, {"Retry-After": "7"}))
    answer = Transport(server.url, None).post(BODY, {"Content-Type": "a/b", "Content-Encoding": "identity"})
    assert (answer.status, answer.retry_after_s) == (429, 7.0)


@pytest.mark.parametrize(
    ("header", "expected"),
    [(None, None), ("3", 3.0), ("-3", 0.0), ("Mon, 23 Nov 2020 00:00:00 GMT", 0.0), ("soon", None)],
)
def test_both_forms_of_retry_after(header: str | None, expected: float | None) -> None:
    assert _seconds(header) == expected


@pytest.mark.parametrize("url", ["", "ftp://a", "http://", "127.0.0.1:8001"])
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="TRACER_API_URL"):
        Transport(url, None)


@pytest.mark.parametrize("key", ["project-a.SECRET\nX: y", "project-a.SECRET日"])
def test_a_key_that_no_header_can_carry_is_refused_and_not_repeated(key: str) -> None:
    with pytest.raises(ValueError, match="TRACER_API_KEY") as refused:
        Transport("http://localhost", key)
    assert "SECRET" not in str(refused.value)
    answer = Server("http://localhost", key).ask("GET", "/")
    assert (answer.status, answer.text) == (0, str(refused.value))
