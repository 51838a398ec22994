"""`/ui-api`: read-only, a closed list, headers both ways, the key never."""

import gzip

import httpx
import pytest
from dashboard.api import TracerApi
from dashboard.proxy import starlette_app, upstream_path
from dashboard.settings import Settings
from starlette.testclient import TestClient

T, S, B = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331", "ab" * 32


def client_of(answer: httpx.Response | Exception, seen: list[httpx.Request] | None = None) -> TestClient:
    def handle(request: httpx.Request) -> httpx.Response:
        if seen is not None:
            seen.append(request)
        if isinstance(answer, Exception):
            raise answer
        if not answer.is_stream_consumed:
            return answer
        # This mock's body is read already; the proxy reads a stream, as from a socket.
        stream = httpx.ByteStream(answer.content)
        return httpx.Response(answer.status_code, headers=answer.headers, stream=stream)

    api = TracerApi(Settings("http://api.test", "project-dev.secret"), httpx.MockTransport(handle))
    return TestClient(starlette_app(lambda: api, _known))


async def _known() -> str:
    return "run.7"


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("/traces", "/api/traces"),
        ("/stats", "/api/stats"),
        ("/explain", "/api/explain"),
        ("/errors", "/api/errors"),
        ("/configuration", "/api/configuration"),
        (f"/traces/{T}/skeleton", f"/api/traces/{T}/skeleton"),
        (f"/traces/{T}/spans/{S}", f"/api/traces/{T}/spans/{S}"),
        (f"/blobs/{B}", f"/api/blobs/{B}"),
        ("/sessions", "/api/sessions"),
        ("/sessions/chat-42", "/api/sessions/chat-42"),
        ("/sessions/team/7 ?x#é", "/api/sessions/team%2F7%20%3Fx%23%C3%A9"),
        ("/sessions/../keys", "/api/sessions/%2E%2E%2Fkeys"),
        ("/compare", "/api/compare"),
        ("/compare/content", "/api/compare/content"),
        (f"/traces/{T}/hints", f"/api/traces/{T}/hints"),
    ],
)
def test_the_paths_that_pages_read(path: str, target: str) -> None:
    assert upstream_path(path) == target


@pytest.mark.parametrize(
    "path",
    ["/project", "/traces/", f"/traces/{T}", f"/traces/{T.upper()}/skeleton", f"/traces/{T}/skeleton\n", "/../health",
     f"/traces/{T}/spans/..", "/metrics", "/sessions/", "/compare/x", ""],
)  # fmt: skip
def test_everything_else_is_closed(path: str) -> None:
    assert upstream_path(path) is None


def test_a_closed_path_never_reaches_the_api() -> None:
    seen: list[httpx.Request] = []
    answer = client_of(httpx.Response(200), seen).get("/ui-api/project")
    assert (answer.status_code, seen) == (404, [])
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_methods_that_write_are_refused(method: str) -> None:
    seen: list[httpx.Request] = []
    assert client_of(httpx.Response(200), seen).request(method, "/ui-api/traces").status_code == 405
    assert seen == []


def test_the_query_goes_on_as_it_is_and_the_key_is_added_here() -> None:
    seen: list[httpx.Request] = []
    headers = {"If-None-Match": '"1"', "Cookie": "a=b", "Authorization": "Bearer mine"}
    client_of(httpx.Response(304, headers={"etag": '"1"'}), seen).get(
        "/ui-api/traces?q=a%20%22b%22&limit=5", headers=headers
    )
    assert seen[0].url.query == b"q=a%20%22b%22&limit=5"
    assert seen[0].headers["authorization"] == "Bearer project-dev.secret"
    assert seen[0].headers["if-none-match"] == '"1"'
    assert "cookie" not in seen[0].headers


def test_compressed_bodies_pass_unread_and_private_headers_stay() -> None:
    packed = gzip.compress(b'{"traces": []}')
    headers = {
        "content-encoding": "gzip",
        "etag": '"7"',
        "content-type": "application/json",
        "set-cookie": "x=1",
        "server": "y",
    }
    answer = client_of(httpx.Response(200, stream=httpx.ByteStream(packed), headers=headers)).get(
        "/ui-api/traces"
    )
    assert answer.json() == {"traces": []}
    assert answer.headers["etag"] == '"7"'
    assert answer.headers["content-encoding"] == "gzip"
    assert "set-cookie" not in answer.headers
    assert "secret" not in str(answer.headers)


def test_errors_of_the_api_pass() -> None:
    problem = {"title": "Query", "status": 400, "detail": "d", "position": 3, "expected": "a number"}
    answer = client_of(httpx.Response(400, json=problem)).get("/ui-api/traces?q=x")
    assert (answer.status_code, answer.json()["position"]) == (400, 3)


def test_no_api_is_said_with_what_to_do() -> None:
    answer = client_of(httpx.ConnectError("refused")).get("/ui-api/traces")
    assert answer.status_code == 502
    assert answer.json()["title"] == "Disconnected"
    assert "llm-tracer up" in answer.json()["hint"]


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_key_is_said_to_whom_can_set_it(status: int) -> None:
    answer = client_of(httpx.Response(status, json={"hint": "Send `X-API-Key: KEY`."})).get("/ui-api/traces")
    assert (answer.status_code, answer.json()["title"]) == (status, "Key refused")
    assert "TRACER_API_KEY" in answer.json()["hint"]


def test_a_stored_page_is_a_download_and_an_image_is_not() -> None:
    page = client_of(httpx.Response(200, text="<script>", headers={"content-type": "text/html"})).get(
        f"/ui-api/blobs/{B}"
    )
    assert page.headers["content-type"] == "application/octet-stream"
    assert page.headers["content-disposition"] == "attachment"
    assert "sandbox" in page.headers["content-security-policy"]
    vector = client_of(httpx.Response(200, text="<svg>", headers={"content-type": "image/svg+xml"})).get(
        f"/ui-api/blobs/{B}"
    )
    assert vector.headers["content-disposition"] == "attachment"
    image = client_of(
        httpx.Response(
            206, content=b"x", headers={"content-type": "image/png", "content-range": "bytes 0-0/9"}
        )
    )
    answer = image.get(f"/ui-api/blobs/{B}", headers={"Range": "bytes=0-0"})
    assert (answer.status_code, answer.headers["content-type"], answer.headers["content-range"]) == (
        206,
        "image/png",
        "bytes 0-0/9",
    )


def test_about_tells_texts_and_no_key() -> None:
    answer = client_of(httpx.Response(200)).get("/ui-api/about")
    assert answer.json()["api_url"] == "http://api.test"
    assert len(answer.json()["snippets"]) == 5
    assert answer.json()["project"] == "dev"
    assert answer.json()["can_sign_out"] is False
    assert "secret" not in answer.text


def test_an_answer_says_of_which_news_it_knows() -> None:
    assert client_of(httpx.Response(200, json={})).get("/ui-api/traces").headers["x-live"] == "run.7"
