"""The compiled frontend over HTTP, and the guard in front of everything."""

import base64
import gzip
import hashlib
import re
from pathlib import Path

import pytest
from dashboard.serve import PAGES, Frontend, Guard, script_hashes, with_addresses
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect

PACKED = gzip.compress(b"x" * 3000)
SHELL = "<html><script>theme()</script><script type=module>start()</script><script src=/a.js></script></html>"


async def _seen(request: object) -> PlainTextResponse:
    return PlainTextResponse("backend")


async def _socket(socket: WebSocket) -> None:
    await socket.accept()
    await socket.send_text(socket.headers.get("origin", "none"))
    await socket.close()


@pytest.fixture
def client(tmp_path: Path) -> TestClient:
    (tmp_path / "assets").mkdir()
    (tmp_path / "traces").mkdir()
    for name in ("index.html", "404.html", "__spa-fallback.html", "traces/index.html"):
        (tmp_path / name).write_text(f"<!-- {name} -->{SHELL}")
    (tmp_path / "assets" / "big-abc.js").write_text("x" * 3000)
    (tmp_path / "assets" / "big-abc.js.gz").write_bytes(PACKED)
    (tmp_path / "assets" / "reflex-env-abc.js").write_text("var e={EVENT:`ws://localhost:8000/_event`}")
    backend = Starlette(
        routes=[Route("/ui-api/x", _seen), Route("/_health", _seen), WebSocketRoute("/_event", _socket)]
    )
    guarded = Guard(Frontend(tmp_path, backend), True, ["box.lan"], ["http://localhost:3000"])
    return TestClient(guarded, base_url="http://localhost:3000")


@pytest.mark.parametrize(
    ("path", "status", "page"),
    [
        ("/", 200, "index.html"),
        ("/traces", 200, "traces/index.html"),
        ("/traces/", 200, "traces/index.html"),
        ("/trace/0af7651916cd43dd8448eb211c80319c", 200, "__spa-fallback.html"),
        ("/sessions", 200, "__spa-fallback.html"),
        ("/session/team/7 .x", 200, "__spa-fallback.html"),
        ("/session/", 404, "404.html"),
        ("/nowhere", 404, "404.html"),
        ("/trace/a/b", 404, "404.html"),
    ],
)
def test_an_address_leads_to_its_compiled_page_or_to_none(
    client: TestClient, path: str, status: int, page: str
) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.text.split(" ")[1]) == (status, page)


def test_a_page_allows_its_own_scripts_and_no_foreign_host(client: TestClient) -> None:
    policy = client.get("/").headers["content-security-policy"]
    digest = base64.b64encode(hashlib.sha256(b"theme()").digest()).decode()
    assert f"'sha256-{digest}'" in policy
    assert "default-src 'none'" in policy
    assert "script-src 'self' 'sha256-" in policy
    assert "connect-src 'self' ws://localhost:3000 wss://localhost:3000" in policy
    assert "http:" not in policy.replace("ws:", "")
    assert "unsafe-eval" not in policy


def test_a_script_that_runs_as_a_worker_may_fetch_from_its_own_origin_only(client: TestClient) -> None:
    policy = client.get("/assets/big-abc.js").headers["content-security-policy"]
    assert policy == "default-src 'none'; connect-src 'self'; frame-ancestors 'none'"


def test_files_are_packed_kept_and_revalidated(client: TestClient) -> None:
    answer = client.get("/assets/big-abc.js", headers={"accept-encoding": "identity"})
    assert (answer.text, answer.headers["cache-control"]) == (
        "x" * 3000,
        "public, max-age=31536000, immutable",
    )
    with client.stream("GET", "/assets/big-abc.js", headers={"accept-encoding": "gzip"}) as packed:
        assert packed.headers["content-encoding"] == "gzip"
        assert b"".join(packed.iter_raw()) == PACKED
    etag = answer.headers["etag"]
    assert client.get("/assets/big-abc.js", headers={"if-none-match": etag}).status_code == 304
    assert client.get("/").headers["cache-control"] == "no-cache"


@pytest.mark.parametrize(
    "path", ["/assets/none.js", "/../secret.py", "/assets/%2e%2e/index.html", "/rxconfig.py"]
)
def test_nothing_else_is_served(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 404


def test_methods_other_than_get_and_head_are_refused(client: TestClient) -> None:
    assert client.post("/").status_code == 405


def test_the_backend_is_behind_the_same_door_and_all_answers_are_marked(client: TestClient) -> None:
    assert client.get("/ui-api/x").text == "backend"
    for path in ("/", "/ui-api/x", "/nowhere", "/assets/big-abc.js"):
        headers = client.get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert "default-src 'none'" in headers["content-security-policy"]


def test_addresses_follow_the_page(client: TestClient) -> None:
    assert (
        client.get("/assets/reflex-env-abc.js").text
        == "var e={EVENT:location.origin.replace(/^http/,`ws`)+`/_event`}"
    )
    assert with_addresses("`http://localhost:8000/ping`") == "location.origin+`/ping`"


def test_addresses_lead_to_the_public_one_where_it_is_said(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text(SHELL)
    (tmp_path / "reflex-env-abc.js").write_text("`http://localhost:8000/ping`,`ws://localhost:8000/_event`")
    client = TestClient(
        Frontend(tmp_path, Starlette(), "https://events.example"), base_url="http://pages.example"
    )
    assert (
        client.get("/reflex-env-abc.js").text == "`https://events.example/ping`,`wss://events.example/_event`"
    )
    policy = client.get("/").headers["content-security-policy"]
    assert (
        "connect-src 'self' ws://pages.example wss://pages.example https://events.example wss://events.example;"
        in policy
    )


def test_script_hashes_skip_files_and_repeats() -> None:
    assert len(script_hashes(SHELL + SHELL)) == 2


@pytest.mark.parametrize(
    ("host", "origin", "status"),
    [
        ("localhost:3000", None, 200),
        ("127.0.0.1:3000", None, 200),
        ("[::1]:3000", None, 200),
        ("box.lan:3000", None, 200),
        ("evil.example:3000", None, 403),
        ("", None, 403),
        ("[", None, 403),
        ("[::1", None, 403),
        ("localhost:3000", "http://localhost:3000", 200),
        ("localhost:8080", "http://localhost:8080", 200),
        ("localhost:8002", "http://localhost:3000", 200),
        ("localhost:3000", "http://evil.example", 403),
        ("localhost:3000", "http://localhost:9", 403),
        ("localhost:3000", "null", 403),
        ("localhost:3000", "http://[evil", 403),
    ],
)
def test_who_may_ask(client: TestClient, host: str, origin: str | None, status: int) -> None:
    headers = {"host": host} | ({"origin": origin} if origin else {})
    assert client.get("/ui-api/x", headers=headers).status_code == status


def test_the_socket_is_guarded_too(client: TestClient) -> None:
    with client.websocket_connect(
        "/_event", headers={"host": "localhost:8080", "origin": "http://localhost:8080"}
    ) as socket:
        assert socket.receive_text() == "none"
    foreign = {"host": "localhost:3000", "origin": "http://evil.example"}
    with pytest.raises(WebSocketDisconnect), client.websocket_connect("/_event", headers=foreign):
        pass


def test_on_all_addresses_any_host_is_answered_but_no_foreign_page(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text(SHELL)
    app = Guard(Frontend(tmp_path, Starlette()), False, [], [])
    client = TestClient(app, base_url="http://box.lan")
    assert client.get("/").status_code == 200
    assert client.get("/", headers={"origin": "http://evil.example"}).status_code == 403


def test_every_page_of_the_app_is_served() -> None:
    source = (Path(__file__).resolve().parent.parent / "dashboard" / "dashboard.py").read_text(
        encoding="utf-8"
    )
    routes = set(re.findall(r'^    \(\w+, "(/[^"]*)", ', source, re.MULTILINE))
    assert len(routes) >= 10
    for route in routes:
        assert PAGES.fullmatch(re.sub(r"\[\w+\]", "x", route)), route
