from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from llm_tracer.model.row import SpanRow, row_of
from llm_tracer.model.span import Resource, Scope, SpanData, SpanEvent, SpanLink
from llm_tracer_service.store.base import StoreError
from llm_tracer_service.store.packing import (
    _FIELDS_1,
    RAW_BYTES_MAX,
    Pack,
    PackReader,
    pack_spans,
    rows_of_head,
    with_rows,
)

from .helpers import SECOND, PlainReader, make_span, span_id, trace_id

any_text = st.text(st.characters(), max_size=5)  # lone surrogates and NUL included
values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | any_text | st.binary(max_size=5),
    lambda parts: st.lists(parts, max_size=3) | st.dictionaries(any_text, parts, max_size=3),
    max_leaves=8,
)
attributes = st.dictionaries(any_text, values, max_size=4)
counts = st.integers(0, 2**32)
events = st.builds(SpanEvent, any_text, counts, attributes, counts, values, st.sampled_from(["span", "log"]))
links = st.builds(SpanLink, any_text, any_text, attributes, any_text, counts, counts)
spans = st.builds(
    SpanData,
    trace_id=st.just(trace_id(1)),
    span_id=any_text,
    name=any_text,
    start_time_unix_nano=st.none() | counts,
    end_time_unix_nano=st.none() | counts,
    parent_span_id=st.none() | any_text,
    otel_kind=counts,
    status_code=st.sampled_from(["unset", "ok", "error"]),
    status_message=st.none() | any_text,
    attributes=attributes,
    events=st.lists(events, max_size=2).map(tuple),
    links=st.lists(links, max_size=2).map(tuple),
    resource=st.builds(Resource, attributes, counts, any_text),
    scope=st.builds(Scope, any_text, any_text, attributes, counts, any_text),
    trace_state=any_text,
    flags=counts,
    dropped_attributes_count=counts,
    dropped_events_count=counts,
    dropped_links_count=counts,
)

FORMAT_1_SPANS = [
    make_span(span=1, kind="llm", tokens=2, blob=b"\0", big=2**70),
    make_span(span=2, parent=1, start_s=2, service="shop", text="\ud800 \xe9"),
]
FORMAT_1_BODY = bytes.fromhex(
    "0128b52ffd60c100d50700e40c94d920303192c4340183aa6174747269627574657380b864726f707065645f5f636f756e74"
    "00aa736368656d615f75726ca0c44681ac736572766963652e6e616d65a473686f7091c4430185a4a0a776657273696f6ea0"
    "92930000c46f02dc0010b031a4776f726bcf18d75b8423f300005f8dca00c000a5756e736574c084a46b696e64a36c6c6da6"
    "746f6b656e7302a4626c6f62c40100a3626967c71201349090a000000000930100c45f329b2894d6c35e0081a474657874ac"
    "005c7564383030205c7865399090a00000000010000723c0c74c02f0c076ef40092cf814ae645d356edd8858595b888e952d"
    "2fe109b33af79b1b164116"
)


def unpack(pack: Pack) -> list[SpanData]:
    reader = PackReader(pack.head, pack.rest, None if pack.base is None else pack.base.encoded)
    return [reader.span(slot) for slot in range(len(reader))]


def rows_by_id(given_spans: list[SpanData]) -> dict[str, SpanRow]:
    shown = [span for span in given_spans if not span.is_fragment]
    return {span.span_id: row_of(span, PlainReader().read(span)) for span in shown}


def test_rows_come_back_and_may_be_exchanged() -> None:
    given_spans = [
        make_span(span=1, kind="llm", tokens=3, cost=0.5, tags=["a"], score=0.5, input="\ud800"),
        make_span(span=2, start_s=None, said="later"),
        make_span(span=3, start_s=5, dur_s=None, error="no", raised="x"),
    ]
    rows = rows_by_id(given_spans)
    (pack,) = pack_spans(given_spans, rows)
    expected = [rows[span_id(1)], None, rows[span_id(3)]]
    assert rows_of_head(pack.span_ids, pack.head) == expected
    assert pack.last_start is not None
    assert pack.first_start is not None
    assert pack.last_start - pack.first_start == 5 * SECOND
    other = [replace(row, parent_span_id=span_id(9)) if row else None for row in expected]
    head, rest = with_rows(pack.head, pack.rest, other)
    assert rows_of_head(pack.span_ids, head) == other
    assert [PackReader(head, rest).span(slot) for slot in range(3)] == given_spans


def test_a_head_of_fragments_only_has_no_start() -> None:
    (pack,) = pack_spans([make_span(start_s=None)], {})
    assert (pack.first_start, pack.last_start) == (None, None)
    assert rows_of_head(pack.span_ids, pack.head) == [None]


def test_a_body_of_format_1_is_read_and_gets_rows() -> None:
    """Made by the version that wrote format 1: a frame of its own, the names of the attributes in every span."""
    reader = PackReader(b"", FORMAT_1_BODY)
    assert [reader.span(0), reader.span(1)] == FORMAT_1_SPANS
    rows = list(rows_by_id(FORMAT_1_SPANS).values())
    head, rest = with_rows(b"", FORMAT_1_BODY, rows)
    assert rest == FORMAT_1_BODY
    assert rows_of_head([span.span_id for span in FORMAT_1_SPANS], head) == rows
    assert PackReader(head, rest).span(1) == FORMAT_1_SPANS[1]


@given(st.lists(spans, min_size=1, max_size=4))
def test_whatever_goes_in_comes_out(given_spans: list[SpanData]) -> None:
    packs = pack_spans(given_spans, {})
    found = [span for pack in packs for span in unpack(pack)]
    assert repr(found) == repr(given_spans)  # repr tells 1 from 1.0 and from True, and NaN is nan
    assert [span_id for pack in packs for span_id in pack.span_ids] == [span.span_id for span in given_spans]


def test_every_field_of_a_span_is_packed() -> None:
    """A field that is new to SpanData needs a new format: what is dropped here is lost in the worst way."""
    kept_once = {"trace_id", "resource", "scope"}
    assert set(_FIELDS_1) | kept_once == {field.name for field in fields(SpanData)}


def test_equal_resources_and_scopes_are_kept_once() -> None:
    text = "long and boring " * 1_000
    packs = pack_spans(
        [replace(make_span(span=n), resource=Resource({"x": text})) for n in range(1, 101)], {}
    )
    assert len(packs) == 1
    assert len(packs[0].head + packs[0].rest) < 3_000
    assert unpack(packs[0])[99].resource == Resource({"x": text})


def test_a_pack_ends_at_its_limit_and_a_larger_span_stands_alone() -> None:
    sizes = [100_000, 100_000, 100_000, 2 * RAW_BYTES_MAX, 10, 10]
    given_spans = [make_span(span=n, x="x" * size) for n, size in enumerate(sizes, 1)]
    packs = pack_spans(given_spans, {})
    assert [len(pack.span_ids) for pack in packs] == [2, 1, 1, 2]
    assert [span for pack in packs for span in unpack(pack)] == given_spans


def test_nothing_makes_no_pack() -> None:
    assert pack_spans([], {}) == []


@pytest.mark.parametrize(
    "damage", [lambda data: b"\x63" + data[1:], lambda data: data[:20], lambda data: b""]
)
def test_a_damaged_or_unknown_pack_is_refused(damage: Any) -> None:
    (pack,) = pack_spans([make_span()], {})
    with pytest.raises(StoreError):
        PackReader(pack.head, damage(pack.rest))


def test_spans_that_came_with_one_resource_and_scope_share_them_again() -> None:
    (pack,) = pack_spans([make_span(span=n, service="shop") for n in (1, 2)], {})
    opened = PackReader(pack.head, pack.rest)
    first, second = opened.span(0), opened.span(1)
    assert first.resource == make_span(service="shop").resource
    assert first.resource is second.resource
    assert first.scope is second.scope


def test_spans_of_two_packs_share_what_is_small() -> None:
    small, large = {"service.name": "shop"}, {"service.name": "shop" * 2_000}
    for attributes, is_shared in ((small, True), (large, False)):
        opened = []
        for number in (1, 2):
            span = replace(make_span(trace=number), resource=Resource(dict(attributes)))
            (pack,) = pack_spans([span], {})
            opened.append(PackReader(pack.head, pack.rest).span(0))
        assert [span.resource.attributes for span in opened] == [attributes, attributes]
        assert (opened[0].resource is opened[1].resource) == is_shared
