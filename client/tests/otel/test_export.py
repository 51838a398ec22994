"""Spans of OpenTelemetry go the way of ours: one queue, one sender, the same laws."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from llm_tracer import Tracer, span
from llm_tracer.config import read_settings
from llm_tracer.otel import LLMTracerSpanExporter, LLMTracerSpanProcessor
from llm_tracer.sending.wire import process_resource
from llm_tracer.testing import InMemoryExporter, record
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanLimits, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF
from opentelemetry.trace import (
    Link,
    NonRecordingSpan,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
    TraceState,
    set_span_in_context,
)
from recording_server import PATIENCE_S, RecordingServer, Reply, run_program


@pytest.fixture
def provider(tracer: Tracer) -> Iterator[TracerProvider]:
    provider = TracerProvider(resource=Resource({"service.name": "shop"}), shutdown_on_exit=False)
    provider.add_span_processor(LLMTracerSpanProcessor(tracer))
    yield provider
    provider.shutdown()


def test_a_span_arrives_whole(server: RecordingServer, provider: TracerProvider) -> None:
    otel = provider.get_tracer("openinference.instrumentation.openai", "0.1.66")
    linked = SpanContext(7, 8, is_remote=True, trace_flags=TraceFlags(1))
    root = otel.start_span(
        "root", kind=SpanKind.CLIENT, links=[Link(linked, {"why": "retry"})], start_time=1_000
    )
    root.set_attribute("tags", ["a", "b"])
    root.set_attribute("llm.model_name", "gpt-5")
    root.add_event("first token", {"index": 0}, timestamp=1_500)
    root.set_status(Status(StatusCode.ERROR, "refused"))
    root.end(end_time=2_000)
    assert provider.force_flush(5_000)
    (sent,) = server.ended
    assert sent == {
        "trace_id": f"{root.get_span_context().trace_id:032x}",
        "span_id": f"{root.get_span_context().span_id:016x}",
        "name": "root",
        "start_time_unix_nano": 1_000,
        "end_time_unix_nano": 2_000,
        "otel_kind": 3,
        "status": {"code": "error", "message": "refused"},
        "attributes": {"tags": ["a", "b"], "llm.model_name": "gpt-5"},
        "events": [{"name": "first token", "time_unix_nano": 1_500, "attributes": {"index": 0}}],
        "links": [{"trace_id": f"{7:032x}", "span_id": f"{8:016x}", "attributes": {"why": "retry"}}],
        "resource": {"service.name": "shop"},
        "scope": {"name": "openinference.instrumentation.openai", "version": "0.1.66"},
    }


def test_what_opentelemetry_left_out_is_counted(server: RecordingServer, tracer: Tracer) -> None:
    provider = TracerProvider(span_limits=SpanLimits(max_span_attributes=2), shutdown_on_exit=False)
    provider.add_span_processor(LLMTracerSpanProcessor(tracer))
    with provider.get_tracer("x").start_as_current_span("root") as root:
        root.set_attributes({str(number): number for number in range(5)})
    provider.force_flush(5_000)
    (sent,) = server.ended
    assert sent["dropped_attributes_count"] == 3


def test_a_running_span_is_announced(server: RecordingServer, provider: TracerProvider) -> None:
    running = provider.get_tracer("x").start_span("slow", start_time=1)
    server.wait_until(lambda: any(span["name"] == "slow" for span in server.spans))
    assert server.ended == []
    running.end()
    provider.force_flush(5_000)
    assert server.names() == ["slow"]


def test_ours_and_theirs_of_a_trace_go_in_one_request(
    server: RecordingServer, tracer: Tracer, provider: TracerProvider
) -> None:
    with tracer.span("ours"), provider.get_tracer("x").start_as_current_span("theirs"):
        pass
    assert tracer.flush(PATIENCE_S)
    (request,) = server.requests
    assert sorted(span["name"] for span in request.body["spans"]) == ["ours", "theirs"]


def test_a_server_that_is_down_is_tried_again(
    server: RecordingServer, tracer: Tracer, provider: TracerProvider
) -> None:
    server.replies.extend([Reply(503), Reply(503)])
    provider.get_tracer("x").start_span("kept").end()
    assert tracer.flush(PATIENCE_S)
    assert server.names() == ["kept"]


def test_what_is_not_sampled_does_not_come(server: RecordingServer, tracer: Tracer) -> None:
    provider = TracerProvider(sampler=ALWAYS_OFF, shutdown_on_exit=False)
    provider.add_span_processor(LLMTracerSpanProcessor(tracer))
    provider.get_tracer("x").start_span("left out").end()
    tracer.flush(PATIENCE_S)
    assert server.spans == []


def test_where_tracing_is_off_nothing_is_taken() -> None:
    off = Tracer(enabled=False)
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(LLMTracerSpanProcessor(off))
    provider.get_tracer("x").start_span("left out").end()
    assert provider.force_flush(10)


def test_the_exporter_of_a_pipeline_of_ones_own(server: RecordingServer, tracer: Tracer) -> None:
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(LLMTracerSpanExporter(tracer)))
    with provider.get_tracer("x").start_as_current_span("root"):
        pass
    provider.shutdown()
    assert tracer.flush(PATIENCE_S)
    assert server.names() == ["root"]


def test_the_state_of_a_trace_is_kept() -> None:
    with record() as recorded:
        provider = TracerProvider(shutdown_on_exit=False)
        provider.add_span_processor(LLMTracerSpanProcessor())
        _start_under(provider, TraceState([("vendor", "1")]))
    assert recorded.span("child").trace_state == "vendor=1"


def _start_under(provider: TracerProvider, state: TraceState) -> None:
    caller = SpanContext(7, 8, is_remote=True, trace_flags=TraceFlags(1), trace_state=state)
    context = set_span_in_context(NonRecordingSpan(caller))
    provider.get_tracer("x").start_span("child", context=context).end()


def test_the_same_resource_is_said_once_for_all(recorded: InMemoryExporter) -> None:

    process = process_resource(read_settings())
    provider = TracerProvider(resource=Resource(dict(process.attributes)), shutdown_on_exit=False)
    provider.add_span_processor(LLMTracerSpanProcessor())
    provider.get_tracer("x").start_span("theirs").end()
    with span("ours"):
        pass
    assert recorded.span("theirs").resource == recorded.span("ours").resource


def test_a_program_that_only_ends_loses_nothing(server: RecordingServer, tmp_path: Path) -> None:
    program = """
        from opentelemetry.sdk.trace import TracerProvider
        from llm_tracer.otel import LLMTracerSpanProcessor

        provider = TracerProvider()
        provider.add_span_processor(LLMTracerSpanProcessor())
        with provider.get_tracer("x").start_as_current_span("root"):
            provider.get_tracer("x").start_span("child").end()
    """
    ended = run_program(program, server.url, tmp_path, at_leisure=True)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert server.names() == ["child", "root"]
