"""Judgements that arrive with spans: OpenInference annotations and OpenTelemetry's evaluation events."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from llm_tracer.model.reading import Score
from llm_tracer.model.span import SpanData, SpanEvent

from llm_tracer_service.reading import values
from llm_tracer_service.reading.lookup import Candidate, sent_value
from llm_tracer_service.reading.messages.indexed import unflattened

EVALUATION_EVENT = "gen_ai.evaluation.result"

_TARGETS: tuple[tuple[str, Literal["span", "trace", "session"]], ...] = (
    ("annotations", "span"),
    ("trace_annotations", "trace"),
    ("session_annotations", "session"),
)


ANNOTATIONS = frozenset(field for field, _ in _TARGETS)
"""Without one of these fields, and without events, there are no scores."""


def scores_of(span: SpanData, open_fields: Mapping[str, list[Candidate]]) -> tuple[Score, ...]:
    """All scores that a span carries, each with what it judges."""
    found = []
    for field, target in _TARGETS:
        for candidate in open_fields.get(field, ()):
            for element in _elements(candidate):
                score = _annotation(element, target)
                if score is not None:
                    found.append(score)
    found.extend(_evaluation(event) for event in span.events if event.name == EVALUATION_EVENT)
    return tuple(found)


def _elements(candidate: Candidate) -> list[Any]:
    """Annotations as OpenInference flattens them, or as Pydantic Evals sends them, by name."""
    if candidate.source.form in ("list", "message"):
        return unflattened(candidate.value)
    by_name = values.mapping(sent_value(candidate)) or {}
    return [_named(name, result) for name, result in by_name.items() if isinstance(result, dict)]


def _named(name: str, result: dict[str, Any]) -> dict[str, Any]:
    value, source = result.get("value"), result.get("source")
    return {
        "name": name,
        "label" if isinstance(value, str) else "score": value,
        "explanation": result.get("reason"),
        "identifier": source.get("name") if isinstance(source, dict) else None,
    }


def _annotation(element: Any, target: Literal["span", "trace", "session"]) -> Score | None:
    if not isinstance(element, dict):
        return None
    sent = element.get("annotation") or element.get("evaluation") or element
    if not isinstance(sent, dict):
        return None
    return Score(
        name=values.text(sent.get("name")) or "annotation",
        value=_score(sent.get("score")),
        label=values.text(sent.get("label")),
        explanation=values.text(sent.get("explanation")),
        source=values.text(sent.get("identifier")),
        annotator_kind=values.text(sent.get("annotator_kind")),
        target=target,
        time_unix_nano=time if isinstance(time := sent.get("time_unix_nano"), int) else None,
    )


def _evaluation(event: SpanEvent) -> Score:
    sent = event.attributes
    return Score(
        name=values.text(sent.get("gen_ai.evaluation.name")) or "evaluation",
        value=_score(sent.get("gen_ai.evaluation.score.value")),
        label=values.text(sent.get("gen_ai.evaluation.score.label")),
        explanation=values.text(sent.get("gen_ai.evaluation.explanation")),
        source="event",
        time_unix_nano=event.time_unix_nano,
    )


def _score(value: Any) -> float | None:
    """The value of a score. Unlike a count, it may be negative."""
    try:
        number = float(value) if isinstance(value, str | int | float) else None
    except (ValueError, OverflowError):
        return None
    return number if number is not None and abs(number) < 1e15 else None
