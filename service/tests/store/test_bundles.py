"""Bodies are packed again, several together: smaller, without any visible difference."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from pathlib import Path

import apsw
import pytest
from hypothesis import given
from hypothesis import strategies as st
from llm_tracer_service.store import bundling, open_store
from llm_tracer_service.store.base import StoreDamaged, StoreUnavailable
from llm_tracer_service.store.bundling import Unpacked
from llm_tracer_service.store.contract import TraceStore
from llm_tracer_service.store.packing import pack_spans
from llm_tracer_service.store.sqlite import bundler, bundles
from llm_tracer_service.store.sqlite.connection import fetch
from llm_tracer_service.store.sqlite.writer import Writer

from .conftest import Open
from .helpers import ChangingReader, StillClock, make_span, span_id, trace_id
from .test_kill import assert_is_consistent
from .test_large_traces import conversation
from .test_verify import problems

TRACES = 40


@pytest.fixture
def maintained_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """No body is too young, and writers may be as busy as they like. A bundle is small."""
    monkeypatch.setattr(bundler, "_LEFT_LOOSE", 0)
    monkeypatch.setattr(bundler, "_BUSY_SHARE_MAX", math.inf)
    monkeypatch.setattr(bundling, "RAW_BYTES_MAX", 20_000)


def text(number: int) -> str:
    """3 KB that differ from all others, in words that all have."""
    draw = random.Random(number)
    words = ["".join(random.Random(each).choices("etaoinshrdlu", k=6)) for each in range(300)]
    return " ".join(draw.choices(words, k=430))


def fill(store: TraceStore, traces: int = TRACES) -> None:
    for number in range(1, traces + 1):
        root = make_span(number, start_s=number, session=f"s{number % 3}", response=f"r{number}")
        store.write("p", [make_span(number, 2, start_s=number + 1, parent=1, input=text(number)), root])


def everything(store: TraceStore, project: str = "p") -> list[object]:
    """What a store says of its traces and spans."""
    traces = store.find_traces(project, limit=500).traces
    whole = [store.get_trace(project, trace.trace_id) for trace in traces]
    spans = [(each.rows, dict(each.spans)) for each in whole if each is not None]
    return [traces, spans, store.find_spans(project, limit=500).spans, store.stats(project)]


def rows(path: Path, sql: str) -> list[tuple[object, ...]]:
    connection = apsw.Connection(str(path))
    found = fetch(connection, sql)
    connection.close()
    return found


def bundled(path: Path) -> int:
    """How many bodies are in a bundle; each bundle says how many it has."""
    (((in_bundles,), (said,)),) = (rows(path, _BUNDLED),)
    assert in_bundles == said
    assert isinstance(in_bundles, int)
    return in_bundles


_BUNDLED = """
    SELECT count(*) FROM bodies WHERE bundle > 0 UNION ALL SELECT ifnull(sum(size), 0) FROM bundles
"""


def maintain(store: TraceStore) -> None:
    while store.maintain(0.0).more:
        pass


# --- the format -----------------------------------------------------------------------------------------------------


@given(st.dictionaries(st.integers(0, 2**63 - 1), st.builds(Unpacked, st.binary(), st.binary()), max_size=5))
def test_whatever_goes_in_comes_out(bodies: dict[int, Unpacked]) -> None:
    heads, rests = bundling.bundle(bodies)
    assert bundling.rows_in(heads) == {body: unpacked.rows for body, unpacked in bodies.items()}
    assert bundling.spans_in(heads, rests) == {body: unpacked.spans for body, unpacked in bodies.items()}


@pytest.mark.parametrize(
    "damage", [lambda data: data[:-1], lambda data: b"", lambda data: data[:9] + b"\0\0" + data[11:]]
)
def test_a_damaged_bundle_is_refused(damage: Callable[[bytes], bytes]) -> None:
    heads, rests = bundling.bundle({1: Unpacked(b"rows" * 99, b"spans" * 99)})
    with pytest.raises(StoreDamaged):
        bundling.spans_in(heads, damage(rests))
    with pytest.raises(StoreDamaged):
        bundling.spans_in(damage(heads), rests)


def test_what_is_of_another_format_damaged_or_too_large_stays_alone() -> None:
    (pack,) = pack_spans([make_span()], {})
    assert bundling.unpacked(pack.head, pack.rest) is not None
    assert bundling.unpacked(pack.head, b"\x03" + pack.rest[1:]) is None
    assert bundling.unpacked(pack.head, pack.rest[:-1]) is None
    (large,) = pack_spans([make_span(input="x" * bundling.RAW_BYTES_MAX)], {})
    assert bundling.unpacked(large.head, large.rest) is None


# --- the store ------------------------------------------------------------------------------------------------------


def test_bundles_say_what_bodies_said_and_take_less(open_sqlite: Open, sqlite_path: Path) -> None:
    store = open_sqlite()
    fill(store)
    before, (taken,) = everything(store), store.storage("p")
    assert taken.loose_bytes == sum(map(int, *zip(*rows(sqlite_path, _LOOSE_BYTES), strict=True)))  # type: ignore[call-overload]
    store.vacuum()
    assert bundled(sqlite_path) == TRACES
    assert everything(store) == before
    (left,) = store.storage("p")
    assert left.loose_bytes == 0
    assert left.bodies_bytes + left.rows_bytes < 0.75 * (taken.bodies_bytes + taken.rows_bytes)
    assert problems(store) == []
    store.close()
    assert everything(open_sqlite()) == before
    assert_is_consistent(sqlite_path)


_LOOSE_BYTES = "SELECT total(length(head) + length(rest)) FROM bodies"


@pytest.mark.usefixtures("maintained_at_once")
def test_maintain_bundles_when_nobody_writes(open_sqlite: Open, sqlite_path: Path) -> None:
    store = open_sqlite()
    fill(store)
    before = everything(store)
    maintain(store)
    assert TRACES - 10 <= bundled(sqlite_path) < TRACES, "the last ones do not fill a bundle"
    assert everything(store) == before
    maintain(store)
    fill(store)  # the same again: nothing is new
    maintain(store)
    assert everything(store) == before
    assert problems(store) == []


def test_what_is_young_or_written_to_waits(
    open_sqlite: Open, sqlite_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = open_sqlite()
    fill(store)
    maintain(store)
    assert bundled(sqlite_path) == 0
    monkeypatch.setattr(bundler, "_LEFT_LOOSE", 0)
    monkeypatch.setattr(bundler, "_BUSY_SHARE_MAX", -1.0)
    monkeypatch.setattr(bundling, "RAW_BYTES_MAX", 20_000)
    maintain(store)
    assert bundled(sqlite_path) == 0


def test_each_project_has_bundles_of_its_own(open_sqlite: Open, sqlite_path: Path) -> None:
    store = open_sqlite()
    for number in range(1, 9):
        store.write("pq"[number % 2], [make_span(number, input=text(number))])
    store.vacuum()
    assert rows(sqlite_path, "SELECT size, count(*) FROM bundles GROUP BY project") == [(4, 1), (4, 1)]
    assert store.delete_project("p") == 4
    assert rows(sqlite_path, "SELECT size FROM bundles") == [(4,)]
    assert len(everything(store, "q")[0]) == 4  # type: ignore[arg-type]
    assert problems(store) == []


def test_what_is_deleted_leaves_the_disk(open_sqlite: Open, sqlite_path: Path) -> None:
    store = open_sqlite()
    fill(store, 8)
    store.vacuum()
    store.delete_traces("p", [trace_id(3)])
    assert (bundled(sqlite_path), rows(sqlite_path, "SELECT count(*) FROM bundles")) == (0, [(0,)])
    left = rows(sqlite_path, "SELECT head, rest FROM bodies")
    assert len(left) == 7
    assert store.get_span("p", trace_id(3), span_id(2)) is None
    assert [trace.trace_id for trace in store.find_traces("p", sort="start_time").traces] == [
        trace_id(number) for number in (1, 2, 4, 5, 6, 7, 8)
    ]
    assert problems(store) == []
    store.vacuum()
    assert bundled(sqlite_path) == 7
    store.delete_traces("p", [trace_id(number) for number in range(1, 9)])
    assert rows(sqlite_path, "SELECT count(*) FROM bodies UNION ALL SELECT count(*) FROM bundles") == [
        (0,),
        (0,),
    ]


def test_a_trace_goes_on_after_it_was_bundled(open_sqlite: Open, sqlite_path: Path) -> None:
    store = open_sqlite()
    store.write("p", [make_span(1, dur_s=None)])
    store.write("p", [make_span(2, input=text(2))])
    store.vacuum()
    store.write(
        "p", [make_span(1, dur_s=2, input=text(1)), make_span(1, 2, parent=1)]
    )  # its open span has ended
    trace = store.get_trace("p", trace_id(1))
    assert trace is not None
    assert [row.span_id for row in trace.rows] == [span_id(1), span_id(2)]
    assert trace.spans[span_id(1)] == make_span(1, dur_s=2, input=text(1))
    assert bundled(sqlite_path) == 0, "no body of the bundle may be one that has gone"
    assert problems(store) == []
    assert store.get_span("p", trace_id(2), span_id(1)) == make_span(2, input=text(2))


def test_a_conversation_goes_on_against_what_was_bundled(open_sqlite: Open, sqlite_path: Path) -> None:
    store = open_sqlite()
    spans = conversation()
    store.write("p", spans[:30])
    store.write("p", [make_span(2)])
    store.vacuum()
    assert bundled(sqlite_path) == 2
    for first in range(30, 60, 10):
        store.write("p", spans[first : first + 10])
    store.vacuum()
    store.close()
    again = open_sqlite()
    assert [again.get_span("p", trace_id(1), span.span_id) for span in spans[:60]] == spans[:60]
    assert rows(sqlite_path, "SELECT count(*) FROM bodies WHERE bundle = 0") > [(0,)], (
        "kept against a keyframe"
    )
    assert problems(again) == []


def test_a_remap_that_changes_nothing_leaves_bundles_and_one_that_does_takes_out(
    tmp_path: Path, clock: StillClock
) -> None:
    path, reader = tmp_path / "traces.db", ChangingReader()
    store = open_store(f"sqlite:{path}", reader, clock)
    for number in range(1, 5):
        store.write("p", [make_span(number, name="the same in every edition", input=text(number))])
    store.vacuum()
    reader.edition = 2
    assert store.remap().derived == 4
    assert bundled(path) == 4
    store.write("p", [make_span(9, input=text(9)), make_span(10, input=text(10))])
    store.vacuum()
    reader.edition = 3
    assert store.remap().derived == 6
    summary = store.get_trace("p", trace_id(9))
    assert summary is not None
    assert summary.rows[0].reading.provider == "edition 3"
    assert problems(store) == []
    store.vacuum()
    assert bundled(path) == 6
    store.close()


@pytest.mark.usefixtures("maintained_at_once")
def test_a_body_that_changed_meanwhile_is_not_moved(
    open_sqlite: Open, sqlite_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = open_sqlite()
    fill(store, 12)
    make = bundles.bundle

    def make_while_somebody_deletes(bodies: dict[int, Unpacked]) -> tuple[bytes, bytes]:
        if len(store.find_traces("p", limit=500).traces) == 12:
            store.delete_traces("p", [trace_id(2)])
        return make(bodies)

    monkeypatch.setattr(bundles, "bundle", make_while_somebody_deletes)
    maintain(store)
    assert bundled(sqlite_path) > 0
    assert len(store.find_traces("p", limit=500).traces) == 11
    assert problems(store) == []


def test_a_commit_that_fails_leaves_bodies_where_they_are(
    open_sqlite: Open, sqlite_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = open_sqlite()
    fill(store, 6)
    before = everything(store)
    with monkeypatch.context() as broken:
        broken.setattr(Writer, "_note_span_ids", refuse)
        with pytest.raises(StoreUnavailable):
            store.vacuum()
    assert bundled(sqlite_path) == 0
    assert everything(store) == before
    store.vacuum()
    assert bundled(sqlite_path) == 6


def refuse(*_: object) -> None:
    raise StoreUnavailable("The disk is full.")


def test_a_damaged_body_stays_where_it_is(open_sqlite: Open, sqlite_path: Path) -> None:
    store = open_sqlite()
    fill(store, 4)
    rows(sqlite_path, "UPDATE bodies SET rest = substr(rest, 1, 40) WHERE id = (SELECT min(id) FROM bodies)")
    store.vacuum()
    assert bundled(sqlite_path) == 3
    assert any("cannot be read" in problem for problem in problems(store))


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ("UPDATE bundles SET rests = substr(rests, 1, 40)", "cannot be read"),
        ("UPDATE bundles SET size = 3", "have other bodies than they say"),
        ("DELETE FROM bundles", "in a bundle that is missing"),
        ("UPDATE bodies SET bundle = 7", "in a bundle that is missing"),
    ],
)
def test_verify_finds_what_is_wrong_with_a_bundle(
    open_sqlite: Open, sqlite_path: Path, change: str, problem: str
) -> None:
    store = open_sqlite()
    fill(store, 50 + len(change))  # as many as no other test has: what was opened before would be remembered
    store.vacuum()
    rows(sqlite_path, change)
    assert any(problem in found for found in problems(store)), problems(store)
