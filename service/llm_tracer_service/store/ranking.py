"""Spans in any order but that of time. No store keeps them so: it examines the newest, and the first of these make a page.

The cursor says where the page ended in that order, and since when spans were examined, so that all pages of a question
rank the same spans.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

from llm_tracer_service.store.base import FoundSpan, SpanPage, SpanSort
from llm_tracer_service.store.paging import read_cursor, span_order, span_sort_key, write_cursor
from llm_tracer_service.store.patience import Patience

Candidate: TypeAlias = tuple[FoundSpan, bool]
"""A span, and whether it matches."""


def ranked(
    newest_first: Callable[[int], Iterator[Candidate]],
    question: Sequence[str],
    sort: SpanSort,
    limit: int,
    cursor: str | None,
    looked_at_max: int,
) -> SpanPage:
    """A page of `TraceStore.find_spans`. `newest_first(since)` yields the spans that started at `since` or later. The first
    page examines `looked_at_max` of them, as long as patience lasts, and those that started together with the last one.
    Raises BadCursor."""
    after = None
    since, scanned = 0, 0
    if cursor is not None:
        types = ((int, float), int, str, str, int)
        value, start, trace_id, span_id, since = read_cursor("spans", question, cursor, types)
        after = span_order((value, start, trace_id, span_id))

    def matching() -> Iterator[FoundSpan]:
        nonlocal since, scanned
        last_start: int | None = None
        patience = Patience(looked_at_max)
        for found, matches in newest_first(since):
            start = found.row.start_time_unix_nano
            if cursor is None and scanned and start != last_start and patience.is_over(scanned):
                since = start + 1
                return
            scanned, last_start = scanned + 1, start
            if matches and (after is None or span_order(span_sort_key(found, sort)) > after):
                yield found

    first = heapq.nsmallest(limit + 1, matching(), key=lambda found: span_order(span_sort_key(found, sort)))
    page = tuple(first[:limit])
    has_more = len(first) > limit
    return SpanPage(
        page,
        write_cursor("spans", question, (*span_sort_key(page[-1], sort), since)) if has_more else None,
        scanned=scanned,
        scanned_until_unix_nano=since or None,
        complete=not since,
    )
