"""Judgements: annotations of the span that they judge, like those of POST /api/scores."""

from __future__ import annotations

from collections.abc import Callable, Container
from dataclasses import replace
from typing import Literal, TypeAlias

from llm_tracer.model.place import record_id
from llm_tracer.model.span import SpanData

from llm_tracer_service.json_values import encode_json
from llm_tracer_service.receiving.decoded import UnusableSpan
from llm_tracer_service.receiving.peers.ids import span_id_of, trace_id_of
from llm_tracer_service.receiving.peers.langfuse.event import Event
from llm_tracer_service.receiving.scoring import SendScore, fragment_of, prefix_of, scored

RootOf: TypeAlias = Callable[[Literal["trace", "session"], str], tuple[str, str] | None]
"""The trace id and the span id of the root of a trace or a session that is here already; None where it is not here yet."""

_ANNOTATORS: dict[str, Literal["HUMAN", "LLM"]] = {"ANNOTATION": "HUMAN", "EVAL": "LLM"}
_SAID = frozenset((
    "id", "name", "value", "comment", "source", "timestamp", "traceId", "observationId", "sessionId", "parent_observation_id",
))  # fmt: skip


def span_of_score(event: Event, recorded: Container[str], root_of: RootOf) -> SpanData:
    """The fragment that adds a score to its span. `recorded` are the traces whose records come in the same batch. Raises
    UnusableSpan.

    SDKs that send their spans by OpenTelemetry send scores sooner than those. While the root of such a trace is not here,
    a score of the trace is a span of its own.
    """
    trace, observation, session = (event.text(name) for name in ("traceId", "observationId", "sessionId"))
    if trace is None:
        root = root_of("session", session) if session else None
        if root is None:
            raise UnusableSpan("what it judges is no trace, and no session that is here")
        return _scored(fragment_of(*root), event, SendScore(name="", session_id=session))
    trace_id = trace_id_of(trace)
    if observation is not None:
        span_id = span_id_of(observation)
        return _scored(fragment_of(trace_id, span_id), event, SendScore(name="", span_id=span_id))
    of_trace = SendScore(name="", trace_id=trace_id)
    root = None if trace_id in recorded else root_of("trace", trace_id)
    if root is not None:
        return _scored(fragment_of(*root), event, of_trace)
    if trace_id in recorded or trace != trace_id:  # ids of OpenTelemetry are as they were sent
        return _scored(fragment_of(trace_id, record_id(trace_id)), event, of_trace)
    return _scored(_span_of_its_own(event, trace_id), event, of_trace)


def _span_of_its_own(event: Event, trace_id: str) -> SpanData:
    return SpanData(
        trace_id,
        span_id_of(event.text("id") or event.id),
        event.text("name") or "score",
        event.sent_unix_nano,
        event.sent_unix_nano,
        attributes={"langfuse.observation.type": "evaluator"},
        scope=event.scope,
    )


def _scored(span: SpanData, event: Event, target: SendScore) -> SpanData:
    value = event.body.get("value")
    if not isinstance(value, str | bool | int | float):
        raise UnusableSpan("value is neither a number nor a text")
    source, score_id = event.text("source"), event.text("id") or event.id
    score = SendScore(
        name=event.text("name") or "score",
        value=bool(value) if event.body.get("dataType") == "BOOLEAN" and value in (0, 1) else value,
        comment=event.text("comment"),
        source=source,
        annotator_kind=_ANNOTATORS.get(source or ""),
        trace_id=target.trace_id,
        span_id=target.span_id,
        session_id=target.session_id,
    )
    rest = {name: each for name, each in event.body.items() if name not in _SAID and each is not None}
    judged = scored(span, score, score_id, event.sent_unix_nano)
    if not rest:
        return judged
    metadata = {f"{prefix_of(score.target, score_id)}metadata": encode_json(rest).decode()}
    return replace(judged, attributes={**judged.attributes, **metadata})
