"""The texts of a span are read from some of its fields; the result equals that from all of them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from llm_tracer.model.span import SpanEvent
from llm_tracer_service.reading import load_reader

from .spans import reader, span
from .test_hostile import events, known_keys, table

MESSAGES = [
    {"role": "system", "content": "be kind"},
    {"role": "user", "content": [{"type": "text", "text": "hello"}]},
]
CALL = {
    "role": "assistant",
    "tool_calls": [{"id": "1", "function": {"name": "look", "arguments": '{"at": "it"}'}}],
}
CONTENTS = [
    "said", " [1", "7", 7, True, ["a", "b"], json.dumps(MESSAGES), json.dumps([CALL]), json.dumps({"messages": MESSAGES}),
    json.dumps([{"document": {"content": "page", "score": 1}}]), json.dumps({"isError": True, "content": "no"}),
    json.dumps({"query": "where"}), {"choices": [{"message": CALL}]}, "ERROR", "",
]  # fmt: skip
KINDS = ["LLM", "TOOL", "RETRIEVER", "RERANKER", "AGENT", "chat", "execute_tool", "retrieval"]
VALUES = [*CONTENTS, *KINDS]
KEYS_OF_KINDS = {rule.source.key for rule in table().kinds if rule.source is not None}
"""The keys for which the name of a kind is more than a text."""

PARTS = [
    *(f"{source.key}.0.name" for source in table().fields["earlier_calls"]),
    *(
        f"{source.key}.0.{name}"
        for field in ("input_media", "output_media")
        for source in table().fields[field]
        for name in ("image.url", "audio.transcript", "x.y")
    ),
]

everything = load_reader()
everything._interpreter.understand_searched = everything._interpreter.understand_all  # type: ignore[method-assign]


@settings(max_examples=200)
@given(
    attributes=st.dictionaries(st.sampled_from(known_keys()), st.sampled_from(VALUES), max_size=8),
    sent=events,
    resource=st.dictionaries(st.sampled_from(known_keys()), st.sampled_from(VALUES), max_size=2),
    status=st.sampled_from(["unset", "ok", "error"]),
)
def test_the_fields_that_are_searched_are_enough(
    attributes: dict[str, Any], sent: list[SpanEvent], resource: dict[str, Any], status: str
) -> None:
    sent_span = span(attributes, *sent, resource=resource, status_code=status)
    assert [*reader().texts(sent_span)] == [*everything.texts(sent_span)]


@pytest.mark.parametrize(
    ("kind", "status", "message"),
    [
        ("LLM", "error", None),
        ("TOOL", "error", None),
        ("RETRIEVER", "error", None),
        (None, "error", None),
        (None, "unset", "it broke"),
    ],
)
def test_each_key_says_what_it_says_with_all_fields(
    kind: str | None, status: str, message: str | None
) -> None:
    of_kind = {} if kind is None else {"openinference.span.kind": kind}
    fields = {"name": "ai.answer", "status_code": status, "status_message": message}
    for key in [*known_keys(), *PARTS]:
        for value in VALUES if key in KEYS_OF_KINDS else CONTENTS:
            sent_span = span({**of_kind, key: value}, **fields)
            assert [*reader().texts(sent_span)] == [*everything.texts(sent_span)]
