"""The roll-ups of groups that a process of the embedded store remembers."""

from __future__ import annotations

from llm_tracer.model.figures import Figures
from llm_tracer_service.store.sqlite.group_rollups import Remembered, Whole


def whole(size: int) -> Whole:
    return Whole(Figures(), {"model": b"x" * size})


def test_a_bucket_that_replaces_another_takes_its_place() -> None:
    remembered = Remembered(bytes_max=10)
    remembered.add((1, 1, 60, 0), whole(9))
    remembered.add((1, 1, 60, 0), whole(3))
    remembered.add((1, 1, 60, 60), whole(6))
    assert remembered.get((1, 1, 60, 0)) == whole(3)
    remembered.add((1, 1, 60, 120), whole(2))
    assert remembered.get((1, 1, 60, 60)) is None, "the least recently used one goes"


def test_an_empty_sum_is_made_once() -> None:
    remembered = Remembered()
    made = []
    for _ in range(2):
        assert remembered.sum("nothing", lambda: made.append(1) or {}) == {}  # type: ignore[func-returns-value]
    assert made == [1]
