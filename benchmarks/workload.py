"""The workload of the benchmarks: agents whose traces look like those of real instrumentations.

Traces of 10 spans (a root agent, 5 model calls, 3 tool calls, a retriever), 24 attributes and 3.2 KB of text a span,
spelled half as OpenTelemetry GenAI and half as OpenInference. The text is English and code: the help texts and the
sources of Python's standard library, so each span has a text of its own that compresses as such text does.
"""

from __future__ import annotations

import json
import pydoc_data.topics
import random
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from llm_tracer.model.span import Resource, Scope, SpanData

NOW = 1_790_000_000_000_000_000
SECOND = 1_000_000_000
DAYS = 30
SPANS_A_TRACE = 10
SHAPE = ("agent", "llm", "tool", "llm", "retriever", "llm", "tool", "llm", "tool", "llm")
MODELS = ("gpt-4o-2024-08-06", "gpt-4o-mini", "claude-sonnet-4-5")
TOOLS = ("search", "fetch", "calculate")
ATTRIBUTES_A_SPAN = 24


def text_pool() -> str:
    """Some 7 MB of English and of code."""
    english = "\n".join(pydoc_data.topics.topics.values())
    sources = sorted(Path(sysconfig.get_path("stdlib")).glob("*.py"))
    return english * 4 + "\n".join(source.read_text("utf-8", "replace") for source in sources)


class Generator:
    """Traces of the workload, the same ones for one seed; they start evenly over 30 days until NOW."""

    def __init__(self, seed: int, traces: int) -> None:
        self._random = random.Random(seed)
        self._step = DAYS * 86_400 * SECOND // traces
        self._text = text_pool()
        self._resource = Resource({"service.name": "shop", "service.version": "1.4.2", "host.name": "web-1"})
        self._scopes = (
            Scope("opentelemetry.instrumentation.openai_v2", "2.3.0"),
            Scope("openinference.instrumentation.openai", "0.1.30"),
        )

    def traces(self, first: int, last: int) -> Iterator[list[SpanData]]:
        """The traces of these numbers."""
        return (self.trace(number) for number in range(first, last))

    def trace(self, number: int) -> list[SpanData]:
        """The spans of one trace, the root last, as exporters send them."""
        start = NOW - DAYS * 86_400 * SECOND + number * self._step
        trace_id = f"{self._random.getrandbits(128):032x}"
        ids = [f"{self._random.getrandbits(64):016x}" for _ in SHAPE]
        spans = [
            self._span(trace_id, ids[at], ids[0] if at else None, kind, start + at * SECOND, number)
            for at, kind in enumerate(SHAPE)
        ]
        return spans[::-1]

    def _span(
        self, trace_id: str, span_id: str, parent: str | None, kind: str, start: int, number: int
    ) -> SpanData:
        draw = self._random
        openinference = number % 2
        model, tool = draw.choice(MODELS), draw.choice(TOOLS)
        make = self._openinference if openinference else self._gen_ai
        attributes = make(kind, model, tool)
        attributes |= {
            "session.id": f"session-{number // 5}", "user.id": f"user-{number % 997}",
            "deployment.environment.name": "production", "service.release": f"1.4.{number % 3}",
        }  # fmt: skip
        if kind == "agent":
            attributes["tag.tags"] = ["beta"] if number % 7 == 0 else ["stable"]
        for filler in range(ATTRIBUTES_A_SPAN - len(attributes)):
            attributes[f"app.detail_{filler}"] = draw.choice((0.7, 1, 4_096, "auto", True, span_id))
        failed = draw.random() < 0.01
        name = {"llm": f"chat {model}", "tool": f"execute_tool {tool}"}.get(kind, kind)
        return SpanData(
            trace_id, span_id, name, start, start + draw.randrange(10_000_000, 9 * SECOND), parent, 1,
            "error" if failed else "unset", "it broke" if failed else None, attributes,
            resource=self._resource, scope=self._scopes[openinference],
        )  # fmt: skip

    def _gen_ai(self, kind: str, model: str, tool: str) -> dict[str, Any]:
        draw = self._random
        if kind == "llm":
            return {
                "gen_ai.operation.name": "chat", "gen_ai.provider.name": "openai", "gen_ai.request.model": model,
                "gen_ai.response.model": model, "gen_ai.response.id": f"chatcmpl-{draw.getrandbits(96):x}",
                "gen_ai.usage.input_tokens": draw.randrange(200, 4_000),
                "gen_ai.usage.output_tokens": draw.randrange(500), "gen_ai.request.temperature": 0.7,
                "gen_ai.response.finish_reasons": ["stop"],
                "gen_ai.input.messages": self._messages("user", 2_400),
                "gen_ai.output.messages": self._messages("assistant", 800),
            }  # fmt: skip
        if kind == "tool":
            return {
                "gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": tool, "gen_ai.tool.type": "function",
                "gen_ai.tool.call.id": f"call_{draw.getrandbits(96):x}",
                "gen_ai.tool.call.arguments": json.dumps({"query": self._words(800)}),
                "gen_ai.tool.call.result": self._words(2_400),
            }  # fmt: skip
        operation = "invoke_agent" if kind == "agent" else "retrieval"
        return {
            "gen_ai.operation.name": operation, "gen_ai.agent.name": "helper",
            "gen_ai.input.messages": self._messages("user", 2_400),
            "gen_ai.output.messages": self._messages("assistant", 800),
        }  # fmt: skip

    def _messages(self, role: str, chars: int) -> str:
        return json.dumps([{"role": role, "parts": [{"type": "text", "content": self._words(chars)}]}])

    def _openinference(self, kind: str, model: str, tool: str) -> dict[str, Any]:
        draw = self._random
        attributes: dict[str, Any] = {"openinference.span.kind": kind.upper()}
        if kind == "llm":
            return attributes | {
                "llm.model_name": model, "llm.provider": "openai",
                "llm.input_messages.0.message.role": "user",
                "llm.input_messages.0.message.content": self._words(2_400),
                "llm.output_messages.0.message.role": "assistant",
                "llm.output_messages.0.message.content": self._words(800),
                "llm.token_count.prompt": draw.randrange(200, 4_000),
                "llm.token_count.completion": draw.randrange(500),
                "llm.invocation_parameters": '{"temperature": 0.7}',
            }  # fmt: skip
        if kind == "tool":
            attributes["tool.name"] = tool
        return attributes | {"input.value": self._words(2_400), "output.value": self._words(800)}

    def _words(self, chars: int) -> str:
        first = self._random.randrange(len(self._text) - chars)
        return self._text[first : first + chars]
