"""The words of the contract (contract.py): what a store is asked with, what it answers, how it refuses."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from llm_tracer.model.groups import Counts, FacetField
from llm_tracer.model.query import TraceQuery
from llm_tracer.model.row import SpanRow
from llm_tracer.model.session import SessionSummary
from llm_tracer.model.span import SpanData
from llm_tracer.model.trace import TraceSummary

from llm_tracer_service.store.over_time import Point

Clock: TypeAlias = Callable[[], int]
"""Nanoseconds since 1970 UTC."""

Sort: TypeAlias = Literal["-start_time", "start_time", "-duration_ms", "-cost", "-tokens"]
SORTS: tuple[Sort, ...] = ("-start_time", "start_time", "-duration_ms", "-cost", "-tokens")

SpanSort: TypeAlias = Literal["-start_time", "-duration_ms", "-cost", "-tokens"]
SPAN_SORTS: tuple[SpanSort, ...] = ("-start_time", "-duration_ms", "-cost", "-tokens")


class StoreError(Exception):
    """The store cannot do what was asked; `hint` says what to do about it."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class StoreUnavailable(StoreError):
    """The store cannot be reached or written now (disk full, locked, throttled): try again later."""


class DiskFull(StoreUnavailable):
    """There is no room on the disk. What was to be written was not kept."""


class StoreDamaged(StoreUnavailable):
    """What was asked for stands at a damaged place of the store. All else can still be read and written."""


class BadCursor(StoreError):
    """A cursor that this store did not give out, or gave out for another question."""


@dataclass(frozen=True, slots=True)
class TimeRange:
    """Traces that started in [`start_unix_nano`, `end_unix_nano`); None is unbounded."""

    start_unix_nano: int | None = None
    end_unix_nano: int | None = None

    def holds(self, time_unix_nano: int) -> bool:
        """Whether a time lies in the range."""
        after_start = self.start_unix_nano is None or time_unix_nano >= self.start_unix_nano
        return after_start and (self.end_unix_nano is None or time_unix_nano < self.end_unix_nano)


REMAP_LIMIT = 100
"""Traces that one step of a remap reads again: some 50 ms in which writers wait."""

ALWAYS = TimeRange()
EVERYTHING = TraceQuery()


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """How a page was found. A store may stop a long search: the page is then short, perhaps empty, and still has a cursor
    with which the caller goes on.

    `scanned` is how many traces (spans, sessions) were looked at for this page. `scanned_until_unix_nano` is how far
    back: the start (of sessions, the last activity) of the last of them; None where the order is not by time, or nothing
    was looked at. `complete` is False where the search was stopped: what lies beyond was not looked at. It says something
    only of a page with a cursor. Two stores may scan differently, so pages that hold the same are equal.
    """

    scanned: int = field(default=0, compare=False)
    scanned_until_unix_nano: int | None = field(default=None, compare=False)
    complete: bool = field(default=True, compare=False)


@dataclass(frozen=True, slots=True)
class Hit:
    """A place where a word of a query stands: the span, where in it ("name", "input", "output", "error"), and the text
    around it on one line. The name of a trace is that of its first span here."""

    span_id: str
    where: str
    snippet: str


@dataclass(frozen=True, slots=True)
class TracePage(Page):
    """Some summaries, and where the next ones begin.

    `hits` has one entry for each trace: a place of the first word of the query, in the order of writing and but for
    those that are negated, that stands in the trace; None where none does, as without words and for an id. Of several
    places in a trace a store may choose any: which span is looked at first depends on how it keeps them.
    """

    traces: tuple[TraceSummary, ...]
    next_cursor: str | None = None
    hits: tuple[Hit | None, ...] = ()


@dataclass(frozen=True, slots=True)
class FoundSpan:
    """A span found over all traces. `hit` is the first place in it of a word of the query, as in a TracePage."""

    trace_id: str
    row: SpanRow
    hit: Hit | None = None


@dataclass(frozen=True, slots=True)
class SpanPage(Page):
    """Some spans in the order that was asked for, and where the next ones begin.

    In another order than by time, a store may look at the newest only. Then `complete` is False on each page, also on
    the last, and the pages are exactly those of the range which begins at `scanned_until_unix_nano`.
    """

    spans: tuple[FoundSpan, ...]
    next_cursor: str | None = None


@dataclass(frozen=True, slots=True)
class SessionPage(Page):
    """Some sessions, last activity first, and where the next ones begin."""

    sessions: tuple[SessionSummary, ...]
    next_cursor: str | None = None


@dataclass(frozen=True, slots=True)
class Aggregate:
    """Figures over time, and by value where that was asked for: `points` in order of time, those without a trace left
    out.

    `counted_since_unix_nano` is None where all that was asked for is counted. Else a store stopped a long scan, and
    the answer is exactly that of the range which begins there.
    """

    points: tuple[Point, ...]
    counted_since_unix_nano: int | None = None


@dataclass(frozen=True, slots=True)
class Facets:
    """Traces by value, for each field that was asked for; `counted_since_unix_nano` is as in Aggregate."""

    counts: Mapping[FacetField, Counts]
    counted_since_unix_nano: int | None = None


@dataclass(frozen=True, slots=True)
class ChangePage:
    """What changed after a cursor, in the order of change, each trace once, as it is now."""

    traces: tuple[TraceSummary, ...]
    deleted: tuple[str, ...]
    cursor: str
    has_more: bool = False


@dataclass(frozen=True, slots=True)
class FragmentPage:
    """Some fragments, and where the next ones begin."""

    fragments: tuple[SpanData, ...]
    next_cursor: str | None = None


@dataclass(frozen=True, slots=True)
class RemapPage:
    """One step of a remap: how many traces it looked at, how many of them it read again, and where the next step
    begins; `next_cursor` is None when nothing is left."""

    looked_at: int
    derived: int
    next_cursor: str | None = None


@dataclass(frozen=True, slots=True)
class StoreInfo:
    """`kind` is the name in TRACER_STORE; `location` is for the operator, never for an answer without a key."""

    kind: Literal["memory", "sqlite", "dynamodb"]
    location: str
    healthy: bool
    problem: str | None = None
    trace_count: int | None = None
    span_count: int | None = None
    size_bytes: int | None = None
    """What it takes of the disk."""
    live_bytes: int | None = None
    """What of that holds something: without pages that wait to be used again or given back."""
    text_index_bytes: int | None = None
    """What the index of texts takes beside that; a limit of size counts it."""


@dataclass(frozen=True, slots=True)
class Upkeep:
    """What one call of `maintain` did: how many traces went because of their age, and how many because of the size of
    the store. `more`: something is left that could be done now."""

    expired: int = 0
    evicted: int = 0
    more: bool = False


@dataclass(frozen=True, slots=True)
class ProjectStorage:
    """What a project takes: its traces and spans, when the first of them and the last started, and bytes by kind.

    Bodies are the spans as they were sent, rows what is derived from them for lists and trees, blobs the payloads that
    are kept once. Indexes are of the whole store: `StoreInfo.live_bytes` less all of these.
    """

    project: str
    traces: int = 0
    spans: int = 0
    pinned: int = 0
    oldest_unix_nano: int | None = None
    newest_unix_nano: int | None = None
    bodies_bytes: int = 0
    rows_bytes: int = 0
    blobs_bytes: int = 0
    loose_bytes: int = 0
    """What of bodies and rows `maintain` has yet to pack together, for three quarters of that."""

    @property
    def total_bytes(self) -> int:
        """All kinds together."""
        return self.bodies_bytes + self.rows_bytes + self.blobs_bytes


Part: TypeAlias = Literal["structure", "traces", "blobs", "totals", "text"]
"""What of a store is verified by itself."""


@dataclass(frozen=True, slots=True)
class Checked:
    """How far a verification is with one part of the store, and what it found wrong in this step."""

    part: Part
    done: int
    total: int
    problems: tuple[str, ...] = ()
