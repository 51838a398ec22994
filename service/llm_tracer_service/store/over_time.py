"""Figures and groups by intervals of time, as a store adds them up."""

from __future__ import annotations

from dataclasses import dataclass

from llm_tracer.model.figures import Figures, Tally
from llm_tracer.model.groups import CountedTrace, GroupField, Groups, TraceCounter

from llm_tracer_service.times import NANOS_A_SECOND


@dataclass(frozen=True, slots=True)
class Point:
    """What started in the interval that begins at `start_unix_nano`. `groups` is empty unless a field was asked for."""

    start_unix_nano: int
    figures: Figures
    groups: Groups


@dataclass(slots=True)
class _PointTally:
    figures: Tally
    counter: TraceCounter


class OverTime:
    """Points that grow: intervals of `width_s` seconds since 1970 or, without a width, one point for everything, at 0."""

    def __init__(self, width_s: int | None, group_by: GroupField | None) -> None:
        self._width = None if width_s is None else width_s * NANOS_A_SECOND
        self._group_by = group_by
        self._points: dict[int, _PointTally] = {}

    def count(self, counted: CountedTrace) -> None:
        """Counts one trace."""
        point = self._at(counted.summary.start_time_unix_nano)
        point.figures.add(counted.figures)
        point.counter.count(counted)

    def add(self, start_unix_nano: int, figures: Figures, groups: Groups) -> None:
        """Adds what was counted for the interval that holds `start_unix_nano`."""
        point = self._at(start_unix_nano)
        point.figures.add(figures)
        if self._group_by is not None:
            point.counter.add(self._group_by, groups)

    def points(self) -> tuple[Point, ...]:
        """The intervals in which something was counted, in order of time."""
        return tuple(
            Point(start, point.figures.figures, self._groups(point.counter))
            for start, point in sorted(self._points.items())
            if point.figures.traces
        )

    def _groups(self, counter: TraceCounter) -> Groups:
        return {} if self._group_by is None else counter.groups[self._group_by]

    def _at(self, start_unix_nano: int) -> _PointTally:
        start = 0 if self._width is None else start_unix_nano // self._width * self._width
        point = self._points.get(start)
        if point is None:
            fields = () if self._group_by is None else (self._group_by,)
            point = self._points[start] = _PointTally(Tally(), TraceCounter(fields))
        return point
