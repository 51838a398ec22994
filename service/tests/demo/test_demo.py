"""The demo: its files come from the stories, its times are moved to now, and its ids are new in every run."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from importlib import resources
from typing import Any

import pytest
from genai_prices import Usage, calc_price
from llm_tracer_service.demo import DemoRequest, requests
from llm_tracer_service.demo.authoring import files
from llm_tracer_service.receiving.native import decode_batch
from llm_tracer_service.receiving.otlp import decode_traces

NOW = 1_800_000_000_000_000_000
MINUTE = 60 * 1_000_000_000
TRACES = resources.files("llm_tracer_service.demo") / "traces"


@pytest.fixture(scope="module")
def sent() -> list[DemoRequest]:
    return list(requests(NOW, run=1))


def spans_of(request: DemoRequest) -> Iterator[dict[str, Any]]:
    document = json.loads(request.body)
    if request.path == "/api/spans":
        yield from document["spans"]
        return
    for resource_spans in document["resourceSpans"]:
        for scope_spans in resource_spans["scopeSpans"]:
            yield from scope_spans["spans"]


def time(span: dict[str, Any], side: str) -> int | None:
    camel, snake = f"{side}TimeUnixNano", f"{side}_time_unix_nano"
    value = span.get(camel, span.get(snake))
    return None if value is None else int(value)


def attributes_of(span: dict[str, Any]) -> dict[str, Any]:
    if isinstance(span["attributes"], dict):
        return span["attributes"]
    return {pair["key"]: next(iter(pair["value"].values()), None) for pair in span["attributes"]}


def all_spans(demo: list[DemoRequest]) -> list[dict[str, Any]]:
    return [span for request in demo for span in spans_of(request)]


def test_the_committed_files_are_what_the_stories_write() -> None:
    committed = {file.name: file.read_text(encoding="utf-8") for file in TRACES.iterdir()}
    assert committed == dict(files()), "run `python -m llm_tracer_service.demo.authoring`"


def test_the_files_stay_small() -> None:
    assert sum(len(file.read_bytes()) for file in TRACES.iterdir()) < 400_000


def test_one_request_a_file_and_every_convention(sent: list[DemoRequest]) -> None:
    assert len(sent) == len(list(TRACES.iterdir()))
    assert {request.convention for request in sent} == {
        "Langfuse", "LLM Tracer SDK", "MLflow", "OpenInference", "OpenLLMetry", "OpenTelemetry GenAI", "Vercel AI SDK",
    }  # fmt: skip
    assert {request.path for request in sent} == {"/v1/traces", "/api/spans"}
    assert {request.content_type for request in sent} == {"application/json"}


def test_the_decoders_take_every_span(sent: list[DemoRequest]) -> None:
    for request in sent:
        decode = (
            decode_batch(request.body, request.content_type)
            if request.path == "/api/spans"
            else decode_traces(request.body, request.content_type)
        )
        assert not decode.rejected
        assert len(decode.spans) == len(list(spans_of(request)))


def test_same_arguments_same_bytes(sent: list[DemoRequest]) -> None:
    assert list(requests(NOW, run=1)) == sent


def test_the_newest_trace_ended_a_minute_ago_and_the_others_in_the_hours_before(
    sent: list[DemoRequest],
) -> None:
    ends = [end for span in all_spans(sent) if (end := time(span, "end"))]
    starts = [start for span in all_spans(sent) if (start := time(span, "start"))]
    assert max(ends) == NOW - MINUTE
    assert NOW - 4 * 60 * MINUTE < min(starts) < NOW - 60 * MINUTE


def test_time_inside_an_attribute_moves_too(sent: list[DemoRequest]) -> None:
    generation = next(
        span
        for span in all_spans(sent)
        if "langfuse.observation.completion_start_time" in attributes_of(span)
    )
    first = json.loads(attributes_of(generation)["langfuse.observation.completion_start_time"])
    moment = datetime.fromisoformat(first).timestamp() * 1e9
    start, end = time(generation, "start"), time(generation, "end")
    assert start is not None
    assert end is not None
    assert start < moment < end


def test_another_run_adds(sent: list[DemoRequest]) -> None:
    again = list(requests(NOW, run=2))
    for camel, snake in (("traceId", "trace_id"), ("spanId", "span_id")):
        first = {span.get(camel, span.get(snake)) for span in all_spans(sent)}
        second = {span.get(camel, span.get(snake)) for span in all_spans(again)}
        assert not first & second
        assert len(first) == len(second)
    sessions = [
        {attributes_of(span)["session.id"] for span in all_spans(demo) if "session.id" in attributes_of(span)}
        for demo in (sent, again)
    ]
    assert sessions[0]
    assert not sessions[0] & sessions[1]
    assert list(requests(NOW)) != list(requests(NOW)), "without a run it is random"


def test_ids_are_unique_and_parents_are_there(sent: list[DemoRequest]) -> None:
    spans = all_spans(sent)
    ids = Counter(span.get("spanId", span.get("span_id")) for span in spans)
    assert max(ids.values()) == 1
    for span in spans:
        assert re.fullmatch("[0-9a-f]{16}", span.get("spanId") or span["span_id"])
        assert re.fullmatch("[0-9a-f]{32}", span.get("traceId") or span["trace_id"])
        parent = span.get("parentSpanId") or span.get("parent_span_id")
        assert parent is None or parent in ids
    by_id = {span.get("spanId", span.get("span_id")): span for span in spans}
    for span in spans:
        parent = by_id.get(span.get("parentSpanId") or span.get("parent_span_id"))
        if parent is None:
            continue
        start, parent_start = time(span, "start"), time(parent, "start")
        assert start is not None
        assert parent_start is not None
        assert parent_start <= start
        end, parent_end = time(span, "end"), time(parent, "end")
        assert parent_end is None or (end is not None and end <= parent_end)


def test_the_shapes_that_the_demo_is_there_to_show(sent: list[DemoRequest]) -> None:
    by_trace = Counter(span.get("traceId") or span["trace_id"] for span in all_spans(sent))
    assert len(by_trace) == 13
    assert min(by_trace.values()) == 1, "one trace of a single call"
    assert max(by_trace.values()) > 150, "one long trace"
    open_spans = [span for span in all_spans(sent) if time(span, "end") is None]
    assert len(open_spans) == 2, "a process that died in a call"
    rate_limited = [
        span
        for span in all_spans(sent)
        if any("RateLimitError" in json.dumps(event) for event in span.get("events", ()))
    ]
    assert len(rate_limited) == 4
    cached = [
        attributes_of(span).get("gen_ai.usage.cache_read.input_tokens") or 0 for span in all_spans(sent)
    ]
    assert max(map(int, cached)) > 0
    assert any(re.search("[ぁ-ん]", json.dumps(span, ensure_ascii=False)) for span in all_spans(sent))


def test_every_model_but_the_local_one_has_a_price(sent: list[DemoRequest]) -> None:
    names = (
        "gen_ai.response.model",
        "llm.model_name",
        "langfuse.observation.model.name",
        "embedding.model_name",
    )
    found = [attributes_of(span).get(name) for span in all_spans(sent) for name in names]
    models = {model for model in found if model is not None}
    unknown = set()
    for model in models:
        try:
            calc_price(Usage(input_tokens=1000, output_tokens=100), model_ref=model)
        except LookupError:
            unknown.add(model)
    assert unknown == {"qwen3-coder:30b"}
    assert len(models) >= 8


def test_langfuse_costs_fit_the_usage(sent: list[DemoRequest]) -> None:
    spans = [attributes_of(span) for span in all_spans(sent)]
    calls = [attributes for attributes in spans if "langfuse.observation.usage_details" in attributes]
    assert calls
    for attributes in calls:
        usage = json.loads(attributes["langfuse.observation.usage_details"])
        cost = json.loads(attributes["langfuse.observation.cost_details"])
        price = calc_price(
            Usage(
                input_tokens=usage["input"] + usage["input_cache_read"] + usage["input_cache_creation"],
                cache_read_tokens=usage["input_cache_read"],
                cache_write_tokens=usage["input_cache_creation"],
                output_tokens=usage["output"],
            ),
            model_ref=attributes["langfuse.observation.model.name"],
        )
        assert cost["total"] == pytest.approx(float(price.total_price), abs=1e-7)
