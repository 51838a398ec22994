"""Bodies of `POST /api/public/ingestion` and `/api/public/scores`: events, and scores that came alone, each of which is kept or
refused by itself. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec
from llm_tracer.model.place import record_id
from llm_tracer.model.span import Scope, SpanData

from llm_tracer_service.malformed import MalformedBody
from llm_tracer_service.receiving.decoded import Decoded, Rejected, Rejections, UnusableSpan
from llm_tracer_service.receiving.formats import check_members
from llm_tracer_service.receiving.json_text import decode_leniently
from llm_tracer_service.receiving.peers.langfuse.event import Event, event_of, event_of_score
from llm_tracer_service.receiving.peers.langfuse.observations import LEGACY, TYPES, spans_of_observation
from llm_tracer_service.receiving.peers.langfuse.scores import RootOf, span_of_score
from llm_tracer_service.receiving.peers.langfuse.traces import record_of

_SDK = {"sdk_name": "sdk.name", "sdk_integration": "sdk.integration", "sdk_variant": "sdk.variant"}


@dataclass(frozen=True, slots=True)
class Batch:
    """What a body says, and the ids of its events or scores in order; "" for one that has none. `Rejected.index` counts
    them."""

    decoded: Decoded = field(default_factory=Decoded)
    event_ids: tuple[str, ...] = ()


def decode_batch(body: bytes, root_of: RootOf) -> Batch:
    """The spans of a batch. Raises MalformedBody; an event that cannot be kept is in `rejected`.

    Scores come last: by then it is known which traces the batch itself tells of.
    """
    sent = _parsed(body)
    events, scope = sent.get("batch"), _scope_of(sent.get("metadata"))
    if not isinstance(events, list):
        raise MalformedBody("batch is not a list of events", "$.batch")
    spans: list[SpanData] = []
    rejected = Rejections()
    scores: list[tuple[int, Event]] = []
    dropped = 0
    for index, each in enumerate(events):
        try:
            event = event_of(each if isinstance(each, dict) else {}, scope)
            if event.of == "score":
                scores.append((index, event))
            elif (event.of, event.action) == ("sdk", "log"):
                dropped += 1
            else:
                spans += _spans_of(event)
        except UnusableSpan as fault:
            rejected.append(Rejected(str(fault), f"$.batch[{index}]", index))
    recorded = {span.trace_id for span in spans if span.span_id == record_id(span.trace_id)}
    for index, event in scores:
        try:
            spans.append(span_of_score(event, recorded, root_of))
        except UnusableSpan as fault:
            rejected.append(Rejected(str(fault), f"$.batch[{index}]", index))
    return Batch(Decoded(spans, rejected, dropped), tuple(map(_id_of, events)))


def decode_scores(body: bytes, root_of: RootOf, now_unix_nano: int) -> Batch:
    """The scores of a body: a list, or one object. Raises MalformedBody; a score that cannot be kept is in `rejected`."""
    sent = _json_of(body)
    bodies = sent if isinstance(sent, list) else [sent]
    spans: list[SpanData] = []
    rejected = Rejections()
    for index, each in enumerate(bodies):
        try:
            spans.append(span_of_score(event_of_score(each, now_unix_nano), (), root_of))
        except UnusableSpan as fault:
            rejected.append(Rejected(str(fault), f"$[{index}]", index))
    return Batch(Decoded(spans, rejected), tuple(map(_id_of, bodies)))


def _spans_of(event: Event) -> Iterator[SpanData]:
    if (event.of, event.action) == ("trace", "create"):
        yield record_of(event)
    elif event.of in (*TYPES, LEGACY) and event.action in ("create", "update"):
        yield from spans_of_observation(event)
    else:
        raise UnusableSpan(f"there is no event of type {f'{event.of}-{event.action}'[:40]!r}")


def _json_of(body: bytes) -> Any:
    try:
        return decode_leniently(msgspec.json.decode, body)
    except (msgspec.DecodeError, RecursionError) as fault:
        raise MalformedBody(f"The body is not JSON: {fault}") from fault


def _parsed(body: bytes) -> Mapping[str, Any]:
    sent = _json_of(body)
    if not isinstance(sent, dict):
        raise MalformedBody("The body is not an object")
    check_members(sent, "batch", ("metadata",))
    return {"batch": [], **sent}


def _scope_of(metadata: Any) -> Scope:
    """The SDK that sent the batch. Its public key says nothing about the spans."""
    said = metadata if isinstance(metadata, dict) else {}
    texts = {name: value for name, value in said.items() if isinstance(value, str) and value}
    attributes = {attribute: texts[name] for name, attribute in _SDK.items() if name in texts}
    return Scope("langfuse", texts.get("sdk_version", ""), attributes)


def _id_of(event: Any) -> str:
    sent = event.get("id") if isinstance(event, dict) else None
    return sent if isinstance(sent, str) else ""
