"""The traces of one project in one state of the file, and those that a query may mean."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass

import apsw
from llm_tracer.model.groups import CountedTrace
from llm_tracer.model.place import placed
from llm_tracer.model.query import TraceQuery
from llm_tracer.model.reading import Reader
from llm_tracer.model.row import SpanRow
from llm_tracer.model.trace import Trace, TraceSummary
from llm_tracer.model.tree import sibling_order

from llm_tracer_service.store.base import TimeRange
from llm_tracer_service.store.checking import first_and_last
from llm_tracer_service.store.ids import trace_key
from llm_tracer_service.store.lazy import LazyRows
from llm_tracer_service.store.records import load_summary
from llm_tracer_service.store.sqlite import bodies, repeats
from llm_tracer_service.store.sqlite.blobs import blobs_of
from llm_tracer_service.store.sqlite.candidates import Verification
from llm_tracer_service.store.sqlite.labels import LabelSearch, as_bytes, ids
from llm_tracer_service.store.sqlite.pattern_index import PatternSearch
from llm_tracer_service.store.sqlite.payloads import LazySpans, Reading
from llm_tracer_service.store.sqlite.places import KnownPlaces, Places
from llm_tracer_service.store.sqlite.text import TextSearch
from llm_tracer_service.store.sqlite.translate import Binding, Translation, Translator


@dataclass(frozen=True, slots=True)
class TraceAt:
    """A trace in one state, without its spans: `revision` belongs to this state alone."""

    id: int
    trace_id: str
    revision: int
    last_received: int


@dataclass(frozen=True, slots=True)
class Candidate:
    """A trace that the database found: its summary as of now, its rows and spans loaded on demand. `session` is the number
    of its session label; `repeats_some` says that earlier traces count some of its responses."""

    at: TraceAt
    trace: Trace
    summary: TraceSummary
    session: int | None
    repeats_some: bool


class Traces:
    """One project at one moment. `reading` lends connections for what is loaded later."""

    def __init__(
        self,
        connection: apsw.Connection,
        reading: Reading,
        texts: TextSearch,
        known_places: KnownPlaces,
        reader: Reader,
        project: str,
        now_unix_nano: int,
        abandon_after_s: float,
    ) -> None:
        self.connection = connection
        self.name = project
        self.now_unix_nano = now_unix_nano
        self._reading = reading
        self._reader = reader
        self._abandon_after_s = abandon_after_s
        found = connection.execute("SELECT id FROM projects WHERE name = ?", (as_bytes(project),)).fetchone()
        self.project: int = -1 if found is None else found[0]
        self.labels = LabelSearch(connection, self.project)
        self.places = Places(known_places, reader.version, self.labels, texts)
        patterns = PatternSearch(connection, self.project)
        self.translator = Translator(self.labels, texts, patterns, now_unix_nano, abandon_after_s)

    # --- by condition -----------------------------------------------------------------------------------------------

    def where(self, query: TraceQuery, time_range: TimeRange, unbounded_too: bool = False) -> Translation:
        """The condition on traces. With `unbounded_too`, a range without bounds adds no condition on the start, so that
        the planner takes the index of another order."""
        translation = self.translator.of_trace(query.condition)
        # "+" keeps a column out of the choice of indexes: few traces are looked up by number, then sorted.
        plain = "+" if translation.narrow else ""
        sql, bindings = f"{plain}t.project = ?", [self.project, *translation.bindings]
        if translation.sql != "1":
            sql += f" AND {translation.sql}"
        if unbounded_too and time_range == TimeRange():
            sql += " AND t.start IS NOT NULL"
        else:
            sql += f" AND {plain}t.start BETWEEN ? AND ?"
            bindings += first_and_last(time_range)
        return Translation(sql, tuple(bindings), translation.exact)

    def candidates(self, where: str, bindings: Sequence[Binding | None]) -> Iterator[Candidate]:
        """The traces that meet a condition."""
        found = self.connection.execute(_CANDIDATES.format(where=where), tuple(bindings))
        for id, key, revision, last_received, session, data, repeats_some in found:  # noqa: A001
            summary = self.summary_of(data, last_received)
            at = TraceAt(id, key.hex(), revision, last_received)
            yield Candidate(at, self.lazy_trace(at), summary, session, bool(repeats_some))

    def of_sessions(self, labels: Iterable[int]) -> dict[int, list[TraceSummary]]:
        """The traces of each session, in order of time, by the number of the session label."""
        turns: dict[int, list[TraceSummary]] = {label: [] for label in labels}
        found = self.connection.execute(_OF_SESSIONS.format(labels=ids(turns)))
        for label, last_received, data in found:
            turns[label].append(self.summary_of(data, last_received))
        return turns

    def candidate(self, trace_id: str) -> Candidate | None:
        """One trace; None if there is no such trace."""
        sql = "t.project = ? AND t.trace_id = ? AND t.start IS NOT NULL"
        return next(self.candidates(sql, (self.project, trace_key(trace_id))), None)

    def verification(self, query: TraceQuery, where: Translation) -> Verification:
        """What verifies the candidates of a query."""
        return Verification(
            query, where.exact, self.places, lambda condition: self.translator.of_trace(condition).exact
        )

    def is_exact(self, query: TraceQuery) -> bool:
        """Whether the database alone can decide which traces match."""
        return self.translator.of_trace(query.condition).exact

    # --- as totals count them ---------------------------------------------------------------------------------------

    def counted(self, query: TraceQuery, time_range: TimeRange) -> Iterator[TraceSummary]:
        """All summaries that match, in no particular order, as totals count them."""
        where = self.where(query, time_range)
        verify = self.verification(query, where)
        for candidate in self.candidates(where.sql, where.bindings):
            matches, _ = verify.trace(candidate.trace, candidate.summary)
            if matches:
                summary = candidate.summary
                yield (
                    repeats.counted(self.connection, candidate.at.id, summary)
                    if candidate.repeats_some
                    else summary
                )

    def newest_first(
        self, query: TraceQuery, time_range: TimeRange
    ) -> Iterator[tuple[int, CountedTrace | None]]:
        """The start of every candidate, the newest first, with the trace if it matches."""
        where = self.where(query, time_range)
        verify = self.verification(query, where)
        for candidate in self.candidates(f"{where.sql} ORDER BY t.start DESC", where.bindings):
            matches, _ = verify.trace(candidate.trace, candidate.summary)
            start = candidate.summary.start_time_unix_nano
            yield start, self._counted(candidate) if matches else None

    def _counted(self, candidate: Candidate) -> CountedTrace:
        elsewhere = repeats.elsewhere(self.connection, candidate.at.id) if candidate.repeats_some else ()
        return CountedTrace(candidate.trace, candidate.summary, elsewhere)

    # --- loading ----------------------------------------------------------------------------------------------------

    def summary_of(self, data: bytes, last_received: int) -> TraceSummary:
        """A stored summary, as of this moment."""
        return load_summary(data, last_received).at(self.now_unix_nano, self._abandon_after_s)

    def lazy_trace(self, of: TraceAt) -> Trace:
        """A trace whose rows and spans are loaded on demand, as long as this state of the file is read."""
        return self._trace(of, LazyRows(lambda: self._rows(of)), lambda: nullcontext(self.connection))

    def whole_trace(self, candidate: Candidate) -> Trace:
        """A trace for later: its rows are loaded now, its spans on demand, from the state of the file then."""
        return self._trace(candidate.at, self._rows(candidate.at), self._reading)

    def _trace(self, of: TraceAt, rows: Sequence[SpanRow], reading: Reading) -> Trace:
        spans = LazySpans(reading, of.id, of.revision, blobs_of(reading, self.project))
        return Trace(of.trace_id, rows, of.last_received, spans, self._reader.texts)

    def _rows(self, of: TraceAt) -> Sequence[SpanRow]:
        rows = sorted(bodies.rows(self.connection, of.id), key=sibling_order)
        return placed(of.trace_id, tuple(rows))


_OF_SESSIONS = """
    SELECT t.session, t.last_received, t.summary FROM traces t WHERE t.session IN ({labels}) ORDER BY t.start, t.trace_id
"""
_CANDIDATES = """
    SELECT t.id, t.trace_id, t.revision, t.last_received, t.session, t.summary,
        EXISTS (SELECT 1 FROM repeats r WHERE r.trace = t.id)
    FROM traces t WHERE {where}
"""
