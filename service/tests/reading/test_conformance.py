"""One span of each convention, written as the convention says, and what is read of it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from llm_tracer.model.reading import Message, Score, Usage
from llm_tracer.model.span import SpanEvent
from llm_tracer_service.reading import load_reader
from llm_tracer_service.reading.pricing import PriceBook

from .spans import START, content, read, span, text

CALL = {"type": "tool_call", "id": "c1", "name": "get_weather", "arguments": {"city": "Lisbon"}}

# -- OpenTelemetry GenAI

MESSAGES_IN: list[Any] = [
    {"role": "system", "parts": [{"type": "text", "content": "Be brief."}]},
    {"role": "user", "parts": [{"type": "text", "content": "Weather in Lisbon?"}]},
]
MESSAGES_OUT: list[Any] = [
    {
        "role": "assistant",
        "parts": [
            {"type": "reasoning", "content": "They want weather."},
            {"type": "tool_call", "id": "c1", "name": "get_weather", "arguments": {"city": "Lisbon"}},
        ],
        "finish_reason": "tool_call",
    }
]
OTEL: dict[str, Any] = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "anthropic",
    "gen_ai.request.model": "claude-sonnet-4-5",
    "gen_ai.response.model": "claude-sonnet-4-5-20250929",
    "gen_ai.response.id": "msg_1",
    "gen_ai.response.finish_reasons": ["tool_call"],
    "gen_ai.request.temperature": 0.5,
    "gen_ai.usage.input_tokens": 100,
    "gen_ai.usage.output_tokens": 30,
    "gen_ai.usage.cache_read.input_tokens": 40,
    "gen_ai.usage.reasoning.output_tokens": 10,
    "gen_ai.response.time_to_first_chunk": 0.25,
    "gen_ai.conversation.id": "conv",
}


@pytest.mark.parametrize("as_json", [False, True])
@pytest.mark.parametrize(
    "cache_write", ["gen_ai.usage.cache_creation.input_tokens", "gen_ai.usage.cache_write.input_tokens"]
)
def test_otel_chat_structured_and_as_json(as_json: bool, cache_write: str) -> None:
    encode = json.dumps if as_json else lambda value: value
    attributes = {
        **OTEL,
        cache_write: 20,
        "gen_ai.input.messages": encode(MESSAGES_IN),
        "gen_ai.output.messages": encode(MESSAGES_OUT),
    }
    reading, found = read(attributes), content(attributes)

    assert (reading.kind, reading.operation, reading.provider) == ("llm", "chat", "anthropic")
    assert (reading.request_model, reading.response_model) == (
        "claude-sonnet-4-5",
        "claude-sonnet-4-5-20250929",
    )
    assert reading.usage == Usage(
        input=100, output=30, total=130, cache_read=40, cache_write=20, reasoning=10, extra={}
    )
    assert reading.usage_flags == ()
    assert (reading.ttft_ms, reading.response_id, reading.session_id) == (250.0, "msg_1", "conv")
    assert reading.finish_reasons == ("tool_call",)
    assert (reading.input_preview, reading.output_preview) == (
        "Weather in Lisbon?",
        'get_weather({"city":"Lisbon"})',
    )
    assert found.system == (text("Be brief."),)
    assert found.input_messages == (Message("user", (text("Weather in Lisbon?"),)),)
    reasoning = {"type": "reasoning", "content": "They want weather."}
    assert found.output_messages == (Message("assistant", (reasoning, CALL), finish_reason="tool_call"),)
    assert found.params == {"temperature": 0.5}
    assert found.provenance["response_model"] == "gen_ai.response.model"
    assert found.provenance["input_messages"] == "gen_ai.input.messages"


# -- OpenTelemetry up to 1.36, log records on their span


def test_log_events_carry_the_messages() -> None:
    events = (
        SpanEvent("gen_ai.system.message", 1, body={"content": "Be brief."}, source="log"),
        SpanEvent("gen_ai.user.message", 2, body={"content": "Weather?"}, source="log"),
        SpanEvent(
            "gen_ai.assistant.message",
            3,
            body={
                "tool_calls": [
                    {
                        "id": "c1",
                        "type": "function",
                        "function": {"name": "get_weather", "arguments": '{"city": "Lisbon"}'},
                    }
                ]
            },
            source="log",
        ),
        SpanEvent("gen_ai.tool.message", 4, body={"id": "c1", "content": "22 C"}, source="log"),
        SpanEvent(
            "gen_ai.choice",
            5,
            body={
                "index": 0,
                "finish_reason": "stop",
                "message": {"role": "assistant", "content": "22 C, sunny"},
            },
            source="log",
        ),
    )
    attributes = {
        "gen_ai.operation.name": "chat",
        "gen_ai.system": "openai",
        "gen_ai.request.model": "gpt-4o",
    }
    reading, found = read(attributes, *events), content(attributes, *events)

    assert (reading.input_preview, reading.output_preview) == ("Weather?", "22 C, sunny")
    assert found.system == (text("Be brief."),)
    assert found.input_messages == (
        Message("user", (text("Weather?"),)),
        Message("assistant", (CALL,)),
        Message("tool", ({"type": "tool_result", "id": "c1", "content": "22 C"},)),
    )
    assert found.output_messages == (Message("assistant", (text("22 C, sunny"),), finish_reason="stop"),)
    assert found.provenance["input_messages"] == "@events"


def test_operation_details_event_counts_as_attributes_of_its_span() -> None:
    event = SpanEvent(
        "gen_ai.client.inference.operation.details",
        1,
        {"gen_ai.input.messages": MESSAGES_IN, "gen_ai.output.messages": MESSAGES_OUT, "user.id": "u"},
        source="log",
    )
    reading = read({"gen_ai.operation.name": "chat"}, event)
    assert (reading.input_preview, reading.user_id) == ("Weather in Lisbon?", "u")


# -- OpenInference


def test_openinference_messages_in_the_order_of_their_numbers() -> None:
    attributes: dict[str, Any] = {
        "openinference.span.kind": "LLM",
        "llm.model_name": "gpt-4o",
        "llm.provider": "openai",
    }
    for number in (10, 2, 0, 11, 9, 1, 3, 4, 5, 6, 7, 8):
        attributes[f"llm.input_messages.{number}.message.role"] = "user"
        attributes[f"llm.input_messages.{number}.message.content"] = f"message {number}"
    attributes |= {
        "llm.output_messages.0.message.role": "assistant",
        "llm.output_messages.0.message.tool_calls.0.tool_call.id": "c1",
        "llm.output_messages.0.message.tool_calls.0.tool_call.function.name": "get_weather",
        "llm.output_messages.0.message.tool_calls.0.tool_call.function.arguments": '{"city": "Lisbon"}',
        "llm.token_count.prompt": 20,
        "llm.token_count.completion": 5,
        "llm.token_count.prompt_details.cache_read": 8,
        "llm.invocation_parameters": '{"temperature": 0.1, "model": "gpt-4o"}',
        "llm.tools.0.tool.json_schema": '{"type": "function", "function": {"name": "get_weather", "parameters": {}}}',
    }
    reading, found = read(attributes), content(attributes)

    assert [m.parts[0]["content"] for m in found.input_messages] == [f"message {n}" for n in range(12)]
    assert reading.input_preview == "message 11"
    assert found.output_messages == (Message("assistant", (CALL,)),)
    assert reading.usage is not None
    assert (reading.usage.input, reading.usage.cache_read, reading.usage.total) == (20, 8, 25)
    assert found.params == {"temperature": 0.1, "model": "gpt-4o"}
    assert found.tool_definitions == ({"name": "get_weather", "description": None, "parameters": None},)


def test_openinference_image_and_tool_result() -> None:
    message = "llm.input_messages.0.message."
    attributes = {
        "openinference.span.kind": "LLM",
        f"{message}role": "user",
        f"{message}contents.0.message_content.type": "text",
        f"{message}contents.0.message_content.text": "What is this?",
        f"{message}contents.1.message_content.type": "image",
        f"{message}contents.1.message_content.image.image.url": "data:image/png;base64,AAAA",
        "llm.input_messages.1.message.role": "tool",
        "llm.input_messages.1.message.tool_call_id": "c1",
        "llm.input_messages.1.message.content": "22 C",
    }
    reading, found = read(attributes), content(attributes)
    image = {
        "type": "media",
        "modality": "image",
        "mime_type": "image/png",
        "ref": {"data": "AAAA"},
        "bytes": 3,
    }

    assert found.input_messages[0] == Message("user", (text("What is this?"), image))
    assert found.input_messages[1].parts == ({"type": "tool_result", "id": "c1", "content": "22 C"},)
    assert "image" in reading.has
    assert reading.input_preview == "What is this?"


def test_openinference_retriever_documents() -> None:
    attributes = {
        "openinference.span.kind": "RETRIEVER",
        "input.value": "how many days?",
        "retrieval.documents.0.document.id": "d0",
        "retrieval.documents.0.document.content": "three days",
        "retrieval.documents.0.document.score": 0.9,
        "retrieval.documents.0.document.metadata": '{"source": "handbook.md"}',
        "retrieval.documents.1.document.content": "two days",
    }
    reading, found = read(attributes), content(attributes)

    assert (reading.kind, reading.has) == ("retriever", ("documents",))
    assert found.query == "how many days?"
    assert found.documents[0] == {
        "id": "d0",
        "content": "three days",
        "score": 0.9,
        "metadata": {"source": "handbook.md"},
        "title": None,
        "uri": "handbook.md",
    }
    assert [document["content"] for document in found.documents] == ["three days", "two days"]


def test_openinference_reranker() -> None:
    attributes = {
        "openinference.span.kind": "RERANKER",
        "reranker.query": "q",
        "reranker.model_name": "rerank-3",
        "reranker.input_documents.0.document.content": "a",
        "reranker.input_documents.1.document.content": "b",
        "reranker.output_documents.0.document.content": "b",
        "reranker.output_documents.0.document.score": 0.7,
    }
    found = content(attributes)
    assert read(attributes).model == "rerank-3"
    assert found.query == "q"
    assert [d["content"] for d in found.documents] == ["b"]
    assert found.rerank is not None
    assert [d["content"] for d in found.rerank["input_documents"]] == ["a", "b"]


# -- OpenLLMetry


def test_openllmetry_indexed_prompts() -> None:
    attributes = {
        "llm.request.type": "chat",
        "gen_ai.system": "Anthropic",
        "gen_ai.request.model": "claude-3-5-sonnet",
        "gen_ai.prompt.0.role": "system",
        "gen_ai.prompt.0.content": "Be brief.",
        "gen_ai.prompt.1.role": "user",
        "gen_ai.prompt.1.content": '[{"type": "text", "text": "Weather?"}]',
        "gen_ai.completion.0.role": "assistant",
        "gen_ai.completion.0.finish_reason": "tool_use",
        "gen_ai.completion.0.tool_calls.0.id": "c1",
        "gen_ai.completion.0.tool_calls.0.name": "get_weather",
        "gen_ai.completion.0.tool_calls.0.arguments": '{"city": "Lisbon"}',
        "gen_ai.usage.prompt_tokens": 50,
        "gen_ai.usage.completion_tokens": 10,
        "gen_ai.usage.cache_read_input_tokens": 12,
    }
    reading, found = read(attributes), content(attributes)

    assert (reading.kind, reading.provider, reading.finish_reasons) == ("llm", "anthropic", ("tool_use",))
    assert reading.usage == Usage(input=50, output=10, total=60, cache_read=12)
    assert (reading.input_preview, reading.output_preview) == ("Weather?", 'get_weather({"city":"Lisbon"})')
    assert found.system == (text("Be brief."),)
    assert found.output_messages == (Message("assistant", (CALL,), finish_reason="tool_use"),)


@pytest.mark.parametrize(
    ("sent", "kind"),
    [("workflow", "chain"), ("task", "chain"), ("agent", "agent"), ("tool", "tool"), ("unknown", "other")],
)
def test_traceloop_kinds(sent: str, kind: str) -> None:
    attributes = {
        "traceloop.span.kind": sent,
        "traceloop.entity.name": "joke",
        "traceloop.entity.input": '{"args": [], "kwargs": {"topic": "cats"}}',
        "traceloop.entity.output": '"ha"',
        "traceloop.association.properties.session_id": "s",
    }
    reading, found = read(attributes), content(attributes)
    assert (reading.kind, reading.name, reading.session_id) == (kind, "joke", "s")
    assert (reading.input_preview, reading.output_preview) == ("cats", "ha")
    assert found.output_raw == "ha"
    if kind == "tool":
        assert found.tool is not None
        assert (found.tool["name"], found.tool["arguments"]) == ("joke", {"topic": "cats"})


# -- Vercel AI SDK


def test_vercel_legacy_call() -> None:
    attributes = {
        "ai.operationId": "ai.streamText.doStream",
        "operation.name": "ai.streamText.doStream chat",
        "ai.model.id": "gpt-4o",
        "ai.model.provider": "openai.chat",
        "ai.prompt.messages": '[{"role":"user","content":[{"type":"text","text":"Weather?"}]}]',
        "ai.response.text": "Let me look.",
        "ai.response.toolCalls": '[{"toolCallId":"c1","toolName":"get_weather","input":"{\\"city\\":\\"Lisbon\\"}"}]',
        "ai.response.finishReason": "tool-calls",
        "ai.response.msToFirstChunk": 12.5,
        "ai.usage.inputTokens": 10,
        "ai.usage.outputTokens": 4,
        "ai.usage.cachedInputTokens": 3,
        "ai.response.providerMetadata": '{"openai":{"reasoningTokens":2}}',
        "ai.telemetry.metadata.sessionId": "s",
        "ai.telemetry.metadata.userId": "u",
        "ai.prompt.tools": ['{"type":"function","name":"get_weather","inputSchema":{"type":"object"}}'],
    }
    reading, found = read(attributes, name="ai.streamText.doStream"), content(attributes)

    assert (reading.kind, reading.provider, reading.operation) == ("llm", "openai", "ai.streamText.doStream")
    assert reading.usage == Usage(input=10, output=4, total=14, cache_read=3, reasoning=2)
    assert (reading.session_id, reading.user_id, reading.ttft_ms) == ("s", "u", 12.5)
    assert found.input_messages == (Message("user", (text("Weather?"),)),)
    assert found.output_messages == (Message("assistant", (text("Let me look."), CALL)),)
    assert found.tool_definitions[0]["parameters"] == {"type": "object"}
    assert found.streaming is True


@pytest.mark.parametrize(
    ("operation", "kind"),
    [
        ("ai.streamText", "chain"),
        ("ai.generateObject.doGenerate", "llm"),
        ("ai.embed", "chain"),
        ("ai.embedMany.doEmbed", "embedding"),
        ("ai.toolCall", "tool"),
    ],
)
def test_vercel_kinds(operation: str, kind: str) -> None:
    assert read({"ai.operationId": operation}).kind == kind


def test_vercel_tool_call() -> None:
    attributes = {
        "ai.operationId": "ai.toolCall",
        "ai.toolCall.name": "get_weather",
        "ai.toolCall.id": "c1",
        "ai.toolCall.args": '{"city":"Lisbon"}',
        "ai.toolCall.result": '"22 C"',
    }
    reading, found = read(attributes), content(attributes)
    assert (reading.name, reading.tool_name, reading.tool_call_id) == ("get_weather", "get_weather", "c1")
    assert found.tool is not None
    assert (found.tool["arguments"], found.tool["result"]) == ({"city": "Lisbon"}, "22 C")


def test_vercel_seven_steps() -> None:
    assert read({"gen_ai.operation.name": "invoke_agent", "gen_ai.usage.input_tokens": 5}).kind == "agent"
    assert read({"gen_ai.operation.name": "agent_step"}).kind == "chain"


# -- Langfuse


def test_langfuse_generation_with_exclusive_buckets_and_cost() -> None:
    attributes = {
        "langfuse.observation.type": "generation",
        "langfuse.observation.model.name": "claude-sonnet-4-5",
        "langfuse.observation.usage_details": '{"input": 10, "input_cached_tokens": 90, "output": 5, "total": 105}',
        "langfuse.observation.cost_details": '{"input": 0.01, "output": 0.02, "total": 0.03}',
        "langfuse.observation.input": '[{"role": "user", "content": "hi"}]',
        "langfuse.observation.output": '{"role": "assistant", "content": "hello"}',
        "langfuse.observation.level": "WARNING",
        "langfuse.observation.completion_start_time": '"2026-11-23T12:39:29.500000Z"',
        "langfuse.session.id": "s",
        "langfuse.trace.tags": ["a", "b"],
        "langfuse.trace.metadata.team": "red",
        "langfuse.environment": "staging",
        "langfuse.trace.name": "my trace",
    }
    reading, found = read(attributes), content(attributes)

    assert (reading.kind, reading.level, reading.model) == ("llm", "warn", "claude-sonnet-4-5")
    assert reading.usage == Usage(input=100, output=5, total=105, cache_read=90)
    assert reading.cost is not None
    assert (reading.cost.total, reading.cost.input, reading.cost.source) == (0.03, 0.01, "sender")
    assert (reading.session_id, reading.tags, reading.environment) == ("s", ("a", "b"), "staging")
    assert reading.metadata == {"team": "red"}
    assert reading.trace_name == "my trace"
    assert found.input_messages == (Message("user", (text("hi"),)),)
    assert found.output_messages == (Message("assistant", (text("hello"),)),)


def test_langfuse_span_is_reclassified_by_what_it_carries() -> None:
    attributes = {
        "langfuse.observation.type": "span",
        "langfuse.observation.model.name": "gpt-4o",
        "gen_ai.usage.input_tokens": 5,
    }
    assert read(attributes).kind == "llm"
    assert read({"langfuse.observation.type": "span"}).kind == "other"


def test_a_key_that_counts_on_model_calls_makes_no_span_one() -> None:
    """`metadata` may hold LangChain's notes of model and provider, which count where the span is a model call."""
    said = '[{"role": "assistant", "content": "Paris"}]'
    assert read({"metadata": '{"team": "red"}', "gen_ai.output.messages": said}).kind == "other"


# -- MLflow


def test_mlflow_values_are_json() -> None:
    attributes = {
        "mlflow.spanType": '"CHAT_MODEL"',
        "mlflow.llm.model": '"gpt-4o"',
        "mlflow.llm.provider": '"openai"',
        "mlflow.spanInputs": '{"messages": [{"role": "user", "content": "hi"}], "model": "gpt-4o"}',
        "mlflow.spanOutputs": '{"choices": [{"message": {"role": "assistant", "content": "hello"}, "finish_reason": "stop"}]}',
        "mlflow.chat.tokenUsage": '{"input_tokens": 9, "output_tokens": 3, "total_tokens": 12, "cache_read_input_tokens": 4}',
        "mlflow.trace.session": '"s"',
        "mlflow.trace.user": '"u"',
        "mlflow.traceTag.team": "red",
    }
    reading, found = read(attributes), content(attributes)
    assert (reading.kind, reading.request_model, reading.provider) == ("llm", "gpt-4o", "openai")
    assert reading.usage == Usage(input=9, output=3, total=12, cache_read=4)
    assert (reading.session_id, reading.user_id, reading.tags) == ("s", "u", ("team:red",))
    assert (reading.input_preview, reading.output_preview) == ("hi", "hello")
    assert found.output_messages == (Message("assistant", (text("hello"),), finish_reason="stop"),)


# -- Pydantic AI and Logfire


def test_aggregated_usage_is_not_counted() -> None:
    attributes = {"gen_ai.operation.name": "invoke_agent", "gen_ai.aggregated_usage.input_tokens": 500}
    assert read(attributes).usage is None


def test_logfire_message_level_and_tags() -> None:
    reading = read(
        {"logfire.msg": "hello 5", "logfire.level_num": 13, "logfire.tags": ["x"], "logfire.span_type": "log"}
    )
    assert (reading.name, reading.level, reading.tags, reading.kind) == ("hello 5", "warn", ("x",), "event")


# -- Claude Code


def test_claude_code_counts_its_input_without_the_cache() -> None:
    attributes = {
        "span.type": "llm_request",
        "model": "claude-opus-4-5",
        "input_tokens": 5,
        "output_tokens": 50,
        "cache_read_tokens": 1000,
        "cache_creation_tokens": 200,
    }
    reading = read(attributes)
    assert reading.kind == "llm"
    assert reading.usage is not None
    assert (reading.usage.input, reading.usage.total) == (1205, 1255)
    assert reading.usage_flags == ("input_made_inclusive",)


def test_bare_token_names_mean_nothing_elsewhere() -> None:
    assert read({"input_tokens": 5, "output_tokens": 6}).usage is None


# -- Gemini contents, Google ADK, Genkit


def test_gemini_contents() -> None:
    request = {
        "contents": [
            {"role": "user", "parts": [{"text": "Weather?"}]},
            {
                "role": "model",
                "parts": [{"functionCall": {"name": "get_weather", "args": {"city": "Lisbon"}}}],
            },
            {"role": "user", "parts": [{"functionResponse": {"name": "get_weather", "response": {"t": 22}}}]},
        ]
    }
    response = {
        "candidates": [
            {
                "content": {
                    "role": "model",
                    "parts": [{"text": "thinking", "thought": True}, {"text": "22 C"}],
                },
                "finishReason": "STOP",
            }
        ]
    }
    found = content(
        {
            "llm_tracer.span.kind": "llm",
            "input.value": json.dumps(request),
            "output.value": json.dumps(response),
        }
    )
    call = {"type": "tool_call", "name": "get_weather", "arguments": {"city": "Lisbon"}}
    result = {"type": "tool_result", "name": "get_weather", "content": {"t": 22}}
    assert [m.role for m in found.input_messages] == ["user", "assistant", "user"]
    assert [m.parts[0] for m in found.input_messages[1:]] == [call, result]
    reasoning = {"type": "reasoning", "content": "thinking"}
    assert found.output_messages == (Message("assistant", (reasoning, text("22 C")), finish_reason="stop"),)


def test_google_adk() -> None:
    attributes = {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": "get_weather",
        "gcp.vertex.agent.tool_call_args": '{"city": "Lisbon"}',
        "gcp.vertex.agent.tool_response": '{"t": 22}',
        "gcp.vertex.agent.session_id": "s",
    }
    found = content(attributes)
    assert found.tool is not None
    assert (found.tool["arguments"], found.tool["result"]) == ({"city": "Lisbon"}, {"t": 22})
    assert read(attributes).session_id == "s"


def test_genkit() -> None:
    attributes = {
        "genkit:type": "action",
        "genkit:metadata:subtype": "model",
        "genkit:name": "googleai/gemini-2.5-flash",
        "genkit:input": '{"messages":[{"role":"user","content":[{"text":"Weather?"}]}]}',
        "genkit:output": '{"message":{"role":"model","content":[{"toolRequest":{"ref":"c1","name":"get_weather","input":{"city":"Lisbon"}}}]},"usage":{"inputTokens":7,"outputTokens":2}}',
    }
    reading, found = read(attributes), content(attributes)
    assert (reading.kind, reading.name) == ("llm", "googleai/gemini-2.5-flash")
    assert reading.usage == Usage(input=7, output=2, total=9)
    assert found.output_messages == (Message("assistant", (CALL,)),)
    assert read({"genkit:type": "flow"}).kind == "chain"


# -- MCP


def test_mcp_tool_call_that_says_it_failed() -> None:
    attributes = {
        "mcp.method.name": "tools/call",
        "gen_ai.tool.name": "get_weather",
        "gen_ai.tool.call.arguments": '{"city": "Lisbon"}',
        "gen_ai.tool.call.result": '{"content": [{"type": "text", "text": "no"}], "isError": true}',
        "mcp.session.id": "m",
    }
    reading, found = read(attributes), content(attributes)
    assert (reading.kind, reading.status) == ("tool", "error")
    assert reading.error is not None
    assert reading.error.inferred
    assert reading.session_id is None
    assert found.mcp == {"method": "tools/call", "session_id": "m"}
    assert read({"mcp.method.name": "tools/list"}).kind == "mcp"


# -- evaluations


def test_evaluation_event_is_a_score() -> None:
    event = SpanEvent(
        "gen_ai.evaluation.result",
        START,
        {
            "gen_ai.evaluation.name": "relevance",
            "gen_ai.evaluation.score.value": 0.8,
            "gen_ai.evaluation.score.label": "good",
        },
    )
    assert read({}, event).scores == (
        Score("relevance", value=0.8, label="good", source="event", time_unix_nano=START),
    )


def test_openinference_annotations_are_scores() -> None:
    attributes = {
        "annotations.0.annotation.name": "helpful",
        "annotations.0.annotation.score": -1,
        "annotations.0.annotation.annotator_kind": "HUMAN",
        "trace.annotations.0.annotation.name": "t",
    }
    assert read(attributes).scores == (
        Score("helpful", value=-1.0, annotator_kind="HUMAN"),
        Score("t", target="trace"),
    )


# -- what is not known is shown, not dropped


def test_an_unknown_part_is_kept_whole() -> None:
    part = {"type": "hologram", "shape": "cat"}
    found = content(
        {"gen_ai.operation.name": "chat", "gen_ai.input.messages": [{"role": "user", "parts": [part]}]}
    )
    assert found.input_messages[0].parts == ({"type": "unknown", "raw_type": "hologram", "data": part},)


# -- Sentry's older keys


def test_sentry_keys() -> None:
    attributes = {
        "gen_ai.operation.type": "ai_client",
        "gen_ai.request.model": "gpt-4o",
        "gen_ai.request.messages": '[{"role": "user", "content": "hi"}]',
        "gen_ai.response.text": "hello",
        "gen_ai.response.tool_calls": '[{"id": "c1", "name": "get_weather", "arguments": "{\\"city\\": \\"Lisbon\\"}"}]',
        "gen_ai.usage.input_tokens": 10,
        "gen_ai.usage.input_tokens.cached": 4,
        "gen_ai.usage.output_tokens": 6,
        "gen_ai.usage.output_tokens.reasoning": 2,
        "gen_ai.cost.total_tokens": 0.5,
        "gen_ai.cost.input_tokens": 0.2,
    }
    reading, found = read(attributes), content(attributes)
    assert reading.kind == "llm"
    assert reading.usage == Usage(input=10, output=6, total=16, cache_read=4, reasoning=2)
    assert reading.cost is not None
    assert (reading.cost.total, reading.cost.input) == (0.5, 0.2)
    assert found.input_messages == (Message("user", (text("hi"),)),)
    assert found.output_messages == (Message("assistant", (text("hello"), CALL)),)


# -- Claude Code's interaction, its call and its tool


@pytest.mark.parametrize(
    ("sent", "kind"),
    [("claude_code.interaction", "agent"), ("claude_code.llm_request", "llm"), ("claude_code.tool", "tool")],
)
def test_claude_code_kinds(sent: str, kind: str) -> None:
    assert read({"span.type": sent}).kind == kind


def test_what_the_sender_redacted_names_nobody() -> None:
    found = read(
        {
            "session.id": "[Scrubbed due to 'session']",
            "gen_ai.conversation.id": "c-7",
            "user.id": "<REDACTED>",
        }
    )
    assert (found.session_id, found.user_id) == ("c-7", None)


def test_what_the_sender_redacted_is_no_text() -> None:
    attributes = {
        "span.type": "claude_code.llm_request",
        "model": "claude-opus-4-5",
        "gen_ai.prompt.0.role": "user",
        "gen_ai.prompt.0.content": "<REDACTED>",
        "response.model_output": "<REDACTED>",
    }
    reading, found = read(attributes), content(attributes)
    part = {"type": "text", "content": "<REDACTED>", "redacted": True}
    assert found.input_messages == (Message("user", (part,)),)
    assert found.output_messages == (Message("assistant", (part,)),)
    assert reading.input_preview == reading.output_preview == "(redacted by the sender)"
    assert "response.model_output: redacted by the sender" in found.ingest_notes


@pytest.mark.parametrize("sent", ["[Scrubbed due to 'password']", "__REDACTED__", "<REDACTED>"])
def test_marks_of_redaction(sent: str) -> None:
    assert read({"input.value": sent}).input_preview == "(redacted by the sender)"


# -- Gemini CLI


def test_gemini_cli_call() -> None:
    attributes = {
        "gen_ai.operation.name": "llm_call",
        "gen_ai.request.model": "gemini-2.5-pro",
        "gen_ai.input.messages": '[{"role":"user","parts":[{"text":"List files"}]}]',
        "gen_ai.output.messages": '[{"role":"model","parts":[{"functionCall":{"name":"ls","args":{"path":"."}}}]}]',
        "gen_ai.usage.input_tokens": 9,
        "gen_ai.usage.output_tokens": 3,
    }
    reading, found = read(attributes), content(attributes)
    assert (reading.kind, reading.input_preview) == ("llm", "List files")
    call = {"type": "tool_call", "name": "ls", "arguments": {"path": "."}}
    assert found.output_messages == (Message("assistant", (call,)),)


def test_gemini_cli_kinds() -> None:
    kinds = {
        "tool_call": "tool",
        "agent_call": "agent",
        "schedule_tool_calls": "chain",
        "user_prompt": "chain",
    }
    assert {sent: read({"gen_ai.operation.name": sent}).kind for sent in kinds} == kinds


# -- Google ADK's model call


def test_google_adk_model_call() -> None:
    attributes = {
        "gen_ai.operation.name": "generate_content",
        "gen_ai.system": "gcp.vertex.agent",
        "gen_ai.request.model": "gemini-2.5-flash",
        "gcp.vertex.agent.llm_request": '{"model":"gemini-2.5-flash","contents":[{"role":"user","parts":[{"text":"Hi"}]}],'
        '"config":{"system_instruction":"Be brief."}}',
        "gcp.vertex.agent.llm_response": '{"content":{"role":"model","parts":[{"text":"Hello"}]},"usage_metadata":'
        '{"prompt_token_count":7,"candidates_token_count":2,"thoughts_token_count":3,"cached_content_token_count":4}}',
    }
    reading, found = read(attributes), content(attributes)
    assert reading.usage == Usage(input=7, output=5, total=12, cache_read=4, reasoning=3)
    assert (reading.input_preview, reading.output_preview) == ("Hi", "Hello")
    assert found.system == (text("Be brief."),)


# -- the detector of exclusive input


def test_cached_tokens_that_exceed_the_input_are_added() -> None:
    reading = read(
        {
            "gen_ai.operation.name": "chat",
            "gen_ai.system": "anthropic",
            "gen_ai.usage.input_tokens": 10,
            "gen_ai.usage.output_tokens": 5,
            "gen_ai.usage.cache_read_input_tokens": 90,
            "gen_ai.usage.cache_creation_input_tokens": 40,
        }
    )
    assert reading.usage is not None
    assert (reading.usage.input, reading.usage.total) == (140, 145)
    assert reading.usage_flags == ("input_made_inclusive",)


def test_a_total_with_the_cache_beside_the_input_is_a_proof() -> None:
    sent = {
        "gen_ai.operation.name": "chat",
        "gen_ai.usage.input_tokens": 100,
        "gen_ai.usage.output_tokens": 10,
    }
    cached = {**sent, "gen_ai.usage.cache_read_input_tokens": 40}
    proven, unproven = read({**cached, "gen_ai.usage.total_tokens": 150}), read(cached)
    assert (proven.usage and proven.usage.input, unproven.usage and unproven.usage.input) == (140, 100)
    assert (proven.usage_flags, unproven.usage_flags) == (("input_made_inclusive",), ())


# -- a model without a price


def test_an_unknown_model_has_no_cost() -> None:
    attributes = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "acme",
        "gen_ai.request.model": "acme-secret-9",
        "gen_ai.usage.input_tokens": 10,
        "gen_ai.usage.output_tokens": 5,
    }
    priced = load_reader(prices=PriceBook())
    assert priced.read(span(attributes)).cost is None
    known = {**attributes, "gen_ai.provider.name": "openai", "gen_ai.request.model": "gpt-4o-mini"}
    assert priced.read(span(known)).cost is not None
