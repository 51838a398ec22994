"""Claude Code's logs: recorded ones are read in test_recorded.py; here are shapes that no recording has."""

from __future__ import annotations

from typing import Any

import pytest
from llm_tracer_service.reading import load_reader
from llm_tracer_service.session_logs import claude_code
from tests.session_logs.reading import only, read, turns_of

READER = load_reader()
USAGE = {
    "input_tokens": 3,
    "cache_read_input_tokens": 5,
    "cache_creation_input_tokens": 2,
    "output_tokens": 7,
}


def record(second: int, type_: str, content: Any = None, **members: Any) -> dict[str, Any]:
    """A line that was written so many seconds after twelve."""
    message = {"role": type_, "content": content, **members.pop("message", {})}
    return {
        "type": type_, "uuid": f"u{second}", "sessionId": "s", "timestamp": f"2026-11-23T12:00:{second:02}.000Z",
        **({"message": message} if content is not None else {}), **members,
    }  # fmt: skip


def answer(second: int, *blocks: dict[str, Any], id_: str = "msg_1", **message: Any) -> dict[str, Any]:
    return record(
        second,
        "assistant",
        list(blocks),
        message={"id": id_, "model": "claude-opus-4-8", "usage": USAGE, **message},
    )


def text(said: str) -> dict[str, Any]:
    return {"type": "text", "text": said}


def tool(id_: str, **arguments: Any) -> dict[str, Any]:
    return {"type": "tool_use", "id": id_, "name": "Bash", "input": arguments}


def result(second: int, id_: str, content: Any, **members: Any) -> dict[str, Any]:
    return record(
        second, "user", [{"type": "tool_result", "tool_use_id": id_, "content": content}], **members
    )


def test_a_response_of_several_lines_is_one_call_with_the_usage_of_the_last() -> None:
    early = answer(1, text("a"), usage={**USAGE, "output_tokens": 1})
    again = {**answer(3, text("a"), tool("t1")), "uuid": "other"}
    (spans,) = turns_of(
        claude_code, record(0, "user", "go"), early, again, result(4, "t1", "ok"), answer(5, id_="msg_2")
    )
    first, _ = (span for span in spans if span.name.startswith("chat"))
    reading = READER.read(first)
    assert reading.usage is not None
    assert (reading.usage.input, reading.usage.cache_read, reading.usage.output) == (10, 5, 7)
    assert first.attributes["gen_ai.output.messages"][0]["content"] == [text("a"), tool("t1")]
    assert (first.end_time_unix_nano or 0) - (first.start_time_unix_nano or 0) == 3_000_000_000


def test_a_turn_that_goes_on_is_open_and_ends_in_a_longer_log() -> None:
    log = [record(0, "user", "go"), answer(1, tool("t1"))]
    (spans,) = turns_of(claude_code, *log)
    assert [span.name for span in spans if span.is_open] == ["invoke_agent Claude Code", "execute_tool Bash"]
    (longer,) = turns_of(claude_code, *log, result(2, "t1", "ok"), answer(3, text("done"), id_="msg_2"))
    assert not any(span.is_open for span in longer)
    assert {span.span_id for span in spans} < {span.span_id for span in longer}
    later, _ = turns_of(claude_code, *log, record(5, "user", "next"))
    assert only(later, "execute_tool").attributes["error.type"] == "no_result"


def test_a_retry_is_a_failed_call_that_was_given_the_same() -> None:
    error = {"status": 529, "error": {"type": "error", "error": {"message": "Overloaded"}}}
    failed = record(2, "system", subtype="api_error", error=error, retryInMs=1000, retryAttempt=1)
    (spans,) = turns_of(claude_code, record(0, "user", "go"), failed, answer(5, text("done")))
    retry, call = (span for span in spans if span.name.startswith("chat"))
    assert (retry.status_code, retry.attributes["error.type"], retry.status_message) == (
        "error",
        "529",
        "Overloaded",
    )
    assert (
        retry.attributes["llm_tracer.input.new_messages"] == call.attributes["llm_tracer.input.new_messages"]
    )
    assert (call.start_time_unix_nano or 0) - (retry.end_time_unix_nano or 0) == 1_000_000_000
    assert spans[0].status_code == "unset"


def test_a_sub_agent_of_earlier_versions_is_found_by_its_prompt() -> None:
    task = {
        "type": "tool_use",
        "id": "t1",
        "name": "Task",
        "input": {"prompt": "count", "subagent_type": "counter"},
    }
    (spans,) = turns_of(
        claude_code, record(0, "user", "go"), answer(1, task),
        record(2, "user", "count", isSidechain=True), {**answer(3, text("2"), id_="msg_2"), "isSidechain": True, "parentUuid": "u2"},
        result(4, "t1", "2"), answer(5, text("Two"), id_="msg_3"),
    )  # fmt: skip
    task_span, agent = only(spans, "execute_tool Task"), only(spans, "invoke_agent counter")
    assert agent.parent_span_id == task_span.span_id
    assert (agent.attributes["llm_tracer.input"], agent.attributes["llm_tracer.output"]) == ("count", "2")


def test_hooks_and_what_was_typed_meanwhile() -> None:
    blocked = {
        "type": "hook_blocking_error",
        "hookName": "Stop",
        "blockingError": {"blockingError": "Run the tests"},
    }
    (spans,) = turns_of(
        claude_code, record(0, "user", "go"), answer(1, text("a")), record(2, "attachment", attachment=blocked),
        record(3, "attachment", attachment={"type": "queued_command", "prompt": "be quick"}), answer(4, text("b"), id_="msg_2"),
    )  # fmt: skip
    hook = only(spans, "hook Stop")
    assert (hook.attributes["error.type"], hook.status_message) == ("hook_refused", "Run the tests")
    last = max(
        (span for span in spans if span.name.startswith("chat")),
        key=lambda span: span.start_time_unix_nano or 0,
    )
    assert last.attributes["llm_tracer.input.new_messages"] == [{"role": "user", "content": "be quick"}]


def test_a_command_for_the_program_itself_is_no_turn_but_what_it_said_is_given() -> None:
    typed = "<command-name>/model</command-name><command-message>model</command-message><command-args>opus</command-args>"
    (spans,) = turns_of(claude_code, record(0, "user", typed), record(1, "user", "go"), answer(2, text("a")))
    assert [
        message["content"][0]["text"] for message in spans[1].attributes["llm_tracer.input.new_messages"]
    ] == [
        typed,
        "go",
    ]
    (spans,) = turns_of(claude_code, record(0, "user", typed), answer(2, text("a")))
    assert spans[0].attributes["llm_tracer.input"] == "/model opus"


def test_a_log_that_ends_with_a_compaction_is_not_running() -> None:
    typed = "<command-name>/compact</command-name>"
    boundary = record(
        1, "system", subtype="compact_boundary", compactMetadata={"trigger": "manual", "preTokens": 9}
    )
    summary = record(2, "user", "Greeted.", isCompactSummary=True)
    said = record(3, "user", "<local-command-stdout>Compacted</local-command-stdout>")
    (spans,) = turns_of(claude_code, record(0, "user", typed), boundary, summary, said)
    assert [(span.name, span.is_open) for span in spans] == [
        ("invoke_agent Claude Code", False),
        ("compaction", False),
    ]
    assert spans[0].attributes["llm_tracer.output"] == spans[1].attributes["llm_tracer.output"] == "Greeted."


def test_sub_agents_that_no_call_is_known_of_lie_below_the_turn_in_which_they_began() -> None:
    members = {"line": "x", "time": None, "agentId": "a", "isSidechain": True}
    prompt = record(1, "user", "count", **members)
    (spans,) = turns_of(
        claude_code,
        prompt,
        {**answer(3, text("2")), **members},
        record(2, "user", "go"),
        answer(4, text("b"), id_="msg_2"),
    )
    assert only(spans, "invoke_agent sub-agent").parent_span_id == spans[0].span_id
    (alone,) = turns_of(claude_code, prompt, {**answer(3, text("2")), **members})
    assert [span.name for span in alone] == ["invoke_agent sub-agent", "chat claude-opus-4-8"]


@pytest.mark.parametrize(
    "line",
    [b'{"type": "user", "uuid": "u', b"[1]", b'{"type": "user"}', b'{"type": 7}', b"\xff", b'{"type":"user","uuid":"u","timestamp":"now"}'],
)  # fmt: skip
def test_a_line_that_is_no_record_is_reported_and_the_others_are_read(line: bytes) -> None:
    turns, unread = read(claude_code, record(0, "user", "go"), line, answer(1, text("a")))
    assert unread == [2]
    assert len(turns[0]) == 2
