"""Recorded lines of every program with any value in any place: none breaks the reading of a log."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from llm_tracer_service.reading import load_reader
from llm_tracer_service.session_logs import opencode
from llm_tracer_service.session_logs.files import PROGRAMS, Program, recognised
from llm_tracer_service.session_logs.opencode_database import lines_of
from tests.session_logs.reading import FIXTURES, read

READER = load_reader()
RECORDED: dict[str, list[Any]] = {program.NAME: [] for program in PROGRAMS}
for path in sorted(FIXTURES.rglob("*.jsonl")):
    program, _, lines = recognised(path.read_bytes().splitlines(keepends=True))
    if program is not None:
        RECORDED[program.NAME] += map(json.loads, lines)
RECORDED[opencode.NAME] += map(json.loads, lines_of(FIXTURES / "opencode" / "opencode.db"))

NAMES = ["type", "text", "id", "content", "usage", "message", "name"]
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.floats(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=3),
    max_leaves=5,
)


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.NAME)
@settings(max_examples=40, deadline=None)
@given(st.data())
def test_no_line_breaks_it(program: Program, data: st.DataObject) -> None:
    lines = data.draw(st.lists(st.sampled_from(RECORDED[program.NAME]), min_size=1, max_size=8))
    changed = [_changed(line, data) for line in lines]
    turns, unread = read(program, *changed)
    assert len(unread) <= len(lines)
    for span in (span for turn in turns for span in turn):
        READER.read(span)


def _changed(value: Any, data: st.DataObject) -> Any:
    """A line with something else at one place in it, at any depth."""
    inside = (
        list(value) if isinstance(value, dict) else list(range(len(value))) if isinstance(value, list) else []
    )
    if not inside or data.draw(st.integers(0, 3)) == 0:
        return data.draw(ANYTHING)
    place = data.draw(st.sampled_from(inside))
    copy = value.copy()
    copy[place] = _changed(value[place], data)
    return copy
