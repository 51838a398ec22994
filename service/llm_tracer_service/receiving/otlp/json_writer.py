"""Spans as OTLP in JSON: what `json_body` reads back as the same spans.

Three things OTLP cannot say are written as fields of our own, which its receivers are told to ignore: the `source` and
the `body` of an event that came as a log record, and an integer beyond 64 bits (`bigIntValue`).
"""

from __future__ import annotations

import base64
import math
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import Any

from llm_tracer.model.span import Resource, Scope, SpanData, SpanEvent, SpanLink, Value

from llm_tracer_service.json_values import encode_json, json_value
from llm_tracer_service.waiting import awaited_response

DEPTH_MAX = 100
"""What is nested deeper is written as a text of JSON: protobuf's receivers take no more than 100 messages in messages."""

_STATUS_CODES = {"unset": 0, "ok": 1, "error": 2}


def traces_data(spans: Iterable[SpanData]) -> dict[str, Any]:
    """Spans as a TracesData, which is also a body of `POST /v1/traces`, in their order. None of them is a fragment."""
    resource_spans = []
    for resource, of_resource in _runs(spans, "resource"):
        scope_spans = [
            {**_scope(scope), "spans": [_span(span) for span in of_scope]}
            for scope, of_scope in _runs(of_resource, "scope")
        ]
        resource_spans.append({**_resource(resource), "scopeSpans": scope_spans})
    return {"resourceSpans": resource_spans}


def logs_data(fragments: Iterable[SpanData]) -> dict[str, Any]:
    """Fragments as a LogsData, which is also a body of `POST /v1/logs`: the log records that they were made of."""
    return {
        "resourceLogs": [
            {
                **_resource(fragment.resource),
                "scopeLogs": [{**_scope(fragment.scope), "logRecords": _log_records(fragment)}],
            }
            for fragment in fragments
        ]
    }


def _runs(spans: Iterable[SpanData], part: str) -> Iterator[tuple[Any, list[SpanData]]]:
    """Spans that follow each other and have the same resource, or scope."""
    # By how it is spelled: True equals 1 and 1.0, and is another value.
    for _, run in groupby(spans, lambda span: repr(getattr(span, part))):
        of_run = list(run)
        yield getattr(of_run[0], part), of_run


def _resource(of: Resource) -> dict[str, Any]:
    written = _filled(
        attributes=_key_values(of.attributes), droppedAttributesCount=of.dropped_attributes_count
    )
    return {"resource": written, **_filled(schemaUrl=of.schema_url)}


def _scope(of: Scope) -> dict[str, Any]:
    written = _filled(
        name=of.name,
        version=of.version,
        attributes=_key_values(of.attributes),
        droppedAttributesCount=of.dropped_attributes_count,
    )
    return {"scope": written, **_filled(schemaUrl=of.schema_url)}


def _span(of: SpanData) -> dict[str, Any]:
    return {
        "traceId": of.trace_id,
        "spanId": of.span_id,
        "name": of.name,
        "startTimeUnixNano": str(of.start_time_unix_nano),
        **_filled(
            traceState=of.trace_state,
            parentSpanId=of.parent_span_id,
            flags=of.flags,
            kind=of.otel_kind,
            endTimeUnixNano=of.end_time_unix_nano and str(of.end_time_unix_nano),
            attributes=_key_values(of.attributes),
            droppedAttributesCount=of.dropped_attributes_count,
            events=[_event(event) for event in of.events],
            droppedEventsCount=of.dropped_events_count,
            links=[_link(link) for link in of.links],
            droppedLinksCount=of.dropped_links_count,
            status=_filled(code=_STATUS_CODES[of.status_code], message=of.status_message),
        ),
    }


def _event(of: SpanEvent) -> dict[str, Any]:
    written = {
        "timeUnixNano": str(of.time_unix_nano),
        "name": of.name,
        **_filled(attributes=_key_values(of.attributes), droppedAttributesCount=of.dropped_attributes_count),
    }
    if of.source == "log":
        written["source"] = of.source
    if of.body is not None:
        written["body"] = _any_value(of.body)
    return written


def _link(of: SpanLink) -> dict[str, Any]:
    return {
        "traceId": of.trace_id,
        "spanId": of.span_id,
        **_filled(
            traceState=of.trace_state,
            attributes=_key_values(of.attributes),
            droppedAttributesCount=of.dropped_attributes_count,
            flags=of.flags,
        ),
    }


def _log_records(of: SpanData) -> list[dict[str, Any]]:
    # What waits for a response names no span: its ids are made from the response's.
    place = {} if awaited_response(of) else {"traceId": of.trace_id, "spanId": of.span_id}
    return [
        {
            **place,
            "timeUnixNano": str(event.time_unix_nano),
            "eventName": event.name,
            **_filled(
                attributes=_key_values(event.attributes),
                droppedAttributesCount=event.dropped_attributes_count,
            ),
            **({} if event.body is None else {"body": _any_value(event.body)}),
        }
        for event in of.events
    ]


def _filled(**fields: Any) -> dict[str, Any]:
    """The fields that do not have the value that is meant where they are absent."""
    return {name: value for name, value in fields.items() if value}


def _key_values(attributes: Mapping[str, Value], depth: int = 0) -> list[dict[str, Any]]:
    return [{"key": str(key), "value": _any_value(value, depth)} for key, value in attributes.items()]


def _any_value(value: Value, depth: int = 0) -> dict[str, Any]:
    match value:
        case None:
            return {}
        case str():
            return {"stringValue": value}
        case bool():
            return {"boolValue": value}
        case int():
            return {"intValue" if -(2**63) <= value < 2**64 else "bigIntValue": str(value)}
        case float():
            return {"doubleValue": value if math.isfinite(value) else _name_of(value)}
        case bytes():
            return {"bytesValue": base64.b64encode(value).decode()}
        case Mapping() | list() | tuple() if depth >= DEPTH_MAX:
            return {"stringValue": encode_json(json_value(value)).decode()}
        case Mapping():
            return {"kvlistValue": {"values": _key_values(value, depth + 1)}}
        case list() | tuple():
            return {"arrayValue": {"values": [_any_value(item, depth + 1) for item in value]}}
        case _:
            return {"stringValue": str(value)}


def _name_of(number: float) -> str:
    if math.isnan(number):
        return "NaN"
    return "Infinity" if number > 0 else "-Infinity"
