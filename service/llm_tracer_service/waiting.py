"""Content that names the response it is about instead of a span: an evaluation by somebody who knows only the response
id.

Like every log record it becomes a fragment. Its place follows from the response id and belongs to no sender's trace.
There it waits: every span of the project that reports the response takes it in, whichever of them comes first.
"""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256

from llm_tracer.model.span import SpanData, Value

RESPONSE_ID = "gen_ai.response.id"


def place_of(response_id: str) -> tuple[str, str]:
    """The trace id and the span id under which content for a response waits."""
    digest = sha256(b"response " + response_id.encode("utf-8", "surrogatepass")).hexdigest()
    return digest[:32], digest[32:48]


def named_response(attributes: dict[str, Value]) -> str | None:
    """The response that a record names; None where it names none."""
    sent = attributes.get(RESPONSE_ID)
    return sent if isinstance(sent, str) and sent else None


def awaited_response(span: SpanData) -> str | None:
    """The response that a fragment waits for; None for anything else."""
    if not span.is_fragment:
        return None
    response_id = named_response(dict(span.attributes))
    is_at_its_place = response_id is not None and place_of(response_id) == (span.trace_id, span.span_id)
    return response_id if is_at_its_place else None


def as_content_of(waiting: SpanData, trace_id: str, span_id: str) -> SpanData:
    """What waits as a fragment of a span that reports the response."""
    return replace(waiting, trace_id=trace_id, span_id=span_id, attributes={})
