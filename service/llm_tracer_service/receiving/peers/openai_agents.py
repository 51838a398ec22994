"""What the OpenAI Agents SDK exports by itself: `POST /v1/traces/ingest`, `{"data": [...]}` of traces and spans. Pure.

A trace is a record without times: its name, its group and its metadata, sent before its spans. It becomes the record of the trace
(model/place.py), below which the spans lie that have no parent. It begins with the first span, and ends when those below it do.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from llm_tracer.model.place import record_id
from llm_tracer.model.span import Scope, SpanData, StatusCode

from llm_tracer_service.receiving.decoded import Decoded, UnusableSpan
from llm_tracer_service.receiving.peers.ids import span_id_of, trace_id_of
from llm_tracer_service.receiving.peers.raw_json import (
    Members,
    attributes_of,
    decoded_records,
    members_of,
    needed_text,
    object_member,
    text_member,
    time_member,
)

SCOPE = Scope("openai-agents")

_PREFIX = "openai.agents."
_OF_A_TRACE = frozenset({"object", "id"})
_OF_A_SPAN = frozenset({"object", "id", "trace_id", "parent_id", "started_at", "ended_at", "span_data"})


def decode(body: bytes) -> Decoded:
    """The spans of a body, and what of it was refused. Raises MalformedBody where nothing of it can be kept."""
    decoded = decoded_records(body, "data", _span_of)
    decoded.spans.extend([*_begun(decoded.spans)])
    return decoded


def _span_of(record: Members) -> SpanData:
    match text_member(record, "object"):
        case "trace":
            return _trace(record)
        case "trace.span":
            return _span(record)
        case other:
            raise UnusableSpan(
                f"the record is neither a trace nor a trace.span, but {(other or 'nothing')[:40]!r}"
            )


def _trace(record: Members) -> SpanData:
    """What is said of a trace, as a fragment of its record."""
    trace_id = _trace_id(needed_text(record, "id"))
    attributes = {f"{_PREFIX}type": "trace", **attributes_of(_PREFIX, record, besides=_OF_A_TRACE)}
    name = text_member(record, "workflow_name")
    return SpanData(trace_id, record_id(trace_id), name, None, attributes=attributes, scope=SCOPE)


def _span(record: Members) -> SpanData:
    start = time_member(record, "started_at")
    if start is None:
        raise UnusableSpan("the record has no started_at")
    trace_id, span_id = _trace_id(needed_text(record, "trace_id")), needed_text(record, "id")
    said = object_member(record, "span_data")
    of_record = attributes_of(_PREFIX, record, besides=_OF_A_SPAN)
    attributes = {**attributes_of(_PREFIX, said), **of_record, f"{_PREFIX}span_id": span_id}
    status: StatusCode = "unset"
    message = None
    if f"{_PREFIX}error" in of_record:
        status, message = "error", _message_of(record["error"])
    parent = text_member(record, "parent_id")
    return SpanData(
        trace_id,
        span_id_of(span_id),
        _name_of(said),
        start,
        time_member(record, "ended_at"),
        parent_span_id=span_id_of(parent) if parent else record_id(trace_id),
        status_code=status,
        status_message=message,
        attributes=attributes,
        scope=SCOPE,
    )


def _name_of(said: Members) -> str:
    kind = text_member(said, "type") or "span"
    match kind:
        case "handoff":
            return (
                f"handoff: {text_member(said, 'from_agent') or '?'} → {text_member(said, 'to_agent') or '?'}"
            )
        case "mcp_tools":
            return f"list tools: {text_member(said, 'server') or '?'}"
        case _:
            return text_member(said, "name") or kind


def _message_of(error: bytes) -> str | None:
    try:
        return text_member(members_of(error), "message") or None
    except UnusableSpan:
        return None


def _begun(spans: Iterable[SpanData]) -> Iterator[SpanData]:
    """The records of the traces of a body, open: their starts are all that spans say of them."""
    starts: dict[str, int] = {}
    for span in spans:
        start = span.start_time_unix_nano
        if start is not None:
            starts[span.trace_id] = min(start, starts.get(span.trace_id, start))
    for trace_id, start in starts.items():
        yield SpanData(trace_id, record_id(trace_id), "", start, scope=SCOPE)


def _trace_id(sent: str) -> str:
    """`trace_` and 32 hexadecimal digits: these."""
    return trace_id_of(sent.removeprefix("trace_"))
