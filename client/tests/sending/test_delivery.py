"""What becomes of a request, by what the server answers."""

from __future__ import annotations

import threading
from http.client import HTTPConnection
from pathlib import Path

import pytest
from llm_tracer import Tracer
from llm_tracer.default_tracer import set_tracer
from recording_server import PATIENCE_S, RecordingServer, Reply, Request


def work(tracer: Tracer, name: str = "work") -> None:
    with tracer.span(name):
        pass


@pytest.mark.parametrize(
    "reply",
    [
        Reply(500),
        Reply(503, {"Retry-After": "0"}),
        Reply(429, {"Retry-After": "0"}),
        Reply(302, {"Location": "http://login.example/"}),
        Reply(405, body=b"Only GET."),
        Reply(200, body=b"<html>another service</html>"),
        Reply(400, body=b"<html>The plain HTTP request was sent to HTTPS port</html>"),
        Reply(403, body=b"<html>Sign in</html>"),
        Reply(407),
    ],
)
def test_what_the_server_cannot_take_now_is_sent_again(
    reply: Reply, tracer: Tracer, server: RecordingServer
) -> None:
    server.replies.extend([reply, reply])
    work(tracer)
    assert tracer.flush(PATIENCE_S)
    assert [request.status for request in server.requests] == [reply.status, reply.status, 200]
    assert server.names() == ["work"] * sum(request.status == 200 for request in server.requests)


def test_a_request_that_is_too_big_is_split(tracer: Tracer, server: RecordingServer) -> None:
    server.replies.append(Reply(413))
    with tracer.span("root"):
        for number in range(3):
            work(tracer, f"child{number}")
    assert tracer.flush(PATIENCE_S)
    assert server.names() == ["child0", "child1", "child2", "root"]
    assert [len(request.body["spans"]) for request in server.requests] == [4, 2, 2]


@pytest.mark.parametrize("status", [400, 401, 413])
def test_what_is_refused_for_good_is_said_and_counted(
    status: int, tracer: Tracer, server: RecordingServer, caplog: pytest.LogCaptureFixture
) -> None:
    server.replies.append(Reply(status, body=b'{"title": "wrong key"}'))
    work(tracer, "refused")
    assert not tracer.flush(PATIENCE_S)
    assert "wrong key" in caplog.text
    work(tracer)
    assert tracer.flush(PATIENCE_S)
    assert server.names() == ["work"]
    assert server.lost_told() == 1


def test_a_server_that_refuses_single_spans_is_quoted(
    tracer: Tracer, server: RecordingServer, caplog: pytest.LogCaptureFixture
) -> None:
    server.replies.append(
        Reply(200, body=b'{"accepted": 0, "rejected": [{"index": 0, "reason": "no such id"}]}')
    )
    work(tracer)
    assert not tracer.flush(PATIENCE_S)
    assert "no such id" in caplog.text
    work(tracer)
    assert tracer.flush(PATIENCE_S)  # the span before was told of


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (Reply(405, body=b"Only GET."), "it answered 405, so it is not the Tracer API"),  # as the dashboard
        (Reply(401, body=b"<html>Sign in</html>"), "it answered 401, but it is not the Tracer API"),
    ],
)
def test_the_address_of_another_server_is_said(
    reply: Reply, said: str, tracer: Tracer, server: RecordingServer, caplog: pytest.LogCaptureFixture
) -> None:
    server.replies.append(reply)
    work(tracer)
    assert tracer.flush(PATIENCE_S)
    assert said in caplog.text


@pytest.mark.parametrize("address", ["nonsense", "http://localhost:PORT", "http://[::1"])
def test_an_address_that_is_none_is_said_and_does_not_raise(
    address: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    tracer = Tracer(api_url=address, enabled=True, spool=tmp_path / "spool")
    work(tracer)
    assert not tracer.flush(0.3)
    assert f"{address} takes no spans" in caplog.text
    tracer.shutdown(0.0)
    assert list((tmp_path / "spool").glob("*.spool"))


def test_a_program_that_forbids_the_network_for_a_while_loses_nothing(
    tracer: Tracer, server: RecordingServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Forbidden(RuntimeError): ...

    def forbid(_: object) -> None:
        forbidden.set()
        raise Forbidden

    forbidden = threading.Event()
    with monkeypatch.context() as patched:
        patched.setattr(HTTPConnection, "connect", forbid)
        for name in ("first", "second"):
            work(tracer, name)
            assert forbidden.wait(PATIENCE_S)
            forbidden.clear()
    assert tracer.flush(PATIENCE_S)
    assert server.names() == ["first", "second"]


def test_a_request_that_the_server_never_takes_does_not_keep_the_others_back(
    server: RecordingServer,
) -> None:
    def answer(request: Request) -> Reply:
        return Reply(500 if any(span["name"] == "first" for span in request.body["spans"]) else 200)

    before = set_tracer(None)
    for name in ("first", "second", "third"):
        tracer = Tracer(api_url=server.url, enabled=True)
        server.hang.set()
        work(tracer, name)
        tracer.shutdown(0.1)
        server.hang.clear()
    server.answer = answer
    tracer = Tracer(api_url=server.url, enabled=True)
    set_tracer(before)
    work(tracer, "fourth")
    server.wait_until(lambda: server.names() == ["fourth", "second", "third"])
    tracer.shutdown(0.1)
