from __future__ import annotations

import pytest
from llm_tracer.model.env_file import assignments

LINES = [
    "# note",
    "export A = 1",
    "B=\"x # y\"  # 'note'",
    "C=z\t# note",
    "D= # nothing",
    "E=",
    "F=''",
    "=bad",
    "no line",
    "1G=2",
    "H=a=b#c",
    "A=2",
]
MEANT = {"A": "2", "B": "x # y", "C": "z", "H": "a=b#c"}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_line_assigns_a_value_whichever_editor_wrote_it(encoding: str, end: str) -> None:
    assert assignments(end.join(LINES).encode(encoding)) == MEANT


def test_a_file_that_is_no_text_assigns_nothing() -> None:
    assert assignments(b"A=1\n\xff") == {}
