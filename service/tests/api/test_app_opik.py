"""What Opik's SDK sent, to the application over each store: kept, judged, and answered as the SDK expects."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from app_helpers import one_store
from starlette.testclient import TestClient

RECORDED = json.loads(
    (Path(__file__).parent.parent / "receiving" / "peers" / "data" / "opik.json").read_text()
)


def replay(client: TestClient, **options: Any) -> list[int]:
    return [
        client.request(request["method"], request["path"], json=request["body"], **options).status_code
        for request in RECORDED
    ]


def by_name(client: TestClient) -> dict[str, dict[str, Any]]:
    return {trace["name"]: trace for trace in client.get("/api/traces").json()["traces"]}


def judgements(trace: dict[str, Any]) -> set[tuple[Any, ...]]:
    fields = ("name", "value", "label", "explanation", "target")
    return {tuple(score[field] for field in fields) for score in trace["scores"]}


def test_a_program_is_kept_whole(client: TestClient) -> None:
    assert set(replay(client)) == {200, 204}
    traces = by_name(client)
    assert {name: (trace["status"], trace["kinds"]) for name, trace in traces.items()} == {
        "answer": ("ok", {"chain": 1, "llm": 1, "tool": 1}),
        "failing": ("error", {"chain": 1}),
        "by hand": ("ok", {"chain": 2, "tool": 1, "guardrail": 1}),
        "ask": ("ok", {"chain": 1, "llm": 3}),
    }, "a decorated function is there once"
    assert (traces["answer"]["session_id"], traces["answer"]["user_id"]) == ("chat-7", "ada")
    assert judgements(traces["answer"]) == {("polite", 0.9, None, "kind", "trace")}
    assert judgements(traces["by hand"]) == {
        ("helpful", 1.0, None, "good", "trace"),
        ("relevance", 0.4, "low", None, "span"),
        ("resolved", 1.0, None, None, "session"),
    }
    assert (traces["ask"]["usage"]["input"], traces["ask"]["usage"]["output"]) == (210, 27)
    before = by_name(client)
    replay(client)
    assert {name: {**trace, "scores": 0} for name, trace in by_name(client).items()} == {
        name: {**trace, "scores": 0} for name, trace in before.items()
    }, "the same again changes nothing but the times of the scores"
    (sender,) = {each["convention"] for each in client.get("/api/ingest").json()["requests"]} - {None}
    assert sender == "opik"


@one_store
def test_a_score_replaces_that_of_its_name(client: TestClient) -> None:
    trace = {"id": "019ac2f1-7c3a-7b10-8f6e-2d4c6b8a9e01", "name": "t", "start_time": "2026-11-23T12:00:00Z"}
    path = f"/api/v1/private/traces/{trace['id']}/feedback-scores"
    early = client.put(path, json={"name": "good", "value": 0.2, "reason": "early", "category_name": "no"})
    assert client.post("/api/v1/private/traces", json=trace).status_code == 201
    assert early.status_code == 204
    assert judgements(by_name(client)["t"]) == {("good", 0.2, "no", "early", "trace")}, "it waited"
    client.put(path, json={"name": "good", "value": 0.8})
    assert judgements(by_name(client)["t"]) == {("good", 0.8, None, None, "trace")}


@one_store
def test_a_score_of_nothing_is_refused(client: TestClient) -> None:
    score = {"name": "good", "value": 1, "id": "1", "thread_id": "1"}
    for path in ("spans/feedback-scores", "traces/threads/feedback-scores"):
        answer = client.put(f"/api/v1/private/{path}", json={"scores": [score]})
        assert (answer.status_code, "only the sending" in answer.json()["detail"]) == (404, False)


@one_store
def test_what_the_sdk_asks(client: TestClient) -> None:
    assert client.get("/api/is-alive/ping").json() == {"message": "Healthy Server", "healthy": True}
    assert client.get("/api/is-alive/ver").json()["version"]
    assert client.get("/api/v1/private/auth").status_code == 204
    assert client.get("/api/v1/private/auth/workspace").json() == {"workspaceName": "dev"}
    link = "/api/v1/session/redirect/projects/?trace_id=019ac2f1-7c3a-7b10-8f6e-2d4c6b8a9e01&path=aHR0"
    led = client.get(link, follow_redirects=False)
    assert (led.status_code, led.headers["location"]) == (302, "/traces/019ac2f17c3a7b108f6e2d4c6b8a9e01")
    for method, path in (("POST", "datasets"), ("GET", "traces"), ("POST", "prompts/versions/retrieve")):
        refused = client.request(method, f"/api/v1/private/{path}", json={})
        assert (refused.status_code, "no data sets" in refused.json()["detail"]) == (404, True)


@one_store
def test_our_keys_in_place_of_opiks(make_client: Callable[..., TestClient]) -> None:
    client = make_client(api_keys=("project-shop.secret-of-the-shop-1234567890",))
    assert set(replay(client)) == {200, 401}, "only whether the service is there may be asked without a key"
    key = {"Authorization": "project-shop.secret-of-the-shop-1234567890"}
    assert set(replay(client, headers=key)) == {200, 204}
