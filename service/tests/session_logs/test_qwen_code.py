"""Qwen Code's logs: recorded ones are read in test_recorded.py; here are shapes that no recording has."""

from __future__ import annotations

from typing import Any

from llm_tracer_service.session_logs import qwen_code
from llm_tracer_service.session_logs.files import recognised
from llm_tracer_service.session_logs.spans import START_SOURCE
from tests.session_logs.reading import only, turns_of


def record(second: int, type_: str, *parts: dict[str, Any], **members: Any) -> dict[str, Any]:
    return {
        "uuid": f"u{second}", "parentUuid": None, "sessionId": "s", "timestamp": f"2026-11-23T12:00:{second:02}.000Z",
        "type": type_, "cwd": "/p", "version": "1", "message": {"parts": list(parts)}, **members,
    }  # fmt: skip


def event(second: int, name: str, prompt: str = "p1", **told: Any) -> dict[str, Any]:
    told = {"event.name": f"qwen-code.{name}", "prompt_id": prompt, "model": "m", "duration_ms": 500, **told}
    return record(second, "system", subtype="ui_telemetry", systemPayload={"uiEvent": told})


def spent(given: int, answered: int) -> dict[str, int]:
    return {"input_token_count": given, "output_token_count": answered, "total_token_count": given + answered}


def agent_call(id_: str, kind: str) -> dict[str, Any]:
    return {
        "functionCall": {"id": id_, "name": "agent", "args": {"subagent_type": kind, "prompt": f"be {kind}"}}
    }


def result(second: int, id_: str) -> dict[str, Any]:
    answer = {"functionResponse": {"id": id_, "name": "agent", "response": {"output": "done"}}}
    return record(second, "tool_result", answer, toolCallResult={"callId": id_, "status": "success"})


def test_a_call_without_an_event_counts_by_what_the_model_said() -> None:
    usage = {
        "promptTokenCount": 10,
        "candidatesTokenCount": 3,
        "thoughtsTokenCount": 2,
        "totalTokenCount": 15,
    }
    (spans,) = turns_of(
        qwen_code,
        record(1, "user", {"text": "go"}),
        record(
            3, "assistant", {"text": "hm", "thought": True}, {"text": "Gone."}, model="m", usageMetadata=usage
        ),
    )
    call = only(spans, "chat")
    assert (call.attributes["gen_ai.usage.input_tokens"], call.attributes["gen_ai.usage.output_tokens"]) == (
        10,
        5,
    )
    assert call.attributes[START_SOURCE] == "latest input"
    assert spans[0].attributes["llm_tracer.output"] == "Gone."


def test_of_several_events_that_with_the_tokens_of_the_answer_is_its_call() -> None:
    (spans,) = turns_of(
        qwen_code,
        record(1, "user", {"text": "go"}),
        event(2, "api_response", **spent(90, 9)),  # a compaction that failed
        event(3, "api_response", **spent(10, 3)),
        record(
            4, "assistant", {"text": "Gone."}, usageMetadata={"promptTokenCount": 10, "totalTokenCount": 13}
        ),
    )
    calls = [span for span in spans if span.name == "chat m"]
    told = [
        (call.attributes["gen_ai.usage.input_tokens"], "llm_tracer.input.new_messages" in call.attributes)
        for call in calls
    ]
    assert told == [(10, True), (90, False)]
    assert calls[0].end_time_unix_nano - (calls[0].start_time_unix_nano or 0) == 500_000_000  # type: ignore[operator]


def test_sub_agents_at_once_lie_below_the_calls_for_their_kind() -> None:
    (spans,) = turns_of(
        qwen_code,
        record(1, "user", {"text": "go"}),
        record(2, "assistant", agent_call("a", "Explore"), agent_call("b", "general-purpose")),
        event(3, "api_response", "s#general-purpose-x#0", subagent_name="general-purpose", **spent(1, 1)),
        event(4, "tool_call", "s#general-purpose-x#0", function_name="ls", status="error", error="no"),
        event(5, "api_response", "s#Explore-y#0", subagent_name="Explore", **spent(1, 1)),
        event(6, "api_error", "s#Explore-y#1", subagent_name="Explore", error_type="X", status_code=500),
        result(7, "b"),
        result(8, "a"),
        record(9, "assistant", {"text": "Done."}),
    )
    by_id = {span.span_id: span for span in spans}
    for kind in ("Explore", "general-purpose"):
        agent = only(spans, f"invoke_agent {kind}")
        starter = by_id[agent.parent_span_id or ""]
        assert starter.attributes["gen_ai.tool.call.arguments"]["subagent_type"] == kind
        assert agent.attributes["llm_tracer.input"] == f"be {kind}"
    assert only(spans, "execute_tool ls").attributes["error.type"] == "tool_error"
    assert only(spans, "invoke_agent Explore").attributes["error.type"] == "500"


def test_a_notification_belongs_to_its_turn_and_a_schedule_begins_one() -> None:
    turns = turns_of(
        qwen_code,
        event(1, "api_response", **spent(7, 1)),  # before anybody said something
        record(2, "user", {"text": "go"}),
        record(3, "user", {"text": "The agent is done."}, subtype="notification"),
        record(4, "user", {"text": "every hour"}, subtype="cron"),
    )
    assert [[span.name for span in turn] for turn in turns] == [
        ["invoke_agent Qwen Code", "chat m"],
        ["invoke_agent Qwen Code"],
    ]
    assert [turn[0].attributes["llm_tracer.input"] for turn in turns] == ["go", "every hour"]
    assert turns[-1][0].end_time_unix_nano is None


def test_a_log_without_a_prompt_keeps_its_calls() -> None:
    (spans,) = turns_of(qwen_code, event(1, "api_response", **spent(7, 1)))
    assert [span.name for span in spans] == ["invoke_agent Qwen Code", "chat m"]


def test_records_are_told_from_those_of_claude_code() -> None:
    line = (
        b'{"uuid": "u", "parentUuid": null, "sessionId": "s", "cwd": "/p", "version": "1", "type": "user"}\n'
    )
    assert recognised([line]).program is qwen_code
    assert recognised([line.replace(b'"type"', b'"isSidechain": false, "type"')]).program is not qwen_code
