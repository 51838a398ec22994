"""The model and tool spans of one trace, read as they are needed: the answers about a span are made from them."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from llm_tracer.model.reading import Content, Reader
from llm_tracer.model.trace import Trace, TraceSummary

from llm_tracer_service.conversation.delta import Delta, Said, delta_of
from llm_tracer_service.conversation.exchange import Exchange, exchange_of
from llm_tracer_service.conversation.family import Family
from llm_tracer_service.conversation.tool_links import Ledger, ToolLink
from llm_tracer_service.reading.messages.labelled import ONLY_NEW_KEYS

SPANS_MAX = 400
"""How many model and tool spans are read for the links of one span: the nearest in time."""

MESSAGES_MAX = 20_000
"""How many messages in them are read: every call of a long conversation repeats its whole past, so an agent that calls its
model a hundred times sends 10,000. Each takes 25 µs, once per state of the trace."""

EARLIER_MAX = 64
"""How many earlier model calls are examined to find the previous one of a thread."""

_TRACES_KEPT = 4


@dataclass(frozen=True, slots=True)
class Links:
    """The tool links of a span. `left_out` is how many model and tool spans were too far away to be read."""

    tools: tuple[ToolLink, ...]
    left_out: int


class TraceIndex:
    """One state of one trace, safe to use from many threads. What was read is kept, without texts."""

    def __init__(self, trace: Trace, reader: Reader) -> None:
        self.trace = trace
        self._reader = reader
        self._exchanges: dict[int, Exchange] = {}
        self._ledger: tuple[frozenset[int], Ledger] | None = None
        self._lock = threading.RLock()

    @cached_property
    def family(self) -> Family:
        """How the spans are related; made on demand."""
        return Family(self.trace.nodes)

    @cached_property
    def _telling(self) -> Sequence[int]:
        """The model and tool spans, earliest first."""
        nodes = self.trace.nodes
        telling = (index for index, node in enumerate(nodes) if node.row.reading.kind in ("llm", "tool"))
        return sorted(telling, key=lambda index: (self.family.start(index), index))

    def links(self, span_id: str, content: Content) -> Links:
        """The tool links of a span with this content; none for a span that is not in the trace."""
        index = self.family.index_of.get(span_id)
        if index is None:
            return Links((), 0)
        exchange = exchange_of(span_id, self._kind(index), content)
        if not exchange.uses and exchange.tool is None:
            return Links((), 0)
        with self._lock:
            exchanges = self._near(index, exchange)
            ledger = self._ledger_of(exchanges)
            return Links(tuple(ledger.links(index, exchange)), len(self._telling) - len(exchanges))

    def delta(self, span_id: str, content: Content) -> Delta | None:
        """What is new in a model call since the previous one in its thread; None if it is the first, or not a call."""
        index = self.family.index_of.get(span_id)
        if index is None or self._kind(index) != "llm" or not content.input_messages:
            return None
        if content.provenance.get("input_messages") in ONLY_NEW_KEYS:
            return None  # all of it is new, also what was said in the same words before
        with self._lock:
            said = exchange_of(span_id, "llm", content).said
            return delta_of(said, self._earlier_calls(index))

    def _earlier_calls(self, index: int) -> Iterator[Said]:
        """The model calls that had ended when this one began, latest first: those under the same agent, or if there are
        none, those of the trace."""
        family, nodes = self.family, self.trace.nodes
        begun = family.start(index)
        ended = [
            other
            for other in self._telling
            if self._kind(other) == "llm"
            and not family.is_within(other, index)
            and not family.is_within(index, other)
            and family.wraps[other] == family.wraps[index]
            and (end := nodes[other].row.end_time_unix_nano) is not None
            and end <= begun
        ]
        near = [other for other in ended if family.distance(index, other) < 2] or ended
        for other in sorted(near, key=lambda each: (family.start(each), each), reverse=True)[:EARLIER_MAX]:
            exchange = self._exchange(other)
            if exchange is not None:
                yield exchange.said

    def _near(self, index: int, own: Exchange) -> Mapping[int, Exchange]:
        """The exchanges of the model and tool spans that are nearest in time, including this one, within the limits."""
        begun = self.family.start(index)
        near: dict[int, Exchange] = {}
        if self._kind(index) in ("llm", "tool"):
            near[index] = own
        messages = 0
        for other in sorted(self._telling, key=lambda each: abs(self.family.start(each) - begun)):
            if len(near) >= SPANS_MAX or messages > MESSAGES_MAX:
                break
            exchange = own if other == index else self._exchange(other)
            if exchange is not None:
                near[other] = exchange
                messages += exchange.size
        return near

    def _ledger_of(self, exchanges: Mapping[int, Exchange]) -> Ledger:
        read = frozenset(exchanges)
        if self._ledger is None or self._ledger[0] != read:
            is_whole = len(read) == len(self._telling) and self.trace.summary.status != "running"
            self._ledger = read, Ledger(self.family, exchanges, is_whole)
        return self._ledger[1]

    def _exchange(self, index: int) -> Exchange | None:
        if index not in self._exchanges:
            span_id = self.trace.nodes[index].row.span_id
            span = self.trace.spans.get(span_id)
            if span is None:  # deleted meanwhile
                return None
            self._exchanges[index] = exchange_of(span_id, self._kind(index), self._reader.content(span))
        return self._exchanges[index]

    def _kind(self, index: int) -> str:
        return self.trace.nodes[index].row.reading.kind


class TraceIndexes:
    """The indexes of the traces that were looked at last, since people go from span to span of one trace."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, str], tuple[object, TraceIndex]] = OrderedDict()
        self._lock = threading.Lock()

    def of(
        self, project: str, summary: TraceSummary, reader: Reader, load: Callable[[], Trace | None]
    ) -> TraceIndex | None:
        """The index of the trace in the state of this summary; None if it is gone meanwhile."""
        key, state = (project, summary.trace_id), (summary, reader.version)
        with self._lock:
            kept = self._kept.get(key)
            if kept is not None and kept[0] == state:
                self._kept.move_to_end(key)
                return kept[1]
        trace = load()
        if trace is None or not trace.rows:
            return None
        index = TraceIndex(trace, reader)
        with self._lock:
            self._kept[key] = state, index
            self._kept.move_to_end(key)
            while len(self._kept) > _TRACES_KEPT:
                self._kept.popitem(last=False)
        return index
