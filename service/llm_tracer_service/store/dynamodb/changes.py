"""The feed of changes: the journal after a cursor, each trace once, where it was last touched.

A cursor is a position up to which everything was reported, and for each row above it how much of it was. A row that appears
late is reported when it appears, since it is not among those.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec

from llm_tracer_service.store.base import BadCursor
from llm_tracer_service.store.dynamodb.journal import KEPT_S, LATE_NS, Row
from llm_tracer_service.store.paging import read_cursor, write_cursor

ROWS_REMEMBERED_MAX = 400
"""A cursor that remembers so many rows has 8 KB. With more requests within 30 seconds, rows count as reported sooner."""

ROWS_A_STEP = 2_000
"""How many rows a step reads: more than a cursor remembers."""

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[tuple[int, str, int]]).decode


@dataclass(frozen=True, slots=True)
class Cursor:
    """`told` says how many traces of each row above `floor` were reported."""

    floor: int
    told: dict[tuple[int, str], int] = field(default_factory=dict)

    def all_told(self, rows: Sequence[Row]) -> Cursor:
        """The cursor after some rows."""
        return Cursor(self.floor, {(row.position, row.mark): len(row.touched) for row in rows if row.touched})

    def write(self, project: str) -> str:
        """As text."""
        rows = [(position, mark, count) for (position, mark), count in sorted(self.told.items())]
        return write_cursor("changes", (project,), (self.floor, _encode(rows)))


def parse(project: str, text: str, now: int) -> Cursor:
    """The cursor in a text. Raises BadCursor, also if the journal no longer reaches back so far."""
    floor, rows = read_cursor("changes", (project,), text, (int, bytes))
    try:
        cursor = Cursor(floor, {(position, mark): count for position, mark, count in _decode(rows)})
    except msgspec.DecodeError:
        raise BadCursor("This is not a cursor.", "Start again without a cursor.") from None
    if floor and floor < now - (KEPT_S - 86_400) * 1_000_000_000:
        raise BadCursor("This cursor is older than the recorded changes.", "Start again without a cursor.")
    return cursor


@dataclass(frozen=True, slots=True)
class Step:
    """The ids of what changed, in order, and the cursor after them."""

    trace_ids: tuple[str, ...]
    cursor: Cursor
    has_more: bool


def step(cursor: Cursor, rows: Sequence[Row], limit: int, now: int) -> Step:
    """What a page reports of the rows above the floor of a cursor: all of them, or the first ROWS_A_STEP."""
    is_cut = len(rows) >= ROWS_A_STEP
    untold = [
        (row, index, touched.trace_id)
        for row in rows
        for index, touched in enumerate(row.touched)
        if index >= cursor.told.get((row.position, row.mark), 0)
    ]
    last = {trace_id: at for at, (_, _, trace_id) in enumerate(untold)}
    in_order = [(at, trace_id) for at, (_, _, trace_id) in enumerate(untold) if last[trace_id] == at]
    page = in_order[:limit]
    has_more = len(in_order) > limit
    told = dict(cursor.told)
    told |= {(row.position, row.mark): len(row.touched) for row in rows if not row.touched}
    for row, index, _ in untold[: page[-1][0] + 1 if has_more else None]:
        told[row.position, row.mark] = index + 1
    end = rows[-1].position if is_cut else now
    advanced = _advanced(cursor.floor, told, rows, now, end)
    return Step(tuple(trace_id for _, trace_id in page), advanced, has_more or is_cut)


def _advanced(
    floor: int, told: dict[tuple[int, str], int], rows: Sequence[Row], now: int, end: int
) -> Cursor:
    """The cursor with its floor raised, but below anything unreported or still to appear; rows were read up to `end`."""
    is_told = [told.get((row.position, row.mark), 0) >= len(row.touched) for row in rows]
    first_untold = next((row.position for row, done in zip(rows, is_told, strict=True) if not done), end)
    floor = max(floor, min(now - LATE_NS, first_untold - 1))
    above = {key: count for key, count in told.items() if key[0] > floor and count}
    if len(above) > ROWS_REMEMBERED_MAX:
        floor = max(floor, min(sorted(above)[-ROWS_REMEMBERED_MAX - 1][0], first_untold - 1))
        above = {key: count for key, count in above.items() if key[0] > floor}
    return Cursor(floor, above)
