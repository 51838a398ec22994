"""A trace as text."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from llm_tracer_service.conversation.transcript import CHARS_MAX, Line, transcript_of

from .traces import Read, agent, answers, calls, chat, reader, says, span, span_id, tool


def lines_of(read: Read) -> list[Line]:
    return list(transcript_of(read.index, reader(), 0, 1000).lines)


def told(read: Read) -> list[tuple[str, str]]:
    return [(line.kind, line.text or line.name or "") for line in lines_of(read)]


def test_each_call_tells_only_what_is_new_and_tools_tell_their_own() -> None:
    asked = calls("look", {"page": 1}, "call_1")
    given = [says("user", "Plan my trip"), asked, answers("page 1", "call_1")]
    read = Read(
        agent(0),
        chat(1, given[:1], [asked], parent=0, system="You plan trips."),
        tool(2, "look", {"page": 1}, "call_1", "page 1", parent=0),
        chat(3, given, [says("assistant", "Go to Rome.")], parent=0, system="You plan trips."),
    )
    assert told(read) == [
        ("step", "span 0"), ("system", "You plan trips."), ("user", "Plan my trip"), ("arguments", '{"page":1}'),
        ("result", "page 1"), ("assistant", "Go to Rome."),
    ]  # fmt: skip
    assert [line.depth for line in lines_of(read)] == [0, 1, 1, 1, 1, 1]
    assert lines_of(read)[3].name == "look"
    assert [line.offset_ms for line in lines_of(read)] == [0, 1000, 1000, 2000, 2000, 3000]
    assert [line.duration_ms for line in lines_of(read)] == [1_000_000, 500, 500, 500, 500, 500]
    assert [line.span_kind for line in lines_of(read)] == ["agent", "llm", "llm", "tool", "tool", "llm"]


def test_a_tool_that_calls_something_tells_what_it_was_given_too() -> None:
    silent = span(3, {"gen_ai.operation.name": "execute_tool"})
    read = Read(
        tool(1, "look", {"page": 1}, "call_1", "page 1"), span(2, {}, parent=1), silent, span(4, {}, parent=3)
    )
    assert told(read) == [
        ("arguments", '{"page":1}'), ("result", "page 1"), ("step", "span 2"), ("step", "span 3"), ("step", "span 4"),
    ]  # fmt: skip


def test_a_tool_without_a_span_is_told_by_the_messages() -> None:
    asked = calls("look", {"page": 1}, "call_1")
    read = Read(
        chat(1, [says("user", "Go")], [asked]),
        chat(2, [says("user", "Go"), asked, answers("page 1", "call_1")], [says("assistant", "Done.")]),
    )
    assert told(read) == [
        ("user", "Go"), ("tool_call", '{"page":1}'), ("tool_result", "page 1"), ("assistant", "Done."),
    ]  # fmt: skip


@pytest.mark.parametrize(("sent", "name"), [(7, "7"), ({"a": 1}, None), ([1], None), (True, None)])
def test_a_call_may_be_named_by_anything(sent: Any, name: str | None) -> None:
    call = {"type": "tool_call", "id": sent, "name": sent, "arguments": {"page": 1}}
    (line,) = lines_of(Read(chat(1, [{"role": "assistant", "parts": [call]}])))
    assert (line.kind, line.text, line.name) == ("tool_call", '{"page":1}', name)


def test_what_was_found_stands_below_what_was_searched_for() -> None:
    documents = {
        f"retrieval.documents.{at}.document.{key}": value
        for at, (name, content, score) in enumerate(
            [("faq-12", "12 months.", 0.83), ("faq-40", "36 months.", 0.77)]
        )
        for key, value in (("id", name), ("content", content), ("score", score))
    }
    kind = {"openinference.span.kind": "RETRIEVER", "input.value": "warranty"}
    found = [("step", "span 1"), ("arguments", "warranty"), ("result", "1. faq-12, score 0.83: 12 months."),
             ("result", "2. faq-40, score 0.77: 36 months.")]  # fmt: skip
    search = span(1, {**kind, **documents}, parent=0)
    embedding = span(2, {"openinference.span.kind": "EMBEDDING"}, parent=1)
    assert told(Read(agent(0), search))[1:] == found
    assert told(Read(agent(0), search, embedding))[1:-1] == found
    assert told(Read(agent(0), span(1, kind, parent=0)))[1:] == found[:2]


def test_an_error_stands_where_it_happened() -> None:
    failed = replace(
        tool(2, "look", {}, None, None, parent=0), status_code="error", status_message="no such page"
    )
    assert told(Read(agent(0), failed))[-1] == ("error", "no such page")


def test_a_long_text_says_how_long_it_is() -> None:
    (line, *_) = lines_of(Read(chat(1, [says("user", "x" * 9000)])))
    assert (len(line.text), line.chars) == (CHARS_MAX, 9000)


def test_a_long_trace_comes_in_pages() -> None:
    read = Read(agent(0), *(tool(n, "look", {"page": n}, None, f"page {n}", parent=0) for n in range(1, 6)))
    first = transcript_of(read.index, reader(), 0, 4)
    assert first.next_index == 4
    second = transcript_of(read.index, reader(), 4, 4)
    assert second.next_index is None
    assert [*first.lines, *second.lines] == lines_of(read)
    assert second.lines[0].span_id == span_id(4)
