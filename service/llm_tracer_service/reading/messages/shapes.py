"""The messages in a JSON value, recognized by its shape. A value of unknown shape has none."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from llm_tracer.model.reading import Message

from llm_tracer_service.reading.finish_reasons import finish_reason
from llm_tracer_service.reading.messages.message import is_message, message_of, role_of
from llm_tracer_service.reading.messages.parts import is_block, parts_of, parts_of_block
from llm_tracer_service.reading.values import parsed, untyped

_DEPTH_MAX = 6
_ROLES = ("human", "ai", "system")
"""LangChain's tuples: ["human", "hello"]."""


def messages_of(value: Any, default_role: str) -> list[Message]:
    """The messages in a value: a list of them, a request or response body of a provider, or plain text.

    `default_role` is "user" for what went in and "assistant" for what came out.
    """
    value = parsed(value)
    if isinstance(value, str):
        return [Message(default_role, tuple(parts_of(value)))] if value.strip() else []
    if (
        isinstance(value, list)
        and value
        and all(isinstance(item, str) for item in value)
        and value[0] not in _ROLES
    ):
        # Separate texts: Sentry's ai.texts and ai.responses.
        return [message_of(of_role(parsed(item)), default_role) for item in value if item]
    value = of_role(value)
    return structured_messages(value, default_role)


def of_role(value: Any) -> Any:
    """A message that Monocle, and OpenLLMetry for Replicate, write as role and content: {"user": "hello"}. Other values as they are."""
    if isinstance(value, dict) and len(value) == 1:
        ((role, content),) = value.items()
        if role in ("system", "user", "assistant", "tool"):
            return {"role": role, "content": content}
    return value


def structured_messages(value: Any, default_role: str, depth: int = 0) -> list[Message]:
    """Like `messages_of`, but a plain text is no message."""
    if depth > _DEPTH_MAX:
        return []
    value = parsed(value)
    if isinstance(value, dict) and (inside := untyped(value)) is not value:
        return structured_messages(inside, default_role, depth + 1)
    if isinstance(value, list):
        return _messages_of_list(value, default_role, depth)
    if isinstance(value, dict):
        return _messages_of_object(value, default_role, depth)
    return []


def _messages_of_list(items: list[Any], default_role: str, depth: int) -> list[Message]:
    items = [parsed(item) for item in items]
    if not items:
        return []
    if len(items) == 1 and isinstance(items[0], list):
        return _messages_of_list(items[0], default_role, depth + 1)
    if not all(isinstance(item, dict) for item in items):
        return _messages_of_mixed(items, default_role, depth)
    if any(is_message(item) for item in items):
        return [
            message
            for item in _with_results(_without_repeats(items))
            for message in _message_or_item(item, default_role)
        ]
    if all(_is_responses_item(item) for item in items):
        return [message for item in items for message in _message_or_item(item, default_role)]
    if all(is_block(item) or (isinstance(item.get("text"), str) and len(item) == 1) for item in items):
        return [Message(default_role, tuple(parts_of(items)))]
    return [message for item in items for message in structured_messages(item, default_role, depth + 1)]


def _without_repeats(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The items without LiveKit's notes of instructions that a message repeats."""
    if not any(item.get("type") == _NOTE for item in items):
        return items
    said = {
        text
        for item in items
        if item.get("role") == "system"
        for text in (item["content"] if isinstance(item.get("content"), list) else [item.get("content")])
        if isinstance(text, str)
    }
    return [item for item in items if item.get("type") != _NOTE or str(item.get("instructions")) not in said]


_NOTE = "agent_config_update"


def _with_results(items: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The items; one whose role is the name of a called tool becomes its result: Langfuse on LangChain.js."""
    called: dict[str, list[Any]] = {}
    for item in items:
        role = item.get("role")
        if isinstance(role, str) and role in called and role_of(role, "other") == "other":
            ids = called[role]
            yield {**item, "role": "tool", "name": role, "tool_call_id": ids.pop(0) if ids else None}
        else:
            yield item
        calls = item.get("tool_calls")
        for call in calls if isinstance(calls, list) else ():
            function = call.get("function") if isinstance(call, dict) else None
            if isinstance(function, dict) and isinstance(function.get("name"), str):
                called.setdefault(function["name"], []).append(call.get("id"))


def _messages_of_mixed(items: list[Any], default_role: str, depth: int) -> list[Message]:
    if len(items) == 2 and all(isinstance(item, str) for item in items) and items[0] in _ROLES:
        return [message_of({"role": items[0], "content": items[1]}, default_role)]
    return [
        message
        for item in items
        if isinstance(item, dict | list)
        for message in structured_messages(item, default_role, depth + 1)
    ]


_RESPONSES_ITEMS = (
    "message",
    "reasoning",
    "function_call",
    "function_call_output",
    "output_text",
    "item_reference",
    # Mistral's.
    "function.call",
    "function.result",
    "tool.execution",
)


def _is_responses_item(item: dict[str, Any]) -> bool:
    kind = item.get("type")
    return isinstance(kind, str) and (kind in _RESPONSES_ITEMS or kind.endswith(("_call", "_call_output")))


def _message_or_item(item: dict[str, Any], default_role: str) -> list[Message]:
    kind = item.get("type")
    if is_message(item) and not (isinstance(kind, str) and kind.startswith("function_call")):
        return [message_of(item, default_role)]
    parts = tuple(parts_of_block(item))
    if not parts:
        return []
    # OpenAI's Responses put calls and results between the messages, without a role.
    role = (
        "tool"
        if parts[0]["type"] == "tool_result"
        else "system"
        if kind == _NOTE
        else "assistant"
        if _is_responses_item(item)
        else default_role
    )
    return [Message(role, parts, id=item.get("id") if isinstance(item.get("id"), str) else None)]


_NAMES_OF_INPUTS = (
    "messages",
    "input",
    "contents",
    "chat_history",
    "new_message",
    "prompt",
    "prompts",
    "request",
    "body",
    "kwargs",
    "inputs",
)
_NAMES_OF_OUTPUTS = (
    "choices",
    "output",
    "candidates",
    "generations",
    "message",
    "messages",
    "response",
    "outputs",
    "content",
    "responses",
    "replies",
    "raw",
)


_NAMES_OF_SYSTEM = ("system", "instructions", "system_instruction", "systemInstruction")
_TELLING = frozenset(
    (
        *_NAMES_OF_INPUTS,
        *_NAMES_OF_OUTPUTS,
        *_NAMES_OF_SYSTEM,
        "config",
        "stop_reason",
        "role",
        "speaker",
        "type",
        "data",
        "toolCalls",
        "tool_calls",
        "completion",
    )
)
"""An object without one of these names holds no messages: the arguments of a tool hardly ever do."""


_COMPLETION = frozenset(
    ("completion", "reasoning", "toolCalls", "refusal", "stop_reason", "stop", "model", "id", "type")
)
"""What OpenRouter, and Anthropic's first API, say of an answer beside its text; other objects are answers in JSON."""


_OF_BODIES = frozenset(("model", "tools", "usage_metadata"))
"""With one of these beside it, a text is what a model was asked, or answered."""


def _messages_of_object(value: dict[str, Any], default_role: str, depth: int) -> list[Message]:
    """A request or response body of some provider, or an object with one inside."""
    if _TELLING.isdisjoint(value):
        return []
    if is_message(value):
        return [message_of(value, default_role)]
    if value.get("type") in ("function_call", "function_call_output"):
        return _message_or_item(value, default_role)
    for read in (_choices, _candidates, _anthropic_response, _generations):
        found = read(value)
        if found:
            return found
    if default_role == "assistant" and (answer := _flat_answer(value)) is not None:
        return [message_of(answer, default_role)]
    return _messages_inside(value, default_role, depth)


def _flat_answer(value: dict[str, Any]) -> dict[str, Any] | None:
    """An answer whose text stands beside what is said of it, as a message; None for another object."""
    if "completion" not in value:
        # Vercel's result, as Mastra passes it on, with text and calls side by side; and Langfuse's, of a stream.
        is_answer = isinstance(value.get("toolCalls"), list) or (
            isinstance(value.get("tool_calls"), list) and value.keys() <= {"tool_calls", "content"}
        )
        return value if is_answer else None
    if isinstance(value["completion"], str) and value.keys() <= _COMPLETION:
        return {**value, "content": value["completion"]}
    return None


def _messages_inside(value: dict[str, Any], default_role: str, depth: int) -> list[Message]:
    """The messages in the first member that has some, after the instructions beside it."""
    # An answer of the Responses API repeats the instructions, but they were input.
    system = _system_of(value) if default_role == "user" else []
    for name in _NAMES_OF_INPUTS if default_role == "user" else _NAMES_OF_OUTPUTS:
        if name not in value:
            continue
        inner = parsed(value[name])
        is_body = bool(system) or name == "prompt" or not _OF_BODIES.isdisjoint(value)
        if isinstance(inner, str) and is_body and inner.strip():
            return [*system, message_of(inner, default_role)]
        if isinstance(inner, dict | list):
            found = structured_messages(inner, default_role, depth + 1)
            if found:
                return [*system, *found]
    return system if default_role == "user" and len(value) <= 2 else []


def _system_of(value: dict[str, Any]) -> list[Message]:
    for name in _NAMES_OF_SYSTEM:
        sent = value.get(name)
        if isinstance(sent, dict) and "parts" in sent:
            sent = sent["parts"]
        if sent and isinstance(sent, str | list):
            return [Message("system", tuple(parts_of(sent)))]
    config = value.get("config")
    return _system_of(config) if isinstance(config, dict) else []


def _choices(value: dict[str, Any]) -> list[Message]:
    """OpenAI Chat and Completions; `choices` are the alternatives that the model answered."""
    choices = value.get("choices")
    if not isinstance(choices, list):
        return []
    found = []
    for choice in choices:
        if not isinstance(choice, dict):
            continue
        inner = choice.get("message", choice.get("delta", choice.get("text")))
        if inner is None:
            continue
        message = message_of(inner, "assistant")
        found.append(_finished(message, choice.get("finish_reason")))
    return found


def _finished(message: Message, reason: Any) -> Message:
    if not isinstance(reason, str) or message.finish_reason:
        return message
    return replace(message, finish_reason=finish_reason(reason))


def _candidates(value: dict[str, Any]) -> list[Message]:
    """Gemini's answer, and Genkit's, whose candidates hold whole messages."""
    candidates = value.get("candidates")
    if not isinstance(candidates, list):
        return []
    return [
        _finished(
            message_of(candidate.get("content") or candidate.get("message") or {}, "assistant"),
            candidate.get("finishReason", candidate.get("finish_reason")),
        )
        for candidate in candidates
        if isinstance(candidate, dict)
    ]


def _anthropic_response(value: dict[str, Any]) -> list[Message]:
    """Anthropic's answer, and Gemini's as a single content object: content without a role."""
    content = value.get("content")
    if "stop_reason" in value and isinstance(content, list):
        return [message_of({**value, "role": "assistant"}, "assistant")]
    if isinstance(content, dict) and isinstance(content.get("parts"), list):
        return [message_of(content, "assistant")]
    return []


def _generations(value: dict[str, Any]) -> list[Message]:
    """LangChain's LLMResult: for each prompt, a list of alternatives."""
    generations = value.get("generations")
    if not isinstance(generations, list):
        return []
    found = []
    for batch in generations:
        for generation in batch if isinstance(batch, list) else [batch]:
            if isinstance(generation, dict):
                inner = generation.get("message") or generation.get("text")
                message = message_of(inner, "assistant")
                found.append(message if message.parts else message_of(generation.get("text"), "assistant"))
    return found
