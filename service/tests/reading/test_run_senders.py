"""Senders that were run against a model server which knows the truth: the few lines of each that were once read wrongly."""

from __future__ import annotations

import json
from typing import Any, ClassVar

import pytest
from llm_tracer.model.reading import Message, SpanError, Usage
from llm_tracer.model.span import SpanEvent

from .spans import START, content, read, text

CALL = {"type": "tool_call", "id": "call_1", "name": "get_weather", "arguments": {"city": "Bergen"}}
OFFER = {"type": "function", "function": {"name": "get_weather", "parameters": {"type": "object"}}}


class TestAnswersInJson:
    """An answer may have a name in it that tells a content block of some convention: it is a text all the same."""

    @pytest.mark.parametrize(
        "answer",
        [
            '{"reasoning": "It rains.", "score": 1}',
            '{"reasoning": "It rains."}',
            '[{"reasoning": "It rains.", "score": 1}, {"reasoning": "It snows.", "score": 0}]',
            '{"reasoning": {"steps": 2}, "answer": "Oslo"}',
            '{"refusal": "none", "score": 1}',
            '{"image": "cat.png", "label": "cat"}',
            '{"document": {"title": "Invoice"}, "total": 5}',
            '{"tool_name": "search", "why": "It knows."}',
            '{"type": "text", "confidence": 0.9}',
            '{"type": "document", "total": 5}',
        ],
    )
    def test_it_stays_whole(self, answer: str) -> None:
        attributes = {
            "openinference.span.kind": "LLM",
            "llm.output_messages.0.message.role": "assistant",
            "llm.output_messages.0.message.content": answer,
        }
        assert content(attributes).output_messages == (Message("assistant", (text(answer),)),)
        assert read(attributes).output_preview == answer

    def test_beside_its_reasoning_an_object_keeps_the_answer(self) -> None:
        answer = {"reasoning": "It rains.", "answer": "Bergen"}
        attributes = {
            "gen_ai.operation.name": "chat",
            "gen_ai.output.messages": json.dumps([{"role": "assistant", "content": answer}]),
        }
        whole = text('{"reasoning":"It rains.","answer":"Bergen"}')
        assert content(attributes).output_messages == (Message("assistant", (whole,)),)

    @pytest.mark.parametrize(
        ("sent", "part"),
        [
            (
                '{"functionCall": {"name": "get_weather", "args": {"city": "Bergen"}}}',
                {**CALL, "id": None},
            ),
            ('[{"reasoning": {"reasoning_text": "Rain"}}]', {"type": "reasoning", "content": "Rain"}),
            ('{"type": "text", "text": "Rain"}', text("Rain")),
        ],
    )
    def test_a_block_in_a_text_is_one(self, sent: str, part: dict[str, Any]) -> None:
        attributes = {
            "openinference.span.kind": "LLM",
            "llm.output_messages.0.message.role": "assistant",
            "llm.output_messages.0.message.content": sent,
        }
        expected = {name: value for name, value in part.items() if value is not None}
        assert content(attributes).output_messages == (Message("assistant", (expected,)),)


class TestTraceAI:
    """Its attribute for the model asked for holds the one that answered, and its lists leave out calls."""

    BODY: ClassVar[dict[str, Any]] = {
        "model": "grok-4",
        "messages": [
            {"role": "user", "content": "Weather?"},
            {
                "role": "assistant",
                "tool_calls": [
                    {"id": "call_1", "function": {"name": "get_weather", "arguments": '{"city": "Bergen"}'}}
                ],
            },
            {"role": "tool", "tool_call_id": "call_1", "content": "Rain"},
        ],
    }
    ATTRIBUTES: ClassVar[dict[str, Any]] = {
        "gen_ai.span.kind": "LLM",
        "gen_ai.request.model": "grok-4-0709",
        "input.value": json.dumps(BODY),
        "gen_ai.input.messages.0.message.role": "user",
        "gen_ai.input.messages.0.message.content": "Weather?",
        "gen_ai.input.messages.1.message.role": "assistant",
        "gen_ai.input.messages.2.message.role": "tool",
        "gen_ai.input.messages.2.message.content": "Rain",
    }

    def test_the_body_says_which_model_was_asked(self) -> None:
        assert read(self.ATTRIBUTES, scope="traceai_xai").request_model == "grok-4"
        assert read(self.ATTRIBUTES, scope="other").request_model == "grok-4-0709"

    def test_the_body_has_the_messages_that_the_list_leaves_out(self) -> None:
        found = content(self.ATTRIBUTES, scope="traceai_xai")
        assert found.input_messages == (
            Message("user", (text("Weather?"),)),
            Message("assistant", (CALL,)),
            Message("tool", ({"type": "tool_result", "id": "call_1", "content": "Rain"},)),
        )
        assert found.provenance["input_messages"] == "input.value"

    def test_a_body_that_says_less_does_not_stand_for_the_list(self) -> None:
        found = content(
            {**self.ATTRIBUTES, "input.value": '{"messages": [{"role": "user", "content": "Hm"}]}'}
        )
        assert [message.role for message in found.input_messages] == ["user", "tool"]

    def test_tools_and_system_among_the_parameters(self) -> None:
        parameters = json.dumps({"tools": [OFFER], "system": "Be brief."})
        for key in ("gen_ai.request.parameters", "llm.invocation_parameters"):
            found = content({"gen_ai.span.kind": "LLM", key: parameters})
            assert [tool["name"] for tool in found.tool_definitions] == ["get_weather"]
            assert found.system == (text("Be brief."),)


@pytest.mark.parametrize("client", ["groq.Omit", "anthropic.NotGiven", "cerebras.cloud.sdk._types.Omit"])
def test_parameters_that_nobody_set(client: str) -> None:
    parameters = json.dumps({"n": 1, "stop": f"<{client} object at 0x7f>", "seed": "NOT_GIVEN"})
    found = content({"openinference.span.kind": "LLM", "llm.invocation_parameters": parameters})
    assert found.params == {"n": 1}


def test_an_empty_list_is_no_parameter() -> None:
    """OpenLLMetry writes one for what nobody set; elsewhere it is what a program said."""
    sent = {
        "gen_ai.operation.name": "chat",
        "gen_ai.request.reasoning_effort": [],
        "gen_ai.request.seed": "[]",
        "llm.invocation_parameters": '{"stop": [], "n": 1}',
        "llm_tracer.metadata.items": [],
    }
    assert content(sent).params == {"n": 1}
    assert read(sent).metadata == {"items": []}


def test_texts_to_embed_that_are_messages_are_counted() -> None:
    """OpenLLMetry."""
    sent = {
        "gen_ai.operation.name": "embeddings",
        "gen_ai.request.model": "m",
        "gen_ai.prompt.0.content": "a",
        "gen_ai.prompt.1.content": "b",
    }
    found = content(sent).embeddings
    assert found is not None
    assert found["count"] == 2


class TestLogfire:
    """Arguments are attributes of their own, which a JSON schema beside them names. Magentic traces through it."""

    SENT: ClassVar[dict[str, Any]] = {
        "logfire.span_type": "span",
        "logfire.msg": "Looking up query=q",
        "query": "q",
        "input": '{"deep":[1]}',
        "user_id": 7,
        "order.id": 1,
        "return": "[1,2]",
        "logfire.json_schema": json.dumps(
            {
                "type": "object",
                "properties": {
                    name: {} for name in ("query", "input", "user_id", "order.id", "gone", "return")
                },
            }
        ),
    }

    def test_arguments_are_the_input_and_what_was_returned_the_output(self) -> None:
        found = content(self.SENT, scope="logfire")
        assert found.input_raw == {"query": "q", "input": {"deep": [1]}, "user_id": 7}
        assert found.output_raw == [1, 2]
        assert found.provenance["input_raw"] == "logfire.json_schema"
        reading = read(self.SENT, scope="logfire")
        assert reading.input_preview == '{"query":"q","input":{"deep":[1]},"user_id":7}'
        assert reading.output_preview == "[1,2]"

    def test_what_a_log_was_told(self) -> None:
        sent = {**self.SENT, "logfire.span_type": "log"}
        assert (read(sent, scope="logfire").kind, content(sent, scope="logfire").input_raw) == (
            "event",
            {"query": "q", "input": {"deep": [1]}, "user_id": 7},
        )

    @pytest.mark.parametrize(
        "schema", ["", "{}", "[]", '{"properties": {"order.id": {}}}', '{"properties": 1}']
    )
    def test_a_schema_that_names_no_argument(self, schema: str) -> None:
        assert content({"order.id": 1, "logfire.json_schema": schema}, scope="logfire").input_raw is None

    def test_what_went_wrong_by_a_log_is_what_it_says(self) -> None:
        sent = {"logfire.span_type": "log", "logfire.level_num": 17, "logfire.msg": "bad 5"}
        assert read(sent, status_code="error").error == SpanError(None, "bad 5")
        caught = SpanEvent("exception", 5, {"exception.type": "ValueError", "exception.message": "no"})
        failed = read(sent, caught, status_code="error", status_message="ValueError: no").error
        assert failed == SpanError("ValueError", "ValueError: no")

    def test_its_integrations_have_an_input_of_their_own(self) -> None:
        assert content(self.SENT, scope="logfire.openai").input_raw == {"deep": [1]}

    def test_arguments_of_what_the_model_called(self) -> None:
        name = "self._function.__name__"
        schema = json.dumps({"properties": {"city": {}, name: {}}})
        sent = {"city": "Paris", name: "weather", "logfire.json_schema": schema}
        tool = content(sent, name="Executing function call {self._function.__name__}", scope="magentic").tool
        assert tool is not None
        assert (tool["name"], tool["arguments"]) == ("weather", {"city": "Paris"})


class TestOpenInference:
    TOOL: ClassVar[dict[str, Any]] = {
        "openinference.span.kind": "LLM",
        "llm.input_messages.0.message.role": "tool",
        "llm.input_messages.0.message.contents.0.message_content.type": "text",
        "llm.input_messages.0.message.contents.0.message_content.text": "Rain",
    }
    RESULT: ClassVar[dict[str, Any]] = {"type": "tool_result", "id": "call_1", "content": "Rain"}

    @pytest.mark.parametrize("key", ["message.tool_call_id", "message.contents.0.message.tool_call_id"])
    def test_a_result_in_blocks(self, key: str) -> None:
        """The second is BeeAI's place for the id."""
        found = content({**self.TOOL, f"llm.input_messages.0.{key}": "call_1"})
        assert found.input_messages == (Message("tool", (self.RESULT,)),)

    def test_its_processor_for_openllmetry_calls_an_embedding_llm(self) -> None:
        sent = {"openinference.span.kind": "LLM", "llm.request.type": "embedding", "llm.model_name": "e-3"}
        assert read(sent).kind == "embedding"

    def test_a_tool_of_haystack_as_python_prints_it(self) -> None:
        printed = (
            "Tool(name='get_weather', description='Weather', parameters={}, function=<function f at 0x7f>)"
        )
        sent = {"openinference.span.kind": "LLM", "input.value": json.dumps({"tools": [printed, "search"]})}
        found = [(tool["name"], tool["description"]) for tool in content(sent).tool_definitions]
        assert found == [("get_weather", "Weather"), ("search", None)]

    def test_guardrails_says_unknown_where_it_knows_nobody(self) -> None:
        assert read({"openinference.span.kind": "GUARDRAIL", "user.id": "unknown"}).user_id is None

    @pytest.mark.parametrize(
        ("body", "usage"),
        [
            ({"texts": ["a"], "meta": {"billed_units": {"input_tokens": 19}}}, Usage(input=19, total=19)),
            (
                {
                    "usage": {
                        "billed_units": {"input_tokens": 90, "output_tokens": 9},
                        "tokens": {"input_tokens": 100, "output_tokens": 10},
                        "cached_tokens": 40,
                    }
                },
                Usage(input=100, output=10, total=110, cache_read=40),
            ),
        ],
    )
    def test_cohere_says_what_it_billed(self, body: dict[str, Any], usage: Usage) -> None:
        sent = {
            "openinference.span.kind": "LLM",
            "llm.model_name": "command",
            "output.value": json.dumps(body),
        }
        assert read(sent).usage == usage


class TestLiteLLM:
    """Its first tracer and the second one (LITELLM_OTEL_V2)."""

    @pytest.mark.parametrize(
        ("key", "sent", "kind"),
        [
            ("llm.request.type", "rerank", "reranker"),
            ("litellm.call_type", "arerank", "reranker"),
            ("litellm.call_type", "aembedding", "embedding"),
            ("litellm.call_type", "acompletion", "llm"),
        ],
    )
    def test_it_calls_everything_a_chat(self, key: str, sent: str, kind: str) -> None:
        assert read({"gen_ai.operation.name": "chat", key: sent}).kind == kind

    def test_costs_and_who(self) -> None:
        reading = read(
            {
                "gen_ai.operation.name": "chat",
                "litellm.cost.total": 0.9,
                "litellm.cost.input": 0.5,
                "litellm.cost.output": 0.4,
                "litellm.cost.cache_read": 0.1,
                "litellm.end_user.id": "u-7",
                "litellm.metadata.team": "blue",
            }
        )
        assert reading.cost is not None
        assert (reading.cost.total, reading.cost.input, reading.cost.output) == (0.9, 0.5, 0.4)
        assert reading.cost.parts["cache_read"] == 0.1
        assert (reading.user_id, reading.metadata) == ("u-7", {"team": "blue"})

    def test_a_guard(self) -> None:
        sent = {"litellm.guardrail.name": "pii", "litellm.guardrail.response": "masked"}
        assert (read(sent).kind, content(sent).output_raw) == ("guardrail", "masked")


class TestPromptFlow:
    SCOPE = "promptflow"
    ASKED: ClassVar[dict[str, Any]] = {
        "model": "gpt-4o-mini",
        "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Weather?"}],
    }
    ANSWERED: ClassVar[dict[str, Any]] = {
        "id": "chatcmpl-1",
        "model": "gpt-4o-mini-2024-07-18",
        "choices": [{"message": {"role": "assistant", "content": "Rain"}, "finish_reason": "stop"}],
        "usage": {
            "prompt_tokens": 100,
            "completion_tokens": 30,
            "prompt_tokens_details": {"cached_tokens": 40},
            "completion_tokens_details": {"reasoning_tokens": 20},
        },
    }
    CALL: ClassVar[dict[str, Any]] = {
        "framework": "promptflow",
        "span_type": "LLM",
        "inputs": json.dumps(ASKED),
        "output": json.dumps(ANSWERED),
        "llm.response.model": "gpt-4o-mini-2024-07-18",
        "llm.generated_message": '{"role": "assistant", "content": "Rain"}',
        "llm.usage.prompt_tokens": 100,
        "llm.usage.completion_tokens": 30,
        "llm.usage.total_tokens": 130,
    }

    def test_a_call(self) -> None:
        reading, found = read(self.CALL, scope=self.SCOPE), content(self.CALL, scope=self.SCOPE)
        assert (reading.kind, reading.request_model, reading.response_id) == (
            "llm",
            "gpt-4o-mini",
            "chatcmpl-1",
        )
        assert reading.usage == Usage(input=100, output=30, total=130, cache_read=40, reasoning=20)
        assert (reading.input_preview, reading.output_preview) == ("Weather?", "Rain")
        assert found.system == (text("Be brief."),)
        assert found.input_messages == (Message("user", (text("Weather?"),)),)
        assert found.output_messages == (Message("assistant", (text("Rain"),)),)

    def test_a_streamed_call_is_one_answer(self) -> None:
        chunk = {"choices": [{"delta": {"content": "Ra"}}]}
        found = content({**self.CALL, "output": json.dumps([chunk, chunk])}, scope=self.SCOPE)
        assert found.output_messages == (Message("assistant", (text("Rain"),)),)

    @pytest.mark.parametrize(
        ("sent", "kind"),
        [("Function", "chain"), ("Flow", "chain"), ("Embedding", "embedding"), ("Retrieval", "retriever")],
    )
    def test_kinds(self, sent: str, kind: str) -> None:
        attributes = {"span_type": sent, "inputs": '{"q": "Weather?"}'}
        assert read(attributes, scope=self.SCOPE).kind == kind
        assert content(attributes, scope=self.SCOPE).input_raw == {"q": "Weather?"}


class TestConfident:
    """Confident, and DeepEval's integrations, which write the same names."""

    def test_an_agent_says_what_the_trace_is_about(self) -> None:
        attributes = {
            "confident.span.type": "agent",
            "confident.span.input": '"Weather?"',
            "confident.span.output": '"Rain"',
            "confident.trace.name": "weather flow",
            "confident.trace.user_id": "u-7",
            "confident.trace.thread_id": "s-1",
            "confident.trace.tags": ["beta"],
            "confident.trace.metadata": '{"team": "blue"}',
            "confident.trace.environment": "staging",
        }
        reading = read(attributes)
        assert (reading.kind, reading.trace_name, reading.environment) == ("agent", "weather flow", "staging")
        assert (reading.user_id, reading.session_id, reading.tags) == ("u-7", "s-1", ("beta",))
        assert (reading.metadata, reading.input_preview, reading.output_preview) == (
            {"team": "blue"},
            "Weather?",
            "Rain",
        )

    def test_a_call_and_a_retriever(self) -> None:
        call = {
            "confident.span.type": "llm",
            "confident.llm.model": "gpt-4o-mini",
            "confident.span.provider": "openai",
            "confident.llm.input_token_count": 10,
            "confident.llm.output_token_count": 3,
        }
        found = {
            "confident.span.type": "retriever",
            "confident.span.retrieval_context": '["Paris", "Bergen"]',
        }
        reading = read(call)
        assert (reading.kind, reading.model, reading.provider) == ("llm", "gpt-4o-mini", "openai")
        assert reading.usage == Usage(input=10, output=3, total=13)
        assert [document["content"] for document in content(found).documents] == ["Paris", "Bergen"]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("Agent - weatherman", "agent"),
        ("Tool - get_weather", "tool"),
        ("Guardrail - pii", "guardrail"),
        ("GenerationSpanData", "llm"),
        ("TurnSpanData", "chain"),
    ],
)
def test_coralogix_names_the_spans_of_openais_agents(name: str, kind: str) -> None:
    assert read({"name": "x"}, name=name, scope="llm_tracekit.openai_agents.instrumentor").kind == kind


def test_agentscope_says_the_cache_by_names_of_its_own() -> None:
    attributes = {
        "gen_ai.operation.name": "chat",
        "gen_ai.usage.input_tokens": 100,
        "gen_ai.usage.output_tokens": 10,
        "agentscope.usage.cache_input_tokens": 40,
        "agentscope.usage.cache_creation_input_tokens": 20,
    }
    openai, anthropic = (
        read({**attributes, "gen_ai.provider.name": name}, scope="agentscope").usage
        for name in ("openai", "anthropic")
    )
    assert openai == Usage(input=100, output=10, total=110, cache_read=40, cache_write=20)
    assert anthropic == Usage(input=160, output=10, total=170, cache_read=40, cache_write=20)


class TestFiddler:
    def test_a_call_by_hand(self) -> None:
        attributes = {
            "fiddler.span.type": "llm",
            "gen_ai.llm.input.system": "Be brief.",
            "gen_ai.llm.input.user": "Weather?",
            "gen_ai.llm.output": "Rain",
        }
        reading, found = read(attributes), content(attributes)
        assert (reading.kind, reading.input_preview, reading.output_preview) == ("llm", "Weather?", "Rain")
        assert found.system == (text("Be brief."),)
        assert found.input_messages == (Message("user", (text("Weather?"),)),)
        assert found.output_messages == (Message("assistant", (text("Rain"),)),)

    def test_an_agent(self) -> None:
        assert read({"fiddler.span.type": "agent", "gen_ai.agent.name": "weatherman"}).kind == "agent"


class TestOpenAIAgentsOpenTelemetry:
    """The package of that name."""

    @pytest.mark.parametrize(
        ("sent", "kind"), [("response", "llm"), ("agent", "agent"), ("turn", "chain"), ("mcp_tools", "mcp")]
    )
    def test_kinds(self, sent: str, kind: str) -> None:
        assert read({"agent.span.type": sent}).kind == kind

    def test_what_a_tool_was_given_is_in_an_event(self) -> None:
        event = SpanEvent("gen_ai.tool.input", START, {"gen_ai.tool.call.arguments": '{"city": "Bergen"}'})
        sent = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "get_weather"}
        assert content(sent, event).tool == {
            "name": "get_weather",
            "call_id": None,
            "type": None,
            "description": None,
            "arguments": {"city": "Bergen"},
            "result": None,
        }

    def test_who_and_what(self) -> None:
        sent = {"agent.workflow.name": "flow", "agent.group_id": "s-1", "agent.metadata.user_id": "u-7"}
        reading = read(sent)
        assert (reading.session_id, reading.user_id, content(sent).workflow_name) == ("s-1", "u-7", "flow")


def test_offers_and_texts_under_names_of_their_own() -> None:
    """genai-otel-instrument, Splunk."""
    sent = {"gen_ai.operation.name": "chat", "llm.tools": json.dumps([OFFER])}
    assert [tool["name"] for tool in content(sent).tool_definitions] == ["get_weather"]
    embedding = {"gen_ai.operation.name": "embeddings", "gen_ai.embeddings.input.texts": ["Paris", "Bergen"]}
    assert content(embedding).embeddings["texts"] == ["Paris", "Bergen"]


@pytest.mark.parametrize(
    ("attributes", "kind"),
    [
        ({"gen_ai.step.name": "StrOutputParser", "gen_ai.step.type": "chain"}, "chain"),  # Splunk
        ({"langgraph.node": "model", "langgraph.step": 1}, "chain"),  # AWS
        ({"gen_ai.operation.name": "invoke_agent", "crewai.task.id": "1"}, "chain"),  # OpenLLMetry
        ({"openinference.span.kind": "UNKNOWN", "nat.span.kind": "FUNCTION"}, "chain"),  # NVIDIA
    ],
)
def test_what_frameworks_do_around_their_calls(attributes: dict[str, Any], kind: str) -> None:
    assert read(attributes).kind == kind


@pytest.mark.parametrize(
    ("key", "sent", "scope"),
    [
        # LoongSuite's nanoseconds, and the seconds of others.
        ("gen_ai.response.time_to_first_token", 250_000_000, "opentelemetry.util.genai.handler"),
        ("gen_ai.response.time_to_first_token", 0.25, "sentry"),
        ("gen_ai.server.time_to_first_token", 0.25, "genai_otel.instrumentors.base"),
    ],
)
def test_units_of_the_first_token(key: str, sent: float, scope: str) -> None:
    assert read({key: sent}, scope=scope).ttft_ms == 250


def test_costs_as_genai_otel_writes_them() -> None:
    sent = {
        "gen_ai.usage.cost.total": 0.9,
        "gen_ai.usage.cost.prompt": 0.5,
        "gen_ai.usage.cost.completion": 0.4,
    }
    cost = read({"gen_ai.operation.name": "chat", **sent}).cost
    assert cost is not None
    assert (cost.total, cost.input, cost.output) == (0.9, 0.5, 0.4)


def test_a_result_that_was_not_sent_is_no_line() -> None:
    message = {"role": "tool", "parts": [{"type": "tool_call_response", "id": "call_1"}]}
    reading = read({"gen_ai.operation.name": "chat", "gen_ai.input.messages": json.dumps([message])})
    assert reading.input_preview is None


class TestWhyACallEnded:
    """Where no attribute says it, the body, the messages or the events do: an answer that was cut short is found by it."""

    @pytest.mark.parametrize(
        ("body", "reason"),
        [
            ({"choices": [{"message": {"content": "Ra"}, "finish_reason": "length"}]}, "length"),
            ({"content": [{"type": "text", "text": "Ra"}], "stop_reason": "max_tokens"}, "max_tokens"),
            ({"candidates": [{"content": {"parts": []}, "finishReason": "MAX_TOKENS"}]}, "max_tokens"),
            ({"id": "resp_1", "incomplete_details": {"reason": "max_output_tokens"}}, "max_output_tokens"),
            ({"message": {"content": "Ra"}, "done_reason": "length"}, "length"),
        ],
    )
    def test_in_the_body(self, body: dict[str, Any], reason: str) -> None:
        reading = read({"mlflow.spanType": '"LLM"', "mlflow.spanOutputs": json.dumps(body)})
        assert (reading.finish_reasons, reading.has) == ((reason,), ("cut",))

    def test_in_the_last_message(self) -> None:
        messages = [{"role": "assistant", "content": "Ra", "finish_reason": "length"}]
        sent = {"gen_ai.operation.name": "chat", "gen_ai.output.messages": json.dumps(messages)}
        assert read(sent).finish_reasons == ("length",)

    def test_in_an_event(self) -> None:
        event = SpanEvent(
            "gen_ai.choice", START, {"finish_reason": "max_tokens", "message": '[{"text": "Ra"}]'}
        )
        assert read({"gen_ai.operation.name": "chat"}, event).finish_reasons == ("max_tokens",)

    def test_an_attribute_comes_first(self) -> None:
        body = json.dumps({"choices": [{"finish_reason": "length"}]})
        sent = {"openinference.span.kind": "LLM", "llm.finish_reason": "stop", "output.value": body}
        assert read(sent).finish_reasons == ("stop",)


class TestPydanticEvals:
    SCOPE = "pydantic-evals"

    def test_a_case_has_its_scores(self) -> None:
        attributes = {
            "inputs": "Capital of France?",
            "output": "Paris",
            "metadata": "null",
            "scores": '{"length": {"name": "length", "value": 5, "reason": null, "source": {"name": "Length"}}}',
            "assertions": '{"exact": {"name": "exact", "value": true, "reason": "It is.", "source": {"name": "Eq"}}}',
            "labels": '{"tone": {"name": "tone", "value": "dry", "reason": null, "source": null}}',
        }
        reading = read(attributes, name="case: {case_name}", scope=self.SCOPE)
        assert [(score.name, score.value, score.label, score.source) for score in reading.scores] == [
            ("length", 5, None, "Length"),
            ("exact", 1, None, "Eq"),
            ("tone", None, "dry", None),
        ]
        assert (reading.input_preview, reading.output_preview) == ("Capital of France?", "Paris")
        assert (reading.kind, reading.metadata) == ("chain", {})

    def test_an_evaluator(self) -> None:
        reading = read({"evaluator_name": "Eq"}, name="evaluator: {evaluator_name}", scope=self.SCOPE)
        assert reading.kind == "evaluator"


class TestGoogleADK:
    """It adds the thoughts to what was answered: with Gemini that is the output, with LiteLLM it has them twice."""

    CALL: ClassVar[dict[str, Any]] = {
        "gen_ai.operation.name": "generate_content",
        "gen_ai.provider.name": "openai",
        "gen_ai.usage.input_tokens": 5730,
        "gen_ai.usage.output_tokens": 1446,
        "gen_ai.usage.reasoning.output_tokens": 673,
    }

    def test_reasoning_through_litellm_counts_once(self) -> None:
        reading = read(self.CALL, scope="gcp.vertex.agent")
        assert reading.usage == Usage(input=5730, output=773, total=6503, reasoning=673)
        assert reading.usage_flags == ("reasoning_counted_twice",)

    def test_gemini_and_other_senders_are_right(self) -> None:
        gemini = {**self.CALL, "gen_ai.provider.name": "gcp.gemini"}
        for reading in (read(gemini, scope="gcp.vertex.agent"), read(self.CALL, scope="other")):
            assert (reading.usage, reading.usage_flags) == (
                Usage(input=5730, output=1446, total=7176, reasoning=673),
                (),
            )

    def test_an_output_that_cannot_have_it_twice_is_left(self) -> None:
        usage = read({**self.CALL, "gen_ai.usage.output_tokens": 773}, scope="gcp.vertex.agent").usage
        assert usage is not None
        assert usage.output == 773

    def test_a_total_proves_it(self) -> None:
        reading = read({**self.CALL, "llm.token_count.total": 6503}, scope="openinference")
        assert reading.usage == Usage(input=5730, output=773, total=6503, reasoning=673)

    @pytest.mark.parametrize(("total", "output"), [(150, 50), (170, 70)])
    def test_the_total_of_an_answer_tells_whether_the_thoughts_are_in_it(
        self, total: int, output: int
    ) -> None:
        usage = {
            "prompt_token_count": 100,
            "candidates_token_count": 50,
            "thoughts_token_count": 20,
            "total_token_count": total,
        }
        response = json.dumps({"usage_metadata": usage})
        reading = read({"gen_ai.operation.name": "call_llm", "gcp.vertex.agent.llm_response": response})
        assert reading.usage is not None
        assert reading.usage.output == output


class TestLangChain:
    """What its messages say twice, through OpenInference and OpenLLMetry."""

    def test_a_call_of_gemini_is_one(self) -> None:
        call = "llm.output_messages.0.message.tool_calls.0.tool_call"
        attributes = {
            "openinference.span.kind": "LLM",
            "llm.output_messages.0.message.role": "assistant",
            "llm.output_messages.0.message.function_call_name": "get_weather",
            "llm.output_messages.0.message.function_call_arguments_json": '{"city": "Bergen"}',
            f"{call}.id": "call_1",
            f"{call}.function.name": "get_weather",
            f"{call}.function.arguments": '{"city": "Bergen"}',
        }
        assert content(attributes).output_messages == (Message("assistant", (CALL,)),)

    def test_two_calls_of_gemini_are_two(self) -> None:
        bergen, oslo = CALL, {**CALL, "id": "", "arguments": {"city": "Oslo"}}
        messages = [{"role": "assistant", "parts": [bergen, oslo, {**bergen, "id": ""}]}]
        sent = {"gen_ai.operation.name": "chat", "gen_ai.output.messages": json.dumps(messages)}
        ((first, second),) = (message.parts for message in content(sent).output_messages)
        assert (first, second["arguments"]) == (CALL, {"city": "Oslo"})

    def test_a_call_of_anthropic_is_no_text(self) -> None:
        block = {"type": "tool_use", "id": "call_1", "name": "get_weather", "input": {"city": "Bergen"}}
        messages = [{"role": "assistant", "parts": [text(json.dumps(block)), CALL]}]
        sent = {"gen_ai.operation.name": "chat", "gen_ai.output.messages": json.dumps(messages)}
        assert content(sent).output_messages == (Message("assistant", (CALL,)),)
        assert read(sent).output_preview == 'get_weather({"city":"Bergen"})'

    def test_a_streamed_answer_is_the_assistants(self) -> None:
        messages = [{"role": "unknown", "parts": [text("Rain")]}]
        sent = {"gen_ai.operation.name": "chat", "gen_ai.output.messages": json.dumps(messages)}
        assert content(sent).output_messages == (Message("assistant", (text("Rain"),)),)


def test_messages_in_events_that_are_counted() -> None:
    """genai-otel-instrument."""

    def event(name: str, number: str, role: str, text: str) -> SpanEvent:
        return SpanEvent(f"{name}.{number}", START, {f"{name}.role": role, f"{name}.content": text})

    events = (
        event("gen_ai.prompt", "system", "system", "Be brief."),
        event("gen_ai.prompt", "0", "user", "Weather?"),
        event("gen_ai.prompt", "10", "assistant", "Where?"),
        event("gen_ai.completion", "0", "assistant", "Sunny."),
    )
    found = content({"gen_ai.operation.name": "chat"}, *events)
    assert [part["content"] for part in found.system] == ["Be brief."]
    said = [(each.role, each.parts[0]["content"]) for each in (*found.input_messages, *found.output_messages)]
    assert said == [("user", "Weather?"), ("assistant", "Where?"), ("assistant", "Sunny.")]


class TestOpenInferenceForAnthropic:
    """Its blocks stand under two names: their type under one, a call under the other."""

    BLOCK = "llm.output_messages.0.message.contents.0"
    SAID: ClassVar[dict[str, Any]] = {
        "openinference.span.kind": "LLM",
        "llm.output_messages.0.message.role": "assistant",
    }

    def test_a_call_is_one(self) -> None:
        tool_call = {
            "id": "call_1",
            "function.name": "get_weather",
            "function.arguments": '{"city": "Bergen"}',
        }
        beside = "llm.output_messages.0.message.tool_calls.0.tool_call"
        sent = {
            **self.SAID,
            **{f"{beside}.{name}": value for name, value in tool_call.items()},
            f"{self.BLOCK}.message_content.type": "tool_use",
            **{f"{self.BLOCK}.tool_call.{name}": value for name, value in tool_call.items()},
        }
        assert content(sent).output_messages == (Message("assistant", (CALL,)),)

    def test_a_block_without_names_of_its_own_is_its_json(self) -> None:
        found = {
            "type": "web_search_tool_result",
            "tool_use_id": "call_1",
            "content": [{"url": "https://x.y"}],
        }
        sent = {
            **self.SAID,
            f"{self.BLOCK}.message_content.type": found["type"],
            f"{self.BLOCK}.message_content.text": json.dumps(found),
        }
        ((part,),) = (message.parts for message in content(sent).output_messages)
        assert (part["type"], part["id"], part["content"]) == ("tool_result", "call_1", found["content"])


class TestInputInABody:
    """Anthropic's answer says which tokens did not come from the cache: that proves what the sender's input is."""

    @staticmethod
    def read(prompt: int, usage: dict[str, int]) -> tuple[int | None, tuple[str, ...]]:
        sent = {
            "openinference.span.kind": "LLM",
            "llm.token_count.prompt": prompt,
            "llm.token_count.completion": 2600,
            "llm.token_count.prompt_details.cache_read": 4360,
            "output.value": json.dumps({"stop_reason": "end_turn", "usage": usage}),
        }
        reading = read(sent, scope="@arizeai/openinference-instrumentation-bedrock")
        assert reading.usage is not None
        return reading.usage.input, reading.usage_flags

    def test_it_leaves_the_cache_out(self) -> None:
        usage = {"input_tokens": 6480, "cache_read_input_tokens": 4360}
        assert self.read(6480, usage) == (10840, ("input_made_inclusive",))

    def test_it_includes_the_cache(self) -> None:
        assert self.read(10840, {"input_tokens": 6480, "cache_read_input_tokens": 4360}) == (10840, ())

    def test_litellm_has_its_names_beside_an_input_with_the_cache(self) -> None:
        usage = {"prompt_tokens": 10840, "completion_tokens": 5, "cache_read_input_tokens": 4360}
        assert self.read(10840, usage) == (10840, ())
        reading = read({"openinference.span.kind": "LLM", "output.value": json.dumps({"usage": usage})})
        assert reading.usage == Usage(input=10840, output=5, total=10845, cache_read=4360)


class TestNeatlogs:
    CALL: ClassVar[dict[str, Any]] = {
        "neatlogs.span.kind": "llm",
        "neatlogs.llm.provider": "anthropic",
        "neatlogs.llm.model_name": "claude-sonnet-4-5",
        "neatlogs.llm.is_streaming": False,
        "neatlogs.llm.input_messages.0.role": "user",
        "neatlogs.llm.input_messages.0.content": "Weather?",
        "neatlogs.llm.output_messages.0.role": "assistant",
        "neatlogs.llm.tool_calls.0.id": "call_1",
        "neatlogs.llm.tool_calls.0.name": "get_weather",
        "neatlogs.llm.tool_calls.0.arguments": '{"city":"Bergen"}',
        "neatlogs.llm.tools.0.name": "get_weather",
        "neatlogs.llm.tools.0.input_schema": '{"type":"object"}',
        "neatlogs.llm.finish_reason": "tool_use",
        "neatlogs.llm.response_id": "msg_1",
        "neatlogs.llm.token_count.prompt": 6243,
        "neatlogs.llm.token_count.completion": 2720,
        "neatlogs.llm.token_count.total": 8963,
        "neatlogs.llm.token_count.cache_read": 4432,
        "neatlogs.llm.token_count.cache_write": 333,
        "neatlogs.llm.metrics.ttft_ms": 87.018,
        "neatlogs.session.id": "chat-7",
        "neatlogs.end_user.id": "ada",
    }

    def test_a_call(self) -> None:
        reading = read(self.CALL, scope="neatlogs.wrapper")
        assert (reading.kind, reading.request_model, reading.provider) == (
            "llm",
            "claude-sonnet-4-5",
            "anthropic",
        )
        assert reading.usage == Usage(input=11008, output=2720, total=13728, cache_read=4432, cache_write=333)
        assert (reading.finish_reasons, reading.response_id, reading.ttft_ms) == (
            ("tool_use",),
            "msg_1",
            87.018,
        )
        assert (reading.session_id, reading.user_id) == ("chat-7", "ada")

    def test_what_was_said(self) -> None:
        found = content(self.CALL)
        assert found.input_messages == (Message("user", (text("Weather?"),)),)
        assert found.output_messages == (Message("assistant", (CALL,)),)
        assert [tool["name"] for tool in found.tool_definitions] == ["get_weather"]
        assert found.streaming is False

    def test_the_end_of_a_trace_is_no_step(self) -> None:
        assert read({"neatlogs.span.kind": "Neatlogs.INTERNAL"}).kind == "event"

    def test_a_tool(self) -> None:
        sent = {
            "neatlogs.span.kind": "mcp_tool",
            "neatlogs.tool.name": "get_weather",
            "neatlogs.tool.output": "Rain",
        }
        tool = content({**sent, "neatlogs.tool.input": '{"city": "Bergen"}'}).tool
        assert tool is not None
        assert (tool["name"], tool["arguments"], tool["result"]) == (
            "get_weather",
            {"city": "Bergen"},
            "Rain",
        )


class TestNeMoGuardrails:
    """Texts in events that others fill with attributes, around a guard that stopped the request."""

    def test_a_call(self) -> None:
        events = (
            SpanEvent("gen_ai.content.prompt", START, {"content": "Check: hi. Answer (yes/no):"}),
            SpanEvent("gen_ai.content.completion", START, {"content": "No."}),
        )
        attributes = {"gen_ai.operation.name": "self_check_input", "gen_ai.request.model": "gpt-4o-mini"}
        found = content({**attributes, "gen_ai.usage.input_tokens": 9}, *events)
        assert found.input_messages == (Message("user", (text("Check: hi. Answer (yes/no):"),)),)
        assert found.output_messages == (Message("assistant", (text("No."),)),)

    def test_others_put_attributes_into_such_events(self) -> None:
        events = (SpanEvent("gen_ai.content.prompt", START, {"gen_ai.prompt": "Hi"}),)
        found = content({"gen_ai.operation.name": "chat"}, *events)
        assert found.input_messages == (Message("user", (text("Hi"),)),)

    def test_what_went_through_it(self) -> None:
        said = SpanEvent("guardrails.utterance.bot.started", START, {"content": "I can't respond to that."})
        reading = read({"gen_ai.operation.name": "guardrails"}, said)
        assert (reading.kind, reading.output_preview) == ("chain", "I can't respond to that.")

    def test_the_guard_and_what_it_does(self) -> None:
        guard = read({"rail.name": "self check input", "rail.type": "input"}, scope="nemo_guardrails")
        assert (guard.kind, guard.name) == ("guardrail", "self check input")
        action = {"action.name": "self_check_input", "action.has_llm_calls": True}
        step = read(action, scope="nemo_guardrails")
        assert (step.kind, step.name) == ("chain", "self_check_input")


def test_traccia_says_what_was_asked_as_messages_and_as_text() -> None:
    said = [{"role": "system", "content": "Be brief"}, {"role": "user", "content": "Weather?"}]
    sent = {
        "span.type": "LLM",
        "llm.model": "gpt-4o-mini",
        "llm.openai.messages": json.dumps(said),
        "llm.prompt": "system: Be brief\nuser: Weather?",
        "llm.completion": "Rain",
    }
    found = content(sent)
    assert found.system == (text("Be brief"),)
    assert found.input_messages == (Message("user", (text("Weather?"),)),)
    assert found.output_messages == (Message("assistant", (text("Rain"),)),)


class TestBasalt:
    def test_a_tool(self) -> None:
        sent = {
            "basalt.span.kind": "tool",
            "basalt.tool.input": '{"city": "Bergen"}',
            "basalt.tool.output": "Rain",
        }
        reading = read({**sent, "basalt.user.id": "ada"}, name="get_weather")
        assert (reading.kind, reading.user_id) == ("tool", "ada")
        tool = content(sent).tool
        assert tool is not None
        assert (tool["arguments"], tool["result"]) == ({"city": "Bergen"}, "Rain")

    def test_a_retriever(self) -> None:
        found = '[{"content": "It rains", "score": 0.9}]'
        (document,) = content({"basalt.span.kind": "retrieval", "basalt.span.output": found}).documents
        assert (document["content"], document["score"]) == ("It rains", 0.9)

    def test_what_is_around_them(self) -> None:
        kinds = [read({"basalt.span.kind": kind}).kind for kind in ("basalt_trace", "function", "generation")]
        assert kinds == ["chain", "chain", "llm"]


def test_latitude_names_messages_as_of_the_request_and_of_the_response() -> None:
    called = {
        "type": "tool-call",
        "toolCallId": "call_1",
        "toolName": "get_weather",
        "args": {"city": "Bergen"},
    }
    sent = {
        "latitude.type": "completion",
        "gen_ai.request.messages": json.dumps([{"role": "user", "content": [text("Weather?")]}]),
        "gen_ai.response.messages": json.dumps([{"role": "assistant", "content": [called]}]),
    }
    assert read(sent).kind == "llm"
    assert content(sent).input_messages == (Message("user", (text("Weather?"),)),)
    assert content(sent).output_messages == (Message("assistant", (CALL,)),)
    result = {
        "latitude.type": "tool",
        "gen_ai.tool.result.value": "No city",
        "gen_ai.tool.result.is_error": True,
    }
    tool = content({**result, "gen_ai.tool.name": "get_weather"}).tool
    assert tool is not None
    assert (tool["result"], read(result).status) == ("No city", "error")


def test_a_customer_of_paid_is_a_user() -> None:
    assert read({"external_customer_id": "cust-1"}, scope="paid.python").user_id == "cust-1"


def test_any_agent_names_a_call_by_attributes() -> None:
    called = [{"tool.name": "get_weather", "tool.args": '{"city": "Bergen"}'}]
    found = content({"gen_ai.operation.name": "call_llm", "gen_ai.output": json.dumps(called)})
    ((part,),) = (message.parts for message in found.output_messages)
    assert (part["type"], part["name"], part["arguments"]) == ("tool_call", "get_weather", {"city": "Bergen"})


def test_replicate_through_openllmetry_names_a_prompt_by_its_role() -> None:
    sent = {
        "llm.request.type": "completion",
        "gen_ai.prompt.0.user": "Hi",
        "gen_ai.completion.0.content": "Ho",
    }
    assert content(sent).input_messages == (Message("user", (text("Hi"),)),)


def test_a_retriever_of_galileo() -> None:
    answered = [{"role": "assistant", "content": {"documents": [{"content": "It rains", "metadata": {}}]}}]
    sent = {"db.operation": "search", "gen_ai.output.messages": json.dumps(answered)}
    assert read(sent).kind == "retriever"
    assert [document["content"] for document in content(sent).documents] == ["It rains"]
    assert read({**sent, "db.system": "elasticsearch"}).kind == "db"


@pytest.mark.parametrize("name", ["tools/call get_weather", "MCP send tools/call get_weather"])
def test_mcp_names_its_tool_in_the_name_of_the_span(name: str) -> None:
    """The SDKs of MCP and FastMCP."""
    sent = {"mcp.method.name": "tools/call"}
    assert read(sent, name=name).tool_name == "get_weather"
    assert read(sent, name="tools/call").tool_name is None


def test_what_milvus_found_is_printed_by_python() -> None:
    """OpenLLMetry 0.60."""
    found = {"id": 1, "distance": "0.9", "entity": "{'text': 'It rains', 'city': 'Bergen'}"}
    event = SpanEvent("db.search.result", START, {f"db.search.result.{key}": of for key, of in found.items()})
    (document,) = content({"db.system": "milvus"}, event).documents
    assert (document["id"], document["content"], document["score"]) == ("1", "It rains", 0.9)
    assert document["metadata"] == {"text": "It rains", "city": "Bergen"}


def test_steps_of_mcp_through_openllmetry() -> None:
    for name in ("tools/list.mcp", "ResponseStreamWriter"):
        assert read(name=name, scope="opentelemetry.instrumentation.mcp.instrumentation").kind == "mcp"


def test_an_agent_of_fast_agent() -> None:
    assert read(name="Agent: 'w' generate", scope="fast_agent.agents.llm_decorator").kind == "agent"
    outer = {"tool_name": "get_weather", "server_name": "weather"}
    assert read(outer, name="MCP Tool: weather__get_weather", scope="fast_agent.mcp").kind == "chain"
