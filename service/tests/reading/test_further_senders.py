"""Senders whose attributes were captured and judged by hand: the few lines of each that were once read wrongly."""

from __future__ import annotations

import json
from typing import Any, ClassVar

import pytest
from llm_tracer.model.reading import Message, Usage
from llm_tracer.model.span import SpanEvent
from llm_tracer_service.reading import load_reader
from llm_tracer_service.reading.pricing import PriceBook

from .spans import START, content, read, span, text

CALL = {"type": "tool_call", "id": "call_1", "name": "get_weather", "arguments": {"city": "Bergen"}}


@pytest.mark.parametrize(
    "scope",
    [
        "opentelemetry.instrumentation.botocore.bedrock-runtime",
        "opentelemetry.instrumentation.bedrock",
        "openlit.instrumentation.bedrock",
    ],
)
def test_bedrock_says_its_input_without_the_cache(scope: str) -> None:
    attributes = {
        "gen_ai.operation.name": "chat",
        "gen_ai.request.model": "anthropic.claude-sonnet-4-5-20250929-v1:0",
        "gen_ai.usage.input_tokens": 629,
        "gen_ai.usage.output_tokens": 229,
        "gen_ai.usage.total_tokens": 858,
        "gen_ai.usage.cache_read.input_tokens": 129,
        "gen_ai.usage.cache_creation.input_tokens": 69,
    }
    reading = read(attributes, scope=scope)
    assert reading.usage == Usage(input=827, output=229, total=1056, cache_read=129, cache_write=69)
    assert reading.usage_flags == ("input_made_inclusive",)


class TestTraceAI:
    """OpenTelemetry's names for the messages, flattened in the way of OpenInference."""

    def test_a_call_of_the_responses_api(self) -> None:
        attributes = {
            "gen_ai.span.kind": "LLM",
            "gen_ai.provider.name": "openai",
            "gen_ai.request.parameters": '{"model": "gpt-4o-mini"}',
            "gen_ai.request.model": "gpt-4o-mini-2024-07-18",
            "output.value": "{'id': 'resp_1', 'object': 'response'}",
            "gen_ai.usage.input_tokens": 1170,
            "gen_ai.usage.output_tokens": 370,
            "gen_ai.usage.input_tokens.cache_read": 470,
            "gen_ai.usage.output_tokens.reasoning": 220,
            "gen_ai.input.messages.0.message.role": "system",
            "gen_ai.input.messages.0.message.content": "Be brief",
            "gen_ai.input.messages.1.message.role": "user",
            "gen_ai.input.messages.1.message.content": "Hi",
            "gen_ai.output.messages.0.message.role": "assistant",
            "gen_ai.output.messages.0.message.tool_calls.0.tool_call.id": "call_1",
            "gen_ai.output.messages.0.message.tool_calls.0.tool_call.function.name": "get_weather",
            "gen_ai.output.messages.0.message.tool_calls.0.tool_call.function.arguments": '{"city": "Bergen"}',
            "gen_ai.tool.definitions": "null",
            "gen_ai.tool.definitions.0.tool.json_schema": '{"type": "function", "name": "get_weather"}',
        }
        reading, found = read(attributes, scope="traceai_openai"), content(attributes)
        assert (reading.request_model, reading.model) == ("gpt-4o-mini", "gpt-4o-mini")
        assert reading.usage == Usage(input=1170, output=370, total=1540, cache_read=470, reasoning=220)
        assert found.system == (text("Be brief"),)
        assert found.input_messages == (Message("user", (text("Hi"),)),)
        assert found.output_messages == (Message("assistant", (CALL,)),)
        assert [tool["name"] for tool in found.tool_definitions] == ["get_weather"]

    def test_an_image_without_a_name_for_its_form(self) -> None:
        attributes = {
            "gen_ai.span.kind": "LLM",
            "gen_ai.input.messages.0.message.role": "user",
            "gen_ai.input.messages.0.message.content.0.message_content.type": "image",
            "gen_ai.input.messages.0.message.content.0.message_content.image": "iVBORw0KGgo=",
            "gen_ai.input.messages.0.message.content.1.message_content.type": "text",
            "gen_ai.input.messages.0.message.content.1.message_content.text": "What is it?",
        }
        ((image, words),) = (m.parts for m in content(attributes).input_messages)
        assert (image["modality"], image["ref"], words) == (
            "image",
            {"data": "iVBORw0KGgo="},
            text("What is it?"),
        )

    def test_what_a_body_alone_says_of_the_cache(self) -> None:
        usage = {
            "input_tokens": 774,
            "cache_read_input_tokens": 274,
            "cache_creation_input_tokens": 214,
            "output_tokens": 374,
        }
        thought, answer = {"type": "thinking", "thinking": "Rain"}, {"type": "text", "text": "Hello"}
        body = {
            "id": "msg_1",
            "model": "claude-sonnet-4-5",
            "usage": usage,
            "content": [thought, answer],
            "stop_reason": "end_turn",
        }
        attributes = {
            "gen_ai.span.kind": "LLM",
            "gen_ai.prompts": "null",
            "gen_ai.usage.input_tokens": 774,
            "gen_ai.usage.output_tokens": 374,
            "gen_ai.usage.total_tokens": 1148,
            "gen_ai.output.messages.0.message.role": "assistant",
            "gen_ai.output.messages.0.message.content": "Hello",
            "output.value": json.dumps(body),
        }
        reading, found = (
            read(attributes, scope="traceai_anthropic"),
            content(attributes, scope="traceai_anthropic"),
        )
        parts = ({"type": "reasoning", "content": "Rain"}, text("Hello"))
        assert found.output_messages == (Message("assistant", parts, finish_reason="end_turn", id="msg_1"),)
        assert found.system == ()
        assert reading.usage == Usage(input=1262, output=374, total=1636, cache_read=274, cache_write=214)


class TestLogfireOpenAIAgents:
    """Only the names of its spans say what they are, and the answer is the last of the messages."""

    SCOPE = "logfire.openai_agents"

    @pytest.mark.parametrize(
        ("name", "kind"),
        [
            ("Agent run: {name!r}", "agent"),
            ("Function: {name}", "tool"),
            ("Responses API with {gen_ai.request.model!r}", "llm"),
            ("Chat completion with {gen_ai.request.model!r}", "llm"),
            ("Handoff: {from_agent} → {to_agent}", "chain"),
            ("Guardrail {name!r} {triggered=}", "guardrail"),
            ("Turn {turn} for agent Weather agent", "chain"),
        ],
    )
    def test_kinds(self, name: str, kind: str) -> None:
        assert read({"logfire.span_type": "span"}, name=name, scope=self.SCOPE).kind == kind
        assert read({"logfire.span_type": "span"}, name=name, scope="my.shop").kind == "other"

    def test_the_answer_among_the_events(self) -> None:
        events = [
            {"event.name": "gen_ai.system.message", "content": "Be brief", "role": "system"},
            {"event.name": "gen_ai.user.message", "content": "Hi", "role": "user"},
            {"event.name": "gen_ai.assistant.message", "content": "Hello", "role": "assistant"},
        ]
        found = content({"gen_ai.operation.name": "chat", "events": json.dumps(events)}, scope=self.SCOPE)
        assert found.input_messages == (Message("user", (text("Hi"),)),)
        assert found.output_messages == (Message("assistant", (text("Hello"),)),)

    def test_a_chat_completion(self) -> None:
        given, answer = {"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}
        attributes = {
            "input": json.dumps([given]),
            "output": json.dumps([answer]),
            "request_data": json.dumps({"messages": [given, answer], "model": "gpt-4o-mini"}),
            "usage": '{"input_tokens": 9, "output_tokens": 8, "input_tokens_details": {"cached_tokens": 4}, "output_tokens_details": {"reasoning_tokens": 2}}',
            "gen_ai.request.model": "gpt-4o-mini",
        }
        name = "Chat completion with {gen_ai.request.model!r}"
        found = content(attributes, name=name, scope=self.SCOPE)
        assert found.input_messages == (Message("user", (text("Hi"),)),)
        assert found.output_messages == (Message("assistant", (text("Hello"),)),)
        usage = read(attributes, name=name, scope=self.SCOPE).usage
        assert usage == Usage(input=9, output=8, total=17, cache_read=4, reasoning=2)

    def test_the_group_is_the_session_and_null_is_none(self) -> None:
        assert read({"group_id": "s"}, scope=self.SCOPE).session_id == "s"
        assert read({"group_id": "null"}, scope=self.SCOPE).session_id is None
        assert read({"group_id": "s"}).session_id is None

    def test_what_went_wrong(self) -> None:
        reading = read(
            {"name": "Weather", "error": '{"message": "Error in agent run"}'},
            name="Agent run: {name!r}", scope=self.SCOPE, status_code="error",
        )  # fmt: skip
        assert reading.error is not None
        assert (reading.agent_name, reading.error.message) == ("Weather", "Error in agent run")


MIRASCOPE = {
    "mirascope.type": "trace",
    "mirascope.ops.session.id": "s",
    "mirascope.response.provider_id": "openai",
    "mirascope.response.model_id": "openai/gpt-4o-mini",
    "mirascope.response.messages": '[{"role": "user", "content": [{"type": "text", "text": "Hi"}], "name": null}]',
    "mirascope.response.content": '[{"type": "tool_call", "id": "call_1", "name": "get_weather", "args": "{\\"city\\": \\"Bergen\\"}"}]',
    "mirascope.response.usage": '{"input_tokens": 1254, "output_tokens": 454, "cache_read_tokens": 554, "cache_write_tokens": 0, "reasoning_tokens": 304, "total_tokens": 1708}',
}


class TestMirascope:
    """A function that calls a model says all itself."""

    def test_a_traced_call(self) -> None:
        reading, found = read(MIRASCOPE), content(MIRASCOPE)
        assert (reading.kind, reading.session_id, reading.provider) == ("llm", "s", "openai")
        assert reading.usage == Usage(
            input=1254, output=454, total=1708, cache_read=554, cache_write=0, reasoning=304
        )
        assert found.input_messages == (Message("user", (text("Hi"),)),)
        assert found.output_messages == (Message("assistant", (CALL,), id="call_1"),)
        assert read({"mirascope.type": "trace"}).kind == "chain"

    def test_a_model_with_its_provider_before_it_has_its_price(self) -> None:
        reader = load_reader(prices=PriceBook())
        priced = reader.read(span(MIRASCOPE)).cost
        plain = reader.read(span({**MIRASCOPE, "mirascope.response.model_id": "gpt-4o-mini"})).cost
        assert priced is not None
        assert priced == plain


class TestMastra:
    def test_who_asked_and_in_which_session(self) -> None:
        reading = read(
            {
                "mastra.span.type": "agent_run",
                "mastra.metadata.sessionId": "s",
                "mastra.metadata.userId": "u",
                "mastra.tags": '["t"]',
                "mastra.metadata.plan": "free",
            }
        )
        assert (reading.session_id, reading.user_id, reading.tags) == ("s", "u", ("t",))
        assert reading.metadata["plan"] == "free"

    def test_the_text_and_the_calls_of_a_step(self) -> None:
        output = {
            "text": "Wait",
            "toolCalls": [{"toolCallId": "call_1", "toolName": "get_weather", "args": {"city": "Bergen"}}],
        }
        found = content(
            {
                "gen_ai.operation.name": "agent_step",
                "mastra.span.type": "model_step",
                "mastra.model_step.output": json.dumps(output),
            }
        )
        assert found.output_messages == (Message("assistant", (text("Wait"), CALL)),)

    def test_tools_by_their_names_alone(self) -> None:
        found = content(
            {"gen_ai.operation.name": "invoke_agent", "gen_ai.tool.definitions": '["get_weather"]'}
        )
        assert [tool["name"] for tool in found.tool_definitions] == ["get_weather"]

    def test_when_the_answer_began(self) -> None:
        reading = read(
            {"mastra.span.type": "model_inference", "mastra.completion_start_time": "2026-11-23T11:59:30Z"}
        )
        assert reading.ttft_ms == 1000.0


@pytest.mark.parametrize(
    ("sent", "kind"),
    [
        ("workflow_step", "chain"),
        ("processor_run", "chain"),
        ("client_tool_call", "tool"),
        ("rag_embedding", "embedding"),
        ("memory_operation", "memory"),
        ("scorer_run", "evaluator"),
        ("mcp_server_request", "mcp"),
        ("generic", "chain"),
    ],
)
def test_spans_of_mastra_name_what_went_in_by_their_type(sent: str, kind: str) -> None:
    attributes = {
        "gen_ai.operation.name": sent,
        "mastra.span.type": sent,
        f"mastra.{sent}.input": '{"city": "Bergen"}',
        f"mastra.{sent}.output": "Rain",
    }
    found = content(attributes)
    assert read(attributes).kind == kind
    assert (found.input_raw, found.output_raw) == ({"city": "Bergen"}, "Rain")


def test_the_two_caches_of_mastra() -> None:
    usage = read(
        {
            "mastra.span.type": "model_inference",
            "gen_ai.usage.input_tokens": 90,
            "gen_ai.usage.output_tokens": 6,
            "gen_ai.usage.cache_creation.5m_input_tokens": 10,
            "gen_ai.usage.cache_creation.1h_input_tokens": 20,
        }
    ).usage
    assert usage == Usage(input=90, output=6, total=96, cache_write=30, cache_write_5m=10, cache_write_1h=20)


def test_an_agent_of_voltagent_is_no_call() -> None:
    sums = {
        "usage.prompt_tokens": 2577,
        "usage.cached_tokens": 1177,
        "usage.reasoning_tokens": 677,
        "usage.completion_tokens": 977,
    }
    agent = read({"entity.type": "agent", "entity.name": "Weather", "ai.model.name": "gpt-4o-mini", **sums})
    assert (agent.kind, agent.agent_name) == ("agent", "Weather")
    assert agent.usage == Usage(input=2577, output=977, total=3554, cache_read=1177, reasoning=677)
    call = {
        "entity.type": "agent",
        "span.type": "llm",
        "llm.model": "gpt-4o-mini",
        "llm.messages": '[{"role": "user", "content": "Hi"}]',
        "llm.usage.prompt_tokens": 9,
        "llm.usage.cached_tokens": 4,
    }
    assert read(call).kind == "llm"
    assert read(call).usage == Usage(input=9, total=9, cache_read=4)
    assert content(call).input_messages == (Message("user", (text("Hi"),)),)


def test_voltagent_says_the_whole_on_the_agent_and_the_last_step_on_the_call() -> None:
    prices = PriceBook()
    sent = {
        "entity.type": "agent", "ai.model.name": "gpt-4o-mini",
        "usage.prompt_tokens": 902, "usage.completion_tokens": 94, "agent.messages": '[{"role": "user", "content": "Hi"}]',
    }  # fmt: skip
    agent = load_reader(prices=prices).read(span(sent, scope="@voltagent/core"))
    assert (agent.kind, agent.usage_flags) == ("agent", ("all_steps",))
    assert agent.cost is not None
    assert agent.cost.source == "computed"
    assert content(sent).input_messages == (Message("user", (text("Hi"),)),)
    elsewhere = load_reader(prices=prices).read(span(sent))
    assert (elsewhere.usage_flags, elsewhere.cost) == ((), None)
    call = {"span.type": "llm", "llm.model": "gpt-4o-mini", "llm.usage.prompt_tokens": 501}
    assert read(call, scope="@voltagent/core").usage_flags == ("last_step",)


class TestNetra:
    def test_a_tool_call_as_the_text_of_the_answer(self) -> None:
        attributes = {
            "llm.request.type": "response",
            "netra.instrumentation.name": "openai",
            "netra.session_id": "s",
            "netra.user_id": "u",
            "gen_ai.completion.0.role": "assistant",
            "gen_ai.completion.0.content": '{"name": "get_weather", "arguments": "{\\"city\\": \\"Bergen\\"}"}',
            "gen_ai.completion.0.tool_call_id": "call_1",
            "gen_ai.completion.1.finish_reason": "tool_calls",
        }
        reading = read(attributes)
        assert (reading.kind, reading.provider, reading.session_id, reading.user_id) == (
            "llm",
            "openai",
            "s",
            "u",
        )
        assert reading.finish_reasons == ("tool_calls",)
        assert content(attributes).output_messages == (
            Message("assistant", (CALL,), finish_reason="tool_calls"),
        )

    def test_parts_as_python_prints_them(self) -> None:
        attributes = {
            "llm.request.type": "chat",
            "gen_ai.prompt.0.role": "user",
            "gen_ai.prompt.0.content": "[{'type': 'text', 'text': 'What is it?'}, {'type': 'image_url', 'image_url': {'url': 'data:image/png;base64,AAAA'}}]",
        }
        ((words, image),) = (m.parts for m in content(attributes).input_messages)
        assert (words, image["modality"]) == (text("What is it?"), "image")

    def test_an_answer_that_is_json_stays_text(self) -> None:
        answer = '{"name": "Anna", "arguments": [], "age": 7}'
        found = content(
            {
                "llm.request.type": "chat",
                "gen_ai.completion.0.role": "assistant",
                "gen_ai.completion.0.content": answer,
            }
        )
        assert found.output_messages == (Message("assistant", (text(answer),)),)


def test_roles_of_smolagents() -> None:
    found = content(
        {
            "openinference.span.kind": "LLM",
            "llm.input_messages.0.message.role": "tool-call",
            "llm.input_messages.0.message.content": "Calling tools: get_weather",
            "llm.input_messages.1.message.role": "tool-response",
            "llm.input_messages.1.message.content": "11 mm",
        }
    )
    assert [message.role for message in found.input_messages] == ["assistant", "tool"]


def test_seconds_of_openlit_and_milliseconds_of_strands() -> None:
    assert (
        read({"gen_ai.server.time_to_first_token": 0.25}, scope="openlit.instrumentation.groq").ttft_ms == 250
    )
    assert read({"gen_ai.server.time_to_first_token": 250}, scope="strands.telemetry.tracer").ttft_ms == 250


def test_the_first_chunk_of_vercels_seventh_version() -> None:
    assert read({"gen_ai.client.operation.time_to_first_chunk": 0.25}).ttft_ms == 250


def test_a_finish_reason_as_python_writes_an_enum() -> None:
    answer = [
        {
            "role": "assistant",
            "parts": [{"type": "text", "content": "Hello"}],
            "finish_reason": "FinishReason.STOP",
        }
    ]
    found = content({"gen_ai.operation.name": "chat", "gen_ai.output.messages": json.dumps(answer)})
    assert found.output_messages == (Message("assistant", (text("Hello"),), finish_reason="stop"),)
    body = {
        "choices": [
            {"message": {"role": "assistant", "content": "Hello"}, "finish_reason": "FinishReason.STOP"}
        ]
    }
    found = content({"gen_ai.operation.name": "chat", "output.value": json.dumps(body)})
    assert found.output_messages == (Message("assistant", (text("Hello"),), finish_reason="stop"),)


def test_parameters_that_nobody_set() -> None:
    attributes = {
        "openinference.span.kind": "LLM",
        "llm.invocation_parameters": '{"model": "m", "temperature": "", "stop": "<openai.Omit object at 0x7f>", "n": 1}',
    }
    assert content(attributes).params == {"model": "m", "n": 1}


def test_langtrace_calls_of_the_responses_api() -> None:
    tools = [json.dumps([{"type": "function", "function": {"name": "get_weather", "parameters": {}}}])]
    attributes = {
        "gen_ai.operation.name": "openai.responses.create",
        "gen_ai.request.model": "gpt-4o-mini",
        "gen_ai.usage.input_tokens": 9,
        "gen_ai.response_id": "resp_1",
        "instructions": "Be brief",
        "gen_ai.request.tools": json.dumps(tools),
    }
    found = content(attributes)
    assert (read(attributes).response_id, found.system) == ("resp_1", (text("Be brief"),))
    assert [tool["name"] for tool in found.tool_definitions] == ["get_weather"]


@pytest.mark.parametrize("nothing", ["null", "None", "undefined"])
def test_what_languages_print_for_nothing_is_nobody(nothing: str) -> None:
    reading = read({"session.id": nothing, "user.id": nothing, "gen_ai.response.id": nothing})
    assert (reading.session_id, reading.user_id, reading.response_id) == (None, None, None)


class TestJudgment:
    """Its input is without the cache for every provider; the bodies of request and answer stand beside it."""

    ATTRIBUTES: ClassVar[dict[str, Any]] = {
        "judgment.span_kind": "llm",
        "gen_ai.prompt": '{"model": "gpt-4o-mini", "input": "Hi", "instructions": "Be brief"}',
        "gen_ai.completion": json.dumps(
            {
                "id": "resp_1",
                "object": "response",
                "model": "gpt-4o-mini-2024-07-18",
                "instructions": "Be brief",
                "output": [
                    {
                        "type": "message",
                        "id": "msg_1",
                        "role": "assistant",
                        "content": [{"type": "output_text", "text": "Hello"}],
                    }
                ],
            }
        ),
        "judgment.usage.non_cached_input_tokens": 700,
        "judgment.usage.cache_read_input_tokens": 694,
        "judgment.usage.output_tokens": 594,
        "judgment.usage.metadata": '{"prompt_tokens": 1394, "completion_tokens": 594, "completion_tokens_details": {"reasoning_tokens": 444}}',
        "judgment.llm.model": "gpt-4o-mini-2024-07-18",
    }

    def test_a_call(self) -> None:
        reading = read(self.ATTRIBUTES, scope="judgeval")
        assert (reading.kind, reading.request_model) == ("llm", "gpt-4o-mini")
        assert reading.model == "gpt-4o-mini-2024-07-18"
        assert reading.usage == Usage(input=1394, output=594, total=1988, cache_read=694, reasoning=444)

    def test_instructions_that_the_answer_repeats_are_none_of_it(self) -> None:
        found = content(self.ATTRIBUTES)
        assert found.system == (text("Be brief"),)
        assert found.output_messages == (Message("assistant", (text("Hello"),), id="msg_1"),)

    def test_its_spans(self) -> None:
        sent = {
            "judgment.span_kind": "agent",
            "judgment.session_id": "s",
            "judgment.customer_user_id": "u",
            "judgment.input": '{"q": "Hi"}',
        }
        reading = read(sent)
        assert (reading.kind, reading.session_id, reading.user_id) == ("agent", "s", "u")
        assert content(sent).input_raw == {"q": "Hi"}


def test_agenta() -> None:
    call = {
        "ag.type.node": "chat",
        "ag.data.inputs.prompt.0.role": "user",
        "ag.data.inputs.prompt.0.content": "Hi",
        "ag.data.outputs.completion.0.role": "assistant",
        "ag.data.outputs.completion.0.content": "Hello",
        "ag.meta.configuration.model": "gpt-4o-mini",
        "ag.meta.configuration.tools.0.function.name": "get_weather",
        "ag.metrics.unit.tokens.prompt": 1415.0,
        "ag.metrics.unit.tokens.completion": 615.0,
        "ag.metrics.unit.tokens.cache_read": 715.0,
        "ag.metrics.unit.costs.total": 0.5,
    }
    reading, found = read(call), content(call)
    assert (reading.kind, reading.model, reading.cost and reading.cost.total) == ("llm", "gpt-4o-mini", 0.5)
    assert reading.usage == Usage(input=1415, output=615, total=2030, cache_read=715)
    assert found.input_messages == (Message("user", (text("Hi"),)),)
    assert found.output_messages == (Message("assistant", (text("Hello"),)),)
    assert [tool["name"] for tool in found.tool_definitions] == ["get_weather"]


@pytest.mark.parametrize(
    ("given", "answered"),
    [
        ("honeyhive_inputs.", "honeyhive_outputs."),
        ("ag.data.inputs.", "ag.data.outputs."),
        ("ai.observability.call.kwargs.", "ai.observability.call.return"),
    ],
)
def test_arguments_as_attributes_are_one_object(given: str, answered: str) -> None:
    result = answered if answered.endswith("return") else f"{answered}result"
    attributes = {f"{given}city": "Bergen", f"{given}days": 3, f"{given}units": "[1]", result: "11 mm"}
    found = content(attributes)
    assert found.input_raw == {"city": "Bergen", "days": 3, "units": [1]}
    assert found.output_raw in ("11 mm", {"result": "11 mm"})
    assert read(attributes).output_preview == "11 mm"


@pytest.mark.parametrize(
    ("key", "sent", "kind"),
    [
        ("honeyhive_event_type", "model", "llm"),
        ("honeyhive_event_type", "tool", "tool"),
        ("ai.observability.span_type", "retrieval", "retriever"),
        ("ai.observability.span_type", "generation", "llm"),
        ("ai.observability.span_type", "record_root", "chain"),
        ("ag.type.node", "workflow", "chain"),
        ("ag.type.node", "embedding", "embedding"),
        ("judgment.span_kind", "span", "chain"),
    ],
)
def test_kinds(key: str, sent: str, kind: str) -> None:
    assert read({key: sent}).kind == kind


class TestMonocle:
    """What went in and came out is in events, a message by its role alone; the model is an entity."""

    ATTRIBUTES: ClassVar[dict[str, Any]] = {
        "span.type": "inference",
        "entity.1.type": "inference.openai",
        "entity.2.name": "gpt-4o-mini",
        "entity.2.type": "model.llm.gpt-4o-mini",
    }
    EVENTS = (
        SpanEvent(
            "data.input", START, {"input": '["{\\"system\\": \\"Be brief\\"}", "{\\"user\\": \\"Hi\\"}"]'}
        ),
        SpanEvent(
            "data.output",
            START,
            {
                "response": '{"assistant": [{"tool_id": "call_1", "tool_name": "get_weather", "tool_arguments": "{\\"city\\": \\"Bergen\\"}"}]}'
            },
        ),
        SpanEvent(
            "metadata",
            START,
            {
                "completion_tokens": "617",
                "prompt_tokens": "1417",
                "cache_read_input_tokens": "717",
                "finish_reason": "tool_calls",
            },
        ),
    )

    def test_a_call(self) -> None:
        reading, found = read(self.ATTRIBUTES, *self.EVENTS), content(self.ATTRIBUTES, *self.EVENTS)
        assert (reading.kind, reading.model, reading.provider) == ("llm", "gpt-4o-mini", "openai")
        assert reading.usage == Usage(input=1417, output=617, total=2034, cache_read=717)
        assert reading.finish_reasons == ("tool_calls",)
        assert found.system == (text("Be brief"),)
        assert found.input_messages == (Message("user", (text("Hi"),)),)
        assert found.output_messages == (Message("assistant", (CALL,)),)

    def test_its_other_spans(self) -> None:
        tool = read({"span.type": "agentic.tool.invocation", "entity.1.name": "get_weather"})
        agent = read({"span.type": "agentic.invocation", "entity.1.name": "Weather"})
        turn = read({"span.type": "agentic.turn", "scope.agentic.session": "s"})
        assert (tool.kind, tool.tool_name, agent.kind, agent.agent_name) == (
            "tool",
            "get_weather",
            "agent",
            "Weather",
        )
        assert (turn.kind, turn.session_id) == ("chain", "s")

    def test_data_with_the_name_of_a_role_is_data(self) -> None:
        found = content({"traceroot.span.type": "span", "traceroot.span.input": '{"user": "anna"}'})
        assert (found.input_raw, found.input_messages) == ({"user": "anna"}, ())


def test_traceroot() -> None:
    reading = read(
        {
            "traceroot.span.type": "llm",
            "traceroot.llm.model": "gpt-4o-mini",
            "traceroot.llm.usage": '{"input_tokens": 1469, "output_tokens": 669, "cache_read_tokens": 769}',
            "traceroot.span.output": "Hello",
        }
    )
    assert (reading.kind, reading.model, reading.output_preview) == ("llm", "gpt-4o-mini", "Hello")
    assert reading.usage == Usage(input=1469, output=669, total=2138, cache_read=769)


def test_one_item_of_the_responses_api_is_an_answer() -> None:
    found = content(
        {
            "langfuse.observation.type": "generation",
            "langfuse.observation.input": '{"input": "Hi", "tools": [{"type": "function", "name": "get_weather"}]}',
            "langfuse.observation.output": '{"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "get_weather", "arguments": "{\\"city\\": \\"Bergen\\"}"}',
        }
    )
    assert found.input_messages == (Message("user", (text("Hi"),)),)
    assert found.output_messages == (Message("assistant", (CALL,), id="fc_1"),)


def test_respan() -> None:
    sent = {
        "traceloop.span.kind": "workflow",
        "respan.customer_params.customer_identifier": "u",
        "respan.threads.thread_identifier": "s",
        "respan.metadata.plan": "free",
    }
    reading = read(sent)
    assert (reading.session_id, reading.user_id, reading.metadata["plan"]) == ("s", "u", "free")
    tools = '[{"type": "function", "function": {"name": "get_weather", "parameters": {}}}]'
    found = content({"llm.request.type": "chat", "llm.request.functions": tools})
    assert [tool["name"] for tool in found.tool_definitions] == ["get_weather"]


class TestLangSmith:
    """What LangChain counts is whole in its own object; the attributes beside it leave some out."""

    def test_thoughts_of_gemini_are_output(self) -> None:
        reading = read(
            {
                "langsmith.span.kind": "llm",
                "gen_ai.system": "gemini",
                "langsmith.metadata.usage_metadata": '{"input_tokens": 1479, "output_tokens": 150, "total_tokens": 1729, "output_token_details": {"reasoning": 100}}',
                "gen_ai.usage.input_tokens": 1479,
                "gen_ai.usage.output_tokens": 150,
                "gen_ai.usage.total_tokens": 1629,
            },
            scope="langsmith",
        )
        assert reading.usage == Usage(input=1479, output=250, total=1729, reasoning=100)
        assert reading.usage_flags == ("output_made_inclusive",)

    def test_what_was_written_to_the_cache_in_its_parts(self) -> None:
        details = '{"cache_read": 570, "cache_creation": 0, "ephemeral_5m_input_tokens": 500, "ephemeral_1h_input_tokens": 10}'
        reading = read(
            {
                "langsmith.span.kind": "llm",
                "langsmith.metadata.usage_metadata": f'{{"input_tokens": 2150, "output_tokens": 670, "total_tokens": 2820, "input_token_details": {details}}}',
            }
        )
        assert reading.usage == Usage(
            input=2150,
            output=670,
            total=2820,
            cache_read=570,
            cache_write=510,
            cache_write_5m=500,
            cache_write_1h=10,
        )

    def test_an_answer_with_its_usage_and_without_a_role(self) -> None:
        found = content(
            {
                "langsmith.span.kind": "llm",
                "gen_ai.completion": '{"content": "Hello", "usage_metadata": {"input_tokens": 1}}',
            }
        )
        assert found.output_messages == (Message("assistant", (text("Hello"),)),)


class TestOpenTelemetryOfAutumn2026:
    """What the conventions for generative AI have of their own repository."""

    def test_a_prompt_with_its_variables(self) -> None:
        attributes = {
            "gen_ai.operation.name": "chat",
            "gen_ai.prompt.name": "greeting",
            "gen_ai.prompt.version": "3",
            "gen_ai.prompt.variable.city": "Bergen",
            "gen_ai.prompt.variable.days": 2,
        }
        assert content(attributes).prompt == {
            "name": "greeting",
            "version": "3",
            "variables": {"city": "Bergen", "days": 2},
        }

    def test_every_parameter_of_a_request(self) -> None:
        attributes = {
            "gen_ai.operation.name": "chat",
            "gen_ai.request.model": "gpt-5",
            "gen_ai.request.previous_response.id": "resp_1",
            "gen_ai.request.audio_voice": "alloy",
            "gen_ai.request.thinking_budget": 1024,
            "gen_ai.request.tools.0.name": "get_weather",
        }
        found = content(attributes)
        assert found.params == {
            "previous_response.id": "resp_1",
            "audio_voice": "alloy",
            "thinking_budget": 1024,
        }
        assert [tool["name"] for tool in found.tool_definitions] == ["get_weather"]

    def test_what_a_memory_was_asked_and_had(self) -> None:
        attributes = {
            "gen_ai.operation.name": "search_memory",
            "gen_ai.memory.store.id": "facts",
            "gen_ai.memory.query.text": "Where does Ada live?",
            "gen_ai.memory.records": '[{"id": "m1", "content": "Ada lives in Bergen", "score": 0.5}]',
        }
        found = content(attributes)
        assert read(attributes).kind == "memory"
        assert found.query == "Where does Ada live?"
        assert read(attributes).input_preview == "Where does Ada live?"
        assert [(d["id"], d["content"], d["score"]) for d in found.documents] == [
            ("m1", "Ada lives in Bergen", 0.5)
        ]
        assert found.rerank == {"data_source": "facts"}

    def test_an_answer_that_is_fetched_is_no_call(self) -> None:
        attributes = {
            "gen_ai.operation.name": "fetch_response",
            "gen_ai.provider.name": "openai",
            "gen_ai.response.id": "resp_1",
            "gen_ai.response.model": "gpt-5",
            "gen_ai.output.messages": '[{"role": "assistant", "parts": [{"type": "text", "content": "Hi"}]}]',
        }
        assert read(attributes).kind == "chain"
        assert content(attributes).output_messages == (Message("assistant", (text("Hi"),)),)

    def test_an_evaluation_on_the_span_itself(self) -> None:
        attributes = {
            "gen_ai.evaluation.name": "relevance",
            "gen_ai.evaluation.score.value": 0.5,
            "gen_ai.evaluation.score.label": "partly",
            "gen_ai.evaluation.explanation": "The dates are missing",
        }
        (score,) = read(attributes).scores
        assert (score.name, score.value, score.label, score.target) == ("relevance", 0.5, "partly", "span")
        assert score.explanation == "The dates are missing"


class TestOpenInferenceOfAutumn2026:
    def test_a_decision(self) -> None:
        attributes = {
            "openinference.span.kind": "DECISION",
            "decision.request.model_name": "jev-latest",
            "decision.response.model_name": "jev-1",
            "decision.provider": "typesafe",
            "decision.token_count.input": 10,
            "decision.token_count.output": 2,
        }
        reading = read(attributes)
        assert (reading.kind, reading.provider) == ("llm", "typesafe")
        assert (reading.request_model, reading.response_model) == ("jev-latest", "jev-1")
        assert reading.usage == Usage(input=10, output=2, total=12)

    def test_videos_and_documents_of_a_message(self) -> None:
        at = "llm.input_messages.0.message.contents."
        attributes = {
            "openinference.span.kind": "LLM",
            "llm.input_messages.0.message.role": "user",
            at + "0.message_content.type": "video",
            at + "0.message_content.video.video.url": "gs://films/dock.mp4",
            at + "1.message_content.type": "document",
            at + "1.message_content.document.document.url": "data:application/pdf;base64,JVBERg==",
            at + "2.message_content.type": "document",
            at + "2.message_content.document.document.content": "The dock is left of the door.",
            at + "3.message_content.type": "document",
            at + "3.message_content.document.document.id": "file-1",
        }
        ((video, pdf, words, file),) = (message.parts for message in content(attributes).input_messages)
        assert (video["modality"], video["ref"]) == ("video", {"uri": "gs://films/dock.mp4"})
        assert (pdf["modality"], pdf["mime_type"], pdf["bytes"]) == ("document", "application/pdf", 4)
        assert words == text("The dock is left of the door.")
        assert (file["modality"], file["ref"]) == ("document", {"file_id": "file-1"})

    def test_images_beside_a_text(self) -> None:
        attributes = {
            "openinference.span.kind": "LLM",
            "input.value": "Paint a dock",
            "input.images.0.image.url": "https://example.com/dock.png",
            "output.images.0.image.url": "data:image/png;base64,iVBORw0KGgo=",
        }
        found = content(attributes)
        asked, image = (part for message in found.input_messages for part in message.parts)
        assert asked == text("Paint a dock")
        assert (image["modality"], image["ref"]) == ("image", {"uri": "https://example.com/dock.png"})
        ((painted,),) = (message.parts for message in found.output_messages)
        assert (painted["mime_type"], painted["bytes"]) == ("image/png", 8)

    def test_images_that_the_messages_hold_already(self) -> None:
        at = "llm.input_messages.0.message.contents.0.message_content."
        attributes = {
            "openinference.span.kind": "LLM",
            "llm.input_messages.0.message.role": "user",
            at + "type": "image",
            at + "image.image.url": "https://example.com/dock.png",
            "input.images.0.image.url": "https://example.com/dock.png",
        }
        ((image,),) = (message.parts for message in content(attributes).input_messages)
        assert image["ref"] == {"uri": "https://example.com/dock.png"}

    def test_documents_by_name(self) -> None:
        attributes = {
            "openinference.span.kind": "RETRIEVER",
            "retrieval.documents.0.document.id": "d1",
            "retrieval.documents.0.document.name": "Tides",
            "retrieval.documents.0.document.url": "https://example.com/tides",
        }
        (document,) = content(attributes).documents
        assert (document["title"], document["uri"]) == ("Tides", "https://example.com/tides")


@pytest.mark.parametrize(
    ("sent", "usage"),
    [
        ({"gen_ai.usage.reasoning_output_tokens": 3}, {"reasoning": 3}),
        ({"llm.token_count.prompt_details.cache_input": 4}, {"cache_read": 4}),
        ({"gen_ai.usage.input_tokens.cache_input": 4}, {"cache_read": 4}),
        ({"gen_ai.usage.input_token_details": "{'cache_read': 4}"}, {"cache_read": 4}),
        ({"langsmith.usage_metadata": '{"input_token_details": {"cache_read": 4, "audio": 2}}'}, {"cache_read": 4, "input_audio": 2}),
        ({"gen_ai.usage.output_token_details": "{'reasoning': 3}"}, {"reasoning": 3}),
        ({"gen_ai.usage.input_tokens.audio": 2, "gen_ai.usage.output_tokens.audio": 1}, {"input_audio": 2, "output_audio": 1}),
        ({"gen_ai.usage.details.input_audio_tokens": 2}, {"input_audio": 2}),
        ({"gen_ai.usage.completion_tokens_details.audio_tokens": 1}, {"output_audio": 1}),
        ({"gen_ai.usage.prompt_tokens_details.cache_creation_tokens": 5}, {"cache_write": 5}),
    ],
)  # fmt: skip
def test_kinds_of_tokens(sent: dict[str, Any], usage: dict[str, int]) -> None:
    attributes = {"gen_ai.usage.input_tokens": 9, "gen_ai.usage.output_tokens": 6, **sent}
    assert read(attributes).usage == Usage(input=9, output=6, total=15, **usage)


def test_livekit_marks_what_people_said() -> None:
    items = [
        {"id": "i1", "type": "message", "role": "system", "content": ["Be brief"]},
        {"id": "i2", "type": "message", "role": "user", "content": ["Weather in Bergen?"]},
        {"id": "i3/fnc_0", "type": "function_call", "call_id": "call_1", "name": "get_weather", "arguments": '{"city": "Bergen"}'},
        {"id": "i4", "type": "function_call_output", "call_id": "call_1", "name": "get_weather", "output": "Rain", "is_error": False},
    ]  # fmt: skip
    again = [
        {"id": "i5/fnc_0", "call_id": "call_1", "name": "get_weather", "arguments": '{"city": "Bergen"}'}
    ]
    attributes = {
        "lk.pii.chat_ctx": json.dumps({"items": items}),
        "lk.pii.response.text": "It rains",
        "lk.pii.response.function_calls": json.dumps(again),
        "lk.function_tools": ["get_weather"],
        "lk.response.ttft": 0.25,
    }
    reading = read(attributes, name="llm_node", scope="livekit-agents")
    found = content(attributes, name="llm_node", scope="livekit-agents")
    assert (reading.kind, reading.ttft_ms) == ("chain", 250)  # the call itself is a span below
    assert found.system == (text("Be brief"),)
    assert [message.parts for message in found.input_messages] == [
        (text("Weather in Bergen?"),),
        (CALL,),
        ({"type": "tool_result", "id": "call_1", "name": "get_weather", "content": "Rain", "is_error": False},),
    ]  # fmt: skip
    assert found.output_messages == (Message("assistant", (text("It rains"), CALL)),)
    assert [tool["name"] for tool in found.tool_definitions] == ["get_weather"]
    tool = {
        "lk.function_tool.name": "get_weather",
        "lk.pii.function_tool.arguments": '{"city": "Bergen"}',
        "lk.pii.function_tool.output": "Rain",
    }
    used = content(tool).tool
    assert used is not None
    assert (used["arguments"], used["result"]) == ({"city": "Bergen"}, "Rain")


def test_pipecat() -> None:
    call = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gpt-4o",
        "input": '[{"role": "user", "content": "Hi"}]',
        "output": "Hello",
        "tools": '[{"type": "function", "function": {"name": "get_weather", "parameters": {}}}]',
        "stream": True,
        "metrics.ttfb": 0.5,
    }
    found = content(call, scope="pipecat")
    assert (found.streaming, read(call, scope="pipecat").ttft_ms) == (True, 500)
    assert found.output_messages == (Message("assistant", (text("Hello"),)),)
    assert [tool["name"] for tool in found.tool_definitions] == ["get_weather"]
    asked = {
        "gen_ai.operation.name": "llm_tool_call",
        "tool.function_name": "get_weather",
        "tool.call_id": "call_1",
        "tool.arguments": '{"city": "Bergen"}',
    }
    reading, tool = read(asked, scope="pipecat"), content(asked, scope="pipecat").tool
    assert (reading.kind, reading.tool_name, reading.tool_call_id) == ("tool", "get_weather", "call_1")
    assert tool is not None
    assert tool["arguments"] == {"city": "Bergen"}
    assert read({"turn.number": 1}, name="turn", scope="pipecat.turn").kind == "chain"


def test_messages_of_azure_projects_in_events() -> None:
    def event(name: str, body: list[dict[str, Any]]) -> SpanEvent:
        return SpanEvent(name, START, {"gen_ai.event.content": json.dumps(body)})

    result = {"type": "tool_call_response", "id": "call_1", "result": "Rain"}
    found = content(
        {"gen_ai.operation.name": "chat", "gen_ai.provider.name": "microsoft.foundry"},
        event("gen_ai.system.instructions", [{"type": "text", "content": "Be brief"}]),
        event("gen_ai.input.messages", [{"role": "user", "parts": [{"type": "text", "content": "Hi"}]}]),
        event("gen_ai.input.messages", [{"role": "tool", "parts": [result]}]),
        event("gen_ai.output.messages", [{"role": "assistant", "parts": [{"type": "text", "content": "Hello"}]}]),
    )  # fmt: skip
    assert found.system == (text("Be brief"),)
    assert [message.role for message in found.input_messages] == ["user", "tool"]
    assert found.input_messages[1].parts == ({"type": "tool_result", "id": "call_1", "content": "Rain"},)
    assert found.output_messages == (Message("assistant", (text("Hello"),)),)


@pytest.mark.parametrize(
    ("given", "answered"),
    [
        ("gen_ai.rerank.input_documents", "gen_ai.rerank.output_documents"),  # LoongSuite
        ("gen_ai.reranker.input_documents", "gen_ai.reranker.output_documents"),  # traceAI
    ],
)
def test_rerankers(given: str, answered: str) -> None:
    attributes = {
        "gen_ai.span.kind": "RERANKER",
        "gen_ai.reranker.query": "tides",
        "gen_ai.reranker.model": "rerank-3",
        given: '[{"id": "a", "content": "Ebb"}, {"id": "b", "content": "Flood"}]',
        answered: '[{"id": "b", "score": 0.9}]',
    }
    found = content(attributes)
    assert (read(attributes).request_model, found.query) == ("rerank-3", "tides")
    assert found.rerank is not None
    assert [d["id"] for d in found.rerank["input_documents"]] == ["a", "b"]
    assert [(d["id"], d["score"]) for d in found.documents] == [("b", 0.9)]


def test_a_retriever_of_langchain_for_azure() -> None:
    attributes = {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": "retriever",
        "gen_ai.tool.type": "retriever",
        "gen_ai.retriever.query": "tides",
        "gen_ai.retriever.results": '[{"content": "Ebb", "metadata": {"source": "tides.md"}}]',
    }
    found = content(attributes)
    assert read(attributes).kind == "retriever"
    assert (found.query, [(d["content"], d["uri"]) for d in found.documents]) == (
        "tides",
        [("Ebb", "tides.md")],
    )


def test_a_guard() -> None:
    attributes = {
        "traceloop.span.kind": "unknown",
        "gen_ai.guardrail.name": "no-names",
        "gen_ai.guardrail.input": "Ada lives in Bergen",
        "gen_ai.guardrail.output": "Somebody lives in Bergen",
    }
    found = content(attributes)
    assert read(attributes).kind == "guardrail"
    assert (found.input_raw, found.output_raw) == ("Ada lives in Bergen", "Somebody lives in Bergen")


def test_a_decision_of_vercel() -> None:
    attributes = {
        "gen_ai.operation.name": "decide",
        "gen_ai.request.model": "jev-1",
        "gen_ai.usage.input_tokens": 4,
        "ai.decision.questions": '[{"id": "refund", "question": "Refund?"}]',
        "ai.decision.answers": '{"refund": true}',
    }
    found = content(attributes)
    assert read(attributes).kind == "llm"
    assert (found.input_raw, found.output_raw) == (
        [{"id": "refund", "question": "Refund?"}],
        {"refund": True},
    )


@pytest.mark.parametrize(
    ("sent", "field", "found"),
    [
        ({"gen_ai.thread.id": "t1"}, "session_id", "t1"),
        ({"microsoft.session.id": "s1"}, "session_id", "s1"),
        ({"openai.agents.group_id": "g1"}, "session_id", "g1"),
        ({"enduser.pseudo.id": "u1"}, "user_id", "u1"),
        ({"user.email": "ada@example.com"}, "user_id", "ada@example.com"),
        ({"gen_ai.thread.run.id": "run_1"}, "response_id", "run_1"),
        ({"llm.response.stop_reason": "length"}, "finish_reasons", ("length",)),
        ({"langfuse.experiment.name": "june"}, "metadata", {"experiment": "june"}),
    ],
)
def test_who_and_why(sent: dict[str, Any], field: str, found: Any) -> None:
    assert getattr(read(sent), field) == found


def test_costs_of_traceai_and_voltagent() -> None:
    call = {"gen_ai.usage.input_tokens": 9, "gen_ai.usage.output_tokens": 6}
    traceai = read({**call, "gen_ai.cost.total": 0.03, "gen_ai.cost.input": 0.01, "gen_ai.cost.output": 0.02})
    assert traceai.cost is not None
    assert (traceai.cost.total, traceai.cost.input, traceai.cost.output) == (0.03, 0.01, 0.02)
    voltagent = read({**call, "span.type": "llm", "usage.cost": 0.04})
    assert voltagent.cost is not None
    assert (voltagent.cost.total, voltagent.cost.source) == (0.04, "sender")


def test_what_laminar_keeps_of_an_answer() -> None:
    usage = {
        "prompt_tokens": 9,
        "completion_tokens": 6,
        "prompt_tokens_details": {"audio_tokens": 2, "cached_tokens": 4},
    }
    body = {"id": "chatcmpl-1", "model": "gpt-4o-2024-08-06", "usage": usage}
    reading = read({"lmnr.span.type": "LLM", "lmnr.sdk.raw.response": json.dumps(body)})
    assert reading.usage == Usage(input=9, output=6, total=15, cache_read=4, input_audio=2)
    assert (reading.response_model, reading.response_id) == ("gpt-4o-2024-08-06", "chatcmpl-1")


@pytest.mark.parametrize(
    "attributes",
    [
        {"gen_ai.operation.name": "memory_operation", "gen_ai.memory.operation": "add"},  # LoongSuite
        {"gen_ai.operation.name": "upsert_memory"},
        {"gen_ai.operation.name": "create_memory_store"},
    ],
)
def test_memory(attributes: dict[str, Any]) -> None:
    said = {"gen_ai.memory.input.messages": "Ada lives in Bergen", "gen_ai.memory.output.messages": "Noted"}
    found = content({**attributes, **said})
    assert read(attributes).kind == "memory"
    assert (found.input_raw, found.output_raw) == ("Ada lives in Bergen", "Noted")
