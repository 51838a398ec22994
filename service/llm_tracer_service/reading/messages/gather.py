"""The messages of a span, from whichever key gives some first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from llm_tracer.model.reading import Message
from llm_tracer.model.span import SpanData

from llm_tracer_service.reading.lookup import Candidate, sent_value
from llm_tracer_service.reading.messages import labelled
from llm_tracer_service.reading.messages.block import Block
from llm_tracer_service.reading.messages.events import body_messages, event_messages
from llm_tracer_service.reading.messages.indexed import unflattened
from llm_tracer_service.reading.messages.message import is_message, message_of
from llm_tracer_service.reading.messages.parts import parts_of_block
from llm_tracer_service.reading.messages.shapes import messages_of, of_role, structured_messages
from llm_tracer_service.reading.values import parsed


def candidate_messages(
    candidate: Candidate, span: SpanData, side: str, roles: Mapping[str, str]
) -> list[Message]:
    """The messages that one key gives. `side` is "input" or "output"; `roles` names the events that carry messages."""
    role = "user" if side == "input" else "assistant"
    if candidate.source.form == "computed":
        return event_messages(span.events, roles)[side == "output"]
    if candidate.source.form in ("list", "message"):
        elements: list[Any] = unflattened(candidate.value)
        # Eino writes a whole answer that has no text as the content of an element without a role.
        if candidate.source.form == "message" or (side == "output" and _is_content_only(elements)):
            elements = [inner for element in elements for inner in _with_messages_inside(element, role)]
        return _finished([message_of(_element(element), role) for element in elements])
    value = parsed(sent_value(candidate))
    if candidate.key == labelled.KEY and isinstance(value, str):
        return labelled.labelled_messages(value) or messages_of(value, role)
    if isinstance(value, list) and any(isinstance(item, dict) and "event.name" in item for item in value):
        return body_messages(value, roles)[side == "output"]
    found = messages_of(value, role)
    return _printed(found) or found if span.scope.name == _PRINTS_INPUT else found


_PRINTS_INPUT = "@traceloop/instrumentation-openai"
"""It writes the messages that the Responses API was given as the text of one: their JSON."""


def _printed(messages: list[Message]) -> list[Message]:
    if len(messages) != 1 or len(messages[0].parts) != 1 or messages[0].parts[0]["type"] != "text":
        return []
    text = str(messages[0].parts[0]["content"])
    return structured_messages(text, messages[0].role) if text.startswith("[{") else []


def _finished(messages: list[Message]) -> list[Message]:
    """The messages without empty ones; one that has only a finish reason passes it to the message before it."""
    found: list[Message] = []
    for message in messages:
        if message.parts:
            found.append(message)
        elif message.finish_reason:
            if found and found[-1].finish_reason is None:
                found[-1] = replace(found[-1], finish_reason=message.finish_reason)
            else:
                found.append(message)
    return found


def is_cut(candidate: Candidate, found: list[Message]) -> bool:
    """Whether a flattened list has the roles of more messages than have content: traceAI leaves out calls, OpenInference
    for LangChain.js what is in content blocks."""
    return candidate.source.form == "list" and len({entry.number for entry in candidate.value}) > len(found)


def earlier_calls(candidate: Candidate) -> Message:
    """A message for calls that were sent without one."""
    return message_of({"role": "assistant", "tool_calls": unflattened(candidate.value)}, "assistant")


def answered_calls(candidate: Candidate) -> Message:
    """A message for calls that were sent beside an answer which leaves them out."""
    # Neatlogs has a list of just the calls, LiteLLM each within a message of its own.
    calls = [
        found if "name" in found else found.get("function_call") for found in unflattened(candidate.value)
    ]
    return message_of({"role": "assistant", "tool_calls": calls}, "assistant")


def media_parts(candidate: Candidate) -> list[Block]:
    """The parts of a list of images or documents."""
    elements = [element for element in unflattened(candidate.value) if isinstance(element, dict)]
    # Each is under the name of what it is: {"image": {"url": ...}}.
    return [part for element in elements for part in parts_of_block({"type": next(iter(element)), **element})]


def _is_content_only(elements: list[Any]) -> bool:
    return len(elements) == 1 and isinstance(elements[0], dict) and elements[0].keys() == {"content"}


def _with_messages_inside(element: Any, role: str) -> list[Any]:
    """A message sent in several attributes, whose content may be the JSON of whole messages or of texts (Sentry)."""
    content = parsed(element.get("content")) if isinstance(element, dict) else None
    if not isinstance(content, list) or not content:
        return [element]
    if all(isinstance(item, str) for item in content):
        return [{**element, "content": content}]
    if not any(is_message(item) for item in content):
        return [element]
    rest = {name: value for name, value in element.items() if name != "content"}
    messages = [
        item if "role" in item else {"role": role, **item} for item in content if isinstance(item, dict)
    ]
    return [*messages, {"role": role, **rest}] if rest else messages


def _element(element: Any) -> Any:
    """An element without the wrappers of OpenInference's text completions: llm.prompts.0.prompt.text."""
    if isinstance(element, dict):
        for wrapper in ("prompt", "completion"):
            inner = element.get(wrapper)
            if isinstance(inner, dict) and "text" in inner:
                return inner["text"]
        if element.keys() == {"value"}:
            return element["value"]
    return of_role(element)
