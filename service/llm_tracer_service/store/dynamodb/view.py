"""The answers about one project: lists by scans (answers.py), questions about an id by its head, figures by roll-ups."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice

from llm_tracer.model.figures import Figures, add
from llm_tracer.model.groups import FacetField, GroupField
from llm_tracer.model.query import TraceQuery
from llm_tracer.model.span import SpanData
from llm_tracer.model.trace import Trace, TraceSummary

from llm_tracer_service.blobs import Blob, SpanForm, in_form
from llm_tracer_service.store.base import ALWAYS, Aggregate, Facets, FragmentPage, TimeRange
from llm_tracer_service.store.dynamodb import aggregates
from llm_tracer_service.store.dynamodb.answers import Answers
from llm_tracer_service.store.dynamodb.blobs import Blobs
from llm_tracer_service.store.dynamodb.bodies import Packs
from llm_tracer_service.store.dynamodb.candidates import Candidate, Candidates
from llm_tracer_service.store.dynamodb.client import Client
from llm_tracer_service.store.dynamodb.entries import Entry
from llm_tracer_service.store.dynamodb.heads import Head, Heads
from llm_tracer_service.store.dynamodb.listing import Listing, start_of
from llm_tracer_service.store.dynamodb.repeats import FirstReports
from llm_tracer_service.store.dynamodb.rollups import Rollups
from llm_tracer_service.store.ids import blob_key, trace_key
from llm_tracer_service.store.paging import read_cursor, write_cursor


class View(Answers):
    """One project at the time of its candidates, for one question: how much it loads is bounded."""

    def __init__(
        self,
        client: Client,
        heads: Heads,
        blobs: Blobs,
        listing: Listing,
        candidates: Candidates,
        rollups: Rollups,
        project: str,
        is_expired: Callable[[Entry], bool],
    ) -> None:
        super().__init__(listing, candidates, project)
        self._client = client
        self._heads = heads
        self._blobs = blobs
        self._rollups = rollups
        self._is_expired = is_expired

    # --- by id ------------------------------------------------------------------------------------------------------

    def get_trace(self, trace_id: str) -> Trace | None:
        """One trace with its rows."""
        head = self._head(trace_id)
        candidate = None if head is None else self._candidates.one(head)
        return None if candidate is None or head is None else replace(candidate.trace, rows=head.rows())

    def get_summary(self, trace_id: str) -> TraceSummary | None:
        """The summary of one trace."""
        candidate = self._candidate(trace_id)
        return None if candidate is None else candidate.summary

    def get_span(self, trace_id: str, span_id: str, form: SpanForm) -> SpanData | None:
        """One span in one of its forms."""
        head = self._head(trace_id)
        place = None if head is None else head.places().get(span_id)
        if head is None or place is None or place.row is None:
            return None
        return in_form(Packs(self._client, head).span(place), form, self._blobs.of(self._project))

    def get_blob(self, sha256: str) -> Blob | None:
        """One blob."""
        return self._blobs.find(self._project, sha256) if blob_key(sha256) else None

    def find_fragments(self, limit: int, cursor: str | None) -> FragmentPage:
        """A page of `TraceStore.find_fragments`."""
        question = (self._project,)
        after = ("", "")
        if cursor is not None:
            trace_id, span_id = read_cursor("fragments", question, cursor, (str, str))
            after = trace_id, span_id
        found = list(islice(self._fragments(after), limit + 1))
        page = tuple(in_form(span, "sent", self._blobs.of(self._project)) for span in found[:limit])
        if len(found) <= limit:
            return FragmentPage(page)
        return FragmentPage(page, write_cursor("fragments", question, (page[-1].trace_id, page[-1].span_id)))

    def _fragments(self, after: tuple[str, str]) -> Iterator[SpanData]:
        """The fragments after a given one, by trace id and span id. The list says which traces have some."""
        entries = self._listing.newest_first(self._project, ALWAYS)
        among_spans = (entry.trace_id for entry in entries if entry.has_fragments)
        for trace_id in sorted({*among_spans, *self._listing.fragments(self._project)}):
            head = self._head(trace_id) if trace_id >= after[0] else None
            if head is not None:
                packs = Packs(self._client, head)
                for span_id, place in sorted(head.places().items(), key=lambda each: each[0]):
                    if place.row is None and (trace_id, span_id) > after:
                        yield packs.span(place)

    def _candidate(self, trace_id: str) -> Candidate | None:
        head = self._head(trace_id)
        return None if head is None else self._candidates.one(head)

    def _head(self, trace_id: str) -> Head | None:
        """A head as of a moment ago; if it is missing, it is asked for again, consistently."""
        if not trace_key(trace_id):
            return None
        load = self._heads.load
        head = load(self._project, trace_id) or load(self._project, trace_id, consistent=True)
        return None if head is None or head.entry is None or self._is_expired(head.entry) else head

    # --- figures ----------------------------------------------------------------------------------------------------

    def stats(self, query: TraceQuery, time_range: TimeRange) -> Figures:
        """`TraceStore.stats`."""
        scan = aggregates.Scan(self._listing, self._candidates, self._project, is_bounded=False)
        found = aggregates.aggregate(scan, self._rollups, query, time_range, None, None)
        return add(point.figures for point in found.points)

    def aggregate(
        self, query: TraceQuery, time_range: TimeRange, width_s: int | None, group_by: GroupField | None
    ) -> Aggregate:
        """`TraceStore.aggregate`."""
        scan = aggregates.Scan(self._listing, self._candidates, self._project)
        return aggregates.aggregate(scan, self._rollups, query, time_range, width_s, group_by)

    def facets(self, query: TraceQuery, time_range: TimeRange, fields: Sequence[FacetField]) -> Facets:
        """`TraceStore.facets`."""
        scan = aggregates.Scan(self._listing, self._candidates, self._project)
        return aggregates.facets(scan, query, time_range, fields)

    def reported_before(self, trace_id: str) -> Mapping[str, str]:
        """`TraceStore.reported_before`."""
        candidate = self._candidate(trace_id)
        if candidate is None or not candidate.entry.counted:
            return {}
        firsts = FirstReports()
        firsts.note_before(self._listing, self._project, start_of(candidate.entry) + 1)
        return firsts.elsewhere(candidate.entry, candidate.trace)
