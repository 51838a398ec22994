"""Verifying candidates: whether a trace or a span that the database found really matches, and where its words occur.

A page shows a place for each trace, and finding one proves that the word occurs. So each word is looked for once
(places.py), and what the database has decided alone is not checked again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from llm_tracer.model.query import And, Condition, Id, Not, Or, SpanGroups, TraceQuery, Word, is_id
from llm_tracer.model.row import SpanRow
from llm_tracer.model.trace import Trace, TraceSummary

from llm_tracer_service.store.base import Hit
from llm_tracer_service.store.hits import first_hit, words_of
from llm_tracer_service.store.sqlite.places import Places


class Verification:
    """One query. `exact`: every candidate matches. `is_exact` says that of a single part of the condition."""

    def __init__(
        self,
        query: TraceQuery,
        exact: bool,
        places: Places,
        is_exact: Callable[[Condition], bool] = lambda condition: False,
    ) -> None:
        self._places = places
        self._words = words_of(query)
        self._is_decided = exact and not self._words
        condition = query.condition
        parts = condition.parts if isinstance(condition, And) else (condition,)
        open_parts = () if exact else tuple(part for part in parts if not is_exact(part))
        self._open = _sought(And(open_parts), places)

    def trace(self, trace: Trace, summary: TraceSummary) -> tuple[bool, Hit | None]:
        """Whether a trace matches, and a place of its first word."""
        if not self._open.matches(trace, summary):
            return False, None
        return True, first_hit(self._words, lambda word: self._places.in_trace(trace, summary, word))

    def span(self, load: Callable[[], Trace], row: SpanRow) -> tuple[bool, Hit | None]:
        """Whether a span matches, and the first place of its first word; its trace is loaded only if it is needed."""
        if self._is_decided:
            return True, None
        trace = load()
        if not self._open.matches_span(trace, row):
            return False, None
        return True, first_hit(self._words, lambda word: self._places.in_span(trace, row, word))


def _sought(condition: Condition, places: Places) -> Condition:
    """An equivalent condition whose words are looked for in `places`."""
    match condition:
        case And(parts):
            return And(tuple(_sought(part, places) for part in parts))
        case Or(parts):
            return Or(tuple(_sought(part, places) for part in parts))
        case Not(part):
            return Not(_sought(part, places))
        case SpanGroups(groups):
            sought = SpanGroups(tuple(_sought(group, places) for group in groups))
            return _SoughtGroups(sought, repr(condition), places)
        case Word(text) if text:
            return _SoughtWord(text, places)
        case _:
            return condition


@dataclass(frozen=True, slots=True)
class _SoughtWord:
    """A Word, looked for in `places`."""

    text: str
    places: Places

    def matches(self, trace: Trace, summary: TraceSummary) -> bool:
        return self.places.in_trace(trace, summary, self.text) is not None or (
            is_id(self.text) and Id(self.text).matches(trace, summary)
        )

    def matches_span(self, trace: Trace, row: SpanRow) -> bool:
        return self.places.in_span(trace, row, self.text) is not None or (
            is_id(self.text) and Id(self.text).matches_span(trace, row)
        )


@dataclass(frozen=True, slots=True)
class _SoughtGroups:
    """SpanGroups whose words are looked for in `places`. Whether they hold for a trace is remembered: it depends on the
    spans alone, not on when one asks."""

    groups: SpanGroups
    spelled: str
    places: Places

    def matches(self, trace: Trace, summary: TraceSummary) -> bool:
        return self.places.have_groups(trace, self.spelled, lambda: self.groups.matches(trace, summary))

    def matches_span(self, trace: Trace, row: SpanRow) -> bool:
        return self.groups.matches_span(trace, row)
