"""The answers to senders."""

from __future__ import annotations

from msgspec import Struct

from llm_tracer_service.api.answers.statuses import Code, Status


class RejectedSpan(Struct, frozen=True):
    """A span that was refused; `index` counts the spans of the body from 0."""

    index: int
    reason: str


class BatchResult(Struct, frozen=True, omit_defaults=True):
    """The outcome of a batch. `note` says what is odd about spans that were accepted."""

    accepted: int
    rejected: list[RejectedSpan]
    note: str = ""


class TraceOpened(Struct, frozen=True):
    """The id of a new trace."""

    trace_id: str


class SpanOpened(Struct, frozen=True):
    """The id of a new span."""

    span_id: str


class TraceCompleted(Struct, frozen=True):
    """A trace and its status now."""

    trace_id: str
    status: Status


class SpanCompleted(Struct, frozen=True):
    """A span and the status with which it ended."""

    span_id: str
    status: Code
