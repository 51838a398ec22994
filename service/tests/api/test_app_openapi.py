"""The OpenAPI document describes exactly the routes and their answers."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from typing import Any
from uuid import UUID

import msgspec
import pytest
from app_helpers import TRACE, native_span, one_store, send, span_id
from llm_tracer_service.api.openapi import document, shown_path
from llm_tracer_service.api.routes import OPERATIONS
from llm_tracer_service.api.routes.reference import contents
from llm_tracer_service.media import PROTOBUF, media_type
from llm_tracer_service.settings import SETTINGS
from markupsafe import escape
from starlette.routing import Route
from starlette.testclient import TestClient

DOCUMENT = document(OPERATIONS)
BLOB = "/api/blobs/{sha256}"
"""Of any content type."""


@one_store
def test_every_route_is_in_the_document_and_nothing_else(client: TestClient) -> None:
    served = {
        (method, shown_path(route.path))
        for route in client.app.routes  # type: ignore[attr-defined]
        if isinstance(route, Route)
        for method in (route.methods or set()) - {"HEAD"}
    }
    paths = client.get("/openapi.json").json()["paths"]
    described = {(method.upper(), path) for path, methods in paths.items() for method in methods}
    assert served == described


@pytest.mark.parametrize(
    "operation",
    [
        "POST /v1/traces", "POST /v1/logs", "POST /v1/metrics", "POST /api/spans", "POST /api/traces",
        "POST /api/traces/{trace_id}/spans", "PATCH /api/spans/{span_id}/complete", "PATCH /api/traces/{trace_id}/complete",
        "GET /api/traces", "GET /api/traces/{trace_id}", "GET /api/traces/{trace_id}/skeleton",
        "GET /api/traces/{trace_id}/spans/{span_id}", "GET /api/traces/{trace_id}/find", "GET /api/spans",
        "GET /api/blobs/{sha256}", "GET /api/sessions", "GET /api/sessions/{session_id}", "GET /api/stats",
        "GET /api/facets", "GET /api/fields", "GET /api/explain", "GET /api/explain/spans", "GET /api/errors", "GET /api/patterns",
        "GET /api/compare", "GET /api/compare/content", "GET /api/traces/{trace_id}/hints",
        "GET /api/ingest", "GET /api/changes", "GET /api/stream", "DELETE /api/traces/{trace_id}", "DELETE /api/traces", "GET /health", "GET /metrics", "GET /",
        "GET /docs",
    ],
)  # fmt: skip
def test_the_routes_of_the_contract_are_there(operation: str) -> None:
    method, path = operation.split()
    assert method.lower() in DOCUMENT["paths"][path]


def test_every_reference_leads_somewhere() -> None:
    def references(value: Any) -> set[str]:
        if isinstance(value, dict):
            own = {value["$ref"]} if isinstance(value.get("$ref"), str) else set()
            return own.union(*map(references, value.values()))
        return set().union(*map(references, value)) if isinstance(value, list) else set()

    names = {reference.rpartition("/")[2] for reference in references(DOCUMENT)}
    assert names <= set(DOCUMENT["components"]["schemas"])


def test_every_operation_is_described() -> None:
    ids = []
    for methods in DOCUMENT["paths"].values():
        for operation in methods.values():
            assert operation["summary"]
            assert all(
                parameter["description"] for parameter in operation["parameters"] if parameter["name"] != "q"
            )
            ids.append(operation["operationId"])
    assert len(ids) == len(set(ids))


def test_answers_are_what_the_document_says(client: TestClient) -> None:
    said = '[{"role": "user", "content": "hi"}]'
    attributes = {"session.id": "s", "gen_ai.operation.name": "chat", "gen_ai.input.messages": said}
    send(client, native_span(attributes=attributes))
    cursor = client.get("/api/changes").json()["cursor"]
    query = {
        "/api/traces/{trace_id}/find": {"text": "span"},
        "/api/stats": {"from": "-1d", "bucket": "1h"},
        "/api/changes": {"after": cursor},
        "/api/traces/{trace_id}/spans/{span_id}/replay": {"form": "curl"},
        "/api/compare": {"a": TRACE, "b": TRACE},
        "/api/compare/content": {"a": f"{TRACE}/{span_id(1)}", "b": f"{TRACE}/{span_id(1)}"},
    }
    for operation in OPERATIONS:
        if (
            operation.method != "GET"
            or operation.answer is None
            or operation.answer_media != ("application/json",)
        ):
            continue
        path = shown_path(operation.path).format(
            trace_id=TRACE, span_id=span_id(1), session_id="s", sent_id="s", path="s"
        )
        answer = client.get(path, params=query.get(operation.path, {}))
        assert answer.status_code == operation.status, path
        decoded = msgspec.json.decode(answer.content, type=operation.answer)
        # Every key that is sent is described: what comes back from the type is what was sent.
        assert msgspec.json.decode(msgspec.json.encode(decoded)) == answer.json(), path


@one_store
def test_every_status_and_content_type_that_comes_is_in_the_document(
    make_client: Callable[..., TestClient],
) -> None:
    client = make_client(max_body_bytes=4_000)
    picture = b64encode(bytes(range(256)) * 8).decode()
    send(client, native_span(attributes={"session.id": "s", "picture": f"data:image/png;base64,{picture}"}))
    span = client.get(f"/api/traces/{TRACE}/spans/{span_id(1)}").json()
    ids = {
        "trace_id": TRACE,
        "span_id": span_id(1),
        "session_id": "s",
        "run_id": str(UUID(int=1)),
        "sha256": span["attributes"]["picture"]["$blob"],
        "name": "a",
        "media_id": "a",
        "sent_id": "s",
    }
    no_ids = dict.fromkeys(ids, "none")
    paths = DOCUMENT["paths"]
    with_body = [
        {"content": bytes(4_001), "headers": {"Content-Type": "application/json"}},
        {"content": b"\xff", "headers": {"Content-Type": PROTOBUF}},
    ]
    requests: list[dict[str, Any]] = [
        {}, {"params": {"nonsense": "1"}}, {"headers": {"Host": "evil.example"}}, {"headers": {"If-None-Match": "*"}},
        {"headers": {"Range": "bytes=0-1"}}, {"headers": {"Range": "bytes=9999-"}},
    ]  # fmt: skip
    for operation in OPERATIONS:
        if operation.answer_media == ("text/event-stream",):
            continue  # it goes on until the client leaves
        named = paths[shown_path(operation.path)][operation.method.lower()]["responses"]
        asked = [(no_ids, {}), *((ids, request) for request in requests)]
        asked += [(ids, request) for request in with_body if operation.method != "GET"]
        for known, request in asked:
            path = shown_path(operation.path).format(**known)
            answer = client.request(operation.method, path, follow_redirects=False, **request)
            what = (operation.method, path, request, answer.status_code, media_type(answer.headers))
            assert str(answer.status_code) in named, what
            if answer.content and operation.path != BLOB:
                assert media_type(answer.headers) in named[str(answer.status_code)]["content"], what


@one_store
def test_the_reference_page_has_every_path_and_setting(client: TestClient) -> None:
    page = client.get("/docs").text
    for operation in OPERATIONS:
        assert f"{operation.method} {shown_path(operation.path)}" in page
    for setting in SETTINGS:
        assert setting.variable in page


def test_paths_that_do_the_same_are_one_entry_of_the_contents() -> None:
    same = {"summary": "Send spans", "tags": ["Sending"]}
    paths = {
        "/v1/traces": {"post": {**same, "operationId": "a"}},
        "/otel/v1/traces": {"post": {**same, "operationId": "b"}},
        "/health": {"get": {"summary": "Whether it runs", "tags": ["Operating"], "operationId": "c"}},
    }
    found = contents(paths)
    assert list(found) == ["Sending", "Operating"]
    (sending,) = found["Sending"]
    assert (sending.operation_id, sending.path, sending.others) == ("a", "/v1/traces", ["/otel/v1/traces"])


@one_store
def test_the_reference_page_says_each_answer_once_and_sets_names_as_code(client: TestClient) -> None:
    page = client.get("/docs").text
    assert page.count("Refused with") == len(OPERATIONS)
    assert "<code>duration_ms</code>" in page
    assert "&lt;code&gt;" not in page
    for operation in OPERATIONS:
        assert f">{escape(operation.summary)}</a>" in page
