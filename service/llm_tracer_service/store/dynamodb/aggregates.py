"""Figures over time, groups and facets: from the roll-ups if they suffice, else from a bounded scan of the newest traces."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice

from llm_tracer.model.groups import CountedTrace, Counts, FacetField, GroupField, facet_values
from llm_tracer.model.query import TraceQuery

from llm_tracer_service.store.base import Aggregate, Facets, TimeRange
from llm_tracer_service.store.dynamodb.candidates import Candidates, matches
from llm_tracer_service.store.dynamodb.listing import Listing, start_of
from llm_tracer_service.store.dynamodb.repeats import FirstReports
from llm_tracer_service.store.dynamodb.rollups import Rollups
from llm_tracer_service.store.over_time import OverTime
from llm_tracer_service.store.patience import Patience

HEADS_MAX = 2_000
ENTRIES_MAX = 20_000
"""How many traces an answer counts, and how many of them it looks into; it says since when."""

_HOUR_S = 3_600


class Scan:
    """The traces of a range that match, the newest first, until enough were examined."""

    def __init__(
        self, listing: Listing, candidates: Candidates, project: str, is_bounded: bool = True
    ) -> None:
        self._listing = listing
        self._candidates = candidates
        self._project = project
        self._entries_max = ENTRIES_MAX if is_bounded else None
        self._heads_max = HEADS_MAX if is_bounded else None
        self.counted_since: int | None = None
        """Where the scan stopped; None if everything was examined."""

    def counted(self, query: TraceQuery, time_range: TimeRange) -> Iterator[CountedTrace]:
        """Each trace that matches, as totals count it."""
        entries = list(islice(self._listing.newest_first(self._project, time_range), self._entries_max))
        if len(entries) == self._entries_max:
            # Some traces that started together with the last one may be beyond the limit.
            cut = start_of(entries[-1])
            entries = [entry for entry in entries if start_of(entry) > cut]
            self.counted_since = cut + 1
        firsts = FirstReports.among(entries, self._listing, self._project)
        last: int | None = None
        patience = Patience(ENTRIES_MAX)
        for count, candidate in enumerate(self._candidates.of(entries)):
            start = start_of(candidate.entry)
            if last is not None and start < last and self._is_enough(patience, count):
                self.counted_since = last
                return
            last = start
            if matches(query, candidate):
                elsewhere = firsts.elsewhere(candidate.entry, candidate.trace)
                yield CountedTrace(candidate.trace, candidate.summary, elsewhere)

    def _is_enough(self, patience: Patience, count: int) -> bool:
        if self._heads_max is None:
            return False
        is_next_to_load = self._candidates.is_at_boundary
        return patience.is_over(count) or (
            is_next_to_load and self._candidates.heads_loaded >= self._heads_max
        )


def aggregate(
    scan: Scan,
    rollups: Rollups,
    query: TraceQuery,
    time_range: TimeRange,
    width_s: int | None,
    group_by: GroupField | None,
) -> Aggregate:
    """`TraceStore.aggregate`."""
    over_time = OverTime(width_s, group_by)
    if query.is_empty and group_by is None and (width_s or _HOUR_S) % _HOUR_S == 0:
        for start, figures in rollups.between(time_range):
            over_time.add(start, figures, {})
    else:
        for counted in scan.counted(query, time_range):
            if group_by == "pattern" and not counted.trace.rows:
                continue  # deleted since its entry was read: its pattern is no longer known
            over_time.count(counted)
    return Aggregate(over_time.points(), scan.counted_since)


def facets(scan: Scan, query: TraceQuery, time_range: TimeRange, fields: Sequence[FacetField]) -> Facets:
    """`TraceStore.facets`."""
    counts: dict[FacetField, Counter[str]] = {field: Counter() for field in fields}
    for counted in scan.counted(query, time_range):
        for field in fields:
            counts[field].update(facet_values(field, counted))
    result: dict[FacetField, Counts] = dict(counts)
    return Facets(result, scan.counted_since)
