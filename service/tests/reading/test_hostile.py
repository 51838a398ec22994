"""Whatever is sent, reading a span neither raises nor takes long."""

from __future__ import annotations

import json
import time
from functools import cache
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from llm_tracer.model.span import SpanEvent
from llm_tracer_service.reading.dialects import Dialects, parse_dialects
from llm_tracer_service.reading.reader import _PACKAGED

from .spans import reader, span


@cache
def table() -> Dialects:
    return parse_dialects(_PACKAGED.read_text("utf-8"))


def known_keys() -> list[str]:
    keys: set[str] = set()
    for sources in table().fields.values():
        for source in sources:
            if source.form == "list":
                for rest in (
                    "0.message.role",
                    "0.message.content",
                    "7.content",
                    "999999999.x",
                    "1.tool_calls.0.name",
                ):
                    keys.add(f"{source.key}.{rest}")
            elif source.form == "prefix":
                keys.add(source.key + "x")
            elif source.form == "message":
                keys.update(source.members)
            else:
                keys.add(source.key)
    keys.update(rule.source.key for rule in table().kinds if rule.source is not None)
    return sorted(keys)


HOSTILE: list[Any] = [
    None, "", " ", "null", "{", '{"a":', "[", "[[[", '"', "NaN", "[NaN]", float("nan"), float("inf"), -1, 10**30, -0.5,
    b"\xff", [], {}, [[]], [None], {"": None}, "[" * 10_000, '{"a":' * 10_000, '[{"role":"user"}]', "\ud800", "\x00",
    [{"role": 5, "content": {"a": 1}}], [{"role": "user", "parts": "x"}], [{"role": "user", "parts": [None, 5, []]}],
    '[{"type":"text"}]', '{"messages": 5}', '{"choices": [null]}', '{"choices": [{"message": 5}]}',
    '{"candidates": [{"content": 5}]}', '{"generations": [[{"message": 5}]]}', '{"generations": [5]}',
    [{"tool_calls": [None, 5, {"function": 5}]}], {"type": "tool_call", "arguments": "{"}, "1e400", "1_000",
]  # fmt: skip

hostile_values = st.recursive(
    st.sampled_from(HOSTILE) | st.text(max_size=8) | st.integers() | st.floats() | st.booleans(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["role", "content", "type", "parts", "text", "id", "name", "message", "data", "kwargs"]
            ),
            inner,
            max_size=3,
        )
    ),
    max_leaves=6,
)
keys = st.sampled_from(known_keys()) | st.text(max_size=12)
soup = st.dictionaries(keys, hostile_values | hostile_values.map(lambda value: _json(value)), max_size=12)
events = st.lists(
    st.builds(
        SpanEvent,
        name=st.sampled_from(
            [*table().message_events, *table().attribute_events, "exception", "gen_ai.evaluation.result", "x"]
        ),
        time_unix_nano=st.integers(0, 2**63),
        attributes=soup,
        body=hostile_values,
    ),
    max_size=3,
)


def _json(value: Any) -> str:
    try:
        return json.dumps(value, default=repr)
    except (TypeError, ValueError):
        return "{"


@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(attributes=soup, sent=events, resource=soup, parent=st.sampled_from([None, "2" * 16]))
def test_any_soup_of_attributes_is_read(
    attributes: dict[str, Any], sent: list[SpanEvent], resource: dict[str, Any], parent: str | None
) -> None:
    odd = span(attributes, *sent, resource=resource, parent=parent)

    reader()._read(odd)
    content = reader().content(odd)
    assert not any(note.startswith("not understood") for note in content.ingest_notes), content.ingest_notes
    assert all(isinstance(found.text, str) for found in reader().texts(odd))


def seconds(attributes: dict[str, Any]) -> float:
    odd = span(attributes)
    started = time.process_time()
    reader()._read(odd)
    reader().content(odd)
    return time.process_time() - started


BIG = 300_000


@pytest.mark.parametrize(
    "attributes",
    [
        {"gen_ai.input.messages": "[" * BIG},
        {"gen_ai.input.messages": '{"a":' * BIG},
        {"gen_ai.input.messages": '[{"role":"user","content":"x"},' * (BIG // 10)},
        {"gen_ai.input.messages": json.dumps([{"role": "user", "content": "x"}] * (BIG // 30))},
        {"input.value": json.dumps([[[{"x": ["y"] * 50}]]] * 2_000)},
        {"input.value": '"' + "x " * BIG + '"'},
        {"output.value": "x" * 10_000_000, "openinference.span.kind": "LLM"},
        {f"llm.input_messages.{n * 10**6}.message.content": "x" for n in range(10_000)},
        {f"llm.input_messages.0.message.tool_calls.{n}.tool_call.id": "x" for n in range(10_000)},
        {f"gen_ai.usage.made_up_{n}": n for n in range(10_000)},
        {"metadata": json.dumps({f"k{n}": n for n in range(20_000)})},
    ],
)
def test_time_is_linear_in_what_was_sent(attributes: dict[str, Any]) -> None:
    size = sum(len(key) + len(str(value)) for key, value in attributes.items())
    assert seconds(attributes) < 0.5 + size * 4e-6


def test_keys_without_end_do_not_fill_the_memory() -> None:
    from llm_tracer_service.reading import lookup

    few = reader()._interpreter._few
    for number in range(lookup._SHAPES_MAX + 10):
        reader().read(span({f"made.up.{number}": 1}))
    assert few._remembered_shape.cache_info().currsize <= lookup._SHAPES_MAX


def test_a_tool_call_with_a_list_for_an_id_is_read() -> None:
    odd = span({"ai.response.toolCalls": {"id": [None]}})
    reader()._read(odd)
    assert not any(note.startswith("not understood") for note in reader().content(odd).ingest_notes)
