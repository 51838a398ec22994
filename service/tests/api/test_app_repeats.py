"""A model call that two traces report is counted once, and the answers say so."""

from __future__ import annotations

from typing import Any

from app_helpers import native_span, send, span_id
from starlette.testclient import TestClient


def trace_id(number: int) -> str:
    return f"{number:032x}"


def call(number: int) -> dict[str, Any]:
    attributes = {
        "gen_ai.operation.name": "chat",
        "gen_ai.request.model": "gpt-4o",
        "gen_ai.response.id": "chatcmpl-1",
        "gen_ai.usage.input_tokens": 10,
        "gen_ai.usage.output_tokens": 5,
    }
    return native_span(number, trace_id(number), attributes=attributes)


def test_it_counts_once_and_the_later_trace_says_so(client: TestClient) -> None:
    send(client, call(1), call(2))
    totals = client.get("/api/stats").json()["totals"]
    assert (totals["traces"], totals["llm_calls"], totals["usage"]["total"]) == (2, 1, 15)
    first, second = (client.get(f"/api/traces/{trace_id(number)}").json() for number in (1, 2))
    assert first["notes"] == []
    said = f"also reported in trace {trace_id(1)}, where the totals of the project count it"
    assert second["notes"] == [f"1 model call {said}"]
    assert second["trace"]["usage"]["total"] == 15, "the trace itself says what it reports"
    span = client.get(f"/api/traces/{trace_id(2)}/spans/{span_id(2)}").json()
    assert said in span["ingest_notes"]
    assert client.get(f"/api/traces/{trace_id(1)}/spans/{span_id(1)}").json()["ingest_notes"] == []
