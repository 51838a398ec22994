"""A whole trace as text, in order: who said what, which tools were called, what failed.

A model call shows only what is new since the previous call of its thread, so that a conversation of a hundred turns is
read once and not a hundred times. A tool call in an answer is left to the span of the tool, if there is one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from llm_tracer.model.failures import failure_text
from llm_tracer.model.reading import Content, Message, Reader
from llm_tracer.model.trace import Node

from llm_tracer_service.conversation.index import TraceIndex
from llm_tracer_service.json_values import encode_json
from llm_tracer_service.reading import values

LineKind: TypeAlias = Literal[
    "step",
    "system",
    "user",
    "assistant",
    "reasoning",
    "tool_call",
    "tool_result",
    "arguments",
    "result",
    "error",
]
"""`step` begins a span that has others below it or no texts of its own; all others are what was said in a span."""

_SEARCHES = ("retriever", "reranker")

CHARS_MAX = 2_000
"""How much of a text the API shows; `chars` is its full length, and the span has all of it."""


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that happened in a span. `text` may be cut, in the API to 2,000 characters: `chars` is its full length. `name` is that of the tool, of the step,
    or of the speaker. `offset_ms` is when the span began, since the trace did; `duration_ms` is null while the span runs."""

    span_id: str
    span_kind: str
    depth: int
    kind: LineKind
    text: str
    chars: int
    name: str | None
    offset_ms: float
    duration_ms: float | None


@dataclass(frozen=True, slots=True)
class Transcript:
    """Some lines, and the index of the span that comes next; None at the end."""

    lines: tuple[Line, ...]
    next_index: int | None


def transcript_of(
    index: TraceIndex, reader: Reader, first: int, spans: int, chars_max: int | None = CHARS_MAX
) -> Transcript:
    """The lines of `spans` spans of a trace in tree order, beginning with that at `first`. `chars_max` None: uncut."""
    nodes = index.trace.nodes
    last = min(len(nodes), first + spans)
    writer = _Writer(index, reader, chars_max)
    lines = tuple(line for at in range(first, last) for line in writer.lines(at))
    return Transcript(lines, last if last < len(nodes) else None)


class _Writer:
    def __init__(self, index: TraceIndex, reader: Reader, chars_max: int | None) -> None:
        self._index = index
        self._chars_max = chars_max
        self._nodes = index.trace.nodes
        self._reader = reader
        parents = [node.parent_index for node in self._nodes]
        self._is_parent = set(parents)
        self._searches_below = {
            node.parent_index for node in self._nodes if node.row.reading.kind in _SEARCHES
        }
        self._tools_told = {
            node.row.reading.tool_call_id for node in self._nodes if node.row.reading.kind == "tool"
        }

    def lines(self, at: int) -> Iterator[Line]:
        """The lines of one span."""
        node = self._nodes[at]
        span = self._index.trace.spans.get(node.row.span_id)
        kind = node.row.reading.kind
        content = Content() if span is None else self._reader.content(span)
        if (
            kind == "llm"
            and not self._index.family.wraps[at]
            and (content.input_messages or content.output_messages)
        ):
            yield from self._call(node, content)
        elif kind == "tool" and (at not in self._is_parent or _says_something(content)):
            yield from self._tool(node, content)
        elif at in self._is_parent:
            yield self._line(node, "step")
            if (
                kind in _SEARCHES and at not in self._searches_below
            ):  # below may be the embedding of its question
                yield from self._found(node, content)
        elif content.documents:
            yield self._line(node, "step")
            yield from self._found(node, content)
        else:
            yield self._line(node, "step")
            yield from self._texts(node, "arguments", content.input_raw)
            yield from self._texts(node, "result", content.output_raw)
        yield from self._error(node)

    def _call(self, node: Node, content: Content) -> Iterator[Line]:
        delta = self._index.delta(node.row.span_id, content)
        if delta is None or delta.system_changed:
            for part in content.system:
                yield from self._part(node, "system", part)
        for message in content.input_messages[0 if delta is None else delta.first_new :]:
            yield from self._message(node, message)
        for message in content.output_messages:
            yield from self._message(node, message)

    def _message(self, node: Node, message: Message) -> Iterator[Line]:
        role: LineKind = "assistant"
        if message.role in ("system", "developer"):
            role = "system"
        elif message.role == "user":
            role = "user"
        for part in message.parts:
            yield from self._part(node, role, part, message.name)

    def _part(
        self, node: Node, role: LineKind, part: Mapping[str, Any], name: str | None = None
    ) -> Iterator[Line]:
        match part.get("type"):
            case "tool_call" | "tool_result" as kind:
                # Ids and names are as they were sent, of any type.
                call_id = values.text(part.get("id"))
                if call_id is not None and call_id in self._tools_told:
                    return
                value = part.get("arguments") if kind == "tool_call" else part.get("content")
                yield self._line(node, kind, _as_text(value), values.text(part.get("name")) or name)
            case "reasoning":
                yield self._line(node, "reasoning", _as_text(part.get("content")) or "(not given)")
            case "text" | "refusal":
                yield self._line(node, role, _as_text(part.get("content")), name)
            case other:
                what = part.get("modality") or part.get("raw_type") or other
                yield self._line(node, role, f"({what})", name)

    def _tool(self, node: Node, content: Content) -> Iterator[Line]:
        tool = content.tool or {}
        name = tool.get("name") or node.row.reading.name
        arguments = tool.get("arguments") if tool.get("arguments") is not None else content.input_raw
        result = tool.get("result") if tool.get("result") is not None else content.output_raw
        yield self._line(node, "arguments", _as_text(arguments), name)
        yield from self._texts(node, "result", result)

    def _found(self, node: Node, content: Content) -> Iterator[Line]:
        """What was searched for, and each document that was found, with its rank."""
        yield from self._texts(
            node, "arguments", content.input_raw if content.query is None else content.query
        )
        for rank, document in enumerate(content.documents, 1):
            label = next(
                (str(document[key]) for key in ("title", "id", "uri") if document.get(key)), "document"
            )
            score = document.get("score")
            facts = label if score is None else f"{label}, score {_number(score)}"
            yield self._line(node, "result", f"{rank}. {facts}: {_as_text(document.get('content'))}")

    def _texts(self, node: Node, kind: LineKind, value: Any) -> Iterator[Line]:
        text = _as_text(value)
        if text:
            yield self._line(node, kind, text)

    def _error(self, node: Node) -> Iterator[Line]:
        reading = node.row.reading
        if reading.status == "error":
            error = reading.error
            told = failure_text(error.type, error.message) if error else ""
            yield self._line(node, "error", told or "failed")

    def _line(self, node: Node, kind: LineKind, text: str = "", name: str | None = None) -> Line:
        row = node.row
        return Line(
            row.span_id,
            row.reading.kind,
            node.depth,
            kind,
            text[: self._chars_max],
            len(text),
            name or (row.reading.name if kind == "step" else None),
            (row.start_time_unix_nano - self._index.trace.summary.start_time_unix_nano) / 1e6,
            row.duration_ms,
        )


def _says_something(content: Content) -> bool:
    """Whether a tool says what it was given or answered: its call does not, since the tool has a span."""
    tool = content.tool or {}
    own = (tool.get("arguments"), tool.get("result"), content.input_raw, content.output_raw)
    return any(value is not None for value in own)


def _as_text(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else encode_json(value).decode()


def _number(sent: object) -> str:
    return f"{sent:.3g}" if isinstance(sent, int | float) else _as_text(sent)
