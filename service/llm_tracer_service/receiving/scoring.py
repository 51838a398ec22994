"""Scores sent by hand: written as OpenInference annotations onto the span that they judge, where the reader finds them like
those of any sender. Pure.

So scores need nothing new from a store: they are filtered, shown, exported and deleted with their span.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Literal, TypeAlias

from llm_tracer.model.span import SpanData, Value
from msgspec import Meta, Struct

from llm_tracer_service.receiving.lifecycle import SpanId, TraceId

Target: TypeAlias = Literal["span", "trace", "session"]

_PREFIX: Mapping[Target, str] = {"span": "", "trace": "trace.", "session": "session."}

Text = Annotated[str, Meta(min_length=1, max_length=200)]


class SendScore(Struct, kw_only=True, forbid_unknown_fields=True):
    """`POST /api/scores`: one judgement of a span (`span_id`), a trace (`trace_id` alone) or a session (`session_id`).

    `value` is a number, true or false, or a category. The same `id` again replaces the score.
    """

    name: Text
    value: bool | Annotated[float, Meta(gt=-1e15, lt=1e15)] | Text | None = None
    label: Text | None = None
    comment: str | None = None
    source: Text | None = None
    annotator_kind: Literal["HUMAN", "LLM", "CODE"] | None = None
    id: Text | None = None
    trace_id: TraceId | None = None
    span_id: SpanId | None = None
    session_id: Text | None = None

    @property
    def target(self) -> Target:
        """What it judges."""
        if self.span_id is not None:
            return "span"
        return "trace" if self.trace_id is not None else "session"


def scored(span: SpanData, body: SendScore, score_id: str, now_unix_nano: int) -> SpanData:
    """The span with the score. A score that it already has under this id is replaced, and keeps its time."""
    prefix = prefix_of(body.target, score_id)
    said = {
        "name": body.name,
        "score": _number_of(body.value),
        "label": _label_of(body),
        "explanation": body.comment,
        "identifier": body.source,
        "annotator_kind": body.annotator_kind,
        "time_unix_nano": span.attributes.get(f"{prefix}time_unix_nano", now_unix_nano),
    }
    # Fields that this score no longer has are emptied, since the attributes of deliveries are merged.
    attributes: dict[str, Value] = {
        **span.attributes,
        **{key: "" for key in span.attributes if key.startswith(prefix)},
        **{f"{prefix}{key}": value for key, value in said.items() if value is not None},
    }
    return replace(span, attributes=attributes)


def prefix_of(target: Target, score_id: str) -> str:
    """How the names of the attributes of a score begin."""
    return f"{_PREFIX[target]}annotations.{_number(score_id)}.annotation."


def fragment_of(trace_id: str, span_id: str) -> SpanData:
    """A fragment for a span that has not arrived yet: the score waits for it."""
    return SpanData(trace_id, span_id, "", None)


def _number(score_id: str) -> int:
    """The index of a score in its list, derived from its id so that nobody has to know the others; at most 17 digits."""
    return int(hashlib.sha256(score_id.encode()).hexdigest()[:14], 16)


def _number_of(value: bool | float | str | None) -> float | None:
    return None if isinstance(value, str) or value is None else float(value)


def _label_of(body: SendScore) -> str | None:
    if body.label is not None:
        return body.label
    if isinstance(body.value, bool):
        return "true" if body.value else "false"
    return body.value if isinstance(body.value, str) else None
