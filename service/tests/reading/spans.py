"""Spans for tests of reading, of which only the relevant parts need be given."""

from __future__ import annotations

from typing import Any

from app_helpers import packaged_reader as reader
from llm_tracer.model.reading import Content, Reading
from llm_tracer.model.span import Resource, Scope, SpanData, SpanEvent

START = 1_795_435_169_000_000_000


def span(
    attributes: dict[str, Any] | None = None,
    *events: SpanEvent,
    name: str = "span",
    parent: str | None = "2" * 16,
    scope: str = "",
    resource: dict[str, Any] | None = None,
    **fields: Any,
) -> SpanData:
    return SpanData(
        trace_id="a" * 32,
        span_id="1" * 16,
        parent_span_id=parent,
        name=name,
        start_time_unix_nano=START,
        end_time_unix_nano=START + 10**9,
        attributes=attributes or {},
        events=events,
        scope=Scope(scope),
        resource=Resource(resource or {}),
        **fields,
    )


def read(attributes: dict[str, Any] | None = None, *events: SpanEvent, **fields: Any) -> Reading:
    return reader().read(span(attributes, *events, **fields))


def content(attributes: dict[str, Any] | None = None, *events: SpanEvent, **fields: Any) -> Content:
    return reader().content(span(attributes, *events, **fields))


def text(words: str) -> dict[str, Any]:
    return {"type": "text", "content": words}
