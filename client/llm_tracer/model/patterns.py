"""The pattern of a trace: its steps as one line, loops folded, such as `agent: plan → (search ×n) → chat → ✕`.

Traces that did the same have the same pattern, however often they went round a loop, and in whatever order parallel
steps began. Siblings are steps in sequence; the inner steps of a step are in brackets: `researcher[search → chat]`.
Steps that overlap in time are parallel, `(fetch ∥ search)`, sorted by name; several parallel steps of one kind are a
loop. A trace in error ends in `✕`, a running one in `…`. Usage reports (events) are not steps.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from llm_tracer.model.row import SpanRow
from llm_tracer.model.text import digest, preview
from llm_tracer.model.trace import Trace, TraceStatus

PATTERN_CHARS_MAX = 400
_LABEL_CHARS_MAX = 60

_LOOP_STEPS_MAX = 8
"""Longer loops are not recognised."""

_ENDS: dict[TraceStatus, str] = {"error": " → ✕", "running": " → …", "abandoned": " → …"}


@dataclass(frozen=True, slots=True)
class _Step:
    """`core` is what the step does once; if it is `looped`, it does so several times."""

    core: str
    looped: bool = False

    @property
    def text(self) -> str:
        return f"({self.core} ×n)" if self.looped else self.core


def pattern_of(trace: Trace, status: TraceStatus) -> str:
    """The pattern of a trace with this status, at most PATTERN_CHARS_MAX long: a longer one is cut and ends in a
    digest of the whole. Without spans it is only how the trace ended. Linear in the number of spans, and safe for any
    depth.
    """
    children: dict[int, list[int]] = {}
    for index, node in enumerate(trace.nodes):
        children.setdefault(node.parent_index, []).append(index)
    rows = [node.row for node in trace.nodes]
    texts = [""] * len(rows)
    for index in range(len(rows) - 1, -1, -1):  # children come after their parents
        label = texts[index] = _label(rows[index])
        below = _sequence(children[index], rows, texts) if index in children else ""
        if below:
            is_only_root = rows[index].reading.kind != "event" and children[-1] == [index]
            texts[index] = _bounded(f"{label}: {below}" if is_only_root else f"{label}[{below}]")
    return _bounded(_sequence(children.get(-1, []), rows, texts) + _ENDS.get(status, ""))


def pattern_id(pattern: str) -> str:
    """The id of a pattern in queries: `pattern:ID`."""
    return digest(pattern)


def _label(row: SpanRow) -> str:
    reading = row.reading
    return preview(reading.tool_name or reading.agent_name or reading.name, _LABEL_CHARS_MAX) or reading.kind


def _sequence(siblings: Sequence[int], rows: Sequence[SpanRow], texts: Sequence[str]) -> str:
    """The steps of siblings, in order of their start, as one line."""
    steps: list[_Step] = []
    together: list[str] = []
    end = 0
    for index in siblings:
        row = rows[index]
        if row.reading.kind == "event":
            continue
        if together and row.start_time_unix_nano >= end:
            steps.append(_parallel(together))
            together = []
        together.append(texts[index])
        end = max(end if len(together) > 1 else 0, row.end_time_unix_nano or row.start_time_unix_nano)
    if together:
        steps.append(_parallel(together))
    return " → ".join(step.text for step in _folded(steps))


def _parallel(texts: Sequence[str]) -> _Step:
    """Steps that ran at the same time as one step."""
    different = sorted(set(texts))
    if len(different) == 1:
        return _Step(different[0], looped=len(texts) > 1)
    return _Step(f"({' ∥ '.join(_Step(text, texts.count(text) > 1).text for text in different)})")


def _folded(steps: list[_Step]) -> list[_Step]:
    """Fold the loops in steps, short ones first, until nothing folds any more, so that nested loops fold, too."""
    while True:
        before = len(steps)
        for size in range(1, min(_LOOP_STEPS_MAX, before // 2) + 1):
            steps = _folded_by(steps, size)
        if len(steps) == before:
            return steps


def _folded_by(steps: list[_Step], size: int) -> list[_Step]:
    """Fold loops of so many steps. A step done once equals one done several times, since an inner loop may go round
    only once in some iteration."""
    cores = [step.core for step in steps]
    folded: list[_Step] = []
    at = 0
    while at < len(steps):
        times = _times(cores, at, size)
        if times < 2:
            folded.append(steps[at])
            at += 1
            continue
        rounds = [steps[at + turn * size : at + (turn + 1) * size] for turn in range(times)]
        folded.append(_Step(" → ".join(step.text for step in _once(rounds)), looped=True))
        at += times * size
    return folded


def _times(cores: Sequence[str], at: int, size: int) -> int:
    """How many times the block of so many steps occurs in a row."""
    block, end = cores[at : at + size], at + size
    while cores[end : end + size] == block:
        end += size
    return (end - at) // size


def _once(rounds: Sequence[Sequence[_Step]]) -> Iterable[_Step]:
    """The steps of one round, each looped if it was in any round. For a single step, the loop itself says so
    already."""
    if len(rounds[0]) == 1:
        return [_Step(rounds[0][0].core)]
    return [_Step(steps[0].core, any(step.looped for step in steps)) for steps in zip(*rounds, strict=True)]


def _bounded(text: str) -> str:
    if len(text) <= PATTERN_CHARS_MAX:
        return text
    whole = digest(text, 12)
    return f"{text[: PATTERN_CHARS_MAX - len(whole) - 2]}… {whole}"
