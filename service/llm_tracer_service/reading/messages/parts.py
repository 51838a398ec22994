"""The pieces of a message, whatever a convention calls them, as the parts of semconv.md §6.1.

An unknown part is kept whole as `unknown`; nothing is ever dropped.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeAlias

from llm_tracer_service.blobs import as_media_ref
from llm_tracer_service.reading.redacted import is_redacted
from llm_tracer_service.reading.values import compact, parsed, python_literal, untyped

Block: TypeAlias = dict[str, Any]


def part(kind: str, **fields: Any) -> Block:
    """A canonical part; fields without a value are left out."""
    return {"type": kind, **{name: value for name, value in fields.items() if value is not None}}


def text_part(content: Any) -> Block:
    """A text part; `redacted` marks one that stands for what the sender left out."""
    content = content if isinstance(content, str) else str(content)
    found: Block = {"type": "text", "content": content}
    if is_redacted(content):
        found["redacted"] = True
    return found


def parts_of(content: Any) -> list[Block]:
    """The parts of a message's content: text, one block, or a list of both."""
    if content is None or content == "":
        return []
    if isinstance(content, str):
        return _parts_of_text(content)
    if isinstance(content, list | tuple):
        return [found for item in content for found in _parts_of_item(item)]
    if isinstance(content, dict):
        found = parts_of_block(content)
        # Of no convention: an answer in JSON that was sent as an object. As a text, it would be one.
        is_answer = found == [part("unknown", raw_type="", data=content)]
        return [text_part(compact(content))] if is_answer else found
    return [text_part(content)]


def _parts_of_item(item: Any) -> list[Block]:
    if isinstance(item, dict):
        return parts_of_block(item)
    return [text_part(item)] if item not in (None, "") else []


def _parts_of_text(content: str) -> list[Block]:
    # Content blocks may also arrive as JSON in a string, or as Python prints them. Other JSON is an answer: text.
    if _MAY_BE_BLOCKS.match(content):
        blocks = python_literal(content) if content.startswith("[{'type':") else parsed(content)
        alone = isinstance(blocks, dict)
        blocks = [blocks] if alone else blocks
        if blocks and all(isinstance(block, dict) and is_block(block) for block in blocks):
            found = [part for block in blocks for part in parts_of_block(block)]
            if not alone or (found and all(map(_says_something, found))):
                return found
    return [text_part(content)]


_MAY_BE_BLOCKS = re.compile(r"\s*+(?:\[\s*+\{|\{\s*+\")")


def _says_something(found: Block) -> bool:
    return len(found) > 1 and found["type"] != "unknown"


def is_block(block: Block) -> bool:
    """Whether this certainly is a content block of some convention, not data that happens to be an object.

    A model's answer may use the same names: {"reasoning": "It rains.", "score": 1}. There they hold texts and numbers,
    and have others beside them.
    """
    kind = block.get("type")
    if isinstance(kind, str):
        return kind in _BY_TYPE and len(block) > 1
    names = [name for name in block if name not in _BESIDE]
    return len(names) == 1 and names[0] in _BY_KEY and isinstance(block[names[0]], dict)


def parts_of_block(block: Block) -> list[Block]:
    """The parts of one block: usually one."""
    block = _unwrapped(block)
    kind = block.get("type") or block.get("block_type") or block.get("part_kind")
    if isinstance(kind, str):
        if kind in _BEDROCK and isinstance(block.get("content"), dict):
            # Strands writes {"image": {...}}, Bedrock's form, as {"type": "image", "content": {...}}.
            return _BY_KEY[kind]({kind: block["content"]})
        read = _BY_TYPE.get(kind)
        if read is None and kind.endswith(("_tool_result", "_call_output")):
            read = _tool_result
        elif read is None and kind.endswith("_call"):
            read = _server_tool_call
        return read(block) if read else [part("unknown", raw_type=kind, data=block)]
    for key, read in _BY_KEY.items():
        value = block.get(key)
        if value is not None and not (
            key in _OF_ANSWERS and isinstance(value, str) and _has_more(block, key)
        ):
            return read(block)
    return [part("unknown", raw_type="", data=block)]


def _has_more(block: Block, key: str) -> bool:
    return any(name != key and name not in _BESIDE for name in block)


def _unwrapped(block: Block) -> Block:
    """A block without the name that OpenInference's lists give each element."""
    for wrapper in ("message_content", "tool_call"):
        inner = block.get(wrapper)
        if isinstance(inner, dict) and (len(block) == 1 or wrapper == "message_content"):
            return {"type": "tool_call", **inner} if wrapper == "tool_call" else inner
    return block


def _first(block: Block, *names: str) -> Any:
    for name in names:
        value = block.get(name)
        if value is not None and value != "":
            return value
    return None


def _text(block: Block) -> list[Block]:
    content = _first(block, "content", "text", "value")
    if isinstance(content, dict):
        inner = _first(content, "value", "text", "content")
        content = compact(content) if inner is None else inner
    parts = (
        parts_of(content) if isinstance(content, list) else [] if content is None else [text_part(content)]
    )
    for citation in block.get("annotations") or block.get("citations") or ():
        if isinstance(citation, dict):
            source = citation.get("url_citation")
            source = source if isinstance(source, dict) else citation
            parts.append(
                part(
                    "citation",
                    uri=_first(source, "url", "uri"),
                    title=_first(source, "title", "document_title"),
                    text=_first(source, "cited_text", "text", "quote"),
                )
            )
    return parts


def _reasoning(block: Block) -> list[Block]:
    content = _first(block, "content", "thinking", "text", "reasoning", "reasoning_content", "summary")
    if isinstance(content, dict):
        content = _first(content, "reasoning_text", "text", "content")
    if isinstance(content, list):
        content = (
            "\n".join(p.get("content", "") for p in parts_of(content) if p["type"] in ("text", "reasoning"))
            or None
        )
    encrypted = _first(block, "encrypted_content", "data", "encrypted") is not None and content is None
    signature = _first(block, "signature", "reasoning_signature")
    return [part("reasoning", content=content, encrypted=encrypted or None, signature=signature)]


def _tool_call(block: Block) -> list[Block]:
    function = parsed(block.get("function"))
    inner = function if isinstance(function, dict) else block
    name = _first(inner, "name", "toolName", "tool_name", "function_name", "tool") or (
        function if isinstance(function, str) else None
    )
    arguments = _first(
        inner, "arguments", "input", "args", "tool_kwargs", "parameters", "tool_input", "tool_arguments"
    )
    return [
        part(
            "tool_call",
            # OpenAI's and LiveKit's calls have one id as an item and another as a call.
            id=_first(
                block,
                "call_id",
                "id",
                "tool_call_id",
                "toolCallId",
                "toolUseId",
                "ref",
                "tool_id",
            ),
            name=name,
            arguments=parsed(arguments) if arguments is not None else {},
        )
    ]


def _server_tool_call(block: Block) -> list[Block]:
    details = block.get("server_tool_call")
    inner = details if isinstance(details, dict) else block
    return [
        part(
            "tool_call",
            id=_first(block, "id", "call_id"),
            name=_first(block, "name", "tool_name") or _first(inner, "type"),
            arguments=parsed(_first(inner, "input", "arguments", "action", "queries", "code")) or inner,
            server_side=True,
        )
    ]


def _tool_result(block: Block) -> list[Block]:
    content = _first(
        block,
        "response",
        "result",
        "content",
        "output",
        "tool_result",
        "server_tool_call_response",
        "results",
    )
    content = parsed(content)
    if isinstance(content, dict) and content.keys() <= {"type", "value"} and "value" in content:
        content = content["value"]  # Vercel 5: {"type": "json", "value": ...}
    failed = _first(block, "is_error", "isError")
    if failed is None and block.get("status") == "error":
        failed = True
    return [
        part(
            "tool_result",
            id=_first(
                block, "tool_use_id", "call_id", "tool_call_id", "toolCallId", "toolUseId", "ref", "id"
            ),
            name=_first(block, "name", "toolName", "tool_name"),
            content=result_content(content),
            is_error=failed if isinstance(failed, bool) else None,
        )
    ]


def result_content(content: Any) -> Any:
    """What a tool returned: the text of a single text block, parsed JSON, or else the value itself."""
    content = parsed(content)
    if isinstance(content, dict):
        content = _without_langchain(untyped(content) if isinstance(content.get("value"), dict) else content)
    if isinstance(content, dict) and isinstance(content.get("blocks"), list) and "tool_name" in content:
        return result_content(content["blocks"])  # LlamaIndex's ToolOutput
    if isinstance(content, dict) and "tool_call_id" in content and "content" in content:
        return result_content(content["content"])
    if isinstance(content, list):
        content = [_without_wrapper(item) for item in content]
        if len(content) == 1 and isinstance(content[0], dict):
            return _only_block(content[0], content)
    return content


def _without_wrapper(item: Any) -> Any:
    """A block of a message without the name that OpenInference's list gives it."""
    inner = item.get("message_content") if isinstance(item, dict) else None
    return inner if isinstance(inner, dict) else item


def _only_block(block: Block, otherwise: Any) -> Any:
    if block.get("type", "text") == "text" and isinstance(block.get("text"), str):
        return parsed(block["text"])
    if block.keys() == {"type", "content"} and block["type"] == "text" and isinstance(block["content"], str):
        return parsed(block["content"])
    return block["json"] if block.keys() == {"json"} else otherwise


def _without_langchain(content: Block) -> Block:
    """The fields of LangChain's ToolMessage, if the value holds one in any of its serialised forms."""
    output = content.get("output")
    inner = output if isinstance(output, dict) and content.keys() <= {"output", "kwargs"} else content
    for name in ("data", "kwargs"):
        fields = inner.get(name)
        if isinstance(fields, dict) and "tool_call_id" in fields and "content" in fields:
            return fields
    return inner if "tool_call_id" in inner else content


_MODALITIES = ("image", "audio", "video", "document")


_MIME_TYPES = {
    **{name: f"image/{name}" for name in ("png", "jpeg", "gif", "webp")},
    "pdf": "application/pdf",
}
"""By the formats that Bedrock names instead."""


_BASE64 = re.compile(r"[A-Za-z0-9+/=]+")
"""Not a URL or the name of a file, which have a colon or a dot."""


def _media(block: Block) -> list[Block]:
    kind = str(
        block.get("type") or block.get("block_type") or next((m for m in _MODALITIES if m in block), "")
    )
    source, file_format = _source_of(block)
    mime_type = _first(
        source, "mime_type", "mimeType", "media_type", "mediaType", "contentType", "content_type"
    )
    mime_type = mime_type or _first(block, "mime_type", "mimeType", "media_type", "mediaType")
    mime_type = mime_type or _MIME_TYPES.get(str(file_format))
    uri, data = _uri_and_data(source, block)
    if is_redacted(uri) or is_redacted(data):
        return [text_part(uri or data)]
    file_id = _first(source, "file_id", "fileId")
    if source is not block and "document" in block:
        # OpenInference's document: its text, or the id of a file.
        if uri is None and isinstance(data, str) and "content" in source:
            return [text_part(data)]
        file_id = file_id or _first(source, "id")
    if isinstance(uri, str) and uri.startswith("data:"):
        head, _, data = uri.partition(",")
        mime_type = head[5:].split(";")[0] or mime_type
        uri = None
    reference = (
        {"uri": uri} if uri is not None else {"file_id": file_id} if file_id is not None else {"data": data}
    )
    if not any(value is not None for value in reference.values()):
        return [part("unknown", raw_type=kind, data=block)]
    size = _bytes_of_base64(data)
    if (stored := as_media_ref(data)) is not None:
        reference, size = {"blob_id": stored["blob_id"]}, stored["bytes"]
        mime_type = mime_type or stored["mime_type"]
    return [
        part(
            "media",
            modality=_modality(_first(block, "modality"), mime_type, kind, file_format),
            mime_type=mime_type,
            ref=reference,
            bytes=size,
            transcript=_first(source, "transcript"),
        )
    ]


_SOURCES = (
    "source", "image", "image_url", "input_audio", "audio", "file", "media", "document", "video", "inlineData",
    "inline_data", "fileData", "file_data", "source",
)  # fmt: skip
"""The names under which blocks have the object with the medium, from the outside in; a `source` may be within another."""


def _source_of(block: Block) -> tuple[Block, Any]:
    """The innermost object of a block that describes its medium, and the format that is named on the way."""
    source, file_format = block, block.get("format")
    for name in _SOURCES:
        while isinstance(source.get(name), dict):
            source = source[name]
            file_format = source.get("format", file_format)
    return source, file_format


def _uri_and_data(source: Block, block: Block) -> tuple[Any, Any]:
    """Where a medium is, and its content; senders use the same fields for both."""
    data = _first(source, "data", "content", "bytes", "base64", "file_data") or _first(block, "data")
    if isinstance(data, int):
        data = None  # only the number of bytes
    uri = _first(source, "uri", "url", "fileUri", "file_uri", "image_url", "audio_url", "file_url", "path")
    for name in ("image", "audio"):
        inline = source.get(name)
        if uri is None and data is None and isinstance(inline, str):
            uri, data = (None, inline) if _BASE64.fullmatch(inline[:64]) else (inline, None)
    if isinstance(data, str) and data.startswith(("http://", "https://", "data:", "s3://", "gs://")):
        uri, data = data, None
    return uri, data


def _bytes_of_base64(data: Any) -> int | None:
    if isinstance(data, bytes):
        return len(data)
    if not isinstance(data, str):
        return None
    return len(data) * 3 // 4 - data[-2:].count("=")


def _modality(named: Any, mime_type: Any, kind: str, file_format: Any) -> str:
    if isinstance(named, str):
        return named
    for hint in (str(mime_type or ""), kind, str(file_format or "")):
        for modality in _MODALITIES:
            if modality in hint:
                return modality
        if hint in ("application/pdf", "pdf", "file"):
            return "document"
        if hint in ("png", "jpeg", "gif", "webp", "jpg"):
            return "image"
    return "other"


def _haystack_result(block: Block) -> list[Block]:
    """Haystack's tool result: {"tool_call_result": {"result", "origin": {"id", "tool_name"}, "error": bool}}."""
    origin = block.get("origin")
    origin = origin if isinstance(origin, dict) else {}
    return [
        part(
            "tool_result",
            id=_first(origin, "id"),
            name=_first(origin, "tool_name"),
            content=result_content(block.get("result")),
            is_error=block.get("error") is True or None,
        )
    ]


def _refusal(block: Block) -> list[Block]:
    return [part("refusal", content=_first(block, "refusal", "content", "text"))]


def _nested(key: str, read: Callable[[Block], list[Block]]) -> Callable[[Block], list[Block]]:
    """A reader of blocks whose content is under a key of its own: {"functionCall": {...}}."""

    def read_nested(block: Block) -> list[Block]:
        inner = block[key]
        return read(inner) if isinstance(inner, dict) else [part("unknown", raw_type=key, data=block)]

    return read_nested


def _gemini_text(block: Block) -> list[Block]:
    if block.get("thought") is True:
        signature = _first(block, "thoughtSignature", "thought_signature")
        return [part("reasoning", content=block["text"], signature=signature)]
    return [text_part(block["text"])]


def _bedrock_reasoning(block: Block) -> list[Block]:
    inner = block["reasoningContent"]
    if isinstance(inner, dict):
        inner = inner.get("reasoningText", inner)
    return _reasoning(inner) if isinstance(inner, dict) else [part("reasoning", content=inner)]


def _instructions(block: Block) -> list[Block]:
    """LiveKit notes, among the messages, that an agent got other instructions or tools."""
    return parts_of(block.get("instructions"))


def _compaction(block: Block) -> list[Block]:
    """What stands for the conversation so far: its summary, or what only the provider can read."""
    content = block.get("content")
    return (
        [text_part(content)]
        if isinstance(content, str) and content
        else [part("unknown", raw_type="compaction", data=block)]
    )


def _whole_message(block: Block) -> list[Block]:
    """OpenAI's Responses list messages and calls side by side: {"type": "message", "content": [...]}."""
    return parts_of(block.get("content"))


_BY_TYPE: dict[str, Callable[[Block], list[Block]]] = {
    **dict.fromkeys(("text", "input_text", "output_text", "summary_text", "user-prompt", "system-prompt"), _text),
    **dict.fromkeys(("reasoning", "thinking", "redacted_thinking", "reasoning_text"), _reasoning),
    **dict.fromkeys(("tool_call", "tool_use", "toolUse", "tool-call", "function_call", "function", "custom_tool_call"), _tool_call),
    **dict.fromkeys(("tool_call_response", "tool_result", "toolResult", "tool-result", "tool-return", "function_call_output"), _tool_result),
    "server_tool_call_response": _tool_result,
    **dict.fromkeys(("server_tool_call", "server_tool_use", "mcp_tool_use"), _server_tool_call),
    **dict.fromkeys(
        ("blob", "uri", "file", "image", "image_url", "input_image", "input_audio", "audio", "document", "video",
         "input_file", "media", "image-url", "audio-url", "document-url", "binary"),
        _media,
    ),
    "refusal": _refusal,
    "message": _whole_message,
    "compaction": _compaction,
    "agent_config_update": _instructions,
}  # fmt: skip

_BEDROCK = ("image", "document", "video", "reasoningContent")

# Conventions that distinguish blocks by the key they have: Gemini, Bedrock, Genkit, Haystack.
_BY_KEY: dict[str, Callable[[Block], list[Block]]] = {
    "functionCall": _nested("functionCall", _tool_call),
    "function_call": _nested("function_call", _tool_call),
    "functionResponse": _nested("functionResponse", _tool_result),
    "function_response": _nested("function_response", _tool_result),
    "tool_call": _nested("tool_call", _tool_call),
    "tool_call_result": _nested("tool_call_result", _haystack_result),
    "toolUse": _nested("toolUse", _tool_call),
    "toolResult": _nested("toolResult", _tool_result),
    "toolRequest": _nested("toolRequest", _tool_call),
    "toolResponse": _nested("toolResponse", _tool_result),
    "reasoningContent": _bedrock_reasoning,
    "inlineData": _media,
    "inline_data": _media,
    "fileData": _media,
    "file_data": _media,
    "media": _media,
    "image": _media,
    "document": _media,
    "video": _media,
    "text": _gemini_text,
    "reasoning": _reasoning,
    "refusal": _refusal,
    "tool_name": _tool_call,
}

_BESIDE = frozenset(("thought", "thoughtSignature", "thought_signature", "signature", "metadata", "extra"))
"""Keys that may be present beside the key that identifies a block."""

_OF_ANSWERS = ("reasoning", "refusal")
"""Keys that answers in JSON have too, with a text: with others beside them, they identify no block."""
