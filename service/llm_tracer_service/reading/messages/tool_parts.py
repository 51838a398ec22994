"""The parts that are tool calls and results, from the blocks of every convention."""

from __future__ import annotations

from typing import Any

from llm_tracer_service.reading.messages.block import Block, first, part
from llm_tracer_service.reading.messages.media_parts import media
from llm_tracer_service.reading.values import parsed, untyped


def tool_call(block: Block) -> list[Block]:
    """A call that the program is to run; `arguments` is {} where none were sent."""
    function = parsed(first(block, "function", "custom"))
    inner = function if isinstance(function, dict) else block
    name = first(inner, "name", "toolName", "tool_name", "function_name", "tool") or (
        function if isinstance(function, str) else None
    )
    arguments = first(
        inner, "arguments", "input", "args", "tool_kwargs", "parameters", "tool_input", "tool_arguments"
    )
    return [
        part(
            "tool_call",
            # OpenAI's and LiveKit's calls have one id as an item and another as a call.
            id=first(
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


def server_tool_call(block: Block) -> list[Block]:
    """A call that the provider ran itself, and what came of it where the same block says so; `arguments` is the whole
    block where it names none."""
    details = block.get("server_tool_call")
    inner = details if isinstance(details, dict) else block
    arguments = first(inner, "input", "arguments", "args", "action", "queries", "code")
    call = part(
        "tool_call",
        id=first(block, "id", "call_id"),
        name=first(block, "name", "tool_name") or first(inner, "type"),
        arguments=(
            {name: inner[name] for name in inner if name not in _CAME_OF_IT}
            if arguments is None
            else parsed(arguments)
        ),
        server_side=True,
    )
    error, picture = block.get("error"), block.get("result")
    if block.get("type") == "image_generation_call" and isinstance(picture, str) and picture:
        return [call, *media({"type": "image", "format": block.get("output_format"), "data": picture})]
    answered = error or first(block, "output", "outputs", "results")
    if inner is not block or answered is None:
        return [call]
    return [
        call,
        part(
            "tool_result",
            id=call.get("id"),
            name=call.get("name"),
            content=result_content(answered),
            is_error=True if error else None,
        ),
    ]


_CAME_OF_IT = ("result", "output", "outputs", "results", "error")


def answered_tool_call(block: Block) -> list[Block]:
    """A call of OpenAI's Responses that the program answers: what a computer or a shell is to do."""
    return tool_call({**block, "name": block.get("type"), "arguments": first(block, "action", "operation")})


def tool_result(block: Block) -> list[Block]:
    """What a call returned; `is_error` only where the sender says so."""
    content = first(
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
    failed = first(block, "is_error", "isError")
    if failed is None and block.get("status") == "error":
        failed = True
    return [
        part(
            "tool_result",
            id=first(block, "tool_use_id", "call_id", "tool_call_id", "toolCallId", "toolUseId", "ref", "id"),
            name=first(block, "name", "toolName", "tool_name"),
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
    if block.get("type", "text") in ("text", "input_text") and isinstance(block.get("text"), str):
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


def haystack_result(block: Block) -> list[Block]:
    """Haystack's tool result: {"tool_call_result": {"result", "origin": {"id", "tool_name"}, "error": bool}}."""
    origin = block.get("origin")
    origin = origin if isinstance(origin, dict) else {}
    return [
        part(
            "tool_result",
            id=first(origin, "id"),
            name=first(origin, "tool_name"),
            content=result_content(block.get("result")),
            is_error=block.get("error") is True or None,
        )
    ]
