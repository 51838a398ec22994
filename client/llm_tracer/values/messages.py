"""A program's own messages as OTel GenAI messages: `[{"role", "parts": [...]}]`.

Known shapes: a text, one message, a list of messages with the content blocks and tool calls of OpenAI or Anthropic,
and messages that are in parts already. Nothing is left out: unknown blocks (which the schema allows) and unknown keys
of a message stay as they are. Pure; takes only values from snapshots.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, TypeAlias

import msgspec

from .encode import Messages, Scalar

Json: TypeAlias = Any
Part: TypeAlias = dict[str, Json]
Message: TypeAlias = dict[str, Json]

_MOVED_KEYS = frozenset({"role", "content", "tool_calls", "tool_call_id", "parts"})


def as_messages(value: Json, *, role_of_text: str) -> list[Message] | None:
    """`value` as messages, or None if it is something else. A bare text is one message of `role_of_text`."""
    if isinstance(value, str):
        return [{"role": role_of_text, "parts": [_text(value)]}]
    if _is_message(value):
        return [_message(value)]
    if isinstance(value, list) and value and all(map(_is_message, value)):
        return [_message(message) for message in value]
    return None


_json = msgspec.json.Encoder()


def plain_messages_json(content: Scalar | Messages, *, role_of_text: str) -> bytearray | None:
    """The JSON of `as_messages` for the usual content: a text, or roles with texts. None for anything else, and for
    broken surrogates. Joined from pieces, since making objects for the messages would double the time."""
    if type(content) is str:
        content = (role_of_text, content)
    elif type(content) is not tuple:
        return None
    json = bytearray(b"[")
    said = iter(content)
    try:
        for role in said:
            json += _before_text(role)
            _json.encode_into(next(said), json, -1)
            json += b"}]},"
    except UnicodeEncodeError:
        return None
    json[-1:] = b"]"
    return json


@lru_cache(64)
def _before_text(role: str) -> bytes:
    return b'{"role":%b,"parts":[{"type":"text","content":' % _json.encode(role)


def message_list(content: Messages) -> list[Message]:
    """The messages as the program gave them."""
    return [{"role": role, "content": text} for role, text in zip(content[::2], content[1::2], strict=True)]


def _is_message(value: Json) -> bool:
    return (
        isinstance(value, dict)
        and isinstance(value.get("role"), str)
        and ("content" in value or "parts" in value or "tool_calls" in value)
    )


def _message(message: dict[str, Json]) -> Message:
    if len(message) == 2 and isinstance(text := message.get("content"), str):  # by far the most frequent
        return {"role": message["role"], "parts": [_text(text)]}
    rest = {key: value for key, value in message.items() if key not in _MOVED_KEYS and value is not None}
    return {"role": message["role"], "parts": _parts(message), **rest}


def _parts(message: dict[str, Json]) -> list[Part]:
    if isinstance(parts := message.get("parts"), list):
        return [_part(part) for part in parts]
    content = message.get("content")
    if message["role"] == "tool" and message.get("tool_call_id") is not None:
        return [{"type": "tool_call_response", "id": message["tool_call_id"], "response": content}]
    blocks = content if isinstance(content, list) else [] if content is None else [content]
    calls = message.get("tool_calls") or []
    return [_part(block) for block in blocks] + [_tool_call(call) for call in calls if isinstance(call, dict)]


def _part(block: Json) -> Part:
    if isinstance(block, str):
        return _text(block)
    if not isinstance(block, dict):
        return {"type": "json", "content": block}
    match block:
        case {"type": "text" | "input_text" | "output_text", "text": str(text)}:
            return {**_without(block, "text"), "type": "text", "content": text}
        case {"type": "thinking", "thinking": text}:
            return {**_without(block, "thinking"), "type": "reasoning", "content": text}
        case {"type": "tool_use", "name": name}:
            return {"type": "tool_call", "id": block.get("id"), "name": name, "arguments": block.get("input")}
        case {"type": "tool_result", "tool_use_id": id_}:
            rest = _without(block, "tool_use_id", "content")
            return {**rest, "type": "tool_call_response", "id": id_, "response": block.get("content")}
        case {"type": "image_url", "image_url": {"url": str(url)}}:
            return _media("image", url)
        case {"type": "image", "source": {"type": "base64", "data": data, **source}}:
            return _blob("image", source.get("media_type"), data)
        case {"type": "image", "source": {"type": "url", "url": str(url)}}:
            return _media("image", url)
        case {"type": str()}:
            return block
    return {"type": "json", "content": block}


def _tool_call(call: dict[str, Json]) -> Part:
    function = call.get("function")
    if not isinstance(function, dict):
        return {**call, "type": "tool_call"}
    return {
        "type": "tool_call",
        "id": call.get("id"),
        "name": function.get("name"),
        "arguments": function.get("arguments"),
    }


def _text(text: str) -> Part:
    return {"type": "text", "content": text}


def _media(modality: str, url: str) -> Part:
    """A `data:` URL contains the data itself; any other URL points to it."""
    header, is_data, data = url.partition(";base64,")
    if is_data and header.startswith("data:"):
        return _blob(modality, header.removeprefix("data:") or None, data)
    return {"type": "uri", "modality": modality, "uri": url}


def _blob(modality: str, mime_type: Json, data: Json) -> Part:
    known_type = {"mime_type": mime_type} if mime_type else {}
    return {"type": "blob", "modality": modality, **known_type, "content": data}


def _without(block: dict[str, Json], *keys: str) -> dict[str, Json]:
    return {key: value for key, value in block.items() if key not in keys}
