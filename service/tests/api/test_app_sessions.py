"""A session as a conversation: question and answer of each turn, uncut."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest
from app_helpers import START, native_span, one_store, send, span_id
from starlette.testclient import TestClient

LONG = "Please " + "very " * 500 + "much."


def trace(number: int) -> str:
    return f"{number:032x}"


def message(role: str, text: str) -> dict[str, Any]:
    return {"role": role, "parts": [{"type": "text", "content": text}]}


def turn(number: int, asked: list[dict[str, Any]], answer: str, **fields: Any) -> list[dict[str, Any]]:
    """A trace: a root of its own, and a model call in it."""
    call = {
        "gen_ai.operation.name": "chat",
        "gen_ai.request.model": "gpt-4o",
        "gen_ai.usage.input_tokens": 10,
        "gen_ai.input.messages": json.dumps(asked),
        "gen_ai.output.messages": json.dumps([message("assistant", answer)]),
    }
    root = native_span(
        10 * number,
        trace(number),
        attributes={"session.id": "team/7", **fields.pop("attributes", {})},
        **fields,
    )
    return [
        root,
        native_span(10 * number + 1, trace(number), parent_span_id=span_id(10 * number), attributes=call),
    ]


def text_of(said: dict[str, Any]) -> str:
    return "".join(part["content"] for part in said["message"]["parts"])


def test_turns_have_the_whole_of_both_sides_in_order(client: TestClient) -> None:
    history = [message("user", "Hello"), message("assistant", "Hi"), message("user", LONG)]
    send(client, *turn(2, history, LONG * 2, status={"code": "error", "message": "late"}))
    send(client, *turn(1, history[:1], "Hi"))
    answer = client.get("/api/sessions/team/7").json()
    assert [each["trace_id"] for each in answer["traces"]] == [trace(1), trace(2)]
    first, second = answer["turns"]
    assert (text_of(first["asked"]), text_of(first["answered"])) == ("Hello", "Hi")
    assert (text_of(second["asked"]), text_of(second["answered"])) == (LONG, LONG * 2)
    assert second["asked"]["span_id"] == span_id(21)
    assert first["duration_ms"] == 1000.0
    assert (first["status"], first["error_count"], first["error"]) == ("ok", 0, None)
    assert (second["status"], second["error_count"]) == ("error", 1)
    assert second["error"]["span_id"] == span_id(20)
    assert (first["llm_calls"], first["usage"]["input"], first["cost"]) == (1, 10, None)


def test_a_turn_says_what_the_model_was_no_longer_given(client: TestClient) -> None:
    said = [message(role, f"{role} {n}") for n in range(1, 7) for role in ("user", "assistant")]
    send(client, *turn(1, said[:7], "assistant 4"))
    send(client, *turn(2, said[:9], "assistant 5"))
    send(client, *turn(3, said[6:11], "assistant 6"))  # cut to the last five
    send(client, *turn(4, [message("user", "Something else")], "Well"))  # no conversation to the model
    turns = client.get("/api/sessions/team/7").json()["turns"]
    assert [each["left_out"] for each in turns] == [0, 0, 6, 0]
    first = client.get("/api/sessions/team/7", params={"limit": 2}).json()
    then = client.get("/api/sessions/team/7", params={"limit": 2, "cursor": first["next_cursor"]}).json()
    assert [each["left_out"] for each in then["turns"]] == [6, 0]


def test_the_roots_own_input_and_output_will_do(client: TestClient) -> None:
    attributes = {"session.id": "s", "input.value": "What?", "output.value": '{"answer": 42}'}
    send(client, native_span(1, attributes=attributes))
    (only,) = client.get("/api/sessions/s").json()["turns"]
    assert text_of(only["asked"]) == "What?"
    assert only["answered"]["message"]["parts"] == [{"type": "unknown", "data": {"answer": 42}}]


def test_turns_come_in_pages(client: TestClient) -> None:
    for number in range(1, 6):
        send(client, *turn(number, [message("user", str(number))], "yes"))
    seen, traces, cursor = [], [], ""
    while True:
        page = client.get(
            "/api/sessions/team/7", params={"limit": 2, **({"cursor": cursor} if cursor else {})}
        ).json()
        seen += [text_of(each["asked"]) for each in page["turns"]]
        traces += [each["trace_id"] for each in page["traces"]]
        assert (page["session"]["turn_count"], page["outline"]) == (5, None)  # figures are of all turns
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == ["1", "2", "3", "4", "5"]
    assert traces == [trace(number) for number in range(1, 6)]
    assert client.get("/api/sessions/team/7?cursor=made-up").status_code == 400
    assert client.get("/api/sessions/team/7?limit=0").status_code == 422


def test_sessions_are_listed_in_an_order(client: TestClient) -> None:
    for number in (1, 2, 3):
        named = {"session.id": "short" if number == 3 else "long"}
        send(client, *turn(number, [message("user", "Hello")], "Hi", attributes=named))

    def listed(**params: str) -> list[str]:
        answer = client.get("/api/sessions", params=params)
        assert answer.status_code == 200, answer.text
        return [session["session_id"] for session in answer.json()["sessions"]]

    assert listed() == listed(sort="") == listed(sort="-last_activity") == ["short", "long"]
    assert listed(sort="-turns") == listed(sort="-tokens") == ["long", "short"]
    first = client.get("/api/sessions", params={"sort": "-turns", "limit": "1"}).json()
    assert listed(sort="-turns", limit="1", cursor=first["next_cursor"]) == ["short"]
    assert first["scanned_until"] is None
    assert client.get(f"/api/sessions?cursor={first['next_cursor']}").status_code == 400
    refused = client.get("/api/sessions?sort=-start_time")
    assert refused.status_code == 422
    assert "-last_activity" in refused.json()["hint"]


def test_the_outline_has_all_turns(client: TestClient) -> None:
    error = {"code": "error", "message": "late"}
    for number in range(1, 4):
        send(
            client,
            *turn(number, [message("user", "Hello")], "Hi", **({"status": error} if number == 2 else {})),
        )
    answer = client.get("/api/sessions/team/7?limit=1&outline=true").json()
    outline = answer["outline"]
    assert len(answer["turns"]) == len(answer["traces"]) == 1
    assert outline["trace_id"] == [trace(number) for number in (1, 2, 3)]
    assert outline["start_us"] == [START // 1000 + 10_000 * number for number in (1, 2, 3)]
    assert (outline["status"], outline["error_count"]) == (["ok", "error", "ok"], [0, 1, 0])
    assert outline["duration_ms"] == [1000.0] * 3
    assert (outline["tokens"], outline["cost"]) == ([10] * 3, [None] * 3)
    assert len({*outline["received_us"]}) == 1  # the clock of the service stands


@one_store
def test_two_thousand_turns_are_told_in_little(client: TestClient) -> None:
    spans = [
        native_span(
            1, trace(number), span_id=span_id(number), attributes={"session.id": "s", "input.value": LONG}
        )
        for number in range(1, 2_001)
    ]
    for first in range(0, 2_000, 500):
        send(client, *spans[first : first + 500])
    page = client.get("/api/sessions/s?limit=20")
    assert (page.json()["session"]["turn_count"], len(page.json()["turns"])) == (2_000, 20)
    assert len(page.content) < 20 * 8_000
    outline = client.get("/api/sessions/s?limit=1&outline=true").content
    assert len(outline) < 2_000 * 100 + 8_000


def test_a_turn_says_which_tools_it_called_and_where_the_first_of_each_failed(client: TestClient) -> None:
    failed = {"code": "error", "message": "gone"}

    def tool(number: int, name: str, **fields: Any) -> dict[str, Any]:
        attributes = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": name}
        return native_span(
            number, trace(1), parent_span_id=span_id(10), kind="tool", attributes=attributes, **fields
        )

    send(
        client,
        *turn(1, [message("user", "Hello")], "Hi"),
        tool(12, "search"),
        tool(13, "refund"),
        tool(14, "search", status=failed),
        tool(15, "search", status=failed),
    )
    (only,) = client.get("/api/sessions/team/7").json()["turns"]
    assert only["tools"] == [
        {"name": "search", "calls": 3, "errors": 2, "span_id": span_id(14)},
        {"name": "refund", "calls": 1, "errors": 0, "span_id": span_id(13)},
    ]


@pytest.mark.parametrize("session_id", ["a/b", "a\nb", "a\n/b", "a\0b", "a?b#c%", "\u202e"])
def test_a_session_is_found_by_whatever_id_its_sender_gave_it(client: TestClient, session_id: str) -> None:
    send(client, native_span(attributes={"session.id": session_id}))
    (listed,) = client.get("/api/sessions").json()["sessions"]
    answer = client.get(f"/api/sessions/{quote(listed['session_id'], safe='')}")
    assert (answer.status_code, answer.json()["session"]) == (200, listed)
