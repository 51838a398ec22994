"""What the exporter of the OpenAI Agents SDK posts, to the application over each store."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from app_helpers import one_store
from starlette.testclient import TestClient

DATA = Path(__file__).parent.parent / "receiving" / "peers" / "data"
PATH = "/v1/traces/ingest"


@pytest.mark.parametrize("name", ["responses", "chat"])
def test_a_program_is_kept_whole(client: TestClient, name: str) -> None:
    items = json.loads((DATA / f"openai_agents_{name}.json").read_text())["data"]
    half = len(items) // 2  # as it is sent: a body every five seconds
    for some in (items[:half], items[half:], items[half:]):
        answer = client.post(PATH, json={"data": some}, headers={"Authorization": "Bearer sk-none"})
        assert (answer.status_code, answer.json()["rejected"]) == (200, [])
    traces = {trace["name"]: trace for trace in client.get("/api/traces").json()["traces"]}
    umbrella = traces["Umbrella"]
    assert umbrella["kinds"] == {"agent": 3, "chain": 9, "guardrail": 1, "llm": 4, "tool": 1}
    assert (umbrella["status"], umbrella["session_id"], umbrella["user_id"]) == ("ok", "chat-7", "ada")
    assert (umbrella["usage"]["input"], umbrella["usage"]["cache_read"], umbrella["usage"]["output"]) == (
        280,
        64,
        36,
    )
    spans = client.get(f"/api/traces/{umbrella['trace_id']}").json()["spans"]
    (root,) = [span for span in spans if span["parent_span_id"] is None]
    assert root["duration_ms"] == pytest.approx(umbrella["duration_ms"])
    (sender,) = {each["convention"] for each in client.get("/api/ingest").json()["requests"]}
    assert sender == "openai-agents"


@one_store
def test_what_is_no_body_of_it_is_refused(client: TestClient) -> None:
    answer = client.post(PATH, content=b'{"resourceSpans": []}', headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["detail"]) == (400, "Expected an object with `data` (at $)")
