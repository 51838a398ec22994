"""Totals, over time and by value; failures and patterns."""

from __future__ import annotations

from llm_tracer.model.trace import TraceCost
from msgspec import Struct

from llm_tracer_service.api.answers.figures import Figures, Usage


class Point(Figures, frozen=True, kw_only=True):
    """The figures of the bucket of time that begins at `time`."""

    time: str


class Group(Figures, frozen=True, kw_only=True):
    """The figures of one value; `value` is null for all others together.

    `q` finds its traces. `first_seen` and `last_seen` are starts of traces; `trace_id` and `span_id` name the latest.
    """

    value: str | None
    q: str | None = None
    first_seen: str | None = None
    last_seen: str | None = None
    trace_id: str | None = None
    span_id: str | None = None
    series: tuple[Point, ...] = ()


class Stats(Struct, frozen=True, kw_only=True):
    """Totals, over time (with `bucket`), and by value (with `group_by`).

    Counted are the traces that started in [`start`, `end`); null is an open end of the requested range. `rest` stands for
    the values beyond `limit`; there are `distinct` in total. If `complete` is false, a long scan was stopped, and exactly
    the traces that started at `counted_since` or later are counted.
    """

    totals: Figures
    series: list[Point]
    groups: list[Group]
    rest: Group | None = None
    distinct: int | None = None
    bucket_s: int | None = None
    start: str | None = None
    end: str | None = None
    complete: bool = True
    counted_since: str | None = None


class FacetValue(Struct, frozen=True):
    """A value, how many traces have it, and the query text that finds them."""

    value: str
    count: int
    q: str


class Facet(Struct, frozen=True):
    """The most frequent values of a field, which has `distinct` in total."""

    field: str
    values: list[FacetValue]
    distinct: int


class Facets(Struct, frozen=True):
    """Traces by value. `complete` and `counted_since` are as in Stats."""

    facets: list[Facet]
    complete: bool
    counted_since: str | None


class FieldInfo(Struct, frozen=True):
    """A field of the query text. `values` are all that exist, or else the most frequent ones of the project; `operators`
    may follow the name."""

    name: str
    type: str
    description: str
    example: str
    operators: list[str]
    of_one_span: bool
    values: list[FacetValue]


class Fields(Struct, frozen=True):
    """What can be asked for. `keys` are the entries of metadata, scores and attributes in the newest traces, as
    `meta.KEY`, `score.NAME` and `attr.KEY`."""

    fields: list[FieldInfo]
    keys: list[str]


class ErrorGroup(Struct, frozen=True):
    """Failures of one type and message at one span: `count` spans in `traces` traces. `trend` counts them in the buckets
    of `trend_times`. `q` finds these traces."""

    type: str | None
    message: str
    name: str
    count: int
    traces: int
    first_seen: str
    last_seen: str
    trend: list[int]
    trace_id: str
    span_id: str | None
    q: str


class Errors(Struct, frozen=True):
    """Failures by what they have in common, `distinct` groups in total. `complete` and `counted_since` are as in Stats."""

    errors: list[ErrorGroup]
    distinct: int
    bucket_s: int
    trend_times: list[str]
    complete: bool
    counted_since: str | None


class PatternGroup(Struct, frozen=True):
    """Traces that did the same: `count` of them, of which `errors` are in error; `failure_share` is the quotient. `q` finds
    them."""

    pattern: str
    count: int
    errors: int
    failure_share: float
    p50_ms: float | None
    p95_ms: float | None
    cost: TraceCost | None
    usage: Usage | None
    first_seen: str
    last_seen: str
    trace_id: str
    q: str


class Patterns(Struct, frozen=True):
    """Traces by what they did, `distinct` patterns in total. `complete` and `counted_since` are as in Stats."""

    patterns: list[PatternGroup]
    distinct: int
    complete: bool
    counted_since: str | None
