"""One message, whatever convention wrote it, as a canonical Message."""

from __future__ import annotations

from typing import Any

from llm_tracer.model.reading import Message

from llm_tracer_service.reading.finish_reasons import finish_reason
from llm_tracer_service.reading.messages.block import Block, part
from llm_tracer_service.reading.messages.parts import citations_of, parts_of, parts_of_block
from llm_tracer_service.reading.messages.tool_parts import result_content
from llm_tracer_service.reading.values import parsed

_ROLES = {
    "system": "system", "developer": "developer", "user": "user", "human": "user", "assistant": "assistant",
    "ai": "assistant", "model": "assistant", "tool": "tool", "function": "tool", "ipython": "tool", "bot": "assistant",
    "humanmessage": "user", "aimessage": "assistant", "aimessagechunk": "assistant", "systemmessage": "system",
    "toolmessage": "tool", "functionmessage": "tool", "humanmessagechunk": "user", "chatmessage": "user",
    "usermessage": "user", "assistantmessage": "assistant", "functionexecutionresultmessage": "tool",
    "textmessage": "user", "tool_result": "tool", "tool_response": "tool", "messagerole.user": "user",
    "messagerole.system": "system", "messagerole.assistant": "assistant", "messagerole.tool": "tool", "chatbot": "assistant",
    "tool-call": "assistant", "tool_call": "assistant", "tool-response": "tool",
}  # fmt: skip


def role_of(name: Any, default: str) -> str:
    """A canonical role; "other" for one of no convention, the default for a missing one and for "unknown"."""
    if not isinstance(name, str) or not name or name == "unknown":
        return default
    return _ROLES.get(name.lower(), "other")


def is_message(value: Any) -> bool:
    """Whether some convention would write this object for a message."""
    if not isinstance(value, dict):
        return False
    value = _unwrapped(value)
    if isinstance(value.get("role"), str) or isinstance(value.get("speaker"), str):
        return not value.keys().isdisjoint(_BODIES)
    kind = value.get("type")
    if isinstance(kind, str) and kind.lower() in _ROLES:
        return "content" in value or "data" in value
    return False


_BODIES = (
    "content", "contents", "parts", "blocks", "tool_calls", "function_call", "function_call_name", "text",
    "reasoning_content", "toolCalls", "refusal", "audio", "message",
)  # fmt: skip


def message_of(sent: Any, default_role: str) -> Message:
    """The message that an object, or a text, stands for."""
    if not isinstance(sent, dict):
        return Message(default_role, tuple(parts_of(sent)))
    sent = _unwrapped(sent)
    kind = sent.get("type")
    reason = _text(sent.get("finish_reason") or sent.get("finishReason") or sent.get("stop_reason"))
    role = role_of(
        sent.get("role") or sent.get("speaker") or (kind if kind != "message" else None), default_role
    )
    if role == "other" and not isinstance(sent.get("role"), str):
        role = default_role
    return Message(
        role=role,
        parts=tuple(_without_repeats(_parts(sent, role))),
        name=_text(sent.get("name")),
        finish_reason=reason and finish_reason(reason),
        id=_text(sent.get("id")),
    )


def _unwrapped(sent: Block) -> Block:
    """A message without its wrappers: OpenInference's "message", LangChain's serialised objects and "data"."""
    inner = sent.get("message")
    if isinstance(inner, dict):
        if len(sent) == 1:
            return inner
        return {**{name: value for name, value in sent.items() if name != "message"}, **inner}
    kwargs = sent.get("kwargs")
    if isinstance(kwargs, dict) and isinstance(sent.get("id"), list) and sent["id"]:
        return {"role": str(sent["id"][-1]), **kwargs}
    data = sent.get("data")
    if isinstance(data, dict) and "content" in data:
        return {"role": sent.get("type"), **data}
    return sent


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _parts(sent: Block, role: str) -> list[Block]:
    content = _content(sent)
    call_id = sent.get("tool_call_id") or sent.get("toolCallId") or sent.get("tool_use_id")
    if role == "tool" and content is None and isinstance(sent.get("function"), list):
        # AutoGen, by OpenInference: all results of a step, each as JSON.
        results = [result for each in sent["function"] if isinstance(result := parsed(each), dict)]
        return [found for each in results for found in parts_of_block({**each, "type": "tool_result"})]
    if role == "tool" and not _holds_uses(content):
        value = sent.get("result") if content is None else content
        return [
            part(
                "tool_result",
                id=_text(call_id) or _text(sent.get("id")) or _call_id_inside(content),
                name=_text(sent.get("name")),
                content=result_content(value),
                is_error=True if sent.get("is_error") is True or sent.get("status") == "error" else None,
            )
        ]
    parts: list[Block] = []
    reasoning = sent.get("reasoning_content") or sent.get("reasoning") or sent.get("thinking")
    if reasoning:
        parts.extend(_reasoning_parts(reasoning))
    parts.extend(_call_in_text(content, call_id) if role == "assistant" else parts_of(content))
    if sent.get("refusal"):
        parts.append(part("refusal", content=sent["refusal"]))
    parts.extend(_calls(sent, parts))
    return parts + _beside(sent)


def _beside(sent: Block) -> list[Block]:
    """What stands beside a text: Vercel's files, OpenRouter's and Ollama's images, what OpenAI's models spoke and cite."""
    parts: list[Block] = []
    files = parsed(sent.get("files"))
    for file in files if isinstance(files, list) else ():
        parts.extend(parts_of_block({"type": "file", **file} if isinstance(file, dict) else {"file": file}))
    if isinstance(sent.get("images"), list):
        # Ollama's are the base64 alone.
        parts.extend(
            parts_of([{"image": each} if isinstance(each, str) else each for each in sent["images"]])
        )
    if isinstance(sent.get("audio"), dict):
        parts.extend(parts_of_block({"type": "audio", "audio": sent["audio"]}))
    return parts + citations_of(sent)


def _without_repeats(parts: list[Block]) -> list[Block]:
    """The parts without what LangChain's messages say twice: Gemini's call also as a function call without an id,
    Anthropic's also as the JSON of its block.
    """
    calls = [found for found in parts if found["type"] == "tool_call" and found.get("id")]
    if not calls or len(calls) == len(parts):
        return parts
    return [found for found in parts if not any(_repeats(found, call) for call in calls)]


def _repeats(found: Block, call: Block) -> bool:
    if found["type"] == "tool_call":
        return not found.get("id") and all(found.get(of) == call.get(of) for of in ("name", "arguments"))
    if found["type"] != "text" or '"tool_use"' not in found["content"]:
        return False
    block = parsed(found["content"])
    return isinstance(block, dict) and block.get("id") == call["id"]


def _call_id_inside(content: Any) -> str | None:
    """The id of the call that a result answers, where OpenInference for BeeAI writes it: beside the first block."""
    block = content[0] if isinstance(content, list) and content else None
    inner = block.get("message") if isinstance(block, dict) else None
    return _text(inner.get("tool_call_id")) if isinstance(inner, dict) else None


def _call_in_text(content: Any, call_id: Any) -> list[Block]:
    """The parts of an assistant's content, which may be a tool call as JSON with just a name and arguments."""
    if isinstance(content, str) and content.startswith("{") and '"arguments"' in content:
        call = parsed(content)
        if isinstance(call, dict) and call.keys() == {"name", "arguments"}:
            return parts_of_block({"type": "tool_call", "id": _text(call_id), **call})
    return parts_of(content)


def _content(sent: Block) -> Any:
    if sent.get("parts") is not None:
        return parsed(sent["parts"])
    blocks = parsed(sent.get("contents") or sent.get("blocks"))
    content = sent.get("content")
    if isinstance(content, dict) and isinstance(content.get("parts"), list):
        content = content["parts"]  # Gemini's content, as the content of an event
    if blocks:
        # OpenInference may send both; the blocks win, unless only the content has text.
        if content and not any(p.get("type") == "text" for p in parts_of(blocks)):
            return [*_as_list(content), *_as_list(blocks)]
        return blocks
    if content is None:
        content = sent.get("text")
    return content


def _as_list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]


def _holds_uses(content: Any) -> bool:
    content = parsed(content)
    # Strands, with OpenTelemetry's newest terms, puts a call into its tool's message too.
    return isinstance(content, list) and any(
        found.get("type") == "tool_result" or item.get("type") == "tool_call"
        for item in content
        if isinstance(item, dict)
        for found in parts_of_block(item)
    )


def _reasoning_parts(reasoning: Any) -> list[Block]:
    if isinstance(reasoning, str):
        return [part("reasoning", content=reasoning)]
    found = [p for p in parts_of(parsed(reasoning)) if p["type"] in ("reasoning", "text")]
    return [{**p, "type": "reasoning"} for p in found]


def _calls(sent: Block, already: list[Block]) -> list[Block]:
    """Tool calls that were sent beside the content."""
    extra = sent.get("additional_kwargs")
    extra = extra if isinstance(extra, dict) else {}
    calls = parsed(sent.get("tool_calls") or sent.get("toolCalls") or extra.get("tool_calls"))
    if isinstance(sent.get("invalid_tool_calls"), list):
        # LangChain's, whose arguments are no JSON.
        calls = [*(calls if isinstance(calls, list) else ()), *sent["invalid_tool_calls"]]
    found: list[Block] = []
    if not calls and "function_call" not in sent and "function_call_name" not in sent:
        return found
    known = {p["id"] for p in already if p["type"] == "tool_call" and isinstance(p.get("id"), str)}
    for call in calls if isinstance(calls, list) else [calls] if isinstance(calls, dict) else []:
        call = parsed(call)
        if isinstance(call, dict) and call.get("type") in ("reasoning", "message"):
            # Sentry passes on everything that the Responses API answered; the text is in the content.
            found.extend(parts_of_block(call) if call["type"] == "reasoning" else ())
        elif isinstance(call, dict):
            inner = call.get("tool_call")
            inner = inner if isinstance(inner, dict) else call
            # Blocks and `tool_calls` may hold the same call twice (Anthropic through LangChain).
            found.extend(
                p
                for p in parts_of_block({**inner, "type": "tool_use"})
                if not isinstance(p.get("id"), str) or p["id"] not in known
            )
    if not calls and sent.get("function_call") and isinstance(sent["function_call"], dict):
        found.extend(parts_of_block({**sent["function_call"], "type": "tool_use"}))
    if sent.get("function_call_name"):
        arguments = parsed(sent.get("function_call_arguments_json"))
        found.append(part("tool_call", name=sent["function_call_name"], arguments=arguments))
    return found
