"""Comparing two traces or two spans, and hints, over HTTP and with every store."""

from __future__ import annotations

import json
from typing import Any

import pytest
from app_helpers import TRACE, native_span, one_store, send, span_id
from starlette.testclient import TestClient

OTHER = "1" * 32


def send_run(client: TestClient, trace_id: str, question: str, output_tokens: int = 10) -> None:
    """An agent with a model call below it."""
    messages = [{"role": "user", "parts": [{"type": "text", "content": question}]}]
    call = {
        "gen_ai.operation.name": "chat",
        "gen_ai.request.model": "gpt-4o",
        "gen_ai.input.messages": json.dumps(messages),
        "gen_ai.usage.input_tokens": 100,
        "gen_ai.usage.output_tokens": output_tokens,
        "gen_ai.response.finish_reasons": ["length"],
    }
    send(
        client,
        native_span(1, trace_id, attributes={"gen_ai.operation.name": "invoke_agent"}),
        native_span(2, trace_id, parent_span_id=span_id(1), attributes=call),
    )


def compare(client: TestClient, a: str, b: str, path: str = "/api/compare") -> dict[str, Any]:
    answer = client.get(path, params={"a": a, "b": b})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_two_traces(client: TestClient) -> None:
    send_run(client, TRACE, "one?")
    send_run(client, OTHER, "two?", output_tokens=25)
    found = compare(client, TRACE, OTHER)
    assert (found["kind"], found["a"]["trace_id"], found["b"]["trace_id"]) == ("traces", TRACE, OTHER)
    assert found["differences"]["output_tokens"] == {"a": 10, "b": 25, "delta": 15}
    assert found["differences"]["cost"] == {"a": None, "b": None, "delta": None}
    assert (found["matched"], found["same"], found["only_a"], found["only_b"]) == (2, 1, 0, 0)
    row = found["rows"][1]
    assert (row["change"], row["differs"], row["depth"], row["tokens_delta"]) == ("changed", ["input"], 1, 15)
    assert (row["a"]["start_offset_ms"], row["duration_ms_delta"]) == (1.0, 0)
    assert found["first_divergence"] == {
        "row": 1, "a_span_id": span_id(2), "b_span_id": span_id(2), "what": "input",
        "text": "llm “span 2” is the first model call with a different input.", "answered_otherwise": None,
    }  # fmt: skip


def test_two_spans_and_what_they_say(client: TestClient) -> None:
    send_run(client, TRACE, "Where is Oslo?")
    send_run(client, OTHER, "Where is Rome?")
    a, b = f"{TRACE}/{span_id(2)}", f"{OTHER}/{span_id(2)}"
    found = compare(client, a, b.upper())
    assert (found["kind"], found["a"]["span_id"], found["b"]["trace_id"]) == ("spans", span_id(2), OTHER)
    assert found["differences"]["spans"] == {"a": 1, "b": 1, "delta": 0}
    (message,) = compare(client, a, b, "/api/compare/content")["messages"]
    assert message["words"] == [["=", "Where is "], ["-", "Oslo"], ["+", "Rome"], ["=", "?"]]


@one_store
@pytest.mark.parametrize(
    ("a", "status", "said"),
    [
        ("7" * 32, 404, "`a`: There is no such trace"),
        (f"{TRACE}/{'7' * 16}", 404, "`a`: There is no such span"),
        ("trace-1", 422, "`a` is neither a trace nor a span: 'trace-1'"),
        (f"{TRACE}/{span_id(2)}", 422, "One side is a trace, the other a span."),
    ],
)
def test_what_cannot_be_compared_is_refused_with_the_reason(
    client: TestClient, a: str, status: int, said: str
) -> None:
    send_run(client, TRACE, "one?")
    answer = client.get("/api/compare", params={"a": a, "b": TRACE})
    assert answer.status_code == status
    assert said in answer.json()["detail"]


def test_another_project_is_not_compared(client: TestClient) -> None:
    send_run(client, TRACE, "one?")
    headers = {"Authorization": "Bearer project-other"}
    assert client.get("/api/compare", params={"a": TRACE, "b": TRACE}, headers=headers).status_code == 404


def test_hints_of_a_trace(client: TestClient) -> None:
    send_run(client, TRACE, "one?")
    answer = client.get(f"/api/traces/{TRACE}/hints").json()
    assert [hint["hint"] for hint in answer["hints"]] == ["length_finish"]
    assert answer["hints"][0]["span_ids"] == [span_id(2)]
    assert client.get(f"/api/traces/{OTHER}/hints").status_code == 404
