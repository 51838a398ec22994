"""Tool calls, results, definitions and the tools' spans find each other."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from llm_tracer.model.reading import Content, Message
from llm_tracer_service.conversation import index as index_module
from llm_tracer_service.conversation.exchange import Place, exchange_of
from llm_tracer_service.conversation.tool_links import DefinitionPlace, ToolLink

from .traces import Read, agent, answers, calls, chat, says, span_id, tool

WEATHER = {
    "type": "function",
    "name": "weather",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}
ASK = [says("user", "Weather in Lisbon?")]
CALL = calls("weather", {"city": "Lisbon"}, "c1")
RESULT = answers("22 C", "c1")

ANY = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(codec=None))
    | st.binary(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["type", "required", "properties", "items", "$ref", "enum", "a"]) | st.text(),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


def one(read: Read, number: int) -> ToolLink:
    (link,) = read.links(number).tools
    return link


def usual(**changed: Any) -> Read:
    return Read(
        agent(0),
        chat(1, ASK, [changed.get("call", CALL)], parent=0, tools=[WEATHER]),
        tool(2, "weather", {"city": "Lisbon"}, changed.get("tool_id", "c1"), parent=0),
        chat(
            3,
            [*ASK, changed.get("call", CALL), changed.get("result", RESULT)],
            [says("assistant", "22 C.")],
            parent=0,
        ),
    )


def test_all_four_ends_by_id() -> None:
    read = usual()
    for number in (1, 2, 3):
        link = one(read, number)
        assert link.call_id == "c1"
        assert link.name == "weather"
        assert link.call == Place(span_id(1), "output", 0, 0)
        assert link.result == Place(span_id(3), "input", 2, 0)
        assert link.definition == DefinitionPlace(span_id(1), 0)
        assert link.tool_span_id == span_id(2)
        assert not link.inferred
        assert link.problems == ()
    assert one(read, 1).here == (Place(span_id(1), "output", 0, 0),)
    assert one(read, 3).here == (Place(span_id(3), "input", 1, 0), Place(span_id(3), "input", 2, 0))


def test_without_ids_by_name_and_arguments() -> None:
    read = usual(
        call=calls("weather", {"city": "Lisbon"}), result=answers("22 C", name="weather"), tool_id=None
    )
    for number in (1, 2, 3):
        link = one(read, number)
        assert link.call == Place(span_id(1), "output", 0, 0), number
        assert link.result == Place(span_id(3), "input", 2, 0)
        assert link.tool_span_id == span_id(2)
        assert link.inferred


def test_a_tool_span_without_an_id_belongs_to_the_call_with_its_arguments() -> None:
    read = usual(tool_id=None)
    assert one(read, 1).tool_span_id == span_id(2)
    assert one(read, 1).inferred
    assert one(read, 2).call == Place(span_id(1), "output", 0, 0)


def test_two_calls_alike_have_a_span_each() -> None:
    twice = {
        "role": "assistant",
        "parts": [calls("weather", {"city": "Lisbon"}, i)["parts"][0] for i in ("c1", "c2")],
    }
    read = Read(
        agent(0),
        chat(1, ASK, [twice], parent=0),
        tool(2, "weather", {"city": "Lisbon"}, None, parent=0),
        tool(3, "weather", {"city": "Lisbon"}, None, parent=0),
    )
    assert [link.tool_span_id for link in read.links(1).tools] == [span_id(2), span_id(3)]
    assert one(read, 2).call_id == "c1"
    assert one(read, 3).call_id == "c2"


def test_ids_that_begin_again_in_every_turn_stay_apart() -> None:
    first = [*ASK, calls("weather", {"city": "Lisbon"}, "call_0"), answers("22 C", "call_0")]
    second = [
        *first,
        says("user", "Oslo?"),
        calls("weather", {"city": "Oslo"}, "call_0"),
        answers("3 C", "call_0"),
    ]
    read = Read(
        agent(0),
        chat(1, ASK, first[1:2], parent=0),
        tool(2, "weather", {"city": "Lisbon"}, "call_0", parent=0),
        chat(3, first, [says("assistant", "22 C")], parent=0),
        chat(4, second[:4], second[4:5], parent=0),
        tool(5, "weather", {"city": "Oslo"}, "call_0", parent=0),
        chat(6, second, [says("assistant", "3 C")], parent=0),
    )
    old, new = read.links(6).tools
    assert (old.call, old.tool_span_id) == (Place(span_id(1), "output", 0, 0), span_id(2))
    assert old.result == Place(span_id(3), "input", 2, 0)
    assert (new.call, new.tool_span_id) == (Place(span_id(4), "output", 0, 0), span_id(5))
    assert new.result == Place(span_id(6), "input", 5, 0)
    assert one(read, 5).call == Place(span_id(4), "output", 0, 0)
    assert one(read, 2).call == Place(span_id(1), "output", 0, 0)


def test_what_is_wrong_is_said() -> None:
    read = Read(
        chat(1, ASK, [calls("weather", {"town": 1}, "c1")], tools=[WEATHER]),
        chat(2, [*ASK, calls("weather", {"town": 1}, "c1")], [calls("rain", {}, "c2")], tools=[WEATHER]),
        chat(3, [says("user", "Something else")], [calls("weather", {"city": "Oslo"}, "c3")]),
    )
    assert one(read, 1).problems == (
        "no result: the model was called again without one",
        "arguments do not match the schema: `city` is missing",
    )
    assert read.links(2).tools[1].problems == ("no result in this trace", "no tool named rain was offered")
    assert one(read, 3).problems == (), "an agent may answer by a last call"


def test_a_result_that_nobody_asked_for() -> None:
    read = Read(chat(1, ASK), chat(2, [*ASK, RESULT]))
    assert one(read, 2).problems == ("no call: nothing in this trace asked for it",)
    alone = Read(chat(1, [*ASK, RESULT], [calls("weather", {"city": "Oslo"}, "c2")]))
    assert [link.problems for link in alone.links(1).tools] == [(), ()], "each call may be a trace of its own"


def test_a_result_without_an_id_belongs_to_the_first_call_that_waits() -> None:
    read = Read(chat(1, ASK, [CALL]), chat(2, [*ASK, CALL, answers("22 C")]))
    for number in (1, 2):
        link = one(read, number)
        assert link.result == Place(span_id(2), "input", 2, 0)
        assert link.problems == ()
    assert one(read, 2).inferred


def test_a_running_trace_may_still_bring_the_result() -> None:
    from dataclasses import replace

    root = replace(agent(0), end_time_unix_nano=None)
    assert one(Read(root, chat(1, ASK, [CALL], parent=0)), 1).problems == ()


def test_the_result_of_the_tools_span_will_do() -> None:
    read = Read(
        agent(0), chat(1, ASK, [CALL], parent=0), tool(2, "weather", {"city": "Lisbon"}, "c1", parent=0)
    )
    assert one(read, 1).problems == ()
    assert one(read, 1).result is None


def test_of_a_huge_trace_the_nearest_part_is_read(monkeypatch: Any) -> None:
    monkeypatch.setattr(index_module, "SPANS_MAX", 10)
    far = [
        chat(number, ASK, [calls("weather", {"n": number}, f"c{number}")], parent=0)
        for number in range(1, 40)
    ]
    read = Read(agent(0), *far)
    links = read.links(20)
    assert links.left_out == 29
    assert links.tools[0].problems == (), "what was not read may hold the result"


def test_an_agent_of_a_hundred_calls_is_searched_whole() -> None:
    said = [ASK[0]]
    spans = [agent(0)]
    for number in range(1, 101):
        call = calls("weather", {"n": number}, f"c{number}")
        spans.append(chat(number, said, [call], parent=0))
        said = [*said, call, answers("22 C", f"c{number}")]
    assert Read(*spans).links(50).left_out == 0


@given(arguments=ANY, schema=ANY)
@settings(max_examples=150, deadline=None)
def test_nothing_that_is_sent_raises(arguments: Any, schema: Any) -> None:
    content = Content(
        input_messages=(
            Message("tool", ({"type": "tool_result", "id": arguments, "name": schema, "content": 1},)),
        ),
        output_messages=(
            Message("assistant", ({"type": "tool_call", "id": "c", "name": "f", "arguments": arguments},)),
        ),
        tool_definitions=({"name": "f", "parameters": schema},),
    )
    read = Read(chat(1, ASK))
    assert exchange_of(span_id(1), "llm", content).uses
    assert read.index.links(span_id(1), content).tools
