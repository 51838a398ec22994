"""Failures that are the same."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from llm_tracer.model.failures import (
    LINE_CHARS_MAX,
    MESSAGE_CHARS_MAX,
    FailureKind,
    failure_kind,
    failure_line,
    failure_text,
    failures_of,
    normalised,
    without_body,
)
from llm_tracer.model.reading import SpanError

from .building import row, trace


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("no page 17", "no page <n>"),
        ("took 12.5s of 10 s, 99%", "took <n>s of <n> s, <n>%"),
        ("limit 30,000 tokens, used -1", "limit <n> tokens, used <n>"),
        ("model gpt-4o not found", "model gpt-4o not found"),
        ("KeyError: 'order_42'", "KeyError: <text>"),
        ('no field "a b" in `c`', "no field <text> in <text>"),
        ("it can't be, won't it", "it can't be, won't it"),
        ("GET https://api.example.com/v1/x?id=7 failed", "GET <url> failed"),
        ("user bob@example.com", "user <email>"),
        ("id 123e4567-e89b-12d3-a456-426614174000", "id <id>"),
        ("at 2026-11-25T19:04:42.123Z: late", "at <time>: late"),
        ("object at 0x7f14b5850a10", "object at <hex>"),
        ("commit 3bdfe3f8a9c", "commit <hex>"),
        ("request req_011CVx8Kz2 failed", "request <id> failed"),
        ("call_8fKq2Lz0aPq1", "<id>"),
        ("feedback decade", "feedback decade"),
        ("HTTP 429: retry in 20s", "HTTP <n>: retry in <n>s"),
        ("two\n  lines", "two lines"),
        ("127.0.0.1:8001 refused", "<n> refused"),
        ("", ""),
    ],
)  # fmt: skip
def test_what_changes_from_one_time_to_the_next_is_left_out(message: str, expected: str) -> None:
    assert normalised(message) == expected


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("Error code: 429 - {'error': {'message': 'Slow down', 'type': 'tokens'}}", "Error code: 429 - Slow down"),
        ('{"type": "error", "error": {"type": "overloaded", "message": "Over\\nloaded \\"x\\""}}', 'Over\nloaded "x"'),
        ("""Error code: 400 - {'error': {'message': "it can't be", 'code': None}}""", "Error code: 400 - it can't be"),
        ("429 EXHAUSTED. {'error': {'code': 429, 'message': 'Quota'}}\n", "429 EXHAUSTED. Quota"),
        ("Error code: 500 - {'error': {'code': 500}}", "Error code: 500 - {'error': {'code': 500}}"),
        ("{'message': 'hello'} is no order", "{'message': 'hello'} is no order"),
        ("bad arguments {'q': 'x', 'message': 'hello'}", "bad arguments {'q': 'x', 'message': 'hello'}"),
        ("Error code: 400 - {'error': {'message': ''}}", "Error code: 400 - {'error': {'message': ''}}"),
        ("", ""),
    ],
)  # fmt: skip
def test_what_the_body_of_an_answer_says_stands_for_it(message: str, expected: str) -> None:
    assert without_body(message) == expected


@pytest.mark.parametrize(
    ("type", "message", "line"),
    [
        ("openai.RateLimitError", "Error code: 429 - {'error': {'message': 'Slow down.'}}", "RateLimitError: 429 - Slow down."),
        ("openai.RateLimitError", "RateLimitError: Error code: 429 - {'error': {'message': 'No.'}}", "RateLimitError: 429 - No."),
        ("ValueError", "no\n such  order", "ValueError: no such order"),
        (None, '{"error": {"code": 503, "message": "down"}}', "down"),
        ("TimeoutError", None, "TimeoutError"),
        (None, None, ""),
        ("E", "x" * 500, "E: " + "x" * (LINE_CHARS_MAX - 4) + "…"),
    ],
)  # fmt: skip
def test_a_failure_in_one_line(type: str | None, message: str | None, line: str) -> None:  # noqa: A002
    assert failure_line(type, message) == line


@pytest.mark.parametrize(
    ("type", "message", "text"),
    [
        ("openai.RateLimitError", "RateLimitError: 429\nslow down", "RateLimitError: 429\nslow down"),
        ("KeyError", "no such order", "KeyError: no such order"),
        ("Error", "Errors everywhere", "Error: Errors everywhere"),
        ("TimeoutError", None, "TimeoutError"),
        (None, "down", "down"),
        (None, None, ""),
    ],
)
def test_a_failure_whole_says_its_type_once(type: str | None, message: str | None, text: str) -> None:  # noqa: A002
    assert failure_text(type, message) == text


def test_answers_that_say_different_things_are_different_failures() -> None:
    message = "Error code: 400 - {'error': {'message': 'The {} is wrong', 'type': 'invalid'}}"
    assert normalised(message.replace("{}", "prompt")) != normalised(message.replace("{}", "schema"))


@given(st.integers(0, 10**9), st.integers(0, 10**9))
def test_messages_that_differ_in_a_number_are_the_same(one: int, other: int) -> None:
    message = "rate limit of {} tokens a minute, try again in {}ms"
    assert normalised(message.format(one, other)) == normalised(message.format(other, one))


@given(st.text(max_size=3_000))
def test_any_message_is_one_short_line(message: str) -> None:
    found = normalised(message)
    assert len(found) <= MESSAGE_CHARS_MAX
    assert "\n" not in found


def test_a_hostile_message_takes_no_time() -> None:
    for piece in (
        "a" * 100_000,
        "'" * 100_000,
        "1," * 50_000,
        "a@" * 50_000,
        "x://" * 50_000,
        "{'error':" * 20_000 + "}",
        "{'error':'message':'" * 20_000 + "}",
    ):
        assert len(normalised(piece)) <= MESSAGE_CHARS_MAX


@given(st.none() | st.text(), st.text(), st.text())
def test_a_kind_is_read_from_its_text(type_: str | None, message: str, name: str) -> None:
    kind = FailureKind(type_, message, name)
    assert failure_kind(kind.text) == kind


def test_a_failure_is_where_it_broke() -> None:
    built = trace(
        row("root", status="error", error=SpanError("AgentError", "it failed")),
        row("tool", "root", status="error", error=SpanError("NotFound", "no page 3")),
        row("chat", "root"),
        row("late", "root", at=5, status="error"),
    )
    assert [(found.span_id, kind) for found, kind in failures_of(built)] == [
        ("tool", FailureKind("NotFound", "no page <n>", "tool")),
        ("late", FailureKind(None, "", "late")),
    ]
