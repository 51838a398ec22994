"""Totals by value, rolled up like the totals of rollups.py: all fields of a bucket at once, because the costly part is
loading the spans of its traces.

A day is made from its hours. An hour is made from its minutes or, if it has few traces, directly from them. Buckets worth
it are kept in the file. The others (of few traces, or of right now) are remembered by this process, packed, under their
mark: a new mark is another bucket.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import TypeAlias

from llm_tracer.model.figures import Figures, Tally, add
from llm_tracer.model.groups import (
    FACET_FIELDS,
    GROUP_FIELDS,
    UNGROUPED_FACETS,
    CountedTrace,
    Counts,
    FacetField,
    FieldTally,
    GroupField,
    Groups,
    TraceCounter,
    counts_of,
    facet_values,
)

from llm_tracer_service.store.base import EVERYTHING, TimeRange
from llm_tracer_service.store.grouped import PackedCounts, dump_counts, dump_groups, load_groups
from llm_tracer_service.store.records import load_figures
from llm_tracer_service.store.sqlite.connection import fetch
from llm_tracer_service.store.sqlite.pattern_index import STARTS, Starts
from llm_tracer_service.store.sqlite.recent import Recent
from llm_tracer_service.store.sqlite.rollups import (
    KEPT_FROM_TRACES,
    RULES,
    TOP,
    WIDTHS_S,
    Bucket,
    Walk,
)
from llm_tracer_service.store.sqlite.traces import Traces
from llm_tracer_service.times import NANOS_A_SECOND

COUNTS = "counts"

_DIRECT_TRACES_MAX = 500
"""An hour of more traces is made from its minutes, so that a walk that stops within it was not in vain."""

_WHOLES_BYTES_MAX = 16 * 1024 * 1024

_SUMS_VALUES_MAX, _SUM_VALUES_MIN = 400_000, 10_000
"""How many values the sums of counts have that a process remembers (10 MB), and how many each is taken to have at least. A
month of a thousand users and twenty thousand sessions takes 15 ms to add up, and only its last day changes."""

_Key: TypeAlias = tuple[int, int, int, int]
"""Project, width, start and mark of a bucket."""

_RunKey: TypeAlias = tuple[int, GroupField, tuple[tuple[int, int], ...]]
"""Project, field, and the start and mark of each of several days."""

_FacetCounts: TypeAlias = Mapping[FacetField, Counts]


def sum_counts(parts: Sequence[Counts]) -> Counts:
    """The sum of several counts. The largest is copied as a whole."""
    by_size = sorted(parts, key=len, reverse=True)
    sums = Counter(by_size[0] if by_size else {})
    for part in by_size[1:]:
        sums.update(part)
    return sums


@dataclass(frozen=True, slots=True)
class Whole:
    """A bucket with all its groups, packed."""

    figures: Figures
    data: Mapping[str, bytes]


class Remembered:
    """What a process remembers of the roll-ups of one file, for all of its threads."""

    def __init__(self) -> None:
        self.wholes: Recent[_Key | _RunKey, Whole] = Recent(_WHOLES_BYTES_MAX, _bytes_of)
        """Buckets that are not in the file, and sums over days."""
        self.sums: Recent[Hashable, _FacetCounts] = Recent(_SUMS_VALUES_MAX, _values_of)
        """The sums of the counts of several buckets."""


def _bytes_of(key: object, whole: Whole) -> int:
    return sum(map(len, whole.data.values()))


def _values_of(key: object, counts: _FacetCounts) -> int:
    return max(_SUM_VALUES_MIN, sum(map(len, counts.values())))


@dataclass(frozen=True, slots=True)
class GroupPart:
    """What was asked for, of some of the traces."""

    figures: Figures
    groups: Groups = field(default_factory=dict)
    counts: _FacetCounts = field(default_factory=dict)


class _WholeTally:
    """A bucket being built: the groups of every field, the facets, and when the traces of each pattern started."""

    def __init__(self) -> None:
        self._figures = Tally()
        self._counter = TraceCounter(GROUP_FIELDS)
        self._counts: dict[FacetField, Counter[str]] = {facet: Counter() for facet in UNGROUPED_FACETS}
        self._starts = Starts()

    def count(self, found: CountedTrace) -> None:
        """Counts a trace."""
        self._figures.add(found.figures)
        self._counter.count(found)
        for facet, counter in self._counts.items():
            counter.update(facet_values(facet, found))
        self._starts.count(found.pattern, found.summary.start_time_unix_nano)

    def add(self, whole: Whole) -> None:
        """Adds all fields of a bucket."""
        self._figures.add(whole.figures)
        for group_field in GROUP_FIELDS:
            self._counter.add(group_field, load_groups(whole.data[group_field]))
        counts = PackedCounts(whole.data[COUNTS])
        for facet, counter in self._counts.items():
            counter.update(counts.of(facet))
        self._starts.add(whole.data[STARTS])

    def whole(self) -> Whole:
        """What was counted, packed."""
        groups = self._counter.groups
        counts = {
            facet: self._counts[facet] if facet in self._counts else counts_of(groups[facet])
            for facet in FACET_FIELDS
        }
        data = {name: dump_groups(of_field) for name, of_field in groups.items()}
        data[COUNTS], data[STARTS] = dump_counts(counts), self._starts.packed()
        return Whole(self._figures.figures, data)


class GroupTotals(Walk[GroupPart]):
    """Figures with the groups of one field, or with the counts of facets. With `is_summed` several days may come as one
    part, for callers who do not ask when."""

    def __init__(
        self,
        traces: Traces,
        remembered: Remembered,
        traces_max: int | None,
        group_by: GroupField | None = None,
        facets: Sequence[FacetField] = (),
        is_summed: bool = False,
    ) -> None:
        super().__init__(traces.connection, traces.project, traces.now_unix_nano, traces_max)
        self._traces = traces
        self._remembered = remembered
        self._group_by = group_by
        self._facets = facets
        self._is_summed = is_summed

    def _of_buckets(self, level: int, first_s: int, last_s: int) -> Iterator[tuple[int, GroupPart]]:
        key = (self._group_by or COUNTS, RULES, self._project, WIDTHS_S[level], first_s, last_s)
        rows = fetch(self._connection, _BUCKETS, key)
        for is_kept, run in groupby(rows, key=lambda row: row[3] is not None):
            if is_kept and self._facets:
                yield self._sum(level, list(run))
                continue
            if is_kept and self._group_by and self._is_summed and level == TOP:
                yield self._sum_of_days(self._group_by, list(run))
                continue
            for start_s, marked, figures, data in run:
                if is_kept:
                    yield start_s, self._part(load_figures(figures), data)
                else:
                    whole = self.whole(level, start_s, marked)
                    yield start_s, self._part(whole.figures, whole.data[self._group_by or COUNTS])

    def _part(self, figures: Figures, data: bytes) -> GroupPart:
        if self._group_by is not None:
            return GroupPart(figures, load_groups(data))
        counts = PackedCounts(data)
        return GroupPart(figures, counts={field: counts.of(field) for field in self._facets})

    def _sum_of_days(
        self, field: GroupField, rows: Sequence[tuple[int, int, bytes, bytes]]
    ) -> tuple[int, GroupPart]:
        """The groups of consecutive days. A hundred thousand groups may be twenty thousand sessions, so their sum is
        remembered, packed, until one of the days changes."""
        key = (self._project, field, tuple((start_s, marked) for start_s, marked, _, _ in rows))
        known = self._remembered.wholes.known(key)
        if known is not None:
            return rows[0][0], self._part(known.figures, known.data[field])
        tally = FieldTally()
        for _, _, _, data in rows:
            tally.add(load_groups(data))
        part = GroupPart(add(load_figures(figures) for _, _, figures, _ in rows), tally.groups)
        self._remembered.wholes.add(key, Whole(part.figures, {field: dump_groups(part.groups)}))
        return rows[0][0], part

    def _sum(self, level: int, rows: Sequence[tuple[int, int, bytes, bytes]]) -> tuple[int, GroupPart]:
        """The counts of consecutive buckets; facets do not ask when."""
        marks = tuple((start_s, marked) for start_s, marked, _, _ in rows)
        key = (self._project, level, tuple(self._facets), marks)
        parts = [data for _, _, _, data in rows]
        return rows[0][0], GroupPart(
            Figures(), counts=self._remembered.sums.get(key, lambda: self._added(parts))
        )

    def _added(self, parts: Sequence[bytes]) -> _FacetCounts:
        packed = [PackedCounts(data) for data in parts]
        return {field: sum_counts([each.of(field) for each in packed]) for field in self._facets}

    def _of_traces(self, start: int, end: int) -> Iterator[tuple[int, GroupPart]]:
        fields = [self._group_by] if self._group_by else []
        for found in self._counted(start, end):
            counter = TraceCounter(fields)
            counter.count(found)
            groups = counter.groups[self._group_by] if self._group_by else {}
            counts = {field: Counter(facet_values(field, found)) for field in self._facets}
            yield found.summary.start_time_unix_nano, GroupPart(found.figures, groups, counts)

    def _counted(self, start: int, end: int) -> Iterator[CountedTrace]:
        last_start = None
        for at, found in self._traces.newest_first(EVERYTHING, TimeRange(start, end)):
            if not self._takes(at, last_start):
                return
            last_start = at
            if found is not None:
                yield found

    # --- all fields of a bucket -------------------------------------------------------------------------------------

    def whole(self, level: int, start_s: int, marked: int) -> Whole:
        """All fields of a bucket: remembered, kept, or made now and then offered or remembered. If the walk ends
        meanwhile, the bucket holds only what was reached."""
        known = self._remembered.wholes.known(self._key(level, start_s, marked)) or self._kept(level, start_s)
        return known if known is not None else self._make(level, start_s, marked)

    def settle(self, level: int, start_s: int, marked: int) -> bool:
        """Makes sure that a bucket is kept or at least remembered; returns whether it had to be made for that."""
        if self._kept(level, start_s) is not None:
            return False
        known = self._remembered.wholes.known(self._key(level, start_s, marked))
        if known is None:
            self._make(level, start_s, marked)
            return True
        self._offer(level, start_s, marked, known)
        return False

    def quiet_buckets(self, level: int, first_s: int, last_s: int) -> list[tuple[int, int]]:
        """Start and mark of the buckets in a time range that will hardly change again, the newest first."""
        found = self._marks(level, first_s, last_s)
        return [(start_s, marked) for start_s, marked in found if self._is_quiet(level, start_s)]

    def _marks(self, level: int, first_s: int, last_s: int) -> list[tuple[int, int]]:
        return fetch(self._connection, _MARKS, (self._project, WIDTHS_S[level], first_s, last_s))

    def _kept(self, level: int, start_s: int) -> Whole | None:
        key = (RULES, self._project, WIDTHS_S[level], start_s)
        found = fetch(self._connection, _WHOLE, key)
        if not found:
            return None
        return Whole(load_figures(found[0][2]), {field: data for field, data, _ in found})

    def _make(self, level: int, start_s: int, marked: int) -> Whole:
        width_s = WIDTHS_S[level]
        tally = _WholeTally()
        if level == 0 or (level < TOP and self._is_direct(level, start_s)):
            for found in self._counted(start_s * NANOS_A_SECOND, (start_s + width_s) * NANOS_A_SECOND):
                tally.count(found)
        else:
            for below_s, below_marked in self._marks(level - 1, start_s, start_s + width_s):
                if self.has_ended():
                    break
                tally.add(self.whole(level - 1, below_s, below_marked))
        whole = tally.whole()
        if not self.has_ended():
            self._offer(level, start_s, marked, whole)
            self._remembered.wholes.add(self._key(level, start_s, marked), whole)
        return whole

    def _offer(self, level: int, start_s: int, marked: int, whole: Whole) -> None:
        """Offers a bucket to be kept, if it is worth it."""
        traces = whole.figures.traces
        if self._is_quiet(level, start_s) and (level == TOP or traces >= KEPT_FROM_TRACES or traces == 0):
            self.recomputed.append(
                Bucket(self._project, WIDTHS_S[level], start_s, marked, whole.figures, whole.data, RULES)
            )

    def _key(self, level: int, start_s: int, marked: int) -> _Key:
        return self._project, WIDTHS_S[level], start_s, marked

    def _is_direct(self, level: int, start_s: int) -> bool:
        """Whether a bucket is made directly from its traces. One that still changes is not: only the last of its minutes
        change."""
        if not self._is_quiet(level, start_s):
            return False
        key = (
            self._project,
            start_s * NANOS_A_SECOND,
            (start_s + WIDTHS_S[level]) * NANOS_A_SECOND - 1,
            _DIRECT_TRACES_MAX,
        )
        return len(fetch(self._connection, _SOME_TRACES, key)) < _DIRECT_TRACES_MAX


_BUCKETS = """
    SELECT r.start_s, r.marked, r.figures, g.data
    FROM rollups r LEFT JOIN group_rollups g
        ON g.project = r.project AND g.width_s = r.width_s AND g.start_s = r.start_s AND g.field = ? AND g.rules = ?
    WHERE r.project = ? AND r.width_s = ? AND r.start_s >= ? AND r.start_s < ?
    ORDER BY r.start_s DESC
"""
_MARKS = """
    SELECT start_s, marked FROM rollups
    WHERE project = ? AND width_s = ? AND start_s >= ? AND start_s < ? ORDER BY start_s DESC
"""
_WHOLE = """
    SELECT g.field, g.data, r.figures
    FROM group_rollups g JOIN rollups r USING (project, width_s, start_s)
    WHERE g.rules = ? AND g.project = ? AND g.width_s = ? AND g.start_s = ?
"""
_SOME_TRACES = "SELECT 1 FROM traces WHERE project = ? AND start BETWEEN ? AND ? LIMIT ?"

UNSETTLED_DAYS = f"""
    SELECT p.name, r.start_s FROM projects p CROSS JOIN rollups r ON r.project = p.id AND r.width_s = {WIDTHS_S[TOP]}
    WHERE NOT EXISTS (
        SELECT 1 FROM group_rollups g
        WHERE g.project = r.project AND g.width_s = r.width_s AND g.start_s = r.start_s AND g.rules = {RULES}
            AND g.field = '{COUNTS}'
    )
    ORDER BY r.start_s DESC
"""  # noqa: S608  # numbers of our own
"""Project and start of the days whose groups are not kept, the newest first."""
