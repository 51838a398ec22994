"""Two deliveries of one span as one."""

from __future__ import annotations

import time
from dataclasses import replace
from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st
from llm_tracer.model.span import SpanData, SpanEvent, SpanLink, merge

CLOSED = SpanData("t", "s", "closed", 100, 200, status_code="ok", attributes={"a": "closed", "c": 1})
OPEN = SpanData("t", "s", "open", 100, parent_span_id="p", attributes={"a": "open", "o": 1})
FRAGMENT = SpanData("t", "s", "", None, events=(SpanEvent("log", 150, source="log", body="hello"),))


def test_how_much_of_a_span_has_arrived() -> None:
    assert [span.completeness for span in (FRAGMENT, OPEN, CLOSED)] == [0, 1, 2]
    assert [span.is_fragment for span in (FRAGMENT, OPEN, CLOSED)] == [True, False, False]
    assert [span.is_open for span in (FRAGMENT, OPEN, CLOSED)] == [False, True, False]


def test_an_ended_span_is_not_replaced_by_a_running_one() -> None:
    for merged in (merge(CLOSED, OPEN), merge(OPEN, CLOSED)):
        assert (merged.name, merged.end_time_unix_nano, merged.status_code) == ("closed", 200, "ok")


def test_attributes_are_merged_and_those_of_the_winner_stay() -> None:
    assert merge(CLOSED, OPEN).attributes == {"a": "closed", "c": 1, "o": 1}


def test_the_parent_is_kept_that_only_one_delivery_names() -> None:
    assert merge(OPEN, CLOSED).parent_span_id == "p"
    assert merge(OPEN, replace(CLOSED, parent_span_id="q")).parent_span_id == "q"


def test_of_two_as_complete_the_later_wins() -> None:
    later = replace(CLOSED, name="later", attributes={"a": "later"})
    merged = merge(CLOSED, later)
    assert (merged.name, merged.attributes) == ("later", {"a": "later", "c": 1})


def test_a_log_record_joins_its_span_whichever_came_first() -> None:
    assert merge(FRAGMENT, CLOSED) == merge(CLOSED, FRAGMENT)
    assert merge(FRAGMENT, CLOSED).events == FRAGMENT.events


def test_a_fragment_changes_its_span_whichever_came_first() -> None:
    change = SpanData(
        "t", "s", "", None, 250, None, status_code="error", attributes={"a": "change", "new": 1}
    )
    for merged in (merge(OPEN, change), merge(change, OPEN)):
        assert (merged.name, merged.start_time_unix_nano, merged.end_time_unix_nano) == ("open", 100, 250)
        assert (merged.status_code, merged.parent_span_id) == ("error", "p")
        assert merged.attributes == {"a": "change", "o": 1, "new": 1}
        assert merge(merged, change) == merged
    for merged in (
        merge(CLOSED, replace(change, name="renamed")),
        merge(replace(change, name="renamed"), CLOSED),
    ):
        assert (merged.name, merged.end_time_unix_nano, merged.attributes["c"]) == ("renamed", 250, 1)


def test_of_two_changes_the_later_counts_and_what_only_one_says_stays() -> None:
    first = SpanData("t", "s", "", None, 250, attributes={"a": 1, "b": 1})
    merged = merge(OPEN, merge(first, SpanData("t", "s", "", None, attributes={"a": 2})))
    assert (merged.end_time_unix_nano, merged.attributes) == (250, {"a": 2, "b": 1, "o": 1})


def test_of_two_starts_the_earlier_counts_and_a_name_that_only_one_has() -> None:
    """A span that is told in several records: the later ones know less of its beginning."""
    first, later = CLOSED, replace(CLOSED, name="", start_time_unix_nano=190, attributes={"a": 2})
    for merged in (merge(first, later), merge(later, first)):
        assert (merged.name, merged.start_time_unix_nano) == (CLOSED.name, CLOSED.start_time_unix_nano)
    assert merge(first, later).attributes["a"] == 2
    opened = replace(OPEN, start_time_unix_nano=1)
    assert merge(CLOSED, opened).start_time_unix_nano == merge(opened, CLOSED).start_time_unix_nano == 1


def test_a_retry_changes_nothing() -> None:
    assert merge(CLOSED, replace(CLOSED)) is CLOSED


def test_a_retry_changes_nothing_although_a_value_is_not_a_number() -> None:
    def delivery() -> SpanData:
        return replace(CLOSED, events=(SpanEvent("e", 1, {"score": float("nan")}),))

    assert len(merge(delivery(), delivery()).events) == 1


def test_events_and_links_of_both_are_kept_in_order() -> None:
    first, second = SpanEvent("first", 1), SpanEvent("second", 2)
    one, two = SpanLink("t1", "s1"), SpanLink("t2", "s2")
    merged = merge(
        replace(CLOSED, events=(second,), links=(two,)), replace(CLOSED, events=(first,), links=(one,))
    )
    assert merged.events == (first, second)
    assert merged.links == (one, two)


def test_events_of_one_moment_stay_as_they_were_sent() -> None:
    """Clocks of JavaScript tick in milliseconds: the messages of a conversation have one time."""
    said = tuple(SpanEvent(name, 150) for name in ("user", "assistant", "tool"))
    asked = replace(FRAGMENT, events=said)
    answered = replace(FRAGMENT, events=(SpanEvent("choice", 160),))
    for one, two, three in permutations((CLOSED, asked, answered)):
        merged = merge(merge(one, two), three)
        assert [event.name for event in merged.events] == ["user", "assistant", "tool", "choice"]
        assert merge(merged, asked).events == merge(asked, merged).events == merged.events


def test_events_of_one_moment_from_several_deliveries_are_in_an_order_of_their_own() -> None:
    parts = [replace(FRAGMENT, events=(SpanEvent(name, 150),)) for name in "cab"]
    for one, two, three in permutations(parts):
        assert [event.name for event in merge(merge(one, two), three).events] == ["a", "b", "c"]
    whole = replace(FRAGMENT, events=tuple(SpanEvent(name, 150) for name in "cab"))
    for one, two, three in permutations((*parts[:2], whole)):
        assert merge(merge(one, two), three).events == whole.events


def test_what_one_delivery_repeats_is_added_once() -> None:
    event = SpanEvent("e", 1)
    assert merge(CLOSED, replace(OPEN, events=(event, event))).events == (event,)


def test_events_that_differ_in_one_thing_are_two() -> None:
    event = SpanEvent("e", 1, {"a": 1})
    others = (
        replace(event, name="f"),
        replace(event, time_unix_nano=2),
        replace(event, attributes={"a": "1"}),
        replace(event, body="x"),
        replace(event, source="log"),
        replace(event, dropped_attributes_count=1),
    )
    for other in others:
        assert len(merge(replace(CLOSED, events=(event,)), replace(CLOSED, events=(other,))).events) == 2


def test_many_events_and_links_take_linear_time() -> None:
    def delivery(name: str) -> SpanData:
        events = tuple(SpanEvent(name, n, {"n": n}) for n in range(10_000))
        return replace(CLOSED, events=events, links=tuple(SpanLink(name, f"{n}") for n in range(10_000)))

    began = time.process_time()
    merged = merge(delivery("a"), delivery("b"))
    assert time.process_time() - began < 2  # some 0.3 s; a quadratic rule would take minutes
    assert (len(merged.events), len(merged.links)) == (20_000, 20_000)


values = st.one_of(
    st.integers(0, 2),
    st.text("ab", max_size=2),
    st.binary(max_size=1),
    st.lists(st.integers(0, 1), max_size=2),
)
attributes = st.dictionaries(st.sampled_from("abc"), values, max_size=3)
events = st.lists(
    st.builds(
        SpanEvent,
        st.sampled_from("ef"),
        st.integers(0, 2),
        attributes,
        body=st.none() | values,
        source=st.sampled_from(("span", "log")),
    ),
    max_size=3,
).map(tuple)
links = st.lists(
    st.builds(SpanLink, st.sampled_from("tu"), st.sampled_from("sr"), attributes), max_size=3
).map(tuple)
parents = st.none() | st.sampled_from("pq")

# A fragment holds nothing but log records (otlp logs), a span anything.
fragments = st.builds(SpanData, st.just("t"), st.just("s"), st.just(""), st.none(), events=events)
open_spans = st.builds(
    SpanData, st.just("t"), st.just("s"), st.sampled_from("xy"), st.integers(0, 1), parent_span_id=parents,
    attributes=attributes, events=events, links=links,
)  # fmt: skip
closed_spans = st.builds(
    SpanData, st.just("t"), st.just("s"), st.sampled_from("xy"), st.integers(0, 1), st.integers(2, 3),
    parent_span_id=parents, attributes=attributes, events=events, links=links,
)  # fmt: skip
spans = fragments | open_spans | closed_spans


@given(spans, spans)
def test_a_delivery_that_comes_again_changes_nothing(one: SpanData, other: SpanData) -> None:
    merged = merge(one, other)
    assert merge(merged, merged) == merged
    assert merge(one, one) == one
    if one.completeness != other.completeness:
        assert merge(merged, one) == merged
        assert merge(merged, other) == merged


@given(fragments, open_spans, closed_spans)
def test_start_end_and_log_records_give_one_span_in_any_order(
    fragment: SpanData, opened: SpanData, closed: SpanData
) -> None:
    results = [merge(merge(one, two), three) for one, two, three in permutations((fragment, opened, closed))]
    assert all(result == results[0] for result in results)
