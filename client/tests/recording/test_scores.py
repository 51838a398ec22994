from __future__ import annotations

from llm_tracer import SpanContext, score, span
from llm_tracer.testing import InMemoryExporter


def test_scores_of_a_span_its_trace_and_its_session_stand_on_it(recorded_spans: InMemoryExporter) -> None:
    with span("answer") as answer:
        answer.score("quality", 0.9, explanation="good")
        score("tone", label="kind", annotator="LLM")
        answer.score("solved", 1, of="trace")
        answer.score("mood", -1.5, of="session")
    attributes = recorded_spans.span("answer").attributes
    assert {key: value for key, value in attributes.items() if "annotation" in key} == {
        "annotations.0.annotation.name": "quality",
        "annotations.0.annotation.score": 0.9,
        "annotations.0.annotation.explanation": "good",
        "annotations.0.annotation.annotator_kind": "CODE",
        "annotations.1.annotation.name": "tone",
        "annotations.1.annotation.label": "kind",
        "annotations.1.annotation.annotator_kind": "LLM",
        "trace.annotations.0.annotation.name": "solved",
        "trace.annotations.0.annotation.score": 1,
        "trace.annotations.0.annotation.annotator_kind": "CODE",
        "session.annotations.0.annotation.name": "mood",
        "session.annotations.0.annotation.score": -1.5,
        "session.annotations.0.annotation.annotator_kind": "CODE",
    }


def test_a_word_is_a_label_and_yes_and_no_are_both(recorded_spans: InMemoryExporter) -> None:
    with span("answer") as answer:
        answer.score("tone", "kind")
        answer.score("solved", True)
    attributes = recorded_spans.span("answer").attributes
    assert "annotations.0.annotation.score" not in attributes
    assert attributes["annotations.0.annotation.label"] == "kind"
    assert attributes["annotations.1.annotation.score"] == 1
    assert attributes["annotations.1.annotation.label"] == "true"


def test_a_score_that_comes_later_is_a_span_of_its_own_linked_to_what_it_judges(
    recorded_spans: InMemoryExporter,
) -> None:
    with span("answer") as answer:
        pass
    answer.score("too late", 1)
    score("quality", 0.5, span=answer, of="trace")
    carrier = recorded_spans.span("quality")
    assert (carrier.trace_id, carrier.parent_span_id) == (answer.trace_id, answer.span_id)
    assert [(link.trace_id, link.span_id) for link in carrier.links] == [(answer.trace_id, answer.span_id)]
    assert carrier.attributes["llm_tracer.span.kind"] == "evaluator"
    assert carrier.attributes["trace.annotations.0.annotation.score"] == 0.5
    assert "annotations.0.annotation.name" not in recorded_spans.span("answer").attributes


def test_a_score_from_another_process_needs_the_identity_only(recorded_spans: InMemoryExporter) -> None:
    score("quality", 1, span=SpanContext.from_traceparent(f"00-{7:032x}-{8:016x}-01"))
    assert recorded_spans.span("quality").trace_id == f"{7:032x}"


def test_a_session_is_judged_by_its_name(recorded_spans: InMemoryExporter) -> None:
    score("mood", 1, of="session", session_id="chat-42")
    assert recorded_spans.span("mood").attributes["session.id"] == "chat-42"
