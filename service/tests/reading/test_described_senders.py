"""Senders whose spans their sources and documentation describe; a few of them were run since, and sent the same."""

from __future__ import annotations

import json
from typing import Any, ClassVar

import pytest
from llm_tracer.model.reading import Message, Usage
from llm_tracer.model.span import SpanEvent

from .spans import START, content, read, text

CALL = {"type": "tool_call", "id": "call_1", "name": "get_weather", "arguments": {"city": "Bergen"}}
SAID = [{"role": "user", "parts": [{"type": "text", "content": "Hi"}]}]


class TestClaudeCode:
    """Its own names say the input without the cache; since 2.1 OpenTelemetry's stand beside them, which say it with."""

    OWN: ClassVar[dict[str, Any]] = {
        "span.type": "llm_request",
        "model": "claude-sonnet-4-5",
        "input_tokens": 12,
        "output_tokens": 30,
        "cache_read_tokens": 1000,
        "cache_creation_tokens": 200,
        "ttft_ms": 840,
    }

    def test_its_own_names_alone(self) -> None:
        reading = read(self.OWN)
        assert reading.usage == Usage(input=1212, output=30, total=1242, cache_read=1000, cache_write=200)
        assert (reading.usage_flags, reading.ttft_ms) == (("input_made_inclusive",), 840)

    def test_opentelemetry_beside_them(self) -> None:
        reading = read(
            {
                **self.OWN,
                "gen_ai.operation.name": "chat",
                "gen_ai.provider.name": "aws.bedrock",
                "gen_ai.response.id": "req_1",
                "gen_ai.usage.input_tokens": 1212,
                "gen_ai.usage.output_tokens": 30,
                "gen_ai.usage.cache_read.input_tokens": 1000,
                "gen_ai.usage.cache_write.input_tokens": 200,
            }
        )
        assert reading.usage == Usage(input=1212, output=30, total=1242, cache_read=1000, cache_write=200)
        assert reading.usage_flags == ()

    def test_what_was_not_cached_may_be_more(self) -> None:
        attributes = {**self.OWN, "input_tokens": 2000, "gen_ai.usage.input_tokens": 3200}
        reading = read({**attributes, "gen_ai.usage.cache_read.input_tokens": 1000})
        assert reading.usage is not None
        assert reading.usage.input == 3200

    @pytest.mark.parametrize(
        ("sent", "kind"),
        [
            ("interaction", "agent"),
            ("subagent.spawn", "agent"),
            ("tool.execution", "chain"),
            ("tool.blocked_on_user", "chain"),
            ("mcp.rpc", "mcp"),
            ("hook", "chain"),
            ("compaction", "chain"),
            ("bash.subprocess", "chain"),
        ],
    )
    def test_kinds(self, sent: str, kind: str) -> None:
        assert read({"span.type": sent}).kind == kind

    def test_a_tool_with_its_arguments_and_its_result(self) -> None:
        attributes = {
            "span.type": "tool",
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.name": "Bash",
            "tool_input": '[TOOL INPUT: Bash]\n{"command": "ls"}',
            "new_context": "[TOOL RESULT: Bash]\na.py",
        }
        tool = content(attributes).tool
        assert tool is not None
        assert (tool["name"], tool["arguments"], tool["result"]) == ("Bash", {"command": "ls"}, "a.py")

    def test_what_a_tool_answered_in_an_event(self) -> None:
        tool = {"span.type": "tool", "gen_ai.tool.name": "Read", "file_path": "a.py"}
        for name in ("output", "content", "diff"):
            event = SpanEvent("tool.output", START, attributes={name: "x = 1"})
            used = content(tool, event).tool
            assert used is not None
            assert (used["arguments"], used["result"]) == ("a.py", "x = 1")

    def test_what_the_person_asked_and_what_the_model_was_told(self) -> None:
        asked = {"gen_ai.operation.name": "invoke_agent", "span.type": "interaction", "user_prompt": "Fix it"}
        assert (content(asked).input_raw, read(asked).input_preview) == ("Fix it", "Fix it")
        call = {
            **self.OWN,
            "new_context": "[USER]\nFix it",
            "system_prompt_preview": "You are Claude Code",
            "tools": '[{"name": "Bash", "hash": "sha256:1"}]',
            "response.model_output": "Done",
            "effort": "high",
        }
        found = content(call)
        assert found.system == (text("You are Claude Code"),)
        assert found.input_messages == (Message("user", (text("Fix it"),)),)
        assert found.output_messages == (Message("assistant", (text("Done"),)),)
        assert [tool["name"] for tool in found.tool_definitions] == ["Bash"]
        assert found.params["reasoning_effort"] == "high"

    def test_what_is_new_since_the_call_before(self) -> None:
        call = {
            **self.OWN,
            "new_context": "[TOOL RESULT: toolu_1]\na.py\n\n---\n\nb\n\n---\n\n[USER]\nAnd now?",
        }
        assert content(call).input_messages == (
            Message("tool", ({"type": "tool_result", "id": "toolu_1", "content": "a.py\n\n---\n\nb"},)),
            Message("user", (text("And now?"),)),
        )
        assert read(call).input_preview == "And now?"
        plain = content({**self.OWN, "new_context": "Look: [USER]\nHi"})
        assert plain.input_messages == (Message("user", (text("Look: [USER]\nHi"),)),)


class TestCodex:
    """A turn says what its calls used together, and the model; each call says its own numbers only."""

    SCOPE = "codex_cli_rs"

    def test_a_turn(self) -> None:
        reading = read(
            {
                "thread.id": "019a",
                "turn.id": "turn-1",
                "model": "gpt-5",
                "codex.turn.reasoning_effort": "medium",
                "codex.turn.token_usage.input_tokens": 1200,
                "codex.turn.token_usage.cached_input_tokens": 800,
                "codex.turn.token_usage.cache_write_input_tokens": 0,
                "codex.turn.token_usage.non_cached_input_tokens": 400,
                "codex.turn.token_usage.output_tokens": 80,
                "codex.turn.token_usage.reasoning_output_tokens": 64,
                "codex.turn.token_usage.total_tokens": 1280,
            },
            name="session_task.turn", scope=self.SCOPE,
        )  # fmt: skip
        assert (reading.kind, reading.model, reading.session_id) == ("agent", "gpt-5", "019a")
        assert reading.usage == Usage(
            input=1200, output=80, total=1280, cache_read=800, cache_write=0, reasoning=64
        )
        assert reading.usage_flags == ("all_steps",)

    def test_a_call(self) -> None:
        reading = read(
            {
                "gen_ai.usage.input_tokens": 700,
                "gen_ai.usage.cache_read.input_tokens": 400,
                "gen_ai.usage.output_tokens": 50,
                "codex.usage.reasoning_output_tokens": 32,
                "codex.usage.total_tokens": 750,
            },
            name="completed", scope=self.SCOPE,
        )  # fmt: skip
        assert reading.kind == "llm"
        assert reading.usage == Usage(input=700, output=50, total=750, cache_read=400, reasoning=32)
        assert reading.usage_flags == ("last_step",)

    def test_a_tool(self) -> None:
        sent = {
            "conversation.id": "019a", "thread.id": "019a", "turn.id": "turn-1",
            "tool_name": "exec_command", "call_id": "call_1", "codex.tool.phase": "dispatch",
        }  # fmt: skip
        reading = read(sent, name="exec_command", scope=self.SCOPE)
        assert (reading.kind, reading.tool_name, reading.tool_call_id) == ("tool", "exec_command", "call_1")
        assert reading.session_id == "019a"

    def test_the_id_of_a_thread_of_the_machine_is_no_session(self) -> None:
        assert read({"thread.id": 41, "turn.id": "turn-1"}, scope=self.SCOPE).session_id is None


class TestGeminiCLI:
    SCOPE = "gemini-cli"

    def test_a_tool(self) -> None:
        asked = {
            "callId": "call_1",
            "name": "get_weather",
            "args": {"city": "Bergen"},
            "isClientInitiated": False,
        }
        answer = {"functionResponse": {"id": "call_1", "name": "get_weather", "response": {"output": "Rain"}}}
        attributes = {
            "gen_ai.operation.name": "tool_call",
            "gen_ai.agent.name": "gemini-cli",
            "gen_ai.conversation.id": "s",
            "gen_ai.tool.name": "get_weather",
            "gen_ai.tool.call_id": "call_1",
            "gen_ai.input.messages": json.dumps(asked),
            "gen_ai.output.messages": json.dumps({"status": "success", "response": {"responseParts": [answer]}}),
        }  # fmt: skip
        reading, tool = read(attributes, scope=self.SCOPE), content(attributes, scope=self.SCOPE).tool
        assert (reading.kind, reading.tool_call_id, reading.session_id) == ("tool", "call_1", "s")
        assert tool is not None
        assert (tool["arguments"], tool["result"]) == ({"city": "Bergen"}, {"output": "Rain"})

    def test_what_it_cut_is_shown_as_it_came(self) -> None:
        cut = '{"callId": "call_1", "args": {"file": "aaa...[TRUNCATED: original length 12000]'
        attributes = {"gen_ai.operation.name": "tool_call", "gen_ai.input.messages": cut}
        assert content(attributes, scope=self.SCOPE).input_raw == cut


class TestVercel:
    """Its fifth version passes on what Anthropic and Bedrock say; since the sixth its input includes the cache."""

    RAW: ClassVar = {
        "anthropic": {
            "usage": {"input_tokens": 900, "cache_creation_input_tokens": 100, "cache_read_input_tokens": 300}
        }
    }
    """What Anthropic said, as its provider passes it on."""

    @staticmethod
    def call(provider: str, **usage: int) -> dict[str, Any]:
        return {
            "ai.operationId": "ai.streamText.doStream",
            "ai.model.provider": provider,
            "ai.model.id": "claude-sonnet-4-5",
            **{f"ai.usage.{name}": count for name, count in usage.items()},
        }

    def test_anthropic_in_the_fifth(self) -> None:
        sent = self.call(
            "anthropic.messages", inputTokens=900, outputTokens=40, totalTokens=940, cachedInputTokens=300
        )
        reading = read({**sent, "ai.response.providerMetadata": json.dumps(self.RAW)}, scope="ai")
        assert reading.usage == Usage(input=1300, output=40, total=1340, cache_read=300, cache_write=100)
        # Other versions of Anthropic's provider do not say what Anthropic did.
        assert read(sent, scope="ai").usage == Usage(input=1200, output=40, total=1240, cache_read=300)

    def test_the_sum_of_all_steps_beside_what_the_last_one_said(self) -> None:
        raw = {"anthropic": {"usage": {"input_tokens": 900, "cache_read_input_tokens": 300}}}
        sent = {
            "ai.operationId": "ai.streamText",
            "ai.model.provider": "anthropic.messages",
            "ai.usage.inputTokens": 1800,
            "ai.usage.outputTokens": 80,
            "ai.usage.cachedInputTokens": 600,
            "ai.response.providerMetadata": json.dumps(raw),
        }
        assert read(sent, scope="ai").usage == Usage(input=2400, output=80, total=2480, cache_read=600)

    def test_anthropic_in_the_sixth(self) -> None:
        sent = self.call(
            "anthropic.messages", inputTokens=1300, outputTokens=40, totalTokens=1340, cachedInputTokens=300
        )
        details = {
            "ai.usage.inputTokenDetails.noCacheTokens": 900,
            "ai.usage.inputTokenDetails.cacheReadTokens": 300,
            "ai.usage.inputTokenDetails.cacheWriteTokens": 100,
        }
        expected = Usage(input=1300, output=40, total=1340, cache_read=300, cache_write=100)
        assert read({**sent, **details}, scope="ai").usage == expected
        assert (
            read({**sent, "ai.response.providerMetadata": json.dumps(self.RAW)}, scope="ai").usage == expected
        )

    def test_bedrock_in_the_fifth(self) -> None:
        sent = self.call(
            "amazon-bedrock", inputTokens=900, outputTokens=40, totalTokens=940, cachedInputTokens=300
        )
        raw = {"bedrock": {"usage": {"cacheWriteInputTokens": 100}}}
        reading = read({**sent, "ai.response.providerMetadata": json.dumps(raw)}, scope="ai")
        assert reading.usage == Usage(input=1300, output=40, total=1340, cache_read=300, cache_write=100)

    def test_openai_in_the_fifth(self) -> None:
        sent = self.call(
            "openai.responses", inputTokens=900, outputTokens=40, totalTokens=940, cachedInputTokens=300
        )
        assert read(sent, scope="ai").usage == Usage(input=900, output=40, total=940, cache_read=300)


@pytest.mark.parametrize(
    ("scope", "provider"),
    [
        ("pipecat", "anthropic"),
        ("pipecat", "aws.bedrock"),
        ("agent_framework", "anthropic"),
        ("org.springframework.boot", "anthropic"),
    ],
)
def test_senders_that_pass_on_what_a_provider_says(scope: str, provider: str) -> None:
    sent: dict[str, Any] = {
        "gen_ai.operation.name": "chat",
        "gen_ai.usage.input_tokens": 900,
        "gen_ai.usage.output_tokens": 40,
        "gen_ai.usage.cache_read.input_tokens": 300,
        "gen_ai.usage.cache_creation.input_tokens": 100,
    }
    of_provider = read({**sent, "gen_ai.provider.name": provider}, scope=scope).usage
    assert of_provider == Usage(input=1300, output=40, total=1340, cache_read=300, cache_write=100)
    assert read({**sent, "gen_ai.provider.name": "openai"}, scope=scope).usage == Usage(
        input=900, output=40, total=940, cache_read=300, cache_write=100
    )


def test_openllmetry_for_node_says_what_anthropic_says() -> None:
    sent = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "anthropic",
        "gen_ai.usage.input_tokens": 900,
        "gen_ai.usage.output_tokens": 40,
        "gen_ai.usage.total_tokens": 940,
        "gen_ai.usage.cache_read.input_tokens": 300,
        "gen_ai.usage.cache_creation.input_tokens": 100,
    }
    expected = Usage(input=1300, output=40, total=1340, cache_read=300, cache_write=100)
    assert read(sent, scope="@traceloop/instrumentation-anthropic").usage == expected
    assert read(sent, scope="opentelemetry.instrumentation.anthropic").usage == Usage(
        input=900, output=40, total=940, cache_read=300, cache_write=100
    )


def test_zeros_of_an_answer_whose_content_is_kept_out_are_unknown() -> None:
    zeros = {"gen_ai.usage.input_tokens": 0, "gen_ai.usage.output_tokens": 0, "gen_ai.usage.cost": 0}
    call = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "llama-3.3-70b-versatile", **zeros}
    for told in ({"gen_ai.response.id": "chatcmpl-1"}, {"gen_ai.response.finish_reasons": ["stop"]}):
        reading = read({**call, **told}, scope="openlit.instrumentation.groq")
        assert (reading.usage, reading.cost, reading.usage_flags) == (None, None, ("zeros_unknown",))
    assert read(call).usage is not None


class TestLiveKit:
    def test_a_change_of_instructions_is_no_unknown_part(self) -> None:
        items = [
            {"id": "i1", "type": "message", "role": "system", "content": ["Be brief"]},
            {"id": "i2", "type": "agent_config_update", "instructions": "Be brief", "tools_added": ["get_weather"]},
            {"id": "i3", "type": "message", "role": "user", "content": ["Hi"]},
            {"id": "i4", "type": "agent_config_update", "instructions": "Be long", "tools_removed": ["get_weather"]},
            {"id": "i5", "type": "agent_config_update", "instructions": None, "tools_added": ["get_time"]},
            {"id": "i6", "type": "agent_config_update", "instructions": ["Be kind"]},
        ]  # fmt: skip
        found = content(
            {"lk.pii.chat_ctx": json.dumps({"items": items})}, name="llm_node", scope="livekit-agents"
        )
        assert found.system == (text("Be brief"), text("Be long"), text("Be kind"))
        assert found.input_messages == (Message("user", (text("Hi"),), id="i3"),)


class TestSpringAI:
    def test_what_it_does_around_a_call_is_named_by_its_kind(self) -> None:
        around = {"gen_ai.operation.name": "framework", "gen_ai.system": "spring_ai"}
        tool = {
            **around,
            "spring.ai.kind": "tool_call",
            "spring.ai.tool.definition.name": "get_weather",
            "spring.ai.tool.definition.description": "Says the weather",
            "spring.ai.tool.call.arguments": '{"city": "Bergen"}',
            "spring.ai.tool.call.result": '"Rain"',
        }
        assert read(tool).kind == "tool"
        used = content(tool).tool
        assert used is not None
        assert (used["description"], used["result"]) == ("Says the weather", "Rain")
        assert read({**around, "spring.ai.kind": "chat_client"}).kind == "chain"
        assert read({**around, "spring.ai.kind": "vector_store"}).kind == "retriever"

    def test_a_model_that_nobody_named(self) -> None:
        reading = read(
            {
                "gen_ai.operation.name": "chat",
                "gen_ai.system": "openai",
                "gen_ai.request.model": "gpt-4o-mini",
                "gen_ai.response.model": "none",
            }
        )
        assert (reading.response_model, reading.model) == (None, "gpt-4o-mini")

    def test_the_tools_of_a_call(self) -> None:
        sent = {
            "gen_ai.operation.name": "chat",
            "spring.ai.model.request.tool.names": '["get_weather", "get_time"]',
        }
        assert [tool["name"] for tool in content(sent).tool_definitions] == ["get_weather", "get_time"]


def test_a_call_of_semantic_kernel_for_dotnet() -> None:
    sent = {
        "gen_ai.operation.name": "chat.completions",
        "gen_ai.system": "openai",
        "gen_ai.request.model": "gpt-4o-mini",
        "gen_ai.response.prompt_tokens": 9,
        "gen_ai.response.completion_tokens": 2,
    }
    asked = SpanEvent(
        "gen_ai.content.prompt", START, attributes={"gen_ai.prompt": '[{"role": "user", "content": "Hi"}]'}
    )
    reading = read(sent, asked)
    assert (reading.kind, reading.usage, reading.input_preview) == (
        "llm",
        Usage(input=9, output=2, total=11),
        "Hi",
    )


class TestLangChain4j:
    @pytest.mark.parametrize(
        ("sent", "provider"),
        [
            ("OPEN_AI", "openai"),
            ("open_ai", "openai"),
            ("AZURE_OPEN_AI", "azure.ai.openai"),
            ("GOOGLE_AI_GEMINI", "gcp.gemini"),
            ("GOOGLE_VERTEX_AI_GEMINI", "gcp.vertex_ai"),
            ("unknown", None),
        ],
    )
    def test_providers(self, sent: str, provider: str | None) -> None:
        assert read({"gen_ai.operation.name": "chat", "gen_ai.provider.name": sent}).provider == provider

    def test_a_call_of_quarkus(self) -> None:
        sent = {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": "open_ai",
            "gen_ai.request.model": "gpt-4o-mini",
            "gen_ai.response.id": "chatcmpl-1",
            "gen_ai.response.finish_reasons": "STOP",
            "gen_ai.usage.prompt_tokens": 9,
            "gen_ai.usage.completion_tokens": 2,
            "gen_ai.content.prompt": "Hi",
            "gen_ai.content.completion": "Hello",
        }
        reading, found = read(sent), content(sent)
        assert (reading.usage, reading.finish_reasons) == (Usage(input=9, output=2, total=11), ("stop",))
        assert found.input_messages == (Message("user", (text("Hi"),)),)
        assert found.output_messages == (Message("assistant", (text("Hello"),)),)

    def test_services_and_tools_of_quarkus(self) -> None:
        scope = "io.quarkus.opentelemetry"
        assert read(name="langchain4j.aiservices.Shop.ask", scope=scope).kind == "chain"
        assert read(name="langchain4j.tools.get_weather", scope=scope).kind == "tool"


class TestEino:
    @pytest.mark.parametrize(
        ("component", "kind"),
        [
            ("ChatModel", "llm"),
            ("Tool", "tool"),
            ("Retriever", "retriever"),
            ("Lambda", "chain"),
            ("Graph", "chain"),
        ],
    )
    def test_kinds(self, component: str, kind: str) -> None:
        assert read({"gen_ai.span.kind": "workflow", "runinfo.component": component}).kind == kind

    def test_an_answer_without_text(self) -> None:
        function = {"name": "get_weather", "arguments": '{"city": "Bergen"}'}
        answer = [
            {
                "role": "assistant",
                "content": "",
                "tool_calls": [{"id": "call_1", "type": "function", "function": function}],
            }
        ]
        found = content(
            {
                "gen_ai.span.kind": "chatmodel",
                "runinfo.component": "ChatModel",
                "gen_ai.prompt.0.role": "user",
                "gen_ai.prompt.0.content": "Weather?",
                "gen_ai.completion.0.content": json.dumps(answer),
            }
        )
        assert found.input_messages == (Message("user", (text("Weather?"),)),)
        assert found.output_messages == (Message("assistant", (CALL,)),)


class TestLiteLLMProxy:
    """What the program sent is there as Python prints it, and what the model called beside its messages."""

    SENT: ClassVar[dict[str, Any]] = {
        "gen_ai.operation.name": "acompletion",
        "metadata.requester_metadata": "{'session_id': 's', 'tags': ['t'], 'used_client_oauth_token': False}",
        "gen_ai.output.messages": '[{"role": "assistant", "parts": [{"type": "text", "content": "Wait"}]}]',
        "gen_ai.completion.0.function_call.name": "get_weather",
        "gen_ai.completion.0.function_call.arguments": '{"city": "Bergen"}',
    }

    def test_the_session_and_tags_of_a_request(self) -> None:
        reading = read(self.SENT, scope="litellm")
        assert (reading.session_id, reading.tags) == ("s", ("t",))

    @pytest.mark.parametrize("printed", ["{'session_id': 's'", "{'session_id': f()}", "no mapping"])
    def test_what_python_did_not_print_says_nothing(self, printed: str) -> None:
        assert read({**self.SENT, "metadata.requester_metadata": printed}, scope="litellm").session_id is None

    def test_what_the_model_called(self) -> None:
        call = {name: value for name, value in CALL.items() if name != "id"}
        wait, called = content(self.SENT, scope="litellm").output_messages
        assert (wait.parts, called.parts) == ((text("Wait"),), (call,))

    def test_no_call_is_no_message(self) -> None:
        sent = {name: value for name, value in self.SENT.items() if "function_call" not in name}
        assert (
            len(content({**sent, "gen_ai.completion.0.role": "assistant"}, scope="litellm").output_messages)
            == 1
        )

    def test_calls_in_the_messages_are_not_said_twice(self) -> None:
        answer = [{"role": "assistant", "parts": [CALL]}]
        sent = {**self.SENT, "gen_ai.output.messages": json.dumps(answer)}
        assert [message.parts for message in content(sent, scope="litellm").output_messages] == [(CALL,)]


class TestCloudflare:
    def test_a_call(self) -> None:
        reading = read(
            {
                "gen_ai.operation.name": "chat",
                "cloudflare.agents.operation.name": "doStream",
                "cloudflare.agents.response.finish_reason": "stop",
                "cloudflare.agents.usage.total_tokens": 11,
                "cloudflare.agents.metadata.plan": "free",
                "gen_ai.usage.input_tokens": 9,
                "gen_ai.usage.output_tokens": 2,
                "gen_ai.response.time_to_first_chunk": 0.25,
            }
        )
        assert (reading.kind, reading.finish_reasons, reading.ttft_ms) == ("llm", ("stop",), 250)
        assert (reading.usage_flags, reading.metadata) == ((), {"plan": "free"})

    def test_asking_a_person_is_no_use_of_the_tool(self) -> None:
        asked = {
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.name": "get_weather",
            "cloudflare.agents.operation.name": "tool.approval",
        }
        assert read(asked).kind == "chain"
        assert read({**asked, "cloudflare.agents.operation.name": "tool.execute"}).kind == "tool"


class TestDify:
    def test_a_node_that_calls_a_model(self) -> None:
        reading = read(
            {
                "gen_ai.framework": "dify",
                "gen_ai.span.kind": "LLM",
                "gen_ai.provider.name": "langgenius/openai/openai",
                "gen_ai.request.model": "gpt-4o-mini",
                "gen_ai.usage.input_tokens": 9,
                "gen_ai.usage.output_tokens": 2,
                "gen_ai.usage.total_tokens": 11,
                "gen_ai.input.messages": json.dumps(SAID),
                "gen_ai.user.time_to_first_token": 250_000_000,
            }
        )
        assert (reading.kind, reading.provider, reading.input_preview) == ("llm", "openai", "Hi")
        assert reading.ttft_ms == pytest.approx(250)

    def test_a_workflow_and_what_it_looked_up(self) -> None:
        assert read({"gen_ai.operation.name": "WORKFLOW"}).kind == "chain"
        found = content(
            {
                "gen_ai.span.kind": "RETRIEVER",
                "retrieval.query": "rules",
                "retrieval.document": '[{"content": "Three days.", "score": 0.5}]',
            }
        )
        assert (found.query, found.documents[0]["content"]) == ("rules", "Three days.")


class TestN8n:
    @pytest.mark.parametrize(
        ("sent", "kind"),
        [
            ("@n8n/n8n-nodes-langchain.agent", "agent"),
            ("@n8n/n8n-nodes-langchain.lmChatOpenAi", "llm"),
            ("@n8n/n8n-nodes-langchain.toolCalculator", "tool"),
            ("@n8n/n8n-nodes-langchain.vectorStoreInMemory", "retriever"),
            ("n8n-nodes-base.httpRequest", "chain"),
        ],
    )
    def test_nodes(self, sent: str, kind: str) -> None:
        reading = read({"n8n.node.type": sent, "n8n.node.name": "Ask"}, name="node.execute")
        assert (reading.kind, reading.name) == (kind, "Ask")

    def test_a_workflow(self) -> None:
        sent = {
            "n8n.workflow.id": "w1",
            "n8n.workflow.name": "Support",
            "n8n.execution.error_type": "NodeApiError",
        }
        reading = read(sent, name="workflow.execute", status_code="error")
        assert (reading.kind, reading.name) == ("chain", "Support")
        assert reading.error is not None
        assert reading.error.type == "NodeApiError"


@pytest.mark.parametrize(
    ("attributes", "kind"),
    [
        ({"gen_ai.operation.name": "orchestrate_tools"}, "chain"),  # Microsoft.Extensions.AI
        ({"gen_ai.operation.name": "realtime"}, "llm"),
        ({"gen_ai.operation.name": "compact_events"}, "chain"),  # Google's ADK
        ({"gen_ai.operation.name": "invoke_node"}, "chain"),
        ({"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "(merged tools)"}, "chain"),
        ({"gen_ai.operation.name": "memory.search"}, "memory"),  # Strands
        ({"gen_ai.system": "strands-agents", "event_loop.cycle_id": "c1"}, "chain"),
    ],
)
def test_kinds(attributes: dict[str, Any], kind: str) -> None:
    assert read(attributes).kind == kind


@pytest.mark.parametrize(
    "name", ["workflow.run", "executor.process search", "edge_group.process FanOut", "message.send"]
)
def test_workflows_of_microsofts_agent_framework(name: str) -> None:
    assert read(name=name, scope="agent_framework").kind == "chain"
    assert read(name=name, scope="Microsoft.Agents.AI.Workflows").kind == "chain"
    assert read(name=name, scope="my.shop").kind == "other"


IMAGE = {
    "type": "media",
    "modality": "image",
    "mime_type": "image/png",
    "ref": {"data": "iVBORw0KGgo="},
    "bytes": 8,
}
SENT_IMAGE = {"format": "png", "source": {"bytes": "iVBORw0KGgo="}}


@pytest.mark.parametrize("block", [{"image": SENT_IMAGE}, {"type": "image", "content": SENT_IMAGE}])
def test_an_image_of_bedrock(block: dict[str, Any]) -> None:
    sent = {"gen_ai.operation.name": "chat", "gen_ai.input.messages": [{"role": "user", "parts": [block]}]}
    assert content(sent).input_messages == (Message("user", (IMAGE,)),)


def test_parts_that_strands_names_by_their_key() -> None:
    thought = {"reasoningText": {"text": "Rain", "signature": "s"}}
    parts = [
        {"type": "reasoningContent", "content": thought},
        {"type": "image", "content": {"format": "png", "source": {"bytes": "<replaced>"}}},
        {"type": "text", "content": {"value": "Hello"}},
    ]
    sent = {
        "gen_ai.operation.name": "chat",
        "gen_ai.output.messages": [{"role": "assistant", "parts": parts}],
    }
    (found,) = (message.parts for message in content(sent).output_messages)
    assert found == (
        {"type": "reasoning", "content": "Rain", "signature": "s"},
        {"type": "text", "content": "<replaced>", "redacted": True},
        text("Hello"),
    )


def test_a_tool_that_microsofts_agent_framework_called_on_a_server() -> None:
    part = {
        "type": "mcp_server_tool_call",
        "call_id": "call_1",
        "tool_name": "get_weather",
        "arguments": {"city": "Bergen"},
    }
    sent = {
        "gen_ai.operation.name": "chat",
        "gen_ai.output.messages": [{"role": "assistant", "parts": [part]}],
    }
    assert content(sent).output_messages == (Message("assistant", ({**CALL, "server_side": True},)),)


def test_why_a_model_of_genkit_ended() -> None:
    sent = {"genkit:metadata:subtype": "model", "genkit:output": '{"finishReason": "stop"}'}
    assert read(sent).finish_reasons == ("stop",)


def test_a_text_that_stands_for_an_image_is_not_in_the_line() -> None:
    parts = [
        text("Weather?"),
        {"type": "image", "content": {"format": "png", "source": {"bytes": "<replaced>"}}},
    ]
    sent = {"gen_ai.operation.name": "chat", "gen_ai.input.messages": [{"role": "user", "parts": parts}]}
    assert read(sent).input_preview == "Weather?"


@pytest.mark.parametrize(
    "parameters",
    [{"inputSchema": {"json": {"type": "object"}}}, {"parametersJsonSchema": {"type": "object"}}],
)
def test_what_a_tool_takes(parameters: dict[str, Any]) -> None:
    offered = [{"name": "get_weather", "description": "d", **parameters}]
    sent = {"gen_ai.operation.name": "chat", "gen_ai.tool.definitions": json.dumps(offered)}
    (tool,) = content(sent).tool_definitions
    assert tool == {"name": "get_weather", "description": "d", "parameters": {"type": "object"}}


def test_the_spans_of_anthropics_own_client() -> None:
    reading = read(
        {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": "anthropic",
            "anthropic.message.stop_reason": "tool_use",
            "gen_ai.usage.input_tokens": 1300,
            "gen_ai.usage.output_tokens": 40,
            "gen_ai.usage.cache_write.input_tokens": 100,
            "gen_ai.usage.cache_read.input_tokens": 300,
        },
        scope="com.anthropic.sdk.python",
    )
    assert reading.finish_reasons == ("tool_use",)
    assert reading.usage == Usage(input=1300, output=40, total=1340, cache_read=300, cache_write=100)


def test_the_answer_that_openinference_keeps_of_anthropics_client_says_which_response_it_is() -> None:
    """The client reports a streamed call itself, too, beside that span: by the id they count once."""
    sent = {"openinference.span.kind": "LLM", "output.value": json.dumps({"id": "msg_6", "type": "message"})}
    assert read(sent, scope="openinference.instrumentation.anthropic").response_id == "msg_6"
    assert read(sent, scope="openinference.instrumentation.langchain").response_id is None


def test_what_strands_looked_for_in_its_memory() -> None:
    asked = SpanEvent("memory.query", START, attributes={"content": "tastes of the guest"})
    assert read({"gen_ai.operation.name": "memory.search"}, asked).input_preview == "tastes of the guest"


def test_instructions_of_koog() -> None:
    sent = {
        "gen_ai.operation.name": "chat",
        "system_instructions": '[{"type": "text", "content": "Be brief"}]',
    }
    assert content(sent).system == (text("Be brief"),)


class TestRig:
    """Rust: its spans of streams have an operation of their own, its failed tools only the type of what went wrong."""

    def test_a_stream_that_failed_before_it_said_anything(self) -> None:
        sent = {
            "gen_ai.operation.name": "chat_streaming",
            "gen_ai.provider.name": "openai",
            "gen_ai.request.model": "gpt-4o-mini",
        }
        assert read(sent, name="chat_streaming").kind == "llm"

    def test_a_tool_that_failed(self) -> None:
        sent = {
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.name": "get_weather",
            "gen_ai.tool.call.outcome": "failed",
            "gen_ai.tool.error.type": "timeout",
        }
        reading = read(sent, name="execute_tool")
        assert reading.error is not None
        assert (reading.kind, reading.status, reading.error.type) == ("tool", "error", "timeout")

    def test_a_task_of_a_tool_is_no_second_use_of_it(self) -> None:
        sent = {"gen_ai.operation.name": "tool_task", "gen_ai.tool.name": "get_weather"}
        assert read(sent, name="tool_task").kind == "chain"


def test_openllmetry_for_go_has_the_names_of_its_first_days() -> None:
    sent = {
        "llm.vendor": "OpenAI",
        "llm.request.type": "chat",
        "llm.request.model": "gpt-4o-mini",
        "llm.response.model": "gpt-4o-mini-2024-07-18",
        "llm.usage.prompt_tokens": 1001,
        "llm.usage.completion_tokens": 301,
        "llm.usage.total_tokens": 1302,
        "llm.prompts.0.role": "user",
        "llm.prompts.0.content": "Weather?",
        "llm.completions.0.role": "assistant",
        "llm.completions.0.content": "",
        "llm.completions.0.tool_calls.0.id": "call_1",
        "llm.completions.0.tool_calls.0.name": "get_weather",
        "llm.completions.0.tool_calls.0.arguments": '{"city": "Bergen"}',
    }
    reading, found = read(sent), content(sent)
    assert (reading.kind, reading.provider) == ("llm", "openai")
    assert (reading.request_model, reading.response_model) == ("gpt-4o-mini", "gpt-4o-mini-2024-07-18")
    assert reading.usage == Usage(input=1001, output=301, total=1302)
    assert found.input_messages == (Message("user", (text("Weather?"),)),)
    assert found.output_messages == (Message("assistant", (CALL,)),)


def test_the_runner_of_trpc_agent_go() -> None:
    sent = {
        "gen_ai.operation.name": "run_runner",
        "trpc.go.agent.runner.session_id": "chat-7",
        "trpc.go.agent.runner.user_id": "ada",
        "trpc.go.agent.runner.input": '{"role": "user", "content": "Weather?"}',
        "trpc.go.agent.runner.output": '{"choices": [{"message": {"role": "assistant", "content": "22 C"}}]}',
    }
    reading = read(sent)
    assert (reading.kind, reading.session_id, reading.user_id) == ("chain", "chat-7", "ada")
    assert (reading.input_preview, reading.output_preview) == ("Weather?", "22 C")
