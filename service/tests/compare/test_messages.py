"""The differences between what two spans were given and what they answered."""

from __future__ import annotations

from dataclasses import replace

from conversation.traces import answers, calls, chat, reader, says, tool
from llm_tracer.model.span import SpanData
from llm_tracer_service.compare.json_diff import JsonChange
from llm_tracer_service.compare.messages import ComparedTools, ContentDiff, ParameterDiff, content_diff

USER = says("user", "What is the weather in Oslo?")


def diff(a: SpanData, b: SpanData) -> ContentDiff:
    both = reader()
    return content_diff(both.content(a), both.content(b), both.read(a), both.read(b))


def test_a_changed_instruction_is_told_word_by_word() -> None:
    found = diff(chat(1, [USER], system="Be brief."), chat(1, [USER], system="Be polite."))
    system, user = found.messages
    assert (system.change, system.role, system.a_index, system.b_index) == ("changed", "system", 0, 0)
    assert system.words == [("=", "Be "), ("-", "brief"), ("+", "polite"), ("=", ".")]
    assert system.json is None
    assert (user.change, user.a, user.b, user.preview) == ("same", None, None, "What is the weather in Oslo?")
    assert found.complete


def test_changed_arguments_are_told_place_by_place_and_ids_are_no_change() -> None:
    a = chat(1, [USER], [calls("weather", {"city": "Oslo"}, "c1")])
    b = chat(1, [USER], [calls("weather", {"city": "Rome"}, "c2")])
    (answer,) = diff(a, b).output
    assert (answer.change, answer.words) == ("changed", None)
    assert answer.json == (JsonChange("$[0].arguments.city", "changed", "Oslo", "Rome"),)
    same = chat(1, [USER], [calls("weather", {"city": "Oslo"}, "c3")])
    assert [each.change for each in diff(a, same).output] == ["same"]


def test_messages_that_one_side_has_only_are_whole() -> None:
    more = [USER, calls("weather", {}, "c"), answers("4 C", "c")]
    there = diff(chat(1, [USER]), chat(1, more)).messages
    assert [each.change for each in there] == ["same", "added", "added"]
    assert [(each.a_index, each.b_index) for each in there] == [(0, 0), (None, 1), (None, 2)]
    assert [each.change for each in diff(chat(1, more), chat(1, [USER])).messages] == [
        "same",
        "removed",
        "removed",
    ]


def test_a_span_without_messages_is_compared_by_its_arguments_and_result() -> None:
    found = diff(
        tool(1, "weather", {"city": "Oslo"}, None, "4 C"), tool(1, "weather", {"city": "Rome"}, None, "14 C")
    )
    assert found.messages == ()
    assert [each.json for each in found.input] == [(JsonChange("$[0].data.city", "changed", "Oslo", "Rome"),)]
    assert [each.words for each in found.output] == [[("-", "4"), ("+", "14"), ("=", " C")]]


def test_tools_by_name_and_parameters_by_value() -> None:
    def offered(**descriptions: str) -> list[dict[str, str]]:
        return [
            {"type": "function", "name": name, "description": text} for name, text in descriptions.items()
        ]

    a = chat(1, [USER], tools=offered(search="old", fetch="same"))
    b = chat(1, [USER], tools=offered(search="new", send="more"))
    more = {"gen_ai.request.temperature": 0.7, "llm.prompt_template.version": "v2"}
    b = replace(b, attributes={**b.attributes, **more})
    found = diff(a, b)
    assert found.tools == ComparedTools(added=("send",), removed=("fetch",), changed=("search",))
    assert found.parameters == (ParameterDiff("prompt", None, "v2"), ParameterDiff("temperature", None, 0.7))
