"""Whatever way work is started, a span's parent is the span around the place where it was opened."""

from __future__ import annotations

from hypothesis import given, settings
from nesting import Work, parents, works

WAYS = ("block", "async block", "function", "task", "thread", "generator", "async generator")


@given(works(WAYS))
@settings(max_examples=60)
def test_every_span_has_the_parent_of_its_place(roots: list[Work]) -> None:
    found, expected = parents(roots)
    assert found == expected
