"""Where words occur in traces: looked for first in the spans whose bytes contain them, and found once.

A list that is shown live asks for the same words in the same traces again and again. What was found is remembered under
keys for which it is true for ever: a body never changes, its number is never used again, and each change of a trace has
its own revision. So nothing needs to be invalidated, whatever is written, deleted or read by another Reader.
"""

from __future__ import annotations

from collections.abc import Callable
from sys import getsizeof
from typing import Any, TypeAlias

from llm_tracer.model.row import SpanRow
from llm_tracer.model.trace import Trace, TraceSummary

from llm_tracer_service.store.base import Hit
from llm_tracer_service.store.hits import hit_in_name, hit_in_texts, hit_in_trace
from llm_tracer_service.store.sqlite.bodies import Body
from llm_tracer_service.store.sqlite.labels import LabelSearch
from llm_tracer_service.store.sqlite.payloads import LazySpans
from llm_tracer_service.store.sqlite.recent import Recent
from llm_tracer_service.store.sqlite.text import TextSearch, verbatim

_ENTRY_BYTES = 400
"""The size of an entry besides its texts."""

_Version: TypeAlias = str
_Number: TypeAlias = int
_Revision: TypeAlias = int
_Slot: TypeAlias = int
_Word: TypeAlias = str
_Groups: TypeAlias = str


class KnownPlaces:
    """What was found, for all questions about one file: at most 5.5 MB, some thousands of places."""

    def __init__(self) -> None:
        self.slots: Recent[tuple[_Number, _Word], tuple[_Slot, ...]] = Recent(1_500_000, _bytes_of)
        """The spans of a body whose bytes contain a word."""
        self.in_spans: Recent[tuple[_Version, _Number, _Slot, _Word], Hit | None] = Recent(
            1_500_000, _bytes_of
        )
        """The place of a word in the texts of a span."""
        self.in_traces: Recent[tuple[_Version, _Revision, _Word], Hit | None] = Recent(2_000_000, _bytes_of)
        """The place of a word that a list of traces shows."""
        self.groups: Recent[tuple[_Version, _Revision, _Groups], bool] = Recent(500_000, _bytes_of)
        """Whether a trace has spans that meet their groups."""


def _bytes_of(key: tuple[Any, ...], value: Hit | tuple[_Slot, ...] | bool | None) -> int:
    texts = getsizeof(key[-1])
    match value:
        case Hit():
            texts += getsizeof(value.snippet)
        case tuple():
            texts += getsizeof(value)
    return _ENTRY_BYTES + texts


class Places:
    """Where words occur in the traces of one state of the file, as one version of the Reader reads them. The spans of the
    traces are LazySpans."""

    def __init__(
        self, known: KnownPlaces, reader_version: str, labels: LabelSearch, texts: TextSearch
    ) -> None:
        self._known = known
        self._version = reader_version
        self._labels = labels
        self._texts = texts
        self._is_plain: dict[str, bool] = {}
        self._verbatim: dict[int, frozenset[int]] = {}

    def in_trace(self, trace: Trace, summary: TraceSummary, word: str) -> Hit | None:
        """A place of a word in a trace."""
        key = (self._version, _spans_of(trace).revision, word)
        return self._known.in_traces.get(key, lambda: self._find_in_trace(trace, summary, word))

    def in_span(self, trace: Trace, row: SpanRow, word: str) -> Hit | None:
        """The first place of a word in one span."""
        spans = _spans_of(trace)
        body, slot = spans.place(row.span_id)
        if slot not in self._slots(spans, body, word) and self._are_told(spans, {body.number}, word):
            return None
        key = (self._version, body.number, slot, word)
        return hit_in_name(row, word) or self._known.in_spans.get(
            key, lambda: hit_in_texts(trace, row.span_id, word)
        )

    def have_groups(self, trace: Trace, groups: str, decide: Callable[[], bool]) -> bool:
        """Whether a trace has spans that meet their groups; `groups` spells the groups out."""
        return self._known.groups.get((self._version, _spans_of(trace).revision, groups), decide)

    def _find_in_trace(self, trace: Trace, summary: TraceSummary, word: str) -> Hit | None:
        spans = _spans_of(trace)
        likely = {
            body.span_ids[slot]
            for body in spans.bodies
            for slot in self._slots(spans, body, word)
            if slot not in body.dead
        }
        # Mostly there is just one; only the order of several requires reading the rows.
        for span_id in likely if len(likely) < 2 else [each for each in spans if each in likely]:
            if hit := hit_in_texts(trace, span_id, word):
                return hit
        if self._are_told(spans, {body.number for body in spans.bodies}, word):
            return None
        return hit_in_trace(trace, summary, word)

    def _slots(self, spans: LazySpans, body: Body, word: str) -> tuple[int, ...]:
        return self._known.slots.get((body.number, word), lambda: spans.slots_with(body, word))

    def _are_told(self, spans: LazySpans, bodies: set[int], word: str) -> bool:
        """Whether a word that is not in the bytes of these bodies is certainly in none of their texts and names."""
        if word not in self._is_plain:
            self._is_plain[word] = verbatim.is_told(word) and not self._labels.containing("name", word)
        if not self._is_plain[word]:
            return False
        if spans.trace not in self._verbatim:
            self._verbatim[spans.trace] = self._texts.verbatim_bodies(spans.trace)
        return bodies <= self._verbatim[spans.trace]


def _spans_of(trace: Trace) -> LazySpans:
    assert isinstance(trace.spans, LazySpans)
    return trace.spans
