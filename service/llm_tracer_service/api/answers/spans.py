"""One span, with everything known about it."""

from __future__ import annotations

from typing import Any

from llm_tracer.model.trace import TraceCost
from msgspec import UNSET, Struct, UnsetType

from llm_tracer_service.api.answers.figures import SpanCost, Usage
from llm_tracer_service.api.answers.list_page import ListPage
from llm_tracer_service.api.answers.statuses import Code, State
from llm_tracer_service.api.answers.traces import Note, Score, SpanError, SpanRow
from llm_tracer_service.conversation.delta import Delta
from llm_tracer_service.conversation.tool_links import ToolLink


class Scope(Struct, frozen=True):
    """The library that made a span."""

    name: str
    version: str
    attributes: dict[str, Any]


class Event(Struct, frozen=True):
    """Something that happened during a span. `body` is that of a log record that was joined to the span."""

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


class Fingerprints(Struct, frozen=True):
    """16 hexadecimal digits per message, equal for messages that say the same, whatever their ids."""

    system: str | None
    input: tuple[str, ...]
    output: tuple[str, ...]


class Subtree(Struct, frozen=True):
    """Tokens and cost of a span and everything below it, each model call counted once; `calls` is their number."""

    calls: int
    usage: Usage | None
    cost: TraceCost | None


class SpanDetail(Struct, frozen=True):
    """One span, whole: as it was sent (`attributes`, `resource`, `events`, `links`) and as it was understood.

    `provenance` says which key gave each understood field. `tool_links`, `delta`, `subtree` and `notes` relate the span to
    its trace; `fingerprints` is null unless the span is a model call, `delta` also for the first call of a thread.
    `context_window` is how many tokens the model takes, if known.
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
    context_window: int | None = None


class SpanList(ListPage, frozen=True):
    """A page of spans over all traces, newest first. A search that no index can answer stops after a while: then `complete`
    is false, `scanned` and `scanned_until` say how far it got, and `next_cursor` continues it."""

    spans: tuple[SpanRow, ...]
