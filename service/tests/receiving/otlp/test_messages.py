"""The messages of a request are counted as the official definitions have them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from llm_tracer_service.malformed import TooManyObjects
from llm_tracer_service.receiving.otlp import decode_logs, decode_metrics, decode_traces
from llm_tracer_service.receiving.otlp.messages import check_messages
from opentelemetry.proto.trace.v1 import trace_pb2

from .test_protobuf_body import attributes, spans

PROTOBUF = "application/x-protobuf"
EMPTY_SPANS = b"\x0a\x0c\x12\x0a" + b"\x12\x00" * 5
"""A request of a ResourceSpans with a ScopeSpans with five spans: seven messages within it."""


def messages_in(message: Any) -> int:
    return sum(1 + messages_in(each) for each in _inner(message))


def _inner(message: Any) -> Iterator[Any]:
    for field, value in message.ListFields():
        if field.message_type is not None:
            yield from value if field.is_repeated else (value,)


@given(
    st.builds(
        trace_pb2.TracesData,
        resource_spans=st.lists(
            st.builds(
                trace_pb2.ResourceSpans,
                resource=st.builds(trace_pb2.ResourceSpans().resource.__class__, attributes=attributes),
                scope_spans=st.lists(
                    st.builds(trace_pb2.ScopeSpans, spans=st.lists(spans, max_size=3)), max_size=2
                ),
            ),
            max_size=2,
        ),
    )
)
def test_all_messages_of_a_request_are_counted(request: trace_pb2.TracesData) -> None:
    body, count = request.SerializeToString(), messages_in(request)
    check_messages("TracesRequest", body, count)
    if count:
        with pytest.raises(TooManyObjects):
            check_messages("TracesRequest", body, count - 1)


@pytest.mark.parametrize("decode", [decode_traces, decode_logs, decode_metrics])
def test_a_request_with_more_is_refused(decode: Any) -> None:
    decode(EMPTY_SPANS, PROTOBUF, 7)
    with pytest.raises(TooManyObjects) as refused:
        decode(EMPTY_SPANS, PROTOBUF, 6)
    assert str(refused.value) == "The body has more than 6 objects and lists. Two other values count as one."


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"\x8a\x00\x00" * 9, id="numbers of fields written longer than they need to be"),
        pytest.param(b"\x0a\x80\x00" * 9, id="lengths written longer than they need to be"),
        pytest.param(b"\x0b\x0c" + b"\x0a\x00" * 9, id="after a group"),
        pytest.param(b"\x0a\x00" * 9 + b"\x0f", id="before what is broken"),
        pytest.param(b"\x0d1234\x09" + b"1" * 8 + b"\x08\x01" + b"\x0a\x00" * 9, id="after other fields"),
    ],
)
def test_nothing_hides_them(body: bytes) -> None:
    with pytest.raises(TooManyObjects):
        check_messages("TracesRequest", body, 4)


@pytest.mark.parametrize("body", [b"\x0f" + b"\x0a\x00" * 9, b"\x0a\x7f" + b"\x12\x00" * 9, b"\x0a\xff" * 9])
def test_what_is_no_protobuf_is_left_to_its_decoder(body: bytes) -> None:
    check_messages("TracesRequest", body, 4)
