"""The contract of a store, in prose and types. tests/store/test_contract.py holds every store to it.

A store knows the model and its own driver: never HTTP, never another store. It is synchronous and safe to use from
many threads: a span is written in one step that ends on the disk, and a thread that waits costs less than two
spellings of every method. What it cannot do, it refuses with a StoreError; it never answers a narrower question.

- **Durable.** `write` returns only when the spans survive `kill -9` and a power cut.
- **Idempotent, in any order, in any pieces.** One span delivered several times is one span (`model.span.merge`);
  every derived figure is recomputed from the spans, never incremented.
- **Whole.** `get_span` gives back exactly what was written (merged), whatever its size.
- **Each payload once.** Base64, bytes and long texts leave their spans for blobs (llm_tracer_service/blobs), each kept
  once a project however often it is sent, and as long as a trace refers to it.
- **Separate.** A project never sees a trace, a count or the existence of another's.
- **Read through the Reader.** A store derives Readings with the Reader it was given, so that the tables can change.
- **Arrival never runs backwards.** `last_received_unix_nano` is the clock's time, or that of the latest arrival of the
  store where the clock was set back: what arrived later is never the older one.
- **Time is given.** What depends on the present (`abandoned`, `last_received_unix_nano`) comes from the store's clock,
  which tests replace.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol, TypeAlias

from llm_tracer.model.figures import Figures
from llm_tracer.model.groups import FACET_FIELDS, Counts, FacetField, GroupField
from llm_tracer.model.query import TraceQuery
from llm_tracer.model.row import SpanRow
from llm_tracer.model.session import SessionSummary
from llm_tracer.model.span import SpanData
from llm_tracer.model.trace import Trace, TraceSummary

from llm_tracer_service.blobs import Blob, SpanForm
from llm_tracer_service.store.outcomes import Outcome, SenderTotals
from llm_tracer_service.store.over_time import Point

Clock: TypeAlias = Callable[[], int]
"""Nanoseconds since 1970 UTC."""

Sort: TypeAlias = Literal["-start_time", "start_time", "-duration_ms", "-cost", "-tokens"]
SORTS: tuple[Sort, ...] = ("-start_time", "start_time", "-duration_ms", "-cost", "-tokens")


class StoreError(Exception):
    """The store cannot do what was asked; `hint` says what to do about it."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class StoreUnavailable(StoreError):
    """The store cannot be reached or written now (disk full, locked, throttled): try again later."""


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
    """Some spans, newest first, and where the next ones begin."""

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


@dataclass(frozen=True, slots=True)
class Checked:
    """How far a verification is with one part of the store, and what it found wrong in this step."""

    part: Literal["structure", "traces", "blobs", "totals", "text"]
    done: int
    total: int
    problems: tuple[str, ...] = ()


class TraceStore(Protocol):
    """Everything the service asks of a store. A method that says something of traces takes their project first."""

    def write(self, project: str, spans: Sequence[SpanData]) -> None:
        """Keeps the spans, fragments included. Durable when it returns; all or nothing.

        A span whose start is unknown (a fragment) waits for its span: it makes no trace, no row and no count of its
        own, and is merged into its span in whichever order they come. One that waits for a response
        (llm_tracer_service/waiting.py) is merged into every span of the project that reports it, and goes with the
        first trace that is deleted of theirs.
        Raises StoreUnavailable; then nothing of this call was kept, or the same call again does no harm.
        """
        ...

    def find_traces(
        self,
        project: str,
        query: TraceQuery = EVERYTHING,
        time_range: TimeRange = ALWAYS,
        sort: Sort = "-start_time",
        limit: int = 50,
        cursor: str | None = None,
    ) -> TracePage:
        """The traces that `query.matches`, at most `limit`. Unknown values sort last; ties go by trace id ascending.

        Pages do not overlap and skip nothing while the store does not change. Raises BadCursor.
        """
        ...

    def get_trace(self, project: str, trace_id: str) -> Trace | None:
        """All rows of a trace, its payloads reachable through `Trace.spans`, in the form `read`; None where there is
        no such trace."""
        ...

    def get_summary(self, project: str, trace_id: str) -> TraceSummary | None:
        """The summary of one trace, as `find_traces` would show it now."""
        ...

    def get_span(self, project: str, trace_id: str, span_id: str, form: SpanForm = "sent") -> SpanData | None:
        """One span as it was sent (merged); None where there is none, and for a fragment.

        In the form `read`, payloads over 1 KB are references (`blobs.as_media_ref` tells them): this is what a Reader
        is to be given, and what the rows were derived from. In the form `kept`, texts over 256 KB are as well.
        """
        ...

    def find_fragments(self, project: str, limit: int = 100, cursor: str | None = None) -> FragmentPage:
        """What waits for its span, or for a response, as it was sent; by trace id and span id. For who copies a project:
        no other question tells of it. Raises BadCursor."""
        ...

    def get_blob(self, project: str, sha256: str) -> Blob | None:
        """What left the spans of a project for a blob, by the SHA-256 of its bytes; None where no trace of the
        project refers to it."""
        ...

    def find_trace_of_span(self, project: str, span_id: str) -> str | None:
        """The trace that holds a span: the most recently started one, should several hold this id."""
        ...

    def find_spans(
        self,
        project: str,
        query: TraceQuery = EVERYTHING,
        time_range: TimeRange = ALWAYS,
        limit: int = 50,
        cursor: str | None = None,
    ) -> SpanPage:
        """The spans for which `query.matches_span`, start descending, ties by trace id and span id. The range is of
        the start of the span. Raises BadCursor."""
        ...

    def find_sessions(
        self,
        project: str,
        query: TraceQuery = EVERYTHING,
        time_range: TimeRange = ALWAYS,
        limit: int = 50,
        cursor: str | None = None,
    ) -> SessionPage:
        """The sessions that have a trace that matches, each with all its traces, last activity descending, ties by
        session id. Raises BadCursor."""
        ...

    def get_session(self, project: str, session_id: str) -> tuple[TraceSummary, ...]:
        """The traces of a session in order of their start; empty where there is no such session."""
        ...

    def stats(
        self,
        project: str,
        query: TraceQuery = EVERYTHING,
        time_range: TimeRange = ALWAYS,
    ) -> Figures:
        """The totals of the traces that match. A model call that several traces of the project report (one response
        id, counted in each) is counted in the earliest of them, ties by trace id, whether or not that one matches."""
        ...

    def aggregate(
        self,
        project: str,
        query: TraceQuery = EVERYTHING,
        time_range: TimeRange = ALWAYS,
        width_s: int | None = None,
        group_by: GroupField | None = None,
    ) -> Aggregate:
        """The figures of `stats` in stretches of `width_s` seconds since 1970 (None: one, that begins at 0), and in
        each of them by the values of a field (model/groups.py). Bounded: it may count the newest traces only, and
        says so."""
        ...

    def facets(
        self,
        project: str,
        query: TraceQuery = EVERYTHING,
        time_range: TimeRange = ALWAYS,
        fields: Sequence[FacetField] = FACET_FIELDS,
    ) -> Facets:
        """How many of the traces that match have each value of these fields. Bounded like `aggregate`."""
        ...

    def settle(self, budget_s: float) -> bool:
        """Works out ahead, for about so long, what `aggregate` and `facets` will need of times that have gone quiet;
        whether something is left to do. Never needed for an answer to be right."""
        ...

    def reported_before(self, project: str, trace_id: str) -> Mapping[str, str]:
        """The response ids of a trace that `stats` counts in an earlier trace of the project, and that trace's id."""
        ...

    def changes(self, project: str, after: str | None = None, limit: int = 100) -> ChangePage:
        """What changed after a cursor; without one, nothing and the present cursor. At least once, never lost: a
        cursor of an earlier run of the process is still good for a durable store. Raises BadCursor."""
        ...

    def wait_for_change(self, project: str, after: str, timeout_s: float) -> bool:
        """Waits until something may have changed after the cursor; False when the time is up. May wake in vain."""
        ...

    def delete_traces(self, project: str, trace_ids: Sequence[str]) -> int:
        """Removes traces from every list, count, search and blob before it returns; how many there were.

        Writers go on between its steps: a span that arrives meanwhile may begin its trace anew.
        """
        ...

    def delete_project(self, project: str) -> int:
        """Removes all traces of a project, and all else that is kept for it; how many traces there were."""
        ...

    def pin(self, project: str, trace_id: str, pinned: bool = True) -> bool:
        """Keeps a trace from going by age or size until it is unpinned (`pinned=False`); whether there is such a trace.
        A pin ends with its trace."""
        ...

    def pinned(self, project: str, trace_ids: Sequence[str] | None = None) -> frozenset[str]:
        """Which of these traces are pinned; None asks for all of the project."""
        ...

    def maintain(
        self, budget_s: float, retention_days: float | None = None, max_bytes: int | None = None
    ) -> Upkeep:
        """Does what is due, in steps between which writers go on, for about `budget_s` seconds and at least one step:
        whoever calls it again while there is `more` comes to an end, also with a budget of 0.

        By age go traces of which nothing arrived for longer than `retention_days`; by size, while the store holds more
        than `max_bytes` (`live_bytes` and `text_index_bytes` of `StoreInfo`), those of which nothing arrived for longest.
        None is no limit. Age is told by arrival, on this clock alone: what a sender says of the time deletes nothing.
        Pinned traces stay, also where the store then is larger. Traces go as by `delete_traces`.
        Safe from several threads. Raises StoreUnavailable; what is left is left to the next call.
        """
        ...

    def keep_outcomes(self, outcomes: Mapping[str, Sequence[Outcome]]) -> None:
        """Adds to the ingest log of projects, the oldest first: the last OUTCOMES_MAX of each are kept, and the sums of
        all that ever were. Raises StoreUnavailable; then none was kept."""
        ...

    def outcomes(self, project: str, limit: int = 50) -> Sequence[Outcome]:
        """The ingest log of a project, the newest first."""
        ...

    def sender_totals(self, project: str) -> Sequence[SenderTotals]:
        """Sums over the requests of a project by sender, the busiest (by requests, then in order of their first one)
        first."""
        ...

    def verify(self) -> Iterator[Checked]:
        """Checks everything, step by step: that every body and blob can be read and is what it was, and that all that is
        derived (rows, summaries, labels, totals) equals what is derived from them now. Rows that another version of the
        Reader derived are left out. Beside writers; changes nothing."""
        ...

    def vacuum(self) -> None:
        """Gives all that is free back to the disk, and puts what is left in order. Writers wait as long as that takes."""
        ...

    def remap(
        self,
        project: str | None = None,
        cursor: str | None = None,
        limit: int = REMAP_LIMIT,
        everything: bool = False,
    ) -> RemapPage:
        """Reads stored spans again with the present Reader, and makes again what follows from what they now say: rows,
        summaries, labels, totals. One bounded step, at most `limit` traces read again; None is all projects.

        Every span knows the version of the Reader that derived it: a trace is read again where one of its spans was
        derived by another version, or in any case with `everything`. Whoever was interrupted may begin again without
        a cursor; what was done is not done twice. Safe beside writers. A trace of which nothing changed keeps its
        place in `changes`; none changes its `last_received_unix_nano`. Raises BadCursor, StoreUnavailable.
        """
        ...

    def last_span_at(self) -> int | None:
        """When a span was last taken in, over all projects, in nanoseconds since 1970; None for an empty store."""
        ...

    def storage(self, project: str | None = None) -> Sequence[ProjectStorage]:
        """What each project takes, by name; None is all that hold something. Looks at everything: about a second for a
        million spans."""
        ...

    def info(self) -> StoreInfo:
        """What `/health` and the operator are told. Never raises."""
        ...

    def consumed_units(self) -> Mapping[tuple[str, str], float]:
        """What this process consumed of a store that is billed by units, by operation and kind ("read", "write"); empty
        for one that is not."""
        ...

    def close(self) -> None:
        """Lets go of files and threads; idempotent. Nothing that was acknowledged depends on it."""
        ...
