"""A value means the same however its sender spells it: real telemetry, written otherwise, is read the same."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from typing import Any, TypeAlias

import pytest
from llm_tracer.model.span import SpanData
from llm_tracer_service.reading.lookup import Entry
from llm_tracer_service.reading.messages.indexed import unflattened
from llm_tracer_service.reading.reader import _PACKAGED, parse_dialects

from .spans import content, read, reader
from .test_sources import found, sources

SAMPLE = 6
"""Every so many spans of the corpus are read again, in each spelling."""

Attributes: TypeAlias = Mapping[str, Any]


@cache
def real_spans() -> tuple[SpanData, ...]:
    return tuple(each.span for name in sorted(sources()) for each in found(name))[::SAMPLE]


def meaning_of(span: SpanData) -> dict[str, Any]:
    """All that is read of a span, but for what shows the sender's own spelling: counts beside their keys, parameters."""
    reading, shown = reader().read(span), reader().content(span)
    said = {name: getattr(reading, name) for name in (each.name for each in dataclasses.fields(reading))}
    said |= {name: getattr(shown, name) for name in (each.name for each in dataclasses.fields(shown))}
    said["texts"] = sorted((each.where, each.text) for each in reader().texts(span))
    lines = {
        side: line and "".join(line.split())[:_LINE_CHARS]
        for side, line in (
            ("input_preview", reading.input_preview),
            ("output_preview", reading.output_preview),
        )
    }
    return {**_one_spelling(said), **lines, "usage_raw": sorted(shown.usage_raw)}


_LINE_CHARS = 100
"""A line is cut at 200, white space included."""


def _one_spelling(value: Any) -> Any:
    """Without the white space in texts of JSON, which lines and answers keep as the sender wrote it."""
    match value:
        case str() if value.lstrip()[:1] in ("{", "["):
            return "".join(value.split())
        case dict():
            return {name: _one_spelling(inner) for name, inner in value.items()}
        case list() | tuple():
            return [_one_spelling(inner) for inner in value]
        case _ if dataclasses.is_dataclass(value):
            return _one_spelling({each.name: getattr(value, each.name) for each in dataclasses.fields(value)})
        case _:
            return value


def _json_of(value: Any) -> Any:
    """The object or list in a text of JSON; None for anything else."""
    try:
        inner = json.loads(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return inner if isinstance(inner, dict | list) and inner else None


def as_structures(value: Any) -> Any:
    inner = _json_of(value)
    return value if inner is None else inner


def as_json(value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) and value else value


def indented(value: Any) -> Any:
    inner = _json_of(value)
    return value if inner is None else "\n " + json.dumps(inner, indent=2, ensure_ascii=False)


def as_double(value: Any) -> Any:
    return float(value) if type(value) is int else value


def with_doubles(sent: Attributes) -> Attributes:
    """All but the arguments of a function, which are shown as they were sent."""
    schema = _json_of(sent.get("logfire.json_schema")) or {}
    return {
        key: value if key in schema.get("properties", ()) else as_double(value) for key, value in sent.items()
    }


@cache
def known_keys() -> tuple[str, ...]:
    table = parse_dialects(_PACKAGED.read_text("utf-8"))
    return tuple(source.key for of in table.fields.values() for source in of if source.form == "exact")


def each_value(spell: Callable[[Any], Any]) -> Callable[[Attributes], Attributes]:
    return lambda attributes: {key: spell(value) for key, value in attributes.items()}


@pytest.mark.parametrize(
    "written",
    [
        pytest.param(each_value(as_structures), id="objects and lists instead of JSON"),
        pytest.param(each_value(as_json), id="JSON instead of objects and lists"),
        pytest.param(each_value(indented), id="indented JSON"),
        pytest.param(with_doubles, id="doubles instead of integers"),
        pytest.param(lambda sent: dict(reversed(sent.items())), id="in another order"),
        pytest.param(lambda sent: {**dict.fromkeys(known_keys()), **sent}, id="nulls for what is absent"),
        pytest.param(lambda sent: {**sent, **dict.fromkeys({*known_keys()} - {*sent}, "")}, id="empty texts"),
    ],
)
def test_a_spelling_changes_nothing(written: Callable[[Attributes], Attributes]) -> None:
    for span in real_spans():
        events = tuple([replace(each, attributes=written(each.attributes)) for each in span.events])
        respelled = replace(span, attributes=written(span.attributes), events=events)
        assert meaning_of(respelled) == meaning_of(span), span.name


def test_events_are_read_in_the_order_of_their_times() -> None:
    several = [span for span in real_spans() if len({event.time_unix_nano for event in span.events}) > 1]
    assert several
    for span in several:
        events = tuple(sorted(span.events, key=lambda event: -event.time_unix_nano))
        assert meaning_of(replace(span, events=events)) == meaning_of(span), span.name


@pytest.mark.parametrize("key", ["llm.input_messages", "llm.output_messages", "retrieval.documents"])
def test_a_flattened_list_may_be_one_attribute(key: str) -> None:
    lists = 0
    for span in real_spans():
        parts = {
            name: name[len(key) + 1 :].split(".", 1)
            for name, value in span.attributes.items()
            if name.startswith(key + ".") and value not in (None, "")
        }
        if not parts or any(".function." in name for name in parts):
            continue  # AutoGen's results, which are beside their message
        entries = [
            Entry(int(number), member, span.attributes[name]) for name, (number, member) in parts.items()
        ]
        rest = {name: value for name, value in span.attributes.items() if name not in parts}
        whole = replace(span, attributes={**rest, key: json.dumps(unflattened(entries))})
        ours = {"provenance": None}
        assert meaning_of(whole) | ours == meaning_of(span) | ours, span.name
        lists += 1
    assert lists


def test_all_results_of_a_step_are_read() -> None:
    """AutoGen, by OpenInference."""
    results = [
        {"name": "get_weather", "content": f"{degrees} C", "call_id": f"call_{degrees}"}
        for degrees in (17, 25)
    ]
    sent = {f"llm.input_messages.0.function.{n}": json.dumps(each) for n, each in enumerate(results)}
    (message,) = content({"llm.input_messages.0.message.role": "function", **sent}).input_messages
    assert [(part["id"], part["content"]) for part in message.parts] == [
        ("call_17", "17 C"),
        ("call_25", "25 C"),
    ]


def test_params_and_metadata_hold_what_json_says() -> None:
    assert content({"ai.prompt.toolChoice": '{"type": "auto"}'}).params == {"toolChoice": {"type": "auto"}}
    assert read({"langfuse.trace.metadata.plan": '["pro"]'}).metadata == {"plan": ["pro"]}
    assert read({"langfuse.trace.metadata.plan": '"pro"'}).metadata == {
        "plan": '"pro"'
    }  # a text, as it was sent


def test_an_id_that_is_a_whole_double_is_that_number() -> None:
    assert (read({"user.id": 42.0}).user_id, read({"user.id": 4.5}).user_id) == ("42", "4.5")


def test_an_answer_in_json_may_be_an_object() -> None:
    messages = [{"role": "assistant", "content": {"city": "Paris"}}]
    shown = read({"gen_ai.output.messages": messages, "gen_ai.operation.name": "chat"})
    assert shown.output_preview == '{"city":"Paris"}'


def test_what_is_inside_a_message_may_be_json_too() -> None:
    calls = [{"id": "1", "type": "function", "function": '{"name": "search", "arguments": {"q": "x"}}'}]
    sent = [
        {"role": "user", "parts": [{"type": "text", "content": {"city": "Paris"}}]},
        {"role": "assistant", "tool_calls": calls},
        {
            "role": "tool",
            "content": [
                {"type": "tool-result", "toolCallId": "1", "output": '{"type": "text", "value": "y"}'}
            ],
        },
    ]
    asked, called, answered = content({"gen_ai.input.messages": sent}).input_messages
    assert asked.parts[0]["content"] == '{"city":"Paris"}'
    assert (called.parts[0]["name"], called.parts[0]["arguments"]) == ("search", {"q": "x"})
    assert answered.parts[0]["content"] == "y"


def test_an_image_is_noticed_in_any_form() -> None:
    blocks = [
        {"type": "text", "text": "What is it?"},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}},
    ]
    for sent in (
        {"gen_ai.prompt.0.role": "user", "gen_ai.prompt.0.content": json.dumps(blocks)},
        {"gen_ai.input.messages": [{"role": "user", "content": blocks}]},
    ):
        assert read(sent).has == ("image",)
