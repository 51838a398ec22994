from __future__ import annotations

import json
import math
import tracemalloc
from datetime import UTC, datetime
from typing import Any

import pytest
from llm_tracer import span
from llm_tracer.sending.wire import json_text
from llm_tracer.testing import InMemoryExporter


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
        (b"ab", "YWI="),
        (datetime(2026, 1, 2, tzinfo=UTC), "2026-01-02T00:00:00Z"),
        ({"loss": math.nan, "of": [{"most": -math.inf}]}, '{"loss":"NaN","of":[{"most":"-Infinity"}]}'),
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


@pytest.mark.parametrize("depth", [1_000, 20_000, 100_000])
def test_nesting_without_end_is_cut_with_a_word(depth: int, recorded_spans: InMemoryExporter) -> None:
    deep: list[Any] = []
    for _ in range(depth):
        deep = [deep]
    with span("work", input=deep, deep=deep):
        pass
    attributes = attributes_of(recorded_spans)
    for value in (attributes["input.value"], attributes["deep"]):
        assert "nested" in value or value == "[" * (depth + 1) + "]" * (depth + 1)


def test_json_text_keeps_keys_that_json_cannot_say() -> None:
    assert json.loads(json_text({None: 1})) == {"None": 1}


@pytest.mark.parametrize("more", [{}, {"beyond": 2**70}])  # what is encoded at once, and what is rendered
def test_keys_that_read_alike_keep_their_values(
    more: dict[str, int], recorded_spans: InMemoryExporter
) -> None:
    sent = {"of": [{1: "int", "1": "text", None: "none", "None": "text"}], **more}
    with span("work", input=sent, sent=sent):
        pass
    attributes = attributes_of(recorded_spans)
    kept = [{"1 (int)": "int", "1": "text", "None (NoneType)": "none", "None": "text"}]
    for value in (attributes["input.value"], attributes["sent"]):
        assert json.loads(value)["of"] == kept


def test_a_name_that_cannot_be_printed_costs_no_span(recorded_spans: InMemoryExporter) -> None:
    class Mute:
        def __str__(self) -> str:
            raise RuntimeError

    with span(Mute(), kind="tool"):  # type: ignore[arg-type]
        pass
    assert "cannot be printed" in recorded_spans.spans[0].name


def test_what_is_big_is_written_without_reading_it_again() -> None:
    value = [f"{number:01000}" for number in range(4_000)]
    tracemalloc.start()
    try:
        text = json_text(value)
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert json.loads(text) == value
    assert peak_bytes < 2.5 * len(text)
    assert json.loads(json_text([*value, math.nan]))[-1] == "NaN"
