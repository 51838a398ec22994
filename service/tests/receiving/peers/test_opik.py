"""data/opik.json holds what opik 2.2.122 sent to a server that took everything, in that order: decorated functions with scores,
one that fails, a trace by hand whose changes overtake it, and calls of OpenAI's client (a model server on loopback, whose address
was replaced, as were the paths in the traceback)."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
from app_helpers import packaged_reader
from hypothesis import given
from hypothesis import strategies as st
from llm_tracer.model.place import record_id
from llm_tracer.model.span import SpanData, merge
from llm_tracer_service.malformed import MalformedBody
from llm_tracer_service.receiving.decoded import Decoded
from llm_tracer_service.receiving.peers.ids import trace_id_of
from llm_tracer_service.receiving.peers.opik import (
    decode_batch,
    decode_change,
    decode_one,
    score_of,
    scores_of,
)

RECORDED = json.loads((Path(__file__).parent / "data" / "opik.json").read_text())


def decoded(request: dict[str, Any]) -> list[SpanData]:
    """The spans of a recorded request; those of scores are made where they are judged."""
    *_, records, last = request["path"].split("/")
    body = json.dumps(request["body"]).encode()
    match request["method"], last:
        case "POST", "batch":
            return decode_batch(body, records).spans  # type: ignore[arg-type]
        case "PATCH", _:
            return decode_change(body, records, last).spans  # type: ignore[arg-type]
        case _:
            return []


def merged(spans: list[SpanData]) -> dict[tuple[str, str], SpanData]:
    held: dict[tuple[str, str], SpanData] = {}
    for span in spans:
        key = (span.trace_id, span.span_id)
        held[key] = merge(held[key], span) if key in held else span
    return held


def recorded() -> dict[str, SpanData]:
    """All recorded spans, by their names; roots as "root of NAME"."""
    every = merged([span for request in RECORDED for span in decoded(request)]).values()
    return {span.name if span.parent_span_id else f"root of {span.name}": span for span in every}


def test_a_model_call() -> None:
    reader = packaged_reader()
    call = recorded()["chat_completion_create"]
    reading, content = reader.read(call), reader.content(call)
    assert (reading.kind, reading.model, reading.provider) == ("llm", "gpt-4o-mini-2024-07-18", "openai")
    assert reading.usage is not None
    assert (reading.usage.input, reading.usage.cache_read, reading.usage.output) == (70, 16, 9)
    assert [message.role for message in content.input_messages] == ["user"]
    assert content.system[0]["content"] == "Be short."
    assert content.output_messages[0].parts[0]["name"] == "forecast"
    assert content.tool_definitions[0]["name"] == "forecast"
    assert reading.finish_reasons == ("tool_calls",)
    streamed = reader.content(recorded()["chat_completion_stream"])
    assert streamed.output_messages[0].parts[0]["content"] == "Take an umbrella: 11 mm of rain."
    responded = reader.content(recorded()["responses_create"])
    assert [message.role for message in responded.input_messages] == ["user"]
    assert responded.system[0]["content"] == "Be short."
    assert responded.output_messages[0].parts[0]["content"] == "Take an umbrella: 11 mm of rain."


def test_a_call_with_a_cost_of_its_own() -> None:
    reading = packaged_reader().read(recorded()["chat"])
    assert reading.cost is not None
    assert (reading.cost.total, reading.model) == (0.002, "gpt-4o-mini")


def test_a_trace_is_a_record() -> None:
    spans = recorded()
    root = spans["root of answer"]
    assert root.span_id == record_id(root.trace_id)
    reading = packaged_reader().read(root)
    assert (reading.session_id, reading.user_id, reading.tags) == ("chat-7", "ada", ("weather", "beta"))
    assert (root.attributes["opik.metadata.plan"], root.is_open) == ("pro", False)
    assert spans["answer"].parent_span_id == root.span_id
    assert spans["forecast"].parent_span_id == spans["answer"].span_id
    assert packaged_reader().read(spans["forecast"]).kind == "tool"


def test_a_failure() -> None:
    span = recorded()["failing"]
    assert (span.status_code, span.status_message) == ("error", "no such city")
    error = packaged_reader().read(span).error
    assert error is not None
    assert (error.type, error.message) == ("ValueError", "no such city")
    assert "raise ValueError" in span.events[0].attributes["exception.stacktrace"]


def test_changes_of_what_was_sent_before_or_comes_later() -> None:
    spans = recorded()
    root, search, inner = spans["root of by hand"], spans["search"], spans["inner"]
    assert json.loads(root.attributes["opik.output"]) == {"a": "y"}
    assert (root.attributes["opik.tags"], root.attributes["opik.metadata.late"]) == (["done"], True)
    assert json.loads(search.attributes["opik.output"]) == {"hits": 3}
    assert inner.parent_span_id == search.span_id
    assert not any(span.is_open or span.is_fragment for span in spans.values())


@pytest.mark.parametrize("seed", range(5))
def test_the_order_of_the_requests_does_not_matter(seed: int) -> None:
    """But for two changes of the same: the later one counts."""
    requests = [each for each in RECORDED if each["path"].split("/")[-1] != "ping"]
    shuffled = random.Random(seed).sample(requests, len(requests))
    in_order, mixed = (
        merged([span for request in each for span in decoded(request)]) for each in (requests, shuffled)
    )
    assert mixed == in_order


def test_nothing_that_was_sent_is_lost() -> None:
    spans = recorded()
    for request in RECORDED:
        if request["method"] != "POST" or not request["path"].endswith("spans/batch"):
            continue
        for record in request["body"]["spans"]:
            span = spans[record["name"]]
            for name in ("type", "model", "provider", "project_name", "source", "last_updated_at"):
                assert span.attributes.get(f"opik.{name}") == record.get(name)
            for part in ("usage", "metadata"):
                for name, value in (record.get(part) or {}).items():
                    kept = span.attributes.get(f"opik.{part}.{name}")
                    assert kept == value or json.loads(kept) == value


def test_scores() -> None:
    body = {"scores": [{"id": "7", "name": "polite", "value": 0.9, "reason": "kind", "category_name": None}]}
    assert scores_of(json.dumps(body).encode()) == [("7", "polite", 0.9, "", "kind")]
    assert score_of(b'{"name": "polite", "value": 1, "category_name": "yes"}', "7") == (
        "7",
        "polite",
        1.0,
        "yes",
        "",
    )
    for bad in (b'{"scores": [{"id": "7"}]}', b'{"scores": 1}', b"[]"):
        with pytest.raises(MalformedBody):
            scores_of(bad)
    with pytest.raises(MalformedBody):
        score_of(b"{}", "7")


def test_a_bad_record_refuses_only_itself() -> None:
    good = {"id": "1", "trace_id": "2", "name": "good", "start_time": "2026-11-23T12:00:00Z"}
    sent = json.dumps({"spans": [good, {"id": "1"}, 7]}).encode()
    kept: Decoded = decode_batch(sent, "spans")
    (span,) = kept.spans
    assert (span.trace_id, span.parent_span_id) == (trace_id_of("2"), record_id(trace_id_of("2")))
    assert [(each.index, each.reason) for each in kept.rejected] == [
        (1, "the record has no trace_id"),
        (2, "not an object: '7'"),
    ]


@pytest.mark.parametrize("sent", [b"", b"[]", b"{", b"{}", b'{"spans": 1}', b'{"spans": [{}]}'])
def test_a_body_of_which_nothing_can_be_kept_is_refused(sent: bytes) -> None:
    with pytest.raises(MalformedBody):
        decode_batch(sent, "spans")
    with pytest.raises(MalformedBody):
        decode_one(sent, "traces")
    with pytest.raises(MalformedBody):
        decode_change(sent, "spans", "1")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=8,
)
NAMES = (
    "id",
    "trace_id",
    "parent_span_id",
    "start_time",
    "end_time",
    "error_info",
    "metadata",
    "usage",
    "tags",
)
RECORD = st.dictionaries(st.sampled_from(NAMES), JSON | st.sampled_from(["1", "2026-11-23T12:00:00Z"]))


@given(RECORD)
def test_any_json_gives_spans_or_a_reason(record: dict[str, Any]) -> None:
    for decode in (
        lambda: decode_batch(json.dumps({"spans": [record]}).encode(), "spans"),
        lambda: decode_one(json.dumps(record).encode(), "traces"),
        lambda: decode_change(json.dumps(record).encode(), "traces", "1"),
    ):
        try:
            spans = decode().spans
        except MalformedBody:
            continue
        for span in spans:
            packaged_reader().read(span)
