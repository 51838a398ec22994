"""What a query means: `TraceQuery.matches` decides, and every store is tested against it.

The service parses the text of a query (docs/query.md) into the classes of this module. A condition decides two
things: whether a whole trace fulfils it, and whether one span does (inside `{...}`).
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import chain
from operator import attrgetter
from typing import Any, Literal, Protocol, TypeAlias

from llm_tracer.model.failures import failures_of
from llm_tracer.model.patterns import pattern_id, pattern_of
from llm_tracer.model.row import SpanRow
from llm_tracer.model.trace import Trace, TraceSummary

Comparison: TypeAlias = Literal["=", "!=", ">", ">=", "<", "<="]
FieldType: TypeAlias = Literal["text", "number", "duration_ms"]


class Condition(Protocol):
    """One part of a query."""

    def matches(self, trace: Trace, summary: TraceSummary) -> bool:
        """Whether the trace fulfils it; `summary` is the trace's summary at the time of asking."""
        ...

    def matches_span(self, trace: Trace, row: SpanRow) -> bool:
        """Whether this one span fulfils it."""
        ...


# --- the fields -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Field:
    """A name that a query may use.

    `of_trace` gives the values of a trace; a condition holds if any of them fulfils it. `of_span` gives those of one
    span inside `{...}`; None if the field does not apply to single spans.
    """

    name: str
    type: FieldType
    of_trace: Callable[[Trace, TraceSummary], Iterable[Any]]
    of_span: Callable[[Trace, SpanRow], Iterable[Any]] | None = None


def _any_span(of_row: Callable[[SpanRow], Any]) -> dict[str, Any]:
    """A field of spans, which a trace has if any of its spans has it."""
    return {
        "of_trace": lambda trace, summary: map(of_row, trace.rows),
        "of_span": lambda trace, row: (of_row(row),),
    }


def _usage_of(summary: TraceSummary, name: str) -> int | None:
    return None if summary.usage is None else getattr(summary.usage, name)


def _row_tokens(row: SpanRow) -> int | None:
    return None if row.reading.usage is None else row.reading.usage.total


def _row_cost(row: SpanRow) -> float | None:
    return None if row.reading.cost is None else row.reading.cost.total


_name = attrgetter("reading.name")
_has = attrgetter("reading.has")
_models = attrgetter("reading.request_model", "reading.response_model")


def _failed_tool(row: SpanRow) -> str | None:
    return row.reading.tool_name if row.reading.status == "error" else None


def _usage_field(name: str, part: str) -> Field:
    return Field(
        name,
        "number",
        lambda trace, summary: (_usage_of(summary, part),),
        lambda trace, row: (None if row.reading.usage is None else getattr(row.reading.usage, part),),
    )


def _of_summary(name: str, type: FieldType, of: Callable[[TraceSummary], Any]) -> Field:  # noqa: A002
    return Field(name, type, lambda trace, summary: (of(summary),))


_FIELDS = (
    Field(
        "name",
        "text",
        lambda trace, summary: (summary.name, *map(_name, trace.rows)),
        lambda trace, row: (row.reading.name,),
    ),
    Field(
        "status", "text", lambda trace, summary: (summary.status,), lambda trace, row: (row.reading.status,)
    ),
    Field("span.status", "text", **_any_span(attrgetter("reading.status"))),
    Field("kind", "text", **_any_span(attrgetter("reading.kind"))),
    Field(
        "model",
        "text",
        lambda trace, summary: chain.from_iterable(map(_models, trace.rows)),
        lambda trace, row: _models(row),
    ),
    Field("provider", "text", **_any_span(attrgetter("reading.provider"))),
    Field("service", "text", **_any_span(attrgetter("reading.service_name"))),
    Field("tool", "text", **_any_span(attrgetter("reading.tool_name"))),
    Field("failed_tool", "text", **_any_span(_failed_tool)),
    Field("agent", "text", **_any_span(attrgetter("reading.agent_name"))),
    Field("session", "text", **_any_span(attrgetter("reading.session_id"))),
    Field("user", "text", **_any_span(attrgetter("reading.user_id"))),
    Field(
        "tag",
        "text",
        lambda trace, summary: summary.tags,
        lambda trace, row: row.reading.tags,
    ),
    Field("env", "text", **_any_span(attrgetter("reading.environment"))),
    Field("release", "text", **_any_span(attrgetter("reading.release"))),
    Field(
        "pattern",
        "text",
        lambda trace, summary: (pattern_id(pattern_of(trace, summary.status)),),
    ),
    Field("failure", "text", lambda trace, summary: (kind.id for _, kind in failures_of(trace))),
    Field(
        "dur",
        "duration_ms",
        lambda trace, summary: (summary.duration_ms,),
        lambda trace, row: (row.duration_ms,),
    ),
    Field(
        "ttft",
        "duration_ms",
        lambda trace, summary: (summary.ttft_ms,),
        lambda trace, row: (row.reading.ttft_ms,),
    ),
    _usage_field("tokens", "total"),
    _usage_field("input_tokens", "input"),
    _usage_field("output_tokens", "output"),
    _usage_field("cached_tokens", "cache_read"),
    _usage_field("reasoning_tokens", "reasoning"),
    Field(
        "cost",
        "number",
        lambda trace, summary: (None if summary.cost is None else summary.cost.total,),
        lambda trace, row: (_row_cost(row),),
    ),
    _of_summary("spans", "number", lambda summary: summary.span_count),
    _of_summary("llm_calls", "number", lambda summary: summary.llm_calls),
    _of_summary("tool_calls", "number", lambda summary: summary.kinds.get("tool", 0)),
    _of_summary("errors", "number", lambda summary: summary.error_count),
    Field("span.dur", "duration_ms", **_any_span(attrgetter("duration_ms"))),
    Field("span.tokens", "number", **_any_span(_row_tokens)),
    Field("span.cost", "number", **_any_span(_row_cost)),
)

FIELDS: Mapping[str, Field] = {field.name: field for field in _FIELDS}
"""The fields that compare values. `error`, `id`, `has`, `turn_of` and the families `score.`, `meta.`, `attr.` have
their own conditions, below."""

HAS_WORDS = ("error", "cut", "image", "documents", "reasoning", "cost", "orphan", "open")
FAMILIES = ("score", "meta", "attr")
FIELD_NAMES = (*FIELDS, "error", "id", "has", "turn_of")


# --- comparing values -----------------------------------------------------------------------------------------------


def equals(value: object, wanted: str) -> bool:
    """Whether a value is the wanted text, in any letter case; `*` stands for any characters. `1` also equals 1.0."""
    text = as_text(value)
    if "*" in wanted:
        return _fits(text.casefold(), wanted.casefold())
    return text.casefold() == wanted.casefold() or (isinstance(value, float) and as_number(wanted) == value)


def _fits(text: str, wildcard: str) -> bool:
    # By hand, so that it is linear for any pattern and folds letter case as everywhere else.
    first, *middle, last = wildcard.split("*")
    if not text.startswith(first):
        return False
    at = len(first)
    for part in middle:
        found = text.find(part, at)
        if found < 0:
            return False
        at = found + len(part)
    return at <= len(text) - len(last) and text.endswith(last)


def as_text(value: object) -> str:
    """A value as it is written in a query: `true`, `3`, `0.5`, a text as it is, anything else as JSON."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    return json.dumps(value, ensure_ascii=False, default=repr)


def as_number(value: object) -> float | None:
    """A value as a number, also if it is a text; None if it is not a number, or one that no number in a query can
    equal."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def compares(value: float, comparison: Comparison, wanted: float) -> bool:
    """`value` against `wanted`."""
    match comparison:
        case "=":
            return value == wanted
        case "!=":
            return value != wanted
        case ">":
            return value > wanted
        case ">=":
            return value >= wanted
        case "<":
            return value < wanted
        case "<=":
            return value <= wanted


@dataclass(frozen=True, slots=True)
class Test:
    """The test of a value: that it is present, is one of some texts, compares with a number, or is in a range."""

    __test__ = False  # not a test class, whatever pytest thinks of the name

    texts: tuple[str, ...] = ()
    comparison: Comparison | None = None
    number: float | None = None
    between: tuple[float, float] | None = None

    def holds(self, value: object) -> bool:
        """Whether a value passes. None never does; a list does if one of its elements does."""
        if value is None or value == "":
            return False
        if isinstance(value, list | tuple):
            return any(self.holds(element) for element in value)
        if self.texts:
            return any(equals(value, text) for text in self.texts)
        if self.comparison is None and self.between is None:
            return True
        number = as_number(value)
        if number is None:
            return False
        if self.between is not None:
            return self.between[0] <= number <= self.between[1]
        assert self.comparison is not None
        assert self.number is not None
        return compares(number, self.comparison, self.number)


PRESENT = Test()


# --- the conditions -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Word:
    """Full text over names, inputs, outputs and errors: a substring, in any language and letter case.

    A word of 32 or 16 hex digits also matches as an id.
    """

    text: str

    def matches(self, trace: Trace, summary: TraceSummary) -> bool:
        return (
            self.text.casefold() in summary.name.casefold()
            or (is_id(self.text) and Id(self.text).matches(trace, summary))
            or any(self.matches_span(trace, row) for row in trace.rows)
        )

    def matches_span(self, trace: Trace, row: SpanRow) -> bool:
        wanted = self.text.casefold()
        if wanted in row.reading.name.casefold():
            return True
        if is_id(self.text) and Id(self.text).matches_span(trace, row):
            return True
        span = trace.spans.get(row.span_id)
        return span is not None and any(wanted in found.text.casefold() for found in trace.texts(span))


def is_id(text: str) -> bool:
    """Whether a bare word looks like a trace id or a span id."""
    return len(text) in (16, 32) and all(letter in "0123456789abcdef" for letter in text.lower())


@dataclass(frozen=True, slots=True)
class FieldTest:
    """A named field passes a test."""

    field: str
    test: Test

    def matches(self, trace: Trace, summary: TraceSummary) -> bool:
        return any(self.test.holds(value) for value in FIELDS[self.field].of_trace(trace, summary))

    def matches_span(self, trace: Trace, row: SpanRow) -> bool:
        of_span = FIELDS[self.field].of_span
        return of_span is not None and any(self.test.holds(value) for value in of_span(trace, row))


@dataclass(frozen=True, slots=True)
class Error:
    """`error:`: the type of an error is one of the texts, or its message contains one of them."""

    texts: tuple[str, ...]

    def matches(self, trace: Trace, summary: TraceSummary) -> bool:
        return any(self.matches_span(trace, row) for row in trace.rows)

    def matches_span(self, trace: Trace, row: SpanRow) -> bool:
        error = row.reading.error
        if row.reading.status != "error" and error is None:
            return False
        if not self.texts:
            return True
        return error is not None and any(
            (error.type is not None and equals(error.type, text))
            or (error.message is not None and equals(error.message, f"*{text}*"))
            for text in self.texts
        )


@dataclass(frozen=True, slots=True)
class Id:
    """`id:`: of the trace, or of a span, session or response in it."""

    id: str

    def matches(self, trace: Trace, summary: TraceSummary) -> bool:
        return trace.trace_id == self.id.lower() or any(self.matches_span(trace, row) for row in trace.rows)

    def matches_span(self, trace: Trace, row: SpanRow) -> bool:
        return row.span_id == self.id.lower() or self.id in (row.reading.session_id, row.reading.response_id)


@dataclass(frozen=True, slots=True)
class TurnOf:
    """`turn_of:`: the trace is a turn of the session with exactly this id; a span belongs to that session.

    `session:`, in contrast, asks for any span, in any letter case. A trace whose spans name two sessions is a turn of
    only one of them. An empty id is no session: nothing is a turn of it.
    """

    session_id: str

    def matches(self, trace: Trace, summary: TraceSummary) -> bool:
        return summary.session_id == self.session_id

    def matches_span(self, trace: Trace, row: SpanRow) -> bool:
        return self.session_id != "" and row.reading.session_id == self.session_id


@dataclass(frozen=True, slots=True)
class Has:
    """`has:`: one of HAS_WORDS."""

    word: str

    def matches(self, trace: Trace, summary: TraceSummary) -> bool:
        match self.word:
            case "error":
                return summary.error_count > 0
            case "cost":
                return summary.cost is not None
            case "open":
                return summary.open_count > 0
            case "orphan":
                return summary.orphan_count > 0
            case _:
                return self.word in chain.from_iterable(map(_has, trace.rows))

    def matches_span(self, trace: Trace, row: SpanRow) -> bool:
        match self.word:
            case "error":
                return row.reading.status == "error"
            case "cost":
                return row.reading.cost is not None
            case "open":
                return row.end_time_unix_nano is None
            case "orphan":
                return row.span_id in trace.orphan_ids
            case _:
                return self.word in row.reading.has


@dataclass(frozen=True, slots=True)
class FamilyTest:
    """`score.NAME`, `meta.KEY`, `attr.KEY`: a score, a metadata entry, a raw attribute of a span or its resource."""

    family: Literal["score", "meta", "attr"]
    key: str
    test: Test

    def matches(self, trace: Trace, summary: TraceSummary) -> bool:
        return any(self.matches_span(trace, row) for row in trace.rows)

    def matches_span(self, trace: Trace, row: SpanRow) -> bool:
        return any(self.test.holds(value) for value in self._values(trace, row))

    def _values(self, trace: Trace, row: SpanRow) -> Iterable[Any]:
        if self.family == "meta":
            return (row.reading.metadata.get(self.key),)
        if self.family == "score":
            scores = [score for score in row.reading.scores if score.name == self.key]
            if self.test == PRESENT:  # also a score that is only a comment
                return [score.name for score in scores]
            return [part for score in scores for part in (score.value, score.label)]
        span = trace.spans.get(row.span_id)
        if span is None:
            return ()
        return span.attributes.get(self.key), span.resource.attributes.get(self.key)


@dataclass(frozen=True, slots=True)
class And:
    """All of the parts hold; without parts, everything matches."""

    parts: tuple[Condition, ...] = ()

    def matches(self, trace: Trace, summary: TraceSummary) -> bool:
        return all(part.matches(trace, summary) for part in self.parts)

    def matches_span(self, trace: Trace, row: SpanRow) -> bool:
        return all(part.matches_span(trace, row) for part in self.parts)


@dataclass(frozen=True, slots=True)
class Or:
    """At least one of the parts holds."""

    parts: tuple[Condition, ...]

    def matches(self, trace: Trace, summary: TraceSummary) -> bool:
        return any(part.matches(trace, summary) for part in self.parts)

    def matches_span(self, trace: Trace, row: SpanRow) -> bool:
        return any(part.matches_span(trace, row) for part in self.parts)


@dataclass(frozen=True, slots=True)
class Not:
    """The part does not hold: `-field:*` means "absent"."""

    part: Condition

    def matches(self, trace: Trace, summary: TraceSummary) -> bool:
        return not self.part.matches(trace, summary)

    def matches_span(self, trace: Trace, row: SpanRow) -> bool:
        return not self.part.matches_span(trace, row)


@dataclass(frozen=True, slots=True)
class SpanGroups:
    """`{...}`, or `{...} -> {...}`: one span fulfils each group, and each starts after the previous one."""

    groups: tuple[Condition, ...]

    def matches(self, trace: Trace, summary: TraceSummary) -> bool:
        # The earliest span that fulfils a group leaves the most room for the next ones.
        after: int | None = None
        for group in self.groups:
            found = next(
                (
                    row
                    for row in trace.by_start
                    if (after is None or row.start_time_unix_nano > after) and group.matches_span(trace, row)
                ),
                None,
            )
            if found is None:
                return False
            after = found.start_time_unix_nano
        return True

    def matches_span(self, trace: Trace, row: SpanRow) -> bool:
        return len(self.groups) == 1 and self.groups[0].matches_span(trace, row)


@dataclass(frozen=True, slots=True)
class TraceQuery:
    """A whole query. The empty one matches every trace.

    The time range, the order and the page are separate parameters, not part of it.
    """

    condition: Condition = And()

    def matches(self, trace: Trace, summary: TraceSummary) -> bool:
        """The meaning of the query. `summary` is `trace.summary.at(now, …)`, since whether a trace is abandoned
        depends on the current time."""
        return self.condition.matches(trace, summary)

    def matches_span(self, trace: Trace, row: SpanRow) -> bool:
        """The meaning of the query for the list of spans (`GET /api/spans`): whether this one span fulfils it."""
        return self.condition.matches_span(trace, row)

    @property
    def is_empty(self) -> bool:
        """True for the query that matches everything."""
        return self.condition == And()
