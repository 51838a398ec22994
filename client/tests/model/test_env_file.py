"""What the lines of a `.env` file mean."""

from __future__ import annotations

from llm_tracer.model.env_file import assignments


def test_quotes_and_comments_are_no_part_of_a_value() -> None:
    lines = ["export A = 1", 'B="x # y"', "C=z # note", "D='q' # note", 'E="open', "F=a=b#c"]
    assert assignments(lines) == {"A": "1", "B": "x # y", "C": "z", "D": "q", "E": '"open', "F": "a=b#c"}


def test_lines_that_set_nothing_are_skipped() -> None:
    assert assignments(["", "# A=1", "no line", "=bad", "EMPTY=", 'QUOTED=""']) == {}
