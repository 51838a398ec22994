"""Log records with GenAI content become fragments of their spans."""

from __future__ import annotations

import json
from typing import Any

from llm_tracer.model.span import SpanData, merge
from llm_tracer_service.receiving.otlp import decode_logs
from llm_tracer_service.waiting import awaited_response
from opentelemetry.proto.collector.logs.v1 import logs_service_pb2
from opentelemetry.proto.logs.v1 import logs_pb2

TRACE, SPAN = "5b8efff798038103d269b633813fc60c", "eee19b7ec3c1b174"


def record(name: str, **fields: Any) -> dict[str, Any]:
    return {"traceId": TRACE, "spanId": SPAN, "timeUnixNano": "5", "eventName": name, **fields}


def decoded(*records: dict[str, Any]) -> tuple[list[SpanData], int]:
    body = json.dumps({"resourceLogs": [{"scopeLogs": [{"scope": {"name": "lib"}, "logRecords": records}]}]})
    found = decode_logs(body.encode(), "application/json")
    return found.spans, found.dropped


def test_records_of_one_span_are_one_fragment_with_events_in_their_order() -> None:
    body = {"kvlistValue": {"values": [{"key": "content", "value": {"stringValue": "hi"}}]}}
    (fragment,), dropped = decoded(
        record("gen_ai.user.message", body=body), record("gen_ai.choice", timeUnixNano="6")
    )
    assert fragment.is_fragment
    assert (fragment.trace_id, fragment.span_id, fragment.scope.name) == (TRACE, SPAN, "lib")
    assert [(e.name, e.source, e.time_unix_nano) for e in fragment.events] == [
        ("gen_ai.user.message", "log", 5),
        ("gen_ai.choice", "log", 6),
    ]
    assert fragment.events[0].body == {"content": "hi"}
    assert dropped == 0
    (short,), _ = decoded({**record("gen_ai.choice"), "traceId": TRACE[16:]})
    assert short.trace_id == "0" * 16 + TRACE[16:]


def test_a_record_with_all_messages_of_its_span_is_kept_whatever_its_name() -> None:
    def members(**values: Any) -> dict[str, Any]:
        return {"kvlistValue": {"values": [{"key": name, "value": value} for name, value in values.items()]}}

    body = members(output=members(messages={"arrayValue": {"values": []}}))
    for sent in (body, {"stringValue": '{"output": {"messages": []}}'}):
        (fragment,), dropped = decoded(record("strands.telemetry.tracer", body=sent))
        assert [event.name for event in fragment.events] == ["strands.telemetry.tracer"]
        assert dropped == 0


def test_records_of_no_use_are_counted() -> None:
    spans, dropped = decoded(
        record("something.else"),
        record("", body={"stringValue": "starting up"}),
        {**record("gen_ai.choice"), "spanId": ""},
        {**record("gen_ai.choice"), "traceId": "0" * 32},
    )
    assert (spans, dropped) == ([], 4)


def test_a_record_without_a_span_waits_for_the_response_that_it_names() -> None:
    about = [{"key": "gen_ai.response.id", "value": {"stringValue": "r1"}}]
    nowhere = {"spanId": "", "traceId": ""}
    found, dropped = decoded(
        {**record("gen_ai.evaluation.result", attributes=about), **nowhere},
        {**record("gen_ai.evaluation.result", attributes=about), "spanId": ""},
        {**record("something.else", attributes=about), **nowhere},
        record("gen_ai.evaluation.result", attributes=about),
    )
    waiting, of_its_span = found
    assert awaited_response(waiting) == "r1"
    assert len(waiting.events) == 2
    assert (of_its_span.trace_id, of_its_span.span_id, of_its_span.attributes) == (TRACE, SPAN, {})
    assert dropped == 1


def test_older_senders_name_the_event_in_an_attribute() -> None:
    attributes = [{"key": "event.name", "value": {"stringValue": "gen_ai.system.message"}}]
    (fragment,), _ = decoded(record("", attributes=attributes))
    assert fragment.events[0].name == "gen_ai.system.message"


def test_an_exception_record_belongs_to_its_span() -> None:
    attributes = [{"key": "exception.type", "value": {"stringValue": "ValueError"}}]
    (fragment,), _ = decoded(record("", attributes=attributes))
    assert fragment.events[0].name == "exception"


def test_protobuf_and_json_agree() -> None:
    sent = logs_pb2.LogRecord(
        trace_id=bytes.fromhex(TRACE),
        span_id=bytes.fromhex(SPAN),
        observed_time_unix_nano=9,
        event_name="gen_ai.choice",
    )
    sent.body.string_value = "x"
    request = logs_service_pb2.ExportLogsServiceRequest(
        resource_logs=[logs_pb2.ResourceLogs(scope_logs=[logs_pb2.ScopeLogs(log_records=[sent])])]
    )
    (found,) = decode_logs(request.SerializeToString(), "application/x-protobuf").spans
    (same,), _ = decoded(
        {**record("gen_ai.choice", body={"stringValue": "x"}), "timeUnixNano": 0, "observedTimeUnixNano": 9}
    )
    assert found.events == same.events


def test_a_fragment_joins_its_span_whichever_comes_first() -> None:
    (fragment,), _ = decoded(record("gen_ai.choice"))
    span = SpanData(TRACE, SPAN, "chat", 1, 2)
    assert merge(fragment, span) == merge(span, fragment)
    assert merge(fragment, span).events == fragment.events


def test_messages_of_one_millisecond_stay_in_their_order() -> None:
    said = ("gen_ai.user.message", "gen_ai.assistant.message", "gen_ai.tool.message")
    (asked,), _ = decoded(*map(record, said))
    (answered,), _ = decoded(record("gen_ai.choice", timeUnixNano="6"))
    merged = merge(merge(SpanData(TRACE, SPAN, "chat", 1, 9), asked), answered)
    assert [event.name for event in merged.events] == [*said, "gen_ai.choice"]
