"""Who is asking (docs/api.md): with keys, without, and from a browser."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from app_helpers import TRACE, bearer, native_span, one_store, send, span_id
from llm_tracer_service.access.auth import Gate
from llm_tracer_service.access.keys import BadKey, KeyFile
from llm_tracer_service.api.routes import OPERATIONS
from llm_tracer_service.settings import BadSetting, Settings
from starlette.testclient import TestClient

MakeClient = Callable[..., TestClient]


def basic(user: str, password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


def as_sent(headers: dict[str, str]) -> Any:
    """Headers as a program sends them that does not know that they are ASCII."""
    return {name: text.encode("latin-1") for name, text in headers.items()}


def project_seen(client: TestClient, headers: dict[str, str]) -> bool:
    return bool(client.get("/api/traces", headers=headers).json()["count"] == 1)


@one_store
@pytest.mark.parametrize(
    "headers",
    [
        bearer("project-shop"),
        bearer("project-shop.any-secret"),
        {"X-API-Key": "project-shop"},
        basic("project-shop", ""),
        basic("x", "project-shop"),
        {"Authorization": "bearer project-shop"},
        bearer("Bearer project-shop"),
        {"X-API-Key": "Bearer project-shop"},
        {"X-Confident-API-Key": "project-shop"},
        {"Authorization": "project-shop"},
    ],
)
def test_without_keys_the_key_names_the_project(client: TestClient, headers: dict[str, str]) -> None:
    send(client, native_span(), headers=headers)
    assert project_seen(client, bearer("project-shop"))
    assert not project_seen(client, {})


@one_store
@pytest.mark.parametrize(
    "headers",
    [
        {},
        bearer("demo-key"),
        bearer("sk-bt-demo"),
        basic("pk-lf-demo", "sk-lf-demo"),
        {"Authorization": "Basic ?"},
    ],
)
def test_without_keys_anything_else_is_project_dev(client: TestClient, headers: dict[str, str]) -> None:
    send(client, native_span(), headers=headers)
    assert project_seen(client, bearer("project-dev"))


@one_store
@pytest.mark.parametrize("key", ["project-", "project-a b", "project-ä", "project-" + "x" * 65, "project-a."])
def test_without_keys_a_malformed_key_is_401(client: TestClient, key: str) -> None:
    answer = client.get("/api/traces", headers=as_sent({"X-API-Key": key}))
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert answer.json()["hint"]


def test_with_keys_only_those_are_accepted(make_client: MakeClient) -> None:
    client = make_client(api_keys=("project-shop.s3cret",))
    key = bearer("project-shop.s3cret")
    send(client, native_span(), headers=key)
    assert project_seen(client, key)
    assert project_seen(client, basic("anybody", "project-shop.s3cret"))
    for headers in (
        {},
        bearer("project-shop"),
        bearer("project-shop.S3cret"),
        bearer("project-other"),
        bearer("é"),
    ):
        for path in ("/api/traces", "/metrics", "/api/ingest", "/", f"/api/traces/{TRACE}"):
            assert client.get(path, headers=as_sent(headers)).status_code == 401, (headers, path)
    assert (
        client.post("/v1/traces", content=b"", headers={"Content-Type": "application/x-protobuf"}).status_code
        == 401
    )
    for open_path in ("/health", "/docs", "/openapi.json"):
        assert client.get(open_path).status_code == 200


@one_store
def test_a_limited_key_may_do_only_that(make_client: MakeClient) -> None:
    client = make_client(api_keys=("project-a.r:read", "project-a.w:write"))
    read, write = bearer("project-a.r"), bearer("project-a.w")
    send(client, native_span(), headers=write)
    assert client.get("/api/traces", headers=read).json()["count"] == 1
    for method, path, headers in (
        ("POST", "/api/spans", read),
        ("POST", "/v1/traces", read),
        ("DELETE", f"/api/traces/{TRACE}", read),
        ("GET", "/api/traces", write),
        ("GET", "/metrics", write),
    ):
        answer = client.request(method, path, headers=headers)
        assert answer.status_code == 403, (method, path)
    assert "read" in client.post("/api/spans", headers=read).json()["detail"]


@one_store
def test_keys_of_the_file_work_at_once_and_end_at_once(make_client: MakeClient, tmp_path: Path) -> None:
    keys = KeyFile(tmp_path / "keys.json")
    client = make_client(keys_file=keys.path)
    assert client.get("/api/traces").status_code == 200  # no keys yet
    key, record = keys.create("shop", "read")
    keys.create("other")
    assert client.get("/api/traces").status_code == 401
    assert client.get("/api/traces", headers=bearer(key)).status_code == 200
    assert client.post("/api/spans", headers=bearer(key)).status_code == 403
    keys.revoke(record.id)
    assert client.get("/api/traces", headers=bearer(key)).status_code == 401


@one_store
def test_an_unreadable_key_file_lets_nobody_in(make_client: MakeClient, tmp_path: Path) -> None:
    (tmp_path / "keys.json").write_text("nonsense")
    client = make_client(keys_file=tmp_path / "keys.json")
    assert client.get("/api/traces").status_code == 503


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
def test_it_does_not_start_where_the_key_file_cannot_be_read(host: str, tmp_path: Path) -> None:
    (
        tmp_path / "keys.json"
    ).mkdir()  # as root may read any file, no other error of the system can be had in every test
    with pytest.raises(BadKey, match="cannot be read: Is a directory"):
        Gate(Settings("memory:", host=host, keys_file=tmp_path / "keys.json")).check_start()


def test_another_projects_trace_is_as_unknown_as_any(client: TestClient) -> None:
    send(client, native_span())
    other = bearer("project-other")
    for path in ("{}", "{}/skeleton", "{}/spans/" + span_id(1), "{}/find?text=span"):
        foreign = client.get("/api/traces/" + path.format(TRACE), headers=other)
        unknown = client.get("/api/traces/" + path.format("0" * 31 + "1"), headers=other)
        assert foreign.status_code == unknown.status_code == 404
        assert {**foreign.json(), "request_id": ""} == {**unknown.json(), "request_id": ""}
    assert client.delete(f"/api/traces/{TRACE}", headers=other).status_code == 404
    for path in ("/api/traces", "/api/spans", "/api/sessions"):
        assert client.get(path, headers=other).json()["count"] == 0
    assert client.get("/api/stats", headers=other).json()["totals"]["traces"] == 0
    assert client.get("/api/traces").json()["count"] == 1


def test_no_route_tells_or_changes_anything_of_another_project(client: TestClient) -> None:
    private = "Zebrafish"
    attributes = {
        "gen_ai.request.model": private, "gen_ai.input.messages": f'[{{"role": "user", "content": "{private}"}}]',
        "session.id": private, "user.id": private, "llm.prompt": "x" * 300_000 + private,
    }  # fmt: skip
    send(
        client, native_span(name=private, attributes=attributes, status={"code": "error", "message": private})
    )
    whole = f"/api/traces/{TRACE}/spans/{span_id(1)}?whole=true"
    blob = client.get(whole.removesuffix("?whole=true")).text.partition('"$blob":"')[2][:64]
    before = client.get(whole).text
    other = bearer("project-other")
    send(client, native_span(2, "2" * 32), headers=other)
    ids = {
        "trace_id": TRACE,
        "span_id": span_id(1),
        "sha256": blob,
        "session_id": private,
        "run_id": private,
        "name": "a",
        "media_id": "a",
        "sent_id": "s",
    }
    # Changes and scores of other products wait, in the project of their sender, for what they change.
    waits = ("/api/v1/private/", "/api/public/media/")
    for operation in OPERATIONS:
        if operation.path == "/api/stream":  # it has no end
            continue
        asked = {
            "confirm": "true",
            "a": TRACE,
            "b": TRACE,
            "text": private[:5],
            "field": "model",
            "after": "0",
        }
        known = {field.encode_name for field in msgspec.structs.fields(operation.params)}
        answer = client.request(
            operation.method, re.sub(r"{(\w+)(:\w+)?}", lambda name: ids[name[1]], operation.path), headers=other,
            params={name: value for name, value in asked.items() if name in known},
            content=b"{}" if operation.method in ("POST", "PATCH") else None,
        )  # fmt: skip
        assert private not in answer.text, (operation.method, operation.path, answer.text)
        is_of_one = "{" in operation.path and operation.method != "POST"
        if is_of_one and not operation.path.startswith(waits):
            assert answer.status_code in (404, 422), (operation.method, operation.path, answer.text)
    assert client.get(whole).text == before
    assert client.get("/api/traces").json()["count"] == 1


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.7", "tracer.example"])
def test_beyond_loopback_it_needs_keys_to_start(host: str) -> None:
    with pytest.raises(BadSetting, match="llm-tracer keys create"):
        Gate(Settings("memory:", host=host)).check_start()
    Gate(Settings("memory:", host=host, api_keys=("project-a.b",))).check_start()


@one_store
def test_beyond_loopback_anyone_may_come_in_where_that_is_said(make_client: MakeClient) -> None:
    settings = Settings("memory:", host="0.0.0.0", allow_anyone=True, trusted_hosts=("tracer-api",))
    Gate(settings).check_start()
    client = make_client(host="0.0.0.0", allow_anyone=True, trusted_hosts=("tracer-api",))
    for host, status in (("localhost:8001", 200), ("tracer-api:8001", 200), ("evil.example:8001", 403)):
        assert client.get("/api/traces", headers={"Host": host}).status_code == status


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "127.8.8.8"])
def test_on_loopback_it_needs_none(host: str) -> None:
    Gate(Settings("memory:", host=host)).check_start()


def test_a_key_that_is_none_stops_the_start() -> None:
    with pytest.raises(BadSetting, match="TRACER_API_KEYS") as refused:
        Gate(Settings("memory:", api_keys=("sk-1234secret",)))
    assert "1234secret" not in str(refused.value)


@one_store
@pytest.mark.parametrize(
    "host", ["localhost", "127.0.0.1:8001", "[::1]:8001", "app.localhost", "tracer.lan", "[fd00::1]:8001"]
)
def test_host_names_that_mean_this_machine(make_client: MakeClient, host: str) -> None:
    client = make_client(trusted_hosts=("tracer.lan", "fd00::1"))
    assert client.get("/api/traces", headers={"Host": host}).status_code == 200


@one_store
def test_a_foreign_host_name_is_refused_without_keys(client: TestClient) -> None:
    assert client.get("/api/traces", headers={"Host": "evil.example:8001"}).status_code == 403


@one_store
def test_with_keys_any_host_name_will_do(make_client: MakeClient) -> None:
    client = make_client(api_keys=("project-a.b",))
    headers = {"Host": "tracer.example", **bearer("project-a.b")}
    assert client.get("/api/traces", headers=headers).status_code == 200


@one_store
def test_a_foreign_page_changes_nothing(client: TestClient) -> None:
    send(client, native_span())
    for origin in ("https://evil.example", "null", "http://[evil"):
        assert client.delete(f"/api/traces/{TRACE}", headers={"Origin": origin}).status_code == 403
        assert client.post("/api/spans", json={"spans": []}, headers={"Origin": origin}).status_code == 403
    for origin in ("http://127.0.0.1:8001", "http://localhost:3000"):
        assert client.post("/api/spans", json={"spans": []}, headers={"Origin": origin}).status_code == 200


@one_store
def test_no_origin_may_read_across(client: TestClient) -> None:
    answer = client.get("/api/traces", headers={"Origin": "http://localhost:3000"})
    assert "access-control-allow-origin" not in answer.headers
    preflight = client.options(
        "/api/traces", headers={"Origin": "http://localhost:3000", "Access-Control-Request-Method": "GET"}
    )
    assert preflight.status_code == 405


def test_health_does_not_tell_strangers_when_somebody_works(make_client: MakeClient) -> None:
    client = make_client(
        api_keys=("project-shop.secret", "project-shop.writer:write", "project-other.secret")
    )
    send(client, native_span(), headers=bearer("project-shop.secret"))
    for key, told in (
        ("project-shop.secret", "2026-11-23T12:00:00.000000000Z"),
        ("project-shop.writer", None),
        ("project-other.secret", None),
        ("wrong", None),
        (None, None),
    ):
        health = client.get("/health", headers=bearer(key) if key else {}).json()
        assert (health["status"], health["last_span_at"]) == ("ok", told)
