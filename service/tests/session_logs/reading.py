"""Recorded logs, what a program's server knows of them, and their spans by name."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from llm_tracer.model.span import SpanData
from llm_tracer_service.session_logs.files import Program

FIXTURES = Path(__file__).with_name("fixtures")


def turns_of(program: Program, *lines: dict[str, Any] | bytes) -> list[list[SpanData]]:
    """The spans of each turn of a log with these records. None of its lines may be unreadable."""
    turns, unread = read(program, *lines)
    assert not unread
    return turns


def read(program: Program, *lines: dict[str, Any] | bytes) -> tuple[list[list[SpanData]], list[int]]:
    """The spans of each turn, and the numbers of the lines that could not be read."""
    unread: list[int] = []
    numbered = (
        (at, line if isinstance(line, bytes) else json.dumps(line).encode())
        for at, line in enumerate(lines, 1)
    )
    turns = program.turns(numbered, lambda number, _: unread.append(number))
    return [[logged.span for logged in turn] for turn in turns], unread


def only(spans: Iterable[SpanData], name: str) -> SpanData:
    """The one span whose name begins so."""
    (found,) = (span for span in spans if span.name.startswith(name))
    return found
