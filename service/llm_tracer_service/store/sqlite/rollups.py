"""Totals by minute, hour and day, so that the figures of a month are some thirty rows and the edges of the range.

A write only marks the buckets of its traces. Whoever asks adds up the totals that are kept, recomputes the missing ones
from the level below (minutes from the traces), and offers them to be kept; they are, unless they were marked again.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import apsw
from llm_tracer.model.figures import Figures, add, figures_of

from llm_tracer_service.store.base import TimeRange
from llm_tracer_service.store.checking import first_and_last
from llm_tracer_service.store.records import dump_figures, load_figures, load_summary
from llm_tracer_service.store.sqlite import repeats
from llm_tracer_service.store.sqlite.connection import fetch
from llm_tracer_service.times import NANOS_A_SECOND

WIDTHS_S = (60, 3_600, 86_400)
TOP = len(WIDTHS_S) - 1

RULES = 3
"""Raise this when the model groups by other rules (groups, patterns, failures), or when more is kept with groups: what was
made under older rules is made again."""

KEPT_FROM_TRACES = 32
"""A minute of fewer traces is as cheap to make again as to read. For an hour, figures take 300 bytes."""

REVISION_MAX = 2**63 - 1

QUIET_S = 120
"""A bucket that ended more recently may well change again: it is not worth a commit yet."""

Part = TypeVar("Part")


@dataclass(frozen=True, slots=True)
class Bucket:
    """The totals of one interval as of its mark, with its groups (by field, packed) if those were made."""

    project: int
    width_s: int
    start_s: int
    marked: int
    figures: Figures
    groups: Mapping[str, bytes] = field(default_factory=dict)
    rules: int = 0


def mark_stale(connection: apsw.Connection, changed: Iterable[tuple[int, int]], revision: int) -> None:
    """Marks the buckets of traces, given as (project, start in nanoseconds), inside the transaction that changes them.
    What was kept of them is dropped at once: it may name what was deleted."""
    buckets = {
        (project, width_s, start // (width_s * NANOS_A_SECOND) * width_s)
        for project, start in changed
        for width_s in WIDTHS_S
    }
    connection.executemany(_MARK, ((*bucket, revision) for bucket in buckets))
    connection.executemany(_DROP_GROUPS, buckets)


_MARK = """
    INSERT INTO rollups (project, width_s, start_s, marked) VALUES (?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET marked = excluded.marked, figures = NULL
"""
_DROP_GROUPS = "DELETE FROM group_rollups WHERE project = ? AND width_s = ? AND start_s = ?"


def keep(connection: apsw.Connection, buckets: Iterable[Bucket]) -> None:
    """Keeps recomputed totals, except those that were marked again."""
    for bucket in buckets:
        key = (bucket.project, bucket.width_s, bucket.start_s)
        if fetch(connection, _MARKED, key) != [(bucket.marked,)]:
            continue
        if bucket.figures.traces == 0:
            connection.execute("DELETE FROM rollups WHERE project = ? AND width_s = ? AND start_s = ?", key)
            continue
        connection.execute(_KEEP, (dump_figures(bucket.figures), *key))
        connection.executemany(
            _KEEP_GROUPS, ((*key, field, bucket.rules, data) for field, data in bucket.groups.items())
        )


_MARKED = "SELECT marked FROM rollups WHERE project = ? AND width_s = ? AND start_s = ?"
_KEEP = "UPDATE rollups SET figures = ? WHERE project = ? AND width_s = ? AND start_s = ?"
_KEEP_GROUPS = """
    INSERT OR REPLACE INTO group_rollups (project, width_s, start_s, field, rules, data) VALUES (?, ?, ?, ?, ?, ?)
"""


def bounds(time_range: TimeRange) -> tuple[int, int]:
    """The range as [start, end), within what the database can hold."""
    first, last = first_and_last(time_range)
    return first, last + 1


class Walk(ABC, Generic[Part]):
    """Goes through the traces of a project in one state of the file, the newest first, in the largest buckets that fit.

    `traces_max` bounds how many traces are examined one by one. If that is not enough, the walk ends, and
    `counted_since_unix_nano` is the start from which on everything is counted. `recomputed` should be kept afterwards.
    """

    def __init__(
        self, connection: apsw.Connection, project: int, now_unix_nano: int, traces_max: int | None = None
    ) -> None:
        self._connection = connection
        self._project = project
        self._quiet_before_s = now_unix_nano // NANOS_A_SECOND - QUIET_S
        self._left = traces_max
        self.counted_since_unix_nano: int | None = None
        self.recomputed: list[Bucket] = []

    def has_ended(self) -> bool:
        """Whether the walk reached its bound."""
        return self.counted_since_unix_nano is not None

    def parts(self, start: int, end: int, level: int = TOP) -> Iterator[tuple[int, Part]]:
        """Parts that together make up [start, end), in nanoseconds, from buckets of this level and below, each with a
        time in its bucket."""
        if start >= end or self.has_ended():
            return
        if level < 0:
            yield from self._of_traces(start, end)
            return
        width = WIDTHS_S[level] * NANOS_A_SECOND
        first, last = -(-start // width) * width, end // width * width
        if first >= last:
            yield from self.parts(start, end, level - 1)
            return
        yield from self.parts(last, end, level - 1)
        if self.has_ended():
            return
        for start_s, part in self._of_buckets(level, first // NANOS_A_SECOND, last // NANOS_A_SECOND):
            yield start_s * NANOS_A_SECOND, part
            if self.has_ended():
                return
        yield from self.parts(start, first, level - 1)

    @abstractmethod
    def _of_traces(self, start: int, end: int) -> Iterator[tuple[int, Part]]:
        """Parts made from single traces."""

    @abstractmethod
    def _of_buckets(self, level: int, first_s: int, last_s: int) -> Iterator[tuple[int, Part]]:
        """Start in seconds and part of each bucket, the newest first."""

    def _takes(self, start: int, last_start: int | None) -> bool:
        """Whether one more trace may be examined, given its start and that of the one before. Traces with the same start
        are either all counted or none."""
        if self._left is None:
            return True
        if self._left <= 0 and start != last_start:
            self.counted_since_unix_nano = start + 1
            return False
        self._left -= 1
        return True

    def _is_quiet(self, level: int, start_s: int) -> bool:
        return start_s + WIDTHS_S[level] < self._quiet_before_s


class Totals(Walk[Figures]):
    """Figures, from summaries."""

    def between(self, time_range: TimeRange) -> Figures:
        """The figures of all traces that started in the range."""
        return add(figures for _, figures in self.parts(*bounds(time_range)))

    def _of_buckets(self, level: int, first_s: int, last_s: int) -> Iterator[tuple[int, Figures]]:
        key = (self._project, WIDTHS_S[level], first_s, last_s)
        for start_s, marked, figures in fetch(self._connection, _BUCKETS, key):
            kept = figures is not None
            yield start_s, load_figures(figures) if kept else self._recompute(level, start_s, marked)

    def _recompute(self, level: int, start_s: int, marked: int) -> Figures:
        width_s = WIDTHS_S[level]
        parts = self.parts(start_s * NANOS_A_SECOND, (start_s + width_s) * NANOS_A_SECOND, level - 1)
        figures = add(figures for _, figures in parts)
        is_worth_it = level > 0 or figures.traces >= KEPT_FROM_TRACES or figures.traces == 0
        if is_worth_it and self._is_quiet(level, start_s) and not self.has_ended():
            self.recomputed.append(Bucket(self._project, width_s, start_s, marked, figures))
        return figures

    def _of_traces(self, start: int, end: int) -> Iterator[tuple[int, Figures]]:
        key = (self._project, start, end - 1)
        last_start = None
        for trace, at, data, last_received, repeats_some in self._connection.execute(_SUMMARIES, key):
            if not self._takes(at, last_start):
                return
            last_start = at
            summary = load_summary(data, last_received)
            yield (
                at,
                figures_of(repeats.counted(self._connection, trace, summary) if repeats_some else summary),
            )


_BUCKETS = """
    SELECT start_s, marked, figures FROM rollups
    WHERE project = ? AND width_s = ? AND start_s >= ? AND start_s < ? ORDER BY start_s DESC
"""
_SUMMARIES = """
    SELECT t.id, t.start, t.summary, t.last_received, EXISTS (SELECT 1 FROM repeats r WHERE r.trace = t.id)
    FROM traces t WHERE t.project = ? AND t.start BETWEEN ? AND ? ORDER BY t.start DESC
"""
