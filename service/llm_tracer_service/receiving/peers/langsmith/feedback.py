"""The feedback of LangSmith's SDKs as scores: annotations on the span that they judge. Pure."""

from __future__ import annotations

from collections.abc import Callable

from llm_tracer.model.span import Scope, SpanData, Value

from llm_tracer_service.malformed import MalformedBody
from llm_tracer_service.receiving.decoded import Decoded, UnusableSpan
from llm_tracer_service.receiving.peers.ids import number_of, span_id_of, trace_id_of
from llm_tracer_service.receiving.peers.langsmith.times import nanoseconds
from llm_tracer_service.receiving.peers.raw_json import (
    Members,
    attribute,
    members_of,
    object_member,
    text_member,
    written,
)

_ANNOTATORS = {"model": "LLM", "app": "HUMAN", "auto_eval": "LLM"}
"""Who judged, by the type of `feedback_source`. What comes by the API may be anybody's."""


def decode_feedback(body: bytes, trace_of: Callable[[str], str]) -> Decoded:
    """The score of `/feedback`. Raises MalformedBody."""
    try:
        return Decoded([score_of(body, trace_of)])
    except UnusableSpan as fault:
        raise MalformedBody(f"The feedback cannot be kept: {fault}") from fault


def score_of(sent: bytes, trace_of: Callable[[str], str]) -> SpanData:
    """A fragment with the score, for the run that it judges; of the whole trace if that is its root. The same `id` again
    replaces it. `trace_of` tells the trace of a run where the feedback does not. Raises UnusableSpan.
    """
    feedback = members_of(sent)
    run_id = text_member(feedback, "run_id") or text_member(feedback, "trace_id")
    name = text_member(feedback, "key")
    if not run_id:
        raise UnusableSpan("feedback without run_id: only runs are judged here")
    if not name:
        raise UnusableSpan("the feedback has no key")
    span_id = span_id_of(run_id)
    trace_sent = text_member(feedback, "trace_id")
    trace_id = trace_id_of(trace_sent) if trace_sent else trace_of(run_id)
    number = number_of(text_member(feedback, "id") or f"{run_id} {name}")
    is_of_trace = trace_id == trace_id_of(run_id)
    prefix = f"{'trace.' if is_of_trace else ''}annotations.{number}.annotation."
    attributes = {f"{prefix}{key}": value for key, value in _said(feedback, name).items()}
    attributes[f"langsmith.feedback.{number}"] = written(sent)
    return SpanData(trace_id, span_id, "", None, attributes=attributes, scope=Scope("langsmith"))


def _said(feedback: Members, name: str) -> dict[str, Value]:
    """Each field, since a later record must be able to empty what an earlier one said."""
    score, value = (attribute(feedback.get(member, b"null")) for member in ("score", "value"))
    source = object_member(feedback, "feedback_source")
    kind = text_member(source, "type")
    said: dict[str, Value] = {
        "name": name,
        "score": "" if score is None else float(score) if isinstance(score, bool | int | float) else "",
        "label": value if isinstance(value, str) else "" if value is None else str(value),
        "explanation": text_member(feedback, "comment"),
        "identifier": kind,
        "annotator_kind": _ANNOTATORS.get(kind, ""),
    }
    created = nanoseconds(feedback.get("created_at"))
    return said if created is None else {**said, "time_unix_nano": created}
