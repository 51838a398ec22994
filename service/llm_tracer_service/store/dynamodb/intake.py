"""Taking spans in: what a write does, from the deliveries of each trace to the rows of the journal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import replace
from itertools import islice

from llm_tracer.model.row import SpanRow
from llm_tracer.model.span import SpanData

from llm_tracer_service.store.base import ALWAYS, StoreError
from llm_tracer_service.store.deliveries import Delivery
from llm_tracer_service.store.dynamodb.entries import response_hash
from llm_tracer_service.store.dynamodb.heads import Heads
from llm_tracer_service.store.dynamodb.journal import MOSTLY_LISTED_AFTER_NS, Journal
from llm_tracer_service.store.dynamodb.listing import Listing
from llm_tracer_service.store.dynamodb.projects import Projects
from llm_tracer_service.store.dynamodb.writer import Touched, Writer
from llm_tracer_service.waiting import awaited_response

_WRITERS = 8

REPORTERS_LOOKED_AT_MAX = 20_000
"""Content that names only a response is merged into the spans that report it in so many traces, the newest."""


class Intake:
    """Takes spans in, the traces of a call in parallel."""

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
        touched: list[Touched] = []
        try:
            self._take_in(project, deliveries, received, touched)
            if self._projects.has_waiting(project):
                self._join_waiting(project, deliveries, awaited, received, touched)
        except StoreError:
            # Some spans may be kept, and may never be sent again: totals and the feed have to know of them.
            with suppress(StoreError):
                self._journal.append(project, _merged(touched))
            raise
        self._journal.append(project, _merged(touched))

    def close(self) -> None:
        """Ends its threads."""
        self._threads.shutdown()

    def _take_in(
        self, project: str, deliveries: Sequence[Delivery], received: int, touched: list[Touched]
    ) -> None:
        """Adds to `touched` what was kept, even if it raises."""
        if len(deliveries) == 1:
            touched.append(self._writer.take_in(project, deliveries[0], received))
            return
        futures = [
            self._threads.submit(self._writer.take_in, project, delivery, received) for delivery in deliveries
        ]
        wait(futures, return_when=FIRST_EXCEPTION)
        for future in futures:
            future.cancel()
        wait(futures)
        kept = [future for future in futures if not future.cancelled()]
        touched += [future.result() for future in kept if future.exception() is None]
        for future in kept:
            future.result()

    def _join_waiting(
        self,
        project: str,
        deliveries: Sequence[Delivery],
        awaited: set[str],
        received: int,
        touched: list[Touched],
    ) -> None:
        """Merges what waits for responses into the spans that report them: those of this call, and those that report a
        response for which this call brought content. Adds to `touched`, even if it raises."""

        def join(trace_id: str, rows: Mapping[str, SpanRow]) -> None:
            joined = self._writer.join_waiting(project, trace_id, rows, received)
            if joined is not None:
                touched.append(joined)

        for each in deliveries:
            join(each.trace_id, self._rows_now(project, each))
        for trace_id in self._reporters(project, awaited):
            rows = self._rows(project, trace_id)
            join(trace_id, {row.span_id: row for row in rows if row.reading.response_id in awaited})

    def _rows_now(self, project: str, delivery: Delivery) -> Mapping[str, SpanRow]:
        """The rows of a delivery, and of the spans that its content was merged into, which may report a response."""
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
        listed = {entry.trace_id: not hashes.isdisjoint(entry.responses) for entry in newest}
        # A reporter that arrived just before may not be in the list yet, or only as it was.
        recent = self._journal.recent(project, MOSTLY_LISTED_AFTER_NS)
        unsure = [trace_id for trace_id in recent if not listed.get(trace_id)]
        heads = self._heads.load_many(project, unsure, consistent=True)
        listed |= {
            trace_id: head.entry is not None and not hashes.isdisjoint(head.entry.responses)
            for trace_id, head in heads.items()
        }
        return sorted(trace_id for trace_id, reports in listed.items() if reports)


def _merged(touched: Sequence[Touched]) -> list[Touched]:
    """Each trace once, where it was first touched."""
    by_id: dict[str, Touched] = {}
    for each in touched:
        known = by_id.get(each.trace_id)
        starts = each.starts if known is None else tuple(dict.fromkeys((*known.starts, *each.starts)))
        by_id[each.trace_id] = replace(each, starts=starts)
    return list(by_id.values())
