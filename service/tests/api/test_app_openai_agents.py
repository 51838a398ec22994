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


def spans_of(client: TestClient) -> list[tuple[str, str | None]]:
    """Names and parents' names of the one trace, as they are shown."""
    (trace,) = client.get("/api/traces").json()["traces"]
    spans = client.get(f"/api/traces/{trace['trace_id']}").json()["spans"]
    name_of = {span["span_id"]: span["name"] for span in spans}
    return [(span["name"], name_of.get(span["parent_span_id"])) for span in spans]


def test_a_trace_runs_until_its_top_spans_have_come(client: TestClient) -> None:
    id = "trace_" + "a" * 32  # noqa: A001
    trace = {"object": "trace", "id": id, "workflow_name": "Umbrella", "group_id": "chat-7"}

    def span(number: int, end_s: int, parent: str | None = None) -> dict[str, object]:
        return {
            "object": "trace.span", "id": f"span_{number}", "trace_id": id, "parent_id": parent,
            "started_at": f"2026-11-23T12:00:0{number}Z", "ended_at": f"2026-11-23T12:00:0{end_s}Z",
            "span_data": {"type": "custom", "name": f"step {number}", "data": {}}, "error": None,
        }  # fmt: skip

    def shown(*items: object) -> tuple[str, str, str, float | None]:
        assert client.post(PATH, json={"data": items}).status_code == 200
        (found,) = client.get("/api/traces").json()["traces"]
        return found["name"], found["status"], found["session_id"], found["duration_ms"]

    assert shown(trace, span(3, 4, "span_2"))[:3] == ("Umbrella", "running", "chat-7")
    assert shown(span(2, 4)) == ("Umbrella", "ok", "chat-7", 2_000)
    assert spans_of(client) == [("step 2", None), ("step 3", "step 2")], "the trace shows nothing beside it"
    assert shown(span(5, 6)) == ("Umbrella", "ok", "chat-7", 4_000)
    assert spans_of(client)[:2] == [("Umbrella", None), ("step 2", "Umbrella")]
