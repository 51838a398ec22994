"""The fields that a query may name: what each of them is, and which one was probably meant by an unknown name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal, TypeAlias

from llm_tracer.model.query import FAMILIES, FIELD_NAMES, FIELDS, HAS_WORDS
from llm_tracer.model.reading import KINDS

ValueType: TypeAlias = Literal["text", "count", "duration", "dollars", "any"]
"""How values are compared: as `text` (with `*` as wildcard), `count` (k and M), `duration` (with ms, s, m or h), `dollars`
(with or without `$`), or `any` (a family: as text, or as numbers like `count`, depending on the test)."""

TRACE_STATUSES = ("running", "ok", "error", "abandoned")
SPAN_STATUSES = ("unset", "ok", "error")


@dataclass(frozen=True, slots=True)
class FieldDoc:
    """A field, for the documentation and for completion.

    `name` is what is typed; families end in a placeholder: `score.NAME`. `values` are all allowed values, empty if any
    value is. `of_one_span` is False if the field says nothing about one span, so that it cannot be used in `{...}`.
    `example` is a whole query.
    """

    name: str
    type: ValueType
    description: str
    example: str
    values: tuple[str, ...] = ()
    of_one_span: bool = True


def _whole_trace(name: str, description: str, example: str) -> FieldDoc:
    return FieldDoc(name, "count", description, example, of_one_span=False)


_DOCS = (
    FieldDoc("name", "text", "name of the trace or of any span", "name:support-agent"),
    FieldDoc("status", "text", "status of the trace", "status:error", TRACE_STATUSES),
    FieldDoc("span.status", "text", "status of any span", "span.status:error", SPAN_STATUSES),
    FieldDoc("kind", "text", "what a span is", "kind:retriever", KINDS),
    FieldDoc("model", "text", "model that was requested, or the one that answered", "model:gpt-4o*"),
    FieldDoc("provider", "text", "who serves the model", "provider:anthropic"),
    FieldDoc("service", "text", "service that sent the span", "service:checkout"),
    FieldDoc("tool", "text", "name of a tool that was called", "tool:search,browse"),
    FieldDoc("failed_tool", "text", "name of a tool with a failed call", "failed_tool:search"),
    FieldDoc("agent", "text", "name of an agent", "agent:planner"),
    FieldDoc("session", "text", "id of the session", "session:chat-81"),
    FieldDoc("user", "text", "id of the user", "user:alice"),
    FieldDoc("tag", "text", "one of the tags", "-tag:test"),
    FieldDoc("env", "text", "environment", "env:production"),
    FieldDoc("release", "text", "release of the program", "release:2.1.*"),
    FieldDoc("error", "text", "type of an error, or a part of its message", "error:RateLimitError"),
    FieldDoc(
        "failure",
        "text",
        "a kind of failure, by its id in /api/errors",
        "failure:4b1f0c9a2e77d035",
        of_one_span=False,
    ),
    FieldDoc(
        "pattern",
        "text",
        "the pattern of the trace, by its id in /api/patterns",
        "pattern:9d3e51c8a0b2f764",
        of_one_span=False,
    ),
    FieldDoc("dur", "duration", "duration of the trace", "dur>2s"),
    FieldDoc("ttft", "duration", "time to the first token", "ttft>=500ms"),
    FieldDoc("tokens", "count", "input and output tokens of the trace", "tokens>10k"),
    FieldDoc("input_tokens", "count", "input tokens, cached ones included", "input_tokens:1k..8k"),
    FieldDoc("output_tokens", "count", "output tokens, reasoning included", "output_tokens>500"),
    FieldDoc("cached_tokens", "count", "input tokens read from the cache", "cached_tokens:*"),
    FieldDoc("reasoning_tokens", "count", "tokens spent on reasoning", "reasoning_tokens>0"),
    FieldDoc("cost", "dollars", "known cost of the trace in US dollars", "cost>=0.01"),
    _whole_trace("spans", "number of spans", "spans>100"),
    _whole_trace("llm_calls", "number of model calls", "llm_calls>=10"),
    _whole_trace("tool_calls", "number of tool calls", "tool_calls:0"),
    _whole_trace("errors", "number of spans in error", "errors:2..5"),
    FieldDoc("span.dur", "duration", "duration of any span", "span.dur>1m"),
    FieldDoc("span.tokens", "count", "tokens of any span", "span.tokens>100k"),
    FieldDoc("span.cost", "dollars", "cost of any span in US dollars", "span.cost>$0.50"),
    FieldDoc("id", "text", "id of a trace, span, session or response", "id:4bf92f3577b34da6"),
    FieldDoc("turn_of", "text", "exact id of the session it is a turn of", "turn_of:chat-81"),
    FieldDoc("has", "text", "what it contains", "has:image", HAS_WORDS),
    FieldDoc("score.NAME", "any", "a score by its name: value or label", "score.helpfulness<0.5"),
    FieldDoc("meta.KEY", "any", "an entry of the metadata", "meta.customer:acme"),
    FieldDoc(
        "attr.KEY", "any", "a raw attribute of a span or its resource, as sent", "attr.http.route:/chat*"
    ),
)

DOC_OF = {doc.name.partition(".")[0] if doc.type == "any" else doc.name: doc for doc in _DOCS}
"""The documentation of a field by its name, and of a family by `score`, `meta` or `attr`."""


def known_fields() -> list[FieldDoc]:
    """Every field, in the order in which the documentation shows them; the families last."""
    return list(_DOCS)


# --- what was meant -------------------------------------------------------------------------------------------------

# What these fields are called elsewhere, if that is too different from our names to be found by similarity.
_ALSO_CALLED = {
    "attribute": "attr.KEY", "attributes": "attr.KEY", "duration": "dur", "environment": "env", "exception": "error",
    "latency": "dur", "metadata": "meta.KEY", "price": "cost", "prompt_tokens": "input_tokens",
    "completion_tokens": "output_tokens", "feedback": "score.NAME", "spanid": "id", "span_id": "id", "system": "provider",
    "time": "dur", "trace": "id", "traceid": "id", "trace_id": "id", "type": "kind", "version": "release",
}  # fmt: skip

_GUESSED_CHARS_MAX = 40


def nearest_field(name: str) -> str | None:
    """The field that was probably meant by an unknown name; None if nothing is similar."""
    lower = name.lower()
    head, _, key = lower.partition(".")
    if lower in FIELD_NAMES:
        return lower
    if lower in FAMILIES:
        return DOC_OF[lower].name
    if head == "span" and key in FIELDS:
        return key
    if head in _ALSO_CALLED:
        return _ALSO_CALLED[head]
    return nearest(lower, FIELD_NAMES)


def nearest(word: str, names: Sequence[str]) -> str | None:
    """The name most similar to a word, letter case aside; None if none is similar."""
    if len(word) > _GUESSED_CHARS_MAX:
        return None
    return next(iter(get_close_matches(word.lower(), names, n=1)), None)
