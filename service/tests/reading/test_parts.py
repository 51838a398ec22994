"""Blocks that no recorded sender has and providers document, as parts."""

from __future__ import annotations

from typing import Any

import pytest
from llm_tracer_service.reading.messages.message import message_of
from llm_tracer_service.reading.messages.parts import parts_of, parts_of_block
from llm_tracer_service.reading.messages.preview import value_line
from llm_tracer_service.reading.messages.shapes import messages_of

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


OPENAI = [
    (
        {"type": "computer_call", "id": "cu_1", "call_id": "c1", "action": {"type": "click", "x": 1}},
        [{"type": "tool_call", "id": "c1", "name": "computer_call", "arguments": {"type": "click", "x": 1}}],
    ),
    (
        {"type": "apply_patch_call", "id": "ap_1", "call_id": "c2", "operation": {"type": "delete_file", "path": "a"}},
        [
            {"type": "tool_call", "id": "c2", "name": "apply_patch_call",
             "arguments": {"type": "delete_file", "path": "a"}},
        ],
    ),
    (
        {"type": "mcp_call", "id": "mcp_1", "name": "search", "arguments": '{"q": "dock"}', "output": "Left."},
        [
            {"type": "tool_call", "id": "mcp_1", "name": "search", "arguments": {"q": "dock"}, "server_side": True},
            {"type": "tool_result", "id": "mcp_1", "name": "search", "content": "Left."},
        ],
    ),
    (
        {"type": "mcp_call", "id": "mcp_2", "name": "search", "arguments": "{}", "output": None, "error": "Refused"},
        [
            {"type": "tool_call", "id": "mcp_2", "name": "search", "arguments": {}, "server_side": True},
            {"type": "tool_result", "id": "mcp_2", "name": "search", "content": "Refused", "is_error": True},
        ],
    ),
    (
        {"type": "code_interpreter_call", "id": "ci_1", "code": "1+1", "outputs": [{"type": "logs", "logs": "2"}]},
        [
            {"type": "tool_call", "id": "ci_1", "name": "code_interpreter_call", "arguments": "1+1",
             "server_side": True},
            {"type": "tool_result", "id": "ci_1", "name": "code_interpreter_call",
             "content": [{"type": "logs", "logs": "2"}]},
        ],
    ),
    (
        {"type": "image_generation_call", "id": "ig_1", "revised_prompt": "A cat", "output_format": "png", "result": "AAAA"},
        [
            {"type": "tool_call", "id": "ig_1", "name": "image_generation_call", "server_side": True,
             "arguments": {"type": "image_generation_call", "id": "ig_1", "revised_prompt": "A cat",
                           "output_format": "png"}},
            {"type": "media", "modality": "image", "mime_type": "image/png", "ref": {"data": "AAAA"}, "bytes": 3},
        ],
    ),
    (
        {"type": "input_file", "file_id": "file_1"},
        [{"type": "media", "modality": "document", "ref": {"file_id": "file_1"}}],
    ),
    (
        {"type": "video_url", "video_url": {"url": "https://a.example/v"}},
        [{"type": "media", "modality": "video", "ref": {"uri": "https://a.example/v"}}],
    ),
]  # fmt: skip

OTHERS = [
    # Anthropic: a document as text, what was found for it to cite.
    (
        {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "Left of the door."}},
        [{"type": "text", "content": "Left of the door."}],
    ),
    (
        {"type": "search_result", "source": "https://a.example", "title": "A",
         "content": [{"type": "text", "text": "Left."}]},
        [{"type": "citation", "uri": "https://a.example", "title": "A", "text": "Left."}],
    ),
    # Bedrock: where a document is, what a guard is to see, what an answer cites, where the cache ends.
    (
        {"document": {"format": "pdf", "name": "d", "source": {"s3Location": {"uri": "s3://b/d"}}}},
        [{"type": "media", "modality": "document", "mime_type": "application/pdf", "ref": {"uri": "s3://b/d"}}],
    ),
    ({"guardContent": {"text": {"text": "Hi"}}}, [{"type": "text", "content": "Hi"}]),
    ({"guardContent": {"image": {"format": "png", "source": {"bytes": "AAAA"}}}},
     [{"type": "media", "modality": "image", "mime_type": "image/png", "ref": {"data": "AAAA"}, "bytes": 3}]),
    ({"guardContent": "Hi"}, [{"type": "unknown", "raw_type": "guardContent", "data": {"guardContent": "Hi"}}]),
    (
        {"citationsContent": {
            "content": [{"text": "Left."}],
            "citations": [
                {"title": "A", "sourceContent": [{"text": "left"}], "location": {"web": {"url": "https://a.example"}}},
                {"title": "B", "location": {"documentChar": {"start": 1}}},
            ],
        }},
        [
            {"type": "text", "content": "Left."},
            {"type": "citation", "uri": "https://a.example", "title": "A", "text": "left"},
            {"type": "citation", "title": "B"},
        ],
    ),
    ({"citationsContent": "x"}, [{"type": "unknown", "raw_type": "citationsContent", "data": {"citationsContent": "x"}}]),
    ({"cachePoint": {"type": "default"}}, []),
    # Gemini: code that it wrote and ran.
    (
        {"executableCode": {"language": "PYTHON", "code": "1+1"}},
        [{"type": "tool_call", "name": "code_execution", "arguments": {"language": "PYTHON", "code": "1+1"},
          "server_side": True}],
    ),
    (
        {"code_execution_result": {"outcome": "OUTCOME_FAILED", "output": "no"}},
        [{"type": "tool_result", "name": "code_execution", "content": "no", "is_error": True}],
    ),
    # Vercel: a file by its address, a source.
    (
        {"type": "file", "mediaType": "image/png", "data": {"type": "url", "url": "https://a.example/i"}},
        [{"type": "media", "modality": "image", "mime_type": "image/png", "ref": {"uri": "https://a.example/i"}}],
    ),
    (
        {"type": "source", "sourceType": "url", "id": "s1", "url": "https://a.example", "title": "A"},
        [{"type": "citation", "uri": "https://a.example", "title": "A"}],
    ),
    ({"type": "source", "id": "s1"}, [{"type": "unknown", "raw_type": "source", "data": {"type": "source", "id": "s1"}}]),
    # LangChain: what its standard has no block for, and what ran at the provider.
    ({"type": "non_standard", "value": {"type": "refusal", "refusal": "No."}}, [{"type": "refusal", "content": "No."}]),
    (
        {"type": "server_tool_call", "id": "s1", "name": "web_search", "args": {"q": "dock"}},
        [{"type": "tool_call", "id": "s1", "name": "web_search", "arguments": {"q": "dock"}, "server_side": True}],
    ),
    (
        {"type": "server_tool_result", "tool_call_id": "s1", "status": "error", "output": "no"},
        [{"type": "tool_result", "id": "s1", "content": "no", "is_error": True}],
    ),
    # Mistral's conversations.
    (
        {"type": "function.call", "tool_call_id": "c1", "name": "find", "arguments": '{"q": 1}'},
        [{"type": "tool_call", "id": "c1", "name": "find", "arguments": {"q": 1}}],
    ),
    (
        {"type": "document_url", "document_url": "https://a.example/d"},
        [{"type": "media", "modality": "document", "ref": {"uri": "https://a.example/d"}}],
    ),
]  # fmt: skip


@pytest.mark.parametrize(("block", "parts"), [*OPENAI, *OTHERS])
def test_what_providers_document(block: dict[str, Any], parts: list[dict[str, Any]]) -> None:
    assert parts_of_block(block) == parts


def test_an_answer_has_more_than_its_text() -> None:
    """OpenAI's own tools, what it spoke and cites; OpenRouter's images."""
    called = {"type": "custom", "id": "c1", "custom": {"name": "run", "input": "ls"}}
    answer = message_of(
        {
            "role": "assistant",
            "content": "Look:",
            "tool_calls": [called],
            "images": [{"type": "image_url", "image_url": {"url": "https://a.example/i"}}],
            "audio": {"id": "audio_1", "data": "AAAA", "transcript": "Look"},
            "annotations": [
                {"type": "url_citation", "url_citation": {"url": "https://a.example", "title": "A"}}
            ],
        },
        "assistant",
    )
    assert answer.parts == (
        {"type": "text", "content": "Look:"},
        {"type": "tool_call", "id": "c1", "name": "run", "arguments": "ls"},
        {"type": "media", "modality": "image", "ref": {"uri": "https://a.example/i"}},
        {"type": "media", "modality": "audio", "ref": {"data": "AAAA"}, "bytes": 3, "transcript": "Look"},
        {"type": "citation", "uri": "https://a.example", "title": "A"},
    )


def test_images_of_ollama_are_images_not_text() -> None:
    asked = message_of({"role": "user", "content": "What is this?", "images": ["iVBORw0K"]}, "user")
    assert asked.parts == (
        {"type": "text", "content": "What is this?"},
        {"type": "media", "modality": "image", "ref": {"data": "iVBORw0K"}, "bytes": 6},
    )


def test_an_answer_that_was_spoken_before_is_its_id() -> None:
    said = message_of({"role": "assistant", "audio": {"id": "audio_1"}}, "user")
    assert said.parts == ({"type": "media", "modality": "audio", "ref": {"file_id": "audio_1"}},)


def test_a_call_whose_arguments_are_no_json_is_a_call() -> None:
    """LangChain keeps it apart from the others."""
    said = message_of(
        {
            "type": "ai",
            "content": "",
            "tool_calls": [],
            "invalid_tool_calls": [{"id": "c1", "name": "w", "args": "{"}],
        },
        "assistant",
    )
    assert said.parts == ({"type": "tool_call", "id": "c1", "name": "w", "arguments": "{"},)


def test_mistrals_conversations_are_messages_of_the_model() -> None:
    call = {"type": "function.call", "tool_call_id": "c1", "name": "w", "arguments": "{}"}
    result = {"type": "function.result", "tool_call_id": "c1", "result": "22 C"}
    assert [message.role for message in messages_of([call, result], "user")] == ["assistant", "tool"]


def test_the_preview_of_a_spoken_answer_is_what_was_said() -> None:
    body = {
        "choices": [
            {"message": {"role": "assistant", "content": None, "audio": {"id": "a", "transcript": "Left."}}}
        ]
    }
    assert value_line(body, "output") == "Left."
