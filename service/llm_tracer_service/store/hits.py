"""Where the words of a query occur in a trace: the hits of a page, and the snippets of all places. Pure.

`hit_in_trace` finds a place exactly when `Word.matches` holds for a reason other than an id.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from llm_tracer.model.query import And, Condition, Or, SpanGroups, TraceQuery, Word
from llm_tracer.model.row import SpanRow
from llm_tracer.model.trace import Trace, TraceSummary

from llm_tracer_service.store.base import Hit

SNIPPET_CHARS = 80
"""On each side of the word."""


def words_of(query: TraceQuery) -> tuple[str, ...]:
    """The words that a query asks for, in the order in which it spells them; excluded words are left out."""
    return tuple(_words(query.condition))


def _words(condition: Condition) -> Iterator[str]:
    match condition:
        case Word(text) if text:
            yield text
        case And(parts) | Or(parts) | SpanGroups(parts):
            for part in parts:
                yield from _words(part)


def first_hit(words: Iterable[str], place_of: Callable[[str], Hit | None]) -> Hit | None:
    """The place of the first word that has one."""
    return next((hit for hit in map(place_of, words) if hit is not None), None)


def hit_in_trace(trace: Trace, summary: TraceSummary, word: str) -> Hit | None:
    """The first place of a word in a trace."""
    for row in trace.by_start:
        if hit := hit_in_span(trace, row, word):
            return hit
    snippet = snippet_of(summary.name, word)
    return None if snippet is None or not trace.rows else Hit(trace.by_start[0].span_id, "name", snippet)


def hit_in_span(trace: Trace, row: SpanRow, word: str) -> Hit | None:
    """The first place of a word in one span."""
    return hit_in_name(row, word) or hit_in_texts(trace, row.span_id, word)


def hit_in_name(row: SpanRow, word: str) -> Hit | None:
    """The place of a word in the name of a span, as the row has it."""
    snippet = snippet_of(row.reading.name, word)
    return None if snippet is None else Hit(row.span_id, "name", snippet)


def hit_in_texts(trace: Trace, span_id: str, word: str) -> Hit | None:
    """The first place of a word in the texts of a span."""
    return next(hits_in_span(trace, span_id, word), None)


def hits_in_span(trace: Trace, span_id: str, word: str) -> Iterator[Hit]:
    """One hit for each text of a span that contains the word."""
    span = trace.spans.get(span_id)
    for text in () if span is None else trace.texts(span):
        snippet = snippet_of(text.text, word)
        if snippet is not None:
            yield Hit(span_id, text.where, snippet)


def snippet_of(text: str, word: str) -> str | None:
    """The text around the first occurrence of a word, on one line; None if there is none."""
    folded, wanted = text.casefold(), word.casefold()
    start = folded.find(wanted)
    if start < 0:
        return None
    end = start + len(wanted)
    if len(folded) != len(text):  # a letter became two: "ß" is "ss"
        start, end = _unfolded(text, start, end)
    first, last = max(0, start - SNIPPET_CHARS), min(len(text), end + SNIPPET_CHARS)
    return f"{'…' if first else ''}{' '.join(text[first:last].split())}{'…' if last < len(text) else ''}"


def _unfolded(text: str, start: int, end: int) -> tuple[int, int]:
    """Where a part of the folded text lies in the text itself, including the whole of its first and last letters."""
    first, at = 0, 0
    for index, letter in enumerate(text):
        if at >= end:
            return first, index
        if at <= start:
            first = index
        at += len(letter.casefold())
    return first, len(text)
