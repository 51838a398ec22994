"""Verifying candidates: whether a trace or a span that the database found does match, and where its words stand.

A page shows a place for each trace, and finding one proves that the word is there. So each word is looked for once, first
in the spans whose bytes have it, and what the database decided alone is not asked again.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from llm_tracer.model.query import And, Condition, Id, Not, Or, TraceQuery, Word, is_id
from llm_tracer.model.row import SpanRow
from llm_tracer.model.trace import Trace, TraceSummary

from llm_tracer_service.store.base import Hit
from llm_tracer_service.store.hits import first_hit, hit_in_span, hit_in_trace, words_of
from llm_tracer_service.store.sqlite.payloads import LazySpans


class Verification:
    """One query. `exact`: every candidate matches. `is_exact` tells that of a condition which is one part of it;
    `is_told`, whether a word that is not in the bytes of spans is neither in their texts nor in a name."""

    def __init__(
        self,
        query: TraceQuery,
        exact: bool,
        is_exact: Callable[[Condition], bool] = lambda condition: False,
        is_told: Callable[[str, LazySpans], bool] = lambda word, spans: False,
    ) -> None:
        self._query = query
        self._exact = exact
        self._is_told = is_told
        self._words = words_of(query)
        condition = query.condition
        parts = condition.parts if isinstance(condition, And) else (condition,)
        self._open = [] if exact else [part for part in parts if not is_exact(part)]

    def trace(self, trace: Trace, summary: TraceSummary) -> tuple[bool, Hit | None]:
        """Whether a trace matches, and a place of its first word."""
        place_of = lru_cache(None)(lambda word: self._place_in_trace(trace, summary, word))
        if not all(_holds(part, place_of, lambda each: each.matches(trace, summary)) for part in self._open):
            return False, None
        return True, first_hit(self._words, place_of)

    def span(self, load: Callable[[], Trace], row: SpanRow) -> tuple[bool, Hit | None]:
        """Whether a span matches, and the first place of its first word; its trace is loaded where it is needed."""
        if self._exact and not self._words:
            return True, None
        trace = load()
        place_of = lru_cache(None)(lambda word: self._place_in_span(trace, row, word))
        if not all(_holds(part, place_of, lambda each: each.matches_span(trace, row)) for part in self._open):
            return False, None
        return True, first_hit(self._words, place_of)

    def _place_in_trace(self, trace: Trace, summary: TraceSummary, word: str) -> Hit | None:
        if not isinstance(trace.spans, LazySpans):
            return hit_in_trace(trace, summary, word)
        likely = trace.spans.likely(word)
        if not likely and self._is_told(word, trace.spans):
            return None
        return hit_in_trace(trace, summary, word, likely)

    def _place_in_span(self, trace: Trace, row: SpanRow, word: str) -> Hit | None:
        spans = trace.spans
        if (
            isinstance(spans, LazySpans)
            and not spans.is_likely(row.span_id, word)
            and self._is_told(word, spans)
        ):
            return None
        return hit_in_span(trace, row, word)


def _holds(
    condition: Condition, place_of: Callable[[str], Hit | None], decide: Callable[[Condition], bool]
) -> bool:
    """What `matches` says of a condition, its words looked for by `place_of`."""
    match condition:
        case And(parts):
            return all(_holds(part, place_of, decide) for part in parts)
        case Or(parts):
            return any(_holds(part, place_of, decide) for part in parts)
        case Not(part):
            return not _holds(part, place_of, decide)
        case Word(word) if word:
            return place_of(word) is not None or (is_id(word) and decide(Id(word)))
        case _:
            return decide(condition)
