"""OTLP/JSON: its own rules for ids, integers and names."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from llm_tracer.model.span import SpanLink
from llm_tracer_service.receiving.otlp import MalformedBody, decode_traces

JSON = "application/json"
SPAN = {
    "traceId": "5B8EFFF798038103D269B633813FC60C",
    "spanId": "EEE19B7EC3C1B174",
    "name": "chat",
    "startTimeUnixNano": "1795435169610000000",
    "endTimeUnixNano": 1795435169710000000,
}


def body_of(*spans: dict[str, Any]) -> bytes:
    return json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]}).encode()


def value_of(sent: dict[str, Any]) -> Any:
    (span,) = decode_traces(body_of({**SPAN, "attributes": [{"key": "k", "value": sent}]}), JSON).spans
    return span.attributes["k"]


def test_ids_are_hexadecimal_and_times_are_strings_or_numbers() -> None:
    (span,) = decode_traces(body_of(SPAN), JSON).spans
    assert span.trace_id == "5b8efff798038103d269b633813fc60c"
    assert span.span_id == "eee19b7ec3c1b174"
    assert (span.start_time_unix_nano, span.end_time_unix_nano) == (1795435169610000000, 1795435169710000000)
    (span,) = decode_traces(body_of({**SPAN, "startTimeUnixNano": 1.795435169e18}), JSON).spans
    assert span.start_time_unix_nano == 1_795_435_169 * 10**9


@pytest.mark.parametrize(
    ("sent", "value"),
    [
        ({"stringValue": ""}, ""),
        ({"intValue": "-9223372036854775808"}, -(2**63)),
        ({"intValue": 5}, 5),
        ({"intValue": 5.0}, 5),
        ({"doubleValue": 1.0}, 1.0),
        ({"doubleValue": "Infinity"}, math.inf),
        ({"boolValue": False}, False),
        ({"bytesValue": "AQI="}, b"\x01\x02"),
        ({"arrayValue": {"values": [{"intValue": 1}, {"stringValue": "a"}]}}, [1, "a"]),
        ({"arrayValue": {}}, []),
        ({"kvlistValue": {"values": [{"key": "a", "value": {"boolValue": True}}]}}, {"a": True}),
        ({}, None),
    ],
)
def test_every_kind_of_value(sent: dict[str, Any], value: Any) -> None:
    found = value_of(sent)
    assert found == value
    assert type(found) is type(value)


def test_unknown_fields_are_ignored() -> None:
    (span,) = decode_traces(body_of({**SPAN, "newField": {"a": 1}}), JSON).spans
    assert span.name == "chat"


def test_names_in_snake_case_are_read_too() -> None:
    span = {
        "trace_id": SPAN["traceId"],
        "span_id": SPAN["spanId"],
        "name": "x",
        "start_time_unix_nano": "5",
        "attributes": [{"key": "snake_key", "value": {"string_value": "v"}}],
    }
    body = json.dumps({"resource_spans": [{"scope_spans": [{"spans": [span]}]}]}).encode()
    (found,) = decode_traces(body, JSON).spans
    assert found.attributes == {"snake_key": "v"}


@pytest.mark.parametrize(
    "value", [b'{"double_value": NaN}', b'{"string_value": "a\xff"}', rb'{"string_value": "\ud83d"}']
)
def test_names_in_snake_case_are_read_in_a_body_that_has_to_be_repaired(value: bytes) -> None:
    span = {"trace_id": SPAN["traceId"], "span_id": SPAN["spanId"], "start_time_unix_nano": "5"}
    attributes = [{"key": "k", "value": "VALUE"}]
    body = json.dumps(
        {"resource_spans": [{"scope_spans": [{"spans": [{**span, "attributes": attributes}]}]}]}
    )
    (found,) = decode_traces(body.encode().replace(b'"VALUE"', value), JSON).spans
    assert found.start_time_unix_nano == 5
    assert "k" in found.attributes


def test_events_links_and_status() -> None:
    span = {
        **SPAN,
        "kind": "SPAN_KIND_CLIENT",
        "status": {"code": 2, "message": "no"},
        "events": [{"name": "e", "timeUnixNano": "7", "droppedAttributesCount": 1}],
        "links": [{"traceId": SPAN["traceId"], "spanId": SPAN["spanId"], "flags": 1}],
    }
    (found,) = decode_traces(body_of(span), JSON).spans
    assert (found.otel_kind, found.status_code, found.status_message) == (3, "error", "no")
    assert (found.events[0].name, found.events[0].time_unix_nano) == ("e", 7)
    assert found.links == (SpanLink("5b8efff798038103d269b633813fc60c", "eee19b7ec3c1b174", flags=1),)


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ({"traceId": "abc"}, "traceId has 1 bytes"),
        ({"traceId": "zz" * 16}, "not hexadecimal"),
        ({"startTimeUnixNano": "yesterday"}, "startTimeUnixNano is not a 64-bit integer"),
        ({"startTimeUnixNano": None}, "no start time"),
        ({"name": 5}, "Expected `str | null`, got `int` - at `$.name`"),
        (
            {"attributes": [{"key": "k", "value": {"intValue": "99999999999999999999"}}]},
            "not a 64-bit integer",
        ),
        ({"attributes": [{"key": "k", "value": {"bytesValue": "?"}}]}, "not base64"),
    ],
)
def test_one_bad_span_is_rejected_and_the_others_go_on(bad: dict[str, Any], reason: str) -> None:
    decoded = decode_traces(body_of({**SPAN, **bad}, SPAN), JSON)
    assert len(decoded.spans) == 1
    assert reason in decoded.rejected[0].reason
    assert decoded.rejected[0].where == "resourceSpans[0].scopeSpans[0].spans[0]"


def test_numbers_that_are_none_are_taken_as_python_writes_them() -> None:
    attributes = [
        {"key": "loss", "value": {"doubleValue": math.nan}},
        {"key": "least", "value": {"doubleValue": -math.inf}},
        {"key": "note", "value": {"stringValue": 'NaN "Infinity'}},
    ]
    (span,) = decode_traces(body_of({**SPAN, "attributes": attributes}), JSON).spans
    assert math.isnan(span.attributes["loss"])
    assert span.attributes["least"] == -math.inf
    assert span.attributes["note"] == 'NaN "Infinity'


values = st.recursive(
    st.one_of(
        st.builds(dict),
        st.fixed_dictionaries({"stringValue": st.text(st.characters(codec="utf-8"), max_size=9)}),
        st.fixed_dictionaries({"intValue": st.one_of(st.integers(), st.integers().map(str), st.just("x"))}),
        st.fixed_dictionaries({"doubleValue": st.one_of(st.floats(allow_nan=False), st.just("Infinity"))}),
        st.fixed_dictionaries({"boolValue": st.one_of(st.booleans(), st.none(), st.just(5))}),
        st.fixed_dictionaries({"bytesValue": st.sampled_from(["", "AQI=", "AQI", "?"])}),
    ),
    lambda inner: st.one_of(
        st.fixed_dictionaries({"arrayValue": st.fixed_dictionaries({"values": st.lists(inner, max_size=3)})}),
        st.fixed_dictionaries(
            {
                "kvlistValue": st.fixed_dictionaries(
                    {"values": st.lists(st.fixed_dictionaries({"key": st.text("ab"), "value": inner}))}
                )
            }
        ),
    ),
    max_leaves=5,
)


@given(st.lists(values, max_size=4))
def test_a_span_reads_the_same_beside_one_of_the_wrong_shape(sent: list[dict[str, Any]]) -> None:
    """One pass over the body gives the same as one over each span, which a span of the wrong shape forces."""
    attributes = [{"key": f"k{at}", "value": value} for at, value in enumerate(sent)]
    span = {**SPAN, "attributes": attributes}
    alone = decode_traces(body_of(span), JSON)
    beside = decode_traces(body_of(span, {**SPAN, "name": 5}), JSON)
    assert beside.spans == alone.spans
    assert beside.rejected[:-1] == alone.rejected


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b"", "truncated"),
        (b'{"resourceSpans": [}', "byte 19"),
        (b'{"resourceSpans": 5}', "$.resourceSpans"),
        (b'{"resourceSpans": ' + b"[" * 100_000, "$.resourceSpans"),
        (b'{"other": ' + b"[" * 100_000, "nested too deep"),
    ],
)
def test_a_malformed_body_says_what_and_where(body: bytes, text: str) -> None:
    with pytest.raises(MalformedBody) as raised:
        decode_traces(body, JSON)
    assert text in str(raised.value)


@pytest.mark.parametrize(
    ("body", "where", "text"),
    [
        ({"spans": [SPAN]}, "$", "Expected an object with `resourceSpans`, but this one has `spans`"),
        ({"resourceLogs": []}, "$", "`resourceLogs`"),
        ({"resourceSpans": [{"spans": [SPAN]}]}, "resourceSpans[0]", "Expected an object with `scopeSpans`"),
        (
            {"resourceSpans": [{"scopeSpans": []}, {"instrumentationLibrarySpans": []}]},
            "resourceSpans[1]",
            "`instrumentationLibrarySpans`",
        ),
        (
            {"resourceSpans": [{"resource": {}, "scopeSpans": [{"scope": {}, "span": []}]}]},
            "resourceSpans[0].scopeSpans[0]",
            "this one has `span`",
        ),
    ],
)
def test_spans_by_another_name_are_refused_and_not_lost(body: dict[str, Any], where: str, text: str) -> None:
    with pytest.raises(MalformedBody) as raised:
        decode_traces(json.dumps(body).encode(), JSON)
    assert raised.value.where == where
    assert text in raised.value.what


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"resourceSpans": None},
        {"resourceSpans": [{"resource": {}, "schemaUrl": "u"}, {"scopeSpans": [{}]}]},
    ],
)
def test_a_request_may_be_empty(body: dict[str, Any]) -> None:
    assert decode_traces(json.dumps(body).encode(), JSON).spans == []


def test_ids_as_the_libraries_of_protobuf_write_them() -> None:
    """`MessageToJson` of Python and its likes: bytes are base64."""
    body = b"\xef\xbb\xbf" + body_of(
        {**SPAN, "traceId": "W47/95gDgQPSabYzgT/GDA==", "spanId": "7uGbfsPBsXQ="}
    )
    (span,) = decode_traces(body, JSON).spans
    assert (span.trace_id, span.span_id) == ("5b8efff798038103d269b633813fc60c", "eee19b7ec3c1b174")


def test_a_trace_id_of_8_bytes_is_whole_with_zeros_before_it() -> None:
    short = {
        **SPAN,
        "traceId": "d269b633813fc60c",
        "links": [{"traceId": "D269B633813FC60C", "spanId": "eee19b7ec3c1b174"}],
    }
    (span,) = decode_traces(body_of(short), JSON).spans
    assert span.trace_id == span.links[0].trace_id == "0" * 16 + "d269b633813fc60c"


@pytest.mark.parametrize("code", [2, "2", "STATUS_CODE_ERROR", "error"])
def test_a_status_is_a_number_or_its_name(code: int | str) -> None:
    assert decode_traces(body_of({**SPAN, "status": {"code": code}}), JSON).spans[0].status_code == "error"


def test_values_in_snake_case_are_values() -> None:
    assert value_of({"string_value": "a"}) == "a"
    assert value_of({"array_value": {"values": [{"int_value": 1}]}}) == [1]
    assert value_of({"stringValue": '{"int_value": 1}'}) == '{"int_value": 1}'


def test_names_in_snake_case_may_stand_beside_others() -> None:
    body = {"resourceSpans": [{"scope_spans": [{"spans": [SPAN]}]}]}
    assert len(decode_traces(json.dumps(body).encode(), JSON).spans) == 1


def test_a_value_nested_too_deep_is_malformed() -> None:
    deep = b'{"arrayValue":{"values":[' * 10_000 + b"]}}" * 10_000
    body = body_of({**SPAN, "attributes": [{"key": "k", "value": "DEEP"}]}, SPAN).replace(b'"DEEP"', deep)
    with pytest.raises(MalformedBody, match="nested too deep"):
        decode_traces(body, JSON)


@pytest.mark.parametrize(
    ("sent", "kept"),
    [(rb"a\ud83d", "a\ufffd"), (rb"\ud83d\ude00", "😀"), (rb"\\ud83d", "\\ud83d"), (b"a\xff", "a\ufffd")],
)
def test_half_characters_are_replaced_and_the_span_is_kept(sent: bytes, kept: str) -> None:
    body = body_of({**SPAN, "name": "NAME"}).replace(b"NAME", sent)
    (span,) = decode_traces(body, JSON).spans
    assert span.name == kept


def test_a_span_id_that_is_a_uuid_becomes_its_second_half() -> None:
    """Orq's callback for LangChain writes both ids so, recorded from orq-ai-sdk."""
    uuids = {"spanId": "01a21e4f0c68713c80d95f40a3a9c6e9", "parentSpanId": "01a21e4f0c68713c8aaa5f40a3a9c6e9"}
    (span,) = decode_traces(body_of({**SPAN, **uuids}), JSON).spans
    assert (span.span_id, span.parent_span_id) == ("80d95f40a3a9c6e9", "8aaa5f40a3a9c6e9")
    (top,) = decode_traces(body_of({**SPAN, **uuids, "parentSpanId": "0" * 32}), JSON).spans
    assert top.parent_span_id is None
