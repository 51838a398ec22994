"""Figures by hour, one item a day. The journal says which hours have changed since.

Figures are recomputed from the entries of an hour, never added to: a sum that was wrong once would stay wrong. Above the
watermark the journal says what is stale; every answer recomputes that, so none depends on compaction, which does the same
ahead of time and raises the watermark. 30 days are 30 items of 0.5 KB and more.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

import msgspec
from llm_tracer.model.figures import Figures, add
from llm_tracer.model.groups import CountedTrace

from llm_tracer_service.store import zstd
from llm_tracer_service.store.base import TimeRange
from llm_tracer_service.store.dynamodb import keys
from llm_tracer_service.store.dynamodb.candidates import Candidates
from llm_tracer_service.store.dynamodb.client import Client, Conflict
from llm_tracer_service.store.dynamodb.journal import KEPT_S, LISTED_AFTER_NS, Journal, Row
from llm_tracer_service.store.dynamodb.listing import Listing, start_of
from llm_tracer_service.store.dynamodb.repeats import WINDOW_NS, FirstReports
from llm_tracer_service.store.dynamodb.wire import Value
from llm_tracer_service.store.records import dump_figures, load_figures
from llm_tracer_service.times import NANOS_A_DAY

HOUR_NS = 3_600_000_000_000
_HOURS_A_DAY = 24
_WINDOW_HOURS = WINDOW_NS // HOUR_NS

SETTLED_AFTER_NS = LISTED_AFTER_NS
"""What the journal recorded that long ago is complete, and the index shows it."""

_QUIET_NS = NANOS_A_DAY
"""If nothing was written for a day, the watermark follows the time all the same."""

ROWS_A_STEP = 500
ROWS_DUE = 100

_encode = msgspec.msgpack.Encoder().encode
_decode_day = msgspec.msgpack.Decoder(dict[int, bytes]).decode


class Rollups:
    """The figures of one project. `candidates` makes traces of entries where an answer needs them; traces that started
    before `kept_from` may be past their time."""

    def __init__(
        self,
        client: Client,
        listing: Listing,
        journal: Journal,
        candidates: Candidates,
        project: str,
        kept_from: Callable[[], int],
    ) -> None:
        self._client = client
        self._listing = listing
        self._journal = journal
        self._candidates = candidates
        self._project = project
        self._kept_from = kept_from
        self.is_due = False
        """Whether the last answer saw so much above the watermark that compaction pays."""

    def between(self, time_range: TimeRange) -> list[tuple[int, Figures]]:
        """The figures of all traces that started in a range, in parts that each begin at a time: whole hours as they are
        kept, the rest from the list."""
        first, last = _whole_hours(time_range)
        if first > last:
            return self._counted(time_range)
        parts = [(hour * HOUR_NS, figures) for hour, figures in self._hours(first, last).items()]
        if time_range.start_unix_nano is not None:
            parts += self._counted(TimeRange(time_range.start_unix_nano, first * HOUR_NS))
        if time_range.end_unix_nano is not None:
            parts += self._counted(TimeRange((last + 1) * HOUR_NS, time_range.end_unix_nano))
        return parts

    def _hours(self, first: int, last: int) -> Mapping[int, Figures]:
        """Figures by hour since 1970, from `first` to `last`; hours without traces may be missing."""
        position, _ = self._watermark()
        if self._is_forgotten(position):
            self.is_due = True
            return self._recounted(first, last)
        rows = self._journal.rows_after(self._project, position)
        settled = self._journal.now() - SETTLED_AFTER_NS
        self.is_due = sum(row.position <= settled for row in rows) >= ROWS_DUE
        kept = self._kept(first, last)
        stale = _stale(rows, kept) | self._perhaps_expired(kept)
        return kept | self._recomputed([hour for hour in stale if first <= hour <= last])

    def compact(self) -> bool:
        """Keeps the figures that some rows of the journal call for, and raises the watermark; returns whether rows are
        left."""
        position, version = self._watermark()
        if self._is_forgotten(position):
            return self.rebuild()
        settled = self._journal.now() - SETTLED_AFTER_NS
        rows = self._journal.rows_after(self._project, position, ROWS_A_STEP + 1)
        rows = [row for row in rows if row.position <= settled]
        step = rows[:ROWS_A_STEP]
        if not step:
            if settled - position > 2 * _QUIET_NS:
                # The watermark must not fall behind what the journal still holds.
                self._raise_watermark(settled - _QUIET_NS, version)
            return False
        kept = self._kept(0, _LAST_HOUR)
        stale = _stale(step, kept) | self._perhaps_expired(kept)
        if not self._keep(self._recomputed(stale), settled):
            return False
        self._raise_watermark(step[-1].position, version)
        return len(rows) > len(step)

    def rebuild(self) -> bool:
        """Counts every trace again, keeps the figures, and raises the watermark; returns whether that was done. Writes of
        the last day are left to the journal, whatever the clocks of their processes."""
        _, version = self._watermark()
        settled = self._journal.now() - SETTLED_AFTER_NS
        figures = {hour: Figures() for hour in self._kept(0, _LAST_HOUR)} | self._recounted(0, _LAST_HOUR)
        is_kept = self._keep(figures, settled)
        if is_kept:
            self._raise_watermark(settled - _QUIET_NS, version)
        return is_kept

    def problems(self) -> Iterator[str]:
        """What is wrong with the figures as answered. Beside writers it may report what is right a moment later."""
        answered, counted = self._hours(0, _LAST_HOUR), self._recounted(0, _LAST_HOUR)
        wrong = [
            hour
            for hour in {*answered, *counted}
            if dump_figures(answered.get(hour, Figures())) != dump_figures(counted.get(hour, Figures()))
        ]
        if wrong:
            yield (
                f"The totals of {len(wrong)} hours of project {self._project} are not what its traces say; "
                "`llm-tracer store vacuum` counts them again."
            )

    def _is_forgotten(self, position: int) -> bool:
        """Whether the journal may have lost rows above a position to its time-to-live."""
        return position < self._journal.now() - KEPT_S * 1_000_000_000 + _QUIET_NS

    def _recounted(self, first: int, last: int) -> dict[int, Figures]:
        """The figures of hours, counted over all traces in them."""
        by_hour: dict[int, list[Figures]] = {}
        for start, figures in self._counted(TimeRange(first * HOUR_NS, (last + 1) * HOUR_NS)):
            by_hour.setdefault(start // HOUR_NS, []).append(figures)
        return {hour: add(parts) for hour, parts in by_hour.items()}

    def _raise_watermark(self, position: int, version: int) -> None:
        item: dict[str, Value] = {
            "pk": keys.totals(self._project), "sk": keys.HEAD, "v": version + 1, "p": position,
        }  # fmt: skip
        with suppress(Conflict):  # another process compacted the same rows
            self._client.put_version(item, version)

    def _perhaps_expired(self, hours: Collection[int]) -> set[int]:
        """The hours in which traces may be past their time: nothing reports when those go."""
        return {hour for hour in hours if hour * HOUR_NS < self._kept_from()}

    def _watermark(self) -> tuple[int, int]:
        """The position up to which the kept figures are right, and the version of the item that says so."""
        item = self._client.get((keys.totals(self._project), keys.HEAD), consistent=True)
        return (0, 0) if item is None else (int(item["p"]), int(item["v"]))

    def _kept(self, first: int, last: int) -> dict[int, Figures]:
        days = self._client.query(
            keys.totals(self._project),
            _day_key(first // _HOURS_A_DAY),
            _day_key(last // _HOURS_A_DAY),
            consistent=True,
        )
        return {
            hour: figures
            for item in days
            for hour, figures in _load_day(item).items()
            if first <= hour <= last
        }

    def _keep(self, figures: Mapping[int, Figures], scanned_at: int) -> bool:
        """Keeps figures; False if figures of a later scan are already kept."""
        for day in sorted({hour // _HOURS_A_DAY for hour in figures}):
            key = (keys.totals(self._project), _day_key(day))
            while True:
                item = self._client.get(key, consistent=True) or {}
                version, at = int(item.get("v", 0)), int(item.get("a", 0))
                if at > scanned_at:
                    return False
                hours = _load_day(item) if item else {}
                hours |= {hour: each for hour, each in figures.items() if hour // _HOURS_A_DAY == day}
                with suppress(Conflict):
                    self._client.put_version(
                        {
                            "pk": key[0],
                            "sk": key[1],
                            "v": version + 1,
                            "a": scanned_at,
                            "d": _dump_day(hours),
                        },
                        version,
                    )
                    break
        return True

    def _recomputed(self, hours: Collection[int]) -> dict[int, Figures]:
        figures: dict[int, Figures] = {}
        for first, last in _runs(sorted(hours)):
            by_hour: dict[int, list[Figures]] = {hour: [] for hour in range(first, last + 1)}
            for start, counted in self.counted(TimeRange(first * HOUR_NS, (last + 1) * HOUR_NS)):
                by_hour[start // HOUR_NS].append(counted.figures)
            figures |= {hour: add(parts) for hour, parts in by_hour.items()}
        return figures

    def _counted(self, time_range: TimeRange) -> list[tuple[int, Figures]]:
        return [(start, counted.figures) for start, counted in self.counted(time_range)]

    def counted(self, time_range: TimeRange) -> Iterable[tuple[int, CountedTrace]]:
        """Every trace of a range with its start, as totals count it."""
        entries = list(self._listing.newest_first(self._project, time_range))
        firsts = FirstReports.among(entries, self._listing, self._project)
        for candidate in self._candidates.of(entries):
            elsewhere = firsts.elsewhere(candidate.entry, candidate.trace)
            yield start_of(candidate.entry), CountedTrace(candidate.trace, candidate.summary, elsewhere)


_LAST_HOUR = 2**63 // HOUR_NS


def _stale(rows: Sequence[Row], kept: Collection[int]) -> set[int]:
    """The hours that rows of the journal touch, and later ones: a trace that is first to report a response changes what
    they count."""
    touched = sorted({start // HOUR_NS for row in rows for each in row.touched for start in each.starts})

    def is_stale(hour: int) -> bool:
        before = bisect_right(touched, hour)
        return before > 0 and hour - touched[before - 1] <= _WINDOW_HOURS

    return {hour for hour in {*touched, *kept} if is_stale(hour)}


def _whole_hours(time_range: TimeRange) -> tuple[int, int]:
    start, end = time_range.start_unix_nano, time_range.end_unix_nano
    first = 0 if start is None else -(-max(start, 0) // HOUR_NS)
    last = _LAST_HOUR if end is None else min(end // HOUR_NS - 1, _LAST_HOUR)
    return first, last


def _runs(hours: Sequence[int]) -> Iterable[tuple[int, int]]:
    """The first and the last of hours that are within a day of each other: one scan covers them all."""
    first = last = None
    for hour in hours:
        if first is None or last is None or hour - last > _HOURS_A_DAY:
            if first is not None and last is not None:
                yield first, last
            first = hour
        last = hour
    if first is not None and last is not None:
        yield first, last


def _day_key(day: int) -> str:
    return f"{day:08d}"


def _dump_day(hours: Mapping[int, Figures]) -> bytes:
    return zstd.compress(
        _encode({hour: dump_figures(figures) for hour, figures in hours.items() if figures.traces})
    )


def _load_day(item: Mapping[str, Any]) -> dict[int, Figures]:
    return {hour: load_figures(data) for hour, data in _decode_day(zstd.decompress(item["d"])).items()}
