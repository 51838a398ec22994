"""Traces of the conventions, as far as several spans decide what one means: trees, totals, late arrivals.

Each is sent over HTTP as OTLP and read back through the public API.
"""

from __future__ import annotations

import base64
import json
from itertools import permutations
from typing import Any

import pytest
from app_helpers import START
from starlette.testclient import TestClient

TRACE = "c0ffee00c0ffee00c0ffee00c0ffee00"


def attributes(values: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"key": key, "value": _any(value)} for key, value in values.items()]


def _any(value: Any) -> dict[str, Any]:
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue": str(value)}
    if isinstance(value, float):
        return {"doubleValue": value}
    return {"stringValue": value if isinstance(value, str) else json.dumps(value)}


def span(number: int, parent: int | None = None, name: str = "span", **sent: Any) -> dict[str, Any]:
    """`number` makes the id and the start in milliseconds; `sent` are attributes, dots for double underscores."""
    start = START + number * 1_000_000
    return {
        "traceId": TRACE,
        "spanId": f"{number:016x}",
        "parentSpanId": "" if parent is None else f"{parent:016x}",
        "name": name,
        "startTimeUnixNano": str(start),
        "endTimeUnixNano": str(start + 500_000_000),
        "attributes": attributes({key.replace("__", "."): value for key, value in sent.items()}),
    }


def send(client: TestClient, *spans: dict[str, Any], scope: str = "test") -> None:
    body = {"resourceSpans": [{"scopeSpans": [{"scope": {"name": scope}, "spans": list(spans)}]}]}
    answer = client.post("/v1/traces", json=body)
    assert answer.status_code == 200, answer.text
    assert answer.json().get("partialSuccess", {}).get("rejectedSpans", 0) in (0, "0")


def summary(client: TestClient) -> dict[str, Any]:
    (found,) = client.get("/api/traces").json()["traces"]
    return dict(found)


def tree(client: TestClient) -> list[dict[str, Any]]:
    return list(client.get(f"/api/traces/{TRACE}").json()["spans"])


def detail(client: TestClient, number: int) -> dict[str, Any]:
    return dict(client.get(f"/api/traces/{TRACE}/spans/{number:016x}").json())


def llm_calls(client: TestClient) -> int:
    return int(client.get("/api/stats").json()["totals"]["llm_calls"])


CHAT = {"gen_ai__operation__name": "chat", "gen_ai__request__model": "gpt-4o"}
TOKENS = {"gen_ai__usage__input_tokens": 100, "gen_ai__usage__output_tokens": 20}


def test_log_events_that_arrive_before_their_span_join_it(client: TestClient) -> None:
    records = [
        {
            "timeUnixNano": str(START + at),
            "traceId": TRACE,
            "spanId": f"{1:016x}",
            "eventName": name,
            "body": {"kvlistValue": {"values": attributes(body)}},
        }
        for at, (name, body) in enumerate(
            [
                ("gen_ai.system.message", {"content": "Be brief."}),
                ("gen_ai.user.message", {"content": "Weather?"}),
                ("gen_ai.choice", {"index": 0, "finish_reason": "stop", "message": '{"content": "22 C"}'}),
            ]
        )
    ]
    body = {"resourceLogs": [{"scopeLogs": [{"scope": {"name": "otel"}, "logRecords": records}]}]}
    assert client.post("/v1/logs", json=body).status_code == 200
    assert client.get("/api/traces").json()["traces"] == []

    send(client, span(1, **CHAT, gen_ai__system="openai"))

    found = detail(client, 1)
    assert (found["input_messages"][0]["role"], found["system"]) == (
        "user",
        [{"type": "text", "content": "Be brief."}],
    )
    assert found["output_messages"][0]["parts"] == [{"type": "text", "content": "22 C"}]
    assert (summary(client)["input_preview"], summary(client)["output_preview"]) == ("Weather?", "22 C")


def test_a_traceloop_tree(client: TestClient) -> None:
    send(
        client,
        span(1, traceloop__span__kind="workflow", traceloop__entity__name="shop"),
        span(2, 1, traceloop__span__kind="task", traceloop__entity__name="route"),
        span(3, 2, traceloop__span__kind="agent", traceloop__entity__name="clerk"),
        span(
            4,
            3,
            traceloop__span__kind="tool",
            traceloop__entity__name="lookup",
            traceloop__entity__input='{"id": 1}',
        ),
    )
    assert [(row["name"], row["kind"], row["depth"]) for row in tree(client)] == [
        ("shop", "chain", 0),
        ("route", "chain", 1),
        ("clerk", "agent", 2),
        ("lookup", "tool", 3),
    ]
    assert detail(client, 4)["tool"]["arguments"] == {"id": 1}


def test_vercel_legacy_totals_count_once(client: TestClient) -> None:
    usage = {"ai__usage__promptTokens": 100, "ai__usage__completionTokens": 20}
    send(
        client,
        span(1, ai__operationId="ai.streamText", **usage),
        span(2, 1, ai__operationId="ai.streamText.doStream", ai__model__id="gpt-4o", **usage),
        span(
            3,
            1,
            ai__operationId="ai.toolCall",
            ai__toolCall__name="get_weather",
            ai__toolCall__args='{"city":"Oslo"}',
        ),
    )
    assert [row["kind"] for row in tree(client)] == ["chain", "llm", "tool"]
    assert (summary(client)["usage"]["input"], summary(client)["usage"]["output"], llm_calls(client)) == (
        100,
        20,
        1,
    )


def test_vercel_seven_totals_count_once(client: TestClient) -> None:
    send(
        client,
        span(1, gen_ai__operation__name="invoke_agent", **TOKENS),
        span(2, 1, gen_ai__operation__name="agent_step", **TOKENS),
        span(3, 2, **CHAT, **TOKENS),
    )
    assert [row["kind"] for row in tree(client)] == ["agent", "chain", "llm"]
    assert (summary(client)["usage"]["total"], llm_calls(client)) == (120, 1)


def test_a_pending_span_and_then_the_span(client: TestClient) -> None:
    pending = span(
        9, 1, name="work", logfire__span_type="pending_span", logfire__pending_parent_id="0" * 16
    ) | {"startTimeUnixNano": str(START), "endTimeUnixNano": str(START)}
    send(client, pending)
    assert [(row["span_id"], row["state"]) for row in tree(client)] == [(f"{1:016x}", "open")]
    assert summary(client)["status"] == "running"

    final = {
        "gen_ai__operation__name": "invoke_agent",
        "gen_ai__aggregated_usage__input_tokens": 999,
        "logfire__span_type": "span",
    }
    send(client, span(1, name="work", **final), span(2, 1, **CHAT, **TOKENS))
    assert [(row["span_id"], row["state"]) for row in tree(client)] == [
        (f"{n:016x}", "closed") for n in (1, 2)
    ]
    assert summary(client)["usage"]["input"] == 100


def test_mcp_client_and_server(client: TestClient) -> None:
    call = {
        "mcp__method__name": "tools/call",
        "gen_ai__operation__name": "execute_tool",
        "gen_ai__tool__name": "search",
    }
    send(
        client,
        span(1, name="tools/call search", **call, gen_ai__tool__call__arguments='{"q": "x"}'),
        span(
            2, 1, name="tools/call search", **call, mcp__session__id="m-1",
            gen_ai__tool__call__result='{"content": [{"type": "text", "text": "boom"}], "isError": true}',
        ),
    )  # fmt: skip
    assert [(row["kind"], row["status"]) for row in tree(client)] == [("tool", "unset"), ("tool", "error")]
    found = detail(client, 2)
    assert (found["error"]["inferred"], found["mcp"]["session_id"], found["session_id"]) == (
        True,
        "m-1",
        None,
    )


def test_an_evaluation_event_is_a_score_of_its_span(client: TestClient) -> None:
    judged = span(1, **CHAT, gen_ai__response__id="r1")
    judged["events"] = [
        {
            "name": "gen_ai.evaluation.result",
            "timeUnixNano": str(START),
            "attributes": attributes(
                {
                    "gen_ai.evaluation.name": "tone",
                    "gen_ai.evaluation.score.value": 0.5,
                    "gen_ai.response.id": "r1",
                }
            ),
        }
    ]
    send(client, judged)
    (score,) = summary(client)["scores"]
    assert (score["name"], score["value"]) == ("tone", 0.5)


@pytest.mark.parametrize("comes_first", ["span", "evaluation"])
def test_an_evaluation_that_knows_only_the_response_finds_its_span(
    client: TestClient, comes_first: str
) -> None:
    judged = {
        "gen_ai.response.id": "r1",
        "gen_ai.evaluation.name": "tone",
        "gen_ai.evaluation.score.value": 0.5,
    }
    record = {
        "timeUnixNano": str(START),
        "eventName": "gen_ai.evaluation.result",
        "attributes": attributes(judged),
    }
    evaluation = {"resourceLogs": [{"scopeLogs": [{"logRecords": [record]}]}]}
    # A framework and the client below it report the same response: it has one score.
    calls = [
        span(1, **CHAT, gen_ai__response__id="r1"),
        span(2, 1, **CHAT, **TOKENS, gen_ai__response__id="r1"),
    ]
    for turn in ("span", "evaluation") if comes_first == "span" else ("evaluation", "span"):
        if turn == "span":
            send(client, *calls, span(3, 1, **CHAT, gen_ai__response__id="r2"))
        else:
            assert client.post("/v1/logs", json=evaluation).status_code == 200
            assert client.post("/v1/logs", json=evaluation).status_code == 200
    (score,) = summary(client)["scores"]
    assert (score["name"], score["value"]) == ("tone", 0.5)
    assert [len(detail(client, number)["scores"]) for number in (1, 2, 3)] == [1, 1, 0]


def test_an_orphan_and_then_its_parent(client: TestClient) -> None:
    send(client, span(2, 1, name="child"))
    assert [(row["name"], row["orphan"], row["depth"]) for row in tree(client)] == [("child", True, 0)]
    send(client, span(1, name="parent"))
    assert [(row["name"], row["orphan"], row["depth"]) for row in tree(client)] == [
        ("parent", False, 0),
        ("child", False, 1),
    ]


def test_a_retry_changes_nothing(client: TestClient) -> None:
    sent = [span(1, gen_ai__operation__name="invoke_agent"), span(2, 1, **CHAT, **TOKENS)]
    send(client, *sent)
    before = summary(client)
    send(client, *sent)
    send(client, sent[1])
    after = summary(client)
    assert {**after, "last_received": None} == {**before, "last_received": None}
    assert (after["span_count"], after["usage"]["total"], llm_calls(client)) == (2, 120, 1)


def test_an_unknown_part_is_shown_raw(client: TestClient) -> None:
    part = {"type": "hologram", "shape": "cat"}
    send(client, span(1, **CHAT, gen_ai__input__messages=[{"role": "user", "parts": [part]}]))
    (message,) = detail(client, 1)["input_messages"]
    assert message["parts"] == [{"type": "unknown", "raw_type": "hologram", "data": part}]


def test_a_list_row_stays_small_beside_an_image_of_5_mb(client: TestClient) -> None:
    image = base64.b64encode(bytes(range(256)) * 20_480).decode()
    content = [
        {"type": "text", "text": "What is this?"},
        {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{image}"}},
    ]
    send(client, span(1, **CHAT, gen_ai__input__messages=[{"role": "user", "content": content}]))
    row = summary(client)
    assert len(json.dumps(row)) < 2_000
    assert all(len(json.dumps(found)) < 2_000 for found in tree(client))
    assert row["input_preview"] == "What is this?"
    media = detail(client, 1)["input_messages"][0]["parts"][1]
    assert (media["type"], media["modality"], media["mime_type"], media["bytes"]) == (
        "media", "image", "image/png", 256 * 20_480,
    )  # fmt: skip


@pytest.mark.parametrize("order", list(permutations((1, 2, 3))))
def test_a_circle_of_parents_is_cut_at_its_earliest_span(client: TestClient, order: tuple[int, ...]) -> None:
    parents = {1: 3, 2: 1, 3: 2}
    for number in order:
        send(client, span(number, parents[number], name=f"span {number}"))
    assert [(row["name"], row["depth"]) for row in tree(client)] == [
        ("span 1", 0),
        ("span 2", 1),
        ("span 3", 2),
    ]
