"""A file with an older layout is migrated when it is opened, and gives the same answers as before."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import apsw
import pytest
from llm_tracer_service.store import open_store
from llm_tracer_service.store.base import StoreError
from llm_tracer_service.store.contract import TraceStore
from llm_tracer_service.store.sqlite import migration
from llm_tracer_service.store.sqlite.writer import Writer

from .helpers import PlainReader, StillClock, make_span, span_id, trace_id
from .test_kill import assert_is_consistent

SCHEMA_3 = Path(__file__).with_name("schema_3.sql")
"""A file as the version with schema 3 wrote it: open and ended spans, fragments, a blob, a response of two traces, a
deletion, two projects."""


@pytest.fixture
def old_path(sqlite_path: Path) -> Path:
    connection = apsw.Connection(str(sqlite_path))
    connection.execute("PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL")
    connection.execute(SCHEMA_3.read_text())
    connection.close()
    return sqlite_path


def assert_says_the_same(store: TraceStore) -> None:
    first, second = (store.get_trace("p", trace_id(number)) for number in (1, 2))
    assert first is not None
    assert second is not None
    assert first.spans[span_id(1)] == make_span(trace=1, session="s", user="ann", dur_s=9)
    assert first.spans[span_id(2)].attributes["input"] == "hello"
    assert [row.span_id for row in second.rows] == [span_id(1), span_id(2)]
    image = store.get_span("p", trace_id(2), span_id(2))
    assert image is not None
    assert image.attributes["image"].startswith("R0lGODlh")
    assert [summary.trace_id for summary in store.find_traces("p").traces] == [trace_id(2), trace_id(1)]
    assert [found.row.span_id for found in store.find_spans("p").spans] == [
        span_id(2), span_id(1), span_id(1), span_id(2),
    ]  # fmt: skip
    assert store.find_trace_of_span("q", span_id(1)) == trace_id(1)
    assert store.reported_before("p", trace_id(2)) == {"r1": trace_id(1)}
    stats = store.stats("p")
    assert (stats.traces, stats.spans, stats.llm_calls) == (2, 4, 1)
    text = store.get_span("q", trace_id(1), span_id(1))
    assert text is not None
    assert text.attributes["text"] == "\ud800"
    # A fragment still waits for its span.
    store.write("p", [make_span(trace=3)])
    joined = store.get_span("p", trace_id(3), span_id(1))
    assert joined is not None
    assert joined.attributes == {"said": "a log came first"}


def test_an_old_file_says_the_same(old_path: Path, clock: StillClock) -> None:
    with pytest.raises(StoreError, match="older version"):
        open_store(f"sqlite:{old_path}", PlainReader(), readonly=True)
    store = open_store(f"sqlite:{old_path}", PlainReader(), clock)
    assert_says_the_same(store)
    assert store.remap().derived == 0, "the present Reader has read them"
    store.write("p", [make_span(trace=1, span=2, name="again")])
    store.close()
    assert_is_consistent(old_path)
    store = open_store(f"sqlite:{old_path}", PlainReader(), clock)
    assert store.get_trace("p", trace_id(1)) is not None
    store.close()


def test_a_move_that_was_interrupted_goes_on(
    old_path: Path, clock: StillClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migration, "TRACES_AT_ONCE", 1)
    take_over, taken = Writer.take_over, []

    def interrupted(writer: Writer, *arguments: object) -> None:
        if len(taken) == 2:
            raise KeyboardInterrupt
        taken.append(partial(take_over, writer, *arguments)())  # type: ignore[arg-type]

    monkeypatch.setattr(Writer, "take_over", interrupted)
    with pytest.raises(KeyboardInterrupt):
        open_store(f"sqlite:{old_path}", PlainReader(), clock)
    monkeypatch.undo()
    with pytest.raises(StoreError, match="older version"):
        open_store(f"sqlite:{old_path}", PlainReader(), readonly=True)
    store = open_store(f"sqlite:{old_path}", PlainReader(), clock)
    assert_says_the_same(store)
    store.close()
    assert_is_consistent(old_path)
