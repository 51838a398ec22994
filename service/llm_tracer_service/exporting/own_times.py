"""Where the time of a trace went: into which spans, without their children."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from llm_tracer.model.trace import Node


@dataclass(frozen=True, slots=True)
class OwnTime:
    """The own time of all spans of one kind and name together. Spans that ran in parallel are all counted."""

    kind: str
    name: str
    spans: int
    own_ms: float


def own_times(nodes: Sequence[Node]) -> list[OwnTime]:
    """By kind and name, most time first. Spans that still run have none."""
    children: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)
    for node in nodes:
        end = node.row.end_time_unix_nano
        if node.parent_index >= 0 and end is not None:
            children[node.parent_index].append((node.row.start_time_unix_nano, end))
    totals: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for index, node in enumerate(nodes):
        start, end = node.row.start_time_unix_nano, node.row.end_time_unix_nano
        if end is not None and end > start:
            reading = node.row.reading
            totals[reading.kind, reading.name].append(end - start - _covered(children[index], start, end))
    found = [OwnTime(kind, name, len(own), sum(own) / 1e6) for (kind, name), own in totals.items()]
    return sorted(found, key=lambda each: (-each.own_ms, each.kind, each.name))


def _covered(intervals: Iterable[tuple[int, int]], start: int, end: int) -> int:
    """How much of the time from `start` to `end` is covered by the intervals."""
    covered, until = 0, start
    for begun, ended in sorted(intervals):
        begun, ended = max(begun, until), min(ended, end)
        if ended > begun:
            covered += ended - begun
            until = ended
    return covered
