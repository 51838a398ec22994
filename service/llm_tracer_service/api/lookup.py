"""What several routes look up: a trace, what is known of it as of now, its index, and where a page of it begins."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from llm_tracer.model.reading import Reading
from llm_tracer.model.span import SpanData
from llm_tracer.model.trace import Trace, TraceSummary

from llm_tracer_service.api import render
from llm_tracer_service.api.ids import span_id_in_path, trace_id_in_path
from llm_tracer_service.api.operation import Call
from llm_tracer_service.blobs import SpanForm
from llm_tracer_service.conversation.index import TraceIndex
from llm_tracer_service.errors import Problem, no_such
from llm_tracer_service.hints import Steps
from llm_tracer_service.store.base import BadCursor


def found_trace(call: Call) -> Trace:
    """The trace that the path names. Raises Problem 404."""
    trace = call.service.store.get_trace(call.project, trace_id_in_path(call.path))
    if trace is None or not trace.rows:
        raise no_such("trace")
    return trace


def found_summary(call: Call) -> TraceSummary:
    """The summary of the trace that the path names. Raises Problem 404."""
    summary = call.service.store.get_summary(call.project, trace_id_in_path(call.path))
    if summary is None:
        raise no_such("trace")
    return summary


def found_index(call: Call) -> tuple[TraceSummary, TraceIndex]:
    """The summary of the trace that the path names, and its index. Raises Problem 404."""
    summary = found_summary(call)
    index = trace_index(call, summary)
    if index is None:
        raise no_such("trace")
    return summary, index


def found_span(call: Call, form: SpanForm) -> SpanData:
    """The span that the path names, in a form. Raises Problem 404."""
    trace_id, span_id = trace_id_in_path(call.path), span_id_in_path(call.path)
    span = call.service.store.get_span(call.project, trace_id, span_id, form)
    if span is None:
        raise no_such("span")
    return span


def found_root(call: Call, summary: TraceSummary | None, what: str, hint: str) -> SpanData:
    """The root span of a trace with this summary. Raises Problem: 404 if there is no such trace, 422 with the hint if its root
    was never received. `what` is how the request names it: "trace" or "session"."""
    if summary is None:
        raise no_such(what)
    if summary.root_span_id is None:
        raise Problem(422, f"The root span of this {what} was never received.", hint)
    span = call.service.store.get_span(call.project, summary.trace_id, summary.root_span_id)
    if span is None:  # deleted meanwhile
        raise no_such(what)
    return span


def is_silent(call: Call, last_received_unix_nano: int) -> bool:
    """Whether what still runs in a trace counts as abandoned by now."""
    service = call.service
    return render.is_silent(last_received_unix_nano, service.clock(), service.settings.abandon_after_s)


def as_of_now(call: Call, trace: Trace) -> tuple[TraceSummary, bool]:
    """The summary of a trace as of now, and whether its open spans are abandoned."""
    summary = trace.summary.at(call.service.clock(), call.service.settings.abandon_after_s)
    return summary, is_silent(call, trace.last_received_unix_nano)


def context_window(call: Call, reading: Reading) -> int | None:
    """How many tokens the model of a call takes in; None if unknown."""
    prices = call.service.prices
    if prices is None:
        return None
    models = filter(None, (reading.response_model, reading.request_model))
    return prices.context_window(reading.provider, models)


def steps_of(call: Call, trace: Trace) -> Steps:
    """What the hints about a trace are made from."""
    prices = call.service.prices
    return Steps(
        trace,
        call.service.reader,
        lambda row: context_window(call, row.reading),
        lambda row, name: None if prices is None else prices.known_model(row.reading.provider, name),
    )


def trace_index(call: Call, summary: TraceSummary) -> TraceIndex | None:
    """The index of the project's trace with this summary; None if it was deleted meanwhile."""
    service = call.service
    load = partial(service.store.get_trace, call.project, summary.trace_id)
    return service.trace_indexes.of(call.project, summary, service.reader, load)


def start_after(cursor: str | None, ids: Iterable[str], of: str) -> int:
    """Where the page after a cursor begins. The cursor is the id of the last item of the page before, so that items which
    arrive meanwhile are neither skipped nor repeated. `of` says what the items are of. Raises BadCursor."""
    if cursor is None:
        return 0
    for index, each in enumerate(ids):
        if each == cursor:
            return index + 1
    raise BadCursor(f"This cursor belongs to another {of}.", "Start again without `cursor`.")
