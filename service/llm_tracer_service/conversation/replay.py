"""A model call as something that can be sent again: a request body, a program, a command. Pure.

It is the request as telemetry describes it. It never contains keys, only the names of environment variables that hold
them. Parts that the target cannot express (reasoning, media that was not kept) are left out and counted.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from llm_tracer.model.reading import Content, Message, Part, Reading

from llm_tracer_service.json_values import json_value

_PARAMS = (
    "temperature", "top_p", "top_k", "max_tokens", "seed", "stop", "stop_sequences", "frequency_penalty",
    "presence_penalty", "n", "response_format", "tool_choice", "parallel_tool_calls",
)  # fmt: skip
_ANTHROPIC_MAX_TOKENS = 4096
"""Anthropic's API requires a number; this one is used if none was sent."""


@dataclass(frozen=True, slots=True)
class Replay:
    """`text` is what to copy; `left_out` is how many parts of messages it cannot express."""

    text: str
    left_out: int


def replay(form: str, reading: Reading, content: Content) -> Replay | None:
    """A call in one of FORMS; None for any other form, and for a span without messages."""
    write = FORMS.get(form)
    if write is None or not (content.input_messages or content.system):
        return None
    return write(_Call(reading, content))


class _Call:
    """What a model is asked, for either API. `left_out` counts while the request is written."""

    def __init__(self, reading: Reading, content: Content) -> None:
        self.model = reading.request_model or reading.response_model or "MODEL"
        self.is_anthropic = "anthropic" in (reading.provider or "") or self.model.startswith("claude")
        self.content = content
        self.left_out = 0

    def params(self) -> dict[str, Any]:
        given = {name.removeprefix("request."): value for name, value in self.content.params.items()}
        return {name: given[name] for name in _PARAMS if given.get(name) is not None}

    # --- OpenAI -----------------------------------------------------------------------------------------------------

    def as_openai(self) -> dict[str, Any]:
        """The body of POST /v1/chat/completions."""
        messages: list[dict[str, Any]] = []
        if self.content.system:
            messages.append({"role": "system", "content": self._text(self.content.system)})
        for message in self.content.input_messages:
            messages += self._openai(message)
        params = self.params()
        if sequences := params.pop("stop_sequences", None):  # the name that OpenTelemetry gives to `stop`
            params.setdefault("stop", sequences)
        body = {"model": self.model, "messages": messages, **params}
        tools = [
            {
                "type": "function",
                "function": {
                    key: tool[key] for key in ("name", "description", "parameters") if tool.get(key)
                },
            }
            for tool in self.content.tool_definitions
        ]
        return {**body, "tools": tools} if tools else body

    def _openai(self, message: Message) -> list[dict[str, Any]]:
        results = [
            {"role": "tool", "tool_call_id": part.get("id") or "", "content": _as_text(part.get("content"))}
            for part in message.parts
            if part.get("type") == "tool_result"
        ]
        calls = [
            {"id": part.get("id") or f"call_{number}", "type": "function",
             "function": {"name": part.get("name"), "arguments": _as_text(part.get("arguments"))}}
            for number, part in enumerate(message.parts)
            if part.get("type") == "tool_call"
        ]  # fmt: skip
        text = self._text(message.parts)
        if not text and not calls:
            return results
        role = message.role if message.role in ("system", "developer", "user", "assistant") else "user"
        said: dict[str, Any] = {"role": role, "content": text or None}
        return [*results, {**said, "tool_calls": calls} if calls else said]

    # --- Anthropic --------------------------------------------------------------------------------------------------

    def as_anthropic(self) -> dict[str, Any]:
        """The body of POST /v1/messages."""
        system = [self._text(self.content.system)] if self.content.system else []
        messages: list[dict[str, Any]] = []
        for message in self.content.input_messages:
            if message.role in ("system", "developer"):
                system.append(self._text(message.parts))
            elif blocks := self._blocks(message.parts):
                messages.append(
                    {"role": "assistant" if message.role == "assistant" else "user", "content": blocks}
                )
        params = self.params()
        params["stop_sequences"] = _as_list(params.get("stop_sequences") or params.get("stop"))
        body = {
            "model": self.model,
            "max_tokens": params.pop("max_tokens", _ANTHROPIC_MAX_TOKENS),
            **({"system": "\n\n".join(system)} if system else {}),
            "messages": messages,
            **{
                name: params[name]
                for name in ("temperature", "top_p", "top_k", "stop_sequences")
                if params.get(name) is not None
            },
        }
        tools = [
            {
                "name": tool.get("name"),
                "description": tool.get("description") or "",
                "input_schema": tool.get("parameters") or {"type": "object"},
            }
            for tool in self.content.tool_definitions
        ]
        return {**body, "tools": tools} if tools else body

    def _blocks(self, parts: Sequence[Part]) -> list[dict[str, Any]]:
        blocks: list[dict[str, Any]] = []
        for part in parts:
            match part.get("type"):
                case "text" | "refusal":
                    blocks.append({"type": "text", "text": _as_text(part.get("content"))})
                case "tool_call":
                    arguments = part.get("arguments")
                    known = arguments if isinstance(arguments, Mapping) else {}
                    blocks.append(
                        {"type": "tool_use", "id": part.get("id"), "name": part.get("name"), "input": known}
                    )
                case "tool_result":
                    blocks.append(
                        {
                            "type": "tool_result",
                            "tool_use_id": part.get("id"),
                            "content": _as_text(part.get("content")),
                        }
                    )
                case _:
                    self.left_out += 1
        return blocks

    def _text(self, parts: Sequence[Part]) -> str:
        self.left_out += sum(
            part.get("type") not in ("text", "refusal", "tool_call", "tool_result") for part in parts
        )
        return "\n\n".join(
            _as_text(part.get("content")) for part in parts if part.get("type") in ("text", "refusal")
        )

    # --- what is written --------------------------------------------------------------------------------------------

    def body(self) -> dict[str, Any]:
        """The body for the provider that was called."""
        return self.as_anthropic() if self.is_anthropic else self.as_openai()

    def done(self, text: str) -> Replay:
        return Replay(text, self.left_out)


def _as_list(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _as_text(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(json_value(value), ensure_ascii=False)


def _pretty(value: Any) -> str:
    return json.dumps(json_value(value), ensure_ascii=False, indent=2)


def _openai(call: _Call) -> Replay:
    return call.done(_pretty(call.as_openai()))


def _anthropic(call: _Call) -> Replay:
    return call.done(_pretty(call.as_anthropic()))


def _curl(call: _Call) -> Replay:
    data = shlex.quote(_pretty(call.body()))
    if call.is_anthropic:
        head = 'curl https://api.anthropic.com/v1/messages \\\n  -H "x-api-key: $ANTHROPIC_API_KEY" -H "anthropic-version: 2023-06-01"'
    else:
        head = 'curl "${OPENAI_BASE_URL:-https://api.openai.com/v1}/chat/completions" \\\n  -H "Authorization: Bearer $OPENAI_API_KEY"'
    return call.done(f'{head} \\\n  -H "content-type: application/json" -d {data}')


def _python(call: _Call) -> Replay:
    name, client, method = (
        ("anthropic", "Anthropic", "messages.create")
        if call.is_anthropic
        else ("openai", "OpenAI", "chat.completions.create")
    )
    arguments = "".join(f"    {key}={_literal(value)},\n" for key, value in call.body().items())
    return call.done(
        f"from {name} import {client}\n\nclient = {client}()  # its key is read from the environment\n"
        f"answer = client.{method}(\n{arguments})\nprint(answer)\n"
    )


def _literal(value: Any) -> str:
    from pprint import pformat

    return pformat(json_value(value), width=100, sort_dicts=False).replace("\n", "\n    ")


def _markdown(call: _Call) -> Replay:
    messages = [Message("system", call.content.system)] if call.content.system else []
    messages += [*call.content.input_messages, *call.content.output_messages]
    return call.done("\n\n".join(f"## {message.role}\n\n{_said(message)}" for message in messages) + "\n")


def _said(message: Message) -> str:
    pieces = []
    for part in message.parts:
        match part.get("type"):
            case "tool_call":
                pieces.append(f"`{part.get('name')}`\n\n```json\n{_as_text(part.get('arguments'))}\n```")
            case "tool_result":
                pieces.append(f"```\n{_as_text(part.get('content'))}\n```")
            case "text" | "refusal":
                pieces.append(_as_text(part.get("content")))
            case "reasoning":
                pieces.append(
                    "\n".join(
                        f"> {line}" for line in (_as_text(part.get("content")) or "(not given)").splitlines()
                    )
                )
            case other:
                pieces.append(f"({part.get('modality') or other})")
    return "\n\n".join(pieces)


FORMS: Mapping[str, Callable[[_Call], Replay]] = {
    "openai": _openai,
    "anthropic": _anthropic,
    "curl": _curl,
    "python": _python,
    "md": _markdown,
}
"""The forms by name: two request bodies as JSON, a command, a program, the conversation in Markdown."""
