"""Spans come in: what a write does, from deliveries by trace to the rows of the journal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import islice

from llm_tracer.model.row import SpanRow
from llm_tracer.model.span import SpanData

from llm_tracer_service.receiving.waiting import awaited_response
from llm_tracer_service.store.base import ALWAYS
from llm_tracer_service.store.deliveries import Delivery
from llm_tracer_service.store.dynamodb.entries import response_hash
from llm_tracer_service.store.dynamodb.heads import Heads
from llm_tracer_service.store.dynamodb.journal import Journal
from llm_tracer_service.store.dynamodb.listing import Listing
from llm_tracer_service.store.dynamodb.projects import Projects
from llm_tracer_service.store.dynamodb.writer import Touched, Writer

_WRITERS = 8

REPORTERS_LOOKED_AT_MAX = 20_000
"""Content that names only a response joins the spans that report it among so many traces, the newest."""


class Intake:
    """Takes spans in, the traces of a call side by side."""

    def __init__(
        self, writer: Writer, heads: Heads, listing: Listing, journal: Journal, projects: Projects
    ) -> None:
        self._writer = writer
        self._heads = heads
        self._listing = listing
        self._journal = journal
        self._projects = projects
        self._threads = ThreadPoolExecutor(_WRITERS, "dynamodb")

    def take_in(self, project: str, spans: Sequence[SpanData]) -> None:
        """`TraceStore.write`."""
        deliveries = self._writer.prepare(spans)
        awaited = {response for span in spans if (response := awaited_response(span)) is not None}
        self._projects.note(project)
        if awaited:
            self._projects.note_waiting(project)
        received = self._journal.arrival()
        touched = self._take_in(project, deliveries, received)
        if self._projects.has_waiting(project):
            touched += self._join_waiting(project, deliveries, awaited, received)
        self._journal.append(project, _merged(touched))

    def close(self) -> None:
        """Ends its threads."""
        self._threads.shutdown()

    def _take_in(self, project: str, deliveries: Sequence[Delivery], received: int) -> list[Touched]:
        if len(deliveries) == 1:
            return [self._writer.take_in(project, deliveries[0], received)]
        return list(
            self._threads.map(lambda delivery: self._writer.take_in(project, delivery, received), deliveries)
        )

    def _join_waiting(
        self, project: str, deliveries: Sequence[Delivery], awaited: set[str], received: int
    ) -> list[Touched]:
        """Gives spans what waits for the responses that they report: those of this call, and those that report what came
        with it."""
        joined = [
            self._writer.join_waiting(project, each.trace_id, self._rows_now(project, each), received)
            for each in deliveries
        ]
        for trace_id in self._reporters(project, awaited):
            rows = self._rows(project, trace_id)
            reports = {row.span_id: row for row in rows if row.reading.response_id in awaited}
            joined.append(self._writer.join_waiting(project, trace_id, reports, received))
        return [touched for touched in joined if touched is not None]

    def _rows_now(self, project: str, delivery: Delivery) -> Mapping[str, SpanRow]:
        """The rows of a delivery, and of the spans that content of it joined, which may tell their response."""
        content = delivery.merged.keys() - delivery.rows.keys()
        if not content:
            return delivery.rows
        rows = self._rows(project, delivery.trace_id)
        return {**delivery.rows, **{row.span_id: row for row in rows if row.span_id in content}}

    def _rows(self, project: str, trace_id: str) -> Sequence[SpanRow]:
        head = self._heads.load(project, trace_id, consistent=True)
        return () if head is None else head.rows()

    def _reporters(self, project: str, awaited: set[str]) -> list[str]:
        if not awaited:
            return []
        hashes = set(map(response_hash, awaited))
        newest = islice(self._listing.newest_first(project, ALWAYS), REPORTERS_LOOKED_AT_MAX)
        return sorted(
            entry.trace_id for entry in newest if not hashes.isdisjoint(entry.counted | entry.reported)
        )


def _merged(touched: Sequence[Touched]) -> list[Touched]:
    """Each trace once, where it was touched first."""
    by_id: dict[str, Touched] = {}
    for each in touched:
        known = by_id.get(each.trace_id)
        starts = each.starts if known is None else tuple(dict.fromkeys((*known.starts, *each.starts)))
        by_id[each.trace_id] = replace(each, starts=starts)
    return list(by_id.values())
