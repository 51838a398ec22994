"""Senders that nobody described, with names under a prefix of their own, and those that were run to find out what they say."""

from __future__ import annotations

import json
from typing import Any, ClassVar

import pytest
from llm_tracer.model.reading import Message
from llm_tracer.model.span import SpanEvent

from .spans import START, content, read, text


class TestFamilies:
    """Beside `PREFIX.span.kind` or `PREFIX.span.type`, the last words of other names with the prefix say what they mean."""

    AGENT: ClassVar[dict[str, Any]] = {
        "robot.span.kind": "agent",
        "robot.input": '{"q": "Umbrella?"}',
        "robot.output": "Take it",
        "robot.session.id": "s-1",
        "robot.user.id": "u-1",
        "robot.agent.name": "helper",
    }

    def test_kind_content_session_and_user(self) -> None:
        found = read(self.AGENT)
        assert (found.kind, found.session_id, found.user_id, found.agent_name) == (
            "agent",
            "s-1",
            "u-1",
            "helper",
        )
        opened = content(self.AGENT)
        assert (opened.input_raw, opened.output_raw) == ({"q": "Umbrella?"}, "Take it")
        assert opened.provenance["session_id"] == "robot.session.id"

    def test_a_call(self) -> None:
        sent = {
            "robot.span.type": "llm",
            "robot.model": "tiny-2",
            "robot.prompt": '[{"role": "user", "content": "Hm?"}]',
            "robot.completion": "Yes.",
            "robot.usage.input_tokens": 12,
            "robot.usage.output_tokens": 5,
            "robot.cost.usd": 0.25,
        }
        found = read(sent)
        assert (found.kind, found.request_model) == ("llm", "tiny-2")
        assert found.usage is not None
        assert (found.usage.input, found.usage.output) == (12, 5)
        assert found.cost is not None
        assert found.cost.total == 0.25
        opened = content(sent)
        assert opened.input_messages == (Message("user", (text("Hm?"),)),)
        assert opened.output_messages == (Message("assistant", (text("Yes."),)),)

    @pytest.mark.parametrize("mark", [{}, {"browser.span.kind": "agent"}, {"span.kind": "agent"}])
    def test_without_the_kind_of_the_same_prefix_a_name_means_nothing(self, mark: dict[str, Any]) -> None:
        sent = {name: value for name, value in self.AGENT.items() if name != "robot.span.kind"}
        found = read({**sent, **mark})
        assert (found.session_id, found.user_id) == (None, None)

    def test_a_name_that_the_table_has_keeps_its_meaning(self) -> None:
        """The session of an MCP connection is none of a conversation."""
        sent = {"mcp.span.kind": "tool", "mcp.session.id": "connection-1"}
        assert read(sent).session_id is None
        assert content(sent).mcp == {"session_id": "connection-1"}

    def test_a_kind_of_opentelemetry_says_nothing(self) -> None:
        assert read({"otel.span.kind": "client"}).kind == "other"


class TestAgentrace:
    CALL: ClassVar[dict[str, Any]] = {
        "agentrace.span.kind": "llm",
        "gen_ai.system": "openai",
        "gen_ai.request.model": "gpt-fail",
        "agentrace.prompt": '[{"role": "user", "content": "Fail"}]',
    }

    def test_a_call_that_failed_is_one(self) -> None:
        assert read(self.CALL).kind == "llm"
        assert content(self.CALL).input_messages == (Message("user", (text("Fail"),)),)

    def test_reasons_as_python_prints_a_list(self) -> None:
        sent = {**self.CALL, "gen_ai.response.finish_reasons": "['tool_calls']"}
        assert read(sent).finish_reasons == ("tool_calls",)

    def test_a_tool(self) -> None:
        sent = {
            "agentrace.span.kind": "tool",
            "agentrace.tool.name": "lookup",
            "agentrace.tool.input": '{"city": "Bergen"}',
            "agentrace.tool.output": '{"rain": 11}',
        }
        tool = content(sent).tool
        assert tool is not None
        assert (tool["name"], tool["arguments"], tool["result"]) == (
            "lookup",
            {"city": "Bergen"},
            {"rain": 11},
        )


@pytest.mark.parametrize("kind", ["workflow", "agent", "tool"])
def test_the_observability_sdk_of_agntcy(kind: str) -> None:
    """It has OpenLLMetry's names under another prefix."""
    sent = {
        "ioa_observe.span.kind": kind,
        "ioa_observe.entity.name": "helper",
        "ioa_observe.workflow.name": "ask",
        "ioa_observe.entity.input": '{"args": ["Bergen"], "kwargs": {}}',
        "ioa_observe.entity.output": '{"rain": 11}',
        "session.id": "shop_1",
    }
    found = read(sent)
    assert found.kind == ("chain" if kind == "workflow" else kind)
    opened = content(sent)
    assert opened.output_raw == {"rain": 11}
    assert opened.workflow_name == "ask"
    assert found.name == "helper"


def test_keywords_ai_before_its_new_name() -> None:
    sent = {
        "keywordsai.customer_params.customer_identifier": "u-1",
        "keywordsai.threads.thread_identifier": "t-1",
        "keywordsai.metadata.plan": "pro",
    }
    found = read(sent)
    assert (found.user_id, found.session_id, found.metadata) == ("u-1", "t-1", {"plan": "pro"})


def test_the_conversation_of_raindrop() -> None:
    assert read({"traceloop.association.properties.convo_id": "s-1"}).session_id == "s-1"


def test_gentrace_says_in_events_what_a_function_was_given() -> None:
    events = (
        SpanEvent("gentrace.fn.args", START, {"args": '[{"q": "Umbrella"}]'}),
        SpanEvent("gentrace.fn.output", START, {"output": '{"answer": "Yes"}'}),
    )
    sent = {"gentrace.sample": "true"}
    opened = content(sent, *events, scope="gentrace")
    assert (opened.input_raw, opened.output_raw) == ([{"q": "Umbrella"}], {"answer": "Yes"})
    assert read(sent, *events, scope="gentrace").kind == "chain"


class TestPromptLayer:
    GIVEN: ClassVar[dict[str, Any]] = {
        "model": "gpt-4o-mini",
        "messages": [{"role": "user", "content": "Hm?"}],
        "instructions": "Be brief.",
    }
    CALL: ClassVar[dict[str, Any]] = {
        "provider": "openai",
        "function_name": "openai.OpenAI.chat.completions.create",
        "function_input": str({"args": (), "kwargs": GIVEN}),
    }

    def test_a_call_in_what_python_prints_of_its_arguments(self) -> None:
        found = read(self.CALL, scope="promptlayer.otlp")
        assert (found.kind, found.provider, found.request_model) == ("llm", "openai", "gpt-4o-mini")
        opened = content(self.CALL, scope="promptlayer.otlp")
        assert opened.input_messages == (Message("user", (text("Hm?"),)),)
        assert opened.system == (text("Be brief."),)

    def test_a_function(self) -> None:
        sent = {
            "function_input": "{'args': ('Bergen',), 'kwargs': {}}",
            "function_output": "{'rain': 11}",
        }
        assert read(sent, scope="promptlayer.otlp").kind == "chain"
        assert content(sent, scope="promptlayer.otlp").output_raw == "{'rain': 11}"


def test_lilypad() -> None:
    sent = {
        "lilypad.type": "trace",
        "lilypad.trace.arg_values": '{"city": "Bergen"}',
        "lilypad.trace.output": '{"rain": 11}',
        "lilypad.session_id": "s-1",
        "lilypad.trace.tags": ["weather"],
    }
    found = read(sent, scope="lilypad")
    assert (found.kind, found.session_id, found.tags) == ("chain", "s-1", ("weather",))
    opened = content(sent, scope="lilypad")
    assert (opened.input_raw, opened.output_raw) == ({"city": "Bergen"}, {"rain": 11})


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("Calling prompt-function {self._name}", "chain"),
        ("Calling prompt-chain {func.__name__}", "chain"),
        ("Executing function call {self._function.__name__}", "tool"),
    ],
)
def test_magentic(name: str, kind: str) -> None:
    assert read({"logfire.span_type": "span"}, name=name, scope="magentic").kind == kind


def test_a_tool_of_magentic() -> None:
    sent = {"logfire.span_type": "span", "self._function.__name__": "weather"}
    found = read(sent, name="Executing function call {self._function.__name__}", scope="magentic")
    assert found.tool_name == "weather"


def test_patronus() -> None:
    assert read({"pat.app": "shop"}, scope="patronus.sdk").kind == "chain"
    assert read({"pat.span.type": "eval"}, scope="patronus.sdk").kind == "evaluator"


class TestIqaiAdk:
    def test_an_agent_that_says_what_its_last_call_used_is_no_call(self) -> None:
        sent = {
            "gen_ai.request.model": "gpt-4o-mini",
            "gen_ai.usage.input_tokens": 70,
            "adk.session_id": "s-1",
        }
        found = read(sent, name="agent_run [helper]", scope="iqai-adk")
        assert (found.kind, found.session_id) == ("agent", "s-1")

    def test_a_tool(self) -> None:
        sent = {
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.name": "get_weather",
            "adk.tool_call_args": '{"city": "Bergen"}',
            "adk.tool_response": '{"result": "11 mm"}',
        }
        tool = content(sent, scope="iqai-adk").tool
        assert tool is not None
        assert (tool["arguments"], tool["result"]) == ({"city": "Bergen"}, {"result": "11 mm"})


class TestCatalyst:
    RESPONSES: ClassVar[dict[str, Any]] = {
        "openinference.span.kind": "LLM",
        "llm.model_name": "gpt-4o-mini-2024-07-18",
        "llm.invocation_parameters": '{"model": "gpt-4o-mini"}',
        "llm.input_messages.0.message.role": "user",
        "llm.input_messages.0.message.content": "Hm?",
        "input.value": '{"model": "gpt-4o-mini", "input": "Hm?", "instructions": "Be brief."}',
        "llm.usage": '{"input_tokens": 70, "output_tokens": 9}',
    }

    def test_instructions_that_only_the_body_has(self) -> None:
        opened = content(self.RESPONSES)
        assert opened.system == (text("Be brief."),)
        assert opened.provenance["system"] == "input.value"

    def test_instructions_among_the_messages_come_first(self) -> None:
        opened = content({**self.RESPONSES, "llm.input_messages.0.message.role": "developer"})
        assert opened.system == (text("Hm?"),)

    def test_the_model_of_a_stream(self) -> None:
        found = read(self.RESPONSES)
        assert (found.request_model, found.response_model) == ("gpt-4o-mini", "gpt-4o-mini-2024-07-18")

    def test_a_call_that_failed_was_answered_by_no_model(self) -> None:
        sent = {name: value for name, value in self.RESPONSES.items() if name != "llm.usage"}
        assert read(sent).response_model is None

    def test_thoughts_that_only_the_body_has(self) -> None:
        thought = {"type": "thinking", "thinking": "Bergen.", "signature": "c2ln"}
        body = {
            "role": "assistant",
            "content": [thought, {"type": "text", "text": "Yes."}],
            "stop_reason": "end_turn",
        }
        sent = {
            "openinference.span.kind": "LLM",
            "llm.output_messages.0.message.role": "assistant",
            "llm.output_messages.0.message.content": "Yes.",
            "output.value": json.dumps(body),
        }
        (message,) = content(sent, scope="catalyst_tracing.anthropic").output_messages
        assert [part["type"] for part in message.parts] == ["reasoning", "text"]
