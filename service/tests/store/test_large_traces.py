"""Traces that are large or repeat themselves: complete in every store; small in SQLite, and without quadratic work."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest
from llm_tracer.model.query import FieldTest, Test, TraceQuery
from llm_tracer.model.span import SpanData, SpanEvent
from llm_tracer_service.store import open_store
from llm_tracer_service.store.contract import TraceStore
from llm_tracer_service.store.sqlite import summaries

from .conftest import Open
from .helpers import START, ChangingReader, PlainReader, awaiting, make_span, span_id, trace_id
from .test_kill import assert_is_consistent

TURNS = 100


def conversation(trace: int = 1) -> list[SpanData]:
    """Model calls of one trace, each with all messages before it."""
    draw = random.Random(trace)
    words = ["".join(draw.choices("etaoinshrdlu", k=draw.randint(2, 9))) for _ in range(2_000)]
    messages: list[dict[str, str]] = []
    spans = []
    for turn in range(1, TURNS + 1):
        messages += [
            {"role": role, "content": " ".join(draw.choices(words, k=110))} for role in ("user", "ai")
        ]
        spans.append(make_span(trace, turn, start_s=turn, kind="llm", input=json.dumps(messages)))
    return spans


def bytes_of_bodies(path: Path) -> int:
    connection = apsw.Connection(str(path))
    size: int = connection.execute("SELECT total(length(head) + length(rest)) FROM bodies").get
    connection.close()
    return size


@pytest.mark.parametrize("spans_a_call", [1, TURNS])
def test_a_conversation_that_resends_its_history_takes_little(
    open_sqlite: Open, sqlite_path: Path, spans_a_call: int
) -> None:
    spans = conversation()
    sent_bytes = sum(len(span.attributes["input"]) for span in spans)
    store = open_sqlite()
    for first in range(0, TURNS, spans_a_call):
        store.write("p", spans[first : first + spans_a_call])
    assert bytes_of_bodies(sqlite_path) < 0.15 * sent_bytes
    store.close()
    again = open_sqlite()  # no keyframe is remembered any more
    assert [again.get_span("p", trace_id(1), span.span_id) for span in spans] == spans
    trace = again.get_trace("p", trace_id(1))
    assert trace is not None
    assert [trace.spans[span.span_id] for span in spans] == spans
    again.close()
    assert_is_consistent(sqlite_path)


def test_what_others_need_stays_when_it_is_superseded(open_sqlite: Open, sqlite_path: Path) -> None:
    spans = conversation()
    store = open_sqlite()
    for span in spans:
        store.write("p", [span])
    changed = [make_span(1, turn, start_s=turn, name="changed", kind="llm") for turn in range(1, 60)]
    for span in changed:
        store.write("p", [span])
    assert [store.get_span("p", trace_id(1), span.span_id) for span in spans[59:]] == spans[59:]
    first = store.get_span("p", trace_id(1), span_id(1))
    assert first is not None
    assert first.name == "changed"
    assert store.remap(everything=True).derived == 1
    assert store.get_span("p", trace_id(1), span_id(TURNS)) == spans[-1]


def test_a_keyframe_that_was_deleted_is_not_needed(open_sqlite: Open) -> None:
    store = open_sqlite()
    spans = conversation()
    store.write("p", spans[:60])
    store.delete_traces("p", [trace_id(1)])
    store.write("p", spans[60:])
    assert store.get_span("p", trace_id(1), span_id(TURNS)) == spans[-1]
    store.write("p", spans[:60])
    assert [store.get_span("p", trace_id(1), span.span_id) for span in spans] == spans


def test_a_remap_reads_what_stands_against_a_keyframe(store: TraceStore, reader: ChangingReader) -> None:
    spans = conversation()
    store.write("p", spans[:50])
    store.write("p", spans[50:])
    reader.edition = 2
    assert store.remap().derived == 1
    trace = store.get_trace("p", trace_id(1))
    assert trace is not None
    assert {row.reading.provider for row in trace.rows} == {"edition 2"}
    assert store.get_span("p", trace_id(1), span_id(77)) == spans[76]


# --- many spans -----------------------------------------------------------------------------------------------------

SPANS = 25_000
PIECE = 100


def pieces() -> Iterator[list[SpanData]]:
    """A trace in pieces, its root first; every span below one of the first hundred."""
    for first in range(1, SPANS + 1, PIECE):
        yield [
            make_span(1, number, start_s=number / 1_000, parent=None if number == 1 else 1 + number % 100, kind="llm",
                      tokens=1, tags=["last"] if number == SPANS else [])
            for number in range(first, first + PIECE)
        ]  # fmt: skip


def test_a_trace_in_many_pieces_is_not_counted_again_for_each(
    open_sqlite: Open, sqlite_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = open_sqlite()
    store.write("p", [make_span(trace=2)])
    made: list[int] = []
    dump_summary = summaries.dump_summary
    monkeypatch.setattr(
        summaries,
        "dump_summary",
        lambda summary: made.append(summary.span_count) or dump_summary(summary),
    )
    for piece in pieces():
        store.write("p", piece)
    assert len(made) < 40
    assert sum(made) < 10 * SPANS, "in all, as if each span had been counted a few times"
    summary = store.get_summary("p", trace_id(1))
    assert summary is not None
    assert summary.span_count == SPANS
    assert summary.usage is not None
    tagged = TraceQuery(FieldTest("tag", Test(texts=("last",))))
    assert len(store.find_traces("p", tagged).traces) == 1
    assert store.stats("p").spans == SPANS + 1
    trace = store.get_trace("p", trace_id(1))
    assert trace is not None
    assert trace.summary == summary
    assert store.get_span("p", trace_id(1), span_id(20_000)) == trace.spans[span_id(20_000)]
    store.close()
    assert_is_consistent(sqlite_path)


def test_what_waits_for_a_response_finds_a_large_trace_that_grew_since_somebody_read(
    open_sqlite: Open,
) -> None:
    store = open_sqlite()
    for piece, _ in zip(pieces(), range(24), strict=False):
        store.write("p", piece)
    reports = make_span(span=SPANS + 1, response="r1")
    store.write("p", [reports])
    store.write("p", [awaiting("r1", SpanEvent("judged", START))])
    found = store.get_span("p", trace_id(1), reports.span_id)
    assert found is not None
    assert [event.name for event in found.events] == ["judged"]


def test_a_large_trace_that_grew_since_somebody_read_is_no_damage(open_sqlite: Open) -> None:
    store = open_sqlite()
    for piece, _ in zip(pieces(), range(24), strict=False):
        store.write("p", piece)
    assert [problem for step in store.verify() for problem in step.problems] == []


def test_what_was_left_open_by_a_crash_is_settled(sqlite_path: Path) -> None:
    store = open_store(f"sqlite:{sqlite_path}", PlainReader())
    sent = [piece for piece, _ in zip(pieces(), range(24), strict=False)]
    for piece in sent:
        store.write("p", piece)
    store.close()  # nobody has read since
    connection = apsw.Connection(str(sqlite_path))
    assert connection.execute("SELECT count(*) FROM unsettled").get == 1
    connection.close()
    again = open_store(f"sqlite:{sqlite_path}", PlainReader())
    assert again.find_traces("p").traces[0].span_count == 24 * PIECE
    again.close()
    assert_is_consistent(sqlite_path)
