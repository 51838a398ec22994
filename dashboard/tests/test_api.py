"""The client of the Tracer API: what it sends, and how it names what goes wrong."""

from collections.abc import Callable

import httpx
import pytest
from dashboard.api import Changes, Refused, TracerApi, Unreachable, Unwell
from dashboard.live import WAIT_S
from dashboard.settings import Settings

Handler = Callable[[httpx.Request], httpx.Response]
SETTINGS = Settings("http://api.test", "project-dev.secret")


def api_of(handler: Handler) -> TracerApi:
    return TracerApi(SETTINGS, httpx.MockTransport(handler))


async def test_health_sends_the_key_and_reads_the_answer() -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(
            200, json={"status": "ok", "store": "sqlite", "version": "0.1.0", "last_span_at": None}
        )

    health = await api_of(answer).health()
    assert (health.status, health.store, health.last_span_at) == ("ok", "sqlite", None)
    assert seen[0].headers["authorization"] == "Bearer project-dev.secret"


async def test_changes_are_reduced_to_ids() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        assert request.url.params["after"] == "c1"
        body = {
            "traces": [{"trace_id": "a" * 32, "name": "x"}],
            "deleted": ["b" * 32],
            "cursor": "c2",
            "has_more": False,
        }
        return httpx.Response(200, json=body)

    assert await api_of(answer).changes("c1", 5) == Changes(("a" * 32, "b" * 32), "c2", False)


async def test_an_api_that_hangs_is_known_within_ten_seconds() -> None:
    patience_s: list[float] = []

    def answer(request: httpx.Request) -> httpx.Response:
        patience_s.append(request.extensions["timeout"]["read"])
        return httpx.Response(200, json={"cursor": "c2"})

    api = api_of(answer)
    await api.changes("c1", WAIT_S)
    await api.health()
    assert max(patience_s) < 10


@pytest.mark.parametrize(
    ("response", "error", "said"),
    [
        (httpx.Response(401), Refused, "401"),
        (httpx.Response(403), Refused, "403"),
        (httpx.Response(500, json={"title": "broken", "detail": "disk full"}), Unwell, "disk full"),
        (httpx.Response(503, text="<html>"), Unwell, "503"),
        (httpx.Response(200, text="hello"), Unwell, "not from a Tracer API"),
        (httpx.Response(200, json=[1]), Unwell, "not from a Tracer API"),
    ],
)
async def test_a_bad_answer_is_an_error_in_one_line(
    response: httpx.Response, error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        await api_of(lambda _: response).health()


async def test_changes_without_a_cursor_are_no_changes() -> None:
    with pytest.raises(Unwell):
        await api_of(lambda _: httpx.Response(200, json={"traces": []})).changes(None, 0)


@pytest.mark.parametrize(
    ("raised", "said"),
    [
        (httpx.ConnectError("All connection attempts failed"), "connection refused"),
        (httpx.ConnectError("[Errno -2] Name or service not known"), "Name or service not known"),
        (httpx.ReadTimeout(""), "no answer in time"),
        (httpx.RemoteProtocolError("Server disconnected\nmore"), "^Server disconnected$"),
    ],
)
async def test_without_an_answer_the_error_says_why(raised: httpx.TransportError, said: str) -> None:
    def fail(_: httpx.Request) -> httpx.Response:
        raise raised

    with pytest.raises(Unreachable, match=said):
        await api_of(fail).health()
    with pytest.raises(Unreachable, match=said):
        await api_of(fail).open("/api/traces", "", {})
