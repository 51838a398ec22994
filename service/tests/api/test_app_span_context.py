"""What the answer about a span says of its place in the trace: tool links, what is new in it, totals below it, notes."""

from __future__ import annotations

import json
from typing import Any

from app_helpers import TRACE, native_span, send, span_id
from starlette.testclient import TestClient

USER = {"role": "user", "parts": [{"type": "text", "content": "Weather?"}]}
CALL = {
    "role": "assistant",
    "parts": [{"type": "tool_call", "id": "c1", "name": "weather", "arguments": {"town": "Lisbon"}}],
}
RESULT = {"role": "tool", "parts": [{"type": "tool_call_response", "id": "c1", "response": "22 C"}]}
TOOL = {"type": "function", "name": "weather", "parameters": {"type": "object", "required": ["city"]}}


def call(number: int, given: list[Any], answered: list[Any], **attributes: Any) -> dict[str, Any]:
    return native_span(
        number,
        parent_span_id=span_id(1),
        end_time_unix_nano=native_span(number)["start_time_unix_nano"] + 1000,
        attributes={
            "gen_ai.operation.name": "chat",
            "gen_ai.request.model": "gpt-4o",
            "gen_ai.input.messages": json.dumps(given),
            "gen_ai.output.messages": json.dumps(answered),
            "gen_ai.usage.input_tokens": 100,
            "gen_ai.usage.output_tokens": 10,
            **attributes,
        },
    )


def send_all(client: TestClient) -> None:
    agent = {
        "gen_ai.operation.name": "invoke_agent",
        "gen_ai.usage.input_tokens": 150,
        "gen_ai.usage.output_tokens": 20,
    }
    tool = {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": "weather",
        "gen_ai.tool.call.id": "c1",
    }
    send(
        client,
        native_span(1, attributes=agent),
        call(2, [USER], [CALL], **{"gen_ai.tool.definitions": json.dumps([TOOL])}),
        native_span(3, parent_span_id=span_id(1), attributes=tool),
        call(
            4, [USER, CALL, RESULT], [{"role": "assistant", "parts": [{"type": "text", "content": "22 C"}]}]
        ),
    )


def read(client: TestClient, number: int) -> dict[str, Any]:
    answer = client.get(f"/api/traces/{TRACE}/spans/{span_id(number)}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_links_of_a_use_of_a_tool(client: TestClient) -> None:
    send_all(client)
    link = {
        "call_id": "c1",
        "name": "weather",
        "call": {"span_id": span_id(2), "side": "output", "message": 0, "part": 0},
        "result": {"span_id": span_id(4), "side": "input", "message": 2, "part": 0},
        "definition": {"span_id": span_id(2), "index": 0},
        "tool_span_id": span_id(3),
        "inferred": False,
        "problems": ["arguments do not match the schema: `city` is missing"],
    }
    here = {number: [link["call"]] for number in (2,)}
    here[3] = []
    here[4] = [{"span_id": span_id(4), "side": "input", "message": 1, "part": 0}, link["result"]]
    for number, places in here.items():
        assert read(client, number)["tool_links"] == [{**link, "here": places}]
    assert read(client, 1)["tool_links"] == []


def test_what_is_new_since_the_previous_call(client: TestClient) -> None:
    send_all(client)
    assert read(client, 2)["delta"] is None
    latest = read(client, 4)
    assert latest["delta"] == {
        "previous_span_id": span_id(2),
        "same": 2,
        "changed": [],
        "first_new": 2,
        "removed": 0,
        "system_changed": False,
    }
    first = read(client, 2)["fingerprints"]
    assert latest["fingerprints"]["input"][:2] == [*first["input"], *first["output"]]
    assert (latest["fingerprints"]["system"], read(client, 1)["fingerprints"]) == (None, None)


def test_totals_below_and_what_differs(client: TestClient) -> None:
    send_all(client)
    agent = read(client, 1)
    assert agent["subtree"]["calls"] == 2
    assert (agent["subtree"]["usage"]["input"], agent["subtree"]["cost"]) == (200, None)
    assert agent["notes"] == [
        {
            "code": "differs_from_sum",
            "text": "It reported 150 input tokens, but the calls below it add up to 200.",
            "span_id": None,
        }
    ]
    assert read(client, 3)["subtree"] == {"calls": 0, "usage": None, "cost": None}


def test_news_of_the_trace_are_seen(client: TestClient) -> None:
    """What was read of a trace is kept, as long as it stays as it was."""
    send(client, native_span(1), call(2, [USER], [CALL]))
    assert read(client, 2)["tool_links"][0]["result"] is None
    send(client, call(4, [USER, CALL, RESULT], []))
    assert read(client, 2)["tool_links"][0]["result"]["span_id"] == span_id(4)
    client.delete(f"/api/traces/{TRACE}")
    assert client.get(f"/api/traces/{TRACE}/spans/{span_id(2)}").status_code == 404
