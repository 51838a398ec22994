"""The bodies in data/openai_agents_*.json were recorded from openai-agents 0.24.0 and @openai/agents 0.20.0: an agent that hands over to another with a
tool, a guardrail that holds and one that trips, a tool that fails, a span of the program's own, voice; by the Responses API and
by chat completions (a model server on loopback, whose address was replaced)."""

from __future__ import annotations

import json
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from app_helpers import packaged_reader
from hypothesis import given
from hypothesis import strategies as st
from llm_tracer.model.place import record_id
from llm_tracer.model.span import SpanData, merge
from llm_tracer_service.malformed import MalformedBody
from llm_tracer_service.receiving.decoded import Decoded
from llm_tracer_service.receiving.peers.openai_agents import decode

DATA = Path(__file__).parent / "data"
START = 1_795_435_200_000_000_000


def recorded(name: str) -> dict[str, SpanData]:
    """The spans of a body by their names; of equal names, the last."""
    reader = packaged_reader()
    return {reader.read(span).name: span for span in merged(decode((DATA / name).read_bytes()))}


def merged(*bodies: Decoded) -> list[SpanData]:
    """The spans as a store has them."""
    held: dict[tuple[str, str], SpanData] = {}
    for span in (span for body in bodies for span in body.spans):
        key = (span.trace_id, span.span_id)
        held[key] = merge(held[key], span) if key in held else span
    return list(held.values())


def span(
    number: int, parent: int | None = None, begin_s: int = 0, end_s: int = 1, **said: Any
) -> dict[str, Any]:
    return {
        "object": "trace.span", "id": f"span_{number}", "trace_id": "trace_" + "a" * 32,
        "parent_id": None if parent is None else f"span_{parent}",
        "started_at": f"2026-11-23T12:00:{begin_s:02}.000000+00:00", "ended_at": f"2026-11-23T12:00:{end_s:02}.000000+00:00",
        "span_data": {"type": "custom", "name": f"step {number}", "data": {}, **said}, "error": None,
    }  # fmt: skip


TRACE = {
    "object": "trace", "id": "trace_" + "a" * 32, "workflow_name": "Umbrella", "group_id": "chat-7", "metadata": {"user_id": "ada"},
}  # fmt: skip


def body(*items: object) -> bytes:
    return json.dumps({"data": items}).encode()


def test_chat_completions_say_everything() -> None:
    reader = packaged_reader()
    spans = recorded("openai_agents_chat.json")
    call = spans["generation"]
    reading, content = reader.read(call), reader.content(call)
    assert (reading.kind, reading.model) == ("llm", "gpt-4o-mini")
    assert reading.usage is not None
    assert (reading.usage.input, reading.usage.cache_read, reading.usage.output) == (70, 16, 9)
    assert [message.role for message in content.input_messages] == ["user", "assistant", "tool"]
    assert content.output_messages[0].parts[0]["content"] == "Take an umbrella: 11 mm of rain."


def test_responses_say_their_id_and_their_tokens() -> None:
    reading = packaged_reader().read(recorded("openai_agents_responses.json")["response"])
    assert (reading.kind, reading.model) == ("llm", None)
    assert reading.usage is not None
    assert (reading.usage.input, reading.usage.output) == (70, 9)


def test_javascript_says_the_whole_answer_of_the_provider() -> None:
    reader = packaged_reader()
    calls = [
        span
        for span in merged(decode((DATA / "openai_agents_javascript.json").read_bytes()))
        if reader.read(span).kind == "llm"
    ]
    asked, answered = (reader.read(call) for call in calls)
    assert asked.usage is not None
    assert (asked.usage.input, asked.usage.cache_read, asked.usage.output) == (70, 16, 9)
    assert (answered.response_model, answered.response_id) == ("gpt-4o-mini-2024-07-18", "chatcmpl-68")
    (message,) = reader.content(calls[1]).output_messages
    assert message.parts[0]["content"] == "Take an umbrella: 11 mm of rain."


def test_kinds_names_and_errors() -> None:
    reader = packaged_reader()
    spans = recorded("openai_agents_responses.json")
    assert {name: reader.read(each).kind for name, each in spans.items()} == {
        "Umbrella": "chain", "Agent workflow": "chain", "Voice": "chain", "task": "chain", "turn": "chain", "lookup": "chain",
        "polite": "guardrail", "strict": "guardrail", "response": "llm", "handoff: triage → weather": "chain",
        "triage": "agent", "weather": "agent", "failing": "agent", "guarded": "agent", "forecast": "tool", "broken": "tool",
        "transcription": "llm", "speech": "llm", "list tools: files": "mcp",
    }  # fmt: skip
    assert (spans["broken"].status_code, spans["broken"].status_message) == (
        "error",
        "Error running tool (non-fatal)",
    )
    assert (spans["turn"].status_code, spans["turn"].status_message) == (
        "error",
        "Guardrail tripwire triggered",
    )
    tool = reader.content(spans["forecast"]).tool
    assert tool is not None
    assert (tool["arguments"], tool["result"]) == ({"city": "Bergen"}, "11 mm of rain")


def test_a_trace_is_a_record_with_its_group_and_metadata() -> None:
    spans = recorded("openai_agents_responses.json")
    root = spans["Umbrella"]
    reading = packaged_reader().read(root)
    assert (root.span_id, root.parent_span_id) == (record_id(root.trace_id), None)
    assert (root.name, reading.session_id, reading.user_id) == ("Umbrella", "chat-7", "ada")
    assert json.loads(root.attributes["openai.agents.metadata"]) == {"user_id": "ada", "plan": "pro"}
    sent = merged(decode((DATA / "openai_agents_responses.json").read_bytes()))
    assert [each.name for each in sent if each.parent_span_id == root.span_id] == ["task", "lookup", "task"]
    begun = min(each.start_time_unix_nano or 0 for each in sent if each.trace_id == root.trace_id)
    assert root.start_time_unix_nano == begun


def test_nothing_that_was_sent_is_lost() -> None:
    sent = json.loads((DATA / "openai_agents_chat.json").read_text())["data"]
    kept = {each.attributes.get("openai.agents.span_id"): each for each in recorded_all()}
    for record in sent:
        if record["object"] != "trace.span":
            continue
        attributes = kept[record["id"]].attributes
        for name, value in record["span_data"].items():
            if value is None:
                assert f"openai.agents.{name}" not in attributes
                continue
            stored = attributes[f"openai.agents.{name}"]
            assert (
                json.loads(stored) if isinstance(value, dict | list) and isinstance(stored, str) else stored
            ) == value


def recorded_all() -> list[SpanData]:
    return merged(decode((DATA / "openai_agents_chat.json").read_bytes()))


def test_a_record_begins_with_the_first_span_of_its_trace() -> None:
    bodies = [
        decode(body(TRACE, span(2, 1, 2, 3))),
        decode(body(span(1, None, 1, 4))),
        decode(body(span(4, None, 5, 6), span(5, None, 7, 9))),
    ]
    assert record(*bodies[:1]) == ("Umbrella", 2, True)
    for every in permutations(bodies):
        assert record(*every) == ("Umbrella", 1, True), "what lies below it says when it ends"


def record(*bodies: Decoded) -> tuple[str, int, bool]:
    """Its name, its start in seconds, and whether it is open."""
    (found,) = (each for each in merged(*bodies) if each.parent_span_id is None)
    return found.name, ((found.start_time_unix_nano or 0) - START) // 10**9, found.is_open


def test_a_trace_alone_is_a_fragment() -> None:
    (fragment,) = decode(body(TRACE)).spans
    assert (fragment.is_fragment, fragment.trace_id) == (True, "a" * 32)


def test_a_bad_record_refuses_only_itself() -> None:
    untimed = {**span(3), "started_at": None}
    odd = {**span(3), "started_at": "today"}
    decoded = decode(body(span(1), untimed, {"object": "session"}, 7, odd))
    assert {each.name for each in decoded.spans} == {"step 1", ""}
    assert [(each.index, each.reason) for each in decoded.rejected] == [
        (1, "the record has no started_at"),
        (2, "the record is neither a trace nor a trace.span, but 'session'"),
        (3, "not an object: '7'"),
        (4, "started_at is no time: 'today'"),
    ]


@pytest.mark.parametrize(
    "sent", [b"", b"[]", b"{", b"{}", b'{"data": 1}', b'{"data": [{"object": "trace"}]}']
)
def test_a_body_of_which_nothing_can_be_kept_is_refused(sent: bytes) -> None:
    with pytest.raises(MalformedBody):
        decode(sent)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=8,
)
MEMBERS = st.sampled_from([*TRACE, *span(1), "type", "name"])


@given(
    st.lists(
        st.dictionaries(MEMBERS, JSON | st.sampled_from(["trace", "trace.span", "2026-11-23T12:00:00Z"]))
        | JSON,
        max_size=4,
    )
)
def test_any_json_gives_spans_or_a_reason(items: list[Any]) -> None:
    try:
        decoded = decode(body(*items))
    except MalformedBody:
        return
    for each in decoded.spans:
        packaged_reader().read(each)
