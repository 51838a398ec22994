"""Refusals and failures are always a problem document, and reveal no internals."""

from __future__ import annotations

import logging

import pytest
from app_helpers import native_span, one_store, send
from starlette.testclient import TestClient


@one_store
@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nowhere", 404),
        ("GET", "/api/traces/", 404),
        ("POST", "/v1/nothing", 404),
        ("PUT", "/api/traces", 405),
        ("GET", "/v1/traces", 405),
        ("DELETE", "/health", 405),
    ],
)
def test_paths_and_methods_that_there_are_not(
    client: TestClient, method: str, path: str, status: int
) -> None:
    answer = client.request(method, path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == status
    assert answer.json()["hint"]


@one_store
def test_405_names_every_method_of_the_path(client: TestClient) -> None:
    allowed = client.put("/api/traces").headers["allow"]
    assert {method.strip() for method in allowed.split(",")} == {"GET", "HEAD", "POST", "DELETE"}


def test_head_is_get_without_a_body(client: TestClient) -> None:
    answer = client.head("/api/traces")
    assert (answer.status_code, answer.content) == (200, b"")


@pytest.mark.parametrize("path", ["/api/stream", "/api/export"])
def test_head_of_what_comes_in_pieces_ends_at_once(client: TestClient, path: str) -> None:
    send(client, native_span())
    answer = client.head(path)
    assert (answer.status_code, answer.content) == (200, b"")


def test_a_failure_says_nothing_but_is_logged_with_its_id(
    client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    service = client.app.state.service  # type: ignore[attr-defined]

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("the secret inside")

    service.store.find_traces = broken
    with caplog.at_level(logging.ERROR):
        answer = client.get("/api/traces")
    problem = answer.json()
    assert (answer.status_code, problem["title"]) == (500, "Internal error")
    assert "secret" not in answer.text
    assert "Traceback" not in answer.text
    assert problem["request_id"] == answer.headers["x-request-id"]
    assert problem["request_id"] in caplog.text
    assert "the secret inside" in caplog.text
    page = client.get("/")
    assert page.status_code == 500
    assert "secret" not in page.text


@one_store
def test_a_path_cannot_forge_a_line_of_the_log(client: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    service = client.app.state.service  # type: ignore[attr-defined]
    service.store.get_session = None
    with caplog.at_level(logging.ERROR):
        assert client.get("/api/sessions/a%0aERROR all is lost").status_code == 500
    assert "all is lost" in caplog.text
    assert "\nERROR all is lost" not in caplog.text


@one_store
def test_a_parameter_that_comes_twice_is_refused(client: TestClient) -> None:
    send(client, native_span())
    answer = client.delete("/api/traces?q=nothing&q=&confirm=true")
    assert (answer.status_code, answer.json()["detail"]) == (400, "The parameter 'q' is given twice.")
    assert client.get("/api/traces").json()["count"] == 1


@one_store
def test_security_headers_are_on_every_answer(client: TestClient) -> None:
    send(client, native_span())
    for path in (
        "/api/traces",
        "/health",
        "/nowhere",
        "/",
        "/docs",
        "/openapi.json",
        "/metrics",
        "/api/traces?limit=0",
    ):
        headers = client.get(path).headers
        assert headers["x-content-type-options"] == "nosniff", path
        assert headers["referrer-policy"] == "no-referrer", path
        assert headers["content-security-policy"].startswith("default-src 'none'"), path
        assert "unsafe" not in headers["content-security-policy"], path
        assert headers["x-request-id"], path
        assert headers["cache-control"] in ("no-store", "no-cache"), path
        assert "server" not in headers, path


def test_hostile_texts_are_answered_as_valid_json(client: TestClient) -> None:
    send(client, native_span(1, name="\x00\u2028</script>\"'", attributes={"k\x00": "\x07"}))
    row = client.get("/api/traces").json()["traces"][0]
    assert row["name"] == "\x00\u2028</script>\"'"
    body = '{"name": "half \\ud83d a pair"}'
    assert client.post("/api/traces", content=body).status_code == 201
    assert client.get("/api/traces?q=half").json()["traces"][0]["name"] == "half \ufffd a pair"
    assert client.get("/api/traces").status_code == 200
    assert (
        client.get("/api/traces", params={"q": '"\ud83d'.encode("utf-8", "replace").decode()}).status_code
        == 400
    )
    assert client.get("/").status_code == 200
