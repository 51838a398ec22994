"""Senders that were run against a model server which knows the truth: the few lines of each that were once read wrongly."""

from __future__ import annotations

import json
from typing import Any, ClassVar

import pytest
from llm_tracer.model.reading import Message

from .spans import content, read, text

CALL = {"type": "tool_call", "id": "call_1", "name": "get_weather", "arguments": {"city": "Bergen"}}


class TestAnswersInJson:
    """An answer may have a name in it that tells a content block of some convention: it is a text all the same."""

    @pytest.mark.parametrize(
        "answer",
        [
            '{"reasoning": "It rains.", "score": 1}',
            '{"reasoning": "It rains."}',
            '[{"reasoning": "It rains.", "score": 1}, {"reasoning": "It snows.", "score": 0}]',
            '{"reasoning": {"steps": 2}, "answer": "Oslo"}',
            '{"refusal": "none", "score": 1}',
            '{"image": "cat.png", "label": "cat"}',
            '{"document": {"title": "Invoice"}, "total": 5}',
            '{"tool_name": "search", "why": "It knows."}',
            '{"type": "text", "confidence": 0.9}',
            '{"type": "document", "total": 5}',
        ],
    )
    def test_it_stays_whole(self, answer: str) -> None:
        attributes = {
            "openinference.span.kind": "LLM",
            "llm.output_messages.0.message.role": "assistant",
            "llm.output_messages.0.message.content": answer,
        }
        assert content(attributes).output_messages == (Message("assistant", (text(answer),)),)
        assert read(attributes).output_preview == answer

    def test_beside_its_reasoning_an_object_keeps_the_answer(self) -> None:
        answer = {"reasoning": "It rains.", "answer": "Bergen"}
        attributes = {
            "gen_ai.operation.name": "chat",
            "gen_ai.output.messages": json.dumps([{"role": "assistant", "content": answer}]),
        }
        ((part,),) = (message.parts for message in content(attributes).output_messages)
        assert (part["type"], part["data"]) == ("unknown", answer)

    @pytest.mark.parametrize(
        ("sent", "part"),
        [
            (
                '{"functionCall": {"name": "get_weather", "args": {"city": "Bergen"}}}',
                {**CALL, "id": None},
            ),
            ('[{"reasoning": {"reasoning_text": "Rain"}}]', {"type": "reasoning", "content": "Rain"}),
            ('{"type": "text", "text": "Rain"}', text("Rain")),
        ],
    )
    def test_a_block_in_a_text_is_one(self, sent: str, part: dict[str, Any]) -> None:
        attributes = {
            "openinference.span.kind": "LLM",
            "llm.output_messages.0.message.role": "assistant",
            "llm.output_messages.0.message.content": sent,
        }
        expected = {name: value for name, value in part.items() if value is not None}
        assert content(attributes).output_messages == (Message("assistant", (expected,)),)


class TestOpenInference:
    TOOL: ClassVar[dict[str, Any]] = {
        "openinference.span.kind": "LLM",
        "llm.input_messages.0.message.role": "tool",
        "llm.input_messages.0.message.contents.0.message_content.type": "text",
        "llm.input_messages.0.message.contents.0.message_content.text": "Rain",
    }
    RESULT: ClassVar[dict[str, Any]] = {"type": "tool_result", "id": "call_1", "content": "Rain"}

    @pytest.mark.parametrize("key", ["message.tool_call_id", "message.contents.0.message.tool_call_id"])
    def test_a_result_in_blocks(self, key: str) -> None:
        """The second is BeeAI's place for the id."""
        found = content({**self.TOOL, f"llm.input_messages.0.{key}": "call_1"})
        assert found.input_messages == (Message("tool", (self.RESULT,)),)
