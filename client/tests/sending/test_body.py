from __future__ import annotations

import os
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from llm_tracer import config
from llm_tracer.model.span import Resource, SpanData, SpanLink
from llm_tracer.sending.body import (
    BODY_BYTES,
    Body,
    NativeSpan,
    in_bodies,
    native_live_span,
    native_span,
    spans_of_body,
)
from llm_tracer.sending.wire import SCOPE, process_resource, span_data
from llm_tracer.testing import in_memory_tracer
from llm_tracer.values.redact import Redactor, as_redact

RESOURCE = Resource({"service.name": "test"})


def written(span: NativeSpan) -> Any:
    """What a server reads of it."""
    body = Body(RESOURCE)
    body.add(span)
    (only,) = msgspec.msgpack.decode(body.finish())["spans"]
    return only


def test_a_native_span_has_the_keys_of_the_api() -> None:
    tracer, exporter = in_memory_tracer()
    with tracer.span("outer"), pytest.raises(ValueError, match="x"), tracer.span("inner", kind="llm"):
        raise ValueError("x")
    inner = written(native_span(exporter.span("inner")))
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
    native = written(native_span(open_span))
    assert "end_time_unix_nano" not in native
    assert native["links"] == [{"trace_id": "3", "span_id": "4", "attributes": {}}]


def test_broken_text_does_not_lose_the_span() -> None:
    broken = SpanData(trace_id="1", span_id="2", name="a\ud800", start_time_unix_nano=1)
    assert written(native_span(broken))["name"] == "a\\ud800"


def test_a_text_of_a_class_of_its_own_does_not_lose_the_span() -> None:
    """smolagents gives OpenTelemetry such an answer."""

    class AgentText(str):
        __slots__ = ()

    said = SpanData(
        trace_id="1",
        span_id="2",
        name="n",
        start_time_unix_nano=1,
        attributes={"output.value": AgentText("Paris"), "all": [AgentText("a")], AgentText("key"): 1},
    )
    assert written(native_span(said))["attributes"] == {"output.value": "Paris", "all": ["a"], "key": 1}


def test_the_body_says_who_sends() -> None:
    resource = process_resource(config.read_settings()._replace(service_name="shop"))
    body = msgspec.msgpack.decode(Body(resource).finish())
    assert body["scope"]["name"] == "llm-tracer"
    expected = {"service.name": "shop", "process.pid": os.getpid(), "telemetry.sdk.name": "llm-tracer"}
    assert expected.items() <= body["resource"].items()
    assert body["spans"] == []


def test_a_span_of_another_resource_says_so() -> None:
    own, other = Resource({"service.name": "own"}), Resource({"service.name": "other"})
    span = SpanData(trace_id="1", span_id="2", name="n", start_time_unix_nano=1, resource=other, scope=SCOPE)
    assert written(native_span(span, own))["resource"] == {"service.name": "other"}
    assert "resource" not in written(native_span(span, other))


def named(name: str) -> NativeSpan:
    return native_span(SpanData(trace_id="1", span_id="2", name=name, start_time_unix_nano=1))


@given(st.lists(st.integers(1, 2 * BODY_BYTES), max_size=6))
def test_bodies_hold_all_spans_in_order_and_no_more_than_fits(lengths: list[int]) -> None:
    names = [f"{number}".ljust(length) for number, length in enumerate(lengths)]
    found = []
    for body in in_bodies(map(named, names), RESOURCE):
        spans = spans_of_body(bytes(body.finish()))
        assert len(spans) == body.span_count
        assert len(spans) == 1 or body.size_bytes <= BODY_BYTES
        found += [msgspec.msgpack.decode(span)["name"] for span in spans]
    assert found == names


texts = st.text(max_size=5) | st.sampled_from(["sk-" + "a" * 40, "\ud800"])
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | texts,
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
def test_a_live_span_is_written_as_its_data(
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
    redact = as_redact(True)
    redactor = Redactor(redact) if is_redacted and redact else None
    for span_ in (outer, live):
        data = span_data(span_, RESOURCE, redactor)
        assert written(native_live_span(span_, redactor)) == written(native_span(data, RESOURCE))
