from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from llm_tracer.model.span import Resource, Scope, SpanData, SpanEvent, SpanLink
from llm_tracer_service.store.base import StoreError
from llm_tracer_service.store.packing import _FIELDS_1, RAW_BYTES_MAX, PackReader, pack_spans

from .helpers import make_span, trace_id

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


def unpack(packed: bytes) -> list[SpanData]:
    reader = PackReader(packed)
    return [reader.span(slot) for slot in range(len(reader))]


@given(st.lists(spans, min_size=1, max_size=4))
def test_whatever_goes_in_comes_out(given_spans: list[SpanData]) -> None:
    packs = pack_spans(given_spans)
    found = [span for pack in packs for span in unpack(pack.data)]
    assert repr(found) == repr(given_spans)  # repr tells 1 from 1.0 and from True, and NaN is nan
    assert [span_id for pack in packs for span_id in pack.span_ids] == [span.span_id for span in given_spans]


def test_every_field_of_a_span_is_packed() -> None:
    """A field that is new to SpanData needs a new format: what is dropped here is lost in the worst way."""
    kept_once = {"trace_id", "resource", "scope"}
    assert set(_FIELDS_1) | kept_once == {field.name for field in fields(SpanData)}


def test_equal_resources_and_scopes_are_kept_once() -> None:
    text = "long and boring " * 1_000
    packs = pack_spans([replace(make_span(span=n), resource=Resource({"x": text})) for n in range(1, 101)])
    assert len(packs) == 1
    assert len(packs[0].data) < 3_000
    assert unpack(packs[0].data)[99].resource == Resource({"x": text})


def test_a_pack_ends_at_its_limit_and_a_larger_span_stands_alone() -> None:
    sizes = [100_000, 100_000, 100_000, 2 * RAW_BYTES_MAX, 10, 10]
    given_spans = [make_span(span=n, x="x" * size) for n, size in enumerate(sizes, 1)]
    packs = pack_spans(given_spans)
    assert [len(pack.span_ids) for pack in packs] == [2, 1, 1, 2]
    assert [span for pack in packs for span in unpack(pack.data)] == given_spans


def test_nothing_makes_no_pack() -> None:
    assert pack_spans([]) == []


@pytest.mark.parametrize(
    "damage", [lambda data: b"\x63" + data[1:], lambda data: data[:20], lambda data: b""]
)
def test_a_damaged_or_unknown_pack_is_refused(damage: Any) -> None:
    (pack,) = pack_spans([make_span()])
    with pytest.raises(StoreError):
        PackReader(damage(pack.data))
