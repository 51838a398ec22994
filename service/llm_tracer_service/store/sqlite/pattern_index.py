"""Which traces have a pattern, without looking at their spans.

When the groups of a bucket are made and kept (group_rollups.py), the pattern of each of its traces is known. The starts of
the traces of each pattern are kept with the groups, some 9 bytes a trace, once for the hour and once for the day. So
nothing is written when spans arrive, and what is kept goes with its bucket as soon as one of its traces changes. Traces of
all other times are candidates.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import apsw
from llm_tracer.model.patterns import pattern_id

from llm_tracer_service.store import zstd
from llm_tracer_service.store.exact import Loader, dump
from llm_tracer_service.store.sqlite.connection import fetch
from llm_tracer_service.store.sqlite.rollups import RULES, TOP, WIDTHS_S
from llm_tracer_service.times import NANOS_A_SECOND

STARTS = "pattern starts"
"""The name of the starts among the groups of a bucket."""

STRETCHES_MAX = 100
"""If the times that are not kept form more pieces than this, all traces are candidates."""

COMMON_TRACES = 20_000
"""Listing more traces than this takes 40 ms; a page finds a pattern that common soon enough among all traces."""

NARROW_TRACES = 4_000
"""Up to so many are looked up by number, whatever the order of the page: 15 ms."""

_load_patterns: Loader[dict[str, bytes]] = Loader(dict[str, bytes])
_load_starts: Loader[list[int]] = Loader(list[int])


class Starts:
    """When the traces of each pattern started, in nanoseconds; grows while a bucket is made."""

    def __init__(self) -> None:
        self._by_id: dict[str, list[int]] = {}

    def count(self, pattern: str, start: int) -> None:
        """Adds a trace."""
        self._by_id.setdefault(pattern_id(pattern), []).append(start)

    def add(self, data: bytes) -> None:
        """Adds the packed starts of another bucket."""
        for id_, starts in _unpacked(data).items():
            self._by_id.setdefault(id_, []).extend(_load_starts(starts))

    def packed(self) -> bytes:
        """All of them as bytes."""
        return zstd.compress(dump({id_: dump(sorted(starts)) for id_, starts in self._by_id.items()}))


def _unpacked(data: bytes) -> Mapping[str, bytes]:
    return _load_patterns(zstd.decompress(data))


@dataclass(frozen=True, slots=True)
class Candidates:
    """SQL for the numbers of the traces that may have a pattern; `narrow` if there are few."""

    sql: str
    bindings: tuple[int | str, ...]
    narrow: bool


class PatternSearch:
    """Finds the traces of patterns in one state of the file."""

    def __init__(self, connection: apsw.Connection, project: int) -> None:
        self._connection = connection
        self._project = project
        self._known: dict[tuple[str, ...], Candidates | None] = {}

    def candidates(self, ids: tuple[str, ...]) -> Candidates | None:
        """The traces that may have one of these patterns; None if any trace may. Remembered, since one question asks
        several times."""
        if ids not in self._known:
            self._known[ids] = self._looked_up(ids)
        return self._known[ids]

    def _looked_up(self, ids: Sequence[str]) -> Candidates | None:
        starts: list[int] = []
        stretches: list[tuple[int, int]] = []
        for start_s, width_s, data in self._buckets():
            if data is not None:
                known = _unpacked(data)
                starts += (start for id_ in ids if id_ in known for start in _load_starts(known[id_]))
            elif stretches and stretches[-1][1] == start_s:
                stretches[-1] = stretches[-1][0], start_s + width_s
            else:
                stretches.append((start_s, start_s + width_s))
        if len(stretches) > STRETCHES_MAX or len(starts) > COMMON_TRACES:
            return None
        bounds = [(self._project, first * NANOS_A_SECOND, end * NANOS_A_SECOND) for first, end in stretches]
        narrow = self._are_few(NARROW_TRACES - len(starts), bounds)
        of_stretches = [value for each in bounds for value in each]
        bindings: list[int | str] = [json.dumps(starts), self._project, *of_stretches]
        return Candidates(
            " UNION ALL ".join([_STARTED_AT, *[_STARTED_IN] * len(bounds)]), tuple(bindings), narrow
        )

    def _buckets(self) -> Iterator[tuple[int, int, bytes | None]]:
        """Start, width and starts of each day, and of the hours of days that are not kept, in order of time."""
        day_s, hour_s = WIDTHS_S[TOP], WIDTHS_S[TOP - 1]
        for start_s, data in self._kept(day_s, 0, 2**62):
            if data is not None:
                yield start_s, day_s, data
                continue
            for hour, of_hour in self._kept(hour_s, start_s, start_s + day_s):
                yield hour, hour_s, of_hour

    def _kept(self, width_s: int, first_s: int, end_s: int) -> list[tuple[int, bytes | None]]:
        return fetch(self._connection, _KEPT, (STARTS, RULES, self._project, width_s, first_s, end_s))

    def _are_few(self, most: int, bounds: Iterable[tuple[int, int, int]]) -> bool:
        for each in bounds:
            if most < 0:
                break
            most -= len(fetch(self._connection, f"{_STARTED_IN} LIMIT ?", (*each, most + 1)))
        return most >= 0


_KEPT = """
    SELECT r.start_s, g.data
    FROM rollups r LEFT JOIN group_rollups g
        ON g.project = r.project AND g.width_s = r.width_s AND g.start_s = r.start_s AND g.field = ? AND g.rules = ?
    WHERE r.project = ? AND r.width_s = ? AND r.start_s >= ? AND r.start_s < ?
    ORDER BY r.start_s
"""
_STARTED_AT = "SELECT p.id FROM json_each(?) s CROSS JOIN traces p ON p.project = ? AND p.start = s.value"
_STARTED_IN = "SELECT p.id FROM traces p WHERE p.project = ? AND p.start >= ? AND p.start < ?"
