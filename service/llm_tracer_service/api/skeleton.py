"""A trace in columns: some 50 bytes a span, to draw trees of many thousands. Pure."""

from __future__ import annotations

from collections.abc import Container, Sequence

from llm_tracer.model.failures import failure_line
from llm_tracer.model.reading import SpanError
from llm_tracer.model.text import preview
from llm_tracer.model.trace import FINISH_PROBLEMS, Node, Trace, TraceSummary

from llm_tracer_service.api import answers
from llm_tracer_service.api.render import trace_summary
from llm_tracer_service.api.shortened import beginning

ORPHAN, OPEN, ABANDONED, CYCLE, SKEW, COUNTED, FINISH_PROBLEM = 1, 2, 4, 8, 16, 32, 64

_STATUS = {"unset": 0, "ok": 1, "error": 2}
_COST_DIGITS = 9  # a billionth of a dollar; the span has the exact figure
_PREVIEW_CHARS = 80
_PREVIEWS_MAX = 500
"""So that a trace of 10,000 spans stays below 80 bytes a span."""
_NAMED_BY_INPUT = {"http", "db"}
"""Kinds whose names may have what they were given: "POST /chat" has its path."""
_WENT_IN = {"tool", "retriever", "embedding", "reranker"} | _NAMED_BY_INPUT
_CAME_OUT = {"agent", "llm"}


def skeleton(trace: Trace, summary: TraceSummary, pins: Container[str], silent: bool) -> answers.Skeleton:
    """The columns of a trace. `silent`: its open spans are abandoned."""
    nodes = trace.nodes
    names, models, kinds = _Table(), _Table(), _Table()
    origin = min(node.row.start_time_unix_nano for node in nodes)
    columns = answers.Skeleton(
        trace=trace_summary(summary, pins),
        start_time_unix_nano=str(origin),
        names=names.texts,
        models=models.texts,
        kinds=kinds.texts,
        id="".join([node.row.span_id for node in nodes]),
        parent=[node.parent_index for node in nodes],
        name=[],
        kind=[],
        model=[],
        start_us=[(node.row.start_time_unix_nano - origin) // 1000 for node in nodes],
        duration_us=[_duration_us(node) for node in nodes],
        status=[_STATUS[node.row.reading.status] for node in nodes],
        tokens=[],
        cost=[],
        flags=[_flags(node, silent) for node in nodes],
        ttft_us=_first_tokens(nodes),
        previews=_previews(nodes),
        failures=_failures(trace),
    )
    for node in nodes:
        reading = node.row.reading
        columns.name.append(names.index(reading.name))
        columns.kind.append(kinds.index(reading.kind))
        columns.model.append(-1 if reading.model is None else models.index(reading.model))
        columns.tokens.append(None if reading.usage is None else reading.usage.total)
        columns.cost.append(None if reading.cost is None else round(reading.cost.total, _COST_DIGITS))
    return columns


class _Table:
    """Texts, each once and shortened, in the order in which they first occur."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self._index_of: dict[str, int] = {}

    def index(self, text: str) -> int:
        text = beginning(text)
        index = self._index_of.setdefault(text, len(self.texts))
        if index == len(self.texts):
            self.texts.append(text)
        return index


def _first_tokens(nodes: Sequence[Node]) -> dict[str, int]:
    """The times to the first token. Few spans have one, so they are by index rather than in a column."""
    known = ((index, node.row.reading.ttft_ms) for index, node in enumerate(nodes))
    return {str(index): round(ms * 1000) for index, ms in known if ms is not None and ms > 0}


def _previews(nodes: Sequence[Node]) -> dict[str, str]:
    """What distinguishes spans with the same name, for their rows. If a trace has too many, only the answers of agents,
    since those stand for what is folded."""
    told = [(index, node, text) for index, node in enumerate(nodes) if (text := _telling(node))]
    if len(told) > _PREVIEWS_MAX:
        told = [one for one in told if one[1].row.reading.kind == "agent"][:_PREVIEWS_MAX]
    return {str(index): preview(text, _PREVIEW_CHARS) for index, _, text in told}


def _failures(trace: Trace) -> dict[str, str]:
    """Why the spans failed in which something broke. Those around them only pass it on, and a log of an error is named by
    what it says."""
    broken = {row.span_id for row in trace.error_origins[:_PREVIEWS_MAX]}
    readings = [
        (index, node.row.reading) for index, node in enumerate(trace.nodes) if node.row.span_id in broken
    ]
    return {
        str(index): preview(why, _PREVIEW_CHARS)
        for index, reading in readings
        if reading.error and (why := _why(reading.error)) and why != reading.name
    }


def _why(error: SpanError) -> str:
    """A failure in few words. Its type only if the message needs it, as "'user_id'" of a KeyError does."""
    line = failure_line(error.type, error.message)
    said = line.removeprefix(f"{(error.type or '').rsplit('.', 1)[-1]}: ")
    return said if " " in said else line


def _telling(node: Node) -> str | None:
    """What an agent or a model answered, or what a tool, a database or an HTTP server was given; nothing for other spans."""
    reading = node.row.reading
    if reading.kind in _CAME_OUT:
        return reading.output_preview
    given = reading.input_preview if reading.kind in _WENT_IN else None
    is_named_by_it = reading.kind in _NAMED_BY_INPUT and given is not None and given in reading.name
    return None if is_named_by_it else given


def _duration_us(node: Node) -> int:
    end = node.row.end_time_unix_nano
    return -1 if end is None else (end - node.row.start_time_unix_nano) // 1000


def _flags(node: Node, silent: bool) -> int:
    flags = 0
    if node.orphan:
        flags |= ORPHAN
    if node.row.end_time_unix_nano is None:
        flags |= ABANDONED if silent else OPEN
    if node.cycle:
        flags |= CYCLE
    if node.skew:
        flags |= SKEW
    if node.counted:
        flags |= COUNTED
    if any(reason in FINISH_PROBLEMS for reason in node.row.reading.finish_reasons):
        flags |= FINISH_PROBLEM
    return flags
