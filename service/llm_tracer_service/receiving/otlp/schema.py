"""OTLP's messages, as far as they are read here, for protobuf's C reader (upb).

Our own description of them: one table instead of a dependency and 0.04 s of import. A test holds it to the official
definitions, field by field.
"""

from __future__ import annotations

from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

_PACKAGE = "llm_tracer.otlp"

# message: "field number type", type being a scalar, a message of this table, either with * for "repeated". A message
# with @ is left as bytes: its reader decides whether it has to be parsed (attributes: protobuf_body.py).
_MESSAGES: dict[str, str] = {
    "AnyValue": """string_value 1 string, bool_value 2 bool, int_value 3 int64, double_value 4 double,
        array_value 5 ArrayValue, kvlist_value 6 KeyValueList, bytes_value 7 bytes""",
    "ArrayValue": "values 1 AnyValue*",
    "KeyValueList": "values 1 KeyValue*",
    "KeyValue": "key 1 string, value 2 AnyValue",
    "InstrumentationScope": """name 1 string, version 2 string, attributes 3 KeyValue*,
        dropped_attributes_count 4 uint32""",
    "Resource": "attributes 1 KeyValue*, dropped_attributes_count 2 uint32",
    "Status": "message 2 string, code 3 int32",
    "Event": "time_unix_nano 1 fixed64, name 2 string, attributes 3 KeyValue*, dropped_attributes_count 4 uint32",
    "Link": """trace_id 1 bytes, span_id 2 bytes, trace_state 3 string, attributes 4 KeyValue*,
        dropped_attributes_count 5 uint32, flags 6 fixed32""",
    "Span": """trace_id 1 bytes, span_id 2 bytes, trace_state 3 string, parent_span_id 4 bytes, name 5 string,
        kind 6 int32, start_time_unix_nano 7 fixed64, end_time_unix_nano 8 fixed64, attributes 9 @KeyValue*,
        dropped_attributes_count 10 uint32, events 11 Event*, dropped_events_count 12 uint32, links 13 Link*,
        dropped_links_count 14 uint32, status 15 Status, flags 16 fixed32""",
    "ScopeSpans": "scope 1 InstrumentationScope, spans 2 Span*, schema_url 3 string",
    "ResourceSpans": "resource 1 Resource, scope_spans 2 ScopeSpans*, schema_url 3 string",
    "TracesRequest": "resource_spans 1 ResourceSpans*",
    "LogRecord": """time_unix_nano 1 fixed64, severity_number 2 int32, severity_text 3 string, body 5 AnyValue,
        attributes 6 KeyValue*, dropped_attributes_count 7 uint32, flags 8 fixed32, trace_id 9 bytes,
        span_id 10 bytes, observed_time_unix_nano 11 fixed64, event_name 12 string""",
    "ScopeLogs": "scope 1 InstrumentationScope, log_records 2 LogRecord*, schema_url 3 string",
    "ResourceLogs": "resource 1 Resource, scope_logs 2 ScopeLogs*, schema_url 3 string",
    "LogsRequest": "resource_logs 1 ResourceLogs*",
    # Traces, logs and metrics answer in the same form; only the JSON name of the count differs.
    "PartialSuccess": "rejected 1 int64, error_message 2 string",
    "ExportResponse": "partial_success 1 PartialSuccess",
    "RpcStatus": "code 1 int32, message 2 string, details 3 Any*",
    "Any": "type_url 1 string, value 2 bytes",
    "RetryInfo": "retry_delay 1 Duration",
    "Duration": "seconds 1 int64, nanos 2 int32",
}
_ONEOF = "AnyValue"

_Field = descriptor_pb2.FieldDescriptorProto
_SCALARS = {
    "string": _Field.TYPE_STRING,
    "bytes": _Field.TYPE_BYTES,
    "bool": _Field.TYPE_BOOL,
    "int32": _Field.TYPE_INT32,
    "int64": _Field.TYPE_INT64,
    "uint32": _Field.TYPE_UINT32,
    "double": _Field.TYPE_DOUBLE,
    "fixed32": _Field.TYPE_FIXED32,
    "fixed64": _Field.TYPE_FIXED64,
}


def _build(package: str, text: str, whole: bool = False) -> dict[str, Any]:
    """The message classes of the table.

    `text` is the wire type that strings are read as. `whole`: messages marked @ are parsed with the rest.
    """
    file = descriptor_pb2.FileDescriptorProto(name=f"{package}.proto", package=package, syntax="proto3")
    for message_name, fields in _MESSAGES.items():
        message = file.message_type.add(name=message_name)
        if message_name == _ONEOF:
            message.oneof_decl.add(name="value")
        for line in fields.split(","):
            name, number, kind = line.split()
            field = message.field.add(name=name, number=int(number), label=_Field.LABEL_OPTIONAL)
            if kind.endswith("*"):
                field.label = _Field.LABEL_REPEATED
                kind = kind[:-1]
            if kind.startswith("@"):
                kind = kind[1:] if whole else "bytes"
            if kind in _SCALARS:
                field.type = _SCALARS[text if kind == "string" else kind]
            else:
                field.type = _Field.TYPE_MESSAGE
                field.type_name = f".{package}.{kind}"
            if message_name == _ONEOF:
                field.oneof_index = 0
    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(file.SerializeToString())
    return {
        name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{package}.{name}"))
        for name in _MESSAGES
    }


_classes = _build(_PACKAGE, "string")
_lenient_classes: dict[str, Any] = {}

TracesRequest = _classes["TracesRequest"]
LogsRequest = _classes["LogsRequest"]
Span = _classes["Span"]
KeyValue = _classes["KeyValue"]
ExportResponse = _classes["ExportResponse"]
RpcStatus = _classes["RpcStatus"]
RetryInfo = _classes["RetryInfo"]


MESSAGES_IN: dict[str, dict[int, str]] = {
    name: {
        int(number): kind.strip("*@")
        for _, number, kind in map(str.split, fields.split(","))
        if kind.strip("*@") in _MESSAGES
    }
    for name, fields in _MESSAGES.items()
}
"""The fields of each message that are messages themselves, by their numbers."""


def with_valid_text(request_type: str, body: bytes) -> bytes:
    """The same message with U+FFFD where its strings are not UTF-8, for senders that cut text in a character.

    Raises protobuf's DecodeError where the body is broken in another way.
    """
    if not _lenient_classes:
        _lenient_classes.update(_build(f"{_PACKAGE}.lenient", "bytes", whole=True))
    message = _lenient_classes[request_type].FromString(body)
    _repair(message)
    repaired: bytes = message.SerializeToString()
    return repaired


_TEXT_FIELDS = {
    (message, line.split()[0])
    for message, fields in _MESSAGES.items()
    for line in fields.split(",")
    if line.split()[2] == "string"
}


def _repair(message: Any) -> None:
    for field, value in message.ListFields():
        if field.message_type is not None:
            for child in value if field.is_repeated else (value,):
                _repair(child)
        elif (message.DESCRIPTOR.name, field.name) in _TEXT_FIELDS:
            setattr(message, field.name, value.decode("utf-8", "replace").encode())
