"""What every store does, as store/base.py describes it."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest
from llm_tracer.model.query import (
    And,
    Error,
    FamilyTest,
    FieldTest,
    Has,
    Id,
    Not,
    Or,
    SpanGroups,
    Test,
    TraceQuery,
    Word,
)
from llm_tracer.model.span import Scope, SpanData, SpanEvent, SpanLink
from llm_tracer_service.store.base import (
    EVERYTHING,
    BadCursor,
    Hit,
    SessionSort,
    Sort,
    SpanSort,
    StoreError,
    TimeRange,
)
from llm_tracer_service.store.contract import TraceStore
from llm_tracer_service.store.sqlite import session_order

from .helpers import SECOND, START, StillClock, awaiting, make_span, span_id, trace_id


def ids(store: TraceStore, query: TraceQuery | None = None, sort: Sort = "-start_time") -> list[int]:
    """The numbers of the traces found, all pages together."""
    found: list[int] = []
    cursor = None
    while True:
        page = store.find_traces("p", query or TraceQuery(), sort=sort, limit=2, cursor=cursor)
        found += [int(summary.trace_id, 16) for summary in page.traces]
        cursor = page.next_cursor
        if cursor is None:
            return found


def field(name: str, *texts: str) -> TraceQuery:
    return TraceQuery(FieldTest(name, Test(texts=texts)))


# --- empty, and unknown ----------------------------------------------------------------------------------------------


def test_an_empty_store_answers_everything(store: TraceStore) -> None:
    assert store.find_traces("p").traces == ()
    assert store.find_spans("p").spans == ()
    assert store.find_sessions("p").sessions == ()
    assert store.get_trace("p", trace_id(1)) is None
    assert store.get_summary("p", trace_id(1)) is None
    assert store.get_span("p", trace_id(1), span_id(1)) is None
    assert store.find_trace_of_span("p", span_id(1)) is None
    assert store.get_session("p", "s") == ()
    assert store.stats("p").traces == 0
    assert store.stats("p").cost is None
    assert store.delete_traces("p", [trace_id(1)]) == 0
    assert store.last_span_at() is None
    assert store.info().healthy
    assert store.info().trace_count == 0
    store.write("p", [])
    assert store.last_span_at() is None


@pytest.mark.parametrize("wrong", ["", "xyz", "A" * 32, "0" * 31, " " * 32, "\ud800", "0" * 30 + " 0"])
def test_what_is_no_id_is_not_found(store: TraceStore, wrong: str) -> None:
    store.write("p", [make_span(trace=0xA)])
    assert store.get_trace("p", wrong) is None
    assert store.get_summary("p", wrong) is None
    assert store.get_span("p", wrong, wrong) is None
    assert store.get_span("p", trace_id(0xA), wrong) is None
    assert store.find_trace_of_span("p", wrong) is None
    assert store.delete_traces("p", [wrong]) == 0


@pytest.mark.parametrize(
    "span",
    [
        replace(make_span(), trace_id="A" * 32),
        replace(make_span(), span_id="1"),
        replace(make_span(), start_time_unix_nano=-1),
        replace(make_span(), end_time_unix_nano=2**63),
    ],
)
def test_a_span_that_cannot_be_kept_refuses_the_whole_write(store: TraceStore, span: SpanData) -> None:
    with pytest.raises(StoreError):
        store.write("p", [make_span(trace=2), span])
    assert ids(store) == []


# --- whole -----------------------------------------------------------------------------------------------------------


def test_a_span_comes_back_as_it_was_sent(store: TraceStore) -> None:
    span = replace(
        make_span(service="shop"),
        otel_kind=3,
        attributes={
            "text": "ok", "bytes": b"\x00\xff", "float": 1.0, "int": 1, "true": True, "none": None,
            "list": [1, 1.0, [b"x", {}]], "dict": {"": {"deep": [None]}}, "big": 2**70, "small": -(2**64),
        },
        events=(SpanEvent("log", START + 1, {"a": b"1"}, 2, {"body": [1.0]}, "log"), SpanEvent("e", START)),
        links=(SpanLink(trace_id(9), span_id(9), {"k": 1}, "state", 1, 257),),
        scope=Scope("lib", "1.0", {"s": 1}, 3, "https://schema"),
        trace_state="a=b",
        flags=1,
        dropped_attributes_count=4,
        dropped_events_count=5,
        dropped_links_count=6,
    )  # fmt: skip
    store.write("p", [span])
    assert repr(store.get_span("p", trace_id(1), span_id(1))) == repr(span)


@pytest.mark.parametrize(
    "text", ["", "\0", "a\0b", "\ud800", "x\udfffy", "😀", "日本語", "' OR 1=1 --", "%_*?[", "\u202e", "İß"]
)
def test_any_text_is_kept_and_found(store: TraceStore, text: str) -> None:
    span = make_span(name=text, session=text, user=text, tags=[text], model=text, input=text)
    span = replace(span, attributes={**span.attributes, text: text})
    store.write("p", [span])
    assert store.get_span("p", trace_id(1), span_id(1)) == span
    summary = store.get_summary("p", trace_id(1))
    assert summary is not None
    assert summary.name == text
    assert summary.user_id == (text or None)
    if text:
        for name in ("name", "session", "user", "tag", "model"):
            assert ids(store, field(name, text)) == [1]
        assert ids(store, TraceQuery(Word(text))) == [1]
        assert [session.session_id for session in store.find_sessions("p").sessions] == [text]
        assert len(store.get_session("p", text)) == 1


def test_nan_and_infinity_are_kept(store: TraceStore) -> None:
    store.write("p", [make_span(x=float("nan"), y=[float("inf"), -0.0])])
    store.write("p", [make_span(x=float("nan"), y=[float("inf"), -0.0])])
    span = store.get_span("p", trace_id(1), span_id(1))
    assert span is not None
    assert repr(span.attributes) == "{'x': nan, 'y': [inf, -0.0]}"


def test_a_value_of_20_mb_comes_back(store: TraceStore) -> None:
    value = "0123456789abcdef" * (20 * 1024 * 1024 // 16)
    store.write("p", [make_span(input=value), make_span(span=2, parent=1)])
    span = store.get_span("p", trace_id(1), span_id(1))
    assert span is not None
    assert span.attributes["input"] == value


def test_a_trace_of_25_000_spans_goes_in_and_comes_back(store: TraceStore) -> None:
    spans = [
        make_span(span=n, start_s=n, parent=n // 2 or None, tokens=1, kind="llm") for n in range(1, 25_001)
    ]
    for first in range(0, len(spans), 6_250):
        store.write("p", spans[first : first + 6_250])
    trace = store.get_trace("p", trace_id(1))
    assert trace is not None
    assert [row.span_id for row in trace.rows] == [span.span_id for span in spans]
    assert store.get_span("p", trace_id(1), span_id(20_000)) == spans[19_999]
    assert trace.spans[span_id(25_000)] == spans[-1]
    (summary,) = store.find_traces("p").traces
    assert summary.span_count == 25_000


# --- idempotent, in any order, in any pieces -------------------------------------------------------------------------


def test_a_span_delivered_again_changes_nothing(store: TraceStore) -> None:
    spans = [make_span(tokens=3, cost=0.5, kind="llm"), make_span(span=2, parent=1, error="no")]
    store.write("p", spans)
    before = store.get_summary("p", trace_id(1)), store.stats("p")
    store.write("p", spans)
    store.write("p", spans + spans)
    assert (store.get_summary("p", trace_id(1)), store.stats("p")) == before
    assert store.info().span_count == 2


def test_pieces_in_any_order_make_the_same_trace(store: TraceStore) -> None:
    root, child, grandchild = make_span(), make_span(span=2, parent=1, start_s=1), make_span(span=3, parent=2)
    for number, order in enumerate([(root, child, grandchild), (grandchild, child, root)], start=1):
        for span in order:
            store.write("p", [replace(span, trace_id=trace_id(number))])
    one, two = store.get_summary("p", trace_id(1)), store.get_summary("p", trace_id(2))
    assert one is not None
    assert two is not None
    assert replace(one, trace_id="") == replace(two, trace_id="")


def test_an_ended_span_is_never_replaced_by_a_running_one(store: TraceStore) -> None:
    store.write("p", [make_span(dur_s=None, first=1)])
    assert store.get_summary("p", trace_id(1)).status == "running"  # type: ignore[union-attr]
    store.write("p", [make_span(dur_s=2, second=2)])
    store.write("p", [make_span(dur_s=None, first=1)])
    summary = store.get_summary("p", trace_id(1))
    assert summary is not None
    assert (summary.status, summary.duration_ms, summary.open_count) == ("ok", 2000, 0)
    assert store.get_span("p", trace_id(1), span_id(1)).attributes == {"first": 1, "second": 2}  # type: ignore[union-attr]


def test_a_fragment_waits_for_its_span(store: TraceStore) -> None:
    fragment = replace(make_span(start_s=None, said="hi"), events=(SpanEvent("log", START),))
    store.write("p", [fragment])
    assert store.get_trace("p", trace_id(1)) is None
    assert store.get_span("p", trace_id(1), span_id(1)) is None
    assert store.find_trace_of_span("p", span_id(1)) is None
    assert store.find_spans("p").spans == ()
    assert store.stats("p").spans == 0
    assert store.info().trace_count == 0
    assert ids(store) == []
    store.write("p", [make_span()])
    span = store.get_span("p", trace_id(1), span_id(1))
    assert span is not None
    assert (span.attributes, len(span.events)) == ({"said": "hi"}, 1)


@pytest.mark.parametrize("is_change_first", [False, True])
def test_a_fragment_ends_its_span(store: TraceStore, is_change_first: bool) -> None:
    end = START + 2 * 10**9
    change = replace(
        make_span(start_s=None, said="sorry"),
        name="",
        end_time_unix_nano=end,
        status_code="error",
        status_message="no",
    )
    deliveries = [make_span(dur_s=None, asked="hi"), change]
    for span in reversed(deliveries) if is_change_first else deliveries:
        store.write("p", [span])
    summary = store.get_summary("p", trace_id(1))
    assert summary is not None
    assert (summary.status, summary.duration_ms, summary.open_count) == ("error", 2000, 0)
    span = store.get_span("p", trace_id(1), span_id(1))
    assert span is not None
    assert (span.attributes, span.status_message) == ({"asked": "hi", "said": "sorry"}, "no")


def test_fragments_are_told_to_who_copies_a_project(store: TraceStore) -> None:
    event = SpanEvent("log", START, {"big": "plan " * 60_000}, body=b"x" * 2_000, source="log")
    lone = replace(make_span(trace=2, span=3, start_s=None), events=(event,))
    among_spans = replace(make_span(trace=1, span=2, start_s=None), events=(event,))
    joined = replace(make_span(trace=1, span=1, start_s=None), events=(event,))
    waiting = awaiting("resp_1", event)
    store.write("p", [lone, make_span(span=1), among_spans, joined, waiting])
    store.write("q", [replace(lone, trace_id=trace_id(7))])
    expected = sorted([lone, among_spans, waiting], key=lambda span: (span.trace_id, span.span_id))
    first = store.find_fragments("p", limit=2)
    assert list(first.fragments) == expected[:2]
    last = store.find_fragments("p", 2, first.next_cursor)
    assert (list(last.fragments), last.next_cursor) == (expected[2:], None)
    assert store.find_fragments("nobody").fragments == ()
    with pytest.raises(BadCursor):
        store.find_fragments("q", 2, first.next_cursor)


def test_a_fragment_joins_a_span_that_is_there(store: TraceStore) -> None:
    store.write("p", [make_span()])
    store.write("p", [make_span(start_s=None, said="hi"), make_span(span=2, start_s=None)])
    trace = store.get_trace("p", trace_id(1))
    assert trace is not None
    assert len(trace.rows) == 1
    assert list(trace.spans) == [span_id(1)]
    assert trace.spans[span_id(1)].attributes == {"said": "hi"}


JUDGED = SpanEvent("judged", START)


def judgements(store: TraceStore, trace: int, span: int = 1, project: str = "p") -> int:
    found = store.get_span(project, trace_id(trace), span_id(span))
    assert found is not None
    return found.events.count(JUDGED)


def test_what_waits_for_a_response_makes_no_trace(store: TraceStore) -> None:
    store.write("p", [awaiting("r1", JUDGED)])
    assert (ids(store), store.stats("p").spans, store.info().trace_count) == ([], 0, 0)
    assert store.changes("p", store.changes("p").cursor).traces == ()


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_what_waits_for_a_response_joins_each_span_that_reports_it_once(
    store: TraceStore, order: tuple[int, int]
) -> None:
    reports = [make_span(response="r1"), make_span(trace=2, span=3, response="r1", kind="llm", tokens=1)]
    others = [make_span(trace=2, response="R1"), make_span(trace=3)]
    deliveries = [[awaiting("r1", JUDGED)], [*reports, *others]]
    for turn in (*order, *order):
        store.write("p", deliveries[turn])
        store.write("q", [make_span(response="r1")])
    assert (judgements(store, 1), judgements(store, 2, 3)) == (1, 1)
    assert (judgements(store, 2), judgements(store, 3), judgements(store, 1, project="q")) == (0, 0, 0)
    assert dict(store.get_trace("p", trace_id(1)).spans)[span_id(1)].attributes == {"response": "r1"}  # type: ignore[union-attr]


def test_a_response_and_what_waits_for_it_come_in_one_call(store: TraceStore) -> None:
    store.write("p", [awaiting("r1", JUDGED), make_span(response="r1"), awaiting("r2", JUDGED)])
    store.write("p", [make_span(trace=2, response="r2"), awaiting("r2", JUDGED, SpanEvent("again", START))])
    assert (judgements(store, 1), judgements(store, 2)) == (1, 1)


def test_a_span_that_joins_what_waits_is_a_change(store: TraceStore) -> None:
    store.write("p", [make_span(response="r1")])
    cursor = store.changes("p").cursor
    store.write("p", [awaiting("r1", JUDGED)])
    assert [trace.trace_id for trace in store.changes("p", cursor).traces] == [trace_id(1)]


def test_what_waits_joins_a_span_whose_response_is_told_by_content_that_came_later(store: TraceStore) -> None:
    store.write("p", [awaiting("r1", JUDGED)])
    store.write("p", [make_span()])
    store.write("p", [make_span(start_s=None, response="r1")])
    assert judgements(store, 1) == 1


def test_what_waits_for_a_response_touches_only_traces_that_report_it(
    store: TraceStore, clock: StillClock
) -> None:
    store.write("p", [awaiting("r1", JUDGED), make_span(response="r1"), make_span(trace=2, response="r2")])
    cursor, before = store.changes("p").cursor, store.get_trace("p", trace_id(1))
    clock.advance(60)
    store.write("p", [awaiting("r2", JUDGED)])
    assert [trace.trace_id for trace in store.changes("p", cursor).traces] == [trace_id(2)]
    after = store.get_trace("p", trace_id(1))
    assert before is not None
    assert after is not None
    assert after.last_received_unix_nano == before.last_received_unix_nano


def test_what_waits_for_a_response_goes_with_its_trace(store: TraceStore) -> None:
    store.write("p", [awaiting("r1", JUDGED), make_span(response="r1"), make_span(trace=2, response="r1")])
    assert store.delete_traces("p", [trace_id(1)]) == 1
    store.write("p", [make_span(response="r1")])
    assert (judgements(store, 1), judgements(store, 2)) == (0, 1)


def test_one_call_may_hold_many_traces_and_one_span_twice(store: TraceStore) -> None:
    store.write("p", [make_span(dur_s=None), make_span(trace=2), make_span(dur_s=1), make_span(trace=3)])
    assert sorted(ids(store)) == [1, 2, 3]
    assert store.get_summary("p", trace_id(1)).status == "ok"  # type: ignore[union-attr]


def test_writes_of_many_threads_all_arrive(store: TraceStore) -> None:
    def write(worker: int) -> None:
        for number in range(20):
            store.write("p", [make_span(trace=number + 1, span=worker + 1, tokens=1, kind="llm")])

    threads = [threading.Thread(target=write, args=(worker,)) for worker in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    figures = store.stats("p")
    assert (figures.traces, figures.spans) == (20, 160)
    assert figures.usage is not None
    assert figures.usage.total == 160


# --- separate --------------------------------------------------------------------------------------------------------


def test_projects_do_not_see_each_other(store: TraceStore) -> None:
    store.write("a", [make_span(name="of a", session="s", tokens=1)])
    store.write("b", [make_span(name="of b", session="s"), make_span(trace=2, span=2)])
    assert [summary.name for summary in store.find_traces("a").traces] == ["of a"]
    assert store.get_summary("a", trace_id(2)) is None
    assert store.find_trace_of_span("a", span_id(2)) is None
    assert len(store.get_session("b", "s")) == 1
    assert store.stats("a").traces == 1
    assert len(store.find_spans("b").spans) == 2
    assert store.delete_traces("a", [trace_id(1), trace_id(2)]) == 1
    assert store.get_summary("b", trace_id(1)).name == "of b"  # type: ignore[union-attr]
    assert len(store.find_sessions("b").sessions) == 1
    cursor = store.changes("b").cursor
    store.write("a", [make_span()])
    assert store.changes("b", cursor).traces == ()
    with pytest.raises(BadCursor):
        store.changes("a", cursor)


# --- lists -----------------------------------------------------------------------------------------------------------


def test_every_order_puts_unknown_last_and_ties_by_id(store: TraceStore) -> None:
    store.write("p", [
        make_span(trace=1, start_s=1, dur_s=5, cost=1.0, tokens=7, kind="llm"),
        make_span(trace=2, start_s=2, dur_s=None),
        make_span(trace=3, start_s=2, dur_s=9, cost=2.0, tokens=7, kind="llm"),
        make_span(trace=4, start_s=0, dur_s=5, cost=0.0, tokens=0, kind="llm"),
        make_span(trace=5, start_s=3, dur_s=None),
    ])  # fmt: skip
    assert ids(store, sort="-start_time") == [5, 2, 3, 1, 4]
    assert ids(store, sort="start_time") == [4, 1, 2, 3, 5]
    assert ids(store, sort="-duration_ms") == [3, 1, 4, 2, 5]
    assert ids(store, sort="-cost") == [3, 1, 4, 2, 5]
    assert ids(store, sort="-tokens") == [1, 3, 4, 2, 5]


def test_a_range_holds_its_start_and_not_its_end(store: TraceStore) -> None:
    store.write("p", [make_span(trace=n, start_s=n) for n in range(1, 6)])
    time_range = TimeRange(START + 2 * SECOND, START + 4 * SECOND)
    found = store.find_traces("p", time_range=time_range)
    assert [summary.trace_id for summary in found.traces] == [trace_id(3), trace_id(2)]
    assert store.stats("p", time_range=time_range).traces == 2
    assert len(store.find_spans("p", time_range=time_range).spans) == 2
    for nothing in (TimeRange(2**70), TimeRange(None, -1), TimeRange(5, 5), TimeRange(9, 2)):
        assert store.find_traces("p", time_range=nothing).traces == ()
        assert store.stats("p", time_range=nothing).traces == 0
    assert len(store.find_traces("p", time_range=TimeRange(-(2**70), 2**70)).traces) == 5


def test_a_cursor_of_another_question_is_refused(store: TraceStore) -> None:
    store.write("p", [make_span(trace=n, session=str(n)) for n in range(1, 5)])
    cursor = store.find_traces("p", limit=2).next_cursor
    assert cursor is not None
    with pytest.raises(BadCursor):
        store.find_traces("p", sort="-cost", cursor=cursor)
    with pytest.raises(BadCursor):
        store.find_traces("p", field("name", "x"), cursor=cursor)
    with pytest.raises(BadCursor):
        store.find_spans("p", cursor=cursor)
    with pytest.raises(BadCursor):
        store.find_sessions("p", cursor=cursor)
    of_sessions = store.find_sessions("p", limit=2, sort="-cost").next_cursor
    with pytest.raises(BadCursor):
        store.find_sessions("p", cursor=of_sessions)
    with pytest.raises(BadCursor):
        store.changes("p", cursor)
    for nonsense in ("", "x", "é", "AAAA", cursor[:-3], cursor + "AA", "\ud800"):
        with pytest.raises(BadCursor):
            store.find_traces("p", cursor=nonsense)
    # The range is not part of the question: "the last hour" is another range with every page.
    assert store.find_traces("p", time_range=TimeRange(START), limit=2, cursor=cursor).traces


def test_pages_skip_nothing_when_a_trace_is_added_above(store: TraceStore) -> None:
    store.write("p", [make_span(trace=n, start_s=n) for n in range(1, 5)])
    first = store.find_traces("p", limit=2)
    store.write("p", [make_span(trace=9, start_s=9)])
    second = store.find_traces("p", limit=2, cursor=first.next_cursor)
    assert [int(summary.trace_id, 16) for summary in second.traces] == [2, 1]


# --- queries (test_agreement has them all) ---------------------------------------------------------------------------


def test_queries_find_what_they_mean(store: TraceStore) -> None:
    store.write("p", [
        make_span(trace=1, name="Plan", model="gpt-4o-mini", kind="llm", tags=["a", "B"], user="Ann", meta="m"),
        make_span(trace=1, span=2, parent=1, name="search", kind="tool", tool="search", error="no luck",
                  error_type="Timeout"),
        make_span(trace=2, name="plan", model="claude", kind="llm", cost=0.5, tokens=9, dur_s=9, response="r-1"),
        make_span(trace=3, name="ship", dur_s=None, input="Straße nach Köln", score=0.5),
    ])  # fmt: skip
    expected: list[tuple[TraceQuery, list[int]]] = [
        (field("name", "PLAN"), [1, 2]),
        (field("name", "se*h"), [1]),
        (field("model", "gpt-*", "CLAUDE"), [1, 2]),
        (field("tag", "b"), [1]),
        (field("status", "running"), [3]),
        (field("status", "ok"), [1, 2]),
        (field("span.status", "error"), [1]),
        (TraceQuery(FieldTest("dur", Test(comparison=">", number=5_000))), [2]),
        (TraceQuery(FieldTest("tokens", Test(between=(9, 10)))), [2]),
        (TraceQuery(Not(FieldTest("user", Test()))), [2, 3]),
        (TraceQuery(Error(("timeout",))), [1]),
        (TraceQuery(Error(("luck",))), [1]),
        (TraceQuery(Has("open")), [3]),
        (TraceQuery(Has("cost")), [2]),
        (TraceQuery(Id("r-1")), [2]),
        (TraceQuery(Id(span_id(2).upper())), [1]),
        (TraceQuery(Id(trace_id(3))), [3]),
        (TraceQuery(Word("STRASSE")), [3]),
        (TraceQuery(FamilyTest("meta", "meta", Test(texts=("m",)))), [1]),
        (TraceQuery(FamilyTest("score", "quality", Test(comparison=">=", number=0.5))), [3]),
        (TraceQuery(FamilyTest("attr", "kind", Test(texts=("tool",)))), [1]),
        (TraceQuery(Or((field("user", "ann").condition, Has("open")))), [1, 3]),
        (TraceQuery(SpanGroups((And((field("kind", "tool").condition, Has("error"))),))), [1]),
        (TraceQuery(SpanGroups((field("kind", "llm").condition, Has("error")))), []),
    ]
    for query, found in expected:
        assert sorted(ids(store, query)) == found, query
        assert store.stats("p", query).traces == len(found), query


@pytest.mark.parametrize(
    ("word", "hit"),
    [
        ("KÖLN", (1, "input", "Straße nach Köln, err_42")),
        ("strasse NACH", (1, "input", "Straße nach Köln, err_42")),
        ("rr_4", (1, "input", "Straße nach Köln, err_42")),
        ("hip", (1, "name", "ship")),
        ("款订", (2, "input", "我们需要退款订单")),
        (span_id(2), None),
    ],
)
def test_a_hit_says_where_a_word_stands(
    store: TraceStore, word: str, hit: tuple[int, str, str] | None
) -> None:
    store.write("p", [
        make_span(span=1, name="ship", input="Straße nach Köln, err_42"),
        make_span(span=2, start_s=1, name="plan", input="我们需要退款订单"),
        make_span(trace=2, name="plan"),
    ])  # fmt: skip
    expected = None if hit is None else Hit(span_id(hit[0]), *hit[1:])
    page = store.find_traces("p", TraceQuery(Word(word)))
    assert [trace.trace_id for trace in page.traces] == [trace_id(1)]
    assert page.hits == (expected,)
    (found,) = store.find_spans("p", TraceQuery(Word(word))).spans
    assert found.hit == expected


def test_a_hit_is_of_the_first_word_that_stands_there(store: TraceStore) -> None:
    store.write(
        "p", [make_span(trace=n, input=text) for n, text in enumerate(("a cat", "a dog", "a cat, a dog"))]
    )
    either = TraceQuery(Or((Word("dog"), Word("cat"))))
    page = store.find_traces("p", either, sort="start_time", limit=2)
    rest = store.find_traces("p", either, sort="start_time", limit=2, cursor=page.next_cursor)
    snippets = [hit and hit.snippet for hit in (*page.hits, *rest.hits)]
    assert snippets == ["a cat", "a dog", "a cat, a dog"]
    assert rest.hits == (Hit(span_id(1), "input", "a cat, a dog"),)
    other = TraceQuery(And((field("name", "work").condition, Not(Word("dog")))))
    assert store.find_traces("p", other).hits == (None,)
    assert store.find_traces("p").hits == (None, None, None)


def test_a_silent_trace_is_abandoned_until_it_speaks(store: TraceStore, clock: StillClock) -> None:
    store.write("p", [make_span(dur_s=None), make_span(trace=2)])
    clock.advance(60)
    assert ids(store, field("status", "running")) == [1]
    clock.advance(0.001)
    assert ids(store, field("status", "running")) == []
    assert ids(store, field("status", "abandoned")) == [1]
    assert store.get_summary("p", trace_id(1)).status == "abandoned"  # type: ignore[union-attr]
    assert ids(store, field("status", "*n*")) == [1]
    store.write("p", [make_span(dur_s=None)])
    assert ids(store, field("status", "abandoned")) == []
    assert store.get_summary("p", trace_id(1)).status == "running"  # type: ignore[union-attr]


def test_spans_are_found_over_all_traces(store: TraceStore) -> None:
    store.write(
        "p", [make_span(trace=2, span=2, start_s=5), make_span(trace=2, span=1, start_s=5, kind="tool")]
    )
    store.write(
        "p", [make_span(trace=1, span=9, start_s=5), make_span(trace=1, span=3, start_s=7, kind="tool")]
    )
    found, cursor = [], None
    while True:
        page = store.find_spans("p", limit=1, cursor=cursor)
        found += [(int(span.trace_id, 16), int(span.row.span_id, 16)) for span in page.spans]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert found == [(1, 3), (1, 9), (2, 1), (2, 2)]
    tools = store.find_spans("p", field("kind", "tool")).spans
    assert [span.row.span_id for span in tools] == [span_id(3), span_id(1)]


def test_spans_are_ranked_by_what_they_took_themselves(store: TraceStore) -> None:
    store.write("p", [
        make_span(trace=1, span=1, start_s=0, dur_s=9),
        make_span(trace=1, span=2, start_s=1, dur_s=3, parent=1, kind="llm", cost=0.5, tokens=10),
        make_span(trace=2, span=3, start_s=5, dur_s=3, kind="llm", cost=0.2, tokens=70),
        make_span(trace=2, span=4, start_s=5, dur_s=None),
    ])  # fmt: skip

    def ranked(sort: SpanSort, query: TraceQuery = EVERYTHING) -> list[int]:
        found, cursor = [], None
        while True:
            page = store.find_spans("p", query, limit=1, cursor=cursor, sort=sort)
            found += [int(span.row.span_id, 16) for span in page.spans]
            cursor = page.next_cursor
            if cursor is None:
                return found

    assert ranked("-duration_ms") == [1, 3, 2, 4]
    assert ranked("-cost") == [2, 3, 4, 1]
    assert ranked("-tokens") == [3, 2, 4, 1]
    assert ranked("-cost", field("kind", "llm")) == [2, 3]
    with pytest.raises(BadCursor):
        store.find_spans("p", cursor=store.find_spans("p", limit=1, sort="-cost").next_cursor, sort="-tokens")


def test_the_trace_of_a_span_is_the_latest_that_holds_it(store: TraceStore) -> None:
    store.write("p", [make_span(trace=1, span=7, start_s=1), make_span(trace=2, span=7, start_s=2)])
    assert store.find_trace_of_span("p", span_id(7)) == trace_id(2)


# --- sessions --------------------------------------------------------------------------------------------------------


def test_a_session_has_all_its_traces_when_one_matches(store: TraceStore) -> None:
    store.write("p", [
        make_span(trace=1, start_s=1, session="a", input="first", cost=1.0, tokens=1, kind="llm"),
        make_span(trace=2, start_s=9, session="a", cost=2.0, tokens=1, kind="llm", user="ann"),
        make_span(trace=3, start_s=5, session="b"),
        make_span(trace=4, start_s=5),
    ])  # fmt: skip
    assert [session.session_id for session in store.find_sessions("p").sessions] == ["a", "b"]
    (found,) = store.find_sessions("p", field("user", "ann")).sessions
    assert (found.turn_count, found.first_input_preview, found.user_id) == (2, "first", "ann")
    assert found.cost is not None
    assert found.cost.total == 3.0
    in_range = store.find_sessions("p", time_range=TimeRange(START + 2 * SECOND, START + 6 * SECOND))
    assert [session.session_id for session in in_range.sessions] == ["b"]
    assert [turn.trace_id for turn in store.get_session("p", "a")] == [trace_id(1), trace_id(2)]


def test_sessions_page_by_last_activity_and_id(store: TraceStore) -> None:
    store.write("p", [make_span(trace=n, start_s=n // 2, session=f"s{n}") for n in range(1, 6)])
    found, cursor = [], None
    while True:
        page = store.find_sessions("p", limit=2, cursor=cursor)
        found += [session.session_id for session in page.sessions]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert found == ["s4", "s5", "s2", "s3", "s1"]


def session_ids(store: TraceStore, sort: SessionSort, query: TraceQuery = EVERYTHING) -> str:
    found, cursor = "", None
    while True:
        page = store.find_sessions("p", query, limit=2, cursor=cursor, sort=sort)
        found += "".join(session.session_id for session in page.sessions)
        cursor = page.next_cursor
        if cursor is None:
            return found


@pytest.mark.parametrize("few", [4_000, 0])
def test_sessions_come_in_the_order_of_their_sums(
    store: TraceStore, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session_order, "_FEW", few)  # SQLite: how many traces may be looked up
    store.write("p", [
        make_span(trace=1, start_s=1, session="a", cost=1.0, tokens=5, kind="llm"),
        make_span(trace=2, start_s=9, session="a", cost=2.5, tokens=1, kind="llm", user="ann"),
        make_span(trace=3, start_s=5, session="b", cost=3.0, tokens=9, kind="llm", error="late", user="ann"),
        make_span(trace=4, start_s=30, session="c"),
        make_span(trace=5, start_s=20, session="d", dur_s=4, cost=3.0, kind="llm"),
        make_span(trace=6, start_s=30),
    ])  # fmt: skip
    assert session_ids(store, "-last_activity") == "cdab"
    assert session_ids(store, "-duration_ms") == "adbc"
    assert session_ids(store, "-cost") == "abdc"  # unknown last, ties by id
    assert session_ids(store, "-tokens") == "bacd"
    assert session_ids(store, "-turns") == "abcd"
    assert session_ids(store, "-errors") == "bacd"
    # The whole session counts, not only what matches.
    assert session_ids(store, "-tokens", field("user", "ann")) == "ba"

    store.write(
        "p", [make_span(trace=7, start_s=40, session="d", error="late"), make_span(trace=8, session="e")]
    )
    assert session_ids(store, "-turns") == "adbce"
    assert session_ids(store, "-errors") == "bdace"
    store.write("p", [make_span(trace=2, start_s=9, session="b", cost=2.5, tokens=1, kind="llm")])
    assert session_ids(store, "-turns") == "bdace"  # the second turn of a is now one of b
    assert session_ids(store, "-cost") == "bdace"
    store.delete_traces("p", [trace_id(3), trace_id(8)])
    assert session_ids(store, "-turns") == "dabc"
    assert session_ids(store, "-errors") == "dabc"


# --- stats -----------------------------------------------------------------------------------------------------------


def test_stats_over_days_hours_and_minutes_add_up(store: TraceStore, clock: StillClock) -> None:
    hour = 3_600
    starts = [0, 30, 59, 61, hour, hour + 1, 24 * hour, 24 * hour + 61, 72 * hour, 73 * hour]
    store.write("p", [
        make_span(trace=n, start_s=start, tokens=1, kind="llm", cost=0.1) for n, start in enumerate(starts, 1)
    ])  # fmt: skip
    clock.advance(100 * hour)
    for _ in range(2):  # computed, then perhaps kept
        assert store.stats("p").traces == len(starts)
        for first in (0, 1, 60, hour, 24 * hour):
            for last in (61, hour, 48 * hour, 100 * hour):
                time_range = TimeRange(START + first * SECOND, START + last * SECOND)
                expected = sum(first <= start < last for start in starts)
                assert store.stats("p", time_range=time_range).traces == expected
    store.write("p", [make_span(trace=1, span=2, parent=1, error="x"), make_span(trace=2, error="x")])
    assert (store.stats("p").spans, store.stats("p").errors) == (len(starts) + 1, 1)
    store.delete_traces("p", [trace_id(3)])
    figures = store.stats("p")
    assert figures.traces == len(starts) - 1
    assert figures.cost is not None
    assert figures.cost.total == pytest.approx(0.9)


def test_a_trace_that_moves_in_time_is_counted_once(store: TraceStore) -> None:
    store.write("p", [make_span(span=2, parent=1, start_s=100)])
    assert store.stats("p").traces == 1
    store.write("p", [make_span(start_s=0)])
    assert store.stats("p").traces == 1
    assert store.stats("p", time_range=TimeRange(START + 60 * SECOND)).traces == 0


# --- changes ---------------------------------------------------------------------------------------------------------


def test_changes_tell_what_came_and_what_went(store: TraceStore) -> None:
    store.write("p", [make_span(trace=1)])
    cursor = store.changes("p").cursor
    assert store.changes("p", cursor).traces == ()
    store.write("p", [make_span(trace=2), make_span(trace=3)])
    store.write("p", [make_span(trace=2, span=2, parent=1)])
    store.delete_traces("p", [trace_id(1)])
    page = store.changes("p", cursor)
    assert [int(summary.trace_id, 16) for summary in page.traces] == [3, 2]
    assert page.deleted == (trace_id(1),)
    assert not page.has_more
    assert store.changes("p", page.cursor).traces == ()
    store.write("p", [make_span(trace=1)])
    again = store.changes("p", cursor)
    assert [int(summary.trace_id, 16) for summary in again.traces] == [3, 2, 1]
    assert again.deleted == ()


def test_changes_come_in_pages(store: TraceStore) -> None:
    cursor = store.changes("p").cursor
    store.write("p", [make_span(trace=n) for n in range(1, 6)])
    store.delete_traces("p", [trace_id(4)])
    seen: list[str] = []
    while True:
        page = store.changes("p", cursor, limit=2)
        seen += [summary.trace_id for summary in page.traces] + list(page.deleted)
        cursor = page.cursor
        if not page.has_more:
            break
    assert seen == [trace_id(n) for n in (1, 2, 3, 5, 4)]


def test_a_fragment_alone_is_no_change(store: TraceStore) -> None:
    cursor = store.changes("p").cursor
    store.write("p", [make_span(start_s=None)])
    assert store.changes("p", cursor).traces == ()
    assert store.delete_traces("p", [trace_id(1)]) == 0
    store.write("p", [make_span()])
    assert store.get_span("p", trace_id(1), span_id(1)) == make_span()


# --- deleting --------------------------------------------------------------------------------------------------------


def test_a_deleted_trace_is_gone_from_everywhere(store: TraceStore) -> None:
    store.write("p", [make_span(trace=1, session="s", tags=["t"]), make_span(trace=1, span=2, start_s=None)])
    store.write("p", [make_span(trace=2, session="s")])
    held = store.get_trace("p", trace_id(1))
    assert store.delete_traces("p", [trace_id(1), trace_id(1), trace_id(7)]) == 1
    assert ids(store) == [2]
    assert store.get_trace("p", trace_id(1)) is None
    assert store.get_span("p", trace_id(1), span_id(1)) is None
    assert ids(store, field("tag", "t")) == []
    assert store.stats("p").traces == 1
    assert len(store.get_session("p", "s")) == 1
    assert len(store.find_spans("p").spans) == 1
    assert store.info().span_count == 1
    assert held is not None
    held.spans.get(span_id(1))  # what was taken before may be gone, and does not raise


# --- the store itself ------------------------------------------------------------------------------------------------


def test_the_last_span_is_told_by_the_stores_clock(store: TraceStore, clock: StillClock) -> None:
    store.write("p", [make_span()])
    clock.advance(5)
    assert store.last_span_at() == START
    store.write("q", [make_span()])
    assert store.last_span_at() == START + 5 * SECOND
    summary = store.get_summary("q", trace_id(1))
    assert summary is not None
    assert summary.last_received_unix_nano == START + 5 * SECOND


def test_close_may_be_called_twice(store: TraceStore) -> None:
    store.close()
    store.close()
    assert not store.info().healthy


# --- a failure that depends on the place in the trace ----------------------------------------------------------------


def test_an_exception_is_a_failure_until_a_child_arrives(store: TraceStore) -> None:
    failures = [
        field("status", "error"),
        field("span.status", "error"),
        TraceQuery(Error(())),
        TraceQuery(Has("error")),
    ]
    in_span = TraceQuery(SpanGroups((FieldTest("status", Test(texts=("error",))),)))
    store.write("p", [make_span(span=1, raised="Timeout")])
    for query in [*failures, in_span]:
        assert ids(store, query) == [1], query
    (found,) = store.find_spans("p").spans
    assert (found.row.reading.status, found.row.reading.level) == ("error", "error")
    summary = store.get_summary("p", trace_id(1))
    assert summary is not None
    assert (summary.status, summary.error_count) == ("error", 1)
    assert store.stats("p").errors == 1

    store.write("p", [make_span(span=2, start_s=0.1, parent=1)])
    for query in [*failures, in_span]:
        assert ids(store, query) == [], query
    assert [span.row.reading.error for span in store.find_spans("p").spans] == [None, None]
    summary = store.get_summary("p", trace_id(1))
    assert summary is not None
    assert (summary.status, summary.error_count, summary.error) == ("ok", 0, None)
    assert store.stats("p").errors == 0
    trace = store.get_trace("p", trace_id(1))
    assert trace is not None
    assert [row.reading.status for row in trace.rows] == ["unset", "unset"]
