"""Running spans that were sent by Logfire's convention.

OTLP cannot say "this span runs". Logfire's SDK therefore exports, at the start, an extra span: a new id, no duration,
`logfire.span_type` = "pending_span", its parent id naming the span that runs, and `logfire.pending_parent_id` naming
the parent of that one (all zeros: it has none).
"""

from __future__ import annotations

from dataclasses import replace

from llm_tracer.model.span import SpanData

_NO_SPAN = "0000000000000000"
_HEX = frozenset("0123456789abcdef")


def is_pending(span: SpanData) -> bool:
    """True for a record that only announces another span."""
    return span.attributes.get("logfire.span_type") == "pending_span" and span.parent_span_id is not None


def as_open_span(span: SpanData) -> SpanData:
    """The running span that a pending record announces; any other span as it is."""
    if "logfire.span_type" not in span.attributes or not is_pending(span):
        return span
    attributes = dict(span.attributes)
    # What remains must not contradict the full span, with which these attributes are merged later.
    attributes["logfire.span_type"] = "span"
    parent = attributes.pop("logfire.pending_parent_id", None)
    return replace(
        span,
        span_id=span.parent_span_id or span.span_id,
        parent_span_id=_span_id(parent),
        end_time_unix_nano=None,
        attributes=attributes,
    )


def _span_id(text: object) -> str | None:
    if not isinstance(text, str) or len(text) != 16 or text == _NO_SPAN:
        return None
    lower = text.lower()
    return lower if _HEX.issuperset(lower) else None
