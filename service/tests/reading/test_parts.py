"""Blocks that no recorded sender has and providers document, as parts."""

from __future__ import annotations

from typing import Any

import pytest
from llm_tracer_service.reading.messages.message import message_of
from llm_tracer_service.reading.messages.parts import parts_of, parts_of_block

REFUSAL = {"type": "refusal", "content": "I can't help with that."}


@pytest.mark.parametrize(
    ("block", "part"),
    [
        (
            {"type": "web_search_tool_result", "tool_use_id": "t1", "content": [{"url": "https://a.example"}]},
            {"type": "tool_result", "id": "t1", "content": [{"url": "https://a.example"}]},
        ),
        (
            {"tool_call_result": {"result": '{"c": 22}', "origin": {"id": "c1", "tool_name": "w"}, "error": True}},
            {"type": "tool_result", "id": "c1", "name": "w", "content": {"c": 22}, "is_error": True},
        ),
        (
            {"tool_call_result": {"result": "22 C", "origin": None, "error": False}},
            {"type": "tool_result", "content": "22 C"},
        ),
        ({"type": "refusal", "refusal": REFUSAL["content"]}, REFUSAL),
        (
            {"type": "image", "source": {"data": "https://a.example/cat.png"}},
            {"type": "media", "modality": "image", "ref": {"uri": "https://a.example/cat.png"}},
        ),
        (
            {"type": "blob", "mime_type": "application/pdf", "data": b"%PDF"},
            {"type": "media", "modality": "document", "mime_type": "application/pdf", "ref": {"data": b"%PDF"}, "bytes": 4},
        ),
        (
            {"media": {"url": "https://a.example/x", "format": "png"}},
            {"type": "media", "modality": "image", "mime_type": "image/png", "ref": {"uri": "https://a.example/x"}},
        ),
        (
            {"type": "blob", "mime_type": "model/gltf", "data": "AAAA"},
            {"type": "media", "modality": "other", "mime_type": "model/gltf", "ref": {"data": "AAAA"}, "bytes": 3},
        ),
        ({"functionCall": "look"}, {"type": "unknown", "raw_type": "functionCall", "data": {"functionCall": "look"}}),
    ],
)  # fmt: skip
def test_a_block_is_a_part(block: dict[str, Any], part: dict[str, Any]) -> None:
    assert parts_of_block(block) == [part]


@pytest.mark.parametrize(
    "citation",
    [
        {"type": "url_citation", "url_citation": {"url": "https://a.example", "title": "A"}},
        {"type": "url_citation", "url": "https://a.example", "title": "A"},
        {"url": "https://a.example", "document_title": "A"},
    ],
)
def test_a_text_is_followed_by_what_it_cites(citation: dict[str, Any]) -> None:
    said = {"type": "text", "content": "It rains."}
    cited = {"type": "citation", "uri": "https://a.example", "title": "A"}
    for name in ("annotations", "citations"):
        assert parts_of([{"type": "text", "text": "It rains.", name: [citation, None]}]) == [said, cited]


def test_a_message_may_be_a_refusal_or_have_a_call_of_the_first_kind() -> None:
    assert message_of(
        {"role": "assistant", "content": None, "refusal": REFUSAL["content"]}, "user"
    ).parts == (REFUSAL,)
    called = message_of(
        {"role": "assistant", "function_call": {"name": "w", "arguments": '{"c": 1}'}}, "user"
    )
    assert called.parts == ({"type": "tool_call", "name": "w", "arguments": {"c": 1}},)
