"""Pairs of runs of one agent, as two traces each, with known differences."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, TypeAlias

from conversation.traces import START, agent, answers, calls, chat, reader, says, tool
from llm_tracer.model.place import placed
from llm_tracer.model.row import row_of
from llm_tracer.model.span import SpanData
from llm_tracer.model.trace import Trace
from llm_tracer_service.compare.align import Forest, aligned
from llm_tracer_service.compare.payloads import Payloads
from llm_tracer_service.compare.rows import ComparedRow, compared

USER = says("user", "What is the weather in Oslo and in Rome?")
OSLO = calls("weather", {"city": "Oslo"}, "c1")
RESULT = answers("4 C", "c1")
Message: TypeAlias = dict[str, Any]
ANSWER = says("assistant", "4 C in Oslo.")


def trace(*spans: SpanData, letter: str = "a") -> Trace:
    """These spans as a trace; ids of spans and calls are another run's for another letter."""
    moved = [_renamed(span, letter) for span in spans]
    rows = placed(letter * 32, [row_of(span, reader().read(span)) for span in moved])
    return Trace(letter * 32, rows, START, {span.span_id: span for span in moved}, reader().texts)


def _renamed(span: SpanData, letter: str) -> SpanData:
    def renamed(value: Any) -> Any:
        return value.replace('"c1"', f'"{letter}c1"') if isinstance(value, str) else value

    return replace(
        span,
        trace_id=letter * 32,
        span_id=letter + span.span_id[1:],
        parent_span_id=span.parent_span_id and letter + span.parent_span_id[1:],
        attributes={key: renamed(value) for key, value in span.attributes.items()},
    )


def good_run(
    letter: str = "a",
    system: str = "Be brief.",
    model: str = "gpt-4o",
    said: Message = ANSWER,
    **parameters: Any,
) -> Trace:
    """An agent that asks a model, uses a tool, and answers. The last call has these parameters."""
    spans = (
        agent(1),
        chat(2, [USER], [OSLO], parent=1, system=system),
        tool(3, "weather", {"city": "Oslo"}, "c1", "4 C", parent=1),
        chat(4, [USER, OSLO, RESULT], [said], parent=1, system=system),
    )
    asked = {f"gen_ai.request.{name}": value for name, value in parameters.items()}
    spans = (*spans[:-1], replace(spans[-1], attributes={**spans[-1].attributes, **asked}))
    with_model = [
        replace(span, name=f"chat {model}", attributes={**span.attributes, "gen_ai.request.model": model})
        if "gen_ai.request.model" in span.attributes
        else span
        for span in spans
    ]
    return trace(*with_model, letter=letter)


def rows_of(a: Trace, b: Trace) -> list[ComparedRow]:
    return compared(aligned(Forest(a), Forest(b)), Payloads(a, b, reader()))


def shown(rows: list[ComparedRow]) -> list[tuple[int | None, int | None, str]]:
    """The numbers of the spans of each row, and its change with what differs."""
    return [
        (
            None if row.a is None else int(row.a.span_id[1:]),
            None if row.b is None else int(row.b.span_id[1:]),
            " ".join((row.change, *row.differs)),
        )
        for row in rows
    ]
