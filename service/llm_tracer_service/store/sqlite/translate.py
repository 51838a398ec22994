"""A query as SQL: a sound over-approximation.

Every trace that matches meets the SQL condition. If the translation is exact, the reverse holds too, and a page is read
straight from an index; if not, the caller verifies each candidate with `TraceQuery.matches`. The SQL of a condition
yields 0 or 1, never NULL, so that NOT negates it. It refers to the table `traces` as `t`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from llm_tracer.model.query import (
    And,
    Condition,
    Error,
    FieldTest,
    Has,
    Id,
    Not,
    Or,
    SpanGroups,
    Test,
    TurnOf,
    Word,
    is_id,
)

from llm_tracer_service.store.ids import span_key, trace_key
from llm_tracer_service.store.sqlite.bodies import TRACES_OF_SPAN
from llm_tracer_service.store.sqlite.columns import NUMBER_COLUMNS
from llm_tracer_service.store.sqlite.labels import (
    ERROR,
    FIELD_KINDS,
    HAS,
    RESPONSE,
    RESPONSE_ASIDE,
    LabelSearch,
    ids,
)
from llm_tracer_service.store.sqlite.pattern_index import PatternSearch
from llm_tracer_service.store.sqlite.text import TextSearch

Binding: TypeAlias = int | float | str | bytes


@dataclass(frozen=True, slots=True)
class Translation:
    """A condition in SQL with its bindings. `exact`: it holds for exactly the traces that match."""

    sql: str
    bindings: tuple[Binding, ...] = ()
    exact: bool = True
    narrow: bool = False
    """It names at most some thousand traces by number: they should be looked up, whatever the order of the page."""
    depth: int = 1
    """At least the depth of the expression, which SQLite limits to 1,000."""


EVERY = Translation("1")
NONE = Translation("0")
VERIFY = Translation("1", exact=False)
"""The database cannot decide: every trace is a candidate."""

_ALWAYS_NUMBERS = frozenset({"t.duration_ms", "t.span_count", "t.error_count", "t.llm_calls", "t.tool_calls"})

_DEPTH_MAX = 200
"""Queries that are nested deeper, or longer, are verified: nobody types such queries."""

_RARE_MAX = 1_000
"""Labels on at most so many traces are looked up first; more common ones are checked trace by trace."""


class Translator:
    """Translates the conditions of one question about one project."""

    def __init__(
        self,
        labels: LabelSearch,
        texts: TextSearch,
        patterns: PatternSearch,
        now_unix_nano: int,
        abandon_after_s: float,
    ) -> None:
        self._labels = labels
        self._texts = texts
        self._patterns = patterns
        self._now_unix_nano = now_unix_nano
        self._abandon_after_s = abandon_after_s

    def of_trace(self, condition: Condition) -> Translation:
        """The traces that meet a condition."""
        match condition:
            case And(parts):
                return _joined("AND", [self.of_trace(part) for part in parts], EVERY)
            case Or(parts):
                return _joined("OR", [self.of_trace(part) for part in parts], NONE)
            case Not(part):
                return _negated(self.of_trace(part))
            case FieldTest("status", test):
                return self._status(test)
            case FieldTest(field, test) if field in FIELD_KINDS:
                return self._labelled(self._labels.passing(field, test))
            case FieldTest(field, test) if field in NUMBER_COLUMNS:
                return _number(f"t.{NUMBER_COLUMNS[field]}", test)
            case FieldTest("pattern", test):
                return self._pattern(test)
            case Error(()):
                return self._labelled(self._labels.of_kind(ERROR))
            case Has(word):
                return self._has(word)
            case Id(id):
                return self._id(id)
            case TurnOf(session_id):
                sessions = self._labels.equal("session", session_id)
                return _joined("OR", [Translation("(t.session IS ?)", (label,)) for label in sessions], NONE)
            case _:
                return self.of_span(condition)

    def of_span(self, condition: Condition) -> Translation:
        """The traces that may have a span that meets a condition: exact only for the empty condition."""
        match condition:
            case And(()):
                return EVERY
            case And(parts):
                return _joined("AND", [self.of_span(part) for part in parts], EVERY)
            case Or(parts):
                return _inexact(_joined("OR", [self.of_span(part) for part in parts], NONE))
            case SpanGroups(groups):
                return _inexact(_joined("AND", [self.of_span(group) for group in groups], EVERY))
            case FieldTest("status", test):
                return _inexact(self._labelled(self._labels.passing("span.status", test)))
            case FieldTest(field, test) if field in FIELD_KINDS:
                return _inexact(self._labelled(self._labels.passing(field, test)))
            case FieldTest("failed_tool", test):
                tools = self._labelled(self._labels.passing("tool", test))
                return _inexact(_joined("AND", [tools, self._in_error()], EVERY))
            case FieldTest("failure"):
                return _inexact(self._in_error())
            case Error():
                return _inexact(self._labelled(self._labels.of_kind(ERROR)))
            case Has("error" | "open" | "orphan" as word):
                return _inexact(self._has(word))
            case Has(word) if word != "cost":
                return _inexact(self._has(word))
            case Id(id):
                return _inexact(self._id(id))
            case TurnOf(session_id):
                return _inexact(self._labelled(self._labels.equal("session", session_id)))
            case Word(text):
                return self._word(text)
            case _:
                return VERIFY  # families, numbers of spans, negations, and conditions to come

    def _status(self, test: Test) -> Translation:
        # There are four statuses: the test itself decides which of them pass.
        passing = {status for status in ("running", "ok", "error", "abandoned") if test.holds(status)}
        ended = sorted(passing & {"ok", "error"})
        choices = [_is_one_of("t.status", ended)] if ended else []
        if {"running", "abandoned"} <= passing:
            choices.append(_is_one_of("t.status", ["running"]))
        elif "running" in passing:
            choices.append(self._silent("<="))
        elif "abandoned" in passing:
            choices.append(self._silent(">"))
        return _joined("OR", choices, NONE)

    def _silent(self, comparison: str) -> Translation:
        # The arithmetic of TraceSummary.at, in the same order, so that it rounds the same way.
        return Translation(
            f"(t.status = 'running' AND (? - t.last_received) / 1e9 {comparison} ?)",
            (self._now_unix_nano, self._abandon_after_s),
        )

    def _labelled(self, labels: list[int] | None) -> Translation:
        if labels is None:
            return VERIFY
        if not labels:
            return NONE
        if self._labels.are_common(labels, _RARE_MAX):
            return Translation(_HAS_LABEL.format(labels=ids(labels)))
        return Translation(_IS_LABELLED.format(labels=ids(labels)), narrow=True)

    def _in_error(self) -> Translation:
        """The traces with a span in error."""
        return self._labelled(self._labels.passing("span.status", Test(texts=("error",))))

    def _pattern(self, test: Test) -> Translation:
        if not test.texts or any("*" in text for text in test.texts):
            return VERIFY
        found = self._patterns.candidates(tuple(text.casefold() for text in test.texts))
        if found is None:
            return VERIFY
        return Translation(f"t.id IN ({found.sql})", found.bindings, exact=False, narrow=found.narrow)

    def _has(self, word: str) -> Translation:
        match word:
            case "cost":
                return Translation("(t.cost_complete IS NOT NULL)")
            case "error":
                return Translation("(t.error_count > 0)")
            case "open":
                return Translation("(t.open_count > 0)")
            case "orphan":
                return Translation("(t.orphan_count > 0)")
            case _:
                return self._labelled(self._labels.equal(HAS, word))

    def _word(self, text: str) -> Translation:
        """The text index covers texts; names are labels, since a remap changes names without touching texts."""
        answer = self._texts.where(text)
        if answer is None:
            return VERIFY
        in_texts = Translation(answer.sql, narrow=answer.narrow)
        choices = [in_texts, self._labelled(self._labels.containing("name", text))]
        if is_id(text):
            choices.append(self._id(text))
        return _inexact(_joined("OR", choices, NONE))

    def _id(self, id: str) -> Translation:  # noqa: A002
        choices = [
            self._labelled(self._labels.equal("session", id)),
            self._labelled(
                [*self._labels.equal(RESPONSE, id), *self._labels.equal(RESPONSE_ASIDE, id)],
            ),
        ]
        trace, span = trace_key(id.lower()), span_key(id.lower())
        if trace is not None:
            choices.append(Translation("(t.trace_id = ?)", (trace,)))
        if span is not None:
            choices.append(Translation(f"t.id IN ({TRACES_OF_SPAN})", (span,), narrow=True))
        return _joined("OR", choices, NONE)


_IS_LABELLED = "t.id IN (SELECT trace FROM trace_labels WHERE label IN ({labels}))"
_HAS_LABEL = """EXISTS (
    SELECT 1 FROM trace_labels l WHERE l.label IN ({labels}) AND l.start = t.start AND l.trace = t.id
)"""


def _number(column: str, test: Test) -> Translation:
    if test.texts:
        return VERIFY
    if test.between is not None:
        low, high = test.between
        if math.isnan(low) or math.isnan(high):
            return NONE
        return Translation(f"ifnull({column} BETWEEN ? AND ?, 0)", (float(low), float(high)))
    if test.comparison is None:
        # A value too large for a number is present too, although its column is NULL.
        if column == "t.cost":
            return Translation("(t.cost_complete IS NOT NULL)")
        return Translation(f"({column} IS NOT NULL)") if column in _ALWAYS_NUMBERS else VERIFY
    if test.number is None or math.isnan(test.number):
        return VERIFY
    return Translation(f"ifnull({column} {test.comparison} ?, 0)", (float(test.number),))


def _is_one_of(column: str, texts: Sequence[str]) -> Translation:
    return Translation(f"({column} IN ({', '.join('?' * len(texts))}))", tuple(texts))


def _joined(word: str, parts: Sequence[Translation], of_none: Translation) -> Translation:
    depth = len(parts) + max((part.depth for part in parts), default=0)
    if depth > _DEPTH_MAX:
        return VERIFY
    # Parts that decide nothing are left out, so that the planner sees those that do.
    telling = [part for part in parts if part.sql != of_none.sql]
    exact = all(part.exact for part in parts)
    if not telling:
        return Translation(of_none.sql, exact=exact)
    return Translation(
        f"({f' {word} '.join(part.sql for part in telling)})",
        tuple(binding for part in telling for binding in part.bindings),
        exact,
        (any if word == "AND" else all)(part.narrow for part in telling),
        depth,
    )


def _negated(part: Translation) -> Translation:
    if not part.exact or part.depth >= _DEPTH_MAX:
        return VERIFY
    return Translation(f"(NOT {part.sql})", part.bindings, depth=part.depth + 1)


def _inexact(part: Translation) -> Translation:
    return replace(part, exact=False)
