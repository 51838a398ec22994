"""One line of the input and of the output. Every span needs it, so only what the line shows is parsed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from llm_tracer.model.reading import Message
from llm_tracer.model.span import SpanData
from llm_tracer.model.text import preview

from llm_tracer_service.reading.lookup import Candidate, Entry, sent_value
from llm_tracer_service.reading.messages.gather import candidate_messages
from llm_tracer_service.reading.messages.shapes import structured_messages
from llm_tracer_service.reading.redacted import LINE as REDACTED
from llm_tracer_service.reading.redacted import is_redacted
from llm_tracer_service.reading.values import compact, keyword_arguments, leaves, may_be_json, parsed

_PARSED_CHARS_MAX = 2_000_000
"""Longer JSON is shown as it is: parsing it would cost more than 10 ms for one line."""


_SHORT_CHARS_MAX = 4_000

_raw_list = msgspec.json.Decoder(list[msgspec.Raw]).decode
_json = msgspec.json.Decoder().decode

_USER = ("user", "human")
_ROLE_KEYS = ("message.role", "role")
_TEXT_TYPES = ("text", "input_text", "output_text")


def messages_preview(
    candidates: Iterable[Candidate], span: SpanData, side: str, roles: Mapping[str, str]
) -> str | None:
    """The last thing the user said, or what the model answered; None if no key holds messages."""
    for candidate in candidates:
        line = _last(candidate, side)
        if line is None:
            messages = candidate_messages(candidate, span, side, roles)
            line = _input_line(messages) if side == "input" else _output_line(messages)
        if line:
            return one_line(line)
    return None


def one_line(text: str) -> str:
    """The preview of a text, or of a redacted one the note that says so."""
    return REDACTED if is_redacted(text) else preview(text)


def _last(candidate: Candidate, side: str) -> str | None:
    """The text of the message to show, if it can be found without reading the others; None: read them all."""
    value = candidate.value
    if candidate.source.form == "list":
        return _last_of_entries(value, side)
    if isinstance(value, str) and candidate.source.path is None and value.startswith("[{"):
        return _last_of_json(value, side)
    return None


def _last_of_entries(entries: list[Entry], side: str) -> str | None:
    if side == "input":
        numbers = [entry.number for entry in entries if entry.rest in _ROLE_KEYS and entry.value in _USER]
    else:
        numbers = [entry.number for entry in entries]
    last = max(numbers, default=None)
    for entry in entries:
        # One plain attribute is by far the most common form.
        if entry.number == last and entry.rest in ("message.content", "content"):
            value = entry.value
            return value if isinstance(value, str) and not may_be_json(value) else None
    return None


def _last_of_json(value: str, side: str) -> str | None:
    try:
        # Short lists are decoded whole: finding the last message first would read the text twice.
        is_short = len(value) <= _SHORT_CHARS_MAX
        messages: list[Any] = _json(value) if is_short else _raw_list(value)
        for sent in reversed(messages):
            message = sent if is_short else _json(sent)
            role = message.get("role")
            if (role in _USER) if side == "input" else (role == "assistant"):
                line = _plain_text(message)
                if line:
                    return line
    except (msgspec.DecodeError, UnicodeError, RecursionError, AttributeError):
        return None
    return None


def _plain_text(message: dict[str, Any]) -> str | None:
    """The text of a message in one of the two common forms, {"parts": [...]} and {"content": ...}."""
    content = message.get("parts")
    if content is None:
        content = message.get("content")
    if isinstance(content, str):
        return None if may_be_json(content) else content
    if not isinstance(content, list):
        return None
    found = []
    for part in content:
        if isinstance(part, dict) and part.get("type") in _TEXT_TYPES:
            text = part.get("content") or part.get("text")
            if isinstance(text, str):
                if text.startswith('{"') and '"tool_use"' in text:
                    return None  # LangChain's block of a call, beside the call: this needs the whole message
                found.append(text)
    return " ".join(found)


def _input_line(messages: list[Message]) -> str | None:
    for message in reversed(messages):
        if message.role == "user" and (line := _texts(message)):
            return line
    return next((line for message in reversed(messages) if (line := _texts(message) or _line(message))), None)


def _output_line(messages: list[Message]) -> str | None:
    for message in reversed(messages):
        if message.role not in ("user", "system", "developer") and (line := _texts(message)):
            return line
    return next((line for message in reversed(messages) if (line := _line(message))), None)


def _texts(message: Message) -> str:
    texts = [
        part["content"]
        for part in message.parts
        if part["type"] == "text" and isinstance(part.get("content"), str)
    ]
    # A redaction mark is no text if there are others.
    return " ".join([text for text in texts if not is_redacted(text)] or texts)


def _line(message: Message) -> str:
    said = [part for part in message.parts if part["type"] != "reasoning"]
    return " ".join(filter(None, (_part_line(part) for part in said or message.parts)))


def _part_line(part: Mapping[str, Any]) -> str:
    kind = part["type"]
    if kind == "tool_call":
        arguments = part.get("arguments")
        return f"{part.get('name') or 'tool'}({compact(arguments) if arguments else ''})"
    if kind == "tool_result":
        content = part.get("content")
        return "" if content is None else compact(content)
    if kind == "media":
        return part.get("transcript") or f"[{part.get('modality')}]"
    return compact(part.get("content") or part.get("data") or "")


def raw_preview(candidates: Iterable[Candidate], side: str) -> str | None:
    """The line of a raw input or output: the messages in it, the only text in it, or the value as JSON."""
    for candidate in candidates:
        value = sent_value(candidate)
        line = value_line(value, side)
        if line:
            return one_line(line)
    return None


def value_line(value: Any, side: str) -> str | None:
    """One line that shows any value."""
    if isinstance(value, str) and len(value) > _PARSED_CHARS_MAX:
        return value
    if isinstance(value, str) and value.startswith("[{") and (line := _last_of_json(value, side)):
        return line
    decoded = parsed(value)
    if isinstance(decoded, dict) and decoded.keys() == {"args", "kwargs"}:
        decoded = value = keyword_arguments(decoded)
    if isinstance(decoded, dict | list) and decoded:
        messages = structured_messages(decoded, "user" if side == "input" else "assistant")
        line = (_input_line if side == "input" else _output_line)(messages)
        return line or _only_text(decoded) or compact(value if isinstance(value, str) else decoded)
    if decoded is None or decoded in ("", [], {}):
        return None
    return compact(decoded)


def _only_text(value: dict[str, Any] | list[Any]) -> str | None:
    if len(value) > 1:
        return None
    found = list(leaves(value))
    return found[0] if len(found) == 1 else None
