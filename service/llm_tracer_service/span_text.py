"""A span as text, made from the API's answer about it: for terminals and coding agents. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from llm_tracer.model import text


def head_of(span: Mapping[str, Any]) -> Iterator[str]:
    """The facts of a span in a few lines: kind, status, figures, model, parameters, error."""
    usage, cost = span["usage"] or {}, span["cost"] or {}
    state = span["status"] if span["state"] == "closed" else span["state"]
    yield f"{span['kind']}  {span['name']}"
    facts = [*([] if state == "unset" else [state]), text.duration(span["duration_ms"])]
    if span["model"]:
        facts.append(span["model"])
    if usage:
        facts.append(f"{text.count(usage.get('input'))} in, {text.count(usage.get('output'))} out")
    if cost:
        facts.append(text.cost(cost.get("total")))
    facts += [f"finish {reason}" for reason in span["finish_reasons"]]
    yield "  ".join(facts)
    if span["params"]:
        yield "parameters  " + ", ".join(
            f"{name}={json_text(value)}" for name, value in span["params"].items()
        )
    if span["tool_definitions"]:
        yield "tools  " + ", ".join(str(tool.get("name")) for tool in span["tool_definitions"])
    for score in span["scores"]:
        value = score["label"] if score["value"] is None else score["value"]
        yield f"score  {score['name']}={value}  {score['explanation'] or ''}".rstrip()
    if span["error"]:
        yield f"error  {span['error']['type'] or ''} {span['error']['message'] or ''}".strip()


def said_in(span: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Input and output in full: pairs of who speaks and the text."""
    for part in span["system"]:
        yield "system", part_text(part)
    tool = span["tool"] or {}
    if span["input_messages"]:
        yield from _messages(span["input_messages"])
    elif tool.get("arguments") is not None:
        yield "arguments", json_text(tool["arguments"])
    elif span["input_raw"] is not None:
        yield "input", json_text(span["input_raw"])
    if span["output_messages"]:
        yield from _messages(span["output_messages"], "answer: ")
    elif tool.get("result") is not None:
        yield "result", json_text(tool["result"])
    elif span["output_raw"] is not None:
        yield "output", json_text(span["output_raw"])
    for document in span["documents"]:
        yield "document", json_text(document.get("content"))
    if span["error"] and span["error"]["stack"]:
        yield "stack", span["error"]["stack"]


def _messages(messages: Sequence[Mapping[str, Any]], before: str = "") -> Iterator[tuple[str, str]]:
    for message in messages:
        for part in message["parts"]:
            yield f"{before}{message['role']}", part_text(part)


def part_text(part: Mapping[str, Any]) -> str:
    """A part of a message in words: a tool call as `name(arguments)`, anything that is not text as JSON."""
    match part.get("type"):
        case "text" | "reasoning" | "refusal" if isinstance(part.get("content"), str):
            return str(part["content"])
        case "tool_call":
            return f"calls {part.get('name')}({json_text(part.get('arguments'))})"
        case "tool_result":
            return f"result of {part.get('name') or part.get('id') or 'a tool'}: {json_text(part.get('content'))}"
        case _:
            return json_text(part)


def json_text(value: Any) -> str:
    """A text as it is, anything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
