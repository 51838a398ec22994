"""Traces by hand: the four routes that need no SDK."""

from __future__ import annotations

from typing import Any

import pytest
from app_helpers import TRACE, FixedClock, native_span, one_store, send
from llm_tracer_service.receiving.depth import DEPTH_MAX
from starlette.testclient import TestClient


def opened(client: TestClient, **fields: Any) -> str:
    answer = client.post("/api/traces", json={"name": "answer", **fields})
    assert answer.status_code == 201
    return str(answer.json()["trace_id"])


def test_a_trace_from_open_to_complete(client: TestClient, clock: FixedClock) -> None:
    trace_id = opened(
        client, input={"q": "why?"}, tags=["a", "b"], user_id="alice", session_id="s1", metadata={"k": 1}
    )
    assert client.get(f"/api/traces/{trace_id}").json()["trace"]["status"] == "running"
    clock.advance(1)
    made = client.post(
        f"/api/traces/{trace_id}/spans",
        json={"name": "ask", "span_type": "llm", "model": "gpt-4o", "input_data": "why?", "tokens_input": 12},
    )
    assert made.status_code == 201
    span_id = made.json()["span_id"]
    clock.advance(2)
    done = client.patch(
        f"/api/spans/{span_id}/complete",
        json={"output_data": "because", "tokens_output": 3, "cost_usd": 0.5, "metadata": {"x": True}},
    )
    assert (done.status_code, done.json()) == (200, {"span_id": span_id, "status": "ok"})
    clock.advance(1)
    ended = client.patch(
        f"/api/traces/{trace_id}/complete", json={"output": {"a": "because"}, "metadata": {"l": 2}}
    )
    assert (ended.status_code, ended.json()) == (200, {"trace_id": trace_id, "status": "ok"})

    detail = client.get(f"/api/traces/{trace_id}").json()
    trace, (root, child) = detail["trace"], detail["spans"]
    assert (trace["name"], trace["status"], trace["duration_ms"], trace["open_count"]) == (
        "answer",
        "ok",
        4000.0,
        0,
    )
    assert (trace["tags"], trace["user_id"], trace["session_id"]) == (["a", "b"], "alice", "s1")
    assert trace["metadata"]["k"] == 1
    assert trace["metadata"]["l"] == 2
    assert (trace["usage"]["input"], trace["usage"]["output"]) == (12, 3)
    assert trace["cost"] == {"total": 0.5, "complete": True}
    assert (child["kind"], child["parent_span_id"], child["duration_ms"]) == ("llm", root["span_id"], 2000.0)
    span = client.get(f"/api/traces/{trace_id}/spans/{span_id}").json()
    assert span["attributes"]["input.value"] == "why?"
    assert span["attributes"]["gen_ai.usage.input_tokens"] == 12
    assert span["model"] == "gpt-4o"


def test_the_client_may_choose_the_trace_id_and_repeat_itself(client: TestClient) -> None:
    for _ in range(2):
        assert opened(client, trace_id=TRACE.upper()) == TRACE
    assert client.get("/api/traces").json()["traces"][0]["span_count"] == 1


def test_an_error_marks_the_span_and_the_trace(client: TestClient) -> None:
    trace_id = opened(client)
    made = client.post(
        f"/api/traces/{trace_id}/spans",
        json={"name": "t", "kind": "tool", "error": {"type": "ValueError", "message": "no"}, "end": True},
    )
    span_id = made.json()["span_id"]
    assert (
        client.patch(f"/api/traces/{trace_id}/complete", json={"error": "failed"}).json()["status"] == "error"
    )
    trace = client.get(f"/api/traces/{trace_id}").json()["trace"]
    assert trace["error"] == {"type": "ValueError", "message": "no", "span_id": span_id}


def test_end_true_ends_at_once_and_without_it_the_span_runs(client: TestClient) -> None:
    trace_id = opened(client)
    for end in (False, True):
        client.post(f"/api/traces/{trace_id}/spans", json={"name": str(end), "output": "x", "end": end})
    states = {row["name"]: row["state"] for row in client.get(f"/api/traces/{trace_id}").json()["spans"]}
    assert states == {"answer": "open", "False": "open", "True": "closed"}


def test_completing_twice_keeps_the_first_end(client: TestClient, clock: FixedClock) -> None:
    trace_id = opened(client)
    clock.advance(1)
    client.patch(f"/api/traces/{trace_id}/complete", json={"output": "x"})
    first = client.get(f"/api/traces/{trace_id}").json()["spans"]
    clock.advance(5)
    client.patch(f"/api/traces/{trace_id}/complete", json={"output": "x"})
    assert client.patch(f"/api/traces/{trace_id}/complete").status_code == 200  # nothing to say needs no body
    assert client.get(f"/api/traces/{trace_id}").json()["spans"] == first


def test_what_does_not_exist_is_404(client: TestClient) -> None:
    unknown = "0" * 31 + "1"
    for method, path in (
        ("POST", f"/api/traces/{unknown}/spans"),
        ("PATCH", f"/api/traces/{unknown}/complete"),
        ("PATCH", "/api/spans/0000000000000001/complete"),
        ("PATCH", "/api/spans/nonsense/complete"),
    ):
        answer = client.request(method, path, json={"name": "x"} if method == "POST" else {})
        assert answer.status_code == 404
        assert answer.json()["hint"]


def test_another_projects_trace_is_404(client: TestClient) -> None:
    trace_id = opened(client)
    other = {"X-API-Key": "project-other"}
    unknown = client.patch(f"/api/traces/{'0' * 31}1/complete", json={}, headers=other)
    foreign = client.patch(f"/api/traces/{trace_id}/complete", json={}, headers=other)
    assert foreign.status_code == 404
    assert {**foreign.json(), "request_id": 0} == {**unknown.json(), "request_id": 0}


@pytest.mark.parametrize("field", ["input", "metadata"])
def test_what_is_nested_too_deep_to_be_written_again_is_refused(client: TestClient, field: str) -> None:
    def body(depth: int) -> dict[str, Any]:
        value: Any = 1
        for _ in range(depth):
            value = {"a": value}
        return {"name": "x", field: value}

    trace_id = client.post("/api/traces", json=body(DEPTH_MAX)).json()["trace_id"]
    again = client.patch(f"/api/traces/{trace_id}/complete", json={"metadata": {"b": 1}})
    assert again.status_code == 200
    refused = client.post("/api/traces", json=body(DEPTH_MAX + 1))
    assert refused.status_code == 400
    assert "nested deeper than 200 levels" in refused.json()["detail"]


def test_a_trace_without_a_root_cannot_be_completed(client: TestClient) -> None:
    send(client, native_span(2, parent_span_id="00000000000000ff"))
    assert client.patch(f"/api/traces/{TRACE}/complete", json={}).status_code == 422


@one_store
@pytest.mark.parametrize(
    "body",
    [
        {},
        {"name": 3},
        {"name": "x", "tags": "a"},
        {"name": "x", "trace_id": "12"},
        {"name": "x", "trace_id": "0" * 32},
    ],
)
def test_a_body_of_a_wrong_shape_is_422(client: TestClient, body: dict[str, Any]) -> None:
    answer = client.post("/api/traces", json=body)
    assert answer.status_code == 422
    assert answer.json()["detail"]


@one_store
def test_a_member_that_nobody_knows_is_named_with_what_was_meant(client: TestClient) -> None:
    answer = client.post(f"/api/traces/{opened(client)}/spans", json={"name": "x", "inputs": "lost"})
    assert answer.status_code == 422
    assert (
        answer.json()["detail"] == "The body is invalid: there is no member `inputs`: did you mean `input`?"
    )


@one_store
def test_a_project_may_be_named_and_is_that_of_the_key(client: TestClient) -> None:
    as_shop = {"Authorization": "Bearer project-shop"}
    bodies = ({"name": "x", "project_id": project} for project in ("shop", "other"))
    answers = [client.post("/api/traces", json=body, headers=as_shop) for body in bodies]
    assert [answer.status_code for answer in answers] == [201, 403]
    assert "project_id" in answers[1].json()["hint"]


@one_store
def test_negative_tokens_are_422_and_broken_json_is_400(client: TestClient) -> None:
    trace_id = opened(client)
    path = f"/api/traces/{trace_id}/spans"
    assert client.post(path, json={"name": "x", "tokens_input": -1}).status_code == 422
    assert client.post(path, content=b"{", headers={"Content-Type": "application/json"}).status_code == 400
    assert client.post(path, content=b'{"name": "x"}').status_code == 201  # no content type: JSON
