"""Figures over time and by value: from roll-ups if all traces are asked for, else from the traces that match."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from llm_tracer.model.figures import Figures, add, figures_of
from llm_tracer.model.groups import (
    CountedTrace,
    FacetField,
    GroupField,
    TraceCounter,
    facet_values,
)
from llm_tracer.model.query import FieldTest, Test, TraceQuery

from llm_tracer_service.store.base import Aggregate, Facets, TimeRange
from llm_tracer_service.store.over_time import OverTime
from llm_tracer_service.store.patience import Patience
from llm_tracer_service.store.sqlite.group_rollups import GroupTotals, Remembered, sum_counts
from llm_tracer_service.store.sqlite.rollups import TOP, WIDTHS_S, Bucket, Totals, bounds
from llm_tracer_service.store.sqlite.traces import Traces

T = TypeVar("T")

SUMMARIES_MAX = 10_000
"""How many summaries are examined for one answer: 0.2 s."""

TRACES_MAX = 2_000
"""How many traces may have their spans loaded: 0.3 s for one field, 0.8 s if buckets are made with all of them."""

_UNENDED = TraceQuery(FieldTest("status", Test(texts=("running", "abandoned"))))
"""Which of them are abandoned depends on when one asks, so no roll-up can say."""


@dataclass(slots=True)
class Aggregates:
    """The aggregates of a project in one state of the file. `recomputed` should be kept afterwards."""

    traces: Traces
    remembered: Remembered
    recomputed: list[Bucket] = field(default_factory=list)

    def stats(self, query: TraceQuery, time_range: TimeRange) -> Figures:
        """`TraceStore.stats`."""
        if not query.is_empty:
            return add(figures_of(summary) for summary in self.traces.counted(query, time_range))
        totals = Totals(self.traces.connection, self.traces.project, self.traces.now_unix_nano)
        figures = totals.between(time_range)
        self.recomputed += totals.recomputed
        return figures

    def aggregate(
        self, query: TraceQuery, time_range: TimeRange, width_s: int | None, group_by: GroupField | None
    ) -> Aggregate:
        """`TraceStore.aggregate`."""
        if not query.is_empty:
            return self._of_matching(query, time_range, OverTime(width_s, group_by), group_by is not None)
        if group_by is None:
            return self._of_all(time_range, width_s)
        return self._of_groups(time_range, width_s, group_by)

    def _of_matching(
        self, query: TraceQuery, time_range: TimeRange, over_time: OverTime, needs_spans: bool
    ) -> Aggregate:
        matching = self._matching(query, time_range, needs_spans)
        for found in matching:
            over_time.count(found)
        return Aggregate(over_time.points(), matching.counted_since_unix_nano)

    def _of_all(self, time_range: TimeRange, width_s: int | None) -> Aggregate:
        over_time = OverTime(width_s, None)
        totals = Totals(self.traces.connection, self.traces.project, self.traces.now_unix_nano, SUMMARIES_MAX)
        for at, figures in totals.parts(*bounds(time_range), _level_of(width_s)):
            over_time.add(at, figures, {})
        self.recomputed += totals.recomputed
        return Aggregate(over_time.points(), totals.counted_since_unix_nano)

    def _of_groups(self, time_range: TimeRange, width_s: int | None, group_by: GroupField) -> Aggregate:
        over_time = OverTime(width_s, group_by)
        start, end = bounds(time_range)
        unended = self._unended(time_range, group_by == "status")
        groups = self._groups(group_by, is_summed=width_s is None)
        for at, part in groups.parts(max(start, unended.since), end, _level_of(width_s)):
            over_time.add(at, part.figures, _ended(part.groups) if group_by == "status" else part.groups)
        self.recomputed += groups.recomputed
        since = groups.counted_since_unix_nano or unended.counted_since_unix_nano
        for found in unended.started_since(since):
            counter = TraceCounter(("status",))
            counter.count(found)
            over_time.add(found.summary.start_time_unix_nano, Figures(), counter.groups["status"])
        return Aggregate(over_time.points(), since)

    def facets(self, query: TraceQuery, time_range: TimeRange, fields: Sequence[FacetField]) -> Facets:
        """`TraceStore.facets`."""
        if not query.is_empty:
            matching = self._matching(query, time_range, needs_spans=True)
            found_counts: dict[FacetField, Counter[str]] = {field: Counter() for field in fields}
            for found in matching:
                for each in fields:
                    found_counts[each].update(facet_values(each, found))
            return Facets(found_counts, matching.counted_since_unix_nano)
        start, end = bounds(time_range)
        unended = self._unended(time_range, "status" in fields)
        groups = GroupTotals(self.traces, self.remembered, TRACES_MAX, facets=fields)
        parts = [part.counts for _, part in groups.parts(max(start, unended.since), end)]
        self.recomputed += groups.recomputed
        since = groups.counted_since_unix_nano or unended.counted_since_unix_nano
        counts = {field: sum_counts([part[field] for part in parts]) for field in fields}
        if "status" in fields:
            present: Counter[str] = Counter(found.summary.status for found in unended.started_since(since))
            counts["status"] = {**_ended(counts["status"]), **present}
        return Facets(counts, since)

    def settle(self, day_s: int, marked_max: int) -> Iterator[None]:
        """Makes the quiet buckets of a day that were marked at `marked_max` at the latest, hour by hour. It yields after
        each bucket that had to be made, so that the caller may stop there, and keep `recomputed`."""
        groups = self._groups(None)
        groups.recomputed = self.recomputed
        for level in (TOP - 1, TOP):
            for start_s, marked in groups.quiet_buckets(level, day_s, day_s + WIDTHS_S[TOP]):
                if marked <= marked_max and groups.settle(level, start_s, marked):
                    yield

    def _groups(self, group_by: GroupField | None, is_summed: bool = False) -> GroupTotals:
        return GroupTotals(
            self.traces,
            self.remembered,
            None if group_by is None else TRACES_MAX,
            group_by,
            is_summed=is_summed,
        )

    def _matching(self, query: TraceQuery, time_range: TimeRange, needs_spans: bool) -> _Matching:
        needs_spans = needs_spans or not self.traces.is_exact(query)
        return _Matching(self.traces, query, time_range, TRACES_MAX if needs_spans else SUMMARIES_MAX)

    def _unended(self, time_range: TimeRange, asked_for: bool) -> _Unended:
        return _Unended(self._matching(_UNENDED, time_range, needs_spans=False) if asked_for else None)


class _Matching:
    """The traces that match, the newest first. It examines at most `looked_at_max` candidates, as long as patience lasts;
    if it stops early, `counted_since_unix_nano` is the start from which on the answer is complete."""

    def __init__(self, traces: Traces, query: TraceQuery, time_range: TimeRange, looked_at_max: int) -> None:
        self._traces = traces
        self._query = query
        self._time_range = time_range
        self._looked_at_max = looked_at_max
        self.counted_since_unix_nano: int | None = None

    def __iter__(self) -> Iterator[CountedTrace]:
        last_start: int | None = None
        patience = Patience(self._looked_at_max)
        candidates = self._traces.newest_first(self._query, self._time_range)
        for looked_at, (start, found) in enumerate(candidates):
            if looked_at and start != last_start and patience.is_over(looked_at):
                self.counted_since_unix_nano = start + 1
                return
            last_start = start
            if found is not None:
                yield found


class _Unended:
    """The traces that have not ended, counted one by one."""

    def __init__(self, matching: _Matching | None) -> None:
        self._found = [] if matching is None else list(matching)
        self.counted_since_unix_nano = None if matching is None else matching.counted_since_unix_nano
        self.since = self.counted_since_unix_nano or 0

    def started_since(self, since: int | None) -> Iterator[CountedTrace]:
        """Those that started at a given time or later."""
        return (
            found for found in self._found if since is None or found.summary.start_time_unix_nano >= since
        )


def _ended(by_status: Mapping[str, T]) -> Mapping[str, T]:
    return {status: each for status, each in by_status.items() if status not in ("running", "abandoned")}


def _level_of(width_s: int | None) -> int:
    """The widest buckets that divide an interval; -1 if none do."""
    if width_s is None:
        return TOP
    return max((level for level, width in enumerate(WIDTHS_S) if width_s % width == 0), default=-1)
