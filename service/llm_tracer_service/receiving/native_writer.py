"""Spans as native JSON: what `native` reads back as the same spans."""

from __future__ import annotations

from typing import Any

from llm_tracer.model.span import NO_RESOURCE, SpanData, SpanEvent, SpanLink

from llm_tracer_service.receiving.native_values import write, write_attributes


def native_span(of: SpanData) -> dict[str, Any]:
    """A span, or a fragment, as one line of `POST /api/spans`. What has the value that is meant where it is absent is
    left out."""
    written: dict[str, Any] = {
        "trace_id": of.trace_id,
        "span_id": of.span_id,
        "name": of.name,
        "start_time_unix_nano": of.start_time_unix_nano or 0,
        **_filled(
            fragment=of.is_fragment,
            end_time_unix_nano=of.end_time_unix_nano,
            parent_span_id=of.parent_span_id,
            otel_kind=of.otel_kind,
            attributes=write_attributes(of.attributes),
            events=[_event(event) for event in of.events],
            links=[_link(link) for link in of.links],
            resource_dropped_attributes_count=of.resource.dropped_attributes_count,
            resource_schema_url=of.resource.schema_url,
            scope=_filled(
                name=of.scope.name,
                version=of.scope.version,
                attributes=write_attributes(of.scope.attributes),
                dropped_attributes_count=of.scope.dropped_attributes_count,
                schema_url=of.scope.schema_url,
            ),
            trace_state=of.trace_state,
            flags=of.flags,
            dropped_attributes_count=of.dropped_attributes_count,
            dropped_events_count=of.dropped_events_count,
            dropped_links_count=of.dropped_links_count,
        ),
    }
    if of.resource != NO_RESOURCE:
        written["resource"] = write_attributes(of.resource.attributes)
    if of.status_code != "unset" or of.status_message:
        written["status"] = {"code": of.status_code, **_filled(message=of.status_message)}
    return written


def _event(of: SpanEvent) -> dict[str, Any]:
    written = {
        "name": of.name,
        "time_unix_nano": of.time_unix_nano,
        **_filled(
            attributes=write_attributes(of.attributes), dropped_attributes_count=of.dropped_attributes_count
        ),
    }
    if of.source == "log":
        written |= {"source": of.source, "body": write(of.body)}
    return written


def _link(of: SpanLink) -> dict[str, Any]:
    return {
        "trace_id": of.trace_id,
        "span_id": of.span_id,
        **_filled(
            attributes=write_attributes(of.attributes),
            trace_state=of.trace_state,
            dropped_attributes_count=of.dropped_attributes_count,
            flags=of.flags,
        ),
    }


def _filled(**fields: Any) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value}
