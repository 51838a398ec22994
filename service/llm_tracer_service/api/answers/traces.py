"""Traces and their rows."""

from __future__ import annotations

from typing import Any

from llm_tracer.model.trace import TraceCost
from msgspec import UNSET, Struct, UnsetType

from llm_tracer_service.api.answers.figures import SpanCost, Usage
from llm_tracer_service.api.answers.list_page import ListPage
from llm_tracer_service.api.answers.statuses import Code, State, Status


class TraceError(Struct, frozen=True):
    """Where a trace broke."""

    type: str | None
    message: str | None
    span_id: str


class SpanError(Struct, frozen=True):
    """Why a span failed. `inferred`: the sender did not say that it failed, but other facts do."""

    type: str | None
    message: str | None
    inferred: bool
    stack: str | None = None


class Score(Struct, frozen=True):
    """A judgement about a span, a trace or a session."""

    name: str
    value: float | None
    label: str | None
    explanation: str | None
    source: str | None
    annotator_kind: str | None
    target: str
    time: str | None


class Hit(Struct, frozen=True):
    """A place where a text occurs; `where` is name, input, output or error."""

    span_id: str
    where: str
    snippet: str


class TraceSummary(Struct, frozen=True):
    """One trace in a list. `answer_cut`: some model answer in it ended at its token limit; `has:cut` finds these traces."""

    trace_id: str
    name: str
    status: Status
    start_time: str
    end_time: str | None
    duration_ms: float | None
    span_count: int
    error_count: int
    open_count: int
    orphan_count: int
    answer_cut: bool
    root_span_id: str | None
    kinds: dict[str, int]
    models: tuple[str, ...]
    providers: tuple[str, ...]
    services: tuple[str, ...]
    usage: Usage | None
    cost: TraceCost | None
    ttft_ms: float | None
    session_id: str | None
    user_id: str | None
    tags: tuple[str, ...]
    metadata: dict[str, Any]
    environment: str | None
    release: str | None
    scores: tuple[Score, ...]
    input_preview: str | None
    output_preview: str | None
    error: TraceError | None
    last_received: str
    pinned: bool
    shortened: tuple[str, ...] | UnsetType = UNSET
    """The fields of which this has only the beginning, since they are long: texts end in an ellipsis. The spans have all of
    them."""
    hit: Hit | UnsetType | None = UNSET
    """Only in the answer to a query: where the first of its words occurs; null if it has no words."""


class SpanRow(Struct, frozen=True):
    """One span in a tree or a list, without its payload. `orphan`: its parent was never received."""

    span_id: str
    parent_span_id: str | None
    name: str
    kind: str
    status: Code
    state: State
    start_time: str
    end_time: str | None
    duration_ms: float | None
    model: str | None
    provider: str | None
    usage: Usage | None
    cost: SpanCost | None
    error: SpanError | None
    depth: int
    orphan: bool
    shortened: tuple[str, ...] | UnsetType = UNSET
    """The fields of which this has only the beginning, since they are long: texts end in an ellipsis. The span has all of
    them."""
    trace_id: str | UnsetType = UNSET
    """Only in lists over several traces, like all fields that follow."""
    trace_name: str | UnsetType = UNSET
    tool_name: str | UnsetType | None = UNSET
    input_preview: str | UnsetType | None = UNSET
    output_preview: str | UnsetType | None = UNSET
    answer_cut: bool | UnsetType = UNSET
    hit: Hit | UnsetType | None = UNSET
    """Only in the answer to a query: where the first of its words occurs; null if it has no words."""


class Note(Struct, frozen=True):
    """Something to know about how the span was understood; `span_id` is another span that the note is about."""

    code: str
    text: str
    span_id: str | None


class TraceList(ListPage, frozen=True):
    """A page of traces. `count` is the number on this page. A search that no index can answer stops after a while: then
    `complete` is false, `scanned` and `scanned_until` say how far it got, and `next_cursor` continues it."""

    traces: tuple[TraceSummary, ...]


class TraceDetail(Struct, frozen=True):
    """One trace, its spans in tree order, 5,000 a page. `notes` say which of its model calls an earlier trace reports too,
    since the totals of the project count them only once."""

    trace: TraceSummary
    spans: tuple[SpanRow, ...]
    span_count: int
    next_cursor: str | None
    notes: tuple[str, ...]


class Skeleton(Struct, frozen=True):
    """A trace in columns, for drawing. Each column has one entry per span, in tree order.

    `id` joins the 16-digit span ids. `parent` is an index into the columns, -1 for a root and an orphan. `name`, `kind`
    and `model` are indexes into `names`, `kinds` and `models` (-1: none). `start_us` counts from the origin
    `start_time_unix_nano`; `duration_us` is -1 while a span has no end. `status`: 0 unset, 1 ok, 2 error. `flags`: 1
    orphan, 2 open, 4 abandoned, 8 cycle cut here, 16 starts before its parent, 32 counted in the totals, 64 finish
    problem. `ttft_us` (time to the first token), `previews` and `failures` are not columns but objects by index, since not
    all spans have them. A preview is the first 80 characters of what an agent or a model answered, or a tool, a request or
    a database was given; in a trace with more than 500 of them, only of what agents answered. A failure is the first 80
    characters of why a span failed: of those without a child in error, and of at most 500.
    """

    trace: TraceSummary
    start_time_unix_nano: str
    names: list[str]
    models: list[str]
    kinds: list[str]
    id: str
    parent: list[int]
    name: list[int]
    kind: list[int]
    model: list[int]
    start_us: list[int]
    duration_us: list[int]
    status: list[int]
    tokens: list[int | None]
    cost: list[float | None]
    flags: list[int]
    ttft_us: dict[str, int]
    previews: dict[str, str]
    failures: dict[str, str]


class Hits(Struct, frozen=True):
    """Where a text occurs in a trace, in tree order."""

    hits: list[Hit]
    has_more: bool
