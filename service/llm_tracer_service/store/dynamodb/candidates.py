"""Traces that a query may mean. Their rows and spans are loaded when a condition looks at them, a hundred traces at a time,
or fewer if they are wide.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from llm_tracer.model.query import TraceQuery
from llm_tracer.model.reading import Reader
from llm_tracer.model.row import SpanRow
from llm_tracer.model.trace import Trace, TraceSummary

from llm_tracer_service.store.base import Hit
from llm_tracer_service.store.dynamodb.blobs import Blobs
from llm_tracer_service.store.dynamodb.bodies import LazySpans
from llm_tracer_service.store.dynamodb.client import Client
from llm_tracer_service.store.dynamodb.entries import Entry
from llm_tracer_service.store.dynamodb.heads import Head, Heads
from llm_tracer_service.store.hits import first_hit, hit_in_trace, words_of
from llm_tracer_service.store.lazy import LazyRows

HEADS_AT_ONCE = 100
ROWS_AT_ONCE_BYTES = 4 * 1024 * 1024
"""The packed rows of some 40,000 spans."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One trace of a scan, its `summary` as of now."""

    entry: Entry
    trace: Trace
    summary: TraceSummary


class Candidates:
    """Makes candidates of entries. `heads_loaded` counts the traces that were looked into, which is what a scan costs."""

    def __init__(
        self,
        client: Client,
        heads: Heads,
        blobs: Blobs,
        reader: Reader,
        present: Callable[[TraceSummary], TraceSummary],
        project: str,
    ) -> None:
        self._client = client
        self._heads = heads
        self._reader = reader
        self._present = present
        self._project = project
        self._blob_of = blobs.of(project)
        self.heads_loaded = 0
        self.is_at_boundary = False
        """Whether looking into the present candidate would load it, together with the next ones."""

    def of(self, entries: Iterable[Entry], at_once: int = HEADS_AT_ONCE) -> Iterator[Candidate]:
        """The candidates of entries, in their order."""
        for chunk in _chunks(entries, at_once):
            loaded = _Loaded(self, chunk)
            for entry in chunk:
                self.is_at_boundary = entry is chunk[0]
                yield self._candidate(entry, loaded)

    def one(self, head: Head) -> Candidate | None:
        """The candidate of a stored head; None if it has only fragments."""
        if head.entry is None or head.entry.summary is None:
            return None
        return self._candidate(head.entry, lambda trace_id: head)

    def _candidate(self, entry: Entry, head_of: Callable[[str], Head | None]) -> Candidate:
        assert entry.summary is not None, "only traces with rows are in the list"

        def head() -> Head | None:
            return head_of(entry.trace_id)

        def rows() -> Sequence[SpanRow]:
            found = head()
            return () if found is None else found.rows()

        spans = LazySpans(head, self._client, self._blob_of)
        trace = Trace(entry.trace_id, LazyRows(rows), entry.received, spans, self._reader.texts)
        return Candidate(entry, trace, self._present(entry.summary))

    def load(self, entries: Sequence[Entry]) -> dict[str, Head]:
        """The heads of entries."""
        self.heads_loaded += len(entries)
        return self._heads.load_many(self._project, [entry.trace_id for entry in entries])


def _chunks(entries: Iterable[Entry], at_once: int) -> Iterator[list[Entry]]:
    chunk: list[Entry] = []
    size = 0
    for entry in entries:
        chunk.append(entry)
        size += entry.rows_bytes
        if len(chunk) == at_once or size >= ROWS_AT_ONCE_BYTES:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


class _Loaded:
    """The heads of some entries, loaded together when one of them is needed."""

    def __init__(self, candidates: Candidates, entries: Sequence[Entry]) -> None:
        self._candidates = candidates
        self._entries = entries
        self._heads: dict[str, Head] | None = None

    def __call__(self, trace_id: str) -> Head | None:
        if self._heads is None:
            self._heads = self._candidates.load(self._entries)
        return self._heads.get(trace_id)


def matches(query: TraceQuery, candidate: Candidate) -> bool:
    """Whether a trace matches. One that was deleted since its entry was read has lost its rows, and may not match."""
    return query.is_empty or query.matches(candidate.trace, candidate.summary)


def hit_of(query: TraceQuery, candidate: Candidate) -> Hit | None:
    """A place of the first word of a query that occurs in a trace."""
    return first_hit(words_of(query), lambda word: hit_in_trace(candidate.trace, candidate.summary, word))
