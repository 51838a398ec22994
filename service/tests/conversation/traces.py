"""Traces for tests, written as native spans and read as the service reads them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from app_helpers import packaged_reader as reader
from llm_tracer.model.row import row_of
from llm_tracer.model.span import Scope, SpanData
from llm_tracer.model.trace import Trace
from llm_tracer_service.conversation.delta import Delta
from llm_tracer_service.conversation.index import Links, TraceIndex

START = 1_795_435_200_000_000_000
SECOND = 10**9


def span(
    number: int,
    attributes: dict[str, Any],
    parent: int | None = None,
    seconds: float = 0.5,
    at: float | None = None,
) -> SpanData:
    """A span that begins `number` (or `at`) seconds after START."""
    start = START + int((number if at is None else at) * SECOND)
    return SpanData(
        trace_id="a" * 32,
        span_id=f"{number:016x}",
        parent_span_id=None if parent is None else f"{parent:016x}",
        name=f"span {number}",
        start_time_unix_nano=start,
        end_time_unix_nano=start + int(seconds * SECOND),
        attributes=attributes,
        scope=Scope("test"),
    )


def agent(number: int, parent: int | None = None, seconds: float = 1000) -> SpanData:
    return span(number, {"gen_ai.operation.name": "invoke_agent"}, parent, seconds)


def chat(
    number: int,
    given: Iterable[dict[str, Any]],
    answered: Iterable[dict[str, Any]] = (),
    parent: int | None = None,
    tools: Any = None,
    system: str | None = None,
    **fields: Any,
) -> SpanData:
    """A model call with messages in the shape of OpenTelemetry's."""
    attributes: dict[str, Any] = {
        "gen_ai.operation.name": "chat",
        "gen_ai.request.model": "gpt-4o",
        "gen_ai.input.messages": json.dumps(list(given)),
        "gen_ai.output.messages": json.dumps(list(answered)),
    }
    if tools is not None:
        attributes["gen_ai.tool.definitions"] = json.dumps(tools)
    if system is not None:
        attributes["gen_ai.system_instructions"] = json.dumps([{"type": "text", "content": system}])
    return span(number, attributes, parent, **fields)


def tool(
    number: int,
    name: str,
    arguments: Any,
    call_id: str | None,
    result: Any = "done",
    parent: int | None = None,
) -> SpanData:
    attributes = {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": name,
        "gen_ai.tool.call.arguments": json.dumps(arguments),
    }
    if result is not None:
        attributes["gen_ai.tool.call.result"] = result
    if call_id is not None:
        attributes["gen_ai.tool.call.id"] = call_id
    return span(number, attributes, parent)


def says(role: str, text: str) -> dict[str, Any]:
    return {"role": role, "parts": [{"type": "text", "content": text}]}


def calls(name: str, arguments: Any, call_id: str | None = None) -> dict[str, Any]:
    part = {"type": "tool_call", "name": name, "arguments": arguments}
    return {"role": "assistant", "parts": [part if call_id is None else {**part, "id": call_id}]}


def answers(text: Any, call_id: str | None = None, name: str | None = None) -> dict[str, Any]:
    part = {"type": "tool_call_response", "response": text, "name": name, "id": call_id}
    return {"role": "tool", "parts": [{key: value for key, value in part.items() if value is not None}]}


class Read:
    """A trace of spans, and what is found out about each by its number."""

    def __init__(self, *spans: SpanData) -> None:
        self.spans = {each.span_id: each for each in spans}
        rows = [row_of(each, reader().read(each)) for each in spans]
        self.index = TraceIndex(Trace("a" * 32, rows, START, self.spans), reader())

    def links(self, number: int) -> Links:
        each = self.spans[f"{number:016x}"]
        return self.index.links(each.span_id, reader().content(each))

    def delta(self, number: int) -> Delta | None:
        each = self.spans[f"{number:016x}"]
        return self.index.delta(each.span_id, reader().content(each))


def span_id(number: int) -> str:
    return f"{number:016x}"
