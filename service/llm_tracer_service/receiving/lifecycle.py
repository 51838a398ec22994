"""Traces by hand: what the four lifecycle routes take, turned into the spans that any other sender would send. Pure.

The attributes are those of OTel GenAI and OpenInference, `llm_tracer.*` only where neither has a name.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Annotated, Any

import msgspec
from llm_tracer.model.span import Scope, SpanData, Value
from msgspec import Meta, Struct

from llm_tracer_service.json_values import encode_json

SCOPE = Scope("llm-tracer.http")

Tokens = Annotated[int, Meta(ge=0)]
Dollars = Annotated[float, Meta(ge=0)]
TraceId = Annotated[str, Meta(pattern="^(?!0{32})[0-9a-fA-F]{32}$", description="32 hexadecimal digits.")]
SpanId = Annotated[str, Meta(pattern="^(?!0{16})[0-9a-fA-F]{16}$", description="16 hexadecimal digits.")]


class ErrorBody(Struct, forbid_unknown_fields=True):
    """An error in its parts."""

    type: str | None = None
    message: str | None = None


class OpenTrace(Struct, kw_only=True, forbid_unknown_fields=True):
    """`POST /api/traces`."""

    name: str
    metadata: dict[str, Any] | None = None
    tags: list[str] | None = None
    user_id: str | None = None
    session_id: str | None = None
    input: Any = None
    trace_id: TraceId | None = None
    project_id: str | None = None
    """Only what the key says anyway: scripts written for other services send it."""


class _Results(Struct, kw_only=True, forbid_unknown_fields=True):
    """What is known when something ends."""

    output: Any = None
    output_data: Any = None
    error: str | ErrorBody | None = None
    metadata: dict[str, Any] | None = None


class CompleteTrace(_Results, kw_only=True):
    """`PATCH /api/traces/{trace_id}/complete`."""


class CompleteSpan(_Results, kw_only=True):
    """`PATCH /api/spans/{span_id}/complete`."""

    tokens_input: Tokens | None = None
    tokens_output: Tokens | None = None
    cost_usd: Dollars | None = None


class OpenSpan(CompleteSpan, kw_only=True):
    """`POST /api/traces/{trace_id}/spans`. `end` ends it at once."""

    name: str
    kind: str | None = None
    span_type: str | None = None
    parent_span_id: SpanId | None = None
    input: Any = None
    input_data: Any = None
    model: str | None = None
    end: bool = False


def root_span_id(trace_id: str) -> str:
    """The id of the root span of a trace opened by hand: the same when the request is repeated."""
    return hashlib.sha256(trace_id.encode()).hexdigest()[:16]


def opened_trace(body: OpenTrace, trace_id: str, now_unix_nano: int) -> SpanData:
    """The running root span of a new trace."""
    attributes: dict[str, Value] = {"llm_tracer.span.kind": "chain"}
    _add_content(attributes, "input", body.input)
    _add_metadata(attributes, body.metadata)
    if body.tags:
        attributes["tag.tags"] = list(body.tags)
    if body.user_id is not None:
        attributes["user.id"] = body.user_id
    if body.session_id is not None:
        attributes["session.id"] = body.session_id
    return SpanData(
        trace_id, root_span_id(trace_id), body.name, now_unix_nano, attributes=attributes, scope=SCOPE
    )


def opened_span(
    body: OpenSpan, trace_id: str, span_id: str, parent_span_id: str | None, now_unix_nano: int
) -> SpanData:
    """A new span: running, or ended at once if the body says so."""
    attributes: dict[str, Value] = {}
    if kind := body.kind or body.span_type:
        attributes["llm_tracer.span.kind"] = kind
    if body.model is not None:
        attributes["gen_ai.request.model"] = body.model
    _add_content(attributes, "input", body.input if body.input is not None else body.input_data)
    span = SpanData(
        trace_id,
        span_id,
        body.name,
        now_unix_nano,
        parent_span_id=(body.parent_span_id or parent_span_id or "").lower() or None,
        attributes=attributes,
        scope=SCOPE,
    )
    return completed(span, body, now_unix_nano) if body.end else _with_results(span, body)


def completed(span: SpanData, body: CompleteSpan | CompleteTrace, now_unix_nano: int) -> SpanData:
    """The span, ended. One that had ended already keeps its end, so that repeating the request changes nothing."""
    assert span.start_time_unix_nano is not None, "a fragment is not ended"
    ended = _with_results(span, body)
    if ended.status_code == "unset":
        ended = replace(ended, status_code="ok")
    end = span.end_time_unix_nano or max(now_unix_nano, span.start_time_unix_nano)
    return replace(ended, end_time_unix_nano=end)


def _with_results(span: SpanData, body: CompleteSpan | CompleteTrace) -> SpanData:
    attributes = dict(span.attributes)
    _add_content(attributes, "output", body.output if body.output is not None else body.output_data)
    _add_metadata(attributes, body.metadata)
    if isinstance(body, CompleteSpan):
        if body.tokens_input is not None:
            attributes["gen_ai.usage.input_tokens"] = body.tokens_input
        if body.tokens_output is not None:
            attributes["gen_ai.usage.output_tokens"] = body.tokens_output
        if body.cost_usd is not None:
            attributes["llm.cost.total"] = body.cost_usd
    if body.error is None:
        return replace(span, attributes=attributes)
    error = ErrorBody(message=body.error) if isinstance(body.error, str) else body.error
    if error.type is not None:
        attributes["error.type"] = error.type
    return replace(span, attributes=attributes, status_code="error", status_message=error.message)


def _add_content(attributes: dict[str, Value], side: str, content: Any) -> None:
    if content is None:
        return
    is_text = isinstance(content, str)
    attributes[f"{side}.value"] = content if is_text else encode_json(content).decode()
    attributes[f"{side}.mime_type"] = "text/plain" if is_text else "application/json"


def _add_metadata(attributes: dict[str, Value], metadata: dict[str, Any] | None) -> None:
    """Adds metadata; later values replace earlier ones."""
    if not metadata:
        return
    try:
        before = msgspec.json.decode(attributes.get("metadata", "{}"))
    except (msgspec.DecodeError, TypeError, RecursionError):
        before = {}
    merged = {**before, **metadata} if isinstance(before, dict) else metadata
    attributes["metadata"] = encode_json(merged).decode()
