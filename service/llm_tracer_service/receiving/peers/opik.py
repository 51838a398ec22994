"""What Opik's SDK sends: traces and spans in batches, changes of single ones, and scores. Pure.

A trace is a record of its own there, with a time, an input and an output: the record of the trace (model/place.py), below which
the spans lie that have no parent.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple, TypeAlias

from llm_tracer.model.place import record_id
from llm_tracer.model.span import Scope, SpanData, SpanEvent, Value

from llm_tracer_service.malformed import MalformedBody
from llm_tracer_service.receiving.decoded import Decoded, UnusableSpan
from llm_tracer_service.receiving.peers.ids import span_id_of, trace_id_of
from llm_tracer_service.receiving.peers.raw_json import (
    Members,
    attribute,
    attributes_of,
    body_of,
    decoded_records,
    is_empty,
    list_of,
    members_of,
    needed_text,
    text_member,
    time_member,
    value_of,
)

SCOPE = Scope("opik")

Records: TypeAlias = Literal["traces", "spans"]

_PREFIX = "opik."
_NOT_ATTRIBUTES = frozenset(
    {"id", "trace_id", "parent_span_id", "name", "start_time", "end_time", "error_info", "metadata", "usage"}
)
_EXCEPTION = {"exception_type": "type", "message": "message", "traceback": "stacktrace"}


class Score(NamedTuple):
    """One judgement: of a trace or a span by its id, of a thread by `thread_id`. A text of "" takes back an earlier one."""

    id: str
    name: str
    value: float | None
    label: str
    reason: str


def decode_batch(body: bytes, records: Records) -> Decoded:
    """`{"traces": [...]}` or `{"spans": [...]}`. Raises MalformedBody where nothing of it can be kept."""
    return decoded_records(body, records, _trace if records == "traces" else _span)


def decode_one(body: bytes, records: Records) -> Decoded:
    """One trace or span alone. Raises MalformedBody."""
    return _alone(lambda: (_trace if records == "traces" else _span)(body_of(body)))


def decode_change(body: bytes, records: Records, sent_id: str) -> Decoded:
    """A change of a trace or a span by its id in the path, as a fragment. Raises MalformedBody."""

    def changed() -> SpanData:
        members = body_of(body)
        if records == "traces":
            trace_id = trace_id_of(sent_id)
            return _record(members, trace_id, record_id(trace_id), None, None)
        parent = text_member(members, "parent_span_id")
        trace_id = trace_id_of(needed_text(members, "trace_id"))
        return _record(members, trace_id, span_id_of(sent_id), span_id_of(parent) if parent else None, None)

    return _alone(changed)


def scores_of(body: bytes, target: str = "id") -> list[Score]:
    """`{"scores": [...]}`; `target` is the member that names what is judged. Raises MalformedBody: a score refuses the
    body, since the protocol cannot say which of them was refused."""
    scores = []
    for index, item in enumerate(list_of(body_of(body), "scores")):
        try:
            scores.append(_score(members_of(item), target))
        except UnusableSpan as fault:
            raise MalformedBody(f"A score cannot be kept: {fault}", f"$.scores[{index}]") from None
    return scores


def score_of(body: bytes, sent_id: str) -> Score:
    """One score alone, of what the path names. Raises MalformedBody."""
    try:
        return _score(body_of(body), "id", sent_id)
    except UnusableSpan as fault:
        raise MalformedBody(f"The score cannot be kept: {fault}", "$") from None


def _alone(read: Callable[[], SpanData]) -> Decoded:
    try:
        return Decoded([read()])
    except UnusableSpan as fault:
        raise MalformedBody(f"The record cannot be kept: {fault}", "$") from None


def _trace(record: Members) -> SpanData:
    trace_id = trace_id_of(needed_text(record, "id"))
    return _record(record, trace_id, record_id(trace_id), None, _start(record))


def _span(record: Members) -> SpanData:
    trace_id = trace_id_of(needed_text(record, "trace_id"))
    span_id = span_id_of(needed_text(record, "id"))
    parent = text_member(record, "parent_span_id")
    parent_id = span_id_of(parent) if parent else record_id(trace_id)
    return _record(record, trace_id, span_id, parent_id, _start(record))


def _start(record: Members) -> int:
    start = time_member(record, "start_time")
    if start is None:
        raise UnusableSpan("the record has no start_time")
    return start


def _record(record: Members, trace_id: str, span_id: str, parent: str | None, start: int | None) -> SpanData:
    end = time_member(record, "end_time")
    failed = _exception(record)
    failed_at = end or start
    attributes = _attributes(record)
    if (
        failed and failed_at is None
    ):  # a change that does not say when: an event without a time would be one of 1970
        attributes |= failed
    return SpanData(
        trace_id,
        span_id,
        text_member(record, "name"),
        start,
        end,
        parent_span_id=parent,
        status_code="error" if failed else "unset",
        status_message=_text_or_none(failed.get("exception.message")) if failed else None,
        attributes=attributes,
        events=(SpanEvent("exception", failed_at, failed),) if failed and failed_at is not None else (),
        scope=SCOPE,
    )


def _text_or_none(value: Value) -> str | None:
    return value if isinstance(value, str) else None


def _attributes(record: Members) -> dict[str, Value]:
    """Metadata and usage have an attribute for each of their members, so that a change of one leaves the others."""
    attributes = attributes_of(_PREFIX, record, besides=_NOT_ATTRIBUTES)
    for name in ("metadata", "usage"):
        if name not in record:
            continue
        try:
            attributes |= attributes_of(f"{_PREFIX}{name}.", members_of(record[name]))
        except UnusableSpan:
            attributes |= attributes_of(_PREFIX, {name: record[name]})
    return attributes


def _exception(record: Members) -> dict[str, Value]:
    """`error_info` as OpenTelemetry writes an exception; {} where there is none."""
    if is_empty(record.get("error_info", b"")):
        return {}
    try:
        said = attributes_of("", members_of(record["error_info"]))
    except UnusableSpan:
        return {"exception.message": attribute(record["error_info"])}
    return {f"exception.{_EXCEPTION.get(name, name)}": value for name, value in said.items()}


def _score(record: Members, target: str, sent_id: str = "") -> Score:
    value = value_of(record["value"]) if "value" in record else None
    return Score(
        sent_id or needed_text(record, target),
        needed_text(record, "name"),
        float(value) if isinstance(value, int | float) else None,
        text_member(record, "category_name"),
        text_member(record, "reason"),
    )
