"""What hints are made from: the model calls and the uses of tools in one trace, in order of time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from llm_tracer.model.failures import failure_line
from llm_tracer.model.reading import Content, Reader
from llm_tracer.model.row import SpanRow
from llm_tracer.model.trace import Node, Trace

from llm_tracer_service.compare.payloads import given
from llm_tracer_service.conversation.contents import Contents
from llm_tracer_service.conversation.family import Family

HintName: TypeAlias = Literal[
    "repeated_tool_call", "retried", "context_near_window", "cache_prefix_broken", "tool_error_ignored", "length_finish",
    "invalid_arguments", "invalid_answer", "another_model", "handoff_forgets", "secret_sent",
]  # fmt: skip

EVIDENCE_CHARS_MAX = 2_000
"""How much of a text is kept as evidence."""

STEPS_MAX = 2_000
"""How many model calls and uses of tools are examined: reading their contents takes half a second."""


@dataclass(frozen=True, slots=True)
class Hint:
    """Something in a trace that costs money or goes wrong, found without asking a model.

    `title` is short and has the numbers, `detail` says what was seen, `evidence` is the same for a program. The spans are
    those in which it was seen, at least one, in order of time.
    """

    hint: HintName
    title: str
    detail: str
    span_ids: tuple[str, ...]
    evidence: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class UncheckedHint:
    """A hint that could not be checked, and why not, as a sentence."""

    hint: HintName
    reason: str


@dataclass(frozen=True, slots=True)
class Step:
    """A model call or the use of a tool. `scope` is the index of the nearest agent above it, otherwise of the top of its tree:
    within a scope, one agent decides. `told` is the span that has the messages: its own, or one that wraps it if its own
    sender left them out."""

    row: SpanRow
    index: int
    scope: int
    told: SpanRow


class Steps:
    """The steps of a trace. `context_window` returns how many tokens the model of a call allows, `known_model` which model of
    the price list a name used in a call means; None if unknown."""

    def __init__(
        self,
        trace: Trace,
        reader: Reader,
        context_window: Callable[[SpanRow], int | None] = lambda row: None,
        known_model: Callable[[SpanRow, str], str | None] = lambda row, name: None,
    ) -> None:
        self.trace = trace
        self.context_window = context_window
        self.known_model = known_model
        self._contents = Contents(trace, reader)
        self._starts = {row.span_id: row.start_time_unix_nano for row in trace.rows}
        steps = sorted(self._steps(), key=lambda step: (step.row.start_time_unix_nano, step.index))
        self.complete = len(steps) <= STEPS_MAX
        steps = steps[:STEPS_MAX]
        self.calls: Sequence[Step] = [step for step in steps if step.row.reading.kind == "llm"]
        self.tools: Sequence[Step] = [step for step in steps if step.row.reading.kind == "tool"]

    def content(self, step: Step) -> Content:
        """The content of a step; empty if its span was deleted meanwhile."""
        return self._contents.of(step.told)

    def given(self, step: Step) -> tuple[Any, ...] | None:
        """The input of a step, equal for equal inputs; None if it was not sent."""
        found = given(self.content(step))
        return None if found == _NOTHING else found

    def start(self, span_id: str) -> int:
        """When a span began, in nanoseconds since 1970."""
        return self._starts[span_id]

    def later_calls(self, step: Step) -> Sequence[Step]:
        """The model calls of its scope that began after it ended."""
        end = step.row.end_time_unix_nano
        if end is None:
            return ()
        return [
            call for call in self.calls if call.scope == step.scope and call.row.start_time_unix_nano >= end
        ]

    def follow(self, steps: Sequence[Step]) -> bool:
        """Whether no other tool of their scope ran between these; it could have changed what they see."""
        first, last = steps[0].row.start_time_unix_nano, steps[-1].row.start_time_unix_nano
        own = {step.index for step in steps}
        return not any(
            tool.scope == steps[0].scope
            and first <= tool.row.start_time_unix_nano <= last
            and tool.index not in own
            for tool in self.tools
        )

    def _steps(self) -> list[Step]:
        """Each model call once, and all tools except those that only wrap a tool of the same name."""
        nodes = self.trace.nodes
        scopes = Family(nodes).scope
        parents = ((node.row, node.parent_index) for node in nodes if node.parent_index >= 0)
        wrapping = {
            parent
            for row, parent in parents
            if _is_tool(nodes[parent].row) and _tool(row) == _tool(nodes[parent].row)
        }
        models_below = Counter(node.parent_index for node in nodes if node.row.reading.kind == "llm")
        return [
            Step(node.row, index, scopes[index], _told(nodes, index, models_below))
            for index, node in enumerate(nodes)
            if self.trace.is_llm_call[index] or (_is_tool(node.row) and index not in wrapping)
        ]


_NOTHING = given(Content())


def _told(nodes: Sequence[Node], index: int, models_below: Mapping[int, int]) -> SpanRow:
    """The span that has the messages of a step. For a model call without messages it is the model span around it, if that wraps
    nothing else, which happens when a library traces itself and is traced by another one. `models_below`: how many children
    of a span are model spans."""
    row, above = nodes[index].row, nodes[index].parent_index
    if row.reading.kind != "llm" or row.reading.input_preview or row.reading.output_preview or above < 0:
        return row
    wrapper = nodes[above].row
    return wrapper if wrapper.reading.kind == "llm" and models_below[above] == 1 else row


def reason_of(step: Step) -> str | None:
    """Why a step failed, in one line: from the body of an API's answer, only its message. None if no reason was sent."""
    error = step.row.reading.error
    return failure_line(None if error.message else error.type, error.message) or None if error else None


def tool_name(step: Step) -> str:
    """The name of the tool that a step uses."""
    return _tool(step.row)


def _is_tool(row: SpanRow) -> bool:
    return row.reading.kind == "tool"


def _tool(row: SpanRow) -> str:
    return row.reading.tool_name or row.reading.name


def ids(steps: Sequence[Step]) -> tuple[str, ...]:
    """The ids of the spans that have the messages of these steps."""
    return tuple(step.told.span_id for step in steps)
