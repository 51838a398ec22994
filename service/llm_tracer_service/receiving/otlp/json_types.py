"""The messages of OTLP/JSON, as far as they are read: lowerCamelCase names, 64-bit integers as strings or numbers, enums as
numbers. An unknown field is ignored."""

from __future__ import annotations

from typing import Generic, Literal, TypeVar

import msgspec


class Json(msgspec.Struct, rename="camel", gc=False):
    """Lives for a request and refers to nothing that refers back, so the garbage collector need not look at it."""


class AnyValue(Json):
    string_value: str | None = None
    bool_value: bool | None = None
    int_value: int | str | float | None = None
    double_value: float | str | None = None
    array_value: Values | None = None
    kvlist_value: Pairs | None = None
    bytes_value: str | None = None
    big_int_value: str | None = None


class KeyValue(Json):
    key: str = ""
    value: AnyValue | None = None


class Values(Json):
    values: list[AnyValue] | None = None


class Pairs(Json):
    values: list[KeyValue] | None = None


class Resource(Json):
    attributes: list[KeyValue] | None = None
    dropped_attributes_count: int | None = None


class Scope(Json):
    name: str | None = None
    version: str | None = None
    attributes: list[KeyValue] | None = None
    dropped_attributes_count: int | None = None


class Status(Json):
    code: int | str | None = None
    message: str | None = None


class Event(Json):
    time_unix_nano: int | str | float | None = None
    name: str | None = None
    attributes: list[KeyValue] | None = None
    dropped_attributes_count: int | None = None
    body: AnyValue | None = None
    source: Literal["span", "log"] = "span"


class Link(Json):
    trace_id: str | None = None
    span_id: str | None = None
    trace_state: str | None = None
    attributes: list[KeyValue] | None = None
    dropped_attributes_count: int | None = None
    flags: int | None = None


class Span(Json):
    trace_id: str | None = None
    span_id: str | None = None
    trace_state: str | None = None
    parent_span_id: str | None = None
    flags: int | None = None
    name: str | None = None
    kind: int | str | None = None
    start_time_unix_nano: int | str | float | None = None
    end_time_unix_nano: int | str | float | None = None
    attributes: list[KeyValue] | None = None
    dropped_attributes_count: int | None = None
    events: list[Event] | None = None
    dropped_events_count: int | None = None
    links: list[Link] | None = None
    dropped_links_count: int | None = None
    status: Status | None = None


class LogRecord(Json):
    time_unix_nano: int | str | float | None = None
    observed_time_unix_nano: int | str | float | None = None
    body: AnyValue | None = None
    attributes: list[KeyValue] | None = None
    dropped_attributes_count: int | None = None
    trace_id: str | None = None
    span_id: str | None = None
    event_name: str | None = None


Sent = TypeVar("Sent", Span, msgspec.Raw)


class ScopeSpans(Json, Generic[Sent]):
    scope: Scope | None = None
    spans: list[Sent] | None = None
    schema_url: str | None = None


class ResourceSpans(Json, Generic[Sent]):
    resource: Resource | None = None
    scope_spans: list[ScopeSpans[Sent]] | None = None
    schema_url: str | None = None


class TracesRequest(Json, Generic[Sent]):
    resource_spans: list[ResourceSpans[Sent]] | None = None


class ScopeLogs(Json):
    scope: Scope | None = None
    log_records: list[msgspec.Raw] | None = None
    schema_url: str | None = None


class ResourceLogs(Json):
    resource: Resource | None = None
    scope_logs: list[ScopeLogs] | None = None
    schema_url: str | None = None


class LogsRequest(Json):
    resource_logs: list[ResourceLogs] | None = None
