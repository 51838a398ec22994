"""Senders that no captured source stands for: what each is known to send, and what is understood of it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from llm_tracer.model.reading import Message, Usage
from llm_tracer.model.span import SpanEvent

from .spans import START, content, read, text

CALL = {"type": "tool_call", "id": "c1", "name": "get_weather", "arguments": {"city": "Lisbon"}}
USER = (Message("user", (text("Hi"),)),)
ANSWER = (Message("assistant", (text("Hello"),)),)


def test_haystack() -> None:
    attributes = {
        "haystack.component.name": "llm",
        "haystack.component.type": "OpenAIChatGenerator",
        "haystack.component.input": '{"messages": [{"role": "user", "content": [{"text": "Hi"}]}]}',
        "haystack.component.output": json.dumps(
            {
                "replies": [
                    {
                        "role": "assistant",
                        "content": [{"text": "Hello"}],
                        "meta": {
                            "model": "gpt-4o-mini-2024-07-18",
                            "finish_reason": "stop",
                            "usage": {"prompt_tokens": 9, "completion_tokens": 2, "total_tokens": 11},
                        },
                    }
                ]
            }
        ),
    }
    reading, found = read(attributes), content(attributes)
    assert (reading.kind, reading.name, reading.model) == ("llm", "llm", "gpt-4o-mini-2024-07-18")
    assert reading.usage == Usage(input=9, output=2, total=11)
    assert (found.input_messages, found.output_messages) == (USER, ANSWER)


@pytest.mark.parametrize(
    ("component", "kind"),
    [
        ("InMemoryBM25Retriever", "retriever"), ("OpenAITextEmbedder", "embedding"), ("ToolInvoker", "tool"),
        ("Agent", "agent"), ("PromptBuilder", "chain"), ("TransformersSimilarityRanker", "reranker"),
    ],
)  # fmt: skip
def test_haystack_kinds(component: str, kind: str) -> None:
    assert read({"haystack.component.type": component}).kind == kind


def test_litellm() -> None:
    attributes = {
        "llm.request.type": "acompletion",
        "gen_ai.request.model": "gpt-4o-mini",
        "gen_ai.system": "openai",
        "llm.is_streaming": "False",
        "gen_ai.response.id": "r1",
        "gen_ai.usage.prompt_tokens": 9,
        "gen_ai.usage.completion_tokens": 2,
        "gen_ai.usage.total_tokens": 11,
        "gen_ai.cost.total_cost": 0.25,
        "gen_ai.prompt.0.role": "user",
        "gen_ai.prompt.0.content": "Hi",
        "gen_ai.completion.0.role": "assistant",
        "gen_ai.completion.0.content": "Hello",
        "gen_ai.completion.0.finish_reason": "stop",
        "llm.user": "u",
    }
    reading, found = read(attributes), content(attributes)
    assert (reading.kind, reading.model, reading.response_id, reading.user_id) == (
        "llm",
        "gpt-4o-mini",
        "r1",
        "u",
    )
    assert reading.usage == Usage(input=9, output=2, total=11)
    assert reading.cost is not None
    assert reading.cost.total == 0.25
    assert reading.finish_reasons == ("stop",)
    assert (found.input_messages, found.streaming) == (USER, False)
    assert found.output_messages == (Message("assistant", (text("Hello"),), finish_reason="stop"),)


def test_spring_ai() -> None:
    attributes = {
        "gen_ai.operation.name": "chat",
        "gen_ai.system": "openai",
        "gen_ai.request.model": "gpt-4o-mini",
        "gen_ai.response.finish_reasons": '["STOP"]',
        "gen_ai.usage.input_tokens": "9",
        "gen_ai.usage.output_tokens": "2",
        "gen_ai.usage.total_tokens": "11",
        "gen_ai.request.temperature": "0.7",
    }
    reading = read(attributes)
    assert (reading.usage, reading.finish_reasons) == (Usage(input=9, output=2, total=11), ("stop",))
    store = {
        "spring.ai.kind": "vector_store",
        "db.system": "pg_vector",
        "db.vector.query.content": "rules",
        "db.vector.query.top_k": "3",
        "db.vector.query.response.documents": '[{"id": "d1", "text": "Three days.", "score": 0.5}]',
    }
    found = content(store)
    assert (read(store).kind, found.query, found.documents[0]["content"]) == (
        "retriever",
        "rules",
        "Three days.",
    )
    tool = {
        "spring.ai.kind": "tool_call",
        "spring.ai.tool.definition.name": "f",
        "spring.ai.tool.call.arguments": '{"a": 1}',
    }
    assert content(tool).tool is not None
    assert (read(tool).kind, read(tool).tool_name, content(tool).tool["arguments"]) == ("tool", "f", {"a": 1})  # type: ignore[index]


def test_azure_puts_the_body_of_an_event_into_an_attribute() -> None:
    def event(name: str, body: dict[str, Any]) -> SpanEvent:
        return SpanEvent(
            name, START, {"gen_ai.system": "az.ai.inference", "gen_ai.event.content": json.dumps(body)}
        )

    call = {
        "id": "c1",
        "type": "function",
        "function": {"name": "get_weather", "arguments": '{"city": "Lisbon"}'},
    }
    events = (
        event("gen_ai.user.message", {"role": "user", "content": "Hi"}),
        event(
            "gen_ai.choice",
            {"message": {"content": "", "tool_calls": [call]}, "finish_reason": "tool_calls", "index": 0},
        ),
    )
    attributes = {"gen_ai.operation.name": "chat", "gen_ai.system": "az.ai.inference"}
    found = content(attributes, *events)
    assert found.input_messages == USER
    assert found.output_messages == (Message("assistant", (CALL,), finish_reason="tool_calls"),)


def test_gemini_content_as_the_content_of_an_event() -> None:
    events = (
        SpanEvent(
            "gen_ai.user.message",
            1,
            body={"content": {"parts": [{"text": "Hi"}], "role": "user"}},
            source="log",
        ),
        SpanEvent(
            "gen_ai.choice",
            2,
            body={"index": 0, "content": {"parts": [{"text": "Hello"}], "role": "model"}},
            source="log",
        ),
    )
    found = content({"gen_ai.operation.name": "generate_content", "gen_ai.system": "gemini"}, *events)
    assert (found.input_messages, found.output_messages) == (USER, ANSWER)


def test_livekit() -> None:
    tool = {
        "lk.function_tool.name": "get_weather",
        "lk.function_tool.id": "c1",
        "lk.function_tool.arguments": '{"city": "Lisbon"}',
        "lk.function_tool.output": "22 C",
    }
    found = content(tool)
    assert found.tool is not None
    assert (read(tool).kind, found.tool["arguments"], found.tool["result"]) == (
        "tool",
        {"city": "Lisbon"},
        "22 C",
    )
    call = {
        "gen_ai.operation.name": "chat",
        "gen_ai.request.model": "gpt-4o",
        "lk.llm_metrics": '{"prompt_tokens": 9, "completion_tokens": 2, "prompt_cached_tokens": 4}',
    }
    assert read(call).usage == Usage(input=9, output=2, total=11, cache_read=4)


def test_openlit_before_it_had_messages() -> None:
    events = (
        SpanEvent("gen_ai.content.prompt", START, {"gen_ai.prompt": "Hi"}),
        SpanEvent("gen_ai.content.completion", START, {"gen_ai.completion": "Hello"}),
    )
    attributes = {
        "gen_ai.operation.name": "chat",
        "gen_ai.system": "openai",
        "gen_ai.request.model": "gpt-4o",
        "gen_ai.usage.cost": 0.5,
        "gen_ai.environment": "prod",
        "gen_ai.usage.input_tokens": 9,
        "gen_ai.usage.output_tokens": 2,
        "gen_ai.request.is_stream": True,
    }
    reading, found = read(attributes, *events), content(attributes, *events)
    assert (reading.input_preview, reading.output_preview, reading.environment) == ("Hi", "Hello", "prod")
    assert (found.input_messages, found.output_messages, found.streaming) == (USER, ANSWER, True)
    assert reading.cost is not None
    assert reading.cost.total == 0.5


def test_alibaba() -> None:
    attributes = {
        "gen_ai.span.kind": "LLM",
        "gen_ai.request.model": "qwen-max",
        "gen_ai.session.id": "s",
        "gen_ai.user.id": "u",
        "gen_ai.response.time_to_first_token": 0.25,
    }
    reading = read(attributes)
    assert (reading.kind, reading.session_id, reading.user_id, reading.ttft_ms) == ("llm", "s", "u", 250.0)
    assert read({"gen_ai.span.kind": "ENTRY"}).kind == "chain"


def test_weave() -> None:
    attributes = {
        "weave.span.kind": "tool",
        "wandb.display_name": "fetch",
        "wandb.thread_id": "t",
        "wandb.attributes": '{"k": 1}',
    }
    reading = read(attributes)
    assert (reading.kind, reading.name, reading.session_id, reading.metadata) == (
        "tool",
        "fetch",
        "t",
        {"k": 1},
    )


def test_mastra() -> None:
    kinds = {
        "agent_run": "agent",
        "model_generation": "llm",
        "model_chunk": "event",
        "tool_call": "tool",
        "workflow_run": "chain",
    }
    assert {sent: read({"mastra.span.type": sent}).kind for sent in kinds} == kinds


def test_voltagent() -> None:
    attributes = {
        "span.type": "llm", "ai.model.name": "gpt-4o", "usage.prompt_tokens": 9, "usage.completion_tokens": 2,
        "conversationId": "s", "userId": "u", "input": "Hi", "output": "Hello",
    }  # fmt: skip
    reading = read(attributes)
    assert (reading.kind, reading.model, reading.session_id, reading.user_id) == ("llm", "gpt-4o", "s", "u")
    assert reading.usage == Usage(input=9, output=2, total=11)
    assert (reading.input_preview, reading.output_preview) == ("Hi", "Hello")


def test_agents_of_openinference_that_sum_the_tokens_of_their_calls() -> None:
    # Smolagents: the sum stands on the agent, which is no call.
    reading = read({"openinference.span.kind": "AGENT", "llm.token_count.prompt": 100, "agent.name": "coder"})
    assert (reading.kind, reading.agent_name, reading.usage and reading.usage.input) == (
        "agent",
        "coder",
        100,
    )


def test_vercel_provider_metadata_in_the_form_of_otlp() -> None:
    attributes = {
        "ai.operationId": "ai.generateText.doGenerate",
        "ai.model.id": "claude",
        "ai.usage.inputTokens": 100,
        "ai.usage.outputTokens": 5,
        "ai.response.providerMetadata": '{"anthropic":{"usage":{"cache_read_input_tokens":{"intValue":40}}}}',
        "ai.response.files": '[{"mediaType":"image/png","base64":"AAAA"}]',
    }
    reading, found = read(attributes), content(attributes)
    assert reading.usage == Usage(input=100, output=5, total=105, cache_read=40)
    (image,) = found.output_messages[0].parts
    assert (image["modality"], image["mime_type"]) == ("image", "image/png")


def test_langfuse_exclusive_buckets() -> None:
    details = {
        "input": 60,
        "input_cache_read": 30,
        "input_cache_creation": 10,
        "output": 15,
        "output_reasoning": 5,
        "total": 120,
    }
    reading = read(
        {"langfuse.observation.type": "generation", "langfuse.observation.usage_details": json.dumps(details)}
    )
    assert reading.usage == Usage(input=100, output=20, total=120, cache_read=30, cache_write=10, reasoning=5)


def test_a_call_that_failed_and_kept_its_name_only() -> None:
    assert read({}, name="chat claude-sonnet-4-5", scope="openlit.instrumentation.anthropic").kind == "llm"
    assert read({}, name="chat with a friend", scope="my.shop").kind == "other"


def test_batch_is_a_tier() -> None:
    assert content({"gen_ai.operation.name": "chat", "gen_ai.request.batch": True}).service_tier == "batch"


def test_a_model_with_its_provider_before_it() -> None:
    assert (
        read({"gen_ai.operation.name": "chat", "gen_ai.request.model": "bedrock/claude"}).provider
        == "aws.bedrock"
    )
    assert read({"gen_ai.operation.name": "chat", "gen_ai.request.model": "my/own"}).provider is None


def test_a_llama_index_answer_in_blocks_is_its_text() -> None:
    event = SpanEvent(
        "LLMChatEndEvent",
        START,
        {
            "response.message.role": "assistant",
            "response.message.blocks": '[{"block_type": "text", "text": "Hello"}]',
        },
    )
    reading = read({}, event)
    assert (reading.kind, reading.output_preview) == ("llm", "Hello")


def test_llama_index_prepares_a_call_without_making_one() -> None:
    sent = {"openinference.span.kind": "LLM", "llm.model_name": "gpt-4o"}
    assert read(sent, name="OpenAI._prepare_chat_with_tools").kind == "chain"
    assert read(sent, name="OpenAI.astream_chat").kind == "llm"
