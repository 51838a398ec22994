from __future__ import annotations

import random

import pytest
from llm_tracer import Tracer, continue_trace
from llm_tracer.recording.sampling import Sampler
from llm_tracer.testing import InMemoryExporter, SequentialIds


def recorded(names: list[str], **options: object) -> list[str]:
    exporter = InMemoryExporter()
    tracer = Tracer(enabled=True, exporter=exporter, **options)  # type: ignore[arg-type]
    for name in names:
        with tracer.span(name), tracer.span(f"{name} child"):
            pass
    tracer.shutdown()
    return [span.name for span in exporter.spans]


def test_the_trace_id_decides_as_opentelemetry_does() -> None:
    pytest.importorskip("opentelemetry.sdk.trace.sampling")
    from opentelemetry.sdk.trace.sampling import TraceIdRatioBased

    ids = random.Random(0)
    theirs = TraceIdRatioBased(0.3)
    ours = Sampler(0.3)
    for _ in range(200):
        trace_id = ids.getrandbits(128)
        assert (
            ours.keeps(trace_id, "any") == theirs.should_sample(None, trace_id, "any").decision.is_sampled()
        )


def test_a_trace_is_recorded_whole_or_not_at_all() -> None:
    names = recorded(["root"] * 200, sample_rate=0.5, random_bits=random.Random(1).getrandbits)
    assert names.count("root") == names.count("root child")
    assert 60 < names.count("root") < 140


def test_rules_go_by_the_name_of_the_root() -> None:
    rules = {"health*": 0.0, "check*": 1.0}
    assert recorded(["health", "healthz", "checkout"], sample_rate=0.0, sample_rules=rules) == [
        "checkout child",
        "checkout",
    ]


def test_what_is_not_recorded_still_says_so_to_others() -> None:
    tracer = Tracer(enabled=True, exporter=InMemoryExporter(), sample_rate=0.0, random_bits=SequentialIds())
    with tracer.span("root") as root, tracer.span("child") as child:
        child.set_output("x")
        child.score("quality", 1.0)
        assert list(child.stream(["a", "b"])) == ["a", "b"]
    assert [root.is_recording, root.is_sampled, child.is_sampled] == [False] * 3
    assert (root.trace_id, child.traceparent) == (child.trace_id, f"00-{1:032x}-{2:016x}-00")
    tracer.shutdown()


def test_a_second_child_of_a_trace_that_is_not_recorded_is_not_recorded_either() -> None:
    assert recorded(["root"], sample_rules={"root": 0.0}) == []
    exporter = InMemoryExporter()
    tracer = Tracer(enabled=True, exporter=exporter, sample_rules={"root": 0.0})
    with tracer.span("root"):
        with tracer.span("first"):
            pass
        with tracer.span("second"):
            pass
    tracer.shutdown()
    assert exporter.spans == []


def test_the_decision_of_the_caller_holds() -> None:
    exporter = InMemoryExporter()
    tracer = Tracer(enabled=True, exporter=exporter, sample_rate=0.0)
    for flags in ("00", "01"):
        with continue_trace(f"00-{5:032x}-{6:016x}-{flags}"), tracer.span(f"flags {flags}"):
            pass
    tracer.shutdown()
    assert [span.name for span in exporter.spans] == ["flags 01"]


@pytest.mark.parametrize("rate", [-0.1, 1.1])
def test_a_rate_is_from_0_to_1(rate: float) -> None:
    with pytest.raises(ValueError, match="from 0 to 1"):
        Sampler(rate)
