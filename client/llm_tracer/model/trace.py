"""A trace: its spans as a tree, counted once, and said in one summary.

All of it is recomputed from the spans, never incremented, and does not depend on the order in which they arrived.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from operator import attrgetter
from typing import Any, Literal, TypeAlias

from llm_tracer.model.reading import Cost, Reading, Score, SpanError, Text, Usage
from llm_tracer.model.span import SpanData

TraceStatus: TypeAlias = Literal["running", "ok", "error", "abandoned"]
SpanState: TypeAlias = Literal["open", "closed", "abandoned"]

CALL_KINDS = frozenset({"llm", "embedding", "reranker"})
FINISH_PROBLEMS = frozenset({"length", "max_tokens", "content_filter", "error"})
NAME_OF_MISSING_ROOT = "(root not received)"


@dataclass(frozen=True, slots=True)
class SpanRow:
    """One span without its payload: where it stands, when it ran, and its Reading. Fragments have no row."""

    span_id: str
    parent_span_id: str | None
    start_time_unix_nano: int
    end_time_unix_nano: int | None
    reading: Reading

    @property
    def duration_ms(self) -> float | None:
        """Milliseconds from start to end; None while open."""
        if self.end_time_unix_nano is None:
            return None
        return (self.end_time_unix_nano - self.start_time_unix_nano) / 1e6


def row_of(span: SpanData, reading: Reading) -> SpanRow:
    """The row of a span that is not a fragment."""
    assert span.start_time_unix_nano is not None, "a fragment has no row"
    return SpanRow(
        span.span_id, span.parent_span_id, span.start_time_unix_nano, span.end_time_unix_nano, reading
    )


def placed(rows: Sequence[SpanRow]) -> Sequence[SpanRow]:
    """All rows of a trace, each with the Reading of its place: a leaf with an exception failed. As they were made, rows
    do not know; those of a Trace do."""
    if not any(row.reading.fails_as_leaf for row in rows):
        return rows
    parents = {row.parent_span_id for row in rows}
    return tuple(
        replace(row, reading=row.reading.placed(row.span_id not in parents))
        if row.reading.fails_as_leaf
        else row
        for row in rows
    )


@dataclass(frozen=True, slots=True)
class Node:
    """A row at its place in the tree.

    `parent_index` points into `Trace.nodes`, -1 for a root and for an orphan. `orphan`: its parent was never
    received. `cycle`: its parent link was cut here, because the parents ran in a circle. `skew`: it starts before
    its parent. `counted`: its tokens and cost are part of the totals of the trace. `repeats` names the span that
    already reported the same call.
    """

    row: SpanRow
    parent_index: int
    depth: int
    orphan: bool = False
    cycle: bool = False
    skew: bool = False
    counted: bool = False
    repeats: str | None = None


@dataclass(frozen=True, slots=True)
class TraceCost:
    """US dollars over the counted calls; `complete` is False where one of them has no known price."""

    total: float
    complete: bool


@dataclass(frozen=True, slots=True)
class TraceError:
    """The first error of a trace."""

    type: str | None
    message: str | None
    span_id: str


@dataclass(frozen=True, slots=True)
class TraceSummary:
    """What a list shows of a trace (api.md §3). Under 2 KB: previews, never payloads.

    `status` is "running" while the root is open; whether it is "abandoned" depends on the time of asking: see `at`.
    `llm_calls` counts each model call once, `kinds` counts spans. `last_received_unix_nano` is when the store last
    took in a span of it.
    """

    trace_id: str
    name: str
    status: TraceStatus
    start_time_unix_nano: int
    end_time_unix_nano: int | None
    duration_ms: float | None
    span_count: int
    error_count: int
    open_count: int
    root_span_id: str | None
    kinds: Mapping[str, int]
    llm_calls: int
    models: tuple[str, ...]
    providers: tuple[str, ...]
    services: tuple[str, ...]
    usage: Usage | None
    cost: TraceCost | None
    ttft_ms: float | None
    session_id: str | None
    user_id: str | None
    tags: tuple[str, ...]
    metadata: Mapping[str, Any]
    environment: str | None
    release: str | None
    scores: tuple[Score, ...]
    input_preview: str | None
    output_preview: str | None
    error: TraceError | None
    orphan_count: int
    last_received_unix_nano: int

    def at(self, now_unix_nano: int, abandon_after_s: float) -> TraceSummary:
        """The summary at a time: a trace that is running and was silent for longer is abandoned."""
        silent_s = (now_unix_nano - self.last_received_unix_nano) / 1e9
        if self.status != "running" or silent_s <= abandon_after_s:
            return self
        return replace(self, status="abandoned")


def _no_texts(span: SpanData) -> Iterable[Text]:
    return ()


@dataclass(frozen=True)
class Trace:
    """All spans of one trace that have arrived: one row each, in any order, `placed`.

    `spans` reaches the payload of a row by its span id and may load it only then; `texts` says what full text search
    finds in it. A store that only needs the summary leaves both out.
    """

    trace_id: str
    rows: Sequence[SpanRow]
    last_received_unix_nano: int = 0
    spans: Mapping[str, SpanData] = field(default_factory=dict)
    texts: Callable[[SpanData], Iterable[Text]] = _no_texts

    @cached_property
    def by_start(self) -> Sequence[SpanRow]:
        """The rows by start and then by id, whatever the order of their arrival."""
        return sorted(self.rows, key=_sibling_order)

    @cached_property
    def parent_ids(self) -> frozenset[str | None]:
        """The spans that others name as their parent; any other is a leaf."""
        return frozenset(row.parent_span_id for row in self.rows)

    @cached_property
    def nodes(self) -> tuple[Node, ...]:
        """The rows in tree order: depth first, siblings by start and then by id. Linear but for the sorting."""
        return _nodes(*_tree(self.by_start))

    @cached_property
    def depth_of(self) -> Mapping[str, int]:
        """The depth of each span by its id; a root has 0."""
        return {node.row.span_id: node.depth for node in self.nodes}

    @cached_property
    def orphan_ids(self) -> frozenset[str]:
        """The spans whose parent was never received."""
        return frozenset(node.row.span_id for node in self.nodes if node.orphan)

    @cached_property
    def responses(self) -> frozenset[str]:
        """The ids of the responses whose tokens and cost are part of the totals of the trace."""
        return frozenset(
            node.row.reading.response_id
            for node in self.nodes
            if node.counted and node.row.reading.response_id
        )

    @cached_property
    def summary(self) -> TraceSummary:
        """What a list shows. The trace must have at least one row."""
        return _summarise(self)

    def summary_without(
        self, responses: Collection[str], summary: TraceSummary | None = None
    ) -> TraceSummary:
        """The summary (its own, or another version of it) with `usage`, `cost` and `llm_calls` as if the calls with
        these response ids had not been reported here: another trace of the project counts them."""
        left = [node for node in self.nodes if node.row.reading.response_id not in responses]
        return replace(
            summary or self.summary,
            llm_calls=_llm_calls(self.nodes, responses),
            usage=sum_usage(
                node.row.reading.usage for node in left if node.counted and node.row.reading.usage
            ),
            cost=_sum_cost(left),
        )


# --- the tree -------------------------------------------------------------------------------------------------------

_sibling_order = attrgetter("start_time_unix_nano", "span_id")


def _tree(by_start: Sequence[SpanRow]) -> tuple[list[SpanRow], list[int]]:
    """The rows in tree order, and for each the index of its parent there, -1 at the top.

    At the top stand the rows whose parent was not received, and of each circle of parents the earliest row.
    """
    by_id: Mapping[str | None, SpanRow] = {row.span_id: row for row in by_start}
    cut = _earliest_of_cycles(by_start, by_id)
    children: dict[str | None, list[SpanRow]] = {}
    tops: list[SpanRow] = []
    for row in reversed(by_start):
        if row.parent_span_id not in by_id or row.span_id in cut:
            tops.append(row)
        else:
            children.setdefault(row.parent_span_id, []).append(row)
    in_order: list[SpanRow] = []
    parents: list[int] = []
    # A stack of our own: a trace may be deeper than Python's recursion allows. The latest lie at its bottom.
    stack = [(row, -1) for row in tops]
    while stack:
        row, parent_index = stack.pop()
        below = children.get(row.span_id)
        if below is not None:
            index = len(in_order)
            stack += [(child, index) for child in below]
        in_order.append(row)
        parents.append(parent_index)
    return in_order, parents


def _earliest_of_cycles(by_start: Sequence[SpanRow], by_id: Mapping[str | None, SpanRow]) -> set[str]:
    """Of each circle of parents the earliest span. A span that names itself as its parent is a circle of one."""
    cut: set[str] = set()
    walk_of: dict[str | None, str] = {}  # the walk up the tree that first came by, named by where it began
    for began in by_start:
        above = by_id.get(began.parent_span_id)
        if above is None or above.start_time_unix_nano < began.start_time_unix_nano:
            continue  # no circle goes back in time all the way round: its other spans will lead to it
        at: str | None = began.span_id
        while at in by_id and at not in walk_of:
            walk_of[at] = began.span_id
            at = by_id[at].parent_span_id
        if at is not None and walk_of.get(at) == began.span_id:
            cut.add(min(_circle(at, by_id), key=_sibling_order).span_id)
    return cut


def _circle(start: str, by_id: Mapping[str | None, SpanRow]) -> Iterator[SpanRow]:
    row = by_id[start]
    yield row
    while row.parent_span_id != start:
        row = by_id[row.parent_span_id]
        yield row


def _nodes(rows: Sequence[SpanRow], parents: Sequence[int]) -> tuple[Node, ...]:
    ids = {row.span_id for row in rows}
    counted, repeats = _counted(rows, parents)
    nodes: list[Node] = []
    for index, (row, parent_index) in enumerate(zip(rows, parents, strict=True)):
        parent = nodes[parent_index] if parent_index >= 0 else None
        link_leads_nowhere = parent is None and row.parent_span_id is not None
        nodes.append(
            Node(
                row,
                parent_index,
                depth=parent.depth + 1 if parent else 0,
                orphan=link_leads_nowhere and row.parent_span_id not in ids,
                cycle=link_leads_nowhere and row.parent_span_id in ids,
                skew=parent is not None and row.start_time_unix_nano < parent.row.start_time_unix_nano,
                counted=counted[index] and index not in repeats,
                repeats=repeats.get(index),
            )
        )
    return tuple(nodes)


# --- the roll-up (semconv.md §9) ------------------------------------------------------------------------------------


def _counted(rows: Sequence[SpanRow], parents: Sequence[int]) -> tuple[Sequence[bool], Mapping[int, str]]:
    """Which spans report tokens and cost that make up the trace, and which of them repeat another one's.

    A call (llm, embedding, reranker) with figures counts unless a call with usage lies below it with no tool or agent
    span between, in which case it only wraps that one; a second report of one response id does not count. Where a
    trace has no call at all, the top-most spans that report figures count.
    """
    readings = [row.reading for row in rows]
    calls = [_is_call(reading) for reading in readings]
    if not any(calls):
        counted = _top_most_reporters(readings, parents)
    else:
        wrapping = _wrapping(readings, calls, parents)
        counted = [is_call and not wraps for is_call, wraps in zip(calls, wrapping, strict=True)]
    repeats = _repeated_responses(rows, counted)
    if any(calls) and any(map(_is_report, readings)):
        stand_in, repeating = _reports(rows, parents, counted)
        counted = [counts or index in stand_in for index, counts in enumerate(counted)]
        repeats = {**repeats, **repeating}
    return counted, repeats


def _wrapping(readings: Sequence[Reading], calls: Sequence[bool], parents: Sequence[int]) -> Sequence[bool]:
    """Which spans have a call with usage below them, with no tool or agent between."""
    wrapping = [False] * len(readings)
    for index in range(len(readings) - 1, -1, -1):  # children come after their parents
        reading = readings[index]
        is_inner_call = calls[index] and reading.usage is not None
        if parents[index] >= 0 and (
            is_inner_call or (wrapping[index] and reading.kind not in ("tool", "agent"))
        ):
            wrapping[parents[index]] = True
    return wrapping


def _is_call(reading: Reading) -> bool:
    return reading.kind in CALL_KINDS and (reading.usage is not None or reading.cost is not None)


def _is_report(reading: Reading) -> bool:
    return reading.kind == "event" and reading.usage is not None


def _reports(
    rows: Sequence[SpanRow], parents: Sequence[int], counted: Sequence[bool]
) -> tuple[set[int], Mapping[int, str]]:
    """Events that say what a call beside them used: those that stand in for a silent call, and those that repeat one.

    An event below a call that counts repeats that one. Any other belongs to the latest call span under the same parent
    that began before it, has the same model, and says the same tokens; else to one that says none. An event without
    such a call counts for nothing: what it sums is counted elsewhere. Every call takes one event.
    """
    said = _tokens_below(rows, parents, counted)
    above = _counted_above(rows, parents, counted)
    silent: dict[int, list[int]] = {}
    telling: dict[tuple[int, tuple[int, int]], list[int]] = {}
    stand_in: set[int] = set()
    repeating: dict[int, str] = {}
    # By start, so that only calls that began before an event are there; calls before events of the same moment.
    order = sorted(
        (
            index
            for index, row in enumerate(rows)
            if row.reading.kind in CALL_KINDS or _is_report(row.reading)
        ),
        key=lambda index: (
            rows[index].start_time_unix_nano,
            _is_report(rows[index].reading),
            rows[index].span_id,
        ),
    )
    for index in order:
        reading = rows[index].reading
        if not _is_report(reading):
            tokens = said.get(index)
            calls = silent.setdefault(parents[index], []) if tokens is None else telling.setdefault(
                (parents[index], tokens), []
            )  # fmt: skip
            calls.append(index)
            continue
        call_above = above[parents[index]] if parents[index] >= 0 else None
        if call_above is not None:
            repeating[index] = rows[call_above].span_id
            continue
        usage = _tokens(reading)
        same = _latest_of_model(telling.get((parents[index], usage), []), rows, reading) if usage else None
        if same is not None:
            repeating[index] = rows[same].span_id
        elif _latest_of_model(silent.get(parents[index], []), rows, reading) is not None:
            stand_in.add(index)
    return stand_in, repeating


def _tokens(reading: Reading) -> tuple[int, int] | None:
    usage = reading.usage
    return None if usage is None else (usage.input or 0, usage.output or 0)


def _tokens_below(
    rows: Sequence[SpanRow], parents: Sequence[int], counted: Sequence[bool]
) -> Mapping[int, tuple[int, int]]:
    """Input and output tokens of the counted calls at and below each span that has some."""
    sums: dict[int, tuple[int, int]] = {}
    for index in range(len(rows) - 1, -1, -1):  # children come after their parents
        own = _tokens(rows[index].reading) if counted[index] else None
        if own is not None:
            before = sums.get(index, (0, 0))
            sums[index] = (before[0] + own[0], before[1] + own[1])
        if index in sums and parents[index] >= 0:
            above = sums.get(parents[index], (0, 0))
            sums[parents[index]] = (above[0] + sums[index][0], above[1] + sums[index][1])
    return sums


def _counted_above(
    rows: Sequence[SpanRow], parents: Sequence[int], counted: Sequence[bool]
) -> Sequence[int | None]:
    """For each span the nearest counted call at or above it, with no tool or agent between."""
    nearest: list[int | None] = []
    for index, row in enumerate(rows):
        if counted[index]:
            nearest.append(index)
        elif row.reading.kind in ("tool", "agent") or parents[index] < 0:
            nearest.append(None)
        else:
            nearest.append(nearest[parents[index]])
    return nearest


def _latest_of_model(calls: list[int], rows: Sequence[SpanRow], reading: Reading) -> int | None:
    """Takes the last of these calls that may be of the model of a reading; a missing name may be any."""
    named = {reading.request_model, reading.response_model} - {None}
    # Calls of other models in between are few; the bound keeps a hostile trace from costing the square.
    for place in range(len(calls) - 1, max(-1, len(calls) - 1 - _CALLS_LOOKED_AT), -1):
        call = rows[calls[place]].reading
        models = {call.request_model, call.response_model} - {None}
        if not named or not models or named & models:
            return calls.pop(place)
    return None


_CALLS_LOOKED_AT = 50


def _top_most_reporters(readings: Sequence[Reading], parents: Sequence[int]) -> Sequence[bool]:
    covered = [False] * len(readings)
    counted = [False] * len(readings)
    for index, reading in enumerate(readings):
        above = parents[index] >= 0 and covered[parents[index]]
        reports = reading.usage is not None or reading.cost is not None
        counted[index] = reports and not above
        covered[index] = above or reports
    return counted


def _repeated_responses(rows: Sequence[SpanRow], counted: Sequence[bool]) -> Mapping[int, str]:
    """Counted spans whose response another counted span reports as fully or more so: index to the id of that span."""
    reports: dict[str, list[int]] = {}
    for index, row in enumerate(rows):
        if counted[index] and row.reading.response_id:
            reports.setdefault(row.reading.response_id, []).append(index)
    repeats: dict[int, str] = {}
    for indexes in reports.values():
        # The first in the tree of those that say most.
        fullest = max(indexes, key=lambda index: _fullness(rows[index].reading))
        repeats.update((index, rows[fullest].span_id) for index in indexes if index != fullest)
    return repeats


def _fullness(reading: Reading) -> tuple[int, bool]:
    usage = reading.usage
    known = (usage.input, usage.output, usage.cache_read, usage.reasoning) if usage else ()
    return sum(figure is not None for figure in known), reading.cost is not None


def sum_usage(usages: Iterable[Usage]) -> Usage | None:
    """The sum field by field; a field that nobody reported stays None, as does the whole of nothing."""
    usages = list(usages)
    if not usages:
        return None
    names = (
        "input", "output", "total", "cache_read", "cache_write", "cache_write_5m", "cache_write_1h", "reasoning",
        "input_audio", "output_audio", "input_image",
    )  # fmt: skip
    sums: dict[str, int | None] = {}
    for name in names:
        known = [figure for usage in usages if (figure := getattr(usage, name)) is not None]
        sums[name] = sum(known) if known else None
    return Usage(**sums)  # type: ignore[arg-type]  # `extra` is left out: names of several dialects do not add up


def _sum_cost(nodes: Iterable[Node]) -> TraceCost | None:
    counted = [node.row.reading for node in nodes if node.counted]
    # fsum rounds once, so that the sum does not depend on the order of the spans.
    known: list[Cost] = [reading.cost for reading in counted if reading.cost is not None]
    if not known:
        return None
    return TraceCost(math.fsum(cost.total for cost in known), complete=len(known) == len(counted))


def _llm_calls(nodes: Sequence[Node], without: Collection[str] = ()) -> int:
    """Model calls, each once: an llm span with another one below it, no tool or agent between, only wraps that one.
    Responses `without` which it is counted are those that another trace counts."""
    holds_a_call = [False] * len(nodes)
    calls = 0
    for index in range(len(nodes) - 1, -1, -1):  # children come after their parents
        node = nodes[index]
        is_llm = node.row.reading.kind == "llm"
        if is_llm and not holds_a_call[index] and node.repeats is None:
            calls += node.row.reading.response_id not in without
        passes_on = holds_a_call[index] and node.row.reading.kind not in ("tool", "agent")
        if node.parent_index >= 0 and (is_llm or passes_on):
            holds_a_call[node.parent_index] = True
    return calls


# --- the summary (semconv.md §10) -----------------------------------------------------------------------------------


def _summarise(trace: Trace) -> TraceSummary:
    nodes = trace.nodes
    by_start = trace.by_start
    roots = [node.row for node in nodes if node.parent_index < 0 and not node.orphan and not node.cycle]
    root = min(roots, key=_sibling_order) if roots else None
    # Root first, then by start: where several spans say something about the trace, the first one wins.
    in_order = ([root] if root else []) + [row for row in by_start if row is not root]
    readings = [row.reading for row in in_order]
    start = root.start_time_unix_nano if root else by_start[0].start_time_unix_nano
    status = _status(root, nodes)
    end = _end(root, status, by_start)
    return TraceSummary(
        trace_id=trace.trace_id,
        name=_first(reading.trace_name for reading in readings)
        or (root.reading.name if root else NAME_OF_MISSING_ROOT),
        status=status,
        start_time_unix_nano=start,
        end_time_unix_nano=end,
        duration_ms=None if end is None else (end - start) / 1e6,
        span_count=len(nodes),
        error_count=sum(row.reading.status == "error" for row in by_start),
        open_count=sum(row.end_time_unix_nano is None for row in by_start),
        root_span_id=root.span_id if root else None,
        kinds=dict(sorted(Counter(row.reading.kind for row in by_start).items())),
        llm_calls=_llm_calls(nodes),
        models=_distinct(row.reading.model for row in by_start),
        providers=_distinct(row.reading.provider for row in by_start),
        services=_distinct(row.reading.service_name for row in by_start),
        usage=sum_usage(node.row.reading.usage for node in nodes if node.counted and node.row.reading.usage),
        cost=_sum_cost(nodes),
        ttft_ms=next((row.reading.ttft_ms for row in by_start if row.reading.ttft_ms is not None), None),
        session_id=_first(reading.session_id for reading in readings),
        user_id=_first(reading.user_id for reading in readings),
        tags=_distinct(tag for reading in readings for tag in reading.tags),
        metadata=_merged(reading.metadata for reading in readings),
        environment=_first(reading.environment for reading in readings),
        release=_first(reading.release for reading in readings),
        scores=tuple(score for row in by_start for score in row.reading.scores),
        input_preview=_input_preview(root, by_start),
        output_preview=_output_preview(root, by_start),
        error=_first_error(root, by_start),
        orphan_count=sum(node.orphan for node in nodes),
        last_received_unix_nano=trace.last_received_unix_nano,
    )


def _status(root: SpanRow | None, nodes: Sequence[Node]) -> TraceStatus:
    tops = [root] if root else [node.row for node in nodes if node.parent_index < 0]
    if any(row.end_time_unix_nano is None for row in tops):
        return "running"
    return "error" if any(row.reading.status == "error" for row in tops) else "ok"


def _end(root: SpanRow | None, status: TraceStatus, by_start: Sequence[SpanRow]) -> int | None:
    if root:
        return root.end_time_unix_nano
    ends = [row.end_time_unix_nano for row in by_start if row.end_time_unix_nano is not None]
    return None if status == "running" else max(ends)


def _input_preview(root: SpanRow | None, by_start: Sequence[SpanRow]) -> str | None:
    asked = (row.reading.input_preview for row in by_start if row.reading.kind == "llm")
    return _first(asked) or (root.reading.input_preview if root else None)


def _output_preview(root: SpanRow | None, by_start: Sequence[SpanRow]) -> str | None:
    if root and root.reading.output_preview:
        return root.reading.output_preview
    answers = (
        row.reading for row in reversed(by_start) if row.reading.kind == "llm" or _is_report(row.reading)
    )
    return _first(reading.output_preview for reading in answers)


def _first_error(root: SpanRow | None, by_start: Sequence[SpanRow]) -> TraceError | None:
    """The earliest span in error that no child of it explains: where it broke, not where it surfaced."""
    failed = [row for row in by_start if row.reading.status == "error"]
    if not failed:
        return None
    passed_on = {row.parent_span_id for row in failed}
    origin = next((row for row in failed if row.span_id not in passed_on), failed[0])
    error = origin.reading.error or SpanError()
    return TraceError(error.type, error.message, origin.span_id)


def _first(values: Iterable[str | None]) -> str | None:
    return next((value for value in values if value), None)


def _distinct(values: Iterable[str | None]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for value in values if value))


def _merged(parts: Iterable[Mapping[str, Any]]) -> Mapping[str, Any]:
    merged: dict[str, Any] = {}
    for part in parts:
        for key, value in part.items():
            merged.setdefault(key, value)
    return merged
