"""What is understood of real telemetry: the bodies that 44 instrumentation libraries sent, held to what they did.

The corpus lies in tests/fixtures/otlp; TRACER_TEST_CORPUS names another folder of the same form. `-s` shows the table
of what was found.
"""

from __future__ import annotations

import gzip
import json
import os
from collections import Counter
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from llm_tracer.model.reading import Content, Message, Reading
from llm_tracer.model.span import SpanData, merge
from llm_tracer_service.receiving.otlp import decode_logs, decode_traces

from .spans import reader

FIXTURES = Path(
    os.environ.get("TRACER_TEST_CORPUS", Path(__file__).parents[3] / "tests" / "fixtures" / "otlp")
)
MANIFEST = FIXTURES / "manifest.json"


@cache
def sources() -> dict[str, dict[str, Any]]:
    return {source["source"]: source for source in json.loads(MANIFEST.read_text("utf-8"))["sources"]}


class Found(NamedTuple):
    """A span with what was understood of it."""

    span: SpanData
    reading: Reading
    content: Content


def body_of(source: dict[str, Any], file: dict[str, Any]) -> tuple[bytes, str]:
    body = (FIXTURES / source["source"] / file["file"]).read_bytes()
    content_type = "application/json" if "json" in file["content_type"] else "application/x-protobuf"
    return gzip.decompress(body) if file["content_encoding"] == "gzip" else body, content_type


@cache
def found(name: str) -> tuple[Found, ...]:
    source = sources()[name]
    spans: dict[tuple[str, str], SpanData] = {}
    for file in source["files"]:
        if file["signal"] not in ("traces", "logs"):
            continue
        decode = decode_logs if file["signal"] == "logs" else decode_traces
        decoded = decode(*body_of(source, file))
        assert decoded.rejected == []
        for span in decoded.spans:
            key = (span.trace_id, span.span_id)
            spans[key] = merge(spans[key], span) if key in spans else span
    whole = [span for span in spans.values() if not span.is_fragment]
    return tuple(Found(span, reader().read(span), reader().content(span)) for span in whole)


# -- facts, each as (found, of)

KINDS_OF_CALLS = ("llm", "embedding", "event")


def _among(wanted: Iterable[Any], have: Iterable[Any]) -> tuple[int, int]:
    """How many of the wanted are there, each counted as often as it is there."""
    want, got = Counter(wanted), Counter(have)
    return sum(min(count, got[value]) for value, count in want.items()), sum(want.values())


def _inside(wanted: Iterable[str], have: list[str]) -> tuple[int, int]:
    """How many of the wanted texts are within one of those; the truth cuts long ones, with an ellipsis."""
    cut = [text.rstrip("…")[:400] for text in wanted]
    return sum(any(text in other for other in have) for text in cut), len(cut)


def _texts(messages: Iterable[Message]) -> list[str]:
    return [str(part["content"]) for m in messages for part in m.parts if part["type"] == "text"]


def _call(name: Any, arguments: Any) -> tuple[Any, str]:
    return name, json.dumps(arguments, sort_keys=True, default=repr)


def facts(name: str) -> dict[str, tuple[int, int]]:
    spans = found(name)
    truth = sources()[name]["truth"]
    calls = [call for call in truth["calls"] if call["status"] == 200 and "embed" not in call["api"]]
    models = [f for f in spans if f.reading.kind in KINDS_OF_CALLS]
    usages = [f.reading.usage for f in models if f.reading.usage is not None]
    said = [text for f in models for text in _texts(f.content.output_messages)]
    asked = [text for f in models for text in _texts(f.content.input_messages)]
    tool_calls = [
        _call(part.get("name"), part.get("arguments"))
        for f in models
        for m in (*f.content.output_messages, *f.content.input_messages)
        for part in m.parts
        if part["type"] == "tool_call"
    ]
    return {
        "input": _among([c["input_tokens"] for c in calls], [u.input for u in usages]),
        "output": _among([c["output_tokens"] for c in calls], [u.output for u in usages]),
        "cached": _among(
            [c["cached_tokens"] for c in calls if c["cached_tokens"]], [u.cache_read for u in usages]
        ),
        "reasoning": _among(
            [c["reasoning_tokens"] for c in calls if c["reasoning_tokens"]], [u.reasoning for u in usages]
        ),
        # A sender that says one model says the one that is shown; it may be the same as the one asked for.
        "model": _among([c["response_model"] for c in calls], [f.reading.model for f in models]),
        "user": _inside([c["last_user_message"] for c in calls if c["last_user_message"]], asked),
        "text": _inside([c["assistant_text"] for c in calls if c["assistant_text"]], said),
        "tools": _among(
            {_call(t["name"], t["args"]) for c in calls for t in c["tool_calls"]}, set(tool_calls)
        ),
        "session": _among(truth["session_ids"], {f.reading.session_id for f in spans}),
        "user_id": _among(truth["user_ids"], {f.reading.user_id for f in spans}),
    }


@pytest.mark.parametrize("name", sorted(sources()))
def test_every_span_is_decoded_once(name: str) -> None:
    assert len(found(name)) == sources()[name]["observed"]["spans"]


@pytest.mark.parametrize("name", sorted(sources()))
def test_nothing_is_left_not_understood(name: str) -> None:
    notes = [
        note for f in found(name) for note in f.content.ingest_notes if note.startswith("not understood")
    ]
    assert notes == []


# What is not there although the truth has it, with the reason. Everything else is found.
ABSENT: dict[str, dict[str, str]] = {
    "agentops_sdk": {
        "input output cached reasoning model user text tools": "no span for Responses calls; no details of tokens",
        "session": "the session id is sent as one of the tags only",
    },
    "braintrust_otel": {"user_id": "not sent"},
    "langfuse_v5": {"input output": "one streamed call without usage"},
    "langsmith_otel": {"input output": "one streamed call without usage"},
    "langwatch_sdk": {"model": "only the requested model is sent"},
    "llama_index_otel": {
        "input output cached model text": "calls of the agent stream: their end event is not sent",
    },
    "logfire_sdk": {"session": "not sent"},
    "mlflow_genai_semconv": {
        "input output": "one streamed call without usage",
        "cached reasoning": "not sent in this mode",
    },
    "mlflow_tracing": {"input output": "one streamed call without usage"},
    "oi_autogen_agentchat": {"cached": "not sent"},
    "oi_bedrock": {"cached": "not sent"},
    "oi_dspy": {"input output cached": "not sent", "model": "only the requested model is sent"},
    "oi_google_genai": {
        "input output cached reasoning model": "calls that the library makes by itself to run tools have no span"
    },
    "oi_langchain": {"input output": "one streamed call without usage"},
    "oi_llama_index": {
        "input output cached model": "agent calls stream without usage; only the requested model is sent"
    },
    "oi_ollama": {"input output user text": "generate is not instrumented"},
    "oi_openai_agents": {"session user_id": "not sent"},
    "ollmetry_anthropic": {"session user_id": "not sent"},
    "ollmetry_llamaindex": {"input output cached": "agent calls stream without usage"},
    "ollmetry_openai": {"user": "a message with an image is not sent"},
    "otel_genai_langchain": {"input output": "one streamed call without usage", "user_id": "not sent"},
    "otel_genai_openai_agents": {
        "input output cached reasoning model user text tools user_id": "agent spans only; no content, no usage"
    },
    "otel_openai_v2": {
        "input output cached reasoning model user text tools": "Responses calls are not instrumented; no details of tokens",
        "session user_id": "not sent",
    },
    "semantic_kernel": {"cached": "not sent", "model": "only the requested model is sent"},
    "strands": {"model": "only the requested model is sent"},
    "node_oi_openai": {
        "input output model": "one streamed call without usage and without the answering model"
    },
    "node_vercel_ai_v5": {"cached reasoning": "not sent by this version through the default provider"},
}


@pytest.mark.parametrize("name", sorted(sources()))
def test_what_is_on_the_wire_is_found(name: str) -> None:
    result = facts(name)
    print(name, " ".join(f"{fact}={hit}/{of}" for fact, (hit, of) in result.items() if of))
    absent = {fact for names in ABSENT.get(name, {}) for fact in names.split()}
    missing = {fact for fact, (hit, of) in result.items() if hit < of}
    assert missing - absent == set()
    assert absent - missing == set(), "found after all: take it from the list"
