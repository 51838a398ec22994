"""Compares two sides span by span: what differs in each pair, and where they first differ."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, TypeAlias

from llm_tracer.model.reading import Reading
from llm_tracer.model.row import SpanRow

from llm_tracer_service.compare.align import Pair
from llm_tracer_service.compare.payloads import Payloads

Word: TypeAlias = Literal["input", "output", "model", "parameters", "status", "error", "name"]
Change: TypeAlias = Literal["same", "changed", "only_a", "only_b"]


@dataclass(frozen=True)
class ComparedRow:
    """One row of the merged trees. `differs` names what differs, in the order of Word; times, tokens and costs are
    measurements and do not count as differences."""

    a: SpanRow | None
    b: SpanRow | None
    depth: int
    differs: tuple[Word, ...] = ()

    @cached_property
    def change(self) -> Change:
        """Whether both sides have the span, and whether it is the same."""
        if self.b is None:
            return "only_a"
        if self.a is None:
            return "only_b"
        return "changed" if self.differs else "same"

    @property
    def either(self) -> SpanRow:
        """The span of a, otherwise that of b."""
        row = self.a or self.b
        assert row is not None
        return row


def compared(pairs: Sequence[Pair], payloads: Payloads) -> list[ComparedRow]:
    """Each pair with what differs in it."""
    return [ComparedRow(pair.a, pair.b, pair.depth, tuple(_differs(pair, payloads))) for pair in pairs]


def _differs(pair: Pair, payloads: Payloads) -> Iterator[Word]:
    a, b = pair.a, pair.b
    if a is None or b is None:
        return
    mine, theirs = a.reading, b.reading
    said = payloads.differ(a, b)
    if said.input:
        yield "input"
    if said.output:
        yield "output"
    if mine.model != theirs.model:
        yield "model"
    if said.parameters:
        yield "parameters"
    if status_of(a) != status_of(b):
        yield "status"
    if _error(mine) != _error(theirs):
        yield "error"
    if mine.kind != theirs.kind or (mine.name != theirs.name and mine.model == theirs.model):
        yield "name"


def status_of(row: SpanRow) -> str:
    """ok, error, or running if there is no end; unset counts as ok."""
    if row.end_time_unix_nano is None:
        return "running"
    return "error" if row.reading.status == "error" else "ok"


def _error(reading: Reading) -> tuple[str | None, str | None] | None:
    return None if reading.error is None else (reading.error.type, reading.error.message)


# --- where they first differ ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Divergence:
    """Where two sides first differ: the index of a row, what differs, and a sentence. `answered_otherwise` is the index of
    an earlier model call with the same input and another answer, which may be the cause."""

    row: int
    what: Word | Literal["missing"]
    text: str
    answered_otherwise: int | None = None


def first_divergence(rows: Sequence[ComparedRow]) -> Divergence | None:
    """The first model call (by its start in a) whose input differs; otherwise the first whose output differs; otherwise the
    first row that differs and has none below it that explains it. None if all rows are the same."""
    calls = sorted(
        (index for index, row in enumerate(rows) if row.a and row.b and row.either.reading.kind == "llm"),
        key=lambda index: (rows[index].either.start_time_unix_nano, index),
    )
    by_input = _first(calls, lambda index: "input" in rows[index].differs)
    by_output = _first(calls, lambda index: "output" in rows[index].differs)
    if by_input is not None:
        earlier = by_output if by_output is not None and by_output in calls[: calls.index(by_input)] else None
        return Divergence(by_input, "input", _given_otherwise(rows[by_input]), earlier)
    if by_output is not None:
        text = f"{_named(rows[by_output])} got the same input but answered differently."
        return Divergence(by_output, "output", text)
    return _other(rows)


def _given_otherwise(row: ComparedRow) -> str:
    return f"{_named(row)} is the first model call with a different input."


def _other(rows: Sequence[ComparedRow]) -> Divergence | None:
    parts = [row.change != "same" for row in rows]
    explained = _has_below(rows, parts)
    for index, row in enumerate(rows):
        if row.a is None or row.b is None:
            side = "A" if row.b is None else "B"
            return Divergence(index, "missing", f"Only {side} has {_named(row)}.")
        if row.differs and not explained[index]:
            what = next(
                (word for word in ("error", "status", "input", "output") if word in row.differs),
                row.differs[0],
            )
            return Divergence(index, what, f"{_named(row)}: {_TEXTS[what]}.")
    return None


_TEXTS = {
    "error": "the error differs, or only one side has one",
    "status": "it ended differently",
    "input": "the input differs",
    "output": "the input is the same, but the output differs",
    "model": "the model differs",
    "parameters": "the parameters differ",
    "name": "the name differs",
}


def _has_below(rows: Sequence[ComparedRow], marked: Sequence[bool]) -> list[bool]:
    """For each row, whether one below it is marked."""
    found = [False] * len(rows)
    # The depths of later rows that are marked, or above a marked one, and may be below an earlier row.
    deepest_marked: list[int] = []
    for index in range(len(rows) - 1, -1, -1):
        depth = rows[index].depth
        while deepest_marked and deepest_marked[-1] > depth:
            found[index] = True
            deepest_marked.pop()
        if marked[index] or found[index]:
            deepest_marked.append(depth)
    return found


def _first(indexes: Sequence[int], fits: Callable[[int], bool]) -> int | None:
    return next((index for index in indexes if fits(index)), None)


def _named(row: ComparedRow) -> str:
    reading = row.either.reading
    return f"{reading.kind} “{reading.name}”"
