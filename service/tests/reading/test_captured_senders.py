"""What libraries sent of small programs against a provider of our own, cut to what matters, and what is understood."""

from __future__ import annotations

import json
from typing import Any

import pytest
from llm_tracer.model.reading import Message, Usage

from .spans import content, read, text

ASKED = Message("user", (text("What's the weather in Lisbon?"),))
CALL = {"type": "tool_call", "id": "call_0002", "name": "get_weather", "arguments": {"city": "Lisbon"}}


def haystack_message(role: str, *blocks: dict[str, Any], **meta: Any) -> dict[str, Any]:
    return {"role": role, "meta": meta, "name": None, "content": list(blocks)}


def test_the_model_step_of_a_haystack_agent() -> None:
    """haystack-ai 3.4, opentelemetry-haystack 2.0."""
    call = {"tool_name": "get_weather", "arguments": {"city": "Lisbon"}, "id": "call_0002", "extra": None}
    usage = {
        "prompt_tokens": 1134,
        "completion_tokens": 324,
        "total_tokens": 1458,
        "completion_tokens_details": {"reasoning_tokens": 0, "text_tokens": None},
        "prompt_tokens_details": {"cached_tokens": 514, "audio_tokens": None},
    }
    answered = haystack_message("assistant", {"tool_call": call}, model="gpt-4o-2024-08-06", usage=usage)
    result = {"tool_call_result": {"result": "22 C", "origin": call, "error": False}}
    asked = haystack_message("user", {"text": "What's the weather in Lisbon?"})
    attributes = {
        "haystack.agent.step.llm.input": json.dumps(
            {"messages": [asked, answered, haystack_message("tool", result)]}
        ),
        "haystack.agent.step.llm.output": json.dumps({"replies": [answered]}),
    }
    reading, found = read(attributes, name="haystack.agent.step.llm"), content(attributes)
    assert (reading.kind, reading.model) == ("llm", "gpt-4o-2024-08-06")
    assert reading.usage == Usage(input=1134, output=324, total=1458, cache_read=514, reasoning=0)
    assert found.input_messages == (
        ASKED,
        Message("assistant", (CALL,)),
        Message(
            "tool", ({"type": "tool_result", "id": "call_0002", "name": "get_weather", "content": "22 C"},)
        ),
    )
    assert found.output_messages == (Message("assistant", (CALL,)),)


def test_the_tool_step_of_a_haystack_agent() -> None:
    attributes = {
        "haystack.tool.name": "get_weather",
        "haystack.tool.description": "The weather",
        "haystack.agent.step.tool.input": '{"city": "Lisbon"}',
        "haystack.agent.step.tool.output": "22 C",
    }
    tool = content(attributes).tool
    assert tool is not None
    assert (read(attributes).kind, tool["name"], tool["arguments"], tool["result"]) == (
        "tool", "get_weather", {"city": "Lisbon"}, "22 C",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("name", "scope", "kind"),
    [
        ("haystack.agent.step.llm", "haystack", "llm"),
        ("haystack.agent.run", "haystack", "agent"),
        ("haystack.pipeline.run", "my_app", "chain"),
        ("call_llm", "gcp.vertex.agent", "llm"),
        ("call_llm", "my_app", "other"),
        ("stream_chat", "mistralai_sdk_tracer", "llm"),
        ("embeddings_v1_embeddings_post", "mistralai_sdk_tracer", "embedding"),
    ],
)
def test_spans_that_are_told_by_their_names(name: str, scope: str, kind: str) -> None:
    assert read({}, name=name, scope=scope).kind == kind


def test_mistral_counts_an_embedding_as_what_it_is() -> None:
    """mistralai 1: figures and a model, but no operation."""
    attributes = {
        "http.request.method": "POST",
        "gen_ai.request.model": "mistral-embed",
        "gen_ai.usage.prompt_tokens": 1185,
        "gen_ai.usage.output_tokens": 0,
    }
    reading = read(attributes, name="embeddings_v1_embeddings_post", scope="mistralai_sdk_tracer")
    assert (reading.kind, reading.usage) == ("embedding", Usage(input=1185, output=0, total=1185))


def test_langtrace_names_embeddings_embed() -> None:
    attributes = {"gen_ai.operation.name": "embed", "gen_ai.request.embedding_inputs": '["hello"]'}
    assert read(attributes).kind == "embedding"


def test_pydantic_ai_1_says_question_and_answer_in_one_list_of_events() -> None:
    events = [
        {"role": "system", "content": "Be brief.", "event.name": "gen_ai.system.message"},
        {"role": "user", "content": "Hi", "event.name": "gen_ai.user.message"},
        {"index": 0, "message": {"role": "assistant", "content": "Hello"}, "event.name": "gen_ai.choice"},
    ]
    attributes = {"gen_ai.operation.name": "chat", "events": json.dumps(events)}
    found = content(attributes)
    assert found.input_messages == (Message("user", (text("Hi"),)),)
    assert [message.parts for message in found.output_messages] == [(text("Hello"),)]
    assert read(attributes).output_preview == "Hello"


def test_litellm_writes_its_usage_as_python_does() -> None:
    usage = {
        "completion_tokens": 324,
        "prompt_tokens": 1134,
        "total_tokens": 1458,
        "completion_tokens_details": {"audio_tokens": None, "reasoning_tokens": 7},
        "prompt_tokens_details": {"cached_tokens": 514},
    }
    attributes = {
        "gen_ai.operation.name": "chat",
        "gen_ai.usage.input_tokens": 1134,
        "gen_ai.usage.output_tokens": 324,
        "metadata.usage_object": str(usage),
    }
    assert read(attributes).usage == Usage(input=1134, output=324, total=1458, cache_read=514, reasoning=7)
    assert read({**attributes, "metadata.usage_object": "{'a': f()}"}).usage == Usage(
        input=1134, output=324, total=1458
    )


def test_langchain_js_names_the_model_that_answered_deep_in_its_result() -> None:
    message = {"lc": 1, "kwargs": {"response_metadata": {"model_name": "gpt-4o-2024-08-06"}}}
    attributes = {
        "openinference.span.kind": "LLM",
        "llm.model_name": "gpt-4o",
        "output.value": json.dumps({"generations": [[{"text": "", "message": message}]]}),
    }
    reading = read(attributes)
    assert (reading.request_model, reading.response_model) == ("gpt-4o", "gpt-4o-2024-08-06")


@pytest.mark.parametrize("reasoning", [{}, {"gen_ai.usage.reasoning.output_tokens": 131}])
def test_the_thoughts_of_gemini_are_output_whether_they_are_named_or_not(reasoning: dict[str, int]) -> None:
    """OpenLLMetry leaves them out, the OpenInference of Google's ADK names them; the total has them for both."""
    attributes = {
        "gen_ai.operation.name": "generate_content",
        "gen_ai.provider.name": "gcp.gen_ai",
        "gen_ai.usage.input_tokens": 1151,
        "gen_ai.usage.output_tokens": 200,
        "gen_ai.usage.total_tokens": 1482,
        **reasoning,
    }
    reading = read(attributes)
    assert reading.usage == Usage(input=1151, output=331, total=1482, reasoning=131)
    assert reading.usage_flags == ("output_made_inclusive",)


def test_openlit_leaves_the_thoughts_of_gemini_out_of_the_output() -> None:
    """openlit 1: no total that would prove it."""
    attributes = {
        "gen_ai.provider.name": "gemini",
        "gen_ai.usage.input_tokens": 1151,
        "gen_ai.usage.output_tokens": 200,
        "gen_ai.usage.reasoning_tokens": 131,
    }
    reading = read(attributes, scope="openlit.instrumentation.google_ai_studio")
    assert reading.usage == Usage(input=1151, output=331, total=1482, reasoning=131)
    assert reading.usage_flags == ("output_made_inclusive",)


def test_a_total_beyond_input_and_output_proves_nothing_of_other_providers() -> None:
    attributes = {
        "gen_ai.provider.name": "openai",
        "gen_ai.usage.input_tokens": 10,
        "gen_ai.usage.output_tokens": 5,
        "gen_ai.usage.total_tokens": 20,
    }
    reading = read(attributes)
    assert (reading.usage, reading.usage_flags) == (Usage(input=10, output=5, total=15), ("total_mismatch",))


def test_the_project_of_phoenix_stands_for_a_service_without_a_name() -> None:
    project = {"openinference.project.name": "shop"}
    assert read({}, resource=project).service_name == "shop"
    assert read({}, resource={**project, "service.name": "unknown_service"}).service_name == "shop"
    assert read({}, resource={**project, "service.name": "api"}).service_name == "api"


@pytest.mark.parametrize(
    "sent",
    [
        {"city": "Lisbon"},
        {"args": [], "kwargs": {"city": "Lisbon"}},  # Python's decorators
        {"kwargs": {"city": "Lisbon"}},  # LlamaIndex, DSPy
        {"args": [], "sanitize_inputs_outputs": True, "kwargs": {"city": "Lisbon"}},  # smolagents
        {"tool_name": "get_weather", "arguments": {"city": "Lisbon"}},  # OpenLLMetry for MCP
        {"input_str": "{'city': 'Lisbon'}", "inputs": {"city": "Lisbon"}, "tags": [], "metadata": {}, "kwargs": {}},
    ],
)  # fmt: skip
def test_what_libraries_write_around_the_arguments_of_a_tool_is_taken_off(sent: dict[str, Any]) -> None:
    tool = content({"openinference.span.kind": "TOOL", "input.value": json.dumps(sent)}).tool
    assert tool is not None
    assert tool["arguments"] == {"city": "Lisbon"}


@pytest.mark.parametrize(
    "sent", [{"arguments": {"a": 1}}, {"inputs": {"a": 1}}, {"args": [1], "kwargs": {"a": 1}}, {"kwargs": 1}]
)
def test_arguments_that_are_named_as_a_wrapper_is_stay(sent: dict[str, Any]) -> None:
    tool = content({"openinference.span.kind": "TOOL", "input.value": json.dumps(sent)}).tool
    assert tool is not None
    assert tool["arguments"] == sent


LANGCHAIN_MESSAGE = {
    "lc": 1,
    "type": "constructor",
    "kwargs": {"content": "22 C", "tool_call_id": "call_0003"},
}


@pytest.mark.parametrize(
    ("sent", "result"),
    [
        ({"output": LANGCHAIN_MESSAGE, "kwargs": {"color": None}}, "22 C"),  # OpenLLMetry for LangChain
        ({"output": LANGCHAIN_MESSAGE}, "22 C"),  # OpenInference for LangChain.js
        ({"output": {"content": '{"a": 1}', "tool_call_id": "c", "type": "tool"}}, {"a": 1}),  # LangSmith
        ({"blocks": [{"text": "22 C"}], "tool_name": "get_weather"}, "22 C"),  # LlamaIndex
        ({"output": "22 C"}, {"output": "22 C"}),
    ],
)
def test_what_libraries_write_around_the_result_of_a_tool_is_taken_off(
    sent: dict[str, Any], result: Any
) -> None:
    tool = content({"openinference.span.kind": "TOOL", "output.value": json.dumps(sent)}).tool
    assert tool is not None
    assert tool["result"] == result
