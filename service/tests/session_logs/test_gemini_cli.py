"""Gemini CLI's logs: recorded ones are read in test_recorded.py; here are shapes that no recording has."""

from __future__ import annotations

from typing import Any

from llm_tracer_service.session_logs import gemini_cli
from tests.session_logs.reading import only, turns_of

HEAD = {
    "sessionId": "s",
    "projectHash": "p",
    "startTime": "2025-11-23T12:00:00.000Z",
    "lastUpdated": "2025-11-23T12:00:00.000Z",
}


def message(second: int, type_: str, content: Any, **members: Any) -> dict[str, Any]:
    return {
        "id": f"m{second}",
        "timestamp": f"2025-11-23T12:00:{second:02}.000Z",
        "type": type_,
        "content": content,
        **members,
    }


def tool(second: int, status: str, **response: Any) -> dict[str, Any]:
    result = [{"functionResponse": {"id": "t", "name": "run_shell_command", "response": response}}]
    time = f"2025-11-23T12:00:{second:02}.000Z"
    return {
        "id": "t",
        "name": "run_shell_command",
        "args": {"command": "make"},
        "status": status,
        "result": result,
        "timestamp": time,
    }


TOKENS = {"input": 10, "output": 3, "cached": 4, "thoughts": 2, "tool": 1, "total": 16}


def test_a_session_in_one_document_gives_the_results_of_tools_to_the_next_call() -> None:
    call = message(
        2, "gemini", "", toolCalls=[tool(4, "success", output="done")], model="gemini-2.5-pro", tokens=TOKENS
    )
    log = {
        **HEAD,
        "messages": [message(1, "user", "go"), call, message(6, "gemini", "Made.", model="gemini-2.5-pro")],
    }
    (spans,) = turns_of(gemini_cli, log)
    assert [span.name for span in spans[1:]] == [
        "chat gemini-2.5-pro",
        "execute_tool run_shell_command",
        "chat gemini-2.5-pro",
    ]
    assert spans[0].attributes["llm_tracer.output"] == "Made."
    assert [
        spans[1].attributes[f"gen_ai.usage.{part}_tokens"] for part in ("input", "output", "reasoning.output")
    ] == [11, 5, 2]
    assert spans[3].attributes["llm_tracer.input.new_messages"][0]["role"] == "tool"
    assert (spans[3].end_time_unix_nano or 0) - (spans[3].start_time_unix_nano or 0) == 2_000_000_000


def test_what_failed_and_what_was_refused() -> None:
    for status, response, told in [
        ("error", {"error": "No such file"}, ("tool_error", "No such file")),
        ("cancelled", {"error": "[Operation Cancelled]"}, ("rejected", "Rejected by the user")),
        (
            "success",
            {"output": "Output: no\nExit Code: 2\n"},
            ("tool_error", "Exit code 2\nOutput: no\nExit Code: 2\n"),
        ),
    ]:
        call = message(2, "gemini", "", toolCalls=[tool(4, status, **response)], model="gemini-2.5-pro")
        (spans,) = turns_of(gemini_cli, HEAD, message(1, "user", "go"), call)
        failed = only(spans, "execute_tool")
        assert (failed.attributes["error.type"], failed.status_message) == told
    (spans,) = turns_of(gemini_cli, HEAD, message(1, "user", "go"), message(2, "error", "[API Error: quota]"))
    assert [span.status_code for span in spans] == ["error", "error"]
    (spans,) = turns_of(gemini_cli, HEAD, message(1, "user", "go"), message(2, "info", "Request cancelled."))
    assert spans[0].attributes["error.type"] == "interrupted"


def test_a_summary_takes_the_place_of_what_was_said() -> None:
    answer = message(2, "gemini", "Hello", model="gemini-2.5-pro")
    summary = {"$set": {"messages": [message(3, "user", "<state_snapshot>greeted</state_snapshot>"), answer]}}
    first, second = turns_of(
        gemini_cli, HEAD, message(1, "user", "hi"), answer, summary, message(5, "user", "and now?"),
        message(6, "gemini", "Bye", model="gemini-2.5-pro"),
    )  # fmt: skip
    assert (
        only(first, "compaction").attributes["llm_tracer.output"]
        == "<state_snapshot>greeted</state_snapshot>"
    )
    given = second[1].attributes["llm_tracer.input.new_messages"]
    assert [sent["role"] for sent in given] == ["system", "user"]


def test_a_session_that_goes_on_another_day_is_no_compaction() -> None:
    answer = message(2, "gemini", "Hello", model="gemini-2.5-pro")
    setup = {
        "$set": {
            "messages": [
                message(3, "user", "<session_context>Tuesday</session_context>"),
                message(1, "user", "hi"),
                answer,
            ]
        }
    }
    first, second = turns_of(
        gemini_cli, HEAD, message(1, "user", "hi"), answer, HEAD, setup, message(5, "user", "and now?"), message(6, "gemini", "Bye", model="gemini-2.5-pro")
    )  # fmt: skip
    assert [span.name for span in first] == ["invoke_agent Gemini CLI", "chat gemini-2.5-pro"]
    assert [sent["role"] for sent in second[1].attributes["llm_tracer.input.new_messages"]] == [
        "system",
        "user",
    ]


def test_a_sub_agent_without_its_session_is_a_trace_of_its_own() -> None:
    (spans,) = turns_of(
        gemini_cli,
        {**HEAD, "kind": "subagent"},
        message(1, "user", "count"),
        message(2, "gemini", "2", model="gemini-2.5-pro"),
    )
    assert [span.name for span in spans] == ["invoke_agent sub-agent", "chat gemini-2.5-pro"]


def test_a_turn_that_goes_on_is_open() -> None:
    (spans,) = turns_of(gemini_cli, HEAD, message(1, "user", "go"))
    assert [span.is_open for span in spans] == [True]
