"""The contract of a store, in prose and types. tests/store/test_contract.py holds every store to it.

A store knows the model and its own driver: never HTTP, never another store. It is synchronous and safe to use from
many threads: a write is a single step that ends on the disk, and a thread that waits costs less than spelling every
method twice. What a store cannot do, it refuses with a StoreError; it never answers a narrower question.

- **Durable.** `write` returns only when the spans would survive `kill -9` and a power cut.
- **Idempotent, in any order, in any pieces.** A span delivered several times is one span (`model.span.merge`);
  every derived figure is recomputed from the spans, never incremented.
- **Whole.** `get_span` returns exactly what was written (merged), whatever its size.
- **Each payload once.** Base64, bytes and long texts leave their spans for blobs (llm_tracer_service/blobs). A project
  keeps each blob once, however often it is sent, and for as long as a trace refers to it.
- **Separate.** A project never sees a trace or a count of another project, nor that it exists.
- **Read through the Reader.** A store derives Readings with the Reader it was given, so that the tables can change.
- **Arrival never runs backwards.** `last_received_unix_nano` is the clock's time or, if the clock was set back, the time
  of the store's latest arrival: what arrived later never looks older.
- **Time is given.** What depends on the present (`abandoned`, `last_received_unix_nano`) comes from the store's clock,
  which tests replace.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from llm_tracer.model.figures import Figures
from llm_tracer.model.groups import FACET_FIELDS, FacetField, GroupField
from llm_tracer.model.query import TraceQuery
from llm_tracer.model.span import SpanData
from llm_tracer.model.trace import Trace, TraceSummary

from llm_tracer_service.blobs import Blob, SpanForm
from llm_tracer_service.store.base import (
    ALWAYS,
    EVERYTHING,
    REMAP_LIMIT,
    Aggregate,
    ChangePage,
    Checked,
    Facets,
    FragmentPage,
    ProjectStorage,
    RemapPage,
    SessionPage,
    SessionSort,
    Sort,
    SpanPage,
    SpanSort,
    StoreInfo,
    TimeRange,
    TracePage,
    Upkeep,
)
from llm_tracer_service.store.checking import check_spans
from llm_tracer_service.store.outcomes import Outcome, SenderTotals
from llm_tracer_service.store.view import View


class TraceStore(ABC):
    """Everything the service asks of a store. Methods about traces take the project first.

    Questions about the traces of one project are answered by a view of it (view.py), so these methods are written here,
    once for all stores.
    """

    # --- writing ----------------------------------------------------------------------------------------------------

    def write(self, project: str, spans: Sequence[SpanData]) -> None:
        """Keeps the spans, fragments included. All or nothing; durable when it returns.

        A fragment, a span whose start is unknown, waits for its span: it makes no trace, row or count of its own, and is
        merged into its span in whichever order they arrive. A fragment that waits for a response
        (llm_tracer_service/waiting.py) is merged into every span of the project that reports the response, and
        is deleted with the first of their traces that is.
        Raises StoreUnavailable; then nothing of this call was kept, or repeating the call does no harm. Raises StoreError
        if an id or a time of a span cannot be kept; then nothing was.
        """
        check_spans(spans)
        if spans:
            self._write(project, spans)

    @abstractmethod
    def delete_traces(self, project: str, trace_ids: Sequence[str]) -> int:
        """Removes traces from every list, count, search and blob before it returns; returns how many there were.

        Writers go on between its steps: a span that arrives meanwhile may start its trace again.
        """

    @abstractmethod
    def delete_project(self, project: str) -> int:
        """Removes all traces of a project and everything else kept for it; returns how many traces there were."""

    @abstractmethod
    def pin(self, project: str, trace_id: str, pinned: bool = True) -> bool:
        """Keeps a trace from being deleted by age or size until it is unpinned (`pinned=False`); returns whether the
        trace exists. A pin ends with its trace."""

    def pinned(self, project: str, trace_ids: Sequence[str] | None = None) -> frozenset[str]:
        """Which of these traces are pinned; None asks about all traces of the project."""
        pins = self._pinned(project)
        return pins if trace_ids is None else pins.intersection(trace_ids)

    # --- traces -----------------------------------------------------------------------------------------------------

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
        with self._view(project) as view:
            return view.find_traces(query, time_range, sort, limit, cursor)

    def get_trace(self, project: str, trace_id: str) -> Trace | None:
        """All rows of a trace, its payloads reachable through `Trace.spans` in the form `read`; None if there is no such
        trace."""
        with self._view(project) as view:
            return view.get_trace(trace_id)

    def get_summary(self, project: str, trace_id: str) -> TraceSummary | None:
        """The summary of one trace, as `find_traces` would show it now."""
        with self._view(project) as view:
            return view.get_summary(trace_id)

    def stats(
        self,
        project: str,
        query: TraceQuery = EVERYTHING,
        time_range: TimeRange = ALWAYS,
    ) -> Figures:
        """The totals of the traces that match. A model call reported by several traces of the project (one response id
        in each) counts in the earliest of them, ties by trace id, whether or not that trace matches."""
        with self._view(project) as view:
            return view.stats(query, time_range)

    def aggregate(
        self,
        project: str,
        query: TraceQuery = EVERYTHING,
        time_range: TimeRange = ALWAYS,
        width_s: int | None = None,
        group_by: GroupField | None = None,
    ) -> Aggregate:
        """The figures of `stats` in intervals of `width_s` seconds since 1970 (None: a single one, which begins at 0), and
        in each interval by the values of a field (model/groups.py). Bounded: it may count only the newest traces, and
        says so."""
        with self._view(project) as view:
            return view.aggregate(query, time_range, width_s, group_by)

    def facets(
        self,
        project: str,
        query: TraceQuery = EVERYTHING,
        time_range: TimeRange = ALWAYS,
        fields: Sequence[FacetField] = FACET_FIELDS,
    ) -> Facets:
        """How many of the traces that match have each value of these fields. Bounded like `aggregate`."""
        with self._view(project) as view:
            return view.facets(query, time_range, fields)

    def reported_before(self, project: str, trace_id: str) -> Mapping[str, str]:
        """The response ids of a trace that `stats` counts in an earlier trace of the project, and that trace's id."""
        with self._view(project) as view:
            return view.reported_before(trace_id)

    # --- spans and sessions -----------------------------------------------------------------------------------------

    def get_span(self, project: str, trace_id: str, span_id: str, form: SpanForm = "sent") -> SpanData | None:
        """One span as it was sent (merged); None if there is none, and for a fragment.

        In the form `read`, payloads over 1 KB are references (`blobs.as_media_ref` recognizes them): this is what a Reader
        takes, and what the rows were derived from. In the form `kept`, texts over 256 KB are references too.
        """
        with self._view(project) as view:
            return view.get_span(trace_id, span_id, form)

    def find_fragments(self, project: str, limit: int = 100, cursor: str | None = None) -> FragmentPage:
        """What waits for its span, or for a response, as it was sent; by trace id and span id. Meant for copying a
        project: no other method returns fragments. Raises BadCursor."""
        with self._view(project) as view:
            return view.find_fragments(limit, cursor)

    def get_blob(self, project: str, sha256: str) -> Blob | None:
        """A payload that left the spans of a project, by the SHA-256 of its bytes; None if no trace of the project
        refers to it."""
        with self._view(project) as view:
            return view.get_blob(sha256)

    def find_trace_of_span(self, project: str, span_id: str) -> str | None:
        """The trace that holds a span: the most recently started one, if several hold this id."""
        with self._view(project) as view:
            return view.find_trace_of_span(span_id)

    def find_spans(
        self,
        project: str,
        query: TraceQuery = EVERYTHING,
        time_range: TimeRange = ALWAYS,
        limit: int = 50,
        cursor: str | None = None,
        sort: SpanSort = "-start_time",
    ) -> SpanPage:
        """The spans for which `query.matches_span`, in the order of `sort`: unknown values last, ties by start
        descending, then by trace id and span id. Duration, cost and tokens are those of the span itself; the time range
        applies to the start of the span. Raises BadCursor."""
        with self._view(project) as view:
            return view.find_spans(query, time_range, limit, cursor, sort)

    def find_sessions(
        self,
        project: str,
        query: TraceQuery = EVERYTHING,
        time_range: TimeRange = ALWAYS,
        limit: int = 50,
        cursor: str | None = None,
        sort: SessionSort = "-last_activity",
    ) -> SessionPage:
        """The sessions with at least one trace that matches, each with all its traces, in the order of `sort`: unknown
        values last, ties by session id ascending. Duration, cost, tokens, turns and errors are those of the whole
        session, also if only some of its traces match. Raises BadCursor."""
        with self._view(project) as view:
            return view.find_sessions(query, time_range, limit, cursor, sort)

    def get_session(self, project: str, session_id: str) -> tuple[TraceSummary, ...]:
        """The traces of a session in order of their start; empty if there is no such session."""
        with self._view(project) as view:
            return view.get_session(session_id)

    # --- changes ----------------------------------------------------------------------------------------------------

    @abstractmethod
    def changes(self, project: str, after: str | None = None, limit: int = 100) -> ChangePage:
        """What changed after a cursor; without one, nothing but the current cursor. Changes are reported at least once,
        never lost: for a durable store, cursors from an earlier run of the process remain good. Raises BadCursor."""

    # --- the ingest log ---------------------------------------------------------------------------------------------

    @abstractmethod
    def keep_outcomes(self, outcomes: Mapping[str, Sequence[Outcome]]) -> None:
        """Adds to the ingest log of projects, the oldest first. Each project keeps its last OUTCOMES_MAX, and sums over all
        there ever were. Raises StoreUnavailable; then none was kept."""

    @abstractmethod
    def outcomes(self, project: str, limit: int = 50) -> Sequence[Outcome]:
        """The ingest log of a project, the newest first."""

    @abstractmethod
    def sender_totals(self, project: str) -> Sequence[SenderTotals]:
        """Sums over the requests of a project by sender: most requests first, ties by the first request."""

    # --- upkeep -----------------------------------------------------------------------------------------------------

    @abstractmethod
    def maintain(
        self, budget_s: float, retention_days: float | None = None, max_bytes: int | None = None
    ) -> Upkeep:
        """Does what is due for about `budget_s` seconds, in steps between which writers go on, and at least one step:
        calling it again while there is `more` comes to an end, even with a budget of 0.

        By age, it deletes traces of which nothing has arrived for longer than `retention_days`; by size, while the store
        holds more than `max_bytes` (`live_bytes` and `text_index_bytes` of `StoreInfo`), those of which nothing has
        arrived for longest. None is no limit. Age is measured by arrival, on this clock alone: what a sender says about
        time deletes nothing. Pinned traces stay, even if that leaves the store too large. Traces are deleted as by
        `delete_traces`. Safe from several threads. Raises StoreUnavailable; the rest is left to the next call.
        """

    @abstractmethod
    def settle(self, budget_s: float) -> bool:
        """Works ahead, for about `budget_s`, on what `aggregate` and `facets` will need for times that have gone quiet;
        returns whether something is left to do. Answers are right without it."""

    @abstractmethod
    def verify(self) -> Iterator[Checked]:
        """Checks everything, step by step: that every body and blob can be read and is unchanged, and that everything
        derived (rows, summaries, labels, totals) equals what would be derived now. Rows derived by another version of the
        Reader are skipped. Runs beside writers; changes nothing."""

    @abstractmethod
    def backup(self, path: Path) -> Iterator[float]:
        """Writes everything that the store holds at this moment into a new file, which is a store itself. Yields how much
        of it is there, from 0 to 1; complete when the iterator ends. Runs beside writers; changes nothing. Raises
        StoreError if the file exists or cannot be written, or a store of this kind is backed up in another way."""

    @abstractmethod
    def vacuum(self) -> None:
        """Gives all free space back to the disk, and puts the rest in order. Writers wait meanwhile."""

    @abstractmethod
    def remap(
        self,
        project: str | None = None,
        cursor: str | None = None,
        limit: int = REMAP_LIMIT,
        everything: bool = False,
    ) -> RemapPage:
        """Reads stored spans again with the present Reader, and derives again what follows: rows, summaries, labels,
        totals. One bounded step: at most `limit` traces are read again. `project` None is all projects.

        Every span knows the version of the Reader that derived it: a trace is read again if one of its spans was derived
        by another version, or in any case with `everything`. After an interruption one may begin again without a cursor;
        finished work is not repeated. Safe beside writers. A trace in which nothing changed keeps its place in
        `changes`; no trace changes its `last_received_unix_nano`. Raises BadCursor, StoreUnavailable.
        """

    # --- the store --------------------------------------------------------------------------------------------------

    @abstractmethod
    def last_span_at(self) -> int | None:
        """When a span last arrived, in any project, in nanoseconds since 1970; None for an empty store."""

    @abstractmethod
    def storage(self, project: str | None = None) -> Sequence[ProjectStorage]:
        """What each project takes up, ordered by name; None is all projects that hold something. Scans everything: about
        a second for a million spans."""

    @abstractmethod
    def info(self, counting: bool = True) -> StoreInfo:
        """What `/health` and the operator are told. Never raises. Without `counting` it does not know how many traces and
        spans there are, and takes no longer for more projects."""

    def consumed_units(self) -> Mapping[tuple[str, str], float]:
        """What this process consumed of a store that is billed by units, by operation and kind ("read", "write"); empty
        for any other store."""
        return {}

    @abstractmethod
    def close(self) -> None:
        """Releases files and threads; idempotent. Nothing that was acknowledged depends on it."""

    # --- what each store does in its own way --------------------------------------------------------------------------

    @abstractmethod
    def _write(self, project: str, spans: Sequence[SpanData]) -> None:
        """`write`, of at least one span, all of which can be kept."""

    @abstractmethod
    def _pinned(self, project: str) -> frozenset[str]:
        """All pinned traces of a project."""

    @abstractmethod
    def _view(self, project: str) -> AbstractContextManager[View]:
        """A view of a project as it is now. Its answers remain valid after the `with`."""
