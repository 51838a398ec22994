"""A request of OTLP/JSON from its bytes.

A body is read in one pass. Where that fails, the envelope is read first and each span on its own after it, so that one
bad span does not cost the others. Where a list of spans is missing beside unknown fields, the body is refused: what the list
is called instead would be lost. Names in snake_case, which protobuf's JSON mapping also allows, are accepted in a second try.
"""

from __future__ import annotations

import re
from codecs import BOM_UTF8
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias, TypeVar

import msgspec

from llm_tracer_service.malformed import MalformedBody
from llm_tracer_service.receiving.formats import check_members, members_of
from llm_tracer_service.receiving.json_text import decode_leniently
from llm_tracer_service.receiving.otlp.json_types import LogRecord, LogsRequest, Span, TracesRequest

_T = TypeVar("_T")

_decode_span = msgspec.json.Decoder(Span).decode
_decode_record = msgspec.json.Decoder(LogRecord).decode
_decode_traces = msgspec.json.Decoder(TracesRequest[Span]).decode
_decode_traces_raw = msgspec.json.Decoder(TracesRequest[msgspec.Raw]).decode
_decode_logs = msgspec.json.Decoder(LogsRequest).decode


def traces_request(body: bytes) -> TracesRequest[Any]:
    """The request with its spans read or, where one of them is wrong, with each as it was sent. Raises MalformedBody."""
    body = body.removeprefix(BOM_UTF8)
    try:
        request: TracesRequest[Any] = _decode_traces(body)
        if not _lacks_a_list(request, _TRACES) and not _has_snake_case_values(body):
            return request
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass
    return _parse(_decode_traces_raw, body, _TRACES)


def logs_request(body: bytes) -> LogsRequest:
    """The request with its records as they were sent. Raises MalformedBody."""
    return _parse(_decode_logs, body.removeprefix(BOM_UTF8), _LOGS)


def span_of(raw: msgspec.Raw) -> Span:
    """A span of a request whose spans are still as they were sent. Raises msgspec.DecodeError, RecursionError."""
    return decode_leniently(_decode_span, raw)


def record_of(raw: msgspec.Raw) -> LogRecord:
    """A record of a request. Raises msgspec.DecodeError, RecursionError."""
    return decode_leniently(_decode_record, raw)


_Levels: TypeAlias = Sequence[tuple[str, tuple[str, ...]]]
"""The lists of a request within each other, outermost first, and what may stand beside each."""

_TRACES: _Levels = (
    ("resource_spans", ()),
    ("scope_spans", ("resource", "schemaUrl")),
    ("spans", ("scope", "schemaUrl")),
)
_LOGS: _Levels = (
    ("resource_logs", ()),
    ("scope_logs", ("resource", "schemaUrl")),
    ("log_records", ("scope", "schemaUrl")),
)


def _parse(decode: Callable[[bytes], _T], body: bytes, levels: _Levels) -> _T:
    def read(sent: bytes) -> _T:
        if any(
            b'"%s"' % name.encode() in sent for name, _ in levels if "_" in name
        ) or _has_snake_case_values(sent):
            sent = _camel_case(sent)
        request = decode(sent)
        if _lacks_a_list(request, levels):
            _check_levels(sent, levels)
        return request

    try:
        return decode_leniently(read, body)
    except RecursionError as fault:
        raise MalformedBody("The JSON is nested too deep") from fault
    except msgspec.DecodeError as fault:
        # msgspec's text says where: "(byte 12)" or "at `$.resourceSpans[0]`".
        raise MalformedBody(f"The body is not OTLP/JSON: {fault}") from fault


_SNAKE_VALUE = re.compile(rb'"(?:string|bool|int|double|array|kvlist|bytes)_value"\s*:')


def _has_snake_case_values(body: bytes) -> bool:
    """Whether a value is called `string_value` somewhere: of an unknown name, it would be none."""
    return b'_value"' in body and _SNAKE_VALUE.search(body) is not None


def _lacks_a_list(of: Any, levels: _Levels) -> bool:
    (name, _), *inside = levels
    items = getattr(of, name)
    return items is None or (bool(inside) and any(_lacks_a_list(each, inside) for each in items))


def _check_levels(body: bytes | msgspec.Raw, levels: _Levels, where: str = "") -> None:
    """Raises MalformedBody where a list is called by another name: OTLP ignores what it does not know, and all spans in it."""
    (name, besides), *inside = levels
    expected = _camel(name)
    members = members_of(body)
    check_members(members, expected, besides, where)
    if inside:
        for n, raw in enumerate(_raw_items(members.get(expected, b"null")) or ()):
            _check_levels(raw, inside, f"{where}.{expected}[{n}]".lstrip("."))


_raw_items = msgspec.json.Decoder(list[msgspec.Raw] | None).decode

_SNAKE = re.compile("_([a-z])")


def _camel(name: str) -> str:
    return _SNAKE.sub(lambda found: found[1].upper(), name)


def _camel_case(body: bytes) -> bytes:
    # Attribute keys are values ("key": "..."), not names, so only the names of OTLP's own fields change.
    def renamed(value: Any) -> Any:
        if isinstance(value, dict):
            return {_camel(name): renamed(member) for name, member in value.items()}
        return [renamed(member) for member in value] if isinstance(value, list) else value

    return msgspec.json.encode(renamed(msgspec.json.decode(body)))
