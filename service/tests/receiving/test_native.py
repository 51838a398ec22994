"""Native spans in JSON, NDJSON and msgpack."""

from __future__ import annotations

import json
import math
import tracemalloc
from typing import Any

import msgspec
import pytest
from llm_tracer.model.span import SpanEvent, SpanLink
from llm_tracer_service.receiving import decoded, native
from llm_tracer_service.receiving.depth import DEPTH_MAX
from llm_tracer_service.receiving.native import decode_batch
from llm_tracer_service.receiving.otlp import MalformedBody

JSON, NDJSON, MSGPACK = "application/json", "application/x-ndjson", "application/msgpack"
SPAN: dict[str, Any] = {
    "trace_id": "A" * 32,
    "span_id": "b" * 16,
    "parent_span_id": "c" * 16,
    "name": "chat",
    "kind": "llm",
    "start_time_unix_nano": 10,
    "end_time_unix_nano": 20,
    "status": {"code": "error", "message": "no"},
    "attributes": {"gen_ai.request.model": "m", "nested": {"a": [1, 1.0, None]}},
    "events": [{"name": "e", "time_unix_nano": 12, "attributes": {"a": 1}}],
    "links": [{"trace_id": "d" * 32, "span_id": "e" * 16}],
}


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        (JSON, msgspec.json.encode({"spans": [SPAN]})),
        (NDJSON, msgspec.json.encode(SPAN) + b"\n\n"),
        (MSGPACK, msgspec.msgpack.encode({"spans": [SPAN]})),
        (JSON, b"\xef\xbb\xbf" + msgspec.json.encode({"spans": [SPAN]})),
        (NDJSON, b"\xef\xbb\xbf" + msgspec.json.encode(SPAN)),
    ],
)
def test_a_span_in_every_encoding(content_type: str, body: bytes) -> None:
    (span,) = decode_batch(body, content_type).spans
    assert (span.trace_id, span.span_id, span.parent_span_id) == ("a" * 32, "b" * 16, "c" * 16)
    assert (span.status_code, span.status_message) == ("error", "no")
    assert span.attributes == {**SPAN["attributes"], "llm_tracer.span.kind": "llm"}
    assert span.events == (SpanEvent("e", 12, {"a": 1}),)
    assert span.links == (SpanLink("d" * 32, "e" * 16),)


def test_resource_and_scope_of_the_batch_hold_for_spans_without_their_own() -> None:
    own = {**SPAN, "resource": {"service.name": "other"}, "scope": {"name": "s"}}
    body = {
        "spans": [SPAN, own],
        "resource": {"service.name": "shop"},
        "scope": {"name": "lib", "version": "1"},
    }
    first, second = decode_batch(msgspec.json.encode(body), JSON).spans
    assert (first.resource.attributes, first.scope.name) == ({"service.name": "shop"}, "lib")
    assert (second.resource.attributes, second.scope.name) == ({"service.name": "other"}, "s")


def test_times_may_be_floating_point_numbers() -> None:
    times = {"start_time_unix_nano": 1.795435169e18, "end_time_unix_nano": 1.795435170e18}
    (span,) = decode_batch(msgspec.json.encode({**SPAN, **times}), NDJSON).spans
    assert (span.start_time_unix_nano, span.end_time_unix_nano) == (
        1_795_435_169 * 10**9,
        1_795_435_170 * 10**9,
    )


def test_a_span_without_an_end_is_running() -> None:
    body = msgspec.json.encode({"spans": [{k: v for k, v in SPAN.items() if k != "end_time_unix_nano"}]})
    (span,) = decode_batch(body, JSON).spans
    assert span.is_open


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"trace_id": "xyz"}, "trace_id is not 32 hexadecimal digits"),
        ({"span_id": "0" * 16}, "span_id is not 16 hexadecimal digits, not all zero"),
        ({"start_time_unix_nano": 0}, "no start time"),
        ({"start_time_unix_nano": "soon"}, "Expected `int | float`, got `str` at `start_time_unix_nano`"),
        ({"start_time_unix_nano": 1.5}, "start_time_unix_nano is not a 64-bit integer: 1.5"),
        ({"status": {"code": "bad"}}, "Invalid enum value 'bad' at `status.code`"),
        ({"end_time": 20}, "there is no member `end_time`: did you mean `end_time_unix_nano`?"),
        (
            {"prompt": "hi"},
            'there is no member `prompt`: put anything else about a span in its "attributes"',
        ),
        ({"status": {"msg": "no"}}, "there is no member `msg` in `status`"),
    ],
)
def test_a_bad_span_is_rejected_by_its_index(change: dict[str, Any], reason: str) -> None:
    body = msgspec.json.encode({"spans": [SPAN, {**SPAN, **change}, SPAN]})
    decoded = decode_batch(body, JSON)
    assert len(decoded.spans) == 2
    assert decoded.rejected[0].index == 1
    assert reason in decoded.rejected[0].reason


def test_a_trace_id_of_8_bytes_is_whole_with_zeros_before_it() -> None:
    (span,) = decode_batch(msgspec.json.encode({**SPAN, "trace_id": "A" * 16}), NDJSON).spans
    assert span.trace_id == "0" * 16 + "a" * 16


def test_a_parent_of_zeros_is_no_parent() -> None:
    (span,) = decode_batch(msgspec.json.encode({**SPAN, "parent_span_id": "0" * 16}), NDJSON).spans
    assert span.parent_span_id is None


def test_a_line_of_another_format_is_told_where_it_belongs() -> None:
    (rejected,) = decode_batch(b'{"resourceSpans": []}', NDJSON).rejected
    assert (
        rejected.reason
        == "there is no member `resourceSpans`: Send a body with `resourceSpans` to /v1/traces"
    )


def test_a_bad_line_costs_its_span_only() -> None:
    decoded = decode_batch(msgspec.json.encode(SPAN) + b"\n{oops\n" + msgspec.json.encode(SPAN), NDJSON)
    assert (len(decoded.spans), decoded.rejected[0].index) == (2, 1)


@pytest.mark.parametrize(
    ("body", "content_type", "text"),
    [
        (b'{"spans": 5}', JSON, "at `spans`"),
        (b"{}", JSON, "missing required field `spans`"),
        (b'{"spans": [', JSON, "truncated"),
        (b'{"span": []}', JSON, "there is no member `span`: did you mean `spans`?"),
        (b"\xff\xff", MSGPACK, "not a batch"),
    ],
)
def test_a_malformed_batch_says_what_and_where(body: bytes, content_type: str, text: str) -> None:
    with pytest.raises(MalformedBody, match="batch") as raised:
        decode_batch(body, content_type)
    assert text in str(raised.value)


@pytest.mark.parametrize(
    ("body", "hint"),
    [
        ({"resourceSpans": []}, "Send a body with `resourceSpans` to /v1/traces."),
        (SPAN, 'Send native spans to /api/spans: as {"spans": [...]}'),
    ],
)
def test_a_body_of_another_format_is_told_where_it_belongs(body: dict[str, Any], hint: str) -> None:
    with pytest.raises(MalformedBody) as raised:
        decode_batch(msgspec.json.encode(body), JSON)
    assert hint in raised.value.hint


@pytest.mark.parametrize("content_type", [JSON, NDJSON])
def test_numbers_that_are_none_are_taken_as_python_writes_them(content_type: str) -> None:
    span = {
        **SPAN,
        "attributes": {"loss": math.nan, "bounds": [-math.inf, math.inf], "note": 'NaN "Infinity'},
    }
    body = json.dumps({"spans": [span]} if content_type == JSON else span).encode()
    (found,) = decode_batch(body, content_type).spans
    assert math.isnan(found.attributes["loss"])
    assert found.attributes["bounds"] == [-math.inf, math.inf]
    assert found.attributes["note"] == 'NaN "Infinity'


@pytest.mark.parametrize("content_type", [JSON, NDJSON, MSGPACK])
@pytest.mark.parametrize("part", ["attributes", "resource"])
def test_what_is_nested_too_deep_to_be_read_back_is_rejected(content_type: str, part: str) -> None:
    spans = [{**SPAN, part: {"deep": nested(depth)}} for depth in (DEPTH_MAX, DEPTH_MAX + 1)]
    if content_type == NDJSON:
        body = b"\n".join(map(msgspec.json.encode, spans))
    else:
        encode = msgspec.json.encode if content_type == JSON else msgspec.msgpack.encode
        body = encode({"spans": spans})
    decoded = decode_batch(body, content_type)
    assert len(decoded.spans) == 1
    assert [(each.index, each.reason) for each in decoded.rejected] == [
        (1, "values nested deeper than 200 levels")
    ]


@pytest.mark.parametrize("key", [1, 1.5, True, None, b"k", (1, 2)])
def test_a_key_that_is_no_text_becomes_one(key: Any) -> None:
    value = {"of": [{key: {key: "deep"}}]}
    event = {"name": "e", "time_unix_nano": 1, "attributes": value, "body": value, "source": "log"}
    span = {**SPAN, "attributes": {"metadata": value}, "events": [event], "scope": {"attributes": value}}
    body = msgspec.msgpack.encode({"spans": [span], "resource": value})
    (found,) = decode_batch(body, MSGPACK).spans
    kept = {"of": [{str(key): {str(key): "deep"}}]}
    assert found.attributes["metadata"] == kept
    assert (found.events[0].attributes, found.events[0].body) == (kept, kept)
    assert (found.resource.attributes, found.scope.attributes) == (kept, kept)


def test_keys_that_read_alike_keep_their_values() -> None:
    span = {**SPAN, "attributes": {"metadata": {1: "int", "1": "text", None: [{True: 1, "True": 2}]}}}
    (found,) = decode_batch(msgspec.msgpack.encode({"spans": [span]}), MSGPACK).spans
    kept = {"1 (int)": "int", "1": "text", "None": [{"True (bool)": 1, "True": 2}]}
    assert found.attributes["metadata"] == kept


def test_a_batch_whose_resource_is_nested_too_deep_is_refused() -> None:
    body = msgspec.json.encode({"spans": [SPAN], "resource": {"deep": nested(DEPTH_MAX + 1)}})
    with pytest.raises(MalformedBody, match="nested deeper than 200 levels"):
        decode_batch(body, JSON)


def nested(depth: int) -> Any:
    value: Any = 1
    for level in range(depth):
        value = [value] if level % 2 else {"a": value}
    return value


def test_a_list_that_says_it_is_too_long_is_refused_unread() -> None:
    spans_max = native.SPANS_MAX
    body = b"\x81\xa5spans\xdd" + (spans_max + 1).to_bytes(4) + b"\xc0" * (spans_max + 1)
    tracemalloc.start()
    with pytest.raises(MalformedBody, match=f"of length <= {spans_max}"):
        decode_batch(body, "application/msgpack")
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak_bytes < len(body)


def test_a_batch_that_may_have_too_many_spans_is_refused_by_the_first_that_is_no_object(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each would take 77 bytes, and may be sent as two. A smaller batch loses only what is none."""
    body = msgspec.json.encode({"spans": [SPAN, *[0] * 100_000]})
    assert len(decode_batch(body, JSON).spans) == 1
    monkeypatch.setattr(native, "SPANS_MAX", 100_000)
    tracemalloc.start()
    try:
        with pytest.raises(MalformedBody, match=r"Expected `object`, got `int` at `spans\[1\]`"):
            decode_batch(body, JSON)
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


def test_values_of_one_span_are_no_spans(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(native, "SPANS_MAX", 1_000)
    body = msgspec.json.encode({"spans": [{**SPAN, "attributes": {"a": [0] * 2_000}}]})
    assert len(decode_batch(body, JSON).spans) == 1


def test_lines_are_taken_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    body = b"00\n" * 300_000
    monkeypatch.setattr(decoded, "REJECTED_MAX", 10)
    tracemalloc.start()
    try:
        with pytest.raises(MalformedBody, match="More than 10 spans cannot be kept"):
            decode_batch(body, NDJSON)
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()
