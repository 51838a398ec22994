"""What OpenTelemetry's code sees of our spans, and ours of its spans. Who is whose parent: test_nesting.py."""

from __future__ import annotations

import contextvars
from pathlib import Path

import pytest
from llm_tracer import current_span, session, span
from llm_tracer.testing import InMemoryExporter
from opentelemetry import context as otel_context
from opentelemetry import trace as otel_api
from opentelemetry.trace import NonRecordingSpan, SpanContext, Status, StatusCode, TraceFlags, Tracer
from recording_server import run_program


def test_code_that_knows_only_opentelemetry_writes_to_our_span(
    recorded: InMemoryExporter, otel: Tracer
) -> None:
    with span("ours"):
        found = otel_api.get_current_span()
        assert found.is_recording()
        found.set_attribute("http.route", "/chat")
        found.set_attributes({"retries": 2})
        found.add_event("retry", {"after_s": 1.5, "name": "search"})
        found.record_exception(ValueError("no"))
        found.set_status(Status(StatusCode.ERROR, "refused"))
        found.update_name("renamed")
        found.end()
        assert current_span().is_recording, "who opened it ends it"
    renamed = recorded.span("renamed")
    assert (renamed.attributes["http.route"], renamed.attributes["retries"]) == ("/chat", 2)
    assert [event.name for event in renamed.events] == ["retry", "exception"]
    assert renamed.events[0].attributes == {"after_s": 1.5, "name": "search"}
    assert (renamed.status_code, renamed.status_message) == ("error", "refused")


def test_a_status_code_alone_is_taken(recorded: InMemoryExporter, otel: Tracer) -> None:
    with span("ours"):
        otel_api.get_current_span().set_status(StatusCode.OK)
    assert recorded.span("ours").status_code == "ok"


def test_our_span_is_the_parent_with_its_trace(recorded: InMemoryExporter, otel: Tracer) -> None:
    with span("ours") as ours:
        identity = otel_api.get_current_span().get_span_context()
        assert (f"{identity.trace_id:032x}", f"{identity.span_id:016x}") == (ours.trace_id, ours.span_id)
        assert identity.trace_flags.sampled
        assert not identity.is_remote
    assert not otel_api.get_current_span().get_span_context().is_valid


def test_a_caller_in_another_process_is_the_parent(recorded: InMemoryExporter, otel: Tracer) -> None:
    caller = NonRecordingSpan(SpanContext(0xABC, 0xDEF, is_remote=True, trace_flags=TraceFlags(1)))
    token = otel_context.attach(otel_api.set_span_in_context(caller))
    with span("ours"):
        pass
    otel_context.detach(token)
    assert recorded.span("ours").trace_id == f"{0xABC:032x}"
    assert recorded.span("ours").parent_span_id == f"{0xDEF:016x}"


def test_what_else_is_in_a_context_is_seen_inside_our_span(recorded: InMemoryExporter, otel: Tracer) -> None:
    token = otel_context.attach(otel_context.set_value("tenant", "acme"))
    with span("ours"):
        assert otel_context.get_value("tenant") == "acme"
    otel_context.detach(token)


def test_an_empty_context_of_opentelemetry_begins_a_trace_of_its_own(
    recorded: InMemoryExporter, otel: Tracer
) -> None:
    with span("ours"):
        otel.start_span("apart", context=otel_context.Context()).end()
    assert recorded.span("apart").parent_span_id is None


def test_a_library_that_attaches_and_never_detaches_does_not_pile_up(
    recorded: InMemoryExporter, otel: Tracer
) -> None:
    def leak() -> int:
        for number in range(300):
            with span(f"ours {number}"):
                otel_context.attach(otel_api.set_span_in_context(otel.start_span("leaked")))
        depth, found = 0, otel_context.get_current()
        while (around := next((v for k, v in found.items() if "llm-tracer" in k), None)) and around.outer:  # type: ignore[attr-defined]
            depth, found = depth + 1, around.outer  # type: ignore[attr-defined]
        return depth

    assert contextvars.copy_context().run(leak) <= 65


def test_a_session_around_is_that_of_opentelemetrys_spans(recorded: InMemoryExporter, otel: Tracer) -> None:
    with session("chat-42", user="alice", tags=["beta"]):
        begun_inside = otel.start_span("inside", attributes={"user.id": "bob"})
    begun_inside.end()
    otel.start_span("outside").end()
    inside = recorded.span("inside").attributes
    assert (inside["session.id"], inside["tag.tags"]) == ("chat-42", ["beta"])
    assert inside["user.id"] == "bob", "the span's own word is nearer"
    assert "session.id" not in recorded.span("outside").attributes


def test_without_opentelemetry_nothing_of_it_is_looked_for(tmp_path: Path, nobody_url: str) -> None:
    program = """
        import sys

        class Absent:
            def find_spec(self, name, path=None, target=None):
                assert not name.startswith("opentelemetry"), "it was asked for"

        sys.meta_path.insert(0, Absent())
        from llm_tracer import span
        from llm_tracer.testing import record

        with record() as recorded:
            with span("outer"), span("inner"):
                pass
        print(recorded.tree(), any(name.startswith("opentelemetry") for name in sys.modules))
    """
    ended = run_program(program, nobody_url, tmp_path)
    assert (ended.stdout, ended.stderr) == ("{'outer': {'inner': {}}} False\n", "")


@pytest.mark.parametrize("when", ["before", "after"])
def test_opentelemetry_is_noticed_whenever_it_is_imported(when: str, tmp_path: Path, nobody_url: str) -> None:
    first, second = ("from llm_tracer import span", "from opentelemetry import trace")
    if when == "before":
        first, second = second, first
    program = f"""
        {first}
        {second}
        from llm_tracer.testing import record

        with record():
            with span("first"):
                assert f"{{trace.get_current_span().get_span_context().span_id:x}}" == "1"
        print("found")
    """
    ended = run_program(program, nobody_url, tmp_path)
    assert (ended.stdout, ended.stderr) == ("found\n", "")


def test_an_opentelemetry_that_keeps_its_context_elsewhere_is_left_alone(
    tmp_path: Path, nobody_url: str
) -> None:
    program = """
        from opentelemetry import context

        runtime = context._RUNTIME_CONTEXT
        del context._RUNTIME_CONTEXT
        context.get_current, context.attach, context.detach = runtime.get_current, runtime.attach, runtime.detach
        from llm_tracer import span
        from llm_tracer.otel import LLMTracerSpanProcessor
        from llm_tracer.testing import record
        from opentelemetry.sdk.trace import TracerProvider

        with record() as recorded:
            provider = TracerProvider()
            provider.add_span_processor(LLMTracerSpanProcessor())
            with span("ours"), provider.get_tracer("x").start_as_current_span("theirs"), span("inner"):
                pass
        print(recorded.tree())
    """
    ended = run_program(program, nobody_url, tmp_path)
    assert ended.stdout == "{'ours': {'inner': {}}, 'theirs': {}}\n"
    assert "its spans nest apart" in ended.stderr
