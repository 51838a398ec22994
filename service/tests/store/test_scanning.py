"""A page says how far it searched, and a search that was stopped continues there."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from llm_tracer.model.query import TraceQuery, Word
from llm_tracer_service.store import open_store, patience
from llm_tracer_service.store.base import Page, StoreError, TimeRange
from llm_tracer_service.store.contract import TraceStore
from llm_tracer_service.store.dynamodb import answers as dynamodb_answers
from llm_tracer_service.store.sqlite import view as sqlite_view

from .conftest import Open
from .helpers import SECOND, START, PlainReader, StillClock, make_span, trace_id

NEEDLE = TraceQuery(Word("needle"))


def write_haystack(store: TraceStore) -> None:
    """Ten traces, a second and a session each; only the oldest holds the word."""
    for number in range(10):
        text = "a needle" if number == 0 else "straw"
        store.write("p", [make_span(trace=number + 1, start_s=number, input=text, session=f"s{number}")])


def progress(page: Page) -> tuple[int, int | None, bool]:
    until = page.scanned_until_unix_nano
    return page.scanned, None if until is None else (until - START) // SECOND, page.complete


def test_a_page_says_how_many_it_looked_at(store: TraceStore) -> None:
    write_haystack(store)
    assert progress(store.find_traces("p", limit=3)) == (3, 7, True)
    assert progress(store.find_traces("p", limit=3, sort="start_time")) == (3, 2, True)
    assert progress(store.find_traces("p", limit=3, sort="-duration_ms")) == (3, None, True)
    assert progress(store.find_spans("p", limit=4)) == (4, 6, True)
    assert store.find_spans("p", limit=4, sort="-duration_ms").complete
    assert progress(store.find_sessions("p", limit=2)) == (2, 9, True)  # each ends a second after its start
    assert progress(store.find_traces("nobody")) == (0, None, True)
    assert store.find_traces("p", NEEDLE).complete


def test_a_search_that_was_stopped_says_so_and_goes_on(
    open_sqlite: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_view, "TRACES_VERIFIED_MAX", 4)
    monkeypatch.setattr(sqlite_view, "SPANS_VERIFIED_MAX", 4)
    store = open_sqlite()
    write_haystack(store)
    first = store.find_traces("p", NEEDLE)
    assert (first.traces, progress(first)) == ((), (4, 6, False))
    second = store.find_traces("p", NEEDLE, cursor=first.next_cursor)
    assert progress(second) == (4, 2, False)
    third = store.find_traces("p", NEEDLE, cursor=second.next_cursor)
    assert progress(third) == (2, 0, True)
    assert [found.trace_id for found in third.traces] == [trace_id(1)]
    assert third.next_cursor is None

    spans = [store.find_spans("p", NEEDLE)]
    while spans[-1].next_cursor is not None:
        spans.append(store.find_spans("p", NEEDLE, cursor=spans[-1].next_cursor))
    assert [page.complete for page in spans] == [False, False, True]
    assert [found.trace_id for page in spans for found in page.spans] == [trace_id(1)]

    sessions = [store.find_sessions("p", NEEDLE)]
    while sessions[-1].next_cursor is not None:
        sessions.append(store.find_sessions("p", NEEDLE, cursor=sessions[-1].next_cursor))
    assert [progress(page) for page in sessions] == [(4, 7, False), (4, 3, False), (2, 1, True)]
    assert [found.session_id for page in sessions for found in page.sessions] == ["s0"]


@pytest.fixture(params=["sqlite", "dynamodb"])
def scanning_store(request: pytest.FixtureRequest, clock: StillClock) -> Iterator[TraceStore]:
    """The stores that read what they search."""
    url = (
        f"sqlite:{request.getfixturevalue('sqlite_path')}"
        if request.param == "sqlite"
        else request.getfixturevalue("dynamodb_url")
    )
    opened = open_store(url, PlainReader(), clock, abandon_after_s=60)
    yield opened
    opened.close()


def test_a_search_of_which_each_trace_is_dear_is_stopped_by_time(
    scanning_store: TraceStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "SECONDS_MAX", -1.0)
    store = scanning_store
    write_haystack(store)
    pages = [store.find_traces("p", NEEDLE)]
    while pages[-1].next_cursor is not None:
        pages.append(store.find_traces("p", NEEDLE, cursor=pages[-1].next_cursor))
    assert [page.scanned for page in pages[:10]] == [1] * 10
    assert [found.trace_id for page in pages for found in page.traces] == [trace_id(1)]
    spans = [store.find_spans("p", NEEDLE)]
    while spans[-1].next_cursor is not None:
        spans.append(store.find_spans("p", NEEDLE, cursor=spans[-1].next_cursor))
    assert [page.scanned for page in spans[:9]] == [1] * 9
    assert [found.trace_id for page in spans for found in page.spans] == [trace_id(1)]
    assert not store.find_sessions("p", NEEDLE).complete
    newest = store.find_spans("p", sort="-duration_ms")
    assert [found.trace_id for found in newest.spans] == [trace_id(10)]
    assert not newest.complete
    straw = store.aggregate("p", TraceQuery(Word("straw")))
    since = straw.counted_since_unix_nano
    assert [point.figures.traces for point in straw.points] == [1]
    assert since is not None
    assert START + 8 * SECOND < since <= START + 9 * SECOND


def test_what_ranks_the_newest_spans_says_since_when(
    open_sqlite: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its pages are those of the range which begins there, also where spans of one moment stand at the edge."""
    monkeypatch.setattr(sqlite_view, "SPANS_RANKED_MAX", 4)
    store = open_sqlite()
    for number in range(8):
        at_s = 3 if number in (3, 4) else number
        store.write("p", [make_span(trace=number + 1, start_s=at_s, dur_s=10 - number)])
    first = store.find_spans("p", limit=3, sort="-duration_ms")
    assert (first.scanned, first.complete) == (5, False)
    assert first.scanned_until_unix_nano == START + 2 * SECOND + 1
    second = store.find_spans("p", limit=3, sort="-duration_ms", cursor=first.next_cursor)
    assert (second.next_cursor, second.complete) == (None, False)
    since = TimeRange(first.scanned_until_unix_nano)
    assert first.spans + second.spans == store.find_spans("p", time_range=since, sort="-duration_ms").spans
    assert [found.trace_id for found in first.spans] == [trace_id(4), trace_id(5), trace_id(6)]


def test_another_order_of_what_could_be_looked_at_in_time(
    dynamodb_url: str, clock: StillClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its pages are of the same traces, the newest, and say since when."""
    store = open_store(dynamodb_url, PlainReader(), clock, abandon_after_s=60)
    for number in range(6):
        store.write("p", [make_span(trace=number + 1, start_s=number // 2, dur_s=10 + number, input="straw")])
    monkeypatch.setattr(patience, "SECONDS_MAX", -1.0)
    straw = TraceQuery(Word("straw"))
    first = store.find_traces("p", straw, sort="-duration_ms", limit=1)
    second = store.find_traces("p", straw, sort="-duration_ms", limit=1, cursor=first.next_cursor)
    assert [page.traces[0].trace_id for page in (first, second)] == [trace_id(6), trace_id(5)]
    assert [page.scanned_until_unix_nano for page in (first, second)] == [START + SECOND + 1] * 2
    assert not first.complete
    assert second.next_cursor is None
    assert len(store.find_traces("p", sort="-duration_ms").traces) == 6
    store.close()


def test_sessions_are_sorted_among_the_newest_traces_or_not_at_all(
    dynamodb_url: str, clock: StillClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page says since when; it is refused where each page would sort other ones."""
    store = open_store(dynamodb_url, PlainReader(), clock, abandon_after_s=60)
    write_haystack(store)
    monkeypatch.setattr(dynamodb_answers, "SESSION_TRACES_MAX", 4)
    page = store.find_sessions("p", sort="-turns")
    assert [session.session_id for session in page.sessions] == ["s6", "s7", "s8", "s9"]
    assert (page.complete, page.scanned_until_unix_nano) == (False, START + 6 * SECOND)
    monkeypatch.setattr(patience, "SECONDS_MAX", -1.0)
    assert not store.find_sessions("p", NEEDLE).complete
    with pytest.raises(
        StoreError, match="Too many traces would have to be searched to sort sessions by -turns"
    ):
        store.find_sessions("p", NEEDLE, sort="-turns")
    store.close()
