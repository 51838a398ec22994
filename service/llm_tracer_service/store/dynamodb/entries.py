"""The line of a trace in the list: its summary, and what a scan wants to know without reading its rows.

It is kept in the head and projected into the index, so each of its bytes is paid for twice, and a page of 50 traces reads
50 of them: a list costs 4.5 read units. Responses are known by 8 bytes of their hash, spans by 4 bytes of their id.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b

import msgspec
from llm_tracer.model.row import SpanRow
from llm_tracer.model.trace import Trace, TraceSummary

from llm_tracer_service.store import zstd
from llm_tracer_service.store.records import dump_summary, load_summary

SPAN_MARKS_MAX = 64
"""A trace of more spans has no marks: whoever looks for a span has to look into the trace."""

_MARK_BYTES = 4
_RESPONSE_BYTES = 8


class _Kept(msgspec.Struct, array_like=True):
    received: int
    reader: str
    summary: bytes
    first_start: int
    last_start: int
    counted: bytes
    reported: bytes
    span_marks: bytes | None
    bodies_bytes: int
    rows_bytes: int
    pinned: bool
    has_fragments: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One trace in the list. `summary` is None if it has only fragments.

    `counted` are hashes of the responses that count in it, `reported` of the others that its spans report. `first_start`
    and `last_start` are the earliest and the latest start of a span. `span_marks` is None if there are too many spans.
    """

    trace_id: str
    received: int
    reader: str
    summary: TraceSummary | None
    first_start: int = 0
    last_start: int = 0
    counted: frozenset[bytes] = frozenset()
    reported: frozenset[bytes] = frozenset()
    span_marks: frozenset[bytes] | None = None
    bodies_bytes: int = 0
    rows_bytes: int = 0
    pinned: bool = False
    has_fragments: bool = False

    @property
    def responses(self) -> frozenset[bytes]:
        """The hashes of all responses that its spans report."""
        return self.counted | self.reported

    def may_hold(self, span_id: str) -> bool:
        """Whether a span may be in the trace."""
        return self.span_marks is None or bytes.fromhex(span_id)[:_MARK_BYTES] in self.span_marks

    def dump(self) -> bytes:
        """The entry as bytes."""
        kept = _Kept(
            self.received,
            self.reader,
            b"" if self.summary is None else dump_summary(self.summary),
            self.first_start,
            self.last_start,
            b"".join(sorted(self.counted)),
            b"".join(sorted(self.reported)),
            None if self.span_marks is None else b"".join(sorted(self.span_marks)),
            self.bodies_bytes,
            self.rows_bytes,
            self.pinned,
            self.has_fragments,
        )
        return zstd.compress(msgspec.msgpack.encode(kept), zstd.DENSE_LEVEL)


_decode = msgspec.msgpack.Decoder(_Kept).decode


def load_entry(trace_id: str, data: bytes) -> Entry:
    """The entry that `dump` wrote."""
    kept = _decode(zstd.decompress(data))
    marks = kept.span_marks
    return Entry(
        trace_id=trace_id,
        received=kept.received,
        reader=kept.reader,
        summary=load_summary(kept.summary, kept.received) if kept.summary else None,
        first_start=kept.first_start,
        last_start=kept.last_start,
        counted=_parts(kept.counted, _RESPONSE_BYTES),
        reported=_parts(kept.reported, _RESPONSE_BYTES),
        span_marks=None if marks is None else _parts(marks, _MARK_BYTES),
        bodies_bytes=kept.bodies_bytes,
        rows_bytes=kept.rows_bytes,
        pinned=kept.pinned,
        has_fragments=kept.has_fragments,
    )


def facts_of(trace: Trace) -> Mapping[str, object]:
    """The fields of an entry that follow from a trace with rows."""
    responses = {row.reading.response_id for row in trace.rows if row.reading.response_id}
    starts = [row.start_time_unix_nano for row in trace.rows]
    return {
        "summary": trace.summary,
        "first_start": min(starts),
        "last_start": max(starts),
        "counted": frozenset(map(response_hash, trace.responses)),
        "reported": frozenset(map(response_hash, responses - trace.responses)),
        "span_marks": _marks_of(trace.rows) if len(trace.rows) <= SPAN_MARKS_MAX else None,
    }


def _marks_of(rows: Sequence[SpanRow]) -> frozenset[bytes]:
    return frozenset(bytes.fromhex(row.span_id)[:_MARK_BYTES] for row in rows)


def response_hash(response_id: str) -> bytes:
    """The hash by which entries know a response."""
    return blake2b(response_id.encode("utf-8", "surrogatepass"), digest_size=_RESPONSE_BYTES).digest()


def _parts(data: bytes, size: int) -> frozenset[bytes]:
    return frozenset(data[at : at + size] for at in range(0, len(data), size))
