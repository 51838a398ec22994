"""The door: what is served without sign-in, how people come in and go, and how often they may guess."""

from __future__ import annotations

from ipaddress import ip_network
from typing import Any

import pytest
from dashboard.settings import Settings
from dashboard.sign_in import COOKIE, Door, safe_path
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect

PASSWORD = "correct horse ✓"
INSIDE = (
    "/",
    "/traces",
    "/trace/" + "0" * 32,
    "/ui-api/traces",
    "/ui-api/about",
    "/assets/a.js",
    "/ping",
    "/list.css",
)


async def _inside(request: Request) -> PlainTextResponse:
    return PlainTextResponse("inside")


async def _socket(socket: WebSocket) -> None:
    """Says "inside", and again whenever it is asked."""
    await socket.accept()
    await socket.send_text("inside")
    async for _ in socket.iter_text():
        await socket.send_text("inside")


def client_of(settings: Settings, client: tuple[str, int] = ("192.0.2.9", 1)) -> TestClient:
    app = Starlette(routes=[WebSocketRoute("/_event", _socket), Route("/{path:path}", _inside)])
    door = Door(app, settings)
    return TestClient(door, base_url="http://traces.example", client=client, follow_redirects=False)


@pytest.fixture
def client() -> TestClient:
    return client_of(Settings(password=PASSWORD))


def sign_in(client: TestClient, password: str = PASSWORD, **more: Any) -> Any:
    return client.post("/sign-in", data={"password": password, "next": more.pop("next", "/")}, **more)


def socket_opens(client: TestClient, **more: Any) -> bool:
    try:
        with client.websocket_connect("/_event", **more) as socket:
            return bool(socket.receive_text() == "inside")
    except WebSocketDisconnect:
        return False


@pytest.mark.parametrize("path", INSIDE)
def test_without_sign_in_nothing_of_the_inside_is_served(client: TestClient, path: str) -> None:
    for method in ("GET", "HEAD", "POST", "OPTIONS"):
        answer = client.request(method, path)
        assert answer.status_code in (303, 401), (method, path)
        assert (answer.status_code == 401) == (answer.headers.get("x-sign-in") == "/sign-in")
        assert "inside" not in answer.text


def test_without_sign_in_the_socket_is_refused(client: TestClient) -> None:
    assert not socket_opens(client)
    assert not socket_opens(client, headers={"cookie": f"{COOKIE}=9999999999.x.y"})


@pytest.mark.parametrize("path", ["/dashboard.css", "/sign-in.css", "/favicon.svg", "/_health"])
def test_what_the_page_is_drawn_with_and_the_health_are_open(client: TestClient, path: str) -> None:
    assert client.get(path).text == "inside"


def test_a_page_leads_to_the_sign_in_and_back(client: TestClient) -> None:
    asked = client.get("/traces?q=status:error&view=%22x%22")
    assert asked.status_code == 303
    form = client.get(asked.headers["location"])
    assert form.status_code == 200
    assert 'value="/traces?q=status:error&amp;view=%22x%22"' in form.text
    answer = sign_in(client, next="/traces?q=status:error&view=%22x%22")
    assert (answer.status_code, answer.headers["location"]) == (303, "/traces?q=status:error&view=%22x%22")


def test_a_page_of_any_name_is_led_back_to(client: TestClient) -> None:
    form = client.get(client.get("/session/caf%C3%A9%20%2F7?x=1").headers["location"]).text
    assert 'value="/session/caf%C3%A9%20/7?x=1"' in form
    answer = sign_in(client, next="/session/caf%C3%A9%20/7?x=1")
    assert answer.headers["location"] == "/session/caf%C3%A9%20/7?x=1"


def test_the_right_password_opens_pages_data_and_socket(client: TestClient) -> None:
    assert sign_in(client).headers["location"] == "/"
    for path in INSIDE:
        assert client.get(path).text == "inside"
    assert socket_opens(client, headers={"cookie": f"{COOKIE}={client.cookies[COOKIE]}"})


@pytest.mark.parametrize("wrong", ["", "correct horse", PASSWORD + " ", "ż" * 300])
def test_a_wrong_one_says_so_and_sets_nothing(client: TestClient, wrong: str) -> None:
    answer = sign_in(client, wrong)
    assert answer.status_code == 403
    assert "Wrong password." in answer.text
    assert "set-cookie" not in answer.headers
    assert client.get("/ui-api/traces").status_code == 401


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 403),
        (b"password", 403),
        (b"\xff\xfe", 413),
        (b"password=" + b"x" * 5000, 413),
        (b"next=%00&password=%ff", 403),
    ],
)
def test_other_bodies_are_no_way_in(client: TestClient, body: bytes, status: int) -> None:
    answer = client.post("/sign-in", content=body)
    assert (answer.status_code, "set-cookie" in answer.headers) == (status, False)


def test_the_cookie_is_for_http_only_and_over_https_secure() -> None:
    cookie = sign_in(client_of(Settings(password=PASSWORD))).headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert "secure" not in cookie
    over = client_of(Settings(password=PASSWORD), ("127.0.0.1", 1))
    assert "secure" in sign_in(over, headers={"x-forwarded-proto": "https"}).headers["set-cookie"].lower()
    claimed = client_of(Settings(password=PASSWORD), ("192.0.2.9", 1))
    assert (
        "secure" not in sign_in(claimed, headers={"x-forwarded-proto": "https"}).headers["set-cookie"].lower()
    )


def test_signing_out_ends_the_session_for_whoever_has_its_cookie(client: TestClient) -> None:
    value = sign_in(client).cookies[COOKIE]
    assert client.get("/sign-out").status_code == 405
    answer = client.post("/sign-out")
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")
    assert "max-age=0" in answer.headers["set-cookie"].lower()
    client.cookies.clear()
    assert client.get("/ui-api/traces", headers={"cookie": f"{COOKIE}={value}"}).status_code == 401
    assert not socket_opens(client, headers={"cookie": f"{COOKIE}={value}"})


def test_an_open_socket_of_an_ended_session_is_told_nothing_more(client: TestClient) -> None:
    cookie = {"cookie": f"{COOKIE}={sign_in(client).cookies[COOKIE]}"}
    with client.websocket_connect("/_event", headers=cookie) as socket:
        assert socket.receive_text() == "inside"
        client.post("/sign-out")
        socket.send_text("and now?")
        with pytest.raises(WebSocketDisconnect) as closed:
            socket.receive_text()
    assert closed.value.code == 4401


def test_after_five_wrong_ones_even_the_right_one_has_to_wait(client: TestClient) -> None:
    assert [sign_in(client, "wrong").status_code for _ in range(5)] == [403] * 5
    answer = sign_in(client)
    assert answer.status_code == 429
    assert 0 < int(answer.headers["retry-after"]) <= 300
    assert "Too many attempts. Try again in 5 minutes." in answer.text


def test_behind_a_proxy_each_client_has_attempts_of_its_own() -> None:
    client = client_of(Settings(password=PASSWORD, proxies=(ip_network("10.0.0.0/8"),)), ("10.1.2.3", 1))
    guesser, owner = {"x-forwarded-for": "203.0.113.5"}, {"x-forwarded-for": "203.0.113.5, 198.51.100.7"}
    for _ in range(5):
        sign_in(client, "wrong", headers=guesser)
    assert sign_in(client, headers=guesser).status_code == 429
    assert sign_in(client, headers=owner).status_code == 303


@pytest.mark.parametrize(
    "asked",
    ["https://evil.example", "//evil.example", "/\\evil.example", "/nowhere", "javascript:alert(1)", "/traces\r\nX: y", "",
     "/sign-out", "\t//evil.example", "/trace/a/../../x", "//[", "http://["],
)  # fmt: skip
def test_the_way_back_is_a_page_of_ours(client: TestClient, asked: str) -> None:
    assert safe_path(asked) == "/"
    assert sign_in(client, next=asked).headers["location"] == "/"


def test_the_page_has_a_policy_of_its_own_and_no_foreign_host(client: TestClient) -> None:
    answer = client.get("/sign-in")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "form-action 'self'" in policy
    assert "unsafe" not in policy
    assert "http" not in answer.text
    assert answer.headers["cache-control"] == "no-store"


HEADER = Settings(user_header="x-user", proxies=(ip_network("10.0.0.5"),))


@pytest.mark.parametrize(
    ("address", "headers", "status"),
    [
        ("10.0.0.5", {"x-user": "ada"}, 200),
        ("10.0.0.5", {}, 403),
        ("10.0.0.5", {"x-user": ""}, 403),
        ("10.0.0.6", {"x-user": "ada"}, 403),
        ("127.0.0.1", {"x-user": "ada"}, 403),
        ("127.0.0.1", {"x-user": "ada", "x-forwarded-for": "10.0.0.5"}, 403),
        ("203.0.113.1", {"x-user": "ada", "x-forwarded-for": "10.0.0.5"}, 403),
    ],
)
def test_a_proxy_may_say_who_comes_and_nobody_else(
    address: str, headers: dict[str, str], status: int
) -> None:
    client = client_of(HEADER, (address, 1))
    assert client.get("/ui-api/traces", headers=headers).status_code in (
        {status, 401} if status == 403 else {200}
    )
    assert client.get("/", headers=headers).status_code == status
    assert socket_opens(client, headers=headers) is (status == 200)


def test_without_a_password_there_is_no_page_to_sign_in(client: TestClient) -> None:
    assert client_of(HEADER).get("/sign-in").status_code == 403
    assert client_of(HEADER).post("/sign-in", data={"password": ""}).status_code == 403
