from __future__ import annotations

import json
import os
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from llm_tracer import Tracer, config, span
from llm_tracer.model.span import SpanData, SpanLink
from llm_tracer.redact import Redactor, as_redact
from llm_tracer.testing import InMemoryExporter, in_memory_tracer
from llm_tracer.wire import (
    json_text,
    pack_body,
    pack_live_span,
    pack_span,
    process_resource,
    span_data,
    spans_of_body,
)


def attributes_of(recorded: InMemoryExporter, name: str = "work") -> dict[str, Any]:
    return dict(recorded.span(name).attributes)


def test_a_model_call_speaks_opentelemetry(recorded_spans: InMemoryExporter) -> None:
    with span("work", kind="llm", input=[{"role": "user", "content": "hi"}]) as work:
        work.set_output("ho")
    attributes = attributes_of(recorded_spans)
    assert attributes["llm_tracer.span.kind"] == "llm"
    assert attributes["gen_ai.operation.name"] == "chat"
    assert json.loads(attributes["gen_ai.input.messages"])[0]["parts"] == [{"type": "text", "content": "hi"}]
    assert json.loads(attributes["gen_ai.output.messages"])[0]["role"] == "assistant"
    assert "input.value" not in attributes


def test_a_model_call_with_something_else_keeps_it_raw(recorded_spans: InMemoryExporter) -> None:
    with span("work", kind="llm", input={"prompt": 1}) as work:
        work.set_output({"choices": []})
    attributes = attributes_of(recorded_spans)
    assert (attributes["input.value"], attributes["input.mime_type"]) == ('{"prompt":1}', "application/json")
    assert attributes["output.value"] == '{"choices":[]}'


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("tool", {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "work"}),
        ("agent", {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "work"}),
        ("retriever", {"gen_ai.operation.name": "retrieval"}),
        ("embedding", {"gen_ai.operation.name": "embeddings"}),
        ("chain", {}),
        ("something new", {}),
    ],
)
def test_a_kind_says_its_operation(
    kind: str, expected: dict[str, str], recorded_spans: InMemoryExporter
) -> None:
    with span("work", kind=kind, input="q"):
        pass
    assert attributes_of(recorded_spans) == {
        "llm_tracer.span.kind": kind,
        "input.value": "q",
        "input.mime_type": "text/plain",
        **expected,
    }


def test_the_apps_own_word_for_an_attribute_wins(recorded_spans: InMemoryExporter) -> None:
    with span("work", kind="llm", **{"gen_ai.operation.name": "text_completion"}):
        pass
    assert attributes_of(recorded_spans)["gen_ai.operation.name"] == "text_completion"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ([1, 2], [1, 2]),
        ({"a": 1}, '{"a":1}'),
        ([{"a": 1}], '[{"a":1}]'),
        (2**70, str(2**70)),
        (b"ab", '"YWI="'),
        ({(1, 2): "a", None: "b"}, '{"(1, 2)":"a","None":"b"}'),
        (1.0, 1.0),
    ],
)
def test_attributes_are_what_otlp_readers_expect(
    value: object, expected: object, recorded_spans: InMemoryExporter
) -> None:
    with span("work", value=value):
        pass
    assert attributes_of(recorded_spans)["value"] == expected


def test_a_native_span_has_the_keys_of_the_api() -> None:
    tracer, exporter = in_memory_tracer()
    with tracer.span("outer"), pytest.raises(ValueError, match="x"), tracer.span("inner", kind="llm"):
        raise ValueError("x")
    inner = msgspec.msgpack.decode(pack_span(exporter.span("inner")))
    assert set(inner) == {
        "trace_id", "span_id", "parent_span_id", "name", "start_time_unix_nano", "end_time_unix_nano", "status",
        "attributes", "events",
    }  # fmt: skip
    assert (inner["trace_id"], inner["span_id"], inner["parent_span_id"]) == (
        f"{1:032x}",
        f"{2:016x}",
        f"{1:016x}",
    )
    assert inner["status"] == {"code": "error", "message": "x"}
    assert set(inner["events"][0]) == {"name", "time_unix_nano", "attributes"}


def test_an_open_span_has_no_end() -> None:
    open_span = SpanData(
        trace_id="1", span_id="2", name="n", start_time_unix_nano=1, links=(SpanLink("3", "4"),)
    )
    native = msgspec.msgpack.decode(pack_span(open_span))
    assert "end_time_unix_nano" not in native
    assert native["links"] == [{"trace_id": "3", "span_id": "4", "attributes": {}}]


def test_broken_text_does_not_lose_the_span() -> None:
    broken = SpanData(trace_id="1", span_id="2", name="a\ud800", start_time_unix_nano=1)
    assert msgspec.msgpack.decode(pack_span(broken))["name"] == "a\\ud800"


def test_the_body_says_who_sends() -> None:
    resource = process_resource(config.read_settings()._replace(service_name="shop"))
    packed = [pack_span(SpanData(trace_id="1", span_id="2", name="n", start_time_unix_nano=1))]
    body = msgspec.msgpack.decode(pack_body(packed, resource))
    assert body["scope"]["name"] == "llm-tracer"
    expected = {"service.name": "shop", "process.pid": os.getpid(), "telemetry.sdk.name": "llm-tracer"}
    assert expected.items() <= body["resource"].items()


def test_the_spans_of_a_body_come_out_as_they_went_in() -> None:
    resource = process_resource(Tracer(enabled=False)._settings)
    packed = [
        pack_span(SpanData(trace_id="1", span_id=str(n), name="n", start_time_unix_nano=1)) for n in range(3)
    ]
    assert spans_of_body(pack_body(packed, resource)) == packed


def test_json_text_keeps_keys_that_json_cannot_say() -> None:
    assert json.loads(json_text({None: 1})) == {"None": 1}


texts = st.text(max_size=5) | st.sampled_from(["sk-" + "a" * 40, "\ud800"])
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
)
messages = st.lists(
    st.dictionaries(st.sampled_from(["role", "content", "name"]), texts, min_size=2, max_size=3), max_size=3
)


@given(
    st.sampled_from(["llm", "tool", "agent", "chain", None]),
    messages | values,
    messages | values,
    st.dictionaries(texts, values, max_size=3),
    st.booleans(),
    st.booleans(),
    st.booleans(),
)
def test_a_live_span_becomes_the_bytes_of_its_data(
    kind: str | None,
    question: Any,
    answer: Any,
    attributes: dict[str, Any],
    is_failed: bool,
    is_over: bool,
    is_redacted: bool,
) -> None:
    tracer, _ = in_memory_tracer()
    with tracer.span("outer") as outer:
        live = tracer.start_span("work", kind=kind, input=question)
    live.set_attributes(attributes)
    live.set_output(answer)
    if is_failed:
        live.add_event("retry", after=answer)
        live.set_status("error", "it broke")
        live._links = (outer.context,)
    if is_over:
        live.end()
    resource = process_resource(tracer._settings)
    redact = as_redact(True)
    redactor = Redactor(redact) if is_redacted and redact else None
    for span_ in (outer, live):
        assert pack_live_span(span_, redactor) == pack_span(span_data(span_, resource, redactor), resource)
