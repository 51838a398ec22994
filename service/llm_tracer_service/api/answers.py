"""The shapes of the answers (docs/api.md): what the OpenAPI document is generated from, and what render.py fills.

Times are RFC 3339 UTC with nanoseconds, durations milliseconds, cost US dollars. None is "not known", never 0.
"""

from __future__ import annotations

from typing import Any, Literal

from msgspec import UNSET, Struct, UnsetType

Status = Literal["running", "ok", "error", "abandoned"]
State = Literal["open", "closed", "abandoned"]
Code = Literal["unset", "ok", "error"]


class Usage(Struct, frozen=True):
    """Tokens. `input` includes the cache's part, `output` includes reasoning; `total` is both."""

    input: int | None
    output: int | None
    total: int | None
    cache_read: int | None
    cache_write: int | None
    reasoning: int | None
    cache_write_5m: int | None
    cache_write_1h: int | None
    input_audio: int | None
    output_audio: int | None
    input_image: int | None
    extra: dict[str, Any]


class TraceCost(Struct, frozen=True):
    """The sum of the known prices; `complete` is false where a call has none."""

    total: float
    complete: bool


class SpanCost(Struct, frozen=True):
    """What one call cost, by whom it was reckoned."""

    total: float
    input: float | None
    output: float | None
    parts: dict[str, float]
    currency: str
    source: str
    price_version: str | None


class TraceError(Struct, frozen=True):
    """Where a trace broke."""

    type: str | None
    message: str | None
    span_id: str


class SpanError(Struct, frozen=True):
    """Why a span failed. `inferred`: the sender did not say that it failed, other facts do."""

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


class TraceSummary(Struct, frozen=True):
    """One trace in a list."""

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
    trace_id: str | UnsetType = UNSET
    """Only in lists over several traces."""


class TraceList(Struct, frozen=True):
    """A page of traces. `count` is the number on this page."""

    traces: tuple[TraceSummary, ...]
    next_cursor: str | None
    has_more: bool
    count: int


class TraceDetail(Struct, frozen=True):
    """One trace, its spans in tree order, 5,000 a page. `notes` say which of its model calls an earlier trace reports
    too, so that they are not counted twice in the totals of the project."""

    trace: TraceSummary
    spans: tuple[SpanRow, ...]
    span_count: int
    next_cursor: str | None
    notes: tuple[str, ...]


class Skeleton(Struct, frozen=True):
    """A trace in columns, for drawing. All columns have one entry a span, in tree order.

    `id` joins the 16-digit span ids. `parent` is an index into the columns, -1 for a root and an orphan. `name`, `kind`
    and `model` are indexes into `names`, `kinds` and `models` (-1: none). `start_us` counts from the origin
    `start_time_unix_nano`; `duration_us` is -1 while a span has no end. `status`: 0 unset, 1 ok, 2 error. `flags`: 1
    orphan, 2 open, 4 abandoned, 8 cycle cut here, 16 starts before its parent, 32 counted in the totals, 64 finish
    problem.
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


class Scope(Struct, frozen=True):
    """The library that made a span."""

    name: str
    version: str
    attributes: dict[str, Any]


class Event(Struct, frozen=True):
    """Something that happened during a span. `body`: of a log record that joined it."""

    name: str
    time: str
    attributes: dict[str, Any]
    source: str
    body: Any | UnsetType = UNSET


class Link(Struct, frozen=True):
    """A reference to another span."""

    trace_id: str
    span_id: str
    attributes: dict[str, Any]


class Message(Struct, frozen=True):
    """One message of a conversation. A part's other fields depend on its `type`."""

    role: str
    name: str | None
    parts: list[dict[str, Any]]
    finish_reason: str | None
    id: str | None


class Place(Struct, frozen=True):
    """A part of a message of a span: the `part`-th part of the `message`-th of its `input_messages` or
    `output_messages`, both from 0."""

    span_id: str
    side: Literal["input", "output"]
    message: int
    part: int


class DefinitionPlace(Struct, frozen=True):
    """The `index`-th of a span's `tool_definitions`."""

    span_id: str
    index: int


class ToolLink(Struct, frozen=True):
    """One use of a tool: where the model asked for it, where it was given the result, and the tool's own span.

    `here` are the places in this span's messages that speak of it, none for the span of a tool. `inferred`: found by
    name and arguments or by order, for want of ids. `problems` are texts: no result, arguments that do not fit the
    schema, a tool that was not offered, a result that nobody asked for.
    """

    call_id: str | None
    name: str | None
    here: tuple[Place, ...]
    call: Place | None
    result: Place | None
    definition: DefinitionPlace | None
    tool_span_id: str | None
    inferred: bool
    problems: tuple[str, ...]


class Fingerprints(Struct, frozen=True):
    """16 hexadecimal digits for each message, equal for messages that say the same, whatever their ids."""

    system: str | None
    input: tuple[str, ...]
    output: tuple[str, ...]


class Delta(Struct, frozen=True):
    """What is new in a model call since the previous one of its thread.

    The first `same` input messages are unchanged. The new ones begin at the index `first_new` (their number where
    nothing is new). `changed` are the indices below it of messages that the previous call did not have; `removed` of
    its messages are gone.
    """

    previous_span_id: str
    same: int
    changed: tuple[int, ...]
    first_new: int
    removed: int
    system_changed: bool


class Subtree(Struct, frozen=True):
    """Tokens and cost of a span and all below it, each model call once; `calls` spans were summed up."""

    calls: int
    usage: Usage | None
    cost: TraceCost | None


class Note(Struct, frozen=True):
    """Something to know about how the span was understood; `span_id` is another span that it speaks of."""

    code: str
    text: str
    span_id: str | None


class SpanDetail(Struct, frozen=True):
    """One span, whole: as it was sent (`attributes`, `resource`, `events`, `links`) and as it is understood.

    `provenance` says for each understood field which key gave it. `tool_links`, `delta`, `subtree` and `notes` say
    what it is within its trace; `fingerprints` is null for what is no model call, `delta` also for the first call of
    a thread.
    """

    trace_id: str
    span_id: str
    parent_span_id: str | None
    name: str
    otel_name: str
    kind: str
    otel_kind: int
    status: Code
    status_message: str | None
    level: str
    state: State
    start_time: str
    end_time: str | None
    duration_ms: float | None
    service_name: str | None
    scope: Scope
    resource: dict[str, Any]
    attributes: dict[str, Any]
    events: list[Event]
    links: list[Link]
    operation: str | None
    provider: str | None
    request_model: str | None
    response_model: str | None
    model: str | None
    params: dict[str, Any]
    service_tier: str | None
    system: list[dict[str, Any]]
    input_messages: list[Message]
    output_messages: list[Message]
    tool_definitions: list[dict[str, Any]]
    input_raw: Any
    input_mime: str | None
    output_raw: Any
    output_mime: str | None
    tool: dict[str, Any] | None
    usage: Usage | None
    usage_raw: dict[str, Any]
    usage_flags: tuple[str, ...]
    cost: SpanCost | None
    finish_reasons: tuple[str, ...]
    response_id: str | None
    ttft_ms: float | None
    streaming: bool | None
    documents: list[dict[str, Any]]
    query: str | None
    embeddings: dict[str, Any] | None
    rerank: dict[str, Any] | None
    agent: dict[str, Any] | None
    workflow_name: str | None
    graph_node: dict[str, Any] | None
    prompt: dict[str, Any] | None
    mcp: dict[str, Any] | None
    session_id: str | None
    user_id: str | None
    tags: tuple[str, ...]
    metadata: dict[str, Any]
    environment: str | None
    release: str | None
    scores: tuple[Score, ...]
    error: SpanError | None
    provenance: dict[str, str]
    ingest_notes: tuple[str, ...]
    notes: tuple[Note, ...]
    tool_links: tuple[ToolLink, ...]
    fingerprints: Fingerprints | None
    delta: Delta | None
    subtree: Subtree | None
    mapping_version: str


class SpanList(Struct, frozen=True):
    """A page of spans over all traces, newest first."""

    spans: tuple[SpanRow, ...]
    next_cursor: str | None
    has_more: bool
    count: int


class Hit(Struct, frozen=True):
    """A place where a text stands; `where` is name, input, output or error."""

    span_id: str
    where: str
    snippet: str


class Hits(Struct, frozen=True):
    """Where a text stands in a trace, in tree order."""

    hits: list[Hit]
    has_more: bool


class SessionSummary(Struct, frozen=True):
    """One conversation: as many turns as it has traces."""

    session_id: str
    turn_count: int
    start_time: str
    last_activity: str
    duration_ms: float
    user_id: str | None
    span_count: int
    error_count: int
    usage: Usage | None
    cost: TraceCost | None
    first_input_preview: str | None


class SessionList(Struct, frozen=True):
    """A page of sessions, last activity first."""

    sessions: tuple[SessionSummary, ...]
    next_cursor: str | None
    has_more: bool
    count: int


class SaidMessage(Struct, frozen=True):
    """A message, whole, and the span that carried it."""

    span_id: str
    message: Message


class Turn(Struct, frozen=True):
    """One trace of a session: what the person said last and what was answered, whole; null where nothing says it.

    `error_count` counts spans in error, `error` is the first.
    """

    trace_id: str
    name: str
    status: Status
    start_time: str
    duration_ms: float | None
    asked: SaidMessage | None
    answered: SaidMessage | None
    usage: Usage | None
    cost: TraceCost | None
    llm_calls: int
    tool_calls: int
    error_count: int
    error: TraceError | None


class SessionDetail(Struct, frozen=True):
    """One session: the summaries of all its traces, and a page of its turns, both in order of their start."""

    session: SessionSummary
    traces: tuple[TraceSummary, ...]
    turns: list[Turn]
    next_cursor: str | None


class Latency(Struct, frozen=True):
    """Percentiles of the durations of ended traces, in milliseconds, within 2 %."""

    p50: float | None
    p95: float | None
    p99: float | None


class Figures(Struct, frozen=True):
    """Totals over traces. `errors` counts traces in error; one model call that was reported twice counts once."""

    traces: int
    spans: int
    errors: int
    llm_calls: int
    tool_calls: int
    usage: Usage | None
    cost: TraceCost | None
    latency_ms: Latency


class Point(Figures, frozen=True, kw_only=True):
    """The figures of one bucket of time, which begins at `time`."""

    time: str


class Group(Figures, frozen=True, kw_only=True):
    """The figures of the traces with one value."""

    value: str | None


class Stats(Struct, frozen=True):
    """Totals, over time (with `bucket`), and by value."""

    totals: Figures
    series: list[Point]
    groups: list[Group]


class PriceSource(Struct, frozen=True):
    """Who says what a token costs: `user` is the price file of TRACER_PRICES with so many `entries`, `computed` the
    public list. `version` names its content; it is the `price_version` of the costs made with it."""

    source: Literal["user", "computed"]
    version: str
    entries: int | None


class UnpricedModel(Struct, frozen=True):
    """A model with calls that have tokens and no cost. The same call reported by two spans is two calls here."""

    model: str
    provider: str | None
    calls: int
    usage: Usage | None
    last_call: str
    last_trace_id: str


class Prices(Struct, frozen=True):
    """Where prices come from, and which models have none. `complete`: no call was left out of the search."""

    sources: list[PriceSource]
    models_without_price: list[UnpricedModel]
    calls_seen: int
    complete: bool


class Changes(Struct, frozen=True):
    """What changed after a cursor, each trace once, as it is now; `cursor` is for the next question."""

    traces: tuple[TraceSummary, ...]
    deleted: tuple[str, ...]
    cursor: str
    has_more: bool


class Refusal(Struct, frozen=True):
    """Why something was refused, and how much of it."""

    reason: str
    count: int


class IngestRecord(Struct, frozen=True):
    """One request that brought spans, or tried to."""

    time: str
    source: str
    user_agent: str | None
    convention: str | None
    status: int
    accepted: int
    dropped: int
    refused: tuple[Refusal, ...]
    bytes: int


class IngestLog(Struct, frozen=True):
    """The last requests that brought spans, newest first."""

    requests: tuple[IngestRecord, ...]
    count: int


class Deleted(Struct, frozen=True):
    """How many traces are gone."""

    deleted: int


class RejectedSpan(Struct, frozen=True):
    """A span that was refused; `index` counts the spans of the body from 0."""

    index: int
    reason: str


class BatchResult(Struct, frozen=True):
    """What became of a batch."""

    accepted: int
    rejected: list[RejectedSpan]


class TraceOpened(Struct, frozen=True):
    """The id of a new trace."""

    trace_id: str


class SpanOpened(Struct, frozen=True):
    """The id of a new span."""

    span_id: str


class TraceCompleted(Struct, frozen=True):
    """A trace and what it is now."""

    trace_id: str
    status: Status


class SpanCompleted(Struct, frozen=True):
    """A span and how it ended."""

    span_id: str
    status: Code


class Health(Struct, frozen=True):
    """Whether the service can do its work."""

    status: Literal["ok", "degraded"]
    store: str
    version: str
    last_span_at: str | None


class ProblemDetails(Struct, frozen=True):
    """RFC 9457: why a request was refused, and what to do."""

    type: str
    title: str
    status: int
    detail: str
    hint: str | None
    request_id: str | UnsetType = UNSET
    position: int | UnsetType = UNSET
    """Of a query: the character."""
    expected: str | UnsetType = UNSET
    """Of a query: what belongs there."""
    where: str | UnsetType = UNSET
    """Of a body: a byte offset or a path in it."""
