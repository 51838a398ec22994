"""Whether two spans have the same input, the same output and the same parameters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from llm_tracer.model.reading import Content, Reader
from llm_tracer.model.row import SpanRow
from llm_tracer.model.span import SpanData
from llm_tracer.model.trace import Trace

from llm_tracer_service.conversation.fingerprints import canonical, fingerprint_of_system, fingerprints


@dataclass(frozen=True, slots=True)
class Differs:
    """What differs between two spans. Only model calls have parameters: temperature, a token limit, …"""

    input: bool
    output: bool
    parameters: bool = False


class Payloads:
    """What the spans of two traces say. Cheap comparisons come first: of 5,000 spans few are read in full."""

    def __init__(self, a: Trace, b: Trace, reader: Reader) -> None:
        self._a = a.spans
        self._b = b.spans
        self._reader = reader

    def differ(self, a: SpanRow, b: SpanRow) -> Differs:
        """What differs between two spans. Ids of messages, calls or responses do not count, nor does a span that was
        deleted meanwhile."""
        mine, theirs = a.reading, b.reading
        by_input = mine.input_preview != theirs.input_preview
        by_output = mine.output_preview != theirs.output_preview
        are_calls = mine.kind == theirs.kind == "llm"
        if by_input and by_output and not are_calls:
            return Differs(by_input, by_output)
        span_a, span_b = self._a.get(a.span_id), self._b.get(b.span_id)
        if span_a is None or span_b is None or _as_sent(span_a, a) == _as_sent(span_b, b):
            return Differs(by_input, by_output)
        content_a, content_b = self._reader.content(span_a), self._reader.content(span_b)
        return Differs(
            by_input or given(content_a) != given(content_b),
            by_output or answered(content_a) != answered(content_b),
            are_calls and parameters(content_a) != parameters(content_b),
        )


def _as_sent(span: SpanData, row: SpanRow) -> tuple[Any, ...]:
    """What was sent, without the ids of this one span and response."""
    ids = {row.reading.response_id, row.reading.tool_call_id, row.span_id} - {None}
    attributes = {
        key: value for key, value in span.attributes.items() if not (isinstance(value, str) and value in ids)
    }
    return attributes, [(event.name, event.attributes, event.body) for event in span.events]


def given(content: Content) -> tuple[Any, ...]:
    """The input of a span, to compare: the instructions, messages and tools of a model call, the arguments of a tool, the
    question of a retriever; if it has none of these, the input as it was sent."""
    messages, _ = fingerprints(content)
    system = fingerprint_of_system(content.system)
    tools = tuple(map(canonical, content.tool_definitions))
    arguments = None if content.tool is None else canonical(content.tool.get("arguments"))
    said = (system, messages, tools, arguments, content.query)
    return said if any(said) else (canonical(content.input_raw),)


def answered(content: Content) -> tuple[Any, ...]:
    """The output of a span, to compare."""
    _, messages = fingerprints(content)
    result = None if content.tool is None else canonical(content.tool.get("result"))
    documents = tuple(canonical(document) for document in content.documents)
    said = (messages, result, documents)
    return said if any(said) else (canonical(content.output_raw),)


def parameters(content: Content) -> bytes:
    """The parameters of a model call, to compare; null counts as missing."""
    return canonical({name: value for name, value in content.params.items() if value is not None})
