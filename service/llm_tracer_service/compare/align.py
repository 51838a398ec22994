"""Which spans of two trees belong together."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from llm_tracer.model.reading import Reading
from llm_tracer.model.row import SpanRow
from llm_tracer.model.trace import Trace

from llm_tracer_service.compare.common import Key, Pairs, common

_ROOT: Key = ("", "", "the root")


@dataclass(frozen=True, slots=True)
class Pair:
    """Two spans that belong together, or one that has no counterpart. `depth` is its depth in the merged tree."""

    a: SpanRow | None
    b: SpanRow | None
    depth: int


class Forest:
    """The spans to align: all of a trace, or one span and everything below it."""

    def __init__(self, trace: Trace, top_span_id: str | None = None) -> None:
        """Raises KeyError if the trace has no such span."""
        self.nodes = trace.nodes
        self._children: dict[int, list[int]] = defaultdict(list)
        for index, node in enumerate(self.nodes):
            self._children[node.parent_index].append(index)
        if top_span_id is None:
            self.tops: Sequence[int] = self._children[-1]
            self.root = self._place(trace.summary.root_span_id)
        else:
            self.root = self._place(top_span_id)
            if self.root is None:
                raise KeyError(top_span_id)
            self.tops = [self.root]

    def children(self, index: int) -> Sequence[int]:
        """The indexes of the children of a span, by start."""
        return self._children.get(index, ())

    def rows(self) -> list[SpanRow]:
        """All rows, in tree order."""
        found: list[SpanRow] = []
        stack = [*reversed(self.tops)]
        while stack:
            index = stack.pop()
            found.append(self.nodes[index].row)
            stack += reversed(self.children(index))
        return found

    def _place(self, span_id: str | None) -> int | None:
        return next((at for at, node in enumerate(self.nodes) if node.row.span_id == span_id), None)


def aligned(a: Forest, b: Forest) -> list[Pair]:
    """Every span of both sides once, in the order of the merged trees.

    The roots belong together whatever their names are. Below a pair, siblings of the same kind and name belong together:
    first those with the same input, at any position, because parallel calls end in any order; then the longest common
    subsequence of the others; then that of what is still left. A span without a counterpart stands, with everything below
    it, after the sibling before it.
    """
    pairs: list[Pair] = []
    stack = _merged(a, b, a.tops, b.tops, 0)[::-1]
    while stack:
        at_a, at_b, depth = stack.pop()
        row_a = None if at_a is None else a.nodes[at_a].row
        row_b = None if at_b is None else b.nodes[at_b].row
        pairs.append(Pair(row_a, row_b, depth))
        below_a = () if at_a is None else a.children(at_a)
        below_b = () if at_b is None else b.children(at_b)
        stack += reversed(_merged(a, b, below_a, below_b, depth + 1))
    return pairs


def _merged(
    a: Forest, b: Forest, ours: Sequence[int], theirs: Sequence[int], depth: int
) -> list[tuple[int | None, int | None, int]]:
    """Two lists of siblings as one, in the order of `ours`; what only `theirs` has stands after the sibling before it."""
    if not theirs:
        return [(index, None, depth) for index in ours]
    pairs = dict(_paired(a, b, ours, theirs))
    counterpart = {at_b: at_a for at_a, at_b in pairs.items()}
    # The siblings that only b has, by the position in a of the sibling before them; None: at the front.
    after: dict[int | None, list[int]] = defaultdict(list)
    before: int | None = None
    for index in range(len(theirs)):
        if index in counterpart:
            before = counterpart[index]
        else:
            after[before].append(index)
    merged: list[tuple[int | None, int | None, int]] = [(None, theirs[other], depth) for other in after[None]]
    for index, at_a in enumerate(ours):
        other = pairs.get(index)
        merged.append((at_a, None if other is None else theirs[other], depth))
        merged += [(None, theirs[alone], depth) for alone in after.get(index, ())]
    return merged


def _paired(a: Forest, b: Forest, ours: Sequence[int], theirs: Sequence[int]) -> Pairs:
    """Which siblings belong together, by their positions in their lists."""
    told_a, told_b = _told_apart(a, ours), _told_apart(b, theirs)
    both = {key for key in set(told_a) & set(told_b) if len(key) > 2}
    places_b = {key: index for index, key in enumerate(told_b) if key in both}
    found = {index: places_b[key] for index, key in enumerate(told_a) if key in both}
    # These pairs stay in the sequences, so that the others keep their positions between them.
    keys_a = [key if key in both else key[:2] for key in told_a]
    keys_b = [key if key in both else key[:2] for key in told_b]
    for mine, their in common(keys_a, keys_b):
        found.setdefault(mine, their)
    taken = set(found.values())
    left_a = [index for index in range(len(ours)) if index not in found]
    left_b = [index for index in range(len(theirs)) if index not in taken]
    left = common([keys_a[index] for index in left_a], [keys_b[index] for index in left_b])
    return [*found.items(), *((left_a[mine], left_b[their]) for mine, their in left)]


def _told_apart(forest: Forest, siblings: Sequence[int]) -> list[Key]:
    """The keys of siblings: kind and name, the input, and how often the same came before; without an input, only kind and
    name. The root has a key of its own."""
    seen: Counter[Key] = Counter()
    keys: list[Key] = []
    for index in siblings:
        reading = forest.nodes[index].row.reading
        key: Key = (reading.kind, _name(reading))
        if index == forest.root:
            key = _ROOT
        elif reading.input_preview:
            key = (*key, reading.input_preview)
            seen[key] += 1
            key = (*key, str(seen[key]))
        keys.append(key)
    return keys


def _name(reading: Reading) -> str:
    """The name without the model: "chat gpt-5" and "chat gpt-5-mini" are the same step."""
    if reading.kind != "llm":
        return reading.name
    name = reading.name
    for model in (reading.request_model, reading.response_model):
        if model:
            name = name.replace(model, "")
    return name.strip()
