"""Comparisons and hints as answers. Pure: values in, values out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from llm_tracer.model.reading import Usage
from llm_tracer.model.row import SpanRow
from llm_tracer.model.trace import TraceCost
from msgspec import UNSET

from llm_tracer_service.api import answers, render
from llm_tracer_service.compare.json_diff import JsonChange
from llm_tracer_service.compare.messages import ContentDiff, MessageDiff
from llm_tracer_service.compare.rows import ComparedRow, Divergence
from llm_tracer_service.compare.totals import Totals
from llm_tracer_service.json_values import json_value


class Side:
    """What all spans of one side share: where it began, and whether its open spans are abandoned."""

    def __init__(self, start_time_unix_nano: int, silent: bool) -> None:
        self._start = start_time_unix_nano
        self._silent = silent

    def span(self, row: SpanRow | None) -> answers.ComparedSpan | None:
        """One span of this side."""
        if row is None:
            return None
        reading = row.reading
        return answers.ComparedSpan(
            span_id=row.span_id,
            parent_span_id=row.parent_span_id,
            name=reading.name,
            kind=reading.kind,
            status=reading.status,
            state=render.state(row.end_time_unix_nano, self._silent),
            start_offset_ms=(row.start_time_unix_nano - self._start) / 1e6,
            duration_ms=row.duration_ms,
            model=reading.model,
            tokens=_total(reading.usage),
            usage=render.usage(reading.usage),
            cost=render.span_cost(reading.cost),
            error=render.span_error(reading.error),
        )


def rows(of: Sequence[ComparedRow], a: Side, b: Side) -> tuple[answers.ComparedRow, ...]:
    """All rows of a comparison."""
    return tuple(_row(row, a, b) for row in of)


def _row(of: ComparedRow, a: Side, b: Side) -> answers.ComparedRow:
    mine, theirs = a.span(of.a), b.span(of.b)
    if mine is None or theirs is None:
        return answers.ComparedRow(mine, theirs, of.depth, of.change, (), None, None, None)
    costs = (None if span.cost is None else span.cost.total for span in (mine, theirs))
    return answers.ComparedRow(
        mine,
        theirs,
        of.depth,
        of.change,
        of.differs,
        _delta(mine.duration_ms, theirs.duration_ms),
        None if mine.tokens is None or theirs.tokens is None else theirs.tokens - mine.tokens,
        _delta(*costs),
    )


def differences(a: Totals, b: Totals) -> answers.Differences:
    """The figures of both sides."""
    mine, theirs = a.usage or Usage(), b.usage or Usage()
    return answers.Differences(
        duration_ms=_difference(a.duration_ms, b.duration_ms),
        input_tokens=_difference(mine.input, theirs.input),
        output_tokens=_difference(mine.output, theirs.output),
        total_tokens=_difference(mine.total, theirs.total),
        cost=_difference(_cost(a.cost), _cost(b.cost)),
        spans=_difference(a.spans, b.spans),
        errors=_difference(a.errors, b.errors),
    )


def divergence(of: Divergence | None, compared: Sequence[ComparedRow]) -> answers.Divergence | None:
    """Where the two sides first differ."""
    if of is None:
        return None
    row = compared[of.row]
    a, b = (None if span is None else span.span_id for span in (row.a, row.b))
    return answers.Divergence(of.row, a, b, of.what, of.text, of.answered_otherwise)


def content(of: ContentDiff) -> answers.ContentComparison:
    """What two spans were given and answered."""
    return answers.ContentComparison(
        messages=_messages(of.messages),
        input=_messages(of.input),
        output=_messages(of.output),
        tools=of.tools,
        parameters=tuple(
            answers.ComparedParameter(each.name, json_value(each.a), json_value(each.b))
            for each in of.parameters
        ),
        complete=of.complete,
    )


def _messages(of: Iterable[MessageDiff]) -> tuple[answers.ComparedMessage, ...]:
    return tuple(
        answers.ComparedMessage(
            each.change,
            each.role,
            each.a_index,
            each.b_index,
            each.preview,
            None if each.a is None else render.message(each.a),
            None if each.b is None else render.message(each.b),
            None if each.words is None else tuple(each.words),
            None if each.json is None else tuple(map(_json_change, each.json)),
            each.complete,
        )
        for each in of
    )


def _json_change(of: JsonChange) -> answers.JsonChange:
    def shown(value: Any, is_there: bool) -> Any:
        return json_value(value) if is_there else UNSET

    return answers.JsonChange(
        of.path, of.change, shown(of.a, of.change != "added"), shown(of.b, of.change != "removed")
    )


def _difference(a: float | None, b: float | None) -> answers.Difference:
    return answers.Difference(a, b, _delta(a, b))


def _delta(a: float | None, b: float | None) -> float | None:
    return None if a is None or b is None else b - a


def _cost(of: TraceCost | None) -> float | None:
    return None if of is None else of.total


def _total(of: Usage | None) -> int | None:
    return None if of is None else of.total
