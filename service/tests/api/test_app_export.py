"""Exports over HTTP."""

from __future__ import annotations

import html
import json
import re
from typing import Any

import pytest
from app_helpers import TRACE, native_span, one_store, send, span_id
from starlette.testclient import TestClient

PATH = f"/api/traces/{TRACE}/export"


def chat(number: int, text: str, answer: str, **fields: Any) -> dict[str, Any]:
    said = {
        "gen_ai.operation.name": "chat",
        "gen_ai.input.messages": [{"role": "user", "parts": [{"type": "text", "content": text}]}],
        "gen_ai.output.messages": [{"role": "assistant", "parts": [{"type": "text", "content": answer}]}],
        "gen_ai.usage.input_tokens": 24,
        "gen_ai.usage.output_tokens": 7,
    }
    return native_span(number, kind="llm", attributes=said, **fields)


def test_a_trace_as_otlp_is_a_body_that_can_be_sent(client: TestClient) -> None:
    send(client, native_span(1), native_span(2, parent_span_id=span_id(1), attributes={"big": 10**30}))
    exported = client.get(PATH)
    assert exported.headers["content-type"] == "application/json"
    assert exported.headers["content-disposition"] == f'attachment; filename="trace-{TRACE}.otlp.json"'
    (resource_spans,) = exported.json()["resourceSpans"]
    assert [span["spanId"] for span in resource_spans["scopeSpans"][0]["spans"]] == [span_id(1), span_id(2)]
    elsewhere = {"X-API-Key": "project-other"}
    headers = {"Content-Type": "application/json", **elsewhere}
    assert client.post("/v1/traces", content=exported.content, headers=headers).json() == {}
    assert client.get(PATH, headers=elsewhere).content == exported.content


def test_a_trace_of_more_than_a_line_is_still_one_document(client: TestClient) -> None:
    send(client, *(native_span(number, attributes={"text": "x" * 600_000}) for number in range(1, 5)))
    assert len(client.get(PATH).json()["resourceSpans"]) == 4
    lines = client.get("/api/export").content.splitlines()
    assert [len(json.loads(line)["resourceSpans"]) for line in lines] == [1] * 4


def test_a_trace_as_native_spans_is_a_body_that_can_be_sent(client: TestClient) -> None:
    send(client, native_span(1, attributes={"a": [1, 1.0, None, {"$bytes": "AAE="}, {"$double": "NaN"}]}))
    exported = client.get(PATH, params={"format": "jsonl"})
    assert exported.headers["content-type"] == "application/x-ndjson"
    (line,) = map(json.loads, exported.content.splitlines())
    assert line["attributes"]["a"] == [1, 1.0, None, {"$bytes": "AAE="}, {"$double": "NaN"}]
    otlp = client.get(PATH).json()["resourceSpans"][0]["scopeSpans"][0]["spans"][0]["attributes"][0]["value"]
    assert otlp["arrayValue"]["values"][3:] == [{"bytesValue": "AAE="}, {"doubleValue": "NaN"}]


def test_an_export_of_many_takes_a_query_and_a_time(client: TestClient) -> None:
    for number in (1, 2):
        send(client, native_span(number, trace_id=f"{number:032x}", name=f"name{number}"))

    def names(**params: str) -> list[str]:
        answer = client.get("/api/export", params={"format": "jsonl", **params})
        return [json.loads(line)["name"] for line in answer.content.splitlines()]

    assert names() == ["name1", "name2"]
    assert names(q="name:name2") == ["name2"]
    assert names(to="2026-11-23T12:00:00.002Z") == ["name1"]
    assert client.get("/api/export", params={"q": "nothing:here"}).status_code == 400
    assert client.get("/api/export", params={"format": "md"}).status_code == 422


@pytest.mark.parametrize("form", ["otlp", "jsonl", "md", "html"])
def test_another_project_is_not_told(client: TestClient, form: str) -> None:
    send(client, native_span(1))
    headers = {"X-API-Key": "project-other"}
    assert client.get(PATH, params={"format": form}, headers=headers).status_code == 404
    assert client.get("/api/export", headers=headers).content == b""


@one_store
def test_markdown_answers_first_and_then_tells(client: TestClient) -> None:
    error = {"status": {"code": "error", "message": "no `seats` left"}}
    send(
        client,
        native_span(1, kind="agent", name="plan *trip*"),
        chat(2, "To Rome?", "Let me see.", parent_span_id=span_id(1)),
        native_span(3, kind="tool", name="book", parent_span_id=span_id(1), **error),
    )
    text = client.get(PATH, params={"format": "md"}).text
    head, _, transcript = text.partition("## Transcript")
    assert head.splitlines()[0] == r"# plan \*trip\*"
    assert "Hints" not in head
    for answer in (
        "**Status**: ok", "**Output**: `Let me see.`", "**Duration**: 1.00 s", "24 tokens in, 7 out",
        "**Where the time went**: `", "**What failed**: ``no `seats` left`` in span `0000000000000003`",
    ):  # fmt: skip
        assert answer in head
    assert transcript.index("To Rome?") < transcript.index("Let me see.") < transcript.index("seats")
    assert re.search(r"#### tool `book` · at \d.* ms · took .* s · span `0000000000000003`", transcript)


@one_store
def test_names_are_searched_for_as_they_were_sent_and_act_as_nothing(client: TestClient) -> None:
    failed = {"status": {"code": "error", "message": "no"}}
    names = ("look_up-all (v2)", "__init__ of _it_", "[a](b) <i> &lt; #")
    for number, name in enumerate(names, 1):
        send(client, native_span(number, name=name, trace_id=f"{number:032x}", **failed))
    heads = [
        client.get(f"/api/traces/{number:032x}/export", params={"format": "md"}).text.partition("\n")[0]
        for number in (1, 2, 3)
    ]
    assert heads == ["# look_up-all (v2)", r"# \_\_init\_\_ of \_it\_", r"# \[a\](b) \<i\> \&lt; \#"]


@one_store
def test_a_summary_says_how_many_failed_and_a_closed_row_what_it_said(client: TestClient) -> None:
    failed = {"status": {"code": "error", "message": "no seats left"}}
    send(
        client,
        native_span(1, kind="agent", name="plan"),
        chat(2, "To Rome?", "Let me see.", parent_span_id=span_id(1)),
        native_span(3, kind="tool", name="book", parent_span_id=span_id(1), **failed),
        native_span(4, kind="tool", name="book", parent_span_id=span_id(1), **failed),
    )
    markdown, page = (client.get(PATH, params={"format": form}).text for form in ("md", "html"))
    assert "`no seats left` in span `0000000000000003`; 2 spans failed in all" in markdown
    assert "(2 spans failed in all)" in page
    assert '<i class="said">Let me see.</i>' in page
    assert page.count('<i class="said">no seats left</i>') == 2


@one_store
def test_a_closed_row_says_which_tool_was_called_and_what_was_fetched(client: TestClient) -> None:
    call = {"type": "tool_call", "id": "call_1", "name": "book", "arguments": {"seats": 2}}
    asks = {
        "gen_ai.operation.name": "chat",
        "gen_ai.output.messages": [{"role": "assistant", "parts": [call]}],
    }
    books = {"gen_ai.tool.call.id": "call_1", "gen_ai.tool.call.arguments": '{"seats": 2}'}
    send(
        client,
        native_span(1, kind="llm", attributes=asks),
        native_span(2, kind="tool", attributes=books),
        native_span(3, kind="http", parent_span_id=span_id(2), attributes={"url.full": "https://a.eu/seats"}),
    )
    page = client.get(PATH, params={"format": "html"}).text
    said = [html.unescape(row) for row in re.findall('<i class="said">(.*?)</i>', page)]
    assert said == ['book({"seats":2})', '{"seats":2}', "https://a.eu/seats"]


@one_store
def test_markdown_cuts_long_texts_and_says_so(client: TestClient) -> None:
    said = "start " + "x" * 50_000 + " end"
    send(client, chat(1, said, "`````` not the end of a fence"))
    text = client.get(PATH, params={"format": "md"}).text
    assert len(text) < 4_000
    assert "start xxx" in text
    assert "xxx end" in text
    assert "[… 48,810 of 50,010 characters left out …]" in text
    assert "```````text\n`````` not the end" in text
    assert said in client.get(PATH, params={"format": "md", "whole": "true"}).text


@one_store
def test_of_a_long_transcript_the_middle_is_left_out_and_its_errors_are_not(client: TestClient) -> None:
    failed = {"status": {"code": "error", "message": "broke in the middle"}}
    spans = [chat(number, f"question {number} " + "x" * 500, "yes") for number in range(1, 200)]
    send(client, *spans[:150], native_span(500, **failed), *spans[150:])
    text = client.get(PATH, params={"format": "md"}).text
    assert len(text) < 80_000
    assert "question 199" in text
    assert "broke in the middle" in text.partition("## Transcript")[2]
    assert "lines left out; `whole=true` gives all of them" in text
    assert "question 120 " in client.get(PATH, params={"format": "md", "whole": "true"}).text


@one_store
def test_what_people_read_has_the_hints(client: TestClient) -> None:
    cut = {"gen_ai.operation.name": "chat", "gen_ai.response.finish_reasons": ["length"]}
    send(client, native_span(1, attributes=cut))
    markdown, page = (client.get(PATH, params={"format": form}).text for form in ("md", "html"))
    assert "\n## Hints\n\n- **An answer was cut off at the token limit**: " in markdown
    assert f'<a href="#s{span_id(1)}">An answer was cut off at the token limit</a>' in page


@one_store
def test_html_loads_nothing_and_escapes_everything(client: TestClient) -> None:
    hostile = "</script><script>alert(1)</script><img src=x onerror=alert(1)>"
    send(client, chat(1, hostile, hostile, name=hostile))
    answer = client.get(PATH, params={"format": "html"})
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "attachment" in answer.headers["content-disposition"]
    assert "<script>alert" not in answer.text
    assert "<img" not in answer.text
    assert 'http-equiv="Content-Security-Policy" content="default-src &#39;none&#39;;' in answer.text


@one_store
def test_markdown_steers_no_terminal(client: TestClient) -> None:
    send(client, chat(1, "clear\x1b[2J\tall", "turned \u202eround", name="bell\x07"))
    text = client.get(PATH, params={"format": "md"}).text
    assert {each for each in text if not each.isprintable()} == {"\n", "\t"}
    assert "clear\\x1b[2J\tall" in text


@one_store
def test_html_of_a_large_trace_stays_small(client: TestClient) -> None:
    spans = [chat(number, f"question {number} " + "x" * 3_000, "y" * 3_000) for number in range(1, 2_001)]
    send(client, *spans)
    text = client.get(PATH, params={"format": "html"}).text
    assert len(text) < 6_000_000
    assert text.count("<details") == 2_000
    assert "400 of 3,0" in text
