"""How the spans of a trace are related: which is below which, in the same scope, earlier. By their index in the tree."""

from __future__ import annotations

from collections.abc import Sequence

from llm_tracer.model.trace import Node


class Family:
    """Relations over `Trace.nodes`, each prepared in one pass."""

    def __init__(self, nodes: Sequence[Node]) -> None:
        self.nodes = nodes
        self.index_of = {node.row.span_id: index for index, node in enumerate(nodes)}
        self._end = list(range(1, len(nodes) + 1))  # after the last descendant
        self.scope: list[int] = []
        """For each span, the index of the nearest agent above it, otherwise of the top of its tree; -1 if it is a top."""
        self.wraps = [False] * len(nodes)
        """Spans with a model call below them and no tool or agent between: spans of a framework around a client's."""
        for node in nodes:
            self.scope.append(self._scope_below(node.parent_index))
        for index in range(len(nodes) - 1, -1, -1):  # children come after their parents
            node = nodes[index]
            parent = node.parent_index
            if parent < 0:
                continue
            self._end[parent] = max(self._end[parent], self._end[index])
            kind = node.row.reading.kind
            if kind == "llm" or (self.wraps[index] and kind not in ("tool", "agent")):
                self.wraps[parent] = True

    def _scope_below(self, parent: int) -> int:
        """The nearest agent from a parent upwards, otherwise the top of its tree; -1 if there is no parent."""
        if parent < 0 or self.nodes[parent].row.reading.kind == "agent":
            return parent
        above = self.scope[parent]
        return parent if above < 0 else above

    def is_within(self, index: int, ancestor: int) -> bool:
        """Whether a span is `ancestor` or below it."""
        return ancestor <= index < self._end[ancestor]

    def start(self, index: int) -> int:
        """When the span began, in nanoseconds since 1970."""
        return self.nodes[index].row.start_time_unix_nano

    def distance(self, index: int, other: int) -> int:
        """0: siblings, or `other` is below `index`; 1: under the same agent or top; 2: elsewhere in the trace."""
        parent = self.nodes[index].parent_index
        if self.is_within(other, index) or self.nodes[other].parent_index == parent:
            return 0
        scope = self.scope[index]
        return 1 if scope >= 0 and self.is_within(other, scope) else 2
