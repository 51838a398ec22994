"""A trace: its spans as a tree, each call counted once, and its summary.

Everything is recomputed from the spans, never incremented, and independent of the order in which they arrived.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal, TypeAlias

from llm_tracer.model.counting import counted_spans, is_report, sum_usage
from llm_tracer.model.fast_dataclass import made_fast
from llm_tracer.model.reading import CUT_SHORT, Cost, Reading, Score, SpanError, Text, Usage
from llm_tracer.model.row import SpanRow
from llm_tracer.model.span import SpanData
from llm_tracer.model.tree import origins, sibling_order, tree

TraceStatus: TypeAlias = Literal["running", "ok", "error", "abandoned"]

FINISH_PROBLEMS = CUT_SHORT | {"content_filter", "error"}
NAME_OF_MISSING_ROOT = "(root not received)"


@made_fast
@dataclass(frozen=True, slots=True)
class Node:
    """A row at its place in the tree.

    `parent_index` is an index into `Trace.nodes`, -1 for roots and orphans. `orphan`: its parent was never received.
    `cycle`: its parent link was cut, because the parents formed a circle. `skew`: it starts before its parent.
    `counted`: its tokens and cost are part of the trace's totals. `repeats` is the id of the span that already
    reported the same call.
    """

    row: SpanRow
    parent_index: int
    depth: int
    orphan: bool = False
    cycle: bool = False
    skew: bool = False
    counted: bool = False
    repeats: str | None = None


@made_fast
@dataclass(frozen=True, slots=True)
class TraceCost:
    """US dollars for the counted calls; `complete` is false if one of them has no known price."""

    total: float
    complete: bool


@dataclass(frozen=True, slots=True)
class TraceError:
    """The first error of a trace."""

    type: str | None
    message: str | None
    span_id: str


@made_fast
@dataclass(frozen=True, slots=True)
class TraceSummary:
    """What a list shows about a trace. Under 2 KB: previews, never payloads.

    `status` is "running" while the root is open; whether it is "abandoned" depends on the current time: see `at`.
    `llm_calls` counts each model call once, `kinds` counts spans. `answer_cut`: some answer ended at the token limit.
    `last_received_unix_nano` is when the store last received a span of it.
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
    answer_cut: bool
    last_received_unix_nano: int

    def at(self, now_unix_nano: int, abandon_after_s: float) -> TraceSummary:
        """The summary at a given time: a running trace that was silent for longer is abandoned."""
        silent_s = (now_unix_nano - self.last_received_unix_nano) / 1e9
        if self.status != "running" or silent_s <= abandon_after_s:
            return self
        return replace(self, status="abandoned")


def _no_texts(span: SpanData) -> Iterable[Text]:
    return ()


@dataclass(frozen=True)
class Trace:
    """All spans of one trace that have arrived, one row each, `placed`, in any order.

    `spans` gives the payload of a row by its span id, and may load it only then; `texts` gives what full text search
    finds in it. A store that only needs the summary leaves both out.
    """

    trace_id: str
    rows: Sequence[SpanRow]
    last_received_unix_nano: int = 0
    spans: Mapping[str, SpanData] = field(default_factory=dict)
    texts: Callable[[SpanData], Iterable[Text]] = _no_texts

    @cached_property
    def by_start(self) -> Sequence[SpanRow]:
        """The rows by start and then by id, in whatever order they arrived."""
        return sorted(self.rows, key=sibling_order)

    @cached_property
    def row_of(self) -> Mapping[str, SpanRow]:
        """The rows by span id."""
        return {row.span_id: row for row in self.rows}

    @cached_property
    def parent_ids(self) -> frozenset[str | None]:
        """The ids that rows name as their parent; a span that is not among them is a leaf."""
        return frozenset(row.parent_span_id for row in self.rows)

    @cached_property
    def nodes(self) -> tuple[Node, ...]:
        """The rows in tree order: depth first, siblings by start and then by id. Linear except for sorting."""
        return _nodes(*tree(self.by_start))

    @cached_property
    def depth_of(self) -> Mapping[str, int]:
        """The depth of each span by its id; a root has 0. Takes a quarter of the time of `nodes`, since it counts
        nothing."""
        rows, parents = tree(self.by_start)
        depths: list[int] = []
        for parent_index in parents:
            depths.append(0 if parent_index < 0 else depths[parent_index] + 1)
        return {row.span_id: depth for row, depth in zip(rows, depths, strict=True)}

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
    def error_origins(self) -> Sequence[SpanRow]:
        """The spans in error without a child in error (`tree.origins`), by start."""
        failed = [row for row in self.by_start if row.reading.status == "error"]
        return origins(failed, lambda row: (row.span_id, row.parent_span_id))

    @cached_property
    def is_llm_call(self) -> Sequence[bool]:
        """Which of the nodes are model calls; a call that several report, once."""
        return _is_llm_call(self.nodes)

    @cached_property
    def summary(self) -> TraceSummary:
        """What a list shows. The trace must have at least one row."""
        return _summarise(self)

    def summary_without(
        self, responses: Collection[str], summary: TraceSummary | None = None
    ) -> TraceSummary:
        """The summary (its own, or the given version of it) with `usage`, `cost` and `llm_calls` as if the calls with
        these response ids were not reported here, because another trace of the project counts them."""
        left = [node for node in self.nodes if node.row.reading.response_id not in responses]
        return replace(
            summary or self.summary,
            llm_calls=_llm_calls(self.nodes, responses),
            usage=sum_usage(
                node.row.reading.usage for node in left if node.counted and node.row.reading.usage
            ),
            cost=_sum_cost(left),
        )


def _nodes(rows: Sequence[SpanRow], parents: Sequence[int]) -> tuple[Node, ...]:
    ids = {row.span_id for row in rows}
    counted, repeats = counted_spans(rows, parents)
    nodes: list[Node] = []
    for index, (row, parent_index) in enumerate(zip(rows, parents, strict=True)):
        repeated = repeats.get(index)
        counts = counted[index] and repeated is None
        if parent_index < 0:
            named = row.parent_span_id
            orphan, cycle = named is not None and named not in ids, named is not None and named in ids
            nodes.append(Node(row, parent_index, 0, orphan, cycle, False, counts, repeated))
        else:
            parent = nodes[parent_index]
            skew = row.start_time_unix_nano < parent.row.start_time_unix_nano
            nodes.append(Node(row, parent_index, parent.depth + 1, False, False, skew, counts, repeated))
    return tuple(nodes)


def _sum_cost(nodes: Iterable[Node]) -> TraceCost | None:
    counted = [node.row.reading for node in nodes if node.counted]
    # fsum rounds once, so that the sum does not depend on the order of the spans.
    known: list[Cost] = [reading.cost for reading in counted if reading.cost is not None]
    if not known:
        return None
    return TraceCost(math.fsum(cost.total for cost in known), complete=len(known) == len(counted))


def _llm_calls(nodes: Sequence[Node], without: Collection[str] = ()) -> int:
    """The number of model calls, each once, `without` those whose responses another trace counts."""
    calls = [node for node, counts in zip(nodes, _is_llm_call(nodes), strict=True) if counts]
    return sum(node.row.reading.response_id not in without for node in calls)


def _is_llm_call(nodes: Sequence[Node]) -> Sequence[bool]:
    """Which nodes are model calls. An llm span with another one below it, and no tool or agent between them, only
    wraps that one; and a repeated report is not a call."""
    is_call = [False] * len(nodes)
    holds_a_call = [False] * len(nodes)
    for index in range(len(nodes) - 1, -1, -1):  # children come after their parents
        node = nodes[index]
        is_llm = node.row.reading.kind == "llm"
        is_call[index] = is_llm and not holds_a_call[index] and node.repeats is None
        passes_on = holds_a_call[index] and node.row.reading.kind not in ("tool", "agent")
        if node.parent_index >= 0 and (is_llm or passes_on):
            holds_a_call[node.parent_index] = True
    return is_call


# --- the summary ----------------------------------------------------------------------------------------------------


def _summarise(trace: Trace) -> TraceSummary:
    nodes = trace.nodes
    by_start = trace.by_start
    roots = [node.row for node in nodes if node.parent_index < 0 and not node.orphan and not node.cycle]
    root = min(roots, key=sibling_order) if roots else None
    start = root.start_time_unix_nano if root else by_start[0].start_time_unix_nano
    status = _status(root, nodes)
    end = _end(root, status, by_start)
    said = _Said()
    # Root first, then by start: if several spans say something about the trace, the first one wins.
    if root is not None:
        said.hear_of_trace(root.reading)
    for row in by_start:
        said.hear_of_span(row.reading)
        if row is not root:
            said.hear_of_trace(row.reading)
    return TraceSummary(
        trace_id=trace.trace_id,
        name=said.trace_name or (root.reading.name if root else NAME_OF_MISSING_ROOT),
        status=status,
        start_time_unix_nano=start,
        end_time_unix_nano=end,
        duration_ms=None if end is None else (end - start) / 1e6,
        span_count=len(nodes),
        error_count=said.error_count,
        open_count=sum([row.end_time_unix_nano is None for row in by_start]),
        root_span_id=root.span_id if root else None,
        kinds=dict(sorted(said.kinds.items())),
        llm_calls=_llm_calls(nodes),
        models=said.models_by_weight(),
        providers=tuple(said.providers),
        services=tuple(said.services),
        usage=sum_usage(
            [node.row.reading.usage for node in nodes if node.counted and node.row.reading.usage]
        ),
        cost=_sum_cost(nodes),
        ttft_ms=said.ttft_ms,
        session_id=said.session_id,
        user_id=said.user_id,
        tags=tuple(said.tags),
        metadata=said.metadata,
        environment=said.environment,
        release=said.release,
        scores=_scores(by_start),
        input_preview=_input_preview(root, by_start),
        output_preview=_output_preview(root, by_start),
        error=_first_error(trace) if said.error_count else None,
        orphan_count=sum([node.orphan for node in nodes]),
        answer_cut=said.answer_cut,
        last_received_unix_nano=trace.last_received_unix_nano,
    )


class _Said:
    """What the spans of a trace say, collected in one pass, which is most of the work of a summary."""

    __slots__ = (
        "answer_cut", "environment", "error_count", "kinds", "metadata", "models", "providers", "release", "services",
        "session_id", "tags", "trace_name", "ttft_ms", "user_id",
    )  # fmt: skip

    def __init__(self) -> None:
        self.trace_name: str | None = None
        self.session_id: str | None = None
        self.user_id: str | None = None
        self.environment: str | None = None
        self.release: str | None = None
        self.ttft_ms: float | None = None
        self.error_count = 0
        self.answer_cut = False
        self.kinds: dict[str, int] = {}
        # Distinct values in the order in which they were first said; of a model, whether it does more than embed and rank.
        self.models: dict[str, bool] = {}
        self.providers: dict[str, None] = {}
        self.services: dict[str, None] = {}
        self.tags: dict[str, None] = {}
        self.metadata: dict[str, Any] = {}

    def hear_of_trace(self, reading: Reading) -> None:
        """What a span says of its trace."""
        self.trace_name = self.trace_name or reading.trace_name or None
        self.session_id = self.session_id or reading.session_id or None
        self.user_id = self.user_id or reading.user_id or None
        self.environment = self.environment or reading.environment or None
        self.release = self.release or reading.release or None
        for tag in reading.tags:
            if tag:
                self.tags[tag] = None
        for key, value in reading.metadata.items():
            self.metadata.setdefault(key, value)

    def hear_of_span(self, reading: Reading) -> None:
        """What a span says of itself."""
        self.kinds[reading.kind] = self.kinds.get(reading.kind, 0) + 1
        self.error_count += reading.status == "error"
        self.answer_cut = self.answer_cut or "cut" in reading.has
        if model := reading.response_model or reading.request_model:
            self.models[model] = self.models.get(model, False) or reading.kind not in (
                "embedding",
                "reranker",
            )
        if reading.provider:
            self.providers[reading.provider] = None
        if reading.service_name:
            self.services[reading.service_name] = None
        if self.ttft_ms is None:
            self.ttft_ms = reading.ttft_ms

    def models_by_weight(self) -> tuple[str, ...]:
        """Those that only embed or rank come last: the first is what a list has room for."""
        return tuple(sorted(self.models, key=lambda model: not self.models[model]))


def _scores(by_start: Sequence[SpanRow]) -> tuple[Score, ...]:
    """Scores of one response count once, however many spans report that response."""
    found = {
        (row.reading.response_id or row.span_id, score): score
        for row in by_start
        for score in row.reading.scores
    }
    return tuple(found.values())


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


_ASKED_BY_MACHINES = ("http", "db")
"""Kinds whose input is an address or a statement."""


def _input_preview(root: SpanRow | None, by_start: Sequence[SpanRow]) -> str | None:
    """What the root was asked in words; where it was given a structure, an address or nothing, what the first model call
    was asked."""
    given = root.reading.input_preview if root else None
    if root and given and given[0] not in "{[" and root.reading.kind not in _ASKED_BY_MACHINES:
        return given
    asked = (row.reading.input_preview for row in by_start if row.reading.kind == "llm")
    return _first(asked) or given


_OBJECT = re.compile(r"[A-Z]\w*\(\w+=")
"""How an object of Python begins where it is written out: what was said is somewhere inside."""


def _output_preview(root: SpanRow | None, by_start: Sequence[SpanRow]) -> str | None:
    """What the root answered; where that is nothing or an object, what the last model call or report said."""
    given = root.reading.output_preview if root else None
    if given and not _OBJECT.match(given):
        return given
    answers = (
        row.reading for row in reversed(by_start) if row.reading.kind == "llm" or is_report(row.reading)
    )
    return _first(reading.output_preview for reading in answers) or given


def _first_error(trace: Trace) -> TraceError:
    """The earliest of `error_origins`; in a circle of parents all of whose spans failed, the earliest of those."""
    failed = trace.error_origins or [row for row in trace.by_start if row.reading.status == "error"]
    origin = failed[0]
    error = origin.reading.error or SpanError()
    return TraceError(error.type, error.message, origin.span_id)


def _first(values: Iterable[str | None]) -> str | None:
    return next((value for value in values if value), None)
