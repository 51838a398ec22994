"""Compares what two spans were given and what they answered, message by message."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import msgspec
from llm_tracer.model.reading import Content, Message, Part, Reading
from llm_tracer.model.text import preview

from llm_tracer_service.compare.common import Key, common
from llm_tracer_service.compare.json_diff import JsonChange, json_diff
from llm_tracer_service.compare.text_diff import Words, text_diff
from llm_tracer_service.conversation.fingerprints import IDS_OF_PARTS, canonical, fingerprint
from llm_tracer_service.json_values import json_value
from llm_tracer_service.span_text import part_text


@dataclass(frozen=True, slots=True)
class MessageDiff:
    """A message of both sides, or of one. The indexes are those among the messages of each side, None if it has none.

    An unchanged message has only its beginning (`preview`). A changed one has its text word by word and its other parts
    place by place, each None if it did not change. `complete` is False if a limit cut these.
    """

    change: Literal["same", "changed", "added", "removed"]
    role: str
    a_index: int | None
    b_index: int | None
    preview: str
    a: Message | None = None
    b: Message | None = None
    words: Words | None = None
    json: tuple[JsonChange, ...] | None = None
    complete: bool = True


def messages_diff(a: Sequence[Message], b: Sequence[Message]) -> list[MessageDiff]:
    """Two conversations. Common messages, in order, are the same; between these, messages of one role are changed ones."""
    keys_a: list[Key] = [(fingerprint(message),) for message in a]
    keys_b: list[Key] = [(fingerprint(message),) for message in b]
    found: list[MessageDiff] = []
    from_a = from_b = 0
    for at_a, at_b in [*common(keys_a, keys_b), (len(a), len(b))]:
        found += _between(a, b, range(from_a, at_a), range(from_b, at_b))
        if at_a < len(a):
            found.append(MessageDiff("same", a[at_a].role, at_a, at_b, _preview(a[at_a])))
        from_a, from_b = at_a + 1, at_b + 1
    return found


def _between(a: Sequence[Message], b: Sequence[Message], ours: range, theirs: range) -> Iterator[MessageDiff]:
    pairs = common([(a[index].role,) for index in ours], [(b[index].role,) for index in theirs])
    from_a, from_b = ours.start, theirs.start
    for mine, their in [*pairs, (len(ours), len(theirs))]:
        at_a, at_b = ours.start + mine, theirs.start + their
        for index in range(from_a, at_a):
            yield MessageDiff("removed", a[index].role, index, None, _preview(a[index]), a=a[index])
        for index in range(from_b, at_b):
            yield MessageDiff("added", b[index].role, None, index, _preview(b[index]), b=b[index])
        if mine < len(ours):
            yield _changed(a[at_a], b[at_b], at_a, at_b)
        from_a, from_b = at_a + 1, at_b + 1


def _changed(a: Message, b: Message, a_index: int, b_index: int) -> MessageDiff:
    mine, theirs = _text(a), _text(b)
    words = text_diff(mine, theirs) if mine != theirs else None
    data = json_diff(_data(a), _data(b))
    complete = data.complete and (words is None or words.complete)
    return MessageDiff(
        "changed", b.role, a_index, b_index, _preview(b), a, b,
        None if words is None else words.words, data.changes or None, complete,
    )  # fmt: skip


def _text(message: Message) -> str:
    return "\n".join(part["content"] for part in message.parts if _is_text(part))


def _data(message: Message) -> list[Any]:
    """What is not text: tool calls with their arguments, results, media. A text that is JSON counts as what it contains."""
    return [
        {name: _decoded(value) for name, value in part.items() if name not in IDS_OF_PARTS}
        for part in message.parts
        if not _is_text(part)
    ]


def _is_text(part: Part) -> bool:
    return part.get("type") in ("text", "reasoning", "refusal") and isinstance(part.get("content"), str)


def _decoded(value: Any) -> Any:
    return msgspec.json.decode(canonical(value))


def _preview(message: Message) -> str:
    said = _text(message)
    return preview(said if said else " ".join(part_text(json_value(part)) for part in message.parts))


# --- whole spans ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ComparedTools:
    """Tool definitions by name: those only in b, those only in a, and those that differ."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ParameterDiff:
    """A parameter of the request that differs; None if one side does not have it."""

    name: str
    a: Any
    b: Any


@dataclass(frozen=True, slots=True)
class ContentDiff:
    """How two spans differ. `messages` are the instructions and the conversation of model calls; `input` is the input of
    spans without messages, as one message with the role "input"."""

    messages: tuple[MessageDiff, ...]
    input: tuple[MessageDiff, ...]
    output: tuple[MessageDiff, ...]
    tools: ComparedTools
    parameters: tuple[ParameterDiff, ...]

    @property
    def complete(self) -> bool:
        """Whether no limit cut any of it."""
        return all(each.complete for each in (*self.messages, *self.input, *self.output))


def content_diff(a: Content, b: Content, a_reading: Reading, b_reading: Reading) -> ContentDiff:
    """The differences between the contents of two spans of any kind."""
    mine, theirs = _conversation(a), _conversation(b)
    return ContentDiff(
        messages=tuple(messages_diff(mine, theirs)),
        input=() if mine or theirs else tuple(messages_diff(_given(a), _given(b))),
        output=tuple(messages_diff(_answered(a), _answered(b))),
        tools=_tools(a, b),
        parameters=tuple(_parameters(a, b, a_reading, b_reading)),
    )


def _conversation(of: Content) -> list[Message]:
    system = [Message("system", tuple(of.system))] if of.system else []
    return [*system, *of.input_messages]


def _given(of: Content) -> list[Message]:
    arguments = None if of.tool is None else of.tool.get("arguments")
    return _as_message("input", next((each for each in (arguments, of.query) if each), of.input_raw))


def _answered(of: Content) -> Sequence[Message]:
    if of.output_messages:
        return of.output_messages
    result = None if of.tool is None else of.tool.get("result")
    if result is None and of.documents and of.output_raw is None:
        result = list(of.documents)
    return _as_message("output", of.output_raw if result is None else result)


def _as_message(role: str, value: Any) -> list[Message]:
    if value is None:
        return []
    part = {"type": "text", "content": value} if isinstance(value, str) else {"type": "data", "data": value}
    return [Message(role, (part,))]


def _tools(a: Content, b: Content) -> ComparedTools:
    mine, theirs = _definitions(a), _definitions(b)
    return ComparedTools(
        tuple(name for name in theirs if name not in mine),
        tuple(name for name in mine if name not in theirs),
        tuple(name for name in mine if name in theirs and mine[name] != theirs[name]),
    )


def _definitions(of: Content) -> Mapping[str, bytes]:
    return {str(each.get("name")): canonical(each) for each in of.tool_definitions}


def _parameters(a: Content, b: Content, mine: Reading, theirs: Reading) -> Iterator[ParameterDiff]:
    ours = {"model": mine.model, "provider": mine.provider, "prompt": _prompt(a), **a.params}
    others = {"model": theirs.model, "provider": theirs.provider, "prompt": _prompt(b), **b.params}
    for name in dict.fromkeys((*ours, *others)):
        if canonical(ours.get(name)) != canonical(others.get(name)):
            yield ParameterDiff(name, ours.get(name), others.get(name))


def _prompt(of: Content) -> str | None:
    """The prompt template of a call, with its version."""
    sent = of.prompt or {}
    return " ".join(str(sent[name]) for name in ("name", "version") if sent.get(name)) or None
