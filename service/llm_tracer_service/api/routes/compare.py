"""Two traces, or two spans, side by side."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Literal

from llm_tracer.model.trace import Trace, TraceSummary
from msgspec import Meta, Struct
from msgspec.structs import asdict
from starlette.responses import Response

from llm_tracer_service.api import answers, render, render_compare
from llm_tracer_service.api.lookup import as_of_now
from llm_tracer_service.api.operation import Call, Operation
from llm_tracer_service.api.responses import json_response
from llm_tracer_service.compare.align import Forest, aligned
from llm_tracer_service.compare.messages import content_diff
from llm_tracer_service.compare.payloads import Payloads
from llm_tracer_service.compare.rows import compared, first_divergence
from llm_tracer_service.compare.totals import Totals, totals_of_span, totals_of_trace
from llm_tracer_service.errors import Problem, no_such

_SIDE = re.compile("([0-9a-f]{32})(?:/([0-9a-f]{16}))?", re.IGNORECASE)

SideParam = Annotated[str, Meta(description="A trace, `TRACE_ID`, or a span, `TRACE_ID/SPAN_ID`.")]
SpanParam = Annotated[str, Meta(description="A span: `TRACE_ID/SPAN_ID`.")]


class CompareParams(Struct, forbid_unknown_fields=True):
    """`GET /api/compare`."""

    a: SideParam
    b: SideParam


class ContentParams(Struct, forbid_unknown_fields=True):
    """`GET /api/compare/content`."""

    a: SpanParam
    b: SpanParam


@dataclass(frozen=True)
class _Side:
    """One side of a comparison."""

    trace: Trace
    span_id: str | None
    forest: Forest
    summary: TraceSummary
    silent: bool

    @property
    def totals(self) -> Totals:
        if self.span_id is None:
            return totals_of_trace(self.summary)
        return totals_of_span(self.trace, self.forest)

    @property
    def rendered(self) -> render_compare.Side:
        node = None if self.span_id is None else self.trace.nodes[self.forest.tops[0]]
        start = self.summary.start_time_unix_nano if node is None else node.row.start_time_unix_nano
        return render_compare.Side(start, self.silent)

    def described(self, call: Call) -> answers.TraceSide | answers.SpanSide:
        """The side as a whole, for the answer."""
        if self.span_id is None:
            pins = call.service.store.pinned(call.project, [self.trace.trace_id])
            return answers.TraceSide(**asdict(render.trace_summary(self.summary, pins)))
        node = self.trace.nodes[self.forest.tops[0]]
        row = render.span_row(node.row, node.depth, node.orphan, self.silent, self.trace.trace_id)
        return answers.SpanSide(**asdict(row))


def _compare(call: Call) -> Response:
    a, b = _side(call, "a", call.params.a), _side(call, "b", call.params.b)
    kind: Literal["traces", "spans"] = "traces" if a.span_id is None else "spans"
    if (a.span_id is None) != (b.span_id is None):
        raise Problem(422, "One side is a trace, the other a span.", "Name two traces, or two spans.")
    pairs = aligned(a.forest, b.forest)
    rows = compared(pairs, Payloads(a.trace, b.trace, call.service.reader))
    changes = [row.change for row in rows]
    only_a, only_b = changes.count("only_a"), changes.count("only_b")
    answer = answers.Comparison(
        kind=kind,
        a=a.described(call),
        b=b.described(call),
        differences=render_compare.differences(a.totals, b.totals),
        rows=render_compare.rows(rows, a.rendered, b.rendered),
        first_divergence=render_compare.divergence(first_divergence(rows), rows),
        matched=len(rows) - only_a - only_b,
        same=changes.count("same"),
        only_a=only_a,
        only_b=only_b,
    )
    return json_response(answer, call.headers)


def _side(call: Call, name: str, written: str) -> _Side:
    trace_id, span_id = _ids(name, written)
    trace = call.service.store.get_trace(call.project, trace_id)
    if trace is None or not trace.rows:
        raise _missing("trace", name)
    try:
        forest = Forest(trace, span_id)
    except KeyError:
        raise _missing("span", name) from None
    return _Side(trace, span_id, forest, *as_of_now(call, trace))


def _ids(name: str, written: str) -> tuple[str, str | None]:
    found = _SIDE.fullmatch(written)
    if found is None:
        hint = "Write TRACE_ID (32 hexadecimal digits) or TRACE_ID/SPAN_ID (16)."
        raise Problem(422, f"`{name}` is neither a trace nor a span: {written[:100]!r}.", hint)
    span_id = found[2]
    return found[1].lower(), None if span_id is None else span_id.lower()


def _missing(what: str, name: str) -> Problem:
    problem = no_such(what)
    problem.detail = f"`{name}`: {problem.detail}"
    return problem


def _content(call: Call) -> Response:
    reader = call.service.reader
    contents, readings = [], []
    for name, written in (("a", call.params.a), ("b", call.params.b)):
        trace_id, span_id = _ids(name, written)
        if span_id is None:
            raise Problem(422, f"`{name}` does not name a span.", "Write TRACE_ID/SPAN_ID.")
        span = call.service.store.get_span(call.project, trace_id, span_id, "read")
        if span is None:
            raise _missing("span", name)
        contents.append(reader.content(span))
        readings.append(reader.read(span))
    found = content_diff(contents[0], contents[1], readings[0], readings[1])
    return json_response(render_compare.content(found), call.headers)


OPERATIONS = [
    Operation(
        "GET",
        "/api/compare",
        _compare,
        "Compare two traces or two spans",
        "The spans of both sides, aligned in rows, with what differs, and where they first diverge: the first model call with "
        "a different input, or else the first with a different answer.",
        params=CompareParams,
        answer=answers.Comparison,
        refusals=(404, 422, 503),
    ),
    Operation(
        "GET",
        "/api/compare/content",
        _content,
        "Compare what two spans say",
        "Message by message: text word by word, tool calls and other values place by place.",
        params=ContentParams,
        answer=answers.ContentComparison,
        refusals=(404, 422, 503),
    ),
]
