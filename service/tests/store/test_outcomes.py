"""The ingest log of a store."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st
from llm_tracer_service.store import open_store
from llm_tracer_service.store.contract import TraceStore
from llm_tracer_service.store.outcomes import (
    OTHERS,
    OUTCOMES_MAX,
    SENDERS_MAX,
    Outcome,
    RefusedSpan,
    Sender,
    added,
)

from .conftest import Open
from .helpers import START, PlainReader


def outcome(number: int = 0, source: str = "/api/spans", **values: object) -> Outcome:
    return Outcome(START + number, source, 200, accepted=1, **values)  # type: ignore[arg-type]


RICH = Outcome(
    START, "/v1/traces", 400, "agent/1.0 (x)", "otel-genai", 3, 1, {"bad id": 2, "\ud800": 1}, 99, 1.5, 7,
    (RefusedSpan(4, "$.spans[4]", "bad id"),), ("my.key", "\ud800"),
)  # fmt: skip


def test_the_newest_comes_first_and_nothing_is_lost(store: TraceStore) -> None:
    assert store.outcomes("p") == []
    assert store.sender_totals("p") == []
    store.keep_outcomes({"p": [outcome(1), RICH], "q": [outcome(2)]})
    store.keep_outcomes({"p": [outcome(3)]})
    assert store.outcomes("p") == [outcome(3), RICH, outcome(1)]
    assert store.outcomes("p", limit=1) == [outcome(3)]
    assert store.outcomes("q") == [outcome(2)]


def test_the_log_is_bounded_and_its_sums_are_not(store: TraceStore) -> None:
    store.keep_outcomes({"p": [outcome(number) for number in range(OUTCOMES_MAX + 10)]})
    store.keep_outcomes({"p": [outcome(OUTCOMES_MAX + 10)]})
    kept = store.outcomes("p", limit=5_000)
    assert len(kept) == OUTCOMES_MAX
    assert kept[-1] == outcome(11)
    (totals,) = store.sender_totals("p")
    assert (totals.requests, totals.accepted) == (OUTCOMES_MAX + 11, OUTCOMES_MAX + 11)
    assert (totals.since_unix_nano, totals.last_unix_nano) == (START, START + OUTCOMES_MAX + 10)


def test_sums_are_by_sender_versions_aside(store: TraceStore) -> None:
    store.keep_outcomes({"p": [RICH, outcome(), outcome(), RICH]})
    store.keep_outcomes({"p": [outcome(user_agent="agent/2.0"), outcome(user_agent="agent/3.0"), outcome()]})
    first, second, third = store.sender_totals("p")
    assert (first.sender, first.requests) == (Sender("/api/spans"), 3)
    assert (second.sender, second.failed, second.refused) == (
        Sender("/v1/traces", "agent", "otel-genai"),
        2,
        6,
    )
    assert (second.lost, second.dropped, second.size_bytes) == (14, 2, 198)
    assert (third.sender, third.requests) == (Sender("/api/spans", "agent"), 2)


def test_senders_without_end_are_added_up_together(store: TraceStore) -> None:
    store.keep_outcomes(
        {"p": [outcome(number, user_agent=f"agent {number}") for number in range(SENDERS_MAX + 9)]}
    )
    totals = store.sender_totals("p")
    assert len(totals) == SENDERS_MAX + 1
    assert (totals[0].sender, totals[0].requests) == (OTHERS, 9)


def test_the_log_goes_with_its_project(store: TraceStore) -> None:
    store.keep_outcomes({"p": [RICH], "q": [RICH]})
    store.delete_project("p")
    assert (store.outcomes("p"), store.sender_totals("p")) == ([], [])
    assert store.outcomes("q") == [RICH]


def test_the_log_outlives_the_process(open_sqlite: Open) -> None:
    store = open_sqlite()
    store.keep_outcomes({"p": [RICH]})
    store.close()
    assert open_sqlite().outcomes("p") == [RICH]


@given(st.lists(st.lists(st.integers(0, 3)), max_size=5))
def test_sums_do_not_depend_on_the_batches(batches: Sequence[Sequence[int]]) -> None:
    store = open_store("memory:", PlainReader())
    for batch in batches:
        store.keep_outcomes({"p": [outcome(number, user_agent=str(number)) for number in batch]})
    at_once = added({}, [outcome(number, user_agent=str(number)) for batch in batches for number in batch])
    assert {each.sender: each for each in store.sender_totals("p")} == at_once
