from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from llm_tracer.sending.wire import json_text
from llm_tracer.values.encode import plain_messages
from llm_tracer.values.messages import as_messages, message_list, plain_messages_json


def parts_of(message: dict[str, Any]) -> list[dict[str, Any]]:
    converted = as_messages([message], role_of_text="user")
    assert converted is not None
    parts: list[dict[str, Any]] = converted[0]["parts"]
    return parts


def test_a_text_is_one_message_of_the_side() -> None:
    assert as_messages("hi", role_of_text="user") == [
        {"role": "user", "parts": [{"type": "text", "content": "hi"}]}
    ]


@pytest.mark.parametrize(
    "value", [None, 1, [], ["a"], [{"role": "user"}], {"choices": []}, [{"content": "x"}], {}]
)
def test_other_things_are_no_messages(value: object) -> None:
    assert as_messages(value, role_of_text="user") is None


def test_one_message_is_a_list_of_one_and_keeps_its_other_keys() -> None:
    message = {"role": "assistant", "content": "hi", "name": "bob", "finish_reason": "stop", "refusal": None}
    assert as_messages(message, role_of_text="user") == [
        {
            "role": "assistant",
            "parts": [{"type": "text", "content": "hi"}],
            "name": "bob",
            "finish_reason": "stop",
        }
    ]


def test_tool_calls_of_openai() -> None:
    call = {"id": "c1", "type": "function", "function": {"name": "search", "arguments": '{"q":1}'}}
    assert parts_of({"role": "assistant", "content": None, "tool_calls": [call]}) == [
        {"type": "tool_call", "id": "c1", "name": "search", "arguments": '{"q":1}'}
    ]
    assert parts_of({"role": "tool", "tool_call_id": "c1", "content": "found"}) == [
        {"type": "tool_call_response", "id": "c1", "response": "found"}
    ]


def test_blocks_of_anthropic() -> None:
    blocks = [
        {"type": "thinking", "thinking": "hm", "signature": "s"},
        {"type": "text", "text": "hi"},
        {"type": "tool_use", "id": "t1", "name": "search", "input": {"q": 1}},
        {"type": "tool_result", "tool_use_id": "t1", "content": "found", "is_error": False},
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"}},
    ]
    assert parts_of({"role": "user", "content": blocks}) == [
        {"type": "reasoning", "content": "hm", "signature": "s"},
        {"type": "text", "content": "hi"},
        {"type": "tool_call", "id": "t1", "name": "search", "arguments": {"q": 1}},
        {"type": "tool_call_response", "id": "t1", "response": "found", "is_error": False},
        {"type": "blob", "modality": "image", "mime_type": "image/png", "content": "AAAA"},
    ]


def test_images_of_openai_by_address_and_by_content() -> None:
    blocks = [
        {"type": "image_url", "image_url": {"url": "https://a/b.png"}},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}},
    ]
    assert parts_of({"role": "user", "content": blocks}) == [
        {"type": "uri", "modality": "image", "uri": "https://a/b.png"},
        {"type": "blob", "modality": "image", "mime_type": "image/png", "content": "AAAA"},
    ]


def test_what_is_unknown_stays_as_it_is() -> None:
    blocks = [{"type": "hologram", "x": 1}, {"x": 1}, 7]
    assert parts_of({"role": "user", "content": blocks}) == [
        {"type": "hologram", "x": 1},
        {"type": "json", "content": {"x": 1}},
        {"type": "json", "content": 7},
    ]


def test_messages_in_parts_stay_as_they_are() -> None:
    messages = [{"role": "user", "parts": [{"type": "text", "content": "hi"}]}]
    assert as_messages(messages, role_of_text="user") == messages


plain_lists = st.lists(
    st.fixed_dictionaries({"role": st.text(max_size=4), "content": st.text(max_size=20)}), min_size=1
)
almost_plain = st.lists(
    st.dictionaries(
        st.sampled_from(["role", "content", "name"]), st.none() | st.integers() | st.text(), max_size=3
    )
)


@given(st.text() | plain_lists | almost_plain | st.none() | st.integers())
def test_plain_messages_have_the_json_of_all_messages(value: Any) -> None:
    said, _ = plain_messages(value) or (None, 0)
    json = plain_messages_json(value if said is None else said, role_of_text="user")
    if json is not None:
        assert json.decode() == json_text(as_messages(value, role_of_text="user"))
        assert said is None or message_list(said) == value


@given(plain_lists)
def test_plain_messages_are_known_as_such(messages: list[dict[str, str]]) -> None:
    plain = plain_messages(messages)
    assert plain is not None
    said, length = plain
    assert length == sum(len(message["role"]) + len(message["content"]) for message in messages)
    assert plain_messages_json(said, role_of_text="user") is not None
