"""The types of the contract (contract.py): what a store is asked with, what it answers, how it refuses."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias, get_args

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
SORTS: tuple[Sort, ...] = get_args(Sort)

SpanSort: TypeAlias = Literal["-start_time", "-duration_ms", "-cost", "-tokens"]

SessionSort: TypeAlias = Literal["-last_activity", "-duration_ms", "-cost", "-tokens", "-turns", "-errors"]
SESSION_SORTS: tuple[SessionSort, ...] = get_args(SessionSort)


class StoreError(Exception):
    """The store cannot do what was asked; `hint` says what to do about it."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class StoreUnavailable(StoreError):
    """The store cannot be reached or written now (disk full, locked, throttled): try again later."""


class DiskFull(StoreUnavailable):
    """The disk has no room. What was to be written was not kept."""


class StoreDamaged(StoreUnavailable):
    """What was asked for lies in a damaged part of the store. Everything else can still be read and written."""


class BadCursor(StoreError):
    """A cursor that this store did not issue, or issued for another question."""


@dataclass(frozen=True, slots=True)
class TimeRange:
    """Traces that started in [`start_unix_nano`, `end_unix_nano`); None is unbounded."""

    start_unix_nano: int | None = None
    end_unix_nano: int | None = None

    def holds(self, time_unix_nano: int) -> bool:
        """Whether a time is in the range."""
        after_start = self.start_unix_nano is None or time_unix_nano >= self.start_unix_nano
        return after_start and (self.end_unix_nano is None or time_unix_nano < self.end_unix_nano)


REMAP_LIMIT = 100
"""Traces that one step of a remap reads again: writers wait for about 50 ms."""

ALWAYS = TimeRange()
EVERYTHING = TraceQuery()


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """How a page was found. A store may stop a long search: the page is then short, perhaps empty, and still has a cursor
    with which the caller can go on.

    `scanned` counts the traces (spans, sessions) examined for this page. `scanned_until_unix_nano` is the start (for
    sessions, the last activity) of the last of them; None if the order is not by time, or nothing was examined.
    `complete` is False if the search stopped before the end; it is meaningful only for a page with a cursor. Stores may
    scan differently, so these fields do not count when pages are compared.
    """

    scanned: int = field(default=0, compare=False)
    scanned_until_unix_nano: int | None = field(default=None, compare=False)
    complete: bool = field(default=True, compare=False)


@dataclass(frozen=True, slots=True)
class Hit:
    """A place where a word of a query occurs: the span, the part of it ("name", "input", "output", "error"), and the
    surrounding text on one line. For the name of a trace, the span is its first one."""

    span_id: str
    where: str
    snippet: str


@dataclass(frozen=True, slots=True)
class TracePage(Page):
    """Some summaries, and where the next ones begin.

    `hits` has one entry per trace: a place of the first word of the query that occurs in the trace, in the order in which
    the query spells its words, negated ones left out. It is None if no word occurs, if the query has none, and for a
    match by id. If a word occurs several times a store may choose any of the places: which span it examines first
    depends on how it keeps them.
    """

    traces: tuple[TraceSummary, ...]
    next_cursor: str | None = None
    hits: tuple[Hit | None, ...] = ()


@dataclass(frozen=True, slots=True)
class FoundSpan:
    """A span found across all traces. `hit` is the first place in it of a word of the query, as in a TracePage."""

    trace_id: str
    row: SpanRow
    hit: Hit | None = None


@dataclass(frozen=True, slots=True)
class SpanPage(Page):
    """Some spans in the order that was asked for, and where the next ones begin.

    In any order but that of time, a store may examine only the newest spans. Then `complete` is False on every page,
    the last one included, and the pages are exactly those of the range that begins at `scanned_until_unix_nano`.
    """

    spans: tuple[FoundSpan, ...]
    next_cursor: str | None = None


@dataclass(frozen=True, slots=True)
class SessionPage(Page):
    """Some sessions in the order that was asked for, and where the next ones begin."""

    sessions: tuple[SessionSummary, ...]
    next_cursor: str | None = None


@dataclass(frozen=True, slots=True)
class Aggregate:
    """Figures over time, and by value if that was asked for. `points` are in order of time, those without a trace left
    out.

    `counted_since_unix_nano` is None if everything asked for was counted. Otherwise the store stopped a long scan, and
    the answer is exactly that for the range that begins there.
    """

    points: tuple[Point, ...]
    counted_since_unix_nano: int | None = None


@dataclass(frozen=True, slots=True)
class Facets:
    """Traces by value, for each field asked for; `counted_since_unix_nano` is as in Aggregate."""

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
    """One step of a remap: how many traces it examined, how many of them it read again, and where the next step begins;
    `next_cursor` is None when nothing is left."""

    looked_at: int
    derived: int
    next_cursor: str | None = None


@dataclass(frozen=True, slots=True)
class StoreInfo:
    """`kind` is the name in TRACER_STORE; `location` is for the operator, never for an answer to a caller without a key."""

    kind: Literal["memory", "sqlite", "dynamodb"]
    location: str
    healthy: bool
    problem: str | None = None
    trace_count: int | None = None
    span_count: int | None = None
    size_bytes: int | None = None
    """Disk space in use."""
    live_bytes: int | None = None
    """The part of it that holds data: without free pages, which are reused or given back later."""
    text_index_bytes: int | None = None
    """Size of the text index, which comes on top; a limit of size includes it."""


@dataclass(frozen=True, slots=True)
class Upkeep:
    """What one call of `maintain` did: how many traces it deleted because of their age, and how many because of the size
    of the store. `more`: there is work left that could be done now."""

    expired: int = 0
    evicted: int = 0
    more: bool = False


@dataclass(frozen=True, slots=True)
class ProjectStorage:
    """What one project takes up: traces and spans, when the first and the last trace started, and bytes by kind.

    Bodies are the spans as they were sent; rows are derived from them for lists and trees; blobs are payloads that are
    kept once. Indexes belong to the whole store: they are `StoreInfo.live_bytes` less all of these.
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
    """Bodies and rows that `maintain` has yet to bundle, which leaves three quarters of these bytes."""

    @property
    def total_bytes(self) -> int:
        """All kinds together."""
        return self.bodies_bytes + self.rows_bytes + self.blobs_bytes


Part: TypeAlias = Literal["structure", "traces", "blobs", "totals", "text"]
"""A part of a store that is verified separately."""


@dataclass(frozen=True, slots=True)
class Checked:
    """How far the verification of one part of the store has come, and the problems found in this step."""

    part: Part
    done: int
    total: int
    problems: tuple[str, ...] = ()
