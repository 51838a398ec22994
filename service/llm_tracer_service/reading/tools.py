"""Tools: what a model was offered, and what a tool span was given and answered."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from llm_tracer.model.reading import Message, Reading

from llm_tracer_service.reading.facts import Understood
from llm_tracer_service.reading.lookup import Candidate, sent_value
from llm_tracer_service.reading.messages.indexed import unflattened
from llm_tracer_service.reading.messages.tool_parts import result_content
from llm_tracer_service.reading.values import keyword_arguments, parsed


def definitions(
    candidates: Iterable[Candidate], open_fields: Mapping[str, list[Candidate]]
) -> list[dict[str, Any]]:
    """The tools that a model was offered: from their own key, or else from the request body."""
    for candidate in candidates:
        sent = (
            unflattened(candidate.value) if candidate.source.form == "list" else parsed(sent_value(candidate))
        )
        found = list(_definitions(sent))
        if found:
            return found
    for candidate in open_fields.get("input_raw", ()):
        body = parsed(sent_value(candidate))
        found = list(_definitions(body.get("tools"))) if isinstance(body, dict) else []
        if found:
            return found
    return []


_PRINTED = re.compile(r"Tool\(name='([^']+)'(?:, description='([^']*)')?")
"""How Python prints one of Haystack's tools."""


def _definitions(sent: Any) -> Iterator[dict[str, Any]]:
    if isinstance(sent, dict):
        # Some senders write {name: definition}.
        sent = [{"name": name, **member} for name, member in sent.items() if isinstance(member, dict)]
    for item in sent if isinstance(sent, list) else ():
        item = parsed(item)
        if isinstance(item, dict):
            yield from _definition(item)
        elif isinstance(item, list):
            yield from _definitions(item)
        elif isinstance(item, str):
            printed = _PRINTED.match(item)
            name, description = printed.groups() if printed else (item, None)
            yield {"name": name, "description": description, "parameters": None}


def _definition(item: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for wrapper in ("tool", "data"):  # OpenInference, Haystack
        wrapped = item.get(wrapper)
        if isinstance(wrapped, dict):
            item = wrapped
    schema: Any = parsed(item.get("json_schema"))
    if isinstance(schema, dict):
        item = schema
    for several in ("functionDeclarations", "function_declarations"):
        if isinstance(item.get(several), list):
            yield from _definitions(item[several])
            return
    function = parsed(item.get("function") or item.get("toolSpec"))
    inner = function if isinstance(function, dict) else item
    name = inner.get("name")
    if not isinstance(name, str):
        return
    parameters = next(
        (
            inner[key]
            for key in (
                "parameters", "input_schema", "inputSchema", "parameters_json_schema", "parametersJsonSchema",
            )
            if inner.get(key)
        ),
        None,
    )  # fmt: skip
    parameters = parsed(parameters)
    if isinstance(parameters, dict) and parameters.keys() == {"json"}:
        parameters = parameters["json"]  # Bedrock
    yield {"name": name, "description": inner.get("description"), "parameters": parameters}


class ToolUse(NamedTuple):
    """What a tool was given and what it answered, each None if it is not known."""

    arguments: Any
    result: Any


def use_of(understood: Understood, given: Iterable[Message], answered: Iterable[Message]) -> ToolUse | None:
    """How a tool was used; None for a span that is not a tool and names none.

    `given` and `answered` are the messages on the span. If the span is not a tool, they are not the tool's.
    """
    if understood.kind != "tool":
        if understood.facts.get("tool_name") is None:
            return None
        return ToolUse(_first(understood, "tool_arguments"), _first(understood, "tool_result"))
    return ToolUse(
        _otherwise(_arguments(understood), given),
        _otherwise(_first(understood, "tool_result", "output_raw"), answered),
    )


def tool_of(understood: Understood, reading: Reading, use: ToolUse) -> dict[str, Any]:
    """Everything that a span says about its tool."""
    values = understood.facts.values
    return {
        "name": reading.tool_name or reading.name,
        "call_id": reading.tool_call_id,
        "type": values.get("tool_type"),
        "description": values.get("tool_description"),
        "arguments": use.arguments,
        "result": use.result,
    }


def _otherwise(value: Any, messages: Iterable[Message]) -> Any:
    """The value, or else what the messages on a tool's span say: Strands sends its calls and results as events."""
    if value is not None:
        return value
    return next(
        (part.get("content") for m in messages for part in m.parts if part.get("content") is not None), None
    )


def _arguments(understood: Understood) -> Any:
    by_name = understood.facts.values.get("tool_argument_map")
    found = _first(understood, "tool_arguments")
    if found is None and by_name:
        return {name: parsed(value) for name, value in by_name.items()}
    return keyword_arguments(_first(understood, "input_raw", "tool_parameters") if found is None else found)


def _first(understood: Understood, *fields: str) -> Any:
    for field in fields:
        for candidate in understood.facts.open.get(field, ()):
            value = sent_value(candidate)
            if value is not None:
                return result_content(_unlabelled(_out_of_its_message(value)))
    return None


def _out_of_its_message(value: Any) -> Any:
    """The content of a message of the role "tool", where that is all of a value: TanStack's inputs and outputs of tools."""
    sent = parsed(value)
    if isinstance(sent, list) and len(sent) == 1 and isinstance(sent[0], dict):
        (message,) = sent
        if message.get("role") == "tool" and message.keys() == {"role", "content"}:
            return message["content"]
    return value


def _unlabelled(value: Any) -> Any:
    """A value without the line that Claude Code writes above a tool's input and output: "[TOOL INPUT: Bash]"."""
    if isinstance(value, str) and value.startswith(("[TOOL INPUT: ", "[TOOL RESULT: ")):
        return value.partition("]\n")[2] or value
    return value
