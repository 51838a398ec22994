"""Two traces, or two spans, side by side."""

from __future__ import annotations

from typing import Any, Literal

from msgspec import UNSET, Struct, UnsetType

from llm_tracer_service.api.answers.figures import SpanCost, Usage
from llm_tracer_service.api.answers.spans import Message
from llm_tracer_service.api.answers.statuses import Code, State
from llm_tracer_service.api.answers.traces import SpanError, SpanRow, TraceSummary
from llm_tracer_service.compare.messages import ComparedTools


class Difference(Struct, frozen=True):
    """A figure of both sides; `delta` is b less a, null if one of them is not known."""

    a: float | None
    b: float | None
    delta: float | None


class Differences(Struct, frozen=True):
    """The figures of both sides; for spans, including everything below them. Cost is in US dollars."""

    duration_ms: Difference
    input_tokens: Difference
    output_tokens: Difference
    total_tokens: Difference
    cost: Difference
    spans: Difference
    errors: Difference


class ComparedSpan(Struct, frozen=True):
    """One span of a side. `start_offset_ms` counts from the start of its side; `tokens` is the total of `usage`."""

    span_id: str
    parent_span_id: str | None
    name: str
    kind: str
    status: Code
    state: State
    start_offset_ms: float
    duration_ms: float | None
    model: str | None
    tokens: int | None
    usage: Usage | None
    cost: SpanCost | None
    error: SpanError | None


class ComparedRow(Struct, frozen=True):
    """Two spans that belong together, or one that only one side has.

    `differs` says in what the spans differ: input, output, model, parameters (of a model call: temperature, token limit,
    …), status, error, name. The deltas are b less a, null if one side is not known.
    """

    a: ComparedSpan | None
    b: ComparedSpan | None
    depth: int
    change: Literal["same", "changed", "only_a", "only_b"]
    differs: tuple[str, ...]
    duration_ms_delta: float | None
    tokens_delta: int | None
    cost_delta: float | None


class Divergence(Struct, frozen=True):
    """Where the two sides first differ: an index into `rows`, its spans, in what they differ (`missing`: only one side has
    the span), and one sentence. `answered_otherwise` is the index of an earlier model call that was given the same but
    answered differently, which may be the reason."""

    row: int
    a_span_id: str | None
    b_span_id: str | None
    what: Literal["input", "output", "model", "parameters", "status", "error", "name", "missing"]
    text: str
    answered_otherwise: int | None


class TraceSide(TraceSummary, frozen=True, tag_field="what", tag="trace"):
    """A side that is a trace."""


class SpanSide(SpanRow, frozen=True, tag_field="what", tag="span"):
    """A side that is a span, with its trace."""


class Comparison(Struct, frozen=True):
    """Both sides, and each of their spans in exactly one row, in the order of the merged trees.

    `a` and `b` are summaries of two traces, or rows of two spans. `matched` counts the rows with two spans, `same` those
    of them in which nothing differs.
    """

    kind: Literal["traces", "spans"]
    a: TraceSide | SpanSide
    b: TraceSide | SpanSide
    differences: Differences
    rows: tuple[ComparedRow, ...]
    first_divergence: Divergence | None
    matched: int
    same: int
    only_a: int
    only_b: int


class JsonChange(Struct, frozen=True):
    """A place where two JSON values differ, as a path from `$`."""

    path: str
    change: Literal["added", "removed", "changed"]
    a: Any | UnsetType = UNSET
    b: Any | UnsetType = UNSET


class ComparedMessage(Struct, frozen=True):
    """One message that both sides have, or only one.

    The indexes count the instructions (`system`, if there are any) as the first message. An unchanged message is not
    repeated: `preview` is its beginning. For a changed one, `words` is its text word by word (`["=" | "-" | "+", text]`)
    and `json` lists the differences in all other parts; each is null if nothing changed in it.
    """

    change: Literal["same", "changed", "added", "removed"]
    role: str
    a_index: int | None
    b_index: int | None
    preview: str
    a: Message | None
    b: Message | None
    words: tuple[tuple[Literal["=", "-", "+"], str], ...] | None
    json: tuple[JsonChange, ...] | None
    complete: bool


class ComparedParameter(Struct, frozen=True):
    """A parameter of the request that differs, or the model."""

    name: str
    a: Any
    b: Any


class ContentComparison(Struct, frozen=True):
    """What two spans were given and answered. `input` is only for spans that have no messages. `complete` is false if
    something was too long to be compared whole."""

    messages: tuple[ComparedMessage, ...]
    input: tuple[ComparedMessage, ...]
    output: tuple[ComparedMessage, ...]
    tools: ComparedTools
    parameters: tuple[ComparedParameter, ...]
    complete: bool
