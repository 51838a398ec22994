"""Senders that were not run: what their sources say that they send, each beside what is true of it."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

import pytest
from llm_tracer.model.reading import Message, Reading, Score, Usage
from llm_tracer.model.span import SpanEvent
from starlette.testclient import TestClient

from .spans import START, content, read, text
from .test_conformance_traces import send, summary
from .test_conformance_traces import span as over_http


class Sent(NamedTuple):
    """A span of some sender, and the facts of it by their names in Reading."""

    sender: str
    attributes: dict[str, Any]
    truth: dict[str, Any]
    name: str = "span"
    scope: str = ""
    status_code: str = "unset"


SENT = [
    Sent(
        "Bifrost: a chat",
        {
            "gen_ai.provider.name": "openai",
            "gen_ai.request.model": "gpt-5",
            "gen_ai.usage.prompt_tokens": 100,
            "gen_ai.usage.completion_tokens": 20,
            "gen_ai.usage.total_tokens": 120,
            "gen_ai.usage.prompt_token_details.cached_read_tokens": 60,
            "gen_ai.usage.prompt_token_details.cached_write_tokens": 10,
            "gen_ai.usage.prompt_token_details.audio_tokens": 3,
            "gen_ai.usage.prompt_token_details.image_tokens": 4,
            "gen_ai.usage.completion_token_details.reasoning_tokens": 8,
            "gen_ai.usage.completion_token_details.audio_tokens": 2,
            "gen_ai.response.time_to_first_token": 420,
        },
        {
            "kind": "llm",
            "usage": Usage(
                input=100, output=20, total=120, cache_read=60, cache_write=10, reasoning=8,
                input_audio=3, output_audio=2, input_image=4,
            ),
            "ttft_ms": 420,
        },
        name="llm.call",
    ),
    Sent(
        "Bifrost: a call of the Responses API",
        {
            "gen_ai.provider.name": "anthropic",
            "gen_ai.request.model": "claude-sonnet-4-5",
            "gen_ai.usage.input_tokens": 100,
            "gen_ai.usage.output_tokens": 20,
            "gen_ai.usage.input_token_details.cached_read_tokens": 60,
            "gen_ai.usage.input_token_details.cached_write_tokens_5m": 6,
            "gen_ai.usage.input_token_details.cached_write_tokens_1h": 4,
            "gen_ai.usage.output_token_details.reasoning_tokens": 8,
            "gen_ai.input.text": "Say it",
        },
        {
            "usage": Usage(
                input=100, output=20, total=120, cache_read=60, cache_write=10, cache_write_5m=6,
                cache_write_1h=4, reasoning=8,
            ),
            "input_preview": "Say it",
        },
    ),
    Sent(
        "Bifrost: what went wrong",
        {
            "gen_ai.operation.name": "chat",
            "gen_ai.error": "Too many requests",
            "gen_ai.error.type": "rate_limit_error",
        },
        {"error": ("rate_limit_error", "Too many requests")},
        status_code="error",
    ),
    Sent(
        "Bifrost as OpenInference: what went wrong",
        {
            "openinference.span.kind": "LLM",
            "exception.type": "rate_limit_error",
            "exception.message": "Too many requests",
        },
        {"error": ("rate_limit_error", "Too many requests")},
        status_code="error",
    ),
    Sent(
        "Bifrost as OpenInference: a tool",
        {
            "openinference.span.kind": "TOOL",
            "tool_call.id": "call_1",
            "tool_call.function.name": "get_weather",
            "tool_call.function.arguments": '{"city": "Bergen"}',
        },
        {"tool_name": "get_weather", "tool_call_id": "call_1", "input_preview": "Bergen"},
    ),
    Sent(
        "Koog: a node of a strategy",
        {
            "koog.node.id": "callLLM",
            "koog.node.input": "Weather?",
            "koog.node.output": "Rain",
            "gen_ai.conversation.id": "run-1",
        },
        {"kind": "chain", "input_preview": "Weather?", "output_preview": "Rain", "session_id": "run-1"},
    ),
    Sent("Koog: a strategy", {"koog.strategy.name": "weather"}, {"kind": "chain"}),
    Sent(
        "Goose: a call",
        {
            "model_config": '{"model_name": "gpt-4o", "context_limit": 128000}',
            "input": '{"model": "gpt-4o", "messages": [{"role": "user", "content": "Hi"}]}',
            "output": '{"choices": [{"message": {"role": "assistant", "content": "Yo"}}]}',
            "input_tokens": 10,
            "output_tokens": 2,
            "total_tokens": 12,
        },
        {
            "kind": "llm",
            "request_model": "gpt-4o",
            "usage": Usage(input=10, output=2, total=12),
            "input_preview": "Hi",
            "output_preview": "Yo",
        },
        name="complete_with_model",
        scope="goose",
    ),
    Sent(
        "Goose: its agent",
        {
            "gen_ai.operation.name": "invoke_agent",
            "trace_input": "Fix it",
            "trace_output": "Done",
            "session.id": "s1",
            "session.user": "ada",
        },
        {
            "kind": "agent",
            "input_preview": "Fix it",
            "output_preview": "Done",
            "session_id": "s1",
            "user_id": "ada",
        },
        name="reply",
        scope="goose",
    ),
    Sent(
        "Copilot in VS Code: a call, its conversation being the request",
        {
            "gen_ai.operation.name": "chat",
            "gen_ai.conversation.id": "request-1",
            "copilot_chat.chat_session_id": "session-9",
            "copilot_chat.time_to_first_token": 640,
        },
        {"session_id": "session-9", "ttft_ms": 640},
    ),
    Sent(
        "Copilot in VS Code: what it was asked",
        {"gen_ai.operation.name": "invoke_agent", "copilot_chat.user_request": "Fix it"},
        {"kind": "agent", "input_preview": "Fix it"},
    ),
    Sent(
        "Copilot in VS Code: what it shows meanwhile",
        {"gen_ai.operation.name": "content_event", "copilot_chat.markdown_content": "# Plan"},
        {"kind": "event", "output_preview": "# Plan"},
    ),
    Sent(
        "Copilot in VS Code: a hook",
        {
            "gen_ai.operation.name": "execute_hook",
            "copilot_chat.hook_input": "in",
            "copilot_chat.hook_output": "out",
        },
        {"kind": "chain", "input_preview": "in", "output_preview": "out"},
    ),
    Sent(
        "Grafana's SDKs: a call that failed",
        {"gen_ai.operation.name": "streamText", "gen_ai.request.model": "claude-sonnet-4-5"},
        {"kind": "llm"},
        status_code="error",
    ),
    Sent(
        "agentUniverse: a call",
        {
            "au.span.kind": "llm",
            "au.llm.name": "qwen-max",
            "au.llm.input": '{"messages": [{"role": "user", "content": "Hi"}]}',
            "au.llm.output": "Yo",
            "au.llm.first_token.duration": 0.3,
            "au.llm.usage.prompt_tokens": 9,
            "au.llm.usage.completion_tokens": 3,
            "au.llm.usage.total_tokens": 12,
            "au.llm.usage.detail_tokens": '{"cached_tokens": 4, "reasoning_tokens": 1}',
        },
        {
            "kind": "llm",
            "request_model": "qwen-max",
            "usage": Usage(input=9, output=3, total=12, cache_read=4, reasoning=1),
            "ttft_ms": 300,
            "input_preview": "Hi",
            "output_preview": "Yo",
        },
    ),
    Sent(
        "agentUniverse: a tool that failed",
        {
            "au.span.kind": "tool",
            "au.tool.name": "search",
            "au.tool.input": '{"q": "x"}',
            "au.tool.pair_id": "p1",
            "au.tool.error.type": "ValueError",
            "au.tool.error.message": "no such index",
        },
        {
            "kind": "tool",
            "tool_name": "search",
            "tool_call_id": "p1",
            "error": ("ValueError", "no such index"),
        },
    ),
    Sent(
        "agentUniverse: an agent",
        {"au.span.kind": "agent", "au.agent.name": "guide", "au.agent.output": "Yo"},
        {"kind": "agent", "agent_name": "guide", "output_preview": "Yo"},
    ),
    Sent(
        "OpenTelemetry: an agent is told something",
        {"a2a.method.name": "SendMessage", "gen_ai.agent.name": "travel"},
        {"kind": "agent", "agent_name": "travel"},
    ),
    Sent("OpenTelemetry: a task is asked for", {"a2a.method.name": "GetTask"}, {"kind": "chain"}),
    Sent(
        "Embabel: an agent, a tag of Micrometer being a text",
        {
            "embabel.event.type": "agent_process",
            "gen_ai.operation.name": "agent",
            "embabel.agent.name": "guide",
            "gen_ai.conversation.id": "run-1",
            "input.value": "Weather?",
        },
        {"kind": "agent", "agent_name": "guide", "session_id": "run-1", "input_preview": "Weather?"},
    ),
    Sent(
        "Embabel: an action",
        {"embabel.event.type": "action", "gen_ai.operation.name": "execute_action"},
        {"kind": "chain"},
    ),
    Sent("Embabel: a goal", {"embabel.event.type": "goal_achieved"}, {"kind": "chain"}),
    Sent(
        "TensorZero: its own function around a call",
        {"function_name": "weather", "episode_id": "0192"},
        {"kind": "chain", "session_id": "0192"},
        name="function_inference",
        scope="tensorzero",
    ),
    Sent(
        "TensorRT-LLM",
        {
            "gen_ai.usage.prompt_tokens": 10,
            "gen_ai.usage.completion_tokens": 4,
            "gen_ai.latency.time_to_first_token": 0.2,
        },
        {"kind": "llm", "usage": Usage(input=10, output=4, total=14), "ttft_ms": 200},
        name="llm_request",
    ),
    Sent(
        "Dreadnode: a generation",
        {
            "dreadnode.type": "generation",
            "dreadnode.session.id": "s1",
            "dreadnode.tags": '["red"]',
            "dreadnode.generation.model": "gpt-4o-mini",
            "dreadnode.generation.input_tokens": 10,
            "dreadnode.generation.output_tokens": 4,
            "dreadnode.generation.total_tokens": 14,
            "dreadnode.generation.role": "assistant",
            "dreadnode.generation.content": "Rain.",
            "dreadnode.generation.stop_reason": "stop",
        },
        {
            "kind": "llm",
            "request_model": "gpt-4o-mini",
            "usage": Usage(input=10, output=4, total=14),
            "session_id": "s1",
            "tags": ("red",),
            "finish_reasons": ("stop",),
            "output_preview": "Rain.",
        },
    ),
    Sent(
        "Dreadnode: a tool",
        {
            "dreadnode.type": "tool",
            "dreadnode.tool.name": "weather",
            "dreadnode.tool.call_id": "c1",
            "dreadnode.tool.arguments": '{"city":"Paris"}',
            "dreadnode.tool.result": "Rain",
        },
        {
            "kind": "tool",
            "tool_name": "weather",
            "tool_call_id": "c1",
            "input_preview": "Paris",
            "output_preview": "Rain",
        },
    ),
    Sent(
        "Dreadnode: an agent",
        {"dreadnode.type": "agent", "dreadnode.agent.name": "scout", "dreadnode.agent.session_id": "s1"},
        {"kind": "agent", "agent_name": "scout", "session_id": "s1"},
    ),
    Sent("Dreadnode: a task", {"dreadnode.type": "task"}, {"kind": "chain"}),
    Sent(
        "vLLM",
        {
            "gen_ai.usage.prompt_tokens": 10,
            "gen_ai.usage.completion_tokens": 4,
            "gen_ai.latency.time_to_first_token": 0.2,
            "gen_ai.latency.time_in_queue": 0.05,
            "gen_ai.request.id": "chatcmpl-1",
        },
        {"kind": "llm", "usage": Usage(input=10, output=4, total=14), "ttft_ms": 200, "response_id": "chatcmpl-1"},
        name="llm_request",
        scope="vllm.tracing.otel",
    ),
    Sent(
        "SGLang",
        {
            "rid": "8f1c",
            "gen_ai.usage.prompt_tokens": 10,
            "gen_ai.usage.completion_tokens": 4,
            "gen_ai.usage.cached_tokens": 6,
            "gen_ai.response.model": "qwen3",
            "gen_ai.response.finish_reasons": '["stop"]',
            "gen_ai.request.id": "8f1c",
        },
        {
            "kind": "llm",
            "usage": Usage(input=10, output=4, total=14, cache_read=6),
            "finish_reasons": ("stop",),
            "response_id": "8f1c",
        },
        name=" Req 8f1c",
        scope="sglang server",
    ),
    Sent(
        "Bifrost: a call that failed",
        {"gen_ai.provider.name": "openai", "gen_ai.request.model": "gpt-5"},
        {"kind": "llm"},
        name="llm.call",
        status_code="error",
    ),
    Sent(
        "OpenRouter: what it broadcasts of a call",
        {
            "trace.name": "Weather chat",
            "span.type": "generation",
            "gen_ai.request.model": "openai/gpt-4o-mini",
            "gen_ai.response.finish_reason": "tool_calls",
            "gen_ai.usage.input_tokens": 100,
            "gen_ai.usage.input_tokens.cached": 60,
            "gen_ai.usage.input_tokens.cache_write": 5,
            "gen_ai.usage.output_tokens": 20,
            "gen_ai.usage.output_tokens.reasoning": 8,
            "gen_ai.prompt": '{"messages": [{"role": "user", "content": "Weather?"}]}',
            "gen_ai.completion": '{"completion": "Rain", "reasoning": "hm", "toolCalls": []}',
            "session.id": "s1",
            "user.id": "ada",
            "trace.metadata.environment": "staging",
            "trace.metadata.openrouter.first_token_ms": 420,
        },
        {
            "kind": "llm",
            "provider": "openai",
            "usage": Usage(input=100, output=20, total=120, cache_read=60, cache_write=5, reasoning=8),
            "finish_reasons": ("tool_calls",),
            "input_preview": "Weather?",
            "output_preview": "Rain",
            "session_id": "s1",
            "user_id": "ada",
            "environment": "staging",
            "trace_name": "Weather chat",
            "ttft_ms": 420,
        },
        name="LLM Generation",
    ),
    Sent(
        "OpenRouter: a provider that it tried",
        {"span.type": "span", "gen_ai.response.id": "gen-1:attempt-0"},
        {"kind": "chain"},
        name="provider attempt 1: Relace",
    ),
    Sent(
        "Cloudflare's AI Gateway",
        {
            "gen_ai.request.model": "gpt-4o-mini",
            "gen_ai.model.provider": "openai",
            "gen_ai.usage.input_tokens": 10,
            "gen_ai.usage.output_tokens": 3,
            "gen_ai.prompt_json": '[{"role": "user", "content": "Hi"}]',
            "gen_ai.completion_json": '{"id": "c1", "choices": [{"message": {"role": "assistant", '
            '"content": "Yo"}, "finish_reason": "stop"}]}',
        },
        {
            "kind": "llm",
            "provider": "openai",
            "input_preview": "Hi",
            "output_preview": "Yo",
            "response_id": "c1",
            "finish_reasons": ("stop",),
        },
    ),
    Sent(
        "Vercel's AI Gateway",
        {
            "gen_ai.operation.name": "chat",
            "gen_ai.request.model": "claude-sonnet-4.5",
            "vercel.ai_gateway.provider": "bedrock",
            "vercel.ai_gateway.tags": "team:a,call:7",
        },
        {"provider": "aws.bedrock", "tags": ("team:a", "call:7")},
    ),
    Sent(
        "Higress",
        {"gen_ai.span.kind": "LLM", "gen_ai.model_name": "qwen-turbo"},
        {"kind": "llm", "request_model": "qwen-turbo"},
    ),
    Sent(
        "OpenClaw: what a run used, without OpenTelemetry's names",
        {
            "openclaw.provider": "anthropic",
            "openclaw.model": "claude-sonnet-4-5",
            "openclaw.sessionId": "s1",
            "openclaw.tokens.input": 10,
            "openclaw.tokens.output": 30,
            "openclaw.tokens.cache_read": 200,
            "openclaw.tokens.cache_write": 60,
            "openclaw.tokens.total": 300,
        },
        {
            "kind": "event",
            "request_model": "claude-sonnet-4-5",
            "usage": Usage(input=270, output=30, total=300, cache_read=200, cache_write=60),
            "session_id": "s1",
        },
        name="openclaw.model.usage",
        scope="openclaw",
    ),
    Sent("OpenClaw: a run", {}, {"kind": "agent"}, name="openclaw.run", scope="openclaw"),
    Sent(
        "OpenClaw: around a call",
        {},
        {"kind": "chain"},
        name="openclaw.context.assembled",
        scope="openclaw",
    ),
    Sent(
        "eve: a turn",
        {"eve.session.id": "s1", "eve.environment": "production"},
        {"kind": "agent", "session_id": "s1", "environment": "production"},
        name="ai.eve.turn",
    ),
    Sent("Temporal", {"temporalWorkflowID": "w1", "temporalRunID": "r1"}, {"kind": "chain"}),
    Sent("Restate", {"restate.invocation.id": "inv_1"}, {"kind": "chain"}),
    Sent(
        "PostHog: what it adds to the spans of others",
        {"gen_ai.operation.name": "chat", "posthog.distinct_id": "ada", "$session_id": "s1"},
        {"kind": "llm", "user_id": "ada", "session_id": "s1"},
    ),
    Sent(
        "PostHog: what it adds to all spans",
        {"posthogDistinctId": "ada", "sessionId": "s1"},
        {"user_id": "ada", "session_id": "s1"},
    ),
    Sent("Inngest", {"sys.user.run": "r"}, {"kind": "chain"}, name="inngest.execution", scope="inngest"),
    Sent("DBOS", {"operationType": "workflow"}, {"kind": "chain"}, scope="dbos-tracer"),
    Sent(
        "OpenTelemetry: what a voice was given and said, before its usage is known",
        {
            "gen_ai.operation.name": "realtime_inference",
            "gen_ai.request.model": "gpt-realtime",
            "gen_ai.realtime_session.id": "sess_1",
        },
        {"kind": "llm", "request_model": "gpt-realtime", "session_id": "sess_1"},
        name="realtime_inference gpt-realtime",
    ),
    Sent(
        "OpenTelemetry: who speaks",
        {"gen_ai.operation.name": "user_speech", "gen_ai.realtime_session.id": "sess_1"},
        {"kind": "chain", "session_id": "sess_1"},
    ),
    Sent(
        "OpenTelemetry: a guard that lets through",
        {
            "gen_ai.operation.name": "run_guardrail",
            "gen_ai.guardrail.component.name": "PII",
            "gen_ai.guardrail.verdict.type": "allow",
            "gen_ai.guardrail.security.content.input.value": "Mail to a@b.example",
        },
        {"kind": "guardrail", "input_preview": "Mail to a@b.example", "output_preview": "allow"},
    ),
    Sent(
        "OpenTelemetry: a guard that changes what it is given",
        {
            "gen_ai.guardrail.component.name": "PII",
            "gen_ai.guardrail.verdict.type": "modify",
            "gen_ai.guardrail.security.content.output.value": "Mail to [name]",
        },
        {"kind": "guardrail", "output_preview": "Mail to [name]"},
    ),
    Sent(
        "OpenTelemetry: a guard of a provider",
        {"gen_ai.operation.name": "apply_guardrail", "gen_ai.guardrail.result.value": "GUARDRAIL_INTERVENED"},
        {"kind": "guardrail", "output_preview": "GUARDRAIL_INTERVENED"},
    ),
    Sent("MLflow in OpenTelemetry's terms: a retriever", {"gen_ai.operation.name": "RETRIEVER"}, {"kind": "retriever"}),
    Sent("MLflow in OpenTelemetry's terms: a parser", {"gen_ai.operation.name": "PARSER"}, {"kind": "chain"}),
    Sent(
        "TrueFoundry: the model of a request",
        {
            "tfy.span_type": "Model",
            "tfy.request.model_name": "openai/gpt-4o",
            "tfy.model.name": "gpt-4o-2024-08-06",
            "tfy.model.metric.input_tokens": 100,
            "tfy.model.metric.output_tokens": 20,
            "tfy.model.metric.cache_read_input_tokens": 60,
            "tfy.model.metric.cost_in_usd": 0.002,
            "tfy.model.metric.time_to_first_token_in_ms": 420,
            "tfy.request.conversation_id": "c1",
            "tfy.request.metadata": '{"team": "support"}',
            "tfy.input": '{"messages": [{"role": "user", "content": "Weather?"}]}',
            "tfy.output": '{"choices": [{"message": {"role": "assistant", "content": "Rain"}, "finish_reason": "stop"}]}',
        },
        {
            "kind": "llm",
            "request_model": "openai/gpt-4o",
            "response_model": "gpt-4o-2024-08-06",
            "usage": Usage(input=100, output=20, total=120, cache_read=60),
            "ttft_ms": 420,
            "session_id": "c1",
            "metadata": {"team": "support"},
            "finish_reasons": ("stop",),
            "input_preview": "Weather?",
            "output_preview": "Rain",
        },
    ),
    Sent(
        "TrueFoundry: the request around it, which says the operation too",
        {"tfy.span_type": "ChatCompletion", "gen_ai.operation.name": "chat", "tfy.error_message": "Over budget"},
        {"kind": "chain", "error": (None, "Over budget")},
        status_code="error",
    ),
    Sent(
        "TrueFoundry: a tool of an MCP server",
        {
            "tfy.span_type": "MCP",
            "tfy.mcp_server.method": "tools/call",
            "tfy.mcp_server.primitive_name": "find",
            "tfy.input": '{"q": "dock"}',
            "tfy.output": "Left",
        },
        {"kind": "tool", "tool_name": "find", "input_preview": "dock", "output_preview": "Left"},
    ),
    Sent("TrueFoundry: MCP", {"tfy.span_type": "MCP", "tfy.mcp_server.method": "tools/list"}, {"kind": "mcp"}),
    Sent(
        "promptfoo: a call that it tests",
        {
            "gen_ai.operation.name": "chat",
            "gen_ai.request.model": "gpt-4o",
            "promptfoo.provider.id": "openai:gpt-4o",
            "promptfoo.request.body": '{"messages": [{"role": "user", "content": "Weather?"}]}',
            "promptfoo.response.body": "Rain",
        },
        {"kind": "llm", "input_preview": "Weather?", "output_preview": "Rain"},
    ),
    Sent(
        "promptfoo: who judges it",
        {"promptfoo.grader.id": "llm-rubric", "promptfoo.grader.pass": True, "promptfoo.grader.score": 0.9},
        {"kind": "evaluator", "scores": (Score("llm-rubric", 0.9),)},
    ),
    Sent("promptfoo: a case", {"promptfoo.provider.id": "python:shop.py"}, {"kind": "chain"}),
    Sent(
        "Docker's agents: a session",
        {"agent": "root", "session.id": "s1"},
        {"kind": "agent", "agent_name": "root", "session_id": "s1"},
        name="runtime.session",
    ),
    Sent(
        "Docker's agents: a session in OpenTelemetry's terms",
        {"cagent.agent.name": "root", "gen_ai.conversation.id": "s1"},
        {"kind": "agent", "agent_name": "root", "session_id": "s1"},
        name="runtime.session",
    ),
    Sent(
        "Docker's agents: a tool",
        {"agent": "root", "session.id": "s1", "tool.name": "shell", "tool.call_id": "c1"},
        {"kind": "tool", "tool_name": "shell", "tool_call_id": "c1"},
        name="runtime.tool.call",
    ),
    Sent(
        "Docker's agents: what runs the tool is no second one",
        {"agent": "root", "session.id": "s1", "tool.name": "shell", "tool.call_id": "c1"},
        {"kind": "chain"},
        name="runtime.tool.handler",
    ),
    Sent(
        "Logfire: a function under a scope of its own",
        {
            "logfire.json_schema": '{"type": "object", "properties": {"city": {}, "days": {}}}',
            "city": "Bergen",
            "days": 3,
            "return": "Rain",
        },
        {"input_preview": '{"city":"Bergen","days":3}', "output_preview": "Rain"},
        scope="logfire.shop",
    ),
    Sent(
        "Logfire: a tool that MCP's client called",
        {
            "logfire.json_schema": '{"type": "object", "properties": {"request": {}, "response": {}}}',
            "request": '{"method": "tools/call", "params": {"name": "find", "arguments": {"q": "dock"}}}',
            "response": '{"content": [{"type": "text", "text": "No such dock"}], "isError": true}',
        },
        {"kind": "tool", "tool_name": "find", "input_preview": "dock", "output_preview": "No such dock"},
        name="MCP request: tools/call find",
        scope="logfire.mcp",
    ),
    Sent(
        "Logfire: what else MCP's client asked for",
        {"request": '{"method": "tools/list"}', "response": '{"tools": []}'},
        {"kind": "mcp", "tool_name": None, "output_preview": '{"tools": []}'},
        name="MCP request: tools/list",
        scope="logfire.mcp",
    ),
    Sent("Semantic Kernel around its calls", {"sk.available_functions": "a-b"}, {"kind": "chain"}, name="AutoFunctionInvocationLoop", scope="semantic_kernel.connectors.ai.chat_completion_client_base"),
    Sent("Weave: a function", {"gen_ai.operation.name": "execute"}, {"kind": "chain"}, scope="weave.export_otel"),
    Sent("LangWatch: a function", {"langwatch.span.type": "span"}, {"kind": "chain"}, scope="langwatch"),
    Sent("Langfuse: a function", {"langfuse.observation.type": "span"}, {"kind": "chain"}, scope="langfuse-sdk"),
    Sent("Braintrust: a function", {"braintrust.input_json": '{"city": "Bergen"}'}, {"kind": "chain", "input_preview": "Bergen"}),
    Sent("A call by hand: seconds to the first token", {"gen_ai.operation.name": "chat", "gen_ai.server.ttft": 0.4}, {"ttft_ms": 400}),
]  # fmt: skip


@pytest.mark.parametrize("sent", SENT, ids=lambda sent: sent.sender)
def test_what_is_read(sent: Sent) -> None:
    reading = read(sent.attributes, name=sent.name, scope=sent.scope, status_code=sent.status_code)
    error = reading.error and (reading.error.type, reading.error.message)
    found = {field: error if field == "error" else getattr(reading, field) for field in sent.truth}
    assert found == sent.truth


@pytest.mark.parametrize(
    ("operation", "kind"),
    [
        ("chat_completion", "llm"),
        ("converse", "llm"),
        ("create_embeddings", "embedding"),
        ("retrieve", "retriever"),
        ("tool", "tool"),
        ("run_agent", "agent"),
        ("evaluate", "evaluator"),
        ("guardrail", "guardrail"),
    ],
)
def test_operations_by_other_names(operation: str, kind: str) -> None:
    assert read({"gen_ai.operation.name": operation}).kind == kind


@pytest.mark.parametrize(
    ("details", "usage"),
    [
        ({"gen_ai.usage.input_tokens_details.cached_tokens": 5}, {"cache_read": 5}),
        ({"gen_ai.usage.prompt_cache_hit_tokens": 5}, {"cache_read": 5}),
        ({"gen_ai.usage.cache_creation_tokens": 5}, {"cache_write": 5}),
        ({"gen_ai.usage.output_tokens_details.reasoning_tokens": 5}, {"reasoning": 5}),
        ({"gen_ai.usage.thinking_tokens": 5}, {"reasoning": 5}),
        # A key of the table comes first, the rest is kept.
        (
            {"gen_ai.usage.cache_read.input_tokens": 7, "gen_ai.usage.details.cached_tokens": 5},
            {"cache_read": 7, "extra": {"gen_ai.usage.details.cached_tokens": 5}},
        ),
    ],
)
def test_details_of_tokens_are_known_by_their_last_word(
    details: dict[str, int], usage: dict[str, Any]
) -> None:
    sent = {"gen_ai.usage.input_tokens": 50, "gen_ai.usage.output_tokens": 50, **details}
    assert read(sent).usage == Usage(input=50, output=50, total=100, **usage)


BY_HAND = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "m"}


@pytest.mark.parametrize(
    ("sent", "truth"),
    [
        ({"llm.tokens.input": 5, "llm.tokens.output": 3}, {"usage": Usage(input=5, output=3, total=8)}),
        ({"prompt_tokens": 5, "completion_tokens": 3}, {"usage": Usage(input=5, output=3, total=8)}),
        ({"gen_ai.response.ttft_ms": 40}, {"ttft_ms": 40}),
        ({"session_id": "s1", "user_id": "ada"}, {"session_id": "s1", "user_id": "ada"}),
    ],
)
def test_what_programs_write_by_hand(sent: dict[str, Any], truth: dict[str, Any]) -> None:
    reading = read({**BY_HAND, **sent})
    assert {field: getattr(reading, field) for field in truth} == truth


@pytest.mark.parametrize(
    "key", ["gen_ai.usage.cost_usd", "llm.cost", "cost_usd", "vercel.ai_gateway.cost.total"]
)
def test_costs(key: str) -> None:
    cost = read({**BY_HAND, key: 0.5}).cost
    assert cost is not None
    assert cost.total == 0.5


def test_bare_names_of_tokens_say_nothing_of_what_is_no_call() -> None:
    reading = read({"input_tokens": 5, "output_tokens": 3})
    assert (reading.kind, reading.usage) == ("other", None)


def test_what_stands_for_nothing_is_no_fault() -> None:
    assert content({**BY_HAND, "session_id": "null"}).ingest_notes == ()


@pytest.mark.parametrize(
    ("sent", "ms"),
    [
        (0.42, 420),
        (420, 420),
        (420_000, 420),
        (420_000_000, 420),
        (1.05, 1050),  # its own clock
        (3, 3000),  # of a call that was over before its span began
        (3e9, 3e12),  # nothing fits
    ],
)
def test_no_token_comes_after_the_end_of_its_call(sent: float, ms: float) -> None:
    """The span takes a second."""
    assert read({"gen_ai.response.time_to_first_token": sent}).ttft_ms == pytest.approx(ms)


def test_the_summary_of_a_conversation_is_text() -> None:
    unreadable = {"type": "compaction", "id": "cmp_1"}
    parts = [{"type": "compaction", "content": "They asked for rain."}, unreadable]
    sent = {
        "gen_ai.operation.name": "chat",
        "gen_ai.input.messages": json.dumps([{"role": "assistant", "parts": parts}]),
    }
    kept = {"type": "unknown", "raw_type": "compaction", "data": unreadable}
    assert content(sent).input_messages == (Message("assistant", (text("They asked for rain."), kept)),)


def test_the_size_of_an_image_is_not_the_image() -> None:
    """ReqLLM (Elixir) sends no more of it."""
    part = {"type": "image", "modality": "image", "media_type": "image/png", "bytes": 120}
    sent = {
        "gen_ai.operation.name": "chat",
        "gen_ai.input.messages": json.dumps([{"role": "user", "parts": [part]}]),
    }
    ((found,),) = (message.parts for message in content(sent).input_messages)
    assert found == {"type": "unknown", "raw_type": "image", "data": part}


def test_the_answer_of_openrouter_is_a_message_and_one_in_json_a_text() -> None:
    call = {"id": "call_1", "type": "function", "function": {"name": "w", "arguments": "{}"}}
    sent = {"gen_ai.operation.name": "chat"}
    answer = {"completion": "Looking", "reasoning": None, "toolCalls": [call]}
    (message,) = content({**sent, "gen_ai.completion": json.dumps(answer)}).output_messages
    assert message.parts == (
        text("Looking"),
        {"type": "tool_call", "id": "call_1", "name": "w", "arguments": {}},
    )
    in_json = json.dumps({"completion": "50%", "task": "painting"})
    assert content({**sent, "gen_ai.completion": in_json}).output_messages == ()


def test_what_koog_hides() -> None:
    sent = {
        "gen_ai.operation.name": "chat",
        "gen_ai.output.messages": '[{"role": "assistant", "content": "HIDDEN:non-empty"}]',
    }
    ((found,),) = (message.parts for message in content(sent).output_messages)
    assert found["redacted"] is True


def test_what_was_said_in_one_record() -> None:
    """AWS's distribution: the messages of a span of Strands, as the body of a record with the name of its scope."""
    calls = [{"text": "Looking"}, {"toolUse": {"toolUseId": "t1", "name": "w", "input": {}}}]
    said = {"message": json.dumps(calls), "finish_reason": "tool_use"}
    body = {
        "input": {
            "messages": [
                {"role": "system", "content": "Be brief"},
                {"role": "user", "content": {"content": '[{"text": "Weather?"}]'}},
            ]
        },
        "output": {"messages": [{"role": "assistant", "content": said}]},
    }
    record = SpanEvent("strands.telemetry.tracer", START, body=body, source="log")
    found = content({"gen_ai.operation.name": "chat"}, record)
    assert found.system == (text("Be brief"),)
    assert found.input_messages == (Message("user", (text("Weather?"),)),)
    (answer,) = found.output_messages
    assert answer.parts == (
        text("Looking"),
        {"type": "tool_call", "id": "t1", "name": "w", "arguments": {}},
    )
    reading = read({"gen_ai.operation.name": "chat"}, record)
    assert (reading.finish_reasons, reading.input_preview) == (("tool_use",), "Weather?")


CALL = {"gen_ai__request__model": "gpt-4o-mini", "gen_ai__provider__name": "openai"}
USED = {"gen_ai__usage__input_tokens": 100, "gen_ai__usage__output_tokens": 10}


@pytest.mark.parametrize(
    ("scope", "spans"),
    [
        (
            "agentgateway",
            [
                over_http(1, None, "http.request /v1/chat", gen_ai__operation__name="chat", **CALL, **USED),
                over_http(2, 1, "chat gpt-4o-mini", gen_ai__operation__name="chat", **CALL),
            ],
        ),
        (
            "openrouter",
            [
                over_http(1, None, "LLM Generation", span__type="generation", **CALL, **USED),
                over_http(2, 1, "generation", span__type="generation", **CALL, **USED),
                over_http(3, 2, "provider attempt 1: OpenAI", span__type="span"),
            ],
        ),
        (
            "goose",
            [
                over_http(1, None, "reply", gen_ai__operation__name="invoke_agent", **USED),
                over_http(
                    2, 1, "complete", model_config={"model_name": "m"}, input_tokens=100, output_tokens=10
                ),
            ],
        ),
        (
            "openclaw",  # its calls are silent
            [
                over_http(1, None, "openclaw.run"),
                over_http(2, 1, "openclaw.model.usage", gen_ai__operation__name="chat", **CALL, **USED),
                over_http(3, 1, "chat gpt-4o-mini", gen_ai__operation__name="chat", **CALL),
            ],
        ),
        (
            "openclaw",  # or say it themselves
            [
                over_http(1, None, "openclaw.run"),
                over_http(2, 1, "openclaw.model.usage", gen_ai__operation__name="chat", **CALL, **USED),
                over_http(3, 1, "openclaw.harness.run"),
                over_http(4, 3, "chat gpt-4o-mini", gen_ai__operation__name="chat", **CALL, **USED),
            ],
        ),
    ],
)
def test_a_call_counts_once(client: TestClient, scope: str, spans: list[dict[str, Any]]) -> None:
    send(client, *spans, scope=scope)
    usage = summary(client)["usage"]
    assert (usage["input"], usage["output"]) == (100, 10)


def test_what_a_step_of_llamaindex_returned() -> None:
    def step(event: str, name: str) -> Reading:
        said = SpanEvent(
            event, START, {"id_": "1", "output": "StopEvent(result='Rain')", "class_name": event}
        )
        return read({}, said, name=name, scope="llamaindex.opentelemetry.tracer")

    assert step("workflow.output", "FunctionAgent.run").output_preview == "StopEvent(result='Rain')"
    assert step("step.output", "BaseWorkflowAgent.call_tool").output_preview == "StopEvent(result='Rain')"
