"""The pieces of a message, whatever a convention calls them, as canonical parts: which block is what.

An unknown part is kept whole as `unknown`; nothing is ever dropped.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from llm_tracer_service.reading.messages.block import Block, first, part, text_part
from llm_tracer_service.reading.messages.media_parts import media
from llm_tracer_service.reading.messages.tool_parts import (
    answered_tool_call,
    haystack_result,
    server_tool_call,
    tool_call,
    tool_result,
)
from llm_tracer_service.reading.values import compact, parsed, python_literal


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
    if block.keys() == _CALL_OF_ANY_AGENT:
        return True
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
            read = tool_result
        elif read is None and kind.endswith("_call"):
            read = server_tool_call
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
    """A block without the names that OpenInference's lists give each element, a call beside its type among them."""
    content, call = block.get("message_content"), block.get("tool_call")
    if isinstance(content, dict):
        return {**call, **content} if isinstance(call, dict) else _whole(content)
    if isinstance(call, dict) and len(block) == 1:
        return {"type": "tool_call", **call}
    return block


def _whole(content: Block) -> Block:
    """The block that OpenInference has no names for: then its text is the block as JSON, beside the same type."""
    kind, words = content.get("type"), content.get("text")
    if kind != "text" and isinstance(words, str) and words.startswith("{"):
        block = parsed(words)
        if isinstance(block, dict) and block.get("type") == kind:
            return block
    return content


def _text(block: Block) -> list[Block]:
    content = first(block, "content", "text", "value")
    if isinstance(content, dict):
        inner = first(content, "value", "text", "content")
        content = compact(content) if inner is None else inner
    parts = (
        parts_of(content) if isinstance(content, list) else [] if content is None else [text_part(content)]
    )
    return parts + citations_of(block)


def citations_of(sent: Block) -> list[Block]:
    """What a text, or the message around it, says that it is taken from."""
    sent_citations = sent.get("annotations") or sent.get("citations")
    found = []
    for citation in sent_citations if isinstance(sent_citations, list) else ():
        if isinstance(citation, dict):
            source = citation.get("url_citation")
            found.append(_citation(source if isinstance(source, dict) else citation))
    return found


def _citation(source: Block) -> Block:
    return part(
        "citation",
        uri=first(source, "url", "uri"),
        title=first(source, "title", "document_title", "filename"),
        text=first(source, "cited_text", "text", "quote"),
    )


def _source(block: Block) -> list[Block]:
    """What an answer is taken from, as a block of its own: Vercel's sources, Mistral's references."""
    found = _citation(block)
    return [found if len(found) > 1 else part("unknown", raw_type=str(block.get("type")), data=block)]


def _search_result(block: Block) -> list[Block]:
    """What a program found and gives to Anthropic's models to cite."""
    said = _joined_text(block.get("content"))
    return [_citation({"url": block.get("source"), "title": block.get("title"), "text": said})]


def _non_standard(block: Block) -> list[Block]:
    """LangChain's wrapper of what it has no block for."""
    value = block.get("value")
    return parts_of_block(value if isinstance(value, dict) else {"value": value})


def _reasoning(block: Block) -> list[Block]:
    content = first(block, "content", "thinking", "text", "reasoning", "reasoning_content", "summary")
    if isinstance(content, dict):
        content = first(content, "reasoning_text", "text", "content")
    if isinstance(content, list):
        content = (
            "\n".join(p.get("content", "") for p in parts_of(content) if p["type"] in ("text", "reasoning"))
            or None
        )
    encrypted = first(block, "encrypted_content", "data", "encrypted") is not None and content is None
    signature = first(block, "signature", "reasoning_signature")
    return [part("reasoning", content=content, encrypted=encrypted or None, signature=signature)]


def _call_of_any_agent(block: Block) -> list[Block]:
    return tool_call({"name": block["tool.name"], "args": block.get("tool.args")})


def _refusal(block: Block) -> list[Block]:
    return [part("refusal", content=first(block, "refusal", "content", "text"))]


def _nested(key: str, read: Callable[[Block], list[Block]]) -> Callable[[Block], list[Block]]:
    """A reader of blocks whose content is under a key of its own: {"functionCall": {...}}."""

    def read_nested(block: Block) -> list[Block]:
        inner = block[key]
        return read(inner) if isinstance(inner, dict) else [part("unknown", raw_type=key, data=block)]

    return read_nested


def _gemini_text(block: Block) -> list[Block]:
    if block.get("thought") is True:
        signature = first(block, "thoughtSignature", "thought_signature")
        return [part("reasoning", content=block["text"], signature=signature)]
    return [text_part(block["text"])]


def _bedrock_reasoning(block: Block) -> list[Block]:
    inner = block["reasoningContent"]
    if isinstance(inner, dict):
        inner = inner.get("reasoningText", inner)
    return _reasoning(inner) if isinstance(inner, dict) else [part("reasoning", content=inner)]


def _bedrock_citations(cited: Block) -> list[Block]:
    parts = parts_of(cited.get("content"))
    citations = cited.get("citations")
    for citation in citations if isinstance(citations, list) else ():
        if isinstance(citation, dict):
            place = citation.get("location")
            web = place.get("web") if isinstance(place, dict) else None
            url = web.get("url") if isinstance(web, dict) else None
            said = _joined_text(citation.get("sourceContent"))
            parts.append(_citation({"url": url, "title": citation.get("title"), "text": said}))
    return parts


def _joined_text(content: Any) -> str:
    return "\n".join(found["content"] for found in parts_of(content) if found["type"] == "text")


def _guarded(inner: Block) -> list[Block]:
    """What Bedrock's guardrails are to look at: a text or an image."""
    text = inner.get("text")
    return [text_part(text["text"])] if isinstance(text, dict) and "text" in text else parts_of_block(inner)


def _nothing(_: Block) -> list[Block]:
    """Bedrock's mark that the cache ends here says nothing to anybody."""
    return []


def _gemini_code(code: Block) -> list[Block]:
    """Code that Gemini wrote, and ran itself."""
    return [part("tool_call", name="code_execution", arguments=code, server_side=True)]


def _gemini_code_result(ran: Block) -> list[Block]:
    failed = True if str(ran.get("outcome")).endswith(("FAILED", "DEADLINE_EXCEEDED")) else None
    return [part("tool_result", name="code_execution", content=ran.get("output"), is_error=failed)]


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
    **dict.fromkeys(("tool_call", "tool_use", "toolUse", "tool-call", "function_call", "function.call", "function", "custom_tool_call"), tool_call),
    **dict.fromkeys(("tool_call_response", "tool_result", "toolResult", "tool-result", "tool-return", "function_call_output", "function.result"), tool_result),
    **dict.fromkeys(("server_tool_call_response", "server_tool_result"), tool_result),
    **dict.fromkeys(("server_tool_call", "server_tool_use", "mcp_tool_use", "tool.execution"), server_tool_call),
    **dict.fromkeys(
        ("blob", "uri", "file", "image", "image_url", "input_image", "input_audio", "audio", "document", "video",
         "input_file", "media", "image-url", "audio-url", "document-url", "binary", "video_url", "document_url"),
        media,
    ),
    "refusal": _refusal,
    "message": _whole_message,
    **dict.fromkeys(("computer_call", "local_shell_call", "shell_call", "apply_patch_call"), answered_tool_call),
    "compaction": _compaction,
    **dict.fromkeys(("source", "tool_reference"), _source),
    "search_result": _search_result,
    "non_standard": _non_standard,
    "agent_config_update": _instructions,
}  # fmt: skip

_BEDROCK = ("image", "document", "video", "reasoningContent")

# Conventions that distinguish blocks by the key they have: Gemini, Bedrock, Genkit, Haystack.
_BY_KEY: dict[str, Callable[[Block], list[Block]]] = {
    "functionCall": _nested("functionCall", tool_call),
    "function_call": _nested("function_call", tool_call),
    "functionResponse": _nested("functionResponse", tool_result),
    "function_response": _nested("function_response", tool_result),
    "tool_call": _nested("tool_call", tool_call),
    "tool_call_result": _nested("tool_call_result", haystack_result),
    "toolUse": _nested("toolUse", tool_call),
    "toolResult": _nested("toolResult", tool_result),
    "toolRequest": _nested("toolRequest", tool_call),
    "toolResponse": _nested("toolResponse", tool_result),
    "reasoningContent": _bedrock_reasoning,
    "citationsContent": _nested("citationsContent", _bedrock_citations),
    "guardContent": _nested("guardContent", _guarded),
    "cachePoint": _nothing,
    **{key: _nested(key, _gemini_code) for key in ("executableCode", "executable_code")},
    **{key: _nested(key, _gemini_code_result) for key in ("codeExecutionResult", "code_execution_result")},
    "inlineData": media,
    "inline_data": media,
    "fileData": media,
    "file_data": media,
    "media": media,
    "image": media,
    "document": media,
    "video": media,
    "text": _gemini_text,
    "reasoning": _reasoning,
    "refusal": _refusal,
    "tool_name": tool_call,
    "tool.name": _call_of_any_agent,
}

_CALL_OF_ANY_AGENT = {"tool.name", "tool.args"}

_BESIDE = frozenset(("thought", "thoughtSignature", "thought_signature", "signature", "metadata", "extra"))
"""Keys that may be present beside the key that identifies a block."""

_OF_ANSWERS = ("reasoning", "refusal")
"""Keys that answers in JSON have too, with a text: with others beside them, they identify no block."""
