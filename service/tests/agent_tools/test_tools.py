"""The answers that coding agents get: enough to go on with, and never more than fits."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from app_helpers import TRACE, native_span, send, span_id
from hypothesis import given
from hypothesis import strategies as st
from llm_tracer_service.agent_tools import comparing, figures, spans, traces
from llm_tracer_service.agent_tools.text import CHARS_MAX, Ask, bounded, piece
from llm_tracer_service.store import patience
from starlette.testclient import TestClient

OTHER = "1" * 32
FAILED = 1_234
SLACK = 500
"""The line that says what was left out."""


@pytest.fixture
def ask(client: TestClient) -> Ask:
    def answer(path: str, **params: Any) -> dict[str, Any]:
        sent = {name.rstrip("_"): str(value) for name, value in params.items() if value not in (None, "")}
        got = client.get(path, params=sent)
        assert got.status_code == 200, got.text
        found: dict[str, Any] = got.json()
        return found

    return answer


def large_trace() -> list[dict[str, Any]]:
    """An agent that made 1,000 model calls and used a tool after each; one of these uses failed."""
    agent = native_span(1, name="crawler", attributes={"gen_ai.operation.name": "invoke_agent"})
    spans_ = [{**agent, "end_time_unix_nano": agent["end_time_unix_nano"] + 10**10}]
    for number in range(2, 2_001):
        is_tool = number % 2 == 0
        fields: dict[str, Any] = {"name": "fetch" if is_tool else "chat", "parent_span_id": span_id(1)}
        operation = "execute_tool" if is_tool else "chat"
        fields["attributes"] = {
            "gen_ai.operation.name": operation,
            "gen_ai.tool.call.arguments": f'{{"page": {number}}}',
        }
        if number == FAILED:
            fields["status"] = {"code": "error", "message": "ConnectTimeout: shop.example did not answer"}
        spans_.append(native_span(number, **fields))
    return spans_


def test_the_failing_call_of_a_large_trace_is_found_in_three_questions(client: TestClient, ask: Ask) -> None:
    send(client, *large_trace())
    found = traces.search_traces(ask, "{kind:tool status:error}")
    (trace_id,) = re.findall(r"^trace (\w{32})", found, re.MULTILINE)
    outline = traces.trace_outline(ask, trace_id)
    (failure,) = re.findall(r"^failed: tool fetch  span (\w{16}): ConnectTimeout", outline, re.MULTILINE)
    told = spans.read_span(ask, trace_id, failure)
    assert failure == span_id(FAILED)
    assert "error   ConnectTimeout: shop.example did not answer" in told or "did not answer" in told
    assert f'{{"page": {FAILED}}}' in told
    for answer in (found, outline, told):
        assert len(answer) <= CHARS_MAX + SLACK


def test_a_large_outline_goes_on_where_it_ended(client: TestClient, ask: Ask) -> None:
    sent = large_trace()
    send(client, *sent)
    told, cursor, answers = set(), "", 0
    while True:
        outline = traces.trace_outline(ask, TRACE, cursor)
        assert len(outline) <= CHARS_MAX + SLACK
        told |= set(re.findall(r"  (\w{16})(?:  | …)", outline))
        answers += 1
        more = re.search(r"cursor='(\w+)'", outline)
        if more is None:
            break
        cursor = more[1]
    assert answers > 5
    assert told == {span["span_id"] for span in sent}


def test_siblings_alike_are_one_line(client: TestClient, ask: Ask) -> None:
    steps = [native_span(number, name="step", parent_span_id=span_id(1)) for number in range(2, 50)]
    send(client, native_span(1), *steps)
    assert f"other step  {span_id(2)} … {span_id(49)} (×48)" in traces.trace_outline(ask, TRACE)


def test_a_long_span_loses_its_middle_and_can_be_read_whole(client: TestClient, ask: Ask) -> None:
    said = "".join(f"line {number}\n" for number in range(5_000))
    send(client, native_span(1, attributes={"input.value": said}))
    short = spans.read_span(ask, TRACE, span_id(1))
    assert len(short) <= CHARS_MAX + SLACK
    assert "line 0\n" in short
    assert "line 4999" in short
    assert "characters left out: whole=true shows them" in short
    whole, offset = "", 0
    while True:
        part = spans.read_span(ask, TRACE, span_id(1), offset, whole=True)
        assert len(part) <= CHARS_MAX + SLACK
        more = re.search(
            r"\n… .* left out\. To continue: read_span with whole=true and offset=(\d+)\.$", part
        )
        whole += part[: more.start()] if more else part
        if more is None:
            break
        offset = int(more[1])
    assert whole.endswith("input:\n" + said)


def test_one_pair_is_one(client: TestClient, ask: Ask) -> None:
    send(client, native_span(1, TRACE), native_span(1, OTHER))
    assert comparing.compare(ask, TRACE, OTHER).startswith("1 pair of spans, ")


def test_two_runs_are_told_with_what_was_said_where_they_part(client: TestClient, ask: Ask) -> None:
    for trace_id, question in ((TRACE, "Where is Oslo?"), (OTHER, "Where is Rome?")):
        messages = f'[{{"role": "user", "parts": [{{"type": "text", "content": "{question}"}}]}}]'
        call = {"gen_ai.operation.name": "chat", "gen_ai.input.messages": messages}
        send(
            client,
            native_span(1, trace_id),
            native_span(2, trace_id, parent_span_id=span_id(1), attributes=call),
        )
    told = comparing.compare(ask, TRACE, OTHER)
    assert "2 pairs of spans, 1 the same; 0 only in a, 0 only in b." in told
    assert "is the first model call with a different input." in told
    assert "user changed: Where is [-Oslo-]{+Rome+}?" in told
    assert comparing.compare(ask, TRACE, TRACE).endswith("The messages and steps do not differ.")


def test_counts_failures_conversations_and_places(client: TestClient, ask: Ask) -> None:
    broken = {"status": {"code": "error", "message": "no connection"}}
    send(
        client,
        native_span(1, name="run", attributes={"session.id": "chat 4/2", "input.value": "hello"}, **broken),
    )
    assert figures.stats(ask, by="name").splitlines()[1].startswith("name run: 1 trace, 1 in error")
    assert f"example trace {TRACE} span {span_id(1)}" in figures.errors(ask)
    assert "session chat 4/2  1 turn, 1 in error  1.00 s  – tokens  –  last" in figures.sessions(
        ask, sort="-cost"
    )
    assert "failed: no connection" in figures.sessions(ask, session_id="chat 4/2")
    assert traces.find_in_trace(ask, TRACE, "hello") == f"span {span_id(1)}  input: hello"
    assert f"trace {TRACE}  other run  {span_id(1)}" in traces.search_spans(ask, "span.status:error")


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
def test_a_search_that_was_stopped_does_not_say_that_there_is_nothing(
    client: TestClient, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in (1, 2, 3):
        said = {"input.value": "needle" if number == 1 else "straw", "session.id": f"chat-{number}"}
        broken = {"code": "error", "message": "no connection"}
        send(client, native_span(number, f"{number:032x}", attributes=said, status=broken))
    monkeypatch.setattr(patience, "SECONDS_MAX", -1.0)
    stopped = "The search stopped after 1 trace, at 2026-"
    found = traces.search_traces(ask, "needle")
    assert stopped in found
    (cursor,) = re.findall(r"cursor='([^']+)'", found)
    assert "cursor=" in traces.search_traces(ask, "needle", cursor=cursor)
    assert "The search stopped after 1 span, at 2026-" in traces.search_spans(ask, "needle")
    assert stopped in figures.sessions(ask, "needle")
    assert "Counted since 2026-" in figures.errors(ask, "needle")
    for answer in (found, figures.sessions(ask, "needle"), figures.errors(ask, "needle")):
        assert "matches" not in answer
        assert "Nothing failed" not in answer


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        (traces.search_traces, "No trace matches."),
        (traces.search_spans, "No span matches."),
        (figures.errors, "Nothing failed."),
        (figures.sessions, "No session matches."),
    ],
)
def test_nothing_is_said_to_be_nothing(ask: Ask, question: Callable[..., str], answer: str) -> None:
    assert question(ask, "zzz") == answer


@given(st.lists(st.text(st.sampled_from("ab"), max_size=50), max_size=20), st.integers(0, 200))
def test_lines_fit_and_those_left_out_are_counted(lines: list[str], limit: int) -> None:
    told = bounded(lines, "{left} left", limit).split("\n")
    left = int(told[-1].split()[0]) if told[-1].endswith(" left") else 0
    kept = told[:-1] if left else told
    assert sum(len(line) + 1 for line in kept if lines) <= max(limit, 1)
    assert len(kept if lines and left < len(lines) else []) + left == len(lines)


@given(st.text(max_size=60), st.integers(1, 20))
def test_the_pieces_are_the_whole(text: str, limit: int) -> None:
    offset, read = 0, ""
    while offset < len(text):
        part = piece(text, offset, "go on at {offset}", limit)
        read += text[offset : offset + limit]
        assert part.startswith(text[offset : offset + limit])
        offset += limit
    assert read == text


def test_what_was_sent_is_no_line_of_an_answer(client: TestClient, ask: Ask) -> None:
    forged = "s\x1b[2J\r\nsession other\u2028session more\u202e"
    sent = {
        "session.id": forged,
        "user.id": forged,
        "gen_ai.request.model": forged,
        "gen_ai.operation.name": "chat",
    }
    send(client, native_span(1, name=forged, attributes=sent))
    for answer in (
        figures.sessions(ask),
        figures.sessions(ask, session_id=forged),
        figures.stats(ask, by="model"),
        traces.search_traces(ask),
        traces.trace_outline(ask, TRACE),
        spans.read_span(ask, TRACE, span_id(1)),
    ):
        assert not [
            line for line in answer.splitlines() if line.startswith(("session other", "session more"))
        ]
