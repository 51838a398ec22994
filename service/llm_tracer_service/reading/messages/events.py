"""Messages that arrive as events: span events and log records of OpenTelemetry up to 1.36."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from llm_tracer.model.reading import Message
from llm_tracer.model.span import SpanEvent

from llm_tracer_service.reading.messages.message import is_message, message_of, role_of
from llm_tracer_service.reading.messages.shapes import structured_messages
from llm_tracer_service.reading.values import parsed, without_empty

OUTPUT = "output"
"""The role, in the table of events, of those that carry the model's answer."""


def event_messages(
    events: Iterable[SpanEvent], roles: Mapping[str, str]
) -> tuple[list[Message], list[Message]]:
    """What went in and what came out, in the order of the events. `roles` is the table: event name to role."""
    given: list[Message] = []
    answered: list[Message] = []
    for event in events:
        role = role_in(event, roles)
        if role is None:
            if is_exchange(event.body):
                given.extend(_exchanged(event.body, "input", "user"))
                answered.extend(_exchanged(event.body, "output", "assistant"))
            continue
        body = _body(event)
        content = body.get("content")
        if isinstance(content, list) and any(is_message(item) for item in content):
            # Azure's projects: whole messages, and results of tools among what the user says.
            (answered if role == OUTPUT else given).extend(
                structured_messages(content, "assistant" if role == OUTPUT else role)
            )
        elif role == OUTPUT:
            answered.extend(_answers(body))
        else:
            given.append(_input(body, role))
    return given, answered


def role_in(event: SpanEvent, roles: Mapping[str, str]) -> str | None:
    """The role of the message that an event carries, as the table has it; None if it carries none.

    gen_ai.content.prompt is a message for NeMo Guardrails, which calls the text `content`. What others send in an event of
    this name counts as attributes of the span.
    """
    if event.name in _TEXTS and "content" not in event.attributes:
        return None
    return roles.get(table_name(event.name))


_TEXTS = ("gen_ai.content.prompt", "gen_ai.content.completion")


def table_name(name: str) -> str:
    """The name of an event as the table has it: one that counts its messages, `gen_ai.prompt.0`, is `gen_ai.prompt.#`."""
    stem, _, number = name.rpartition(".")
    return f"{stem}.#" if number.isdecimal() else name


def is_exchange(body: Any) -> bool:
    """Whether the body of a record has all messages of its span: {"input": {"messages": [...]}, "output": ...}.

    AWS's distribution moves them there from the attributes and events of spans, under the name of the span's scope.
    """
    said = parsed(body)
    return isinstance(said, dict) and any(
        isinstance(side, dict) and isinstance(side.get("messages"), list)
        for side in (said.get("input"), said.get("output"))
    )


def _exchanged(body: Any, side: str, default_role: str) -> Iterator[Message]:
    for sent in (parsed(body).get(side) or {}).get("messages", ()):
        content = sent.get("content") if isinstance(sent, dict) else None
        if not isinstance(content, dict):
            yield message_of(sent, default_role)
        elif "message" in content:
            yield from _answers(content)
        else:
            # It was an event: those of Strands have a member of their own for the content.
            yield _input(content, role_of(sent.get("role"), default_role))


def finish_reasons_of(events: Iterable[SpanEvent], roles: Mapping[str, str]) -> list[str]:
    """The finish reasons in the events that carry answers: Strands has no other place for them."""
    found = []
    for event in events:
        if role_in(event, roles) == OUTPUT:
            found.append(_body(event).get("finish_reason"))
        elif is_exchange(event.body):
            found += [message.finish_reason for message in _exchanged(event.body, "output", "assistant")]
    return [reason for reason in found if isinstance(reason, str) and reason]


def body_messages(bodies: Iterable[Any], roles: Mapping[str, str]) -> tuple[list[Message], list[Message]]:
    """Like `event_messages`, for bodies in an attribute, each with its `event.name` (Pydantic AI up to 1)."""
    events = [
        SpanEvent(str(body["event.name"]), 0, body=body)
        for body in bodies
        if isinstance(body, dict) and body.get("event.name")
    ]
    given, answered = event_messages(events, roles)
    if not answered:
        # Logfire writes the answer as one more message of the assistant, after the input.
        while given and given[-1].role == "assistant":
            answered.insert(0, given.pop())
    return given, answered


def _body(event: SpanEvent) -> dict[str, Any]:
    body = parsed(event.body)
    attributes = without_empty(event.attributes)
    stem = event.name.rpartition(".")[0] + "."
    if f"{stem}content" in attributes:
        # gen_ai.prompt.0 has gen_ai.prompt.role and gen_ai.prompt.content.
        attributes = {key.removeprefix(stem): value for key, value in attributes.items()}
    if body is None and "gen_ai.event.content" in attributes:
        # Azure's SDKs put the body into an attribute.
        body = parsed(attributes["gen_ai.event.content"])
    if isinstance(body, dict):
        return body if not attributes else {**attributes, **body}
    return {**attributes, "content": body} if body is not None else dict(attributes)


def _input(body: dict[str, Any], role: str) -> Message:
    sent = {"role": role, **body, "content": parsed(body.get("content"))}
    if role == "tool":
        sent["role"] = "tool"
        sent.setdefault("tool_call_id", sent.pop("id", None))  # of the call, not of the message
    found = message_of(sent, role)
    return (
        found
        if found.role != "other"
        else Message(role, found.parts, found.name, found.finish_reason, found.id)
    )


def _answers(body: dict[str, Any]) -> list[Message]:
    reason = body.get("finish_reason")
    inner = parsed(body.get("message"))
    calls = body.get("tool_calls")
    if isinstance(inner, list):
        # Strands: the message is a list of content blocks, or data that a tool returned.
        blocks = structured_messages(inner, "assistant")
        if not blocks and isinstance(body.get("id"), str):
            return [message_of({"role": "tool", "tool_call_id": body["id"], "content": inner}, "tool")]
        inner = blocks and inner
        sent: dict[str, Any] = {"role": "assistant", "content": inner}
    elif isinstance(inner, dict):
        sent = {"role": "assistant", **inner}
    else:
        sent = {"role": "assistant", "content": parsed(body.get("content")) if inner is None else inner}
    if calls is not None and "tool_calls" not in sent:
        sent["tool_calls"] = calls
    if isinstance(reason, str):
        sent["finish_reason"] = reason
    message = message_of(sent, "assistant")
    return [message] if message.parts or message.finish_reason else []
