"""A trace as a turn of a conversation: what the person said last, and what the program answered, uncut."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from llm_tracer.model.reading import Content, Message, Reader
from llm_tracer.model.row import SpanRow
from llm_tracer.model.trace import Trace

from llm_tracer_service.conversation.contents import Contents
from llm_tracer_service.conversation.delta import Said, delta_of
from llm_tracer_service.conversation.exchange import exchange_of
from llm_tracer_service.conversation.family import Family

CALLS_READ_MAX = 10
"""How many model calls are read, from each end of a trace, to find one with a message."""


@dataclass(frozen=True, slots=True)
class Utterance:
    """A message, and the span that contains it."""

    span_id: str
    message: Message


@dataclass(frozen=True, slots=True)
class ToolUse:
    """A tool that was called in a trace: how often, how often it failed, and the span of its first failure, otherwise of
    its first call."""

    name: str
    calls: int
    errors: int
    span_id: str


@dataclass(frozen=True, slots=True)
class Turn:
    """Question and answer, None if nothing in the trace has them; the tools, in the order of their first use. `given` is the
    input of the call that `asked` is from, to compare the next turn with."""

    asked: Utterance | None = None
    answered: Utterance | None = None
    tools: tuple[ToolUse, ...] = ()
    given: Said | None = None


def left_out(turn: Turn, before: Turn | None) -> int:
    """How many messages the model was given in the turn before but not in this one, because its window was cut or a
    summary replaced them. 0 if the turns share none: for the model, these are different conversations."""
    if before is None or before.given is None or turn.given is None:
        return 0
    delta = delta_of(turn.given, [before.given])
    return 0 if delta is None else delta.removed


def turn_of(trace: Trace, reader: Reader) -> Turn:
    """The turn of a trace.

    Asked is the last user message of the first model call, or of the root, or the input of the root. Answered is the last
    message of the root with text, or the output of the root if it is text, or the last message of the last model call, or
    the output of the root in any form.
    """
    contents = Contents(trace, reader)
    family = Family(trace.nodes)
    # The innermost call has what the provider was asked; the spans around it may have a template.
    calls = sorted(
        (row for row in trace.by_start if row.reading.kind == "llm"),
        key=lambda row: family.wraps[family.index_of[row.span_id]],
    )
    root = next((node.row for node in trace.nodes if node.row.span_id == trace.summary.root_span_id), None)
    asked = _first(_asked(contents, calls, root))
    return Turn(
        asked,
        _first(_answered(contents, sorted(calls, key=_end, reverse=True), root)),
        _tools_of(trace.by_start),
        next((_given(contents, row) for row in calls if asked and row.span_id == asked.span_id), None),
    )


def _given(contents: Contents, row: SpanRow) -> Said:
    return exchange_of(row.span_id, "llm", contents.of(row)).said


def _tools_of(rows: Iterable[SpanRow]) -> tuple[ToolUse, ...]:
    found: dict[str, ToolUse] = {}
    for row in rows:
        if row.reading.kind != "tool":
            continue
        name, failed = row.reading.tool_name or row.reading.name, row.reading.status == "error"
        known = found.setdefault(name, ToolUse(name, 0, 0, row.span_id))
        is_first_failure = failed and known.errors == 0
        found[name] = replace(
            known,
            calls=known.calls + 1,
            errors=known.errors + failed,
            span_id=row.span_id if is_first_failure else known.span_id,
        )
    return tuple(found.values())


def _asked(contents: Contents, calls: Iterable[SpanRow], root: SpanRow | None) -> Iterator[Utterance]:
    for row in (*islice(calls, CALLS_READ_MAX), *([root] if root else [])):
        for message in reversed(contents.of(row).input_messages):
            if message.role == "user" and message.parts:
                yield Utterance(row.span_id, message)
    if root is not None:
        yield from _raw(root, contents.of(root).input_raw, "user")


def _answered(contents: Contents, calls: Iterable[SpanRow], root: SpanRow | None) -> Iterator[Utterance]:
    if root is not None:
        yield from _with_text(root, contents.of(root))
        if isinstance(contents.of(root).output_raw, str):
            yield from _raw(root, contents.of(root).output_raw, "assistant")
    for row in islice(calls, CALLS_READ_MAX):
        yield from _with_text(row, contents.of(row))
    if root is not None:
        yield from _raw(root, contents.of(root).output_raw, "assistant")


def _with_text(row: SpanRow, content: Content) -> Iterator[Utterance]:
    for message in reversed(content.output_messages):
        if any(
            part.get("type") in ("text", "refusal", "media") and part.get("content") != ""
            for part in message.parts
        ):
            yield Utterance(row.span_id, message)


def _raw(row: SpanRow, value: Any, role: str) -> Iterator[Utterance]:
    if value is None or value == "":
        return
    part = (
        {"type": "text", "content": value} if isinstance(value, str) else {"type": "unknown", "data": value}
    )
    yield Utterance(row.span_id, Message(role, (part,)))


def _end(row: SpanRow) -> tuple[int, str]:
    return row.end_time_unix_nano or row.start_time_unix_nano, row.span_id


def _first(found: Iterator[Utterance]) -> Utterance | None:
    return next(found, None)
