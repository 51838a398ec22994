from __future__ import annotations

import copy
import errno
import pickle
import sys
from collections.abc import Iterator

import pytest
from llm_tracer import SpanContext, Tracer, set_tracer, span, trace
from llm_tracer.recording.no_span import NO_SPAN
from llm_tracer.testing import InMemoryExporter, SequentialIds, in_memory_tracer
from llm_tracer.values import encode


@pytest.fixture
def _no_default() -> Iterator[None]:
    before = set_tracer(None)
    yield
    set_tracer(before)


@pytest.mark.usefixtures("_no_default")
def test_what_is_given_wins_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRACER_API_URL", "http://environment:1")
    monkeypatch.setenv("TRACER_API_KEY", "environment")
    settings = Tracer(api_url="http://given:2/", service_name="shop", enabled=False)._settings
    assert (settings.api_url, settings.api_key) == ("http://given:2", "environment")
    assert settings.service_name == "shop"


def test_a_span_of_another_process_can_be_the_parent() -> None:
    tracer, exporter = in_memory_tracer()
    tracer.start_span("work", parent=SpanContext(0xABC, 0xDEF)).end()
    assert exporter.span("work").trace_id == f"{0xABC:032x}"
    assert exporter.span("work").parent_span_id == f"{0xDEF:016x}"


def test_no_span_is_no_parent() -> None:
    tracer, exporter = in_memory_tracer()
    tracer.start_span("work", parent=NO_SPAN).end()
    assert exporter.span("work").parent_span_id is None


def test_what_holds_a_tracer_or_a_span_can_be_copied_and_says_why_it_cannot_be_pickled(
    tracer: Tracer,
) -> None:
    with tracer.span("work") as work:
        for each in (tracer, work, NO_SPAN):
            assert copy.copy(each) is each
            assert copy.deepcopy({"held": each})["held"] is each
        for each, instead in ((tracer, "each process makes"), (work, "pass its `traceparent`")):
            with pytest.raises(TypeError, match=instead):
                pickle.dumps(each)
    assert pickle.loads(pickle.dumps(NO_SPAN)) is NO_SPAN


def test_tracers_do_not_share_ids() -> None:
    tracers = [Tracer(enabled=True, exporter=InMemoryExporter()) for _ in range(2)]
    assert len({tracer.start_span("work").trace_id for tracer in tracers for _ in range(100)}) == 200


def test_seeding_random_does_not_make_ids_repeat() -> None:
    import random

    tracer = Tracer(enabled=True, exporter=InMemoryExporter())
    ids = set()
    for _ in range(2):
        random.seed(1)
        ids.add(tracer.start_span("work").trace_id)
    assert len(ids) == 2


def test_a_bug_of_ours_becomes_no_span_and_not_an_exception(caplog: pytest.LogCaptureFixture) -> None:
    def broken(bits: int) -> int:
        raise RuntimeError("bug")

    tracer = Tracer(enabled=True, exporter=InMemoryExporter(), random_bits=broken)
    with tracer.span("work") as work:
        pass
    assert work is NO_SPAN
    assert "Tracer.span failed" in caplog.text


@pytest.mark.usefixtures("_no_default")
def test_where_the_encoder_cannot_be_imported_tracing_is_off(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(sys.modules, "msgspec", None)
    monkeypatch.setattr(encode, "_encode", encode._load_encoder)
    monkeypatch.setenv("TRACER_ENABLED", "true")
    with span("work", input={"a": 1}) as work:
        work.set_output([1])
    assert work is NO_SPAN
    assert trace(str.upper)("a") == "A"
    assert [message.partition(" here")[0] for message in caplog.messages] == [
        "llm_tracer: tracing is off, since its encoder cannot be imported"
    ]


@pytest.mark.usefixtures("_no_default")
def test_a_program_that_has_no_file_left_does_not_notice(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> None:
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr(encode, "load", fail)
    monkeypatch.setenv("TRACER_ENABLED", "true")
    assert span("work") is NO_SPAN
    assert "Too many open files" in caplog.text


def test_an_exporter_that_raises_does_not_reach_the_app(caplog: pytest.LogCaptureFixture) -> None:
    class Broken:
        def export(self, *_: object) -> None:
            raise RuntimeError

    with Tracer(enabled=True, exporter=Broken(), random_bits=SequentialIds()).span("work"):
        pass
    assert "Span.end failed" in caplog.text


def test_a_session_keeps_its_name_whatever_stands_beside_it() -> None:
    tracer, exporter = in_memory_tracer()
    with tracer.session("a", tags=None, metadata="x"), tracer.span("work"):  # type: ignore[arg-type]
        pass
    assert exporter.span("work").attributes == {"session.id": "a", "metadata": "x"}


def test_a_session_of_nonsense_does_not_reach_the_app() -> None:
    tracer, _ = in_memory_tracer()
    with tracer.session("a", tags=7):  # type: ignore[arg-type]
        pass
