"""Figures by value: by model, by user, by tool, …

Which traces belong to a group is what the query text says: those of the group `model:gpt-4o` are those that `model:gpt-4o`
finds, letter case aside. What is counted depends on what has the value:

- **Spans** have a model, provider, kind, name, tool, agent and service, and those of tools in error a failed tool
  (SPAN_FIELDS). `traces` counts the traces with such a span, everything else the spans themselves: `spans`, `errors` and `running` are spans, tokens and cost are
  their own, latency is theirs. A call that was asked of one model and answered by another is in both groups; its
  tokens and cost are in that of the one that answered. So tokens and cost add up over groups, each call once.
- **Traces** have a user, session, tag, status, environment and release (TRACE_FIELDS), and a pattern: the figures are
  those of the traces. A trace with two tags is in both groups.
- A **failure** (model/failures.py) is counted by the spans where it broke.

Facets count traces only; there are more of them: `has` and the names of scores.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from heapq import nsmallest
from typing import Literal, TypeAlias

from llm_tracer.model.failures import failures_of
from llm_tracer.model.figures import Figures, Tally, Tokens, add, bucket_of, figures_of, reported_tokens
from llm_tracer.model.patterns import pattern_of
from llm_tracer.model.query import FIELDS, HAS_WORDS, Has
from llm_tracer.model.row import SpanRow
from llm_tracer.model.span import made_fast
from llm_tracer.model.trace import Node, Trace, TraceCost, TraceSummary

GroupField: TypeAlias = Literal[
    "model", "provider", "kind", "name", "tool", "failed_tool", "agent", "service",
    "user", "session", "tag", "status", "env", "release", "pattern", "failure",
]  # fmt: skip
FacetField: TypeAlias = Literal[
    "status", "name", "model", "provider", "kind", "tool", "agent", "service", "user", "session", "tag", "env",
    "release", "has", "score",
]  # fmt: skip
SPAN_FIELDS: tuple[GroupField, ...] = (
    "model", "provider", "kind", "name", "tool", "failed_tool", "agent", "service",
)  # fmt: skip
TRACE_FIELDS: tuple[GroupField, ...] = ("user", "session", "tag", "status", "env", "release")
GROUP_FIELDS: tuple[GroupField, ...] = (*SPAN_FIELDS, *TRACE_FIELDS, "pattern", "failure")
FACET_FIELDS: tuple[FacetField, ...] = (
    "status", "name", "model", "provider", "kind", "tool", "agent", "service", "user", "session", "tag", "env",
    "release", "has", "score",
)  # fmt: skip


@made_fast
@dataclass(frozen=True, slots=True)
class Group:
    """The figures of one value.

    `first_unix_nano` and `last_unix_nano` are the earliest and the latest start of what was counted (spans, or
    traces); `trace_id` and, of spans, `span_id` name the latest, as an example.
    """

    figures: Figures
    first_unix_nano: int
    last_unix_nano: int
    trace_id: str
    span_id: str | None = None


Groups: TypeAlias = Mapping[str, Group]
"""By value, as it was spelled; of spellings that differ in letter case only, a trace counts in the last one it has."""

Counts: TypeAlias = Mapping[str, int]
"""Traces by value, spelled as in Groups."""


class GroupTally:
    """A Group that grows."""

    def __init__(self) -> None:
        self.figures = Tally()
        self._first: int | None = None
        self._last: tuple[int, str, str] = (-1, "", "")

    def seen(self, first: int, last: int, trace_id: str, span_id: str | None) -> None:
        """Something that counts here, by its start, or several."""
        if self._first is None or first < self._first:
            self._first = first
        if last >= self._last[0]:
            self._last = max(self._last, (last, trace_id, span_id or ""))

    def add(self, group: Group) -> None:
        """Adds what another one counted."""
        self.figures.add(group.figures)
        self.seen(group.first_unix_nano, group.last_unix_nano, group.trace_id, group.span_id)

    @property
    def group(self) -> Group:
        """What was counted so far: something must have been."""
        assert self._first is not None
        last, trace_id, span_id = self._last
        return Group(self.figures.figures, self._first, last, trace_id, span_id or None)


class FieldTally:
    """The groups of one field, that grow."""

    def __init__(self) -> None:
        # Most values of a field with many are met once: then what was added is the sum.
        self._groups: dict[str, GroupTally | Group] = {}

    def of(self, value: str) -> GroupTally:
        """The group of a value."""
        found = self._groups.get(value)
        if isinstance(found, GroupTally):
            return found
        tally = self._groups[value] = GroupTally()
        if found is not None:
            tally.add(found)
        return tally

    def add(self, groups: Groups) -> None:
        """Adds what other ones counted."""
        for value, group in groups.items():
            if value in self._groups:
                self.of(value).add(group)
            else:
                self._groups[value] = group

    @property
    def groups(self) -> Groups:
        """What was counted so far."""
        return {
            value: found.group if isinstance(found, GroupTally) else found
            for value, found in self._groups.items()
        }


# --- one trace ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _CountedSpan:
    row: SpanRow
    is_call: bool
    tokens: Tokens | None
    cost: TraceCost | None
    bucket: int | None


@dataclass(frozen=True)
class CountedTrace:
    """A trace with its summary at the time of asking. `elsewhere` are the response ids that an earlier trace of the
    project counts: totals count it without them."""

    trace: Trace
    summary: TraceSummary
    elsewhere: Collection[str] = ()

    @cached_property
    def figures(self) -> Figures:
        """Its figures, as totals count it."""
        if not self.elsewhere:
            return figures_of(self.summary)
        return figures_of(self.trace.summary_without(self.elsewhere, self.summary))

    @cached_property
    def pattern(self) -> str:
        """What it did."""
        return pattern_of(self.trace, self.summary.status)

    @cached_property
    def spans(self) -> Sequence[_CountedSpan]:
        return [
            _counted_span(node, is_call, node.row.reading.response_id in self.elsewhere)
            for node, is_call in zip(self.trace.nodes, self.trace.is_llm_call, strict=True)
        ]

    def spelled(self, field: str) -> Mapping[str, str]:
        """Each of its values of a field with the spelling under which it counts: one for those that differ in letter
        case only, the last of them."""
        found = self._spelled.get(field)
        if found is None:
            of_trace = FIELDS[field].of_trace
            values = sorted({value for value in of_trace(self.trace, self.summary) if value})
            last = {value.casefold(): value for value in values}
            found = self._spelled[field] = {value: last[value.casefold()] for value in values}
        return found

    @cached_property
    def _spelled(self) -> dict[str, dict[str, str]]:
        return {}


def _counted_span(node: Node, is_call: bool, is_elsewhere: bool) -> _CountedSpan:
    reading, duration_ms = node.row.reading, node.row.duration_ms
    bucket = None if duration_ms is None else bucket_of(duration_ms)
    if is_elsewhere or not node.counted:
        return _CountedSpan(node.row, is_call and not is_elsewhere, None, None, bucket)
    tokens = None if reading.usage is None else reported_tokens(reading.usage)
    cost = None if reading.cost is None else TraceCost(reading.cost.total, complete=True)
    return _CountedSpan(node.row, is_call, tokens, cost, bucket)


def count_trace(tally: FieldTally, field: GroupField, counted: CountedTrace) -> None:
    """Counts one trace in the groups of a field."""
    if field == "failure":
        _count_failures(tally, counted.trace)
    elif field in SPAN_FIELDS:
        _count_spans(tally, field, counted)
    else:
        start = counted.summary.start_time_unix_nano
        for value in _values(field, counted):
            group = tally.of(value)
            group.figures.add(counted.figures)
            group.seen(start, start, counted.trace.trace_id, None)


def _values(field: GroupField, counted: CountedTrace) -> Iterable[str]:
    if field == "pattern":
        return (counted.pattern,)
    return set(counted.spelled(field).values())


def _count_spans(tally: FieldTally, field: GroupField, counted: CountedTrace) -> None:
    trace, summary = counted.trace, counted.summary
    spelled = counted.spelled(field)
    if not spelled:
        return
    groups = {value: tally.of(spelling) for value, spelling in spelled.items()}
    for spelling in set(spelled.values()):
        groups[spelling].figures.traces += 1
    if field == "name" and summary.name:
        # A trace may have a name that none of its spans has.
        start = summary.start_time_unix_nano
        groups[summary.name].seen(start, start, trace.trace_id, None)
    of_span = FIELDS[field].of_span
    assert of_span is not None
    for span in counted.spans:
        pays = groups.get(span.row.reading.model or "") if field == "model" else None
        before = None
        for value in of_span(trace, span.row):
            group = groups[value] if value else None
            # The model that was asked and the one that answered are mostly the same.
            if group is None or group is before:
                continue
            before = group
            _count_span(group, trace, span)
            if pays is None or pays is group:
                group.figures.spend(span.tokens, span.cost)


def _count_span(group: GroupTally, trace: Trace, span: _CountedSpan) -> None:
    row, reading, figures = span.row, span.row.reading, group.figures
    figures.spans += 1
    figures.errors += reading.status == "error"
    figures.running += row.end_time_unix_nano is None
    figures.llm_calls += span.is_call
    figures.tool_calls += reading.kind == "tool"
    if span.bucket is not None:
        figures.took(span.bucket)
    _see(group, trace, row)


def _count_failures(tally: FieldTally, trace: Trace) -> None:
    kinds = set()
    for row, kind in failures_of(trace):
        group = tally.of(kind.text)
        group.figures.traces += kind not in kinds
        group.figures.spans += 1
        group.figures.errors += 1
        if row.duration_ms is not None:
            group.figures.took(bucket_of(row.duration_ms))
        kinds.add(kind)
        _see(group, trace, row)


def _see(group: GroupTally, trace: Trace, row: SpanRow) -> None:
    group.seen(row.start_time_unix_nano, row.start_time_unix_nano, trace.trace_id, row.span_id)


# --- facets ---------------------------------------------------------------------------------------------------------


def facet_values(field: FacetField, counted: CountedTrace) -> Iterable[str]:
    """The values by which a trace is counted in a facet, each once."""
    if field == "has":
        return [word for word in HAS_WORDS if Has(word).matches(counted.trace, counted.summary)]
    if field == "score":
        return sorted({score.name for score in counted.summary.scores})
    return set(counted.spelled(field).values())


# --- ranking --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Ranked:
    """The first groups of an order, all others as one, and how many there are altogether."""

    first: tuple[tuple[str, Group], ...]
    rest: Figures | None
    distinct: int


GroupSort: TypeAlias = Literal["-traces", "-errors", "-cost", "-tokens", "-duration_ms", "-last", "value"]


def ranked(groups: Groups, sort: GroupSort, limit: int, folds: bool = True) -> Ranked:
    """The groups in an order, ties by value; those of spellings that differ in letter case only are one if `folds`."""
    merged = _folded(groups) if folds else groups
    # Of twenty thousand sessions eight are shown: to put all in order takes twice as long.
    first = nsmallest(limit, merged.items(), key=lambda each: (*_order(sort, each[1]), each[0]))
    shown = {value for value, _ in first}
    rest = add(group.figures for value, group in merged.items() if value not in shown)
    return Ranked(tuple(first), rest if len(merged) > limit else None, len(merged))


def _order(sort: GroupSort, group: Group) -> tuple[float, float]:
    """Ascending; among equals those of more traces come first."""
    figures = group.figures
    by: float
    match sort:
        case "-errors":
            by = -figures.errors
        case "-cost":
            by = 1.0 if figures.cost is None else -figures.cost.total
        case "-tokens":
            by = 1.0 if figures.usage is None else -(figures.usage.total or 0)
        case "-duration_ms":
            by = -_mean_bucket(figures)
        case "-last":
            by = -group.last_unix_nano
        case "value":
            return 0, 0
        case "-traces":
            by = 0
    return by, -figures.traces


def _mean_bucket(figures: Figures) -> float:
    """Orders by duration: the mean of the logarithms."""
    counted = sum(figures.histogram.values())
    return sum(bucket * count for bucket, count in figures.histogram.items()) / counted if counted else -1.0


def _folded(groups: Groups) -> Groups:
    if len({value.casefold() for value in groups}) == len(groups):  # mostly nothing is spelled in two ways
        return groups
    by_fold: dict[str, dict[str, Group]] = {}
    for value, group in groups.items():
        by_fold.setdefault(value.casefold(), {})[value] = group
    return {max(spellings): _merged(spellings.values()) for spellings in by_fold.values()}


def _merged(groups: Collection[Group]) -> Group:
    if len(groups) == 1:
        return next(iter(groups))
    tally = GroupTally()
    for group in groups:
        tally.add(group)
    return tally.group


@dataclass(frozen=True, slots=True)
class RankedCounts:
    """The most frequent values with their counts of traces, and how many values there are."""

    first: tuple[tuple[str, int], ...]
    distinct: int


def ranked_counts(counts: Counts, limit: int, prefix: str = "", folds: bool = True) -> RankedCounts:
    """The values by the number of their traces, ties by value; only those that begin with a prefix, case aside. Those
    that differ in letter case only are one if `folds`."""
    wanted = prefix.casefold()
    by_fold: dict[str, tuple[str, int]] = {}
    for value, count in counts.items():
        folded = value.casefold()
        if wanted and not folded.startswith(wanted):
            continue
        kept_by = folded if folds else value
        other = by_fold.get(kept_by)
        by_fold[kept_by] = (value, count) if other is None else (max(other[0], value), other[1] + count)
    first = nsmallest(limit, by_fold.values(), key=lambda each: (-each[1], each[0]))
    return RankedCounts(tuple(first), len(by_fold))
