"""A model call, in forms that can be sent again."""

from __future__ import annotations

import ast
import json
import shlex
from dataclasses import replace

from llm_tracer.model.reading import Content, Message, Reading
from llm_tracer_service.conversation.replay import FORMS, Replay, replay

CONTENT = Content(
    system=({"type": "text", "content": "Be brief."},),
    input_messages=(
        Message(
            "user",
            ({"type": "text", "content": "It's 5 o'clock: $HOME?"}, {"type": "media", "modality": "image"}),
        ),
        Message("assistant", ({"type": "tool_call", "id": "c1", "name": "look", "arguments": {"at": 1}},)),
        Message("tool", ({"type": "tool_result", "id": "c1", "content": {"seen": True}},)),
    ),
    output_messages=(Message("assistant", ({"type": "text", "content": "Yes."},)),),
    tool_definitions=({"name": "look", "description": "Looks.", "parameters": {"type": "object"}},),
    params={"temperature": 0.2, "max_tokens": 50},
)
OPENAI = Reading("chat", kind="llm", provider="openai", request_model="gpt-4o")
CLAUDE = Reading("chat", kind="llm", provider="anthropic", request_model="claude-sonnet-4-5")


def written(form: str, reading: Reading = OPENAI) -> Replay:
    found = replay(form, reading, CONTENT)
    assert found is not None
    return found


def test_as_openai_takes_it() -> None:
    assert json.loads(written("openai").text) == {
        "model": "gpt-4o",
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "It's 5 o'clock: $HOME?"},
            {"role": "assistant", "content": None, "tool_calls": [
                {"id": "c1", "type": "function", "function": {"name": "look", "arguments": '{"at": 1}'}}]},
            {"role": "tool", "tool_call_id": "c1", "content": '{"seen": true}'},
        ],
        "temperature": 0.2,
        "max_tokens": 50,
        "tools": [{"type": "function", "function": {"name": "look", "description": "Looks.", "parameters": {"type": "object"}}}],
    }  # fmt: skip


def test_as_anthropic_takes_it() -> None:
    assert json.loads(written("anthropic", CLAUDE).text) == {
        "model": "claude-sonnet-4-5",
        "max_tokens": 50,
        "system": "Be brief.",
        "messages": [
            {"role": "user", "content": [{"type": "text", "text": "It's 5 o'clock: $HOME?"}]},
            {
                "role": "assistant",
                "content": [{"type": "tool_use", "id": "c1", "name": "look", "input": {"at": 1}}],
            },
            {
                "role": "user",
                "content": [{"type": "tool_result", "tool_use_id": "c1", "content": '{"seen": true}'}],
            },
        ],
        "temperature": 0.2,
        "tools": [{"name": "look", "description": "Looks.", "input_schema": {"type": "object"}}],
    }


def test_the_command_has_the_same_body_and_no_key() -> None:
    words = shlex.split(written("curl").text)
    assert json.loads(words[words.index("-d") + 1]) == json.loads(written("openai").text)
    assert "Authorization: Bearer $OPENAI_API_KEY" in words
    assert "x-api-key: $ANTHROPIC_API_KEY" in shlex.split(written("curl", CLAUDE).text)


def test_the_program_has_the_same_arguments() -> None:
    (call,) = [
        node
        for node in ast.walk(ast.parse(written("python").text))
        if isinstance(node, ast.Call) and node.keywords
    ]
    assert {one.arg: ast.literal_eval(one.value) for one in call.keywords} == json.loads(
        written("openai").text
    )


def test_markdown_tells_the_answer_too() -> None:
    text = written("md").text
    assert text.startswith("## system\n\nBe brief.")
    assert text.endswith("## assistant\n\nYes.\n")


def test_what_a_form_cannot_say_is_counted() -> None:
    assert {form: written(form).left_out for form in FORMS} == {
        "openai": 1,
        "anthropic": 1,
        "curl": 1,
        "python": 1,
        "md": 0,
    }


def test_a_span_without_messages_is_no_call() -> None:
    assert replay("curl", OPENAI, Content()) is None
    assert replay("fax", OPENAI, CONTENT) is None


def test_stop_sequences_have_the_name_and_the_form_of_each_api() -> None:
    """OpenTelemetry says stop_sequences of any provider; OpenAI's API knows only stop, Anthropic's wants a list."""
    for params in ({"stop": "END"}, {"request.stop_sequences": ["END"]}):
        content = replace(CONTENT, params=params)
        openai, anthropic = replay("openai", OPENAI, content), replay("anthropic", CLAUDE, content)
        assert openai is not None
        assert anthropic is not None
        assert json.loads(openai.text)["stop"] in ("END", ["END"])
        assert "stop_sequences" not in openai.text
        assert json.loads(anthropic.text)["stop_sequences"] == ["END"]
