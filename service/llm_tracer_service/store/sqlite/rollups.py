"""Totals by minute, hour and day, so that the figures of a month are some thirty rows and the edges of the range.

A write only marks the buckets of its traces as stale. Who asks adds up what is fresh, recomputes what is stale from
the level below (minutes from the summaries), and offers it to be kept; it is kept only if it is not stale again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import apsw
from llm_tracer.model.figures import Figures, add, figures_of

from llm_tracer_service.store.base import TimeRange
from llm_tracer_service.store.checking import TIME_UNIX_NANO_MAX
from llm_tracer_service.store.records import dump_figures, load_figures, load_summary
from llm_tracer_service.store.sqlite import repeats
from llm_tracer_service.store.sqlite.connection import fetch

WIDTHS_S = (60, 3_600, 86_400)
_NANOS = 1_000_000_000

_KEPT_FROM_TRACES = 32
"""A bucket of fewer traces is as cheap to make again as to read."""

_QUIET_S = 120
"""A bucket that ended more recently may well change again: it is not worth a commit yet."""


@dataclass(frozen=True, slots=True)
class Bucket:
    """The totals of one stretch of time, true as of the revision `stale`."""

    project: int
    width_s: int
    start_s: int
    stale: int
    figures: Figures


def mark_stale(connection: apsw.Connection, changed: Iterable[tuple[int, int]], revision: int) -> None:
    """Marks the buckets of traces of (project, start in nanoseconds), inside of the transaction that changes them."""
    buckets = {
        (project, width_s, start // (width_s * _NANOS) * width_s)
        for project, start in changed
        for width_s in WIDTHS_S
    }
    connection.executemany(_MARK, ((*bucket, revision) for bucket in buckets))


_MARK = """
    INSERT INTO rollups (project, width_s, start_s, stale) VALUES (?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET stale = excluded.stale, figures = NULL
"""


def keep(connection: apsw.Connection, buckets: Iterable[Bucket]) -> None:
    """Keeps recomputed totals, but for those that went stale again."""
    for bucket in buckets:
        key = (bucket.project, bucket.width_s, bucket.start_s, bucket.stale)
        if bucket.figures.traces == 0:
            connection.execute(_REMOVE, key)
        else:
            connection.execute(_KEEP, (dump_figures(bucket.figures), *key))


_KEEP = """
    UPDATE rollups SET figures = ?, stale = NULL
    WHERE project = ? AND width_s = ? AND start_s = ? AND stale = ?
"""
_REMOVE = "DELETE FROM rollups WHERE project = ? AND width_s = ? AND start_s = ? AND stale = ?"


class Totals:
    """Adds up the traces of a project in one state of the file. `recomputed` is what is worth keeping afterwards."""

    def __init__(self, connection: apsw.Connection, project: int, now_unix_nano: int) -> None:
        self._connection = connection
        self._project = project
        self._quiet_before_s = now_unix_nano // _NANOS - _QUIET_S
        self.recomputed: list[Bucket] = []

    def between(self, time_range: TimeRange) -> Figures:
        """The figures of all traces that started in the range."""
        start = time_range.start_unix_nano
        end = time_range.end_unix_nano
        return add(
            self._parts(
                0 if start is None else min(max(start, 0), TIME_UNIX_NANO_MAX),
                TIME_UNIX_NANO_MAX + 1 if end is None else min(max(end, 0), TIME_UNIX_NANO_MAX + 1),
                len(WIDTHS_S) - 1,
            )
        )

    def _parts(self, start: int, end: int, level: int) -> Iterator[Figures]:
        """Figures that together are those of [start, end), in nanoseconds, from buckets of this level and below."""
        if start >= end:
            return
        if level < 0:
            yield from self._of_traces(start, end)
            return
        width = WIDTHS_S[level] * _NANOS
        first, last = -(-start // width) * width, end // width * width
        if first >= last:
            yield from self._parts(start, end, level - 1)
            return
        yield from self._parts(start, first, level - 1)
        yield from self._buckets(first, last, level)
        yield from self._parts(last, end, level - 1)

    def _buckets(self, first: int, last: int, level: int) -> Iterator[Figures]:
        width_s = WIDTHS_S[level]
        key = (self._project, width_s, first // _NANOS, last // _NANOS)
        for start_s, stale, figures in fetch(self._connection, _BUCKETS, key):
            if stale is None:
                yield load_figures(figures)
            else:
                yield self._recompute(level, start_s, stale)

    def _recompute(self, level: int, start_s: int, stale: int) -> Figures:
        width_s = WIDTHS_S[level]
        figures = add(self._parts(start_s * _NANOS, (start_s + width_s) * _NANOS, level - 1))
        is_quiet = start_s + width_s < self._quiet_before_s
        if is_quiet and (figures.traces >= _KEPT_FROM_TRACES or figures.traces == 0):
            self.recomputed.append(Bucket(self._project, width_s, start_s, stale, figures))
        return figures

    def _of_traces(self, start: int, end: int) -> Iterator[Figures]:
        key = (self._project, start, end - 1)
        for trace, data, last_received, repeats_some in fetch(self._connection, _SUMMARIES, key):
            summary = load_summary(data, last_received)
            yield figures_of(repeats.counted(self._connection, trace, summary) if repeats_some else summary)


_BUCKETS = """
    SELECT start_s, stale, figures FROM rollups
    WHERE project = ? AND width_s = ? AND start_s >= ? AND start_s < ?
"""
_SUMMARIES = """
    SELECT t.id, t.summary, t.last_received, EXISTS (SELECT 1 FROM repeats r WHERE r.trace = t.id)
    FROM traces t WHERE t.project = ? AND t.start BETWEEN ? AND ?
"""
