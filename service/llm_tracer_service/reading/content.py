"""The content of one span, for the person who opens it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from llm_tracer.model.reading import Content, Message, Part, Reading
from llm_tracer.model.span import SpanData

from llm_tracer_service.reading import documents, kinds, tools
from llm_tracer_service.reading.dialects import Dialects
from llm_tracer_service.reading.facts import Understood
from llm_tracer_service.reading.lookup import sent_value
from llm_tracer_service.reading.messages.gather import (
    answered_calls,
    candidate_messages,
    earlier_calls,
    is_cut,
    media_parts,
)
from llm_tracer_service.reading.messages.parts import parts_of
from llm_tracer_service.reading.messages.shapes import structured_messages
from llm_tracer_service.reading.redacted import NOTE as REDACTED
from llm_tracer_service.reading.redacted import is_redacted
from llm_tracer_service.reading.status import exception_of, without_stack
from llm_tracer_service.reading.values import NOTHING, compact, number, parsed, text, without_empty

_SYSTEM_ROLES = ("system", "developer")
_WITH_MESSAGES = ("llm", "agent", "chain", "prompt", "guardrail", "other")
"""Kinds whose raw input and output may hold a conversation; the arguments of a tool never do."""


def _has_parts(message: Message) -> bool:
    return bool(message.parts)


class Said(NamedTuple):
    """What went into a span and what came out of it: all of its content that full text search covers.

    `keys` says which key gave each field that has several keys.
    """

    system: tuple[Part, ...]
    given: tuple[Message, ...]
    answered: tuple[Message, ...]
    input_raw: Any
    output_raw: Any
    tool: tools.ToolUse | None
    documents: tuple[Mapping[str, Any], ...]
    query: str | None
    error_stack: str | None
    keys: Mapping[str, str]


def said_in(span: SpanData, understood: Understood, dialects: Dialects) -> Said:
    """The `Said` of a span: half of the work of its content."""
    facts = understood.facts
    gathered = _Gathered(span, understood, dialects.message_events)
    given = gathered.messages("input_messages", "input_raw", "input")
    given = [
        *given,
        *map(earlier_calls, facts.open.get("earlier_calls", ())),
        *gathered.media("input", given),
    ]
    answered = gathered.messages("output_messages", "output_raw", "output")
    if not any(part["type"] == "tool_call" for message in answered for part in message.parts):
        answered += filter(_has_parts, map(answered_calls, facts.open.get("answered_calls", ())))
    answered += gathered.media("output", answered)
    exception = exception_of(span) if span.events else None
    stack = text(exception.attributes.get("exception.stacktrace")) if exception else None
    return Said(
        system=gathered.system(given),
        given=tuple([m for m in given if m.role not in _SYSTEM_ROLES]),
        answered=tuple(answered),
        input_raw=gathered.raw("input_raw"),
        output_raw=gathered.raw("output_raw"),
        tool=tools.use_of(understood, given, answered),
        documents=tuple(documents.documents_of(understood, span)),
        query=facts.get("query") or documents.query_of(understood),
        error_stack=stack or without_stack(span.status_message)[1],
        keys=gathered.keys,
    )


def content_of(span: SpanData, understood: Understood, dialects: Dialects, reading: Reading) -> Content:
    """Everything that a span carries, and the key that gave each field."""
    facts = understood.facts
    values = facts.values
    said = said_in(span, understood, dialects)
    provenance = {**facts.provenance, **said.keys}
    if understood.kind_key is not None:
        provenance["kind"] = understood.kind_key
    return Content(
        system=said.system,
        input_messages=said.given,
        output_messages=said.answered,
        tool_definitions=tuple(tools.definitions(facts.open.get("tool_definitions", ()), facts.open)),
        input_raw=said.input_raw,
        input_mime=values.get("input_mime"),
        output_raw=said.output_raw,
        output_mime=values.get("output_mime"),
        tool=None if said.tool is None else tools.tool_of(understood, reading, said.tool),
        params=values.get("params", {}),
        service_tier=values.get("service_tier") or ("batch" if values.get("is_batch") else None),
        streaming=_streaming(values),
        usage_raw=_usage_raw(span),
        documents=said.documents,
        query=said.query,
        embeddings=documents.embeddings_of(understood, said.given),
        rerank=documents.rerank_of(understood),
        agent=_present(
            id=values.get("agent_id"),
            name=reading.agent_name,
            description=values.get("agent_description"),
            version=values.get("agent_version"),
        ),
        workflow_name=values.get("workflow_name"),
        graph_node=values.get("graph_node"),
        prompt=values.get("prompt"),
        mcp=values.get("mcp"),
        error_stack=said.error_stack,
        provenance=provenance,
        ingest_notes=(*facts.notes, *_unknown_kind(span, understood), *_redactions(span)),
    )


class _Gathered:
    """The values of fields with several keys, and the key that gave each of them."""

    def __init__(self, span: SpanData, understood: Understood, roles: Mapping[str, str]) -> None:
        self._span = span
        self._kind = understood.kind
        self._open = understood.facts.open
        self._roles = roles
        self.keys: dict[str, str] = {}

    def messages(self, field: str, raw_field: str, side: str) -> list[Message]:
        """The messages of the first key that has some, or else those inside the raw input or output."""
        role = "user" if side == "input" else "assistant"
        for candidate in self._open.get(field, ()):
            found = candidate_messages(candidate, self._span, side, self._roles)
            if found:
                self.keys[field] = candidate.key
                return self._whole(field, raw_field, role, found) if is_cut(candidate, found) else found
        if self._kind not in _WITH_MESSAGES:
            return []
        for candidate in self._open.get(raw_field, ()):
            value = parsed(sent_value(candidate))
            found = structured_messages(value, role)
            if not found and self._kind == "llm" and isinstance(value, str) and value:
                found = [Message(role, tuple(parts_of(value)))]
            if found:
                self.keys[field] = candidate.key
                return found
        return []

    def _whole(self, field: str, raw_field: str, role: str, found: list[Message]) -> list[Message]:
        """The messages in the raw body, if it has more of them than the flattened list."""
        for candidate in self._open.get(raw_field, ()):
            in_body = structured_messages(parsed(sent_value(candidate)), role)
            if len(in_body) > len(found) and all(message.parts for message in in_body):
                self.keys[field] = candidate.key
                return in_body
        return found

    def media(self, side: str, messages: list[Message]) -> list[Message]:
        """A message with the images and documents that were sent beside the messages, or beside a plain text.

        There is none if the messages hold images themselves.
        """
        candidates = self._open.get(side + "_media", ())
        if not candidates or any(part["type"] == "media" for message in messages for part in message.parts):
            return []
        raw = None if messages else self.raw(side + "_raw")
        parts = parts_of(raw) if isinstance(raw, str) else []
        parts += [part for candidate in candidates for part in media_parts(candidate)]
        return [Message("user" if side == "input" else "assistant", tuple(parts))]

    def raw(self, field: str) -> Any:
        """The first raw value, JSON parsed."""
        for candidate in self._open.get(field, ()):
            value = sent_value(candidate)
            if value is not None:
                self.keys[field] = candidate.key
                return parsed(value)
        return None

    def system(self, given: list[Message]) -> tuple[Part, ...]:
        """The system instructions: from their own key, or else the system messages among the input."""
        for candidate in self._open.get("system", ()):
            value = parsed(sent_value(candidate))
            if value in NOTHING:
                continue
            parts = tuple(part for message in structured_messages(value, "system") for part in message.parts)
            parts = parts or tuple(parts_of(value))
            if parts:
                self.keys["system"] = candidate.key
                return parts
        in_messages = tuple(
            part for message in given if message.role in _SYSTEM_ROLES for part in message.parts
        )
        return in_messages or self._system_in_body()

    def _system_in_body(self) -> tuple[Part, ...]:
        """What the body of the request says beside its messages, where the attributes leave it out."""
        for candidate in self._open.get("system_in_body", ()):
            parts = tuple(parts_of(sent_value(candidate)))
            if parts:
                self.keys["system"] = candidate.key
                return parts
        return ()


def _streaming(values: Mapping[str, Any]) -> bool | None:
    sent = values.get("streaming")
    if sent is None and str(values.get("operation", "")).startswith("ai.stream"):
        return True
    return sent if isinstance(sent, bool) else None


def _unknown_kind(span: SpanData, understood: Understood) -> list[str]:
    sent = span.attributes.get(kinds.OWN)
    is_known = sent in (None, "") or understood.kind_key == kinds.OWN
    return [] if is_known else [f"{kinds.OWN}: {compact(sent)[:60]} is no kind"]


def _redactions(span: SpanData) -> list[str]:
    return [f"{key}: {REDACTED}" for key, value in span.attributes.items() if is_redacted(value)]


_USAGE_KEYS = ("usage", "token", "cost")


def _usage_raw(span: SpanData) -> dict[str, Any]:
    """The attributes about tokens and cost, as they were sent."""
    found = {}
    for key, value in without_empty(span.attributes).items():
        about = _about_usage(key)
        if about is not None:
            sent = parsed(value)
            if about == "object" or not isinstance(sent, str | bytes) or number(sent) is not None:
                found[key] = sent
    return found


@lru_cache(10_000)
def _about_usage(key: str) -> str | None:
    """Whether a key is about usage: "object", "figure", or None. Programs have few keys."""
    if key.endswith(("usage_details", "cost_details", "tokenUsage", ".metrics")):
        return "object"
    return "figure" if any(word in key for word in _USAGE_KEYS) else None


def _present(**fields: Any) -> dict[str, Any] | None:
    return fields if any(value is not None for value in fields.values()) else None
