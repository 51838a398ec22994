"""Aggregates as answers. Pure: values in, values out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from llm_tracer.model.failures import failure_kind
from llm_tracer.model.figures import Figures, add, percentile_ms
from llm_tracer.model.groups import (
    Counts,
    FieldTally,
    Group,
    GroupField,
    Groups,
    GroupSort,
    ranked,
    ranked_counts,
)
from llm_tracer.model.patterns import pattern_id
from llm_tracer.model.query import (
    Condition,
    FamilyTest,
    FieldTest,
    Has,
    Test,
    TraceQuery,
)

from llm_tracer_service.api import answers, render
from llm_tracer_service.api.shortened import beginning, found_by, short
from llm_tracer_service.query import to_text
from llm_tracer_service.store.over_time import Point
from llm_tracer_service.times import rfc3339

_NO_FIGURES = Figures()


def value_query(field: str, value: str) -> str:
    """The query text that finds the traces with a value."""
    condition: Condition
    value = found_by(value)
    if field == "has":
        condition = Has(value)
    elif field == "score":
        condition = FamilyTest("score", value, Test())
    else:
        condition = FieldTest(field, Test(texts=(value,)))
    return to_text(TraceQuery(condition))


def all_groups(points: Sequence[Point]) -> Groups:
    """The groups of all points together."""
    if len(points) == 1:
        return points[0].groups
    tally = FieldTally()
    for point in points:
        tally.add(point.groups)
    return tally.groups


def series(points: Sequence[Point], starts: Sequence[int]) -> list[answers.Point]:
    """A point for each start, with zeros where nothing was counted."""
    return _series({point.start_unix_nano: point.figures for point in points}, starts)


def _series(figures: Mapping[int, Figures], starts: Sequence[int]) -> list[answers.Point]:
    return [render.point(figures.get(start, _NO_FIGURES), start) for start in starts]


def groups_over_time(
    points: Sequence[Point], starts: Sequence[int], field: GroupField, sort: GroupSort, limit: int
) -> tuple[list[answers.Group], answers.Group | None, int]:
    """The first groups in an order, each with its series, the rest as one group, and how many groups there are."""
    found = ranked(all_groups(points), sort, limit)
    places = {value.casefold(): place for place, (value, _) in enumerate(found.first)}
    by_group: list[dict[int, Figures]] = [{} for _ in range(len(found.first) + 1)]
    for point in points if starts else ():
        parts: dict[int, list[Figures]] = {}
        for value, group in point.groups.items():
            parts.setdefault(places.get(value.casefold(), len(places)), []).append(group.figures)
        for place, figures in parts.items():
            by_group[place][point.start_unix_nano] = add(figures)
    groups = [
        _group(field, value, group, _series(over_time, starts))
        for (value, group), over_time in zip(found.first, by_group, strict=False)
    ]
    rest = None
    if found.rest is not None:
        rest = answers.Group(
            value=None, series=tuple(_series(by_group[-1], starts)), **render.figures_by_name(found.rest)
        )
    return groups, rest, found.distinct


def _group(field: GroupField, value: str, group: Group, over_time: list[answers.Point]) -> answers.Group:
    return answers.Group(
        value=beginning(value),
        q=value_query(field, value),
        first_seen=rfc3339(group.first_unix_nano),
        last_seen=rfc3339(group.last_unix_nano),
        trace_id=group.trace_id,
        span_id=group.span_id,
        series=tuple(over_time),
        **render.figures_by_name(group.figures),
    )


def facet(field: str, counts: Counts, limit: int) -> answers.Facet:
    """One facet. Score names are distinguished by letter case, as they are in queries."""
    ranked = ranked_counts(counts, limit, folds=field != "score")
    values = [
        answers.FacetValue(beginning(value), count, value_query(field, value))
        for value, count in ranked.first
    ]
    return answers.Facet(field, values, ranked.distinct)


def error_group(
    text: str, group: Group, points: Sequence[Point], starts: Sequence[int]
) -> answers.ErrorGroup:
    """Failures of one kind, with their trend."""
    kind = failure_kind(text)
    counts = {
        point.start_unix_nano: point.groups[text].figures.spans for point in points if text in point.groups
    }
    return answers.ErrorGroup(
        short(kind.type),
        kind.message,
        kind.span_name,
        group.figures.spans,
        group.figures.traces,
        rfc3339(group.first_unix_nano),
        rfc3339(group.last_unix_nano),
        [counts.get(start, 0) for start in starts],
        group.trace_id,
        group.span_id,
        value_query("failure", kind.id),
    )


def pattern_group(pattern: str, group: Group) -> answers.PatternGroup:
    """Traces of one pattern."""
    figures = group.figures
    by_id = value_query("pattern", pattern_id(pattern))
    return answers.PatternGroup(
        pattern,
        figures.traces,
        figures.errors,
        figures.errors / figures.traces,
        percentile_ms(figures.histogram, 0.5),
        percentile_ms(figures.histogram, 0.95),
        figures.cost,
        render.usage(figures.usage),
        rfc3339(group.first_unix_nano),
        rfc3339(group.last_unix_nano),
        group.trace_id,
        # Only the failed traces are examined if finding a pattern requires looking at traces.
        f"status:error {by_id}" if figures.errors else by_id,
    )
