"""A trace: its spans as a tree, counted once, and said in one summary.

All of it is recomputed from the spans, never incremented, and does not depend on the order in which they arrived.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
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
    `last_received_unix_nano` is when the store last took in a span of it.
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
    """All spans of one trace that have arrived.

    `spans` reaches the payload of a row by its span id and may load it only then; `texts` says what full text search
    finds in it. A store that only needs the summary leaves both out.
    """

    trace_id: str
    rows: Sequence[SpanRow]
    last_received_unix_nano: int = 0
    spans: Mapping[str, SpanData] = field(default_factory=dict)
    texts: Callable[[SpanData], Iterable[Text]] = _no_texts

    @cached_property
    def nodes(self) -> tuple[Node, ...]:
        """The rows in tree order: depth first, siblings by start and then by id. Linear but for the sorting."""
        return _mark_counted(_tree(self.rows))

    @cached_property
    def depth_of(self) -> Mapping[str, int]:
        """The depth of each span by its id; a root has 0."""
        return {node.row.span_id: node.depth for node in self.nodes}

    @cached_property
    def summary(self) -> TraceSummary:
        """What a list shows. The trace must have at least one row."""
        return _summarise(self)


# --- the tree -------------------------------------------------------------------------------------------------------


def _sibling_order(row: SpanRow) -> tuple[int, str]:
    return row.start_time_unix_nano, row.span_id


def _tree(rows: Sequence[SpanRow]) -> list[Node]:
    by_id = {row.span_id: row for row in rows}
    children: dict[str, list[SpanRow]] = {}
    tops: list[SpanRow] = []
    for row in sorted(rows, key=_sibling_order):
        parent = row.parent_span_id
        if parent is not None and parent in by_id and parent != row.span_id:
            children.setdefault(parent, []).append(row)
        else:
            tops.append(row)
    placed: set[str] = set()
    nodes: list[Node] = []
    _place(tops, children, by_id, placed, nodes)
    if len(placed) < len(by_id):
        # What no root reaches runs in a circle, or hangs below one: cut each circle at its earliest span.
        for row in sorted(rows, key=_sibling_order):
            if row.span_id not in placed and _on_cycle(row, by_id):
                _place([row], children, by_id, placed, nodes)
    return nodes


def _on_cycle(row: SpanRow, by_id: Mapping[str, SpanRow]) -> bool:
    seen: set[str] = set()
    parent = row.parent_span_id
    while parent is not None and parent in by_id and parent not in seen:
        if parent == row.span_id:
            return True
        seen.add(parent)
        parent = by_id[parent].parent_span_id
    return False


def _place(
    tops: Iterable[SpanRow],
    children: Mapping[str, list[SpanRow]],
    by_id: Mapping[str, SpanRow],
    placed: set[str],
    nodes: list[Node],
) -> None:
    # A stack of our own: a trace may be deeper than Python's recursion allows.
    stack = [(row, -1) for row in reversed(list(tops))]
    while stack:
        row, parent_index = stack.pop()
        if row.span_id in placed:
            continue
        placed.add(row.span_id)
        parent = row.parent_span_id
        at_top = parent_index < 0
        nodes.append(
            Node(
                row,
                parent_index,
                depth=0 if at_top else nodes[parent_index].depth + 1,
                orphan=at_top and parent is not None and parent not in by_id,
                cycle=at_top and parent is not None and parent in by_id,
                skew=not at_top and row.start_time_unix_nano < nodes[parent_index].row.start_time_unix_nano,
            )
        )
        index = len(nodes) - 1
        stack.extend((child, index) for child in reversed(children.get(row.span_id, ())))


# --- the roll-up (semconv.md §9) ------------------------------------------------------------------------------------


def _mark_counted(nodes: list[Node]) -> tuple[Node, ...]:
    """Marks the spans whose tokens and cost make up the trace, each model call once.

    A call (llm, embedding, reranker) with figures counts unless a call with usage lies below it with no tool or agent
    span between, in which case it only wraps that one; a second report of one response id does not count. Where a
    trace has no call at all, the top-most spans that report figures count.
    """
    calls = [_is_call(node.row.reading) for node in nodes]
    wrapping = [False] * len(nodes)
    for index in range(len(nodes) - 1, 0, -1):  # children come after their parents
        parent = nodes[index].parent_index
        if parent < 0:
            continue
        reading = nodes[index].row.reading
        is_inner_call = calls[index] and reading.usage is not None
        if is_inner_call or (wrapping[index] and reading.kind not in ("tool", "agent")):
            wrapping[parent] = True
    counted = [is_call and not wraps for is_call, wraps in zip(calls, wrapping, strict=True)]
    if not any(calls):
        counted = _top_most_reporters(nodes)
    repeats = _repeated_responses(nodes, counted)
    return tuple(
        replace(node, counted=True) if counted[index] and index not in repeats
        else replace(node, repeats=repeats[index]) if index in repeats
        else node
        for index, node in enumerate(nodes)
    )  # fmt: skip


def _is_call(reading: Reading) -> bool:
    return reading.kind in CALL_KINDS and (reading.usage is not None or reading.cost is not None)


def _top_most_reporters(nodes: Sequence[Node]) -> list[bool]:
    covered = [False] * len(nodes)
    counted = [False] * len(nodes)
    for index, node in enumerate(nodes):
        above = node.parent_index >= 0 and covered[node.parent_index]
        reports = node.row.reading.usage is not None or node.row.reading.cost is not None
        counted[index] = reports and not above
        covered[index] = above or reports
    return counted


def _repeated_responses(nodes: Sequence[Node], counted: Sequence[bool]) -> dict[int, str]:
    """Counted spans that report a response which another counted span reports more fully: index to that span's id."""
    best: dict[str, int] = {}
    repeats: dict[int, str] = {}
    for index, node in enumerate(nodes):
        response_id = node.row.reading.response_id
        if not counted[index] or response_id is None:
            continue
        if response_id not in best:
            best[response_id] = index
            continue
        first = best[response_id]
        loser, winner = (first, index) if _fullness(node) > _fullness(nodes[first]) else (index, first)
        best[response_id] = winner
        repeats[loser] = nodes[winner].row.span_id
    return repeats


def _fullness(node: Node) -> tuple[int, bool]:
    usage = node.row.reading.usage
    known = (usage.input, usage.output, usage.cache_read, usage.reasoning) if usage else ()
    return sum(figure is not None for figure in known), node.row.reading.cost is not None


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


# --- the summary (semconv.md §10) -----------------------------------------------------------------------------------


def _summarise(trace: Trace) -> TraceSummary:
    nodes = trace.nodes
    by_start = sorted((node.row for node in nodes), key=_sibling_order)
    roots = [node.row for node in nodes if node.parent_index < 0 and not node.orphan and not node.cycle]
    root = min(roots, key=_sibling_order) if roots else None
    # Root first, then by start: where several spans say something about the trace, the first one wins.
    in_order = ([root] if root else []) + [row for row in by_start if row is not root]
    readings = [row.reading for row in in_order]
    start = root.start_time_unix_nano if root else by_start[0].start_time_unix_nano
    end = _end(root, by_start)
    return TraceSummary(
        trace_id=trace.trace_id,
        name=_first(reading.trace_name for reading in readings)
        or (root.reading.name if root else NAME_OF_MISSING_ROOT),
        status=_status(root, nodes),
        start_time_unix_nano=start,
        end_time_unix_nano=end,
        duration_ms=None if end is None else (end - start) / 1e6,
        span_count=len(nodes),
        error_count=sum(row.reading.status == "error" for row in by_start),
        open_count=sum(row.end_time_unix_nano is None for row in by_start),
        root_span_id=root.span_id if root else None,
        kinds=dict(sorted(Counter(row.reading.kind for row in by_start).items())),
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


def _end(root: SpanRow | None, by_start: Sequence[SpanRow]) -> int | None:
    if root:
        return root.end_time_unix_nano
    ends = [row.end_time_unix_nano for row in by_start if row.end_time_unix_nano is not None]
    return max(ends) if len(ends) == len(by_start) else None


def _input_preview(root: SpanRow | None, by_start: Sequence[SpanRow]) -> str | None:
    asked = (row.reading.input_preview for row in by_start if row.reading.kind == "llm")
    return _first(asked) or (root.reading.input_preview if root else None)


def _output_preview(root: SpanRow | None, by_start: Sequence[SpanRow]) -> str | None:
    if root and root.reading.output_preview:
        return root.reading.output_preview
    return _first(row.reading.output_preview for row in reversed(by_start) if row.reading.kind == "llm")


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
