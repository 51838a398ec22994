"""Bodies: what holds the spans of a trace and their rows. Each body is what one delivery brought (store/packing.py)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import apsw
import msgspec
from llm_tracer.model.row import SpanRow

from llm_tracer_service.store.base import StoreDamaged
from llm_tracer_service.store.packing import (
    DAMAGE_HINT,
    Pack,
    PackReader,
    encoded_spans,
    rows_of_bytes,
    rows_of_head,
    with_rows,
)
from llm_tracer_service.store.sqlite import bundles
from llm_tracer_service.store.sqlite.connection import fetch

Place: TypeAlias = tuple[int, int]
"""Body and slot of a span."""

_NUMBER_BITS = 24
"""A trace may have 16 million bodies; there may be 500 billion traces."""

_ID_BYTES = 8
_ERA_TRACES = 256

_decode_dead = msgspec.msgpack.Decoder(frozenset[int]).decode
_NONE_DEAD: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Body:
    """One body without its spans. `number` is never used for another body; `dead` are the slots of spans that a later
    body has."""

    id: int
    number: int
    reader: int
    span_ids: Sequence[str]
    dead: frozenset[int]

    def live_slots(self) -> Iterator[tuple[int, str]]:
        """Slot and id of each span that is not dead."""
        return ((slot, span_id) for slot, span_id in enumerate(self.span_ids) if slot not in self.dead)


def first_body(trace: int) -> int:
    """The lowest id that a body of a trace can have."""
    return trace << _NUMBER_BITS


def body_range(trace: int) -> tuple[int, int]:
    """The lowest and the highest id that a body of a trace can have."""
    return first_body(trace), first_body(trace + 1) - 1


def trace_of(body: int) -> int:
    """The trace of a body."""
    return body >> _NUMBER_BITS


def of_trace(connection: apsw.Connection, trace: int) -> list[Body]:
    """The bodies of a trace, in order of arrival."""
    return [
        Body(id, number, reader, split_ids(ids), dead_slots(dead))
        for id, number, reader, dead, ids in connection.execute(_BODIES, body_range(trace))  # noqa: A001
    ]


def places(bodies: Iterable[Body]) -> dict[str, Place]:
    """Where each span is, fragments included."""
    return {span_id: (body.id, slot) for body in bodies for slot, span_id in body.live_slots()}


def rows(connection: apsw.Connection, trace: int) -> list[SpanRow]:
    """The rows of a trace, in order of arrival; fragments have none."""
    found: list[SpanRow] = []
    for body, dead, ids, head, bundle in connection.execute(_ROWS, body_range(trace)):
        found += live_rows(connection, body, ids, dead, head, bundle)
    return found


def live_rows(
    connection: apsw.Connection, body: int, ids: bytes, dead: bytes | None, head: bytes, bundle: int | None
) -> list[SpanRow]:
    """The rows of the live spans of one body, from its columns."""
    of_slots = rows_by_slot(connection, body, split_ids(ids), head, bundle)
    if dead is None:
        return [row for row in of_slots if row is not None]
    slots = dead_slots(dead)
    return [row for slot, row in enumerate(of_slots) if row is not None and slot not in slots]


def rows_by_slot(
    connection: apsw.Connection, body: int, span_ids: Sequence[str], head: bytes, bundle: int | None
) -> list[SpanRow | None]:
    """The rows of one body from its columns, None for a fragment."""
    if not bundle:
        return rows_of_head(span_ids, head)
    return rows_of_bytes(span_ids, bundles.rows_of(connection, bundle, body))


def open_pack(connection: apsw.Connection, body: int) -> PackReader | None:
    """The spans of a body; None if the body no longer exists."""
    for head, rest, base, bundle in fetch(connection, _PACK, (body,)):
        if bundle:
            return PackReader.of_encoded(bundles.spans_of(connection, bundle, body))
        return PackReader(head, rest, None if base is None else _base(connection, base))
    return None


def _base(connection: apsw.Connection, body: int) -> bytes:
    for head, rest, _, bundle in fetch(connection, _PACK, (body,)):
        return bytes(bundles.spans_of(connection, bundle, body)) if bundle else encoded_spans(head, rest)
    raise StoreDamaged(f"Body {body} is missing.", DAMAGE_HINT)


def exists(connection: apsw.Connection, trace: int, body: int) -> bool:
    """Whether a trace has a body."""
    return trace_of(body) == trace and bool(fetch(connection, "SELECT 1 FROM bodies WHERE id = ?", (body,)))


def split_ids(ids: bytes) -> list[str]:
    """The span ids in the column `ids`."""
    digits = ids.hex()
    return [digits[at : at + 2 * _ID_BYTES] for at in range(0, len(digits), 2 * _ID_BYTES)]


def dead_slots(dead: bytes | None) -> frozenset[int]:
    """The slots in the column `dead`."""
    return _NONE_DEAD if dead is None else _decode_dead(dead)


# --- writing --------------------------------------------------------------------------------------------------------


def add(connection: apsw.Connection, body: int, number: int, project: int, reader: int, pack: Pack) -> None:
    """Keeps a pack as a body, under a number that no body ever had."""
    ids = bytes.fromhex("".join(pack.span_ids))
    reach = None
    if pack.first_start is not None and pack.last_start is not None:
        reach = reach_of(pack.last_start - pack.first_start)
    base = None if pack.base is None else pack.base.body
    connection.execute(
        _ADD, (body, number, project, reader, reach, pack.last_start, base, ids, pack.head, pack.rest)
    )
    if pack.own is not None and pack.base is None:
        pack.own.body = body


def note_ids(connection: apsw.Connection, spans: Iterable[tuple[str, int]]) -> None:
    """Notes which trace holds these spans."""
    connection.executemany(
        _NOTE_ID, [(trace // _ERA_TRACES, bytes.fromhex(span_id), trace) for span_id, trace in spans]
    )


def supersede(connection: apsw.Connection, body: int, slots: Iterable[int]) -> None:
    """Notes that these spans of a body are now in another one. The body is deleted with its last span, unless it is a
    keyframe that another body needs."""
    for dead, ids in fetch(connection, "SELECT dead, ids FROM bodies WHERE id = ?", (body,)):
        gone = dead_slots(dead) | set(slots)
        last = body_range(trace_of(body))[1]
        if len(gone) == len(ids) // _ID_BYTES and not fetch(connection, _NEEDED, (body + 1, last, body)):
            connection.execute("DELETE FROM bodies WHERE id = ?", (body,))
        else:
            packed = msgspec.msgpack.encode(sorted(gone))
            connection.execute("UPDATE bodies SET dead = ? WHERE id = ?", (packed, body))


def rows_as_kept(connection: apsw.Connection, body: Body) -> dict[str, SpanRow]:
    """All rows of a body by span id, dead ones included."""
    ((head, bundle),) = fetch(connection, "SELECT head, bundle FROM bodies WHERE id = ?", (body.id,))
    by_slot = rows_by_slot(connection, body.id, body.span_ids, head, bundle)
    return {row.span_id: row for row in by_slot if row is not None}


def replace_rows(connection: apsw.Connection, body: Body, by_slot: Sequence[SpanRow | None]) -> None:
    """Gives a body other rows, for which it leaves its bundle."""
    ((bundle,),) = fetch(connection, "SELECT bundle FROM bodies WHERE id = ?", (body.id,))
    if bundle:
        bundles.dissolve(connection, bundle)
    ((head, rest),) = fetch(connection, "SELECT head, rest FROM bodies WHERE id = ?", (body.id,))
    columns = (*with_rows(head, rest, by_slot), body.id)
    connection.execute("UPDATE bodies SET head = ?, rest = ? WHERE id = ?", columns)


def remove(connection: apsw.Connection, trace: int, span_ids: Iterable[str]) -> None:
    """Removes all bodies of a trace, and the index of its span ids."""
    era = trace // _ERA_TRACES
    connection.executemany(_FORGET_ID, [(era, bytes.fromhex(span_id), trace) for span_id in span_ids])
    connection.execute("DELETE FROM bodies WHERE id BETWEEN ? AND ?", body_range(trace))


def reach_of(extent_ns: int) -> int:
    """The class of an extent: the extent is less than 8 to this power, in milliseconds."""
    return -(-(extent_ns // 1_000_000).bit_length() // 3)


def reach_ns(reach: int) -> int:
    """An extent that no body of a class reaches, in nanoseconds."""
    return int(8**reach * 1_000_000)


REACHES = range(reach_of(2**63) + 1)
"""All classes of extents."""

TRACES_OF_SPAN = """
    WITH RECURSIVE eras (era) AS (
        SELECT max(era) FROM span_ids
        UNION ALL SELECT era - 1 FROM eras WHERE era > 0
    )
    SELECT s.trace FROM eras CROSS JOIN span_ids s ON s.era = eras.era WHERE s.span_id = ?
"""
"""The traces of all projects that hold a span that is not a fragment: 1 ms for 100,000 traces."""

_ADD = """
    INSERT INTO bodies (id, number, project, reader, reach, last_start, base, ids, head, rest)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_PACK = "SELECT head, rest, base, bundle FROM bodies WHERE id = ?"
_NEEDED = "SELECT 1 FROM bodies WHERE id BETWEEN ? AND ? AND base = ? LIMIT 1"
_NOTE_ID = "INSERT INTO span_ids (era, span_id, trace) VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
_FORGET_ID = "DELETE FROM span_ids WHERE era = ? AND span_id = ? AND trace = ?"
_BODIES = "SELECT id, number, reader, dead, ids FROM bodies WHERE id BETWEEN ? AND ? ORDER BY id"
_ROWS = "SELECT id, dead, ids, head, bundle FROM bodies WHERE id BETWEEN ? AND ? ORDER BY id"
