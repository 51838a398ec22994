"""What is known from two spans of a body."""

from __future__ import annotations

from app_helpers import packaged_reader
from llm_tracer.model.span import SpanData
from llm_tracer_service.service.survey import Survey, Surveyor


def span(*keys: str) -> SpanData:
    return SpanData("0" * 32, "0" * 16, "work", 1, 2, attributes=dict.fromkeys(keys, "x"))


def test_the_convention_is_that_of_the_most_telling_key() -> None:
    surveyor = Surveyor(packaged_reader().known_keys)
    assert surveyor.of([]) == Survey()
    assert surveyor.of([span("color")]).convention is None
    assert surveyor.of([span("gen_ai.system", "traceloop.span.kind")]).convention == "openllmetry"
    assert surveyor.of([span("gen_ai.system"), span("langfuse.version")]).convention in (
        "langfuse",
        "otel-genai",
    )


def test_keys_of_a_table_and_of_any_program_are_known() -> None:
    known = packaged_reader().known_keys
    for key in (
        "gen_ai.request.model",
        "gen_ai.prompt.0.content",
        "gen_ai.usage.anything",
        "http.url",
        "input.value",
    ):
        assert key in known, key
    for key in ("house.colour", "gen_ai.nothing", "", "outputs"):
        assert key not in known, key


def test_every_span_of_a_sender_is_looked_at_in_turn() -> None:
    surveyor = Surveyor(packaged_reader().known_keys)
    body = [span("a"), span("b"), span("c")]
    seen = {key for _ in range(3) for key in surveyor.of(body).unmapped}
    assert seen == {"a", "b", "c"}


def test_senders_may_make_up_keys_without_end() -> None:
    surveyor = Surveyor(packaged_reader().known_keys)
    for number in range(5_000):
        survey = surveyor.of([span(*(f"key {number} {index}" + "x" * 500 for index in range(30)))])
        assert len(survey.unmapped) == 20
        assert max(map(len, survey.unmapped)) == 200
