"""What a span means: its facts (small, in every list) and its content (large, for a person who opens it).

A Reader derives a Reading from a SpanData; it can be derived again at any time, and is never the only place where
something is kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Protocol, TypeAlias

from llm_tracer.model.fast_dataclass import made_fast
from llm_tracer.model.span import SpanData, StatusCode

CUT_SHORT = frozenset({"length", "max_tokens", "max_output_tokens", "model_length"})
"""Finish reasons of an answer that reached its limit, as OpenAI, Anthropic and Gemini, the Responses API, and Mistral
call it."""

KINDS = (
    "llm", "embedding", "retriever", "reranker", "tool", "agent", "chain", "guardrail", "evaluator", "prompt",
    "memory", "mcp", "http", "db", "event", "other",
)  # fmt: skip
"""What a span can be: the union of all conventions."""

Level: TypeAlias = Literal["debug", "info", "warn", "error"]


@made_fast
@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one model call, or summed over several; None is "not reported", never 0.

    `input` includes tokens read from and written to the cache, `output` includes reasoning. So total
    = input + output, and the other fields are parts of these two. `extra` keeps other counts by the name they were
    sent with.
    """

    input: int | None = None
    output: int | None = None
    total: int | None = None
    cache_read: int | None = None
    cache_write: int | None = None
    cache_write_5m: int | None = None
    cache_write_1h: int | None = None
    reasoning: int | None = None
    input_audio: int | None = None
    output_audio: int | None = None
    input_image: int | None = None
    extra: Mapping[str, float] = field(default_factory=dict)


@made_fast
@dataclass(frozen=True, slots=True)
class Cost:
    """What one call cost, in US dollars. A span without a known price has no Cost, rather than one of zero.

    `source` says where it comes from: the sender, the price table (`price_version` names it), or the user's price
    file.
    """

    total: float
    input: float | None = None
    output: float | None = None
    parts: Mapping[str, float] = field(default_factory=dict)
    currency: str = "USD"
    source: Literal["sender", "computed", "user"] = "computed"
    price_version: str | None = None


@dataclass(frozen=True, slots=True)
class SpanError:
    """Why a span failed. `inferred` is True if the status was unset and other facts say that it failed.

    An inferred error on a Reading with unset status counts only if the span is a leaf of its trace.
    """

    type: str | None = None
    message: str | None = None
    inferred: bool = False


@dataclass(frozen=True, slots=True)
class Score:
    """A judgement about a span, a trace or a session."""

    name: str
    value: float | None = None
    label: str | None = None
    explanation: str | None = None
    source: str | None = None
    annotator_kind: str | None = None
    target: Literal["span", "trace", "session"] = "span"
    time_unix_nano: int | None = None


@made_fast
@dataclass(frozen=True, slots=True)
class Reading:
    """The facts about one span that lists, trees, totals and queries need. No payload; previews of 200 characters.

    `name` is the one to show. `status` is as sent, raised to "error" by what else says that it failed. `has` holds words
    of the query field `has:` that need the payload to be known ("cut", "image", "documents", "reasoning").
    """

    name: str
    kind: str = "other"
    status: StatusCode = "unset"
    level: Level = "info"
    operation: str | None = None
    provider: str | None = None
    request_model: str | None = None
    response_model: str | None = None
    usage: Usage | None = None
    usage_flags: tuple[str, ...] = ()
    cost: Cost | None = None
    error: SpanError | None = None
    finish_reasons: tuple[str, ...] = ()
    response_id: str | None = None
    ttft_ms: float | None = None
    tool_name: str | None = None
    tool_call_id: str | None = None
    agent_name: str | None = None
    service_name: str | None = None
    trace_name: str | None = None
    session_id: str | None = None
    user_id: str | None = None
    tags: tuple[str, ...] = ()
    metadata: Mapping[str, Any] = field(default_factory=dict)
    environment: str | None = None
    release: str | None = None
    scores: tuple[Score, ...] = ()
    has: tuple[str, ...] = ()
    input_preview: str | None = None
    output_preview: str | None = None

    @property
    def model(self) -> str | None:
        """The model to show: the one that answered, or else the one that was asked for."""
        return self.response_model or self.request_model

    @property
    def fails_as_leaf(self) -> bool:
        """Whether the span failed if it has no child, which only its trace knows."""
        return self.error is not None and self.error.inferred and self.status == "unset"

    def placed(self, is_leaf: bool) -> Reading:
        """The Reading once the place in the trace is known, which decides whether the span failed."""
        if not self.fails_as_leaf:
            return self
        if not is_leaf:
            return replace(self, error=None)
        return replace(self, status="error", level="error" if self.level == "info" else self.level)


Part: TypeAlias = Mapping[str, Any]
"""A piece of a message, by its "type", with these fields (those with ? may be missing):

    text         content, redacted?
    reasoning    content?, encrypted?, signature?
    tool_call    id, name, arguments (an object or a text), server_side?
    tool_result  id, name?, content, is_error?
    media        modality: image, audio, video, document or other; mime_type?, bytes?, transcript?,
                 ref: {blob_id, uri or file_id}
    refusal      content
    citation     uri?, title?, text?
    unknown      raw_type, data: shown raw, never dropped
"""


@made_fast
@dataclass(frozen=True, slots=True)
class Message:
    """One message of a conversation with a model."""

    role: str
    parts: tuple[Part, ...] = ()
    name: str | None = None
    finish_reason: str | None = None
    id: str | None = None


@dataclass(frozen=True, slots=True)
class Content:
    """The content of one span, for the person who opens it. Large: made on demand, never kept in a list.

    `provenance` gives for each derived field of Reading and Content the attribute, event or resource key it comes
    from. `input_raw` and `output_raw` are parsed if the value was JSON, else the text itself.
    """

    system: tuple[Part, ...] = ()
    input_messages: tuple[Message, ...] = ()
    output_messages: tuple[Message, ...] = ()
    tool_definitions: tuple[Mapping[str, Any], ...] = ()
    input_raw: Any = None
    input_mime: str | None = None
    output_raw: Any = None
    output_mime: str | None = None
    tool: Mapping[str, Any] | None = None
    params: Mapping[str, Any] = field(default_factory=dict)
    service_tier: str | None = None
    streaming: bool | None = None
    usage_raw: Mapping[str, Any] = field(default_factory=dict)
    documents: tuple[Mapping[str, Any], ...] = ()
    query: str | None = None
    embeddings: Mapping[str, Any] | None = None
    rerank: Mapping[str, Any] | None = None
    agent: Mapping[str, Any] | None = None
    workflow_name: str | None = None
    graph_node: Mapping[str, Any] | None = None
    prompt: Mapping[str, Any] | None = None
    mcp: Mapping[str, Any] | None = None
    error_stack: str | None = None
    provenance: Mapping[str, str] = field(default_factory=dict)
    ingest_notes: tuple[str, ...] = ()


@made_fast
@dataclass(frozen=True, slots=True)
class Text:
    """A searchable text of a span; `where` is one of "name", "input", "output", "error"."""

    where: str
    text: str


class Reader(Protocol):
    """Tells what a span means. Pure: the same span gives the same answer. Never raises, whatever was sent."""

    @property
    def version(self) -> str:
        """Identifies the table and the code; stored results say which version derived them."""
        ...

    def read(self, span: SpanData) -> Reading:
        """The facts about a span. Called for every span that is received, so at most some 20 µs."""
        ...

    def content(self, span: SpanData) -> Content:
        """The content of a span, when somebody opens it."""
        ...

    def texts(self, span: SpanData) -> Iterator[Text]:
        """What full text search finds in a span: its names, inputs, outputs and errors, JSON strings decoded."""
        ...
