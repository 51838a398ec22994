"""Figures by value: by model, by user, by tool, …

The query text defines which traces belong to a group: those in the group `gpt-4o` of `model` are those that
`model:gpt-4o` finds, in any letter case. What is counted depends on what has the value:

- **Spans** have a model, provider, kind, name, tool, agent and service, and those of tools in error a failed tool
  (SPAN_FIELDS). `traces` counts the traces with such a span, everything else the spans themselves: `spans`, `errors` and `running` are spans, tokens and cost are
  their own, latency is theirs. A call that was asked of one model and answered by another is in both groups; its
  tokens and cost are in that of the one that answered. So tokens and cost add up over groups, each call once.
- **Traces** have a user, session, tag, status, environment and release (TRACE_FIELDS), and a pattern: the figures are
  those of the traces. A trace with two tags is in both groups.
- A **failure** (model/failures.py) counts the spans where it began.

Facets count traces only. There are two more of them: `has` and the names of scores.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from heapq import nlargest, nsmallest
from operator import attrgetter
from typing import Literal, TypeAlias, TypeVar

from llm_tracer.model.failures import failures_of
from llm_tracer.model.fast_dataclass import made_fast
from llm_tracer.model.figures import Figures, Tally, add, bucket_of, figures_of, percentile_ms
from llm_tracer.model.patterns import pattern_of
from llm_tracer.model.query import FIELDS, HAS_WORDS, Has
from llm_tracer.model.row import SpanRow
from llm_tracer.model.trace import Node, Trace, TraceSummary

T = TypeVar("T")

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
    "status", "has", "name", "model", "provider", "kind", "tool", "agent", "service", "user", "session", "tag", "env",
    "release", "score",
)  # fmt: skip
UNGROUPED_FACETS: tuple[FacetField, ...] = ("has", "score")
"""Facets without groups. Those of all other fields follow from their groups: see `counts_of`."""


@made_fast
@dataclass(frozen=True, slots=True)
class Group:
    """The figures of one value.

    `first_unix_nano` and `last_unix_nano` are the earliest and the latest start among what was counted (spans or
    traces). `trace_id`, and for spans `span_id`, identify the latest, as an example.
    """

    figures: Figures
    first_unix_nano: int
    last_unix_nano: int
    trace_id: str
    span_id: str | None = None


Groups: TypeAlias = Mapping[str, Group]
"""By value, as it was spelled. If a trace has spellings that differ only in letter case, it counts in the last of
them."""

Counts: TypeAlias = Mapping[str, int]
"""The number of traces by value, spelled as in Groups."""


def counts_of(groups: Groups) -> Counts:
    """The facet of a field, from its groups."""
    return {value: group.figures.traces for value, group in groups.items()}


class GroupTally:
    """A Group that grows."""

    def __init__(self) -> None:
        self.figures = Tally()
        self._first: int | None = None
        self._last: tuple[int, str, str] = (-1, "", "")

    def seen(self, first: int, last: int, trace_id: str, span_id: str | None) -> None:
        """Notes what is counted here: one thing by its start, or several by their first and last start."""
        if self._first is None or first < self._first:
            self._first = first
        if last >= self._last[0]:
            self._last = max(self._last, (last, trace_id, span_id or ""))

    def add(self, group: Group) -> None:
        """Adds what another one counted."""
        self.figures.add(group.figures)
        self.seen(group.first_unix_nano, group.last_unix_nano, group.trace_id, group.span_id)

    def join(self, other: GroupTally, pays: bool) -> None:
        """Adds another tally; its tokens and cost only if it `pays` here."""
        assert other._first is not None
        self.figures.join(other.figures, pays)
        last, trace_id, span_id = other._last
        self.seen(other._first, last, trace_id, span_id)

    @property
    def is_empty(self) -> bool:
        """Whether nothing was counted."""
        return self._first is None

    @property
    def group(self) -> Group:
        """What was counted so far. Something must have been counted."""
        assert self._first is not None
        last, trace_id, span_id = self._last
        return Group(self.figures.figures, self._first, last, trace_id, span_id or None)


class FieldTally:
    """The groups of one field, that grow."""

    def __init__(self) -> None:
        # In a field with many values most occur once; then the group that was added is the sum.
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
            if isinstance(found, Group) or not found.is_empty
        }


# --- counting traces ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class CountedTrace:
    """A trace with its summary at the time of asking. `elsewhere` are the response ids that an earlier trace of the
    project counts, and which totals leave out here."""

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

    def values(self, field: str) -> Collection[str]:
        """Its values of a field. Of those that differ only in letter case, the last."""
        found = self._found(field)
        return found if len(found) < 2 else self.spelled(field).values()

    def spelled(self, field: str) -> Mapping[str, str]:
        """Its values of a field by their case fold."""
        return {value.casefold(): value for value in sorted(self._found(field))}

    def _found(self, field: str) -> Collection[str]:
        return set(FIELDS[field].of_trace(self.trace, self.summary)).difference(_NO_VALUES)


_NO_VALUES = (None, "")

_what_fields_tell = attrgetter(
    "request_model", "response_model", "provider", "kind", "name", "tool_name", "status", "agent_name", "service_name",
)  # fmt: skip
"""What SPAN_FIELDS read of a span: spans for which it is equal count in the same groups."""

_ALIKE_MAX = 1_000
"""So many different spans are held before they are added to their groups: 1 MB."""


class _Alike:
    """Spans that no field distinguishes, counted together. `groups` are their groups, and whether their tokens and
    cost belong there; `folds` are their values in each field, case-folded."""

    def __init__(self, groups: Mapping[GroupTally, bool], folds: Collection[str]) -> None:
        self.groups = groups
        self.folds = folds
        self.counted = GroupTally()

    def count(self, counted: CountedTrace, node: Node, is_call: bool) -> None:
        """Counts one of them."""
        row, reading, figures = node.row, node.row.reading, self.counted.figures
        is_elsewhere = reading.response_id in counted.elsewhere
        figures.spans += 1
        figures.errors += reading.status == "error"
        figures.running += row.end_time_unix_nano is None
        figures.llm_calls += is_call and not is_elsewhere
        figures.tool_calls += reading.kind == "tool"
        if (duration_ms := row.duration_ms) is not None:
            figures.took(bucket_of(duration_ms))
        if node.counted and not is_elsewhere:
            figures.spend(reading.usage, None if reading.cost is None else reading.cost.total)
        _see(self.counted, counted.trace, row)


class TraceCounter:
    """Counts traces in the groups of several fields. No other code does.

    A span has eight fields and counts in some five groups, but many spans have the same values in all of them. Those
    are counted together, and added to their groups at the end.
    """

    def __init__(self, fields: Iterable[GroupField]) -> None:
        self._tallies = {field: FieldTally() for field in fields}
        self._span_fields = [field for field in self._tallies if field in SPAN_FIELDS]
        self._trace_fields = [field for field in self._tallies if field in TRACE_FIELDS]
        self._alike: dict[tuple[str | None, ...], _Alike] = {}

    def count(self, counted: CountedTrace) -> None:
        """Counts one trace."""
        if self._span_fields:
            self._count_spans(counted)
        start = counted.summary.start_time_unix_nano
        group = Group(counted.figures, start, start, counted.trace.trace_id)
        for field in self._trace_fields:
            self._tallies[field].add(dict.fromkeys(counted.values(field), group))
        if "pattern" in self._tallies:
            self._tallies["pattern"].add({counted.pattern: group})
        if "failure" in self._tallies:
            _count_failures(self._tallies["failure"], counted.trace)

    def add(self, field: GroupField, groups: Groups) -> None:
        """Adds what other ones counted in a field."""
        self._tallies[field].add(groups)

    @property
    def groups(self) -> Mapping[str, Groups]:
        """What was counted so far, by field."""
        self._share_out()
        return {field: tally.groups for field, tally in self._tallies.items()}

    # --- spans ------------------------------------------------------------------------------------------------------

    def _count_spans(self, counted: CountedTrace) -> None:
        trace, summary = counted.trace, counted.summary
        alike = self._alike_in(counted, {})
        groups = _united(each.groups for each in alike)
        if len(groups) > len(_united(each.folds for each in alike)):  # some differ in letter case only
            alike = self._alike_in(counted, {field: counted.spelled(field) for field in self._span_fields})
            groups = _united(each.groups for each in alike)
        for group in groups:
            group.figures.traces += 1
        *of_spans, named = alike
        for each, node, is_call in zip(of_spans, trace.nodes, trace.is_llm_call, strict=True):
            each.count(counted, node, is_call)
        start = summary.start_time_unix_nano
        named.counted.seen(start, start, trace.trace_id, None)
        if len(self._alike) > _ALIKE_MAX:
            self._share_out()

    def _alike_in(self, counted: CountedTrace, spelled: Mapping[str, Mapping[str, str]]) -> list[_Alike]:
        """The `_Alike` of each span of a trace, in the order of its nodes, and finally of the trace itself, whose
        name may differ from those of all its spans. If some values are `spelled` differently, they are not shared
        with other traces."""
        trace, name = counted.trace, counted.summary.name
        mark = (trace.trace_id,) if spelled else ()
        found: list[_Alike] = []
        for node in trace.nodes:
            key = _what_fields_tell(node.row.reading) + mark
            like = self._alike.get(key)
            if like is None:
                values = {field: _of_span(field)(trace, node.row) for field in self._span_fields}
                like = self._alike[key] = self._like(values, spelled)
            found.append(like)
        like = self._alike.get((name, *mark))
        if like is None:
            values = {"name": (name,)} if "name" in self._tallies else {}
            like = self._alike[name, *mark] = self._like(values, spelled)
        return [*found, like]

    def _like(
        self, values: Mapping[GroupField, Iterable[str | None]], spelled: Mapping[str, Mapping[str, str]]
    ) -> _Alike:
        groups: dict[GroupTally, bool] = {}
        folds: list[str] = []
        for field, of_field in values.items():
            present = list(filter(None, of_field))
            folds += [f"{field}:{value.casefold()}" for value in present]
            if spelled:
                present = [spelled[field][value.casefold()] for value in present]
            tallies = [self._tallies[field].of(value) for value in present]
            # A call is paid for once: by the last of its models, the one that answered.
            groups |= dict.fromkeys(tallies, False) | dict.fromkeys(tallies[-1:], True)
        return _Alike(groups, frozenset(folds))

    def _share_out(self) -> None:
        """Adds the spans to their groups."""
        for each in self._alike.values():
            for group, pays in each.groups.items():
                if not each.counted.is_empty:
                    group.join(each.counted, pays)
        self._alike.clear()


def _united(of_several: Iterable[Iterable[T]]) -> set[T]:
    return set[T]().union(*of_several)


def _of_span(field: GroupField) -> Callable[[Trace, SpanRow], Iterable[str | None]]:
    of_span = FIELDS[field].of_span
    assert of_span is not None
    return of_span


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

_HAS = tuple(map(Has, HAS_WORDS))


def facet_values(field: FacetField, counted: CountedTrace) -> Iterable[str]:
    """The values under which a trace counts in a facet, each once."""
    if field == "has":
        return [has.word for has in _HAS if has.matches(counted.trace, counted.summary)]
    if field == "score":
        return sorted({score.name for score in counted.summary.scores})
    return counted.values(field)


# --- ranking --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Ranked:
    """The first groups in an order, the figures of all others together, and the number of groups."""

    first: tuple[tuple[str, Group], ...]
    rest: Figures | None
    distinct: int


GroupSort: TypeAlias = Literal["-traces", "-errors", "-cost", "-tokens", "-duration_ms", "-last", "value"]


def ranked(groups: Groups, sort: GroupSort, limit: int, folds: bool = True) -> Ranked:
    """The groups in an order, ties by value. With `folds`, spellings that differ only in letter case are one."""
    merged = _folded(groups) if folds else groups
    # Only the first are needed (of twenty thousand sessions, eight): sorting all takes twice as long.
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
            by = -_p95_ms(figures)
        case "-last":
            by = -group.last_unix_nano
        case "value":
            return 0, 0
        case "-traces":
            by = 0
    return by, -figures.traces


def _p95_ms(figures: Figures) -> float:
    """What is shown of how long they took; of those that never ended, less than any."""
    found = percentile_ms(figures.histogram, 0.95)
    return -1.0 if found is None else found


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
    """The most frequent values with their numbers of traces, and the number of values."""

    first: tuple[tuple[str, int], ...]
    distinct: int


def ranked_counts(counts: Counts, limit: int, prefix: str = "", folds: bool = True) -> RankedCounts:
    """The values by number of traces, ties by value; only those that begin with the prefix, in any letter case. With
    `folds`, values that differ only in letter case are one."""
    if prefix:
        wanted = prefix.casefold()
        counts = {value: count for value, count in counts.items() if value.casefold().startswith(wanted)}
    if folds and len(set(map(str.casefold, counts))) < len(counts):
        counts = _folded_counts(counts)
    return RankedCounts(_most_frequent(counts, limit), len(counts))


def _folded_counts(counts: Counts) -> Counts:
    """Values that differ only in letter case become the last of them, with the traces of all."""
    by_fold: dict[str, tuple[str, int]] = {}
    for value, count in counts.items():
        last, sum_of_others = by_fold.get(value.casefold(), ("", 0))
        by_fold[value.casefold()] = max(last, value), sum_of_others + count
    return dict(by_fold.values())


def _most_frequent(counts: Counts, limit: int) -> tuple[tuple[str, int], ...]:
    """The first `limit` values. Of twenty thousand sessions most have the same count: ranking all by count and value
    took 17 ms of CPU. Finding the least count that gets in, and then the first values with it, takes 4.
    """
    least = min(nlargest(limit, counts.values()), default=0)
    more = [(value, count) for value, count in counts.items() if count > least]
    more.sort(key=lambda each: (-each[1], each[0]))
    tied = nsmallest(limit - len(more), (value for value, count in counts.items() if count == least))
    return (*more, *((value, least) for value in tied))
