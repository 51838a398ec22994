"""The order of lists, and the cursors that say where the next page begins: shared by all stores.

A cursor is opaque to everyone else: it holds the key of the last item examined, and a fingerprint of the question.
The time range is not part of the question: a caller that asks for "the last hour" asks for another range with every
page, and the key says where to go on in any of them.
"""

from __future__ import annotations

import binascii
import math
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable, Sequence
from hashlib import blake2b
from typing import Any, Literal, TypeAlias

import msgspec
from llm_tracer.model.query import as_number
from llm_tracer.model.session import SessionSummary
from llm_tracer.model.trace import TraceSummary

from llm_tracer_service.store.base import BadCursor, FoundSpan, SessionPage, SessionSort, Sort, SpanSort

UNKNOWN = -math.inf
"""Stands for a value that a trace does not have: last in every descending order. `start_time` is always known."""

Listing: TypeAlias = Literal["traces", "spans", "sessions", "changes", "remap", "fragments"]
"""What a cursor pages through."""


def sort_value(summary: TraceSummary, sort: Sort) -> int | float:
    """The value of a trace that `sort` orders by."""
    match sort:
        case "-start_time" | "start_time":
            return summary.start_time_unix_nano
        case "-duration_ms":
            return known(summary.duration_ms)
        case "-cost":
            return known(None if summary.cost is None else summary.cost.total)
        case "-tokens":
            return known(None if summary.usage is None else summary.usage.total)


def known(value: float | None) -> float:
    """A number to sort by; UNKNOWN for None and for what no database can order: NaN, infinity, 10**400."""
    number = as_number(value)
    return UNKNOWN if number is None else number


def trace_sort_key(summary: TraceSummary, sort: Sort) -> tuple[int | float, str]:
    """The key that the cursor of a page of traces holds."""
    return sort_value(summary, sort), summary.trace_id


def trace_order(key: tuple[int | float, str], sort: Sort) -> tuple[int | float, str]:
    """A key that sorts as the page does: by value, then by trace id ascending."""
    value, trace_id = key
    return (-value if sort.startswith("-") else value), trace_id


SpanKey: TypeAlias = tuple[int | float, int, str, str]
"""What spans are ordered by: the value of `sort`, the start, the trace, the span."""


def span_sort_key(found: FoundSpan, sort: SpanSort) -> SpanKey:
    """The key that the cursor of a page of spans holds."""
    row = found.row
    match sort:
        case "-start_time":
            value: float = row.start_time_unix_nano
        case "-duration_ms":
            value = known(row.duration_ms)
        case "-cost":
            value = known(None if row.reading.cost is None else row.reading.cost.total)
        case "-tokens":
            value = known(None if row.reading.usage is None else row.reading.usage.total)
    return value, row.start_time_unix_nano, found.trace_id, row.span_id


def span_order(key: SpanKey) -> SpanKey:
    """A key that sorts as the page does: by value and start descending, then by trace id and span id ascending."""
    value, start, trace_id, span_id = key
    return -value, -start, trace_id, span_id


SessionKey: TypeAlias = tuple[int | float, bytes]
"""What sessions are ordered by: the value of `sort`, the session id. It may be any text, and is therefore bytes, which
sort alike."""


def session_sort_key(of: SessionSummary, sort: SessionSort) -> SessionKey:
    """The key that the cursor of a page of sessions holds."""
    match sort:
        case "-last_activity":
            value: int | float = of.last_activity_unix_nano
        case "-duration_ms":
            value = of.duration_ms
        case "-cost":
            value = known(None if of.cost is None else of.cost.total)
        case "-tokens":
            value = known(None if of.usage is None else of.usage.total)
        case "-turns":
            value = of.turn_count
        case "-errors":
            value = of.error_count
    return value, of.session_id.encode("utf-8", "surrogatepass")


def session_order(key: SessionKey) -> SessionKey:
    """A key that sorts as the page does: by value descending, then by session id ascending."""
    value, session_id = key
    return -value, session_id


def read_session_cursor(question: Sequence[str], cursor: str) -> SessionKey:
    """The key in the cursor of a page of sessions. Raises BadCursor."""
    value, session_id = read_cursor("sessions", question, cursor, ((int, float), bytes))
    return value, session_id


def session_page(
    sessions: Iterable[SessionSummary],
    question: Sequence[str],
    sort: SessionSort,
    limit: int,
    cursor: str | None,
    complete: bool = True,
) -> SessionPage:
    """A page of `TraceStore.find_sessions`, of all the sessions that match, in any order. Raises BadCursor."""

    def place(session: SessionSummary) -> SessionKey:
        return session_order(session_sort_key(session, sort))

    after = None if cursor is None else session_order(read_session_cursor(question, cursor))
    rest = sorted((each for each in sessions if after is None or place(each) > after), key=place)
    page = tuple(rest[:limit])
    last = page[-1] if page else None
    return SessionPage(
        page,
        write_cursor("sessions", question, session_sort_key(last, sort))
        if last is not None and len(rest) > limit
        else None,
        scanned=len(page),
        scanned_until_unix_nano=None if last is None else session_reach(session_sort_key(last, sort), sort),
        complete=complete,
    )


def session_reach(last: SessionKey, sort: SessionSort) -> int | None:
    """`scanned_until_unix_nano` of a page of sessions that ends here; None if the order is not by time."""
    return int(last[0]) if sort == "-last_activity" else None


def write_cursor(listing: Listing, question: Sequence[str], key: Sequence[int | float | str | bytes]) -> str:
    """The cursor after the item with this key."""
    packed = msgspec.msgpack.encode([_fingerprint(listing, question), *key])
    return urlsafe_b64encode(packed).decode().rstrip("=")


def read_cursor(
    listing: Listing, question: Sequence[str], cursor: str, types: Sequence[type | tuple[type, ...]]
) -> list[Any]:
    """The key in a cursor, its parts being of the given types. Raises BadCursor."""
    try:
        packed = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        fingerprint, *key = msgspec.msgpack.decode(packed, type=list[Any])
    except (binascii.Error, msgspec.DecodeError, ValueError, RecursionError):
        raise not_a_cursor() from None
    if fingerprint != _fingerprint(listing, question):
        raise BadCursor("This cursor belongs to another request.", _HINT)
    fits = all(not isinstance(part, int) or -(2**63) <= part < 2**63 for part in key)
    if len(key) != len(types) or not all(map(isinstance, key, types)) or not fits:
        raise not_a_cursor()
    return key


def not_a_cursor() -> BadCursor:
    """The error for a text that cannot be a cursor."""
    return BadCursor("This is not a cursor.", _HINT)


_HINT = "Ask for the first page again, without a cursor."


def _fingerprint(listing: Listing, question: Sequence[str]) -> bytes:
    text = "\x1f".join((listing, *question))
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=6).digest()
