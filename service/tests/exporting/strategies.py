"""Any span that can be stored, with everything that is difficult for one of the formats."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from llm_tracer.model.span import Resource, Scope, SpanData, SpanEvent, SpanLink
from llm_tracer_service.waiting import RESPONSE_ID, place_of

texts = st.one_of(
    st.text(max_size=8),
    st.sampled_from(
        ["", "\0", "$bytes", "$double", "$object", "$blob{", "NaN", "Infinity", "</script>", "日本", "a\nb"]
    ),
)
"""Without lone surrogates, which neither UTF-8 nor a request can say."""

plain: st.SearchStrategy[Any] = st.one_of(
    st.none(), st.booleans(), texts, st.binary(max_size=4), st.floats(), st.sampled_from([1, 1.0, True, -0.0, 0]),
    st.integers(-(2**70), 2**70), st.sampled_from([2**63, 2**64, -(2**63), 10**40]),
)  # fmt: skip
values = st.recursive(
    plain,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(texts, inner, max_size=3),
        st.dictionaries(st.sampled_from(["$bytes", "$double", "$object"]), inner, max_size=1),
    ),
    max_leaves=6,
)
attributes = st.dictionaries(texts.filter(lambda key: key != "logfire.span_type"), values, max_size=4)
counts = st.sampled_from([0, 0, 1, 2**32 - 1])
times = st.sampled_from([0, 1, 1_790_000_000_000_000_001, 2**63 - 1, 2**64 - 1])
resources = st.builds(Resource, attributes, counts, texts)
scopes = st.builds(Scope, texts, texts, attributes, counts, texts)
events = st.one_of(
    st.builds(SpanEvent, texts, times, attributes, counts),
    st.builds(SpanEvent, texts, times, attributes, counts, values, st.just("log")),
)
records = st.builds(
    SpanEvent,
    st.sampled_from(["gen_ai.choice", "gen_ai.évaluation", "exception"]),
    times, attributes, counts, values, st.just("log"),
)  # fmt: skip
trace_ids = st.integers(1, 4).map(lambda number: f"{number:032x}")
span_ids = st.integers(1, 6).map(lambda number: f"{number:016x}")
links = st.builds(
    SpanLink,
    st.sampled_from(["", "ab", "c" * 32]),
    st.sampled_from(["", "d" * 16]),
    attributes,
    texts,
    counts,
    counts,
)
starts = st.integers(1, 2**63 - 1)
spans = st.builds(
    SpanData,
    trace_ids, span_ids, texts, starts, st.one_of(st.none(), starts), st.one_of(st.none(), span_ids), st.integers(0, 9),
    st.sampled_from(["unset", "ok", "error"]), st.one_of(st.none(), texts.filter(bool)), attributes,
    st.lists(events, max_size=3).map(tuple), st.lists(links, max_size=2).map(tuple), resources, scopes, texts, counts,
    counts, counts, counts,
)  # fmt: skip


@st.composite
def fragments(draw: st.DrawFn) -> SpanData:
    """Content that waits for its span or for a response."""
    place, own = (draw(trace_ids), draw(span_ids)), {}
    of = draw(st.lists(records, min_size=1, max_size=3))
    if draw(st.booleans()):
        response = draw(texts.filter(bool))
        place, own = place_of(response), {RESPONSE_ID: response}
        of = [
            SpanEvent(
                e.name, e.time_unix_nano, {**e.attributes, **own}, e.dropped_attributes_count, e.body, "log"
            )
            for e in of
        ]
    resource, scope = draw(resources), draw(scopes)
    return SpanData(*place, "", None, attributes=own, events=tuple(of), resource=resource, scope=scope)
