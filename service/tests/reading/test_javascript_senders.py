"""What JavaScript libraries sent of small programs against a provider of our own, cut to what matters, and what is understood."""

from __future__ import annotations

import json
from typing import Any, ClassVar

import pytest
from llm_tracer.model.reading import Message, Usage
from llm_tracer.model.span import SpanEvent

from .spans import START, content, read, text

CALL = {"type": "tool_call", "id": "call_3", "name": "get_weather", "arguments": {"city": "Lisbon"}}
RESULT = {"type": "tool_result", "id": "call_3", "name": "get_weather", "content": "22 C in Lisbon"}
SAID = "It is 22 C in Lisbon."


class TestGenkit:
    """genkit 1.42 with @genkit-ai/google-genai and @genkit-ai/anthropic, whose answers are lists of candidates."""

    def test_the_answer_of_gemini(self) -> None:
        found, reading = self.call("googleai/gemini-2.5-flash", self.GEMINI)
        assert found.output_messages == (Message("assistant", (text(SAID),), finish_reason="stop"),)
        assert reading.output_preview == SAID
        assert reading.response_model == "gemini-2.5-flash-001"
        assert reading.usage == Usage(input=1002, output=354, total=1356, cache_read=102, reasoning=52)

    def test_the_tokens_of_claude_are_sent_without_the_cache(self) -> None:
        found, reading = self.call("anthropic/claude-sonnet-4-5", self.CLAUDE)
        (message,) = found.output_messages
        assert message.parts == (
            {"type": "tool_call", "id": "toolu_7", "name": "get_weather", "arguments": {"city": "Lisbon"}},
        )
        assert (reading.provider, reading.response_model, reading.response_id) == (
            "anthropic",
            "claude-sonnet-4-5-20250929",
            "msg_7",
        )
        assert reading.usage is not None
        assert (reading.usage.input, reading.usage.output) == (841, 307)
        assert (reading.usage.cache_read, reading.usage.cache_write) == (107, 27)
        assert reading.usage_flags == ("input_made_inclusive",)

    GEMINI: ClassVar[dict[str, Any]] = {
        "candidates": [
            {"index": 0, "message": {"role": "model", "content": [{"text": SAID}]}, "finishReason": "stop"}
        ],
        "custom": {
            "candidates": [{"content": {"role": "model", "parts": [{"text": SAID}]}, "finishReason": "STOP"}],
            "modelVersion": "gemini-2.5-flash-001",
        },
        "usage": {
            "inputTokens": 1002,
            "outputTokens": 302,
            "thoughtsTokens": 52,
            "totalTokens": 1356,
            "cachedContentTokens": 102,
        },
    }
    CLAUDE: ClassVar[dict[str, Any]] = {
        "candidates": [
            {
                "index": 0,
                "finishReason": "stop",
                "message": {
                    "role": "model",
                    "content": [
                        {
                            "toolRequest": {
                                "ref": "toolu_7",
                                "name": "get_weather",
                                "input": {"city": "Lisbon"},
                            }
                        }
                    ],
                },
            }
        ],
        "usage": {
            "inputTokens": 707,
            "outputTokens": 307,
            "custom": {"cache_creation_input_tokens": 27, "cache_read_input_tokens": 107},
        },
        "raw": {
            "id": "msg_7",
            "type": "message",
            "model": "claude-sonnet-4-5-20250929",
            "usage": {
                "input_tokens": 707,
                "cache_creation_input_tokens": 27,
                "cache_read_input_tokens": 107,
                "output_tokens": 307,
            },
        },
    }

    @staticmethod
    def call(model: str, output: dict[str, Any]) -> tuple[Any, Any]:
        attributes = {
            "genkit:type": "action",
            "genkit:metadata:subtype": "model",
            "genkit:name": model,
            "genkit:output": json.dumps(output),
        }
        return content(attributes, scope="genkit-tracer"), read(attributes, scope="genkit-tracer")


class TestLangfuse:
    """@langfuse/openai and @langfuse/langchain 5.11."""

    def test_a_stream_that_called_a_tool(self) -> None:
        call = {"function": {"name": "get_weather", "arguments": '{"city":"Lisbon"}'}}
        attributes = {
            "langfuse.observation.type": "generation",
            "langfuse.observation.output": json.dumps({"tool_calls": [call]}),
        }
        (message,) = content(attributes).output_messages
        assert message.parts == (
            {"type": "tool_call", "name": "get_weather", "arguments": {"city": "Lisbon"}},
        )
        assert read(attributes).output_preview == 'get_weather({"city":"Lisbon"})'

    def test_an_object_with_more_beside_its_tool_calls_is_no_message(self) -> None:
        sent = {"tool_calls": [], "score": 1}
        attributes = {
            "langfuse.observation.type": "generation",
            "langfuse.observation.output": json.dumps(sent),
        }
        found = content(attributes)
        assert (found.output_messages, found.output_raw) == ((), sent)

    def test_the_result_of_a_tool_has_its_name_for_a_role(self) -> None:
        sent = [
            {"content": "Weather?", "role": "user"},
            {
                "content": "",
                "role": "assistant",
                "tool_calls": [
                    {
                        "id": "call_3",
                        "type": "function",
                        "function": {"name": "get_weather", "arguments": '{"city":"Lisbon"}'},
                    }
                ],
            },
            {"content": "22 C in Lisbon", "additional_kwargs": {}, "role": "get_weather"},
            {"content": "Aside", "role": "narrator"},
        ]
        found = content(
            {
                "langfuse.observation.type": "generation",
                "langfuse.observation.input": json.dumps({"messages": sent, "tools": []}),
            }
        )
        assert found.input_messages[:3] == (
            Message("user", (text("Weather?"),)),
            Message("assistant", (CALL,)),
            Message("tool", (RESULT,), name="get_weather"),
        )
        assert found.input_messages[3].parts == (text("Aside"),)

    def test_who_asked_where_a_call_of_langchain_is_the_root(self) -> None:
        attributes = {
            "langfuse.observation.type": "generation",
            "langfuse.observation.metadata.session_id": "chat-7",
            "langfuse.observation.metadata.user_id": "ada",
            "langfuse.observation.metadata.ls_provider": "openai",
        }
        reading = read(attributes)
        assert (reading.session_id, reading.user_id, reading.provider) == ("chat-7", "ada", "openai")
        assert read({**attributes, "langfuse.session.id": "s-1"}).session_id == "s-1"


class TestOpenInferenceOfLangChain:
    """@arizeai/openinference-instrumentation-langchain 4.1: what stands in content blocks is in the raw input only."""

    @staticmethod
    def serialized(kind: str, **fields: Any) -> dict[str, Any]:
        return {"lc": 1, "type": "constructor", "id": ["langchain_core", "messages", kind], "kwargs": fields}

    def attributes(self) -> dict[str, Any]:
        call = {"type": "tool_use", "id": "call_3", "name": "get_weather", "input": {"city": "Lisbon"}}
        system = self.serialized("SystemMessage", content=[{"type": "text", "text": "Be brief"}])
        messages = [
            system,
            self.serialized("HumanMessage", content="Weather?"),
            self.serialized("AIMessage", content=[call]),
            self.serialized(
                "ToolMessage", content="22 C in Lisbon", tool_call_id="call_3", name="get_weather"
            ),
        ]
        return {
            "openinference.span.kind": "LLM",
            "input.value": json.dumps({"messages": [messages]}),
            "llm.input_messages.0.message.role": "system",
            "llm.input_messages.1.message.role": "user",
            "llm.input_messages.1.message.content": "Weather?",
            "llm.input_messages.2.message.role": "assistant",
            "llm.input_messages.3.message.role": "tool",
            "llm.input_messages.3.message.content": "22 C in Lisbon",
        }

    def test_messages_that_lost_their_parts_are_those_of_the_raw_input(self) -> None:
        found = content(self.attributes())
        assert found.system == (text("Be brief"),)
        assert found.input_messages == (
            Message("user", (text("Weather?"),)),
            Message("assistant", (CALL,)),
            Message("tool", (RESULT,), name="get_weather"),
        )
        assert found.provenance["input_messages"] == "input.value"

    def test_a_raw_input_of_other_messages_does_not_stand_for_them(self) -> None:
        sent = {**self.attributes(), "input.value": '{"messages": [{"role": "user", "content": "Hm"}]}'}
        found = content(sent)
        assert [message.role for message in found.input_messages] == ["user", "tool"]
        assert found.provenance["input_messages"] == "llm.input_messages"

    def test_a_whole_list_is_left_alone(self) -> None:
        sent = {
            **self.attributes(),
            "llm.input_messages.0.message.content": "Be brief",
            "llm.input_messages.2.message.content": "Let me see",
        }
        assert content(sent).input_messages[1].parts == (text("Let me see"),)

    def test_langchains_note_of_the_provider(self) -> None:
        sent = {"openinference.span.kind": "LLM", "metadata": '{"ls_provider": "google_genai"}'}
        assert read(sent).provider == "gcp.gemini"
        assert read({**sent, "openinference.span.kind": "CHAIN"}).provider is None

    def test_the_model_that_answered_a_stream_of_claude(self) -> None:
        message = self.serialized(
            "AIMessageChunk",
            content=SAID,
            additional_kwargs={"id": "msg_7", "role": "assistant", "model": "claude-sonnet-4-5-20250929"},
        )
        sent = {"openinference.span.kind": "LLM", "llm.model_name": "claude-sonnet-4-5"}
        body = {"generations": [[{"text": SAID, "message": message}]]}
        assert read({**sent, "output.value": json.dumps(body)}).response_model == "claude-sonnet-4-5-20250929"

    def test_the_stack_below_a_message(self) -> None:
        stack = "TypeError: the tool broke\n    at tool.name (file:///shop/tools.mjs:28:43)\n    at run (x.mjs:1:2)"
        sent = {"status_code": "error", "status_message": f"the tool broke\n\n{stack}"}
        error = read({}, **sent).error
        assert error is not None
        assert (error.type, error.message, error.inferred) == ("TypeError", "the tool broke", False)
        assert content({}, **sent).error_stack == stack

    @pytest.mark.parametrize(
        "message",
        [
            "the tool broke",
            "the tool broke\n\nTypeError: another one\n    at run (x.mjs:1:2)",
            "the tool broke\n\nTypeError: the tool broke, says the log",
        ],
    )
    def test_a_message_without_its_stack_is_left_alone(self, message: str) -> None:
        error = read({}, status_code="error", status_message=message).error
        assert error is not None
        assert error.message == message


class TestStrands:
    """@strands-agents/sdk 1.19: everything in events; the names of the provider and the scope are the service's."""

    def test_a_call_of_a_tool(self) -> None:
        block = {"type": "toolUse", "name": "get_weather", "toolUseId": "call_3", "input": {"city": "Lisbon"}}
        event = SpanEvent(
            "gen_ai.choice", START, {"finish_reason": "toolUse", "message": json.dumps([block])}
        )
        (message,) = content({"gen_ai.operation.name": "chat"}, event).output_messages
        assert (message.parts, message.finish_reason) == ((CALL,), "tool_use")

    def test_what_a_tool_answered_as_data(self) -> None:
        events = (
            SpanEvent("gen_ai.tool.message", START, {"content": '{"city":"Lisbon"}', "id": "call_3"}),
            SpanEvent("gen_ai.choice", START, {"message": '[{"json":{"degrees":22}}]', "id": "call_3"}),
        )
        attributes = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "get_weather"}
        tool = content(attributes, *events).tool
        assert tool is not None
        assert (tool["arguments"], tool["result"]) == ({"city": "Lisbon"}, {"degrees": 22})

    def test_what_a_tool_was_asked_in_the_newest_terms(self) -> None:
        sent = {"type": "tool_call", "name": "get_weather", "id": "call_3", "arguments": {"city": "Lisbon"}}
        asked = {"gen_ai.input.messages": json.dumps([{"role": "tool", "parts": [sent]}])}
        event = SpanEvent("gen_ai.client.inference.operation.details", START, asked)
        assert content({"gen_ai.operation.name": "execute_tool"}, event).input_messages == (
            Message("tool", (CALL,)),
        )

    def test_a_turn_of_its_loop(self) -> None:
        assert read({"agent_loop.cycle_id": "cycle-1"}).kind == "chain"


class TestQwenCode:
    """@qwen-code/qwen-code 0.24."""

    @pytest.mark.parametrize(
        ("name", "attributes"),
        [
            ("qwen-code.tool.execution", {"gen_ai.tool.name": "run_shell_command", "tool.call_id": "call_3"}),
            ("qwen-code.hook", {"tool.name": "run_shell_command", "hook_event": "PreToolUse"}),
        ],
    )
    def test_what_it_does_around_a_tool_is_no_use_of_it(self, name: str, attributes: dict[str, Any]) -> None:
        reading = read(attributes, name=name, scope="qwen-code")
        assert (reading.kind, reading.name) == ("chain", name)

    def test_the_use_of_a_tool(self) -> None:
        attributes = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "run_shell_command"}
        assert read(attributes, name="qwen-code.tool", scope="qwen-code").kind == "tool"

    def test_the_thoughts_of_a_call(self) -> None:
        attributes = {
            "gen_ai.operation.name": "chat",
            "gen_ai.usage.input_tokens": 1001,
            "gen_ai.usage.output_tokens": 301,
            "gen_ai.usage.cache_read.input_tokens": 101,
            "thoughts_token_count": 51,
        }
        assert read(attributes).usage == Usage(
            input=1001, output=301, total=1302, cache_read=101, reasoning=51
        )


def test_sentry_lists_all_that_the_responses_api_answered_as_calls() -> None:
    """@sentry/node 10.30, a stream."""
    answered = [
        {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "Think."}]},
        {"type": "message", "id": "msg_1", "content": [{"type": "output_text", "text": SAID}]},
        {
            "type": "function_call",
            "id": "fc_1",
            "call_id": "call_3",
            "name": "get_weather",
            "arguments": '{"city":"Lisbon"}',
        },
    ]
    attributes = {
        "gen_ai.operation.name": "responses",
        "gen_ai.response.text": SAID,
        "gen_ai.response.tool_calls": json.dumps(answered),
    }
    (message,) = content(attributes).output_messages
    assert message.parts == (text(SAID), {"type": "reasoning", "content": "Think."}, CALL)


class TestOpenLIT:
    """openlit 1.15 for Node."""

    @pytest.mark.parametrize("kind", ["anthropic", "langchain"])
    def test_the_tokens_of_claude_are_sent_without_the_cache(self, kind: str) -> None:
        attributes = {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": "anthropic",
            "gen_ai.usage.input_tokens": 701,
            "gen_ai.usage.output_tokens": 301,
            "gen_ai.usage.cache_read.input_tokens": 101,
            "gen_ai.usage.cache_creation.input_tokens": 21,
        }
        reading = read(attributes, scope=f"@openlit/instrumentation-{kind}")
        assert reading.usage == Usage(input=823, output=301, total=1124, cache_read=101, cache_write=21)

    def test_a_result_as_one_part(self) -> None:
        part = {
            "type": "tool_call_response",
            "id": "call_3",
            "response": [{"type": "text", "content": "22 C in Lisbon"}],
        }
        found = content({"gen_ai.input.messages": json.dumps([{"role": "tool", "parts": [part]}])})
        assert found.input_messages[0].parts == (
            {"type": "tool_result", "id": "call_3", "content": "22 C in Lisbon"},
        )

    def test_a_call_of_a_model_that_names_a_tool_is_not_asked_what_the_model_was(self) -> None:
        attributes = {
            "gen_ai.operation.name": "chat",
            "gen_ai.tool.name": "get_weather",
            "gen_ai.input.messages": '[{"role": "user", "parts": [{"type": "text", "content": "Weather?"}]}]',
            "gen_ai.output.messages": '[{"role": "assistant", "parts": [{"type": "text", "content": "22 C"}]}]',
        }
        tool = content(attributes).tool
        assert tool is not None
        assert (tool["name"], tool["arguments"], tool["result"]) == ("get_weather", None, None)


class TestLangWatch:
    """langwatch 0.16 for TypeScript: every value beside its type, lists of them too."""

    LLM: ClassVar[dict[str, Any]] = {"langwatch.span.type": "llm", "gen_ai.request.model": "gpt-4o-mini"}

    def test_the_answer_of_langchain(self) -> None:
        answered = {"role": "assistant", "content": SAID, "function_call": {}}
        typed = {"type": "list", "value": [{"type": "chat_messages", "value": [answered]}]}
        attributes = {**self.LLM, "langwatch.output": json.dumps(typed)}
        assert content(attributes).output_messages == (Message("assistant", (text(SAID),)),)
        assert read(attributes).output_preview == SAID

    def test_what_a_tool_of_langchain_answered(self) -> None:
        fields = {"content": "22 C in Lisbon", "tool_call_id": "call_3"}
        message = {"lc": 1, "type": "constructor", "id": ["langchain_core", "ToolMessage"], "kwargs": fields}
        typed = {"type": "json", "value": {"type": "text", "value": message}}
        tool = content({"langwatch.span.type": "tool", "langwatch.output": json.dumps(typed)}).tool
        assert tool is not None
        assert tool["result"] == "22 C in Lisbon"

    def test_data_of_a_tool_that_looks_typed_stays_whole(self) -> None:
        answered = {"type": "text", "value": 22}
        tool = content({"gen_ai.tool.name": "t", "gen_ai.tool.call.result": json.dumps(answered)}).tool
        assert tool is not None
        assert tool["result"] == answered

    def test_documents(self) -> None:
        contexts = {"type": "json", "value": [{"document_id": "a", "content": "Lisbon is sunny"}]}
        (document,) = content(
            {"langwatch.span.type": "rag", "langwatch.contexts": json.dumps(contexts)}
        ).documents
        assert (document["id"], document["content"]) == ("a", "Lisbon is sunny")

    def test_documents_of_langchain(self) -> None:
        found = {"pageContent": "Lisbon is sunny", "metadata": {"source": "a.md"}}
        typed = {"type": "list", "value": [{"type": "text", "value": json.dumps(found)}]}
        (document,) = content({"langwatch.span.type": "rag", "langwatch.output": json.dumps(typed)}).documents
        assert (document["content"], document["uri"]) == ("Lisbon is sunny", "a.md")

    def test_who_asked_langchain(self) -> None:
        attributes = {
            **self.LLM,
            "langwatch.langchain.run.metadata.thread_id": "chat-7",
            "langwatch.langchain.run.metadata.user_id": "ada",
            "langwatch.langchain.run.tags": '["blue"]',
        }
        reading = read(attributes)
        assert (reading.session_id, reading.user_id, reading.tags) == ("chat-7", "ada", ("blue",))


def test_texts_that_vercel_embeds_are_json_each() -> None:
    """ai 4 to 6; ai.value is one of them, ai.values the list."""
    found = content(
        {"ai.operationId": "ai.embedMany.doEmbed", "ai.values": ['"one"', '"say \\"two\\""', "3"]}
    )
    assert found.embeddings is not None
    assert found.embeddings["texts"] == ["one", 'say "two"', "3"]


def test_mastra_for_arize_has_calls_for_chunks_of_an_answer() -> None:
    """@mastra/arize 1.3."""
    attributes = {
        "openinference.span.kind": "LLM",
        "mastra.span.type": "model_step",
        "metadata": '{"sessionId": "chat-7", "userId": "ada"}',
    }
    reading = read(attributes)
    assert (reading.kind, reading.session_id, reading.user_id) == ("llm", "chat-7", "ada")
    assert read({**attributes, "mastra.span.type": "model_chunk"}).kind == "event"


class TestAx:
    """@ax-llm/ax 24: what a call used is in an event."""

    def test_a_call(self) -> None:
        used = {
            "gen_ai.usage.input_tokens": 10,
            "gen_ai.usage.output_tokens": 5,
            "gen_ai.usage.total_tokens": 15,
        }
        attributes = {
            "gen_ai.operation.name": "chat",
            "gen_ai.request.llm_is_streaming": True,
            "gen_ai.request.top_p": "Not set",
        }
        event = SpanEvent("gen_ai.usage", START, used)
        assert read(attributes, event).usage == Usage(input=10, output=5, total=15)
        found = content(attributes, event)
        assert (found.streaming, found.params) == (True, {})

    def test_a_tool_names_its_call(self) -> None:
        assert read({"tool.name": "get_weather", "function.id": "call_1"}).tool_call_id == "call_1"


class TestTanStack:
    """@tanstack/ai 0.58, which writes Langfuse's names beside OpenTelemetry's."""

    def test_a_tool_is_given_and_answers_a_message(self) -> None:
        attributes = {
            "gen_ai.tool.name": "get_weather",
            "langfuse.observation.input": '[{"role":"tool","content":"{\\"city\\":\\"Bergen\\"}"}]',
            "langfuse.observation.output": '[{"role":"tool","content":"{\\"rain\\":11}"}]',
        }
        tool = content(attributes).tool
        assert tool is not None
        assert (tool["arguments"], tool["result"]) == ({"city": "Bergen"}, {"rain": 11})

    def test_a_list_that_a_tool_answers_stays_whole(self) -> None:
        answered = [{"role": "tool", "content": "hammer", "price": 5}]
        tool = content({"gen_ai.tool.name": "shop", "gen_ai.tool.call.result": json.dumps(answered)}).tool
        assert tool is not None
        assert tool["result"] == answered

    def test_what_goes_on_around_the_calls_is_none(self) -> None:
        sent = {
            "gen_ai.system": "openai",
            "gen_ai.request.model": "gpt-4o-mini",
            "gen_ai.usage.input_tokens": 9,
        }
        assert read({**sent, "tanstack.ai.iterations": 2}).kind == "chain"
        assert read({**sent, "tanstack.ai.iteration": 0, "gen_ai.operation.name": "chat"}).kind == "llm"


def test_effect_runs_a_tool() -> None:
    """@effect/ai 0.37."""
    attributes = {"tool": "get_weather", "parameters": '{\n  "city": "Bergen"\n}'}
    tool = content(attributes, name="Toolkit.handle").tool
    assert tool is not None
    assert (tool["name"], tool["arguments"]) == ("get_weather", {"city": "Bergen"})
    assert read(attributes, name="other").kind == "other"


class TestTraceloop:
    """@traceloop/instrumentation-openai 0.27: the input of the Responses API is the JSON of its messages, as one text."""

    GIVEN: ClassVar[list[dict[str, Any]]] = [
        {"role": "user", "content": "Weather?"},
        {"type": "function_call", "call_id": "call_1", "name": "get_weather", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "call_1", "output": "Rain"},
    ]

    @pytest.mark.parametrize(
        ("scope", "roles"),
        [("@traceloop/instrumentation-openai", ["user", "assistant", "tool"]), ("other", ["user"])],
    )
    def test_they_are_messages(self, scope: str, roles: list[str]) -> None:
        said = [{"role": "user", "parts": [text(json.dumps(self.GIVEN))]}]
        sent = {"gen_ai.operation.name": "chat", "gen_ai.input.messages": json.dumps(said)}
        assert [message.role for message in content(sent, scope=scope).input_messages] == roles

    def test_what_else_was_asked_stays_a_text(self) -> None:
        for asked in ("Hi", '[{"price": 5}]'):
            said = [{"role": "user", "parts": [text(asked)]}]
            sent = {"gen_ai.operation.name": "chat", "gen_ai.input.messages": json.dumps(said)}
            found = content(sent, scope="@traceloop/instrumentation-openai").input_messages
            assert found == (Message("user", (text(asked),)),)

    def test_a_call_of_bedrock_that_says_nothing_but_its_model(self) -> None:
        assert read(name="bedrock.completion", scope="@traceloop/instrumentation-bedrock").kind == "llm"
