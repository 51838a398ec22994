"""Codex's logs: recorded ones are read in test_recorded.py; here are the shapes of earlier versions."""

from __future__ import annotations

import json
from typing import Any

from llm_tracer_service.session_logs import codex
from tests.session_logs.reading import only, turns_of


def record(second: int, type_: str, **payload: Any) -> dict[str, Any]:
    """A line that was written so many seconds after twelve."""
    return {"timestamp": f"2025-11-23T12:00:{second:02}.000Z", "type": type_, "payload": payload}


def said(second: int, role: str, text: str) -> dict[str, Any]:
    return record(
        second, "response_item", type="message", role=role, content=[{"type": "input_text", "text": text}]
    )


def counted(second: int, total: int) -> dict[str, Any]:
    usage = {"input_tokens": 10, "cached_input_tokens": 4, "output_tokens": 3, "reasoning_output_tokens": 1}
    info = {"last_token_usage": usage, "total_token_usage": {"total_tokens": total}}
    return record(second, "event_msg", type="token_count", info=info)


HEAD = [
    record(0, "session_meta", id="s", cwd="/home/dev/project", cli_version="0.46.0", git={"branch": "main"}),
    said(0, "user", "<environment_context>\n<cwd>/home/dev/project</cwd>\n</environment_context>"),
]
OUTPUT = json.dumps({"output": "1 failed", "metadata": {"exit_code": 1}})
SHELL = record(
    3, "response_item", type="function_call", name="shell", call_id="c1", arguments='{"command":["make"]}'
)
RESULT = record(5, "response_item", type="function_call_output", call_id="c1", output=OUTPUT)


def test_turns_begin_with_prompts_where_nothing_else_says_so() -> None:
    log = [
        *HEAD, said(1, "user", "go"), record(1, "turn_context", model="gpt-5", effort="high"), SHELL, counted(3, 13),
        RESULT, counted(5, 13), said(7, "assistant", "It fails."), counted(7, 26), said(9, "user", "And now?"), said(10, "assistant", "Still."),
    ]  # fmt: skip
    first, second = turns_of(codex, *log)
    assert [span.name for span in first] == [
        "invoke_agent Codex",
        "chat gpt-5",
        "chat gpt-5",
        "execute_tool shell",
    ]
    assert [span.attributes.get("llm_tracer.output") for span in (first[0], second[0])] == [
        "It fails.",
        "Still.",
    ]
    assert first[0].attributes["vcs.ref.head.name"] == "main"
    assert [span.attributes.get("gen_ai.usage.input_tokens") for span in first] == [None, 10, 10, None]
    assert "gen_ai.usage.input_tokens" not in second[1].attributes
    tool = only(first, "execute_tool")
    assert (tool.attributes["error.type"], tool.status_message) == ("tool_error", "Exit code 1\n1 failed")
    assert (tool.end_time_unix_nano or 0) - (tool.start_time_unix_nano or 0) == 2_000_000_000


def test_a_turn_that_goes_on_is_open() -> None:
    (spans,) = turns_of(codex, *HEAD, said(1, "user", "go"), SHELL)
    assert [span.is_open for span in spans] == [True, False, True]
    (spans,) = turns_of(codex, *HEAD, said(1, "user", "go"), SHELL, RESULT, said(7, "assistant", "It fails."))
    assert not any(span.is_open for span in spans)


def test_a_stream_that_broke_is_a_failed_call_and_no_failed_turn() -> None:
    broken = record(2, "event_msg", type="stream_error", message="stream disconnected")
    (spans,) = turns_of(codex, *HEAD, said(1, "user", "go"), broken, said(4, "assistant", "Done"))
    assert [span.status_code for span in spans] == ["unset", "error", "unset"]
    assert spans[1].status_message == "stream disconnected"


def test_the_instructions_that_a_log_holds_are_given_once() -> None:
    head = record(0, "session_meta", id="s", base_instructions={"text": "You are Codex."})
    (spans,) = turns_of(codex, head, said(1, "user", "go"), SHELL, RESULT, said(7, "assistant", "It fails."))
    roles = [
        [message["role"] for message in span.attributes["llm_tracer.input.new_messages"]]
        for span in spans
        if span.name.startswith("chat")
    ]
    assert roles == [["system", "user"], ["tool"]]


def test_a_fork_that_repeats_a_turn_gives_the_same_spans() -> None:
    def log(thread: str, second: int) -> list[dict[str, Any]]:
        head = record(second, "session_meta", id=thread)
        begin = record(second, "event_msg", type="task_started", turn_id="t")
        error = record(second, "event_msg", type="stream_error", message="broken")
        return [head, begin, said(second, "user", "go"), error, said(second, "assistant", "Done")]

    (first,), (fork,) = turns_of(codex, *log("a", 1)), turns_of(codex, *log("b", 9))
    assert [(span.trace_id, span.span_id) for span in first] == [
        (span.trace_id, span.span_id) for span in fork
    ]
