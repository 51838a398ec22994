"""What the OpenAI Agents SDK exports by itself: `POST /v1/traces/ingest`, `{"data": [...]}` of traces and spans. Pure.

A trace is a record without times: its name, its group and its metadata, sent before its spans. It becomes the root span, above
the spans that have no parent, and has their time: it begins with the first and ends with the last that has come.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import groupby

from llm_tracer.model.span import Scope, SpanData, StatusCode, Value
from msgspec import Raw

from llm_tracer_service.receiving.decoded import Decoded, MalformedBody, Rejected, UnusableSpan
from llm_tracer_service.receiving.peers.ids import span_id_of, trace_id_of
from llm_tracer_service.receiving.peers.records import (
    Members,
    attributes_of,
    body_of,
    list_of,
    needed_text,
    object_of,
    text_of,
    time_of,
)

SCOPE = Scope("openai-agents")

_PREFIX = "openai.agents."
_ROOT_NAME = "trace"
"""Of every root, since its name is told apart from its times: the table of dialects shows `workflow_name`."""

_OF_A_TRACE = frozenset({"object", "id"})
_OF_A_SPAN = frozenset(
    {"object", "id", "trace_id", "parent_id", "started_at", "ended_at", "span_data", "error"}
)


def decode(body: bytes) -> Decoded:
    """The spans of a body, and what of it was refused. Raises MalformedBody where nothing of it can be kept."""
    traces: list[SpanData] = []
    spans: list[SpanData] = []
    rejected: list[Rejected] = []
    for index, item in enumerate(list_of(body_of(body), "data")):
        try:
            record = object_of(item)
            (traces if text_of(record, "object") == "trace" else spans).append(_span_of(record))
        except UnusableSpan as fault:
            rejected.append(Rejected(str(fault), f"$.data[{index}]", index))
    if rejected and not traces and not spans:
        raise MalformedBody(f"Nothing of the body can be kept: {rejected[0].reason}", rejected[0].where)
    announced = {trace.trace_id for trace in traces}
    return Decoded([*traces, *_times_of_roots(spans, announced), *map(_below_its_root, spans)], rejected)


def _span_of(record: Members) -> SpanData:
    match text_of(record, "object"):
        case "trace":
            return _trace(record)
        case "trace.span":
            return _span(record)
        case other:
            raise UnusableSpan(
                f"the record is neither a trace nor a trace.span, but {(other or 'nothing')[:40]!r}"
            )


def _trace(record: Members) -> SpanData:
    """What is said of a trace, as a fragment of its root span."""
    trace_id = _trace_id(needed_text(record, "id"))
    attributes = {f"{_PREFIX}type": "trace", **attributes_of(_PREFIX, record, besides=_OF_A_TRACE)}
    return SpanData(trace_id, _root_id(trace_id), "", None, attributes=attributes, scope=SCOPE)


def _span(record: Members) -> SpanData:
    start = time_of(record, "started_at")
    if start is None:
        raise UnusableSpan("the record has no started_at")
    span_id = needed_text(record, "id")
    said = object_of(record["span_data"], "span_data") if "span_data" in record else {}
    attributes: dict[str, Value] = {
        **attributes_of(_PREFIX, said),
        **attributes_of(_PREFIX, record, besides=_OF_A_SPAN),
        f"{_PREFIX}span_id": span_id,
    }
    status: StatusCode = "unset"
    message = None
    if (error := attributes_of("", record).get("error")) is not None:
        status, message = "error", _message_of(record["error"])
        attributes[f"{_PREFIX}error"] = error
    parent = text_of(record, "parent_id")
    return SpanData(
        _trace_id(needed_text(record, "trace_id")),
        span_id_of(span_id),
        _name_of(said),
        start,
        time_of(record, "ended_at"),
        parent_span_id=span_id_of(parent) if parent else None,
        status_code=status,
        status_message=message,
        attributes=attributes,
        scope=SCOPE,
    )


def _name_of(said: Members) -> str:
    kind = text_of(said, "type") or "span"
    match kind:
        case "handoff":
            return f"handoff: {text_of(said, 'from_agent') or '?'} → {text_of(said, 'to_agent') or '?'}"
        case "mcp_tools":
            return f"list tools: {text_of(said, 'server') or '?'}"
        case _:
            return text_of(said, "name") or kind


def _message_of(error: Raw) -> str | None:
    try:
        return text_of(object_of(error), "message")
    except UnusableSpan:
        return None


def _times_of_roots(spans: Iterable[SpanData], announced: set[str]) -> Iterable[SpanData]:
    """The root spans of the traces of a body, as far as it tells when they began and ended.

    The start comes as an open span and the end as a fragment, since the one never replaces what has ended, and the other
    always does: a root begins with the first of its spans that arrived and ends with the last, with no look at the store.
    """
    for trace_id, of_trace in groupby(sorted(spans, key=_trace_of), _trace_of):
        every = list(of_trace)
        tops = [span for span in every if span.parent_span_id is None]
        begun = tops or (every if trace_id in announced else [])
        if not begun:
            continue
        start = min(span.start_time_unix_nano or 0 for span in begun)
        yield SpanData(trace_id, _root_id(trace_id), _ROOT_NAME, start, scope=SCOPE)
        ends = [span.end_time_unix_nano for span in tops if span.end_time_unix_nano is not None]
        if ends:
            yield SpanData(trace_id, _root_id(trace_id), "", None, max(ends), scope=SCOPE)


def _below_its_root(span: SpanData) -> SpanData:
    return span if span.parent_span_id else replace(span, parent_span_id=_root_id(span.trace_id))


def _trace_of(span: SpanData) -> str:
    return span.trace_id


def _trace_id(sent: str) -> str:
    """`trace_` and 32 hexadecimal digits: these."""
    return trace_id_of(sent.removeprefix("trace_"))


def _root_id(trace_id: str) -> str:
    return span_id_of(f"trace_{trace_id}")
