"""In every store, large payloads are kept once, come back unchanged, and go with the last trace that refers to them."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import time
from dataclasses import replace
from pathlib import Path

import apsw
import msgspec
import pytest
from llm_tracer.model.query import FamilyTest, Test, TraceQuery, Word
from llm_tracer.model.span import SpanEvent
from llm_tracer_service.blobs import Blob, as_media_ref
from llm_tracer_service.store import open_store
from llm_tracer_service.store.base import StoreError
from llm_tracer_service.store.contract import TraceStore
from llm_tracer_service.store.sqlite import schema

from .conftest import Open
from .helpers import START, ChangingReader, PlainReader, make_span, span_id, trace_id
from .test_kill import assert_is_consistent

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8
PNG_BASE64 = base64.b64encode(PNG).decode()
PNG_SHA256 = hashlib.sha256(PNG).hexdigest()
MESSAGES = json.dumps([{"role": "user", "content": [{"url": f"data:image/png;base64,{PNG_BASE64}"}]}])

LONG_TEXT = "the quick brown fox " * 20_000 + "needle"
LONG_SHA256 = hashlib.sha256(LONG_TEXT.encode()).hexdigest()


def blob_count(path: Path) -> int:
    connection = apsw.Connection(str(path))
    count = int(connection.execute("SELECT count(*) FROM blobs").get)
    connection.close()
    return count


def test_a_payload_is_a_blob_and_comes_back(store: TraceStore) -> None:
    span = replace(
        make_span(input=MESSAGES), events=(SpanEvent("image", START, {"bytes": PNG}, body=[PNG_BASE64]),)
    )
    store.write("p", [span])
    assert repr(store.get_span("p", trace_id(1), span_id(1))) == repr(span)
    assert store.get_blob("p", PNG_SHA256) == Blob(PNG, "image/png")
    read = store.get_span("p", trace_id(1), span_id(1), "read")
    assert read is not None
    url = json.loads(read.attributes["input"])[0]["content"][0]["url"]
    reference = {"blob_id": PNG_SHA256, "mime_type": "image/png", "bytes": len(PNG)}
    assert as_media_ref(url) == reference
    assert as_media_ref(read.events[0].attributes["bytes"]) == reference
    trace = store.get_trace("p", trace_id(1))
    assert trace is not None
    assert trace.spans[span_id(1)] == read


def test_a_long_text_is_a_blob_and_is_read_whole(store: TraceStore) -> None:
    store.write("p", [make_span(input=LONG_TEXT)])
    span = store.get_span("p", trace_id(1), span_id(1))
    assert span == make_span(input=LONG_TEXT)
    assert store.get_span("p", trace_id(1), span_id(1), "read") == span
    kept = store.get_span("p", trace_id(1), span_id(1), "kept")
    assert kept is not None
    assert kept.attributes["input"].startswith(
        f"$blob{{{LONG_SHA256};{len(LONG_TEXT)};t;text/plain}}the quick"
    )
    assert len(kept.attributes["input"]) < 1_200
    assert store.get_blob("p", LONG_SHA256) == Blob(LONG_TEXT.encode(), "text/plain")


def test_a_text_that_moved_to_a_blob_is_found(store: TraceStore) -> None:
    store.write("p", [make_span(input=LONG_TEXT), make_span(trace=2, input="short")])
    for query in (
        TraceQuery(Word("needle")),
        TraceQuery(FamilyTest("attr", "input", Test(texts=("*needle",)))),
    ):
        assert [found.trace_id for found in store.find_traces("p", query).traces] == [trace_id(1)]
        assert [found.trace_id for found in store.find_spans("p", query).spans] == [trace_id(1)]


def test_what_is_derived_is_the_same_from_a_blob(store: TraceStore, reader: ChangingReader) -> None:
    store.write("p", [make_span(input=LONG_TEXT), make_span(span=2, input=PNG_BASE64)])
    before = store.find_spans("p").spans
    assert store.remap(everything=True).derived == 1
    assert store.find_spans("p").spans == before
    store.write("p", [make_span(extra=1)])  # merged with what is stored
    assert store.get_span("p", trace_id(1), span_id(1)) == make_span(input=LONG_TEXT, extra=1)
    assert [found.row.reading.input_preview for found in store.find_spans("p").spans] == [
        found.row.reading.input_preview for found in before
    ]


def test_a_fragment_brings_its_blobs(store: TraceStore) -> None:
    store.write("p", [make_span(start_s=None, image=PNG_BASE64)])
    assert store.get_blob("p", PNG_SHA256) == Blob(PNG, "image/png")
    store.write("p", [make_span()])
    assert store.get_span("p", trace_id(1), span_id(1)) == make_span(image=PNG_BASE64)


def test_a_blob_is_of_its_project(store: TraceStore) -> None:
    store.write("p", [make_span(image=PNG_BASE64)])
    assert store.get_blob("q", PNG_SHA256) is None
    store.write("q", [make_span(image=PNG_BASE64)])
    assert store.delete_traces("p", [trace_id(1)]) == 1
    assert store.get_blob("p", PNG_SHA256) is None
    assert store.get_blob("q", PNG_SHA256) == Blob(PNG, "image/png")


@pytest.mark.parametrize(
    "wrong", ["", "x", "0" * 64, "A" * 64, PNG_SHA256[:-1], f" {PNG_SHA256[1:]}", "\ud800"]
)
def test_what_is_no_blob_is_not_found(store: TraceStore, wrong: str) -> None:
    store.write("p", [make_span(image=PNG_BASE64)])
    assert store.get_blob("p", wrong) is None


def test_a_blob_goes_with_the_last_trace_that_refers_to_it(store: TraceStore) -> None:
    for number in (1, 2):
        for _ in range(3):  # retries count nothing twice
            store.write(
                "p", [make_span(trace=number, image=PNG_BASE64), make_span(trace=number, span=2, image=PNG)]
            )
    store.delete_traces("p", [trace_id(1)])
    assert store.get_blob("p", PNG_SHA256) is not None
    assert store.get_span("p", trace_id(2), span_id(1)) == make_span(trace=2, image=PNG_BASE64)
    store.delete_traces("p", [trace_id(2)])
    assert store.get_blob("p", PNG_SHA256) is None
    store.write("p", [make_span(trace=1, image=PNG_BASE64)])
    assert store.get_blob("p", PNG_SHA256) == Blob(PNG, "image/png")


def test_a_picture_of_5_mb_in_50_calls_is_kept_once(open_sqlite: Open, sqlite_path: Path) -> None:
    store = open_sqlite()
    picture = b"\xff\xd8\xff" + os.urandom(5_000_000)
    text = f"data:image/jpeg;base64,{base64.b64encode(picture).decode()}"
    for number in range(1, 51):
        store.write("p", [make_span(trace=number, input=json.dumps([{"n": number, "url": text}]))])
    size = sum(path.stat().st_size for path in sqlite_path.parent.glob("traces.db"))
    size += sum(path.stat().st_size for path in sqlite_path.parent.glob("traces.db-wal"))
    assert blob_count(sqlite_path) == 1
    assert size < 12_000_000, "once in the file, perhaps once in the log"
    assert store.get_blob("p", hashlib.sha256(picture).hexdigest()) == Blob(picture, "image/jpeg")
    last = store.get_span("p", trace_id(50), span_id(1))
    assert last is not None
    assert json.loads(last.attributes["input"]) == [{"n": 50, "url": text}]
    for summary in store.find_traces("p").traces:
        assert len(msgspec.json.encode(summary)) < 2_048
    store.close()
    assert_is_consistent(sqlite_path)


def test_a_value_of_20_mb_is_kept_whole_and_the_list_stays_small(store: TraceStore) -> None:
    value = os.urandom(10_000_000).hex()
    began = time.process_time()
    store.write("p", [make_span(input=value, kind="llm")])
    span = store.get_span("p", trace_id(1), span_id(1))
    assert time.process_time() - began < 5
    assert span is not None
    assert span.attributes["input"] == value
    assert all(len(msgspec.json.encode(found)) < 2_048 for found in store.find_traces("p").traces)
    assert len(msgspec.json.encode(store.find_spans("p").spans[0].row)) < 2_048


# --- SQLite ----------------------------------------------------------------------------------------------------------


def test_a_file_of_schema_1_gets_its_tables(sqlite_path: Path) -> None:
    connection = apsw.Connection(str(sqlite_path))
    schema.prepare(connection, sqlite_path, {0: schema.MIGRATIONS[0]})
    assert connection.pragma("user_version") == 1
    connection.close()
    store = open_store(f"sqlite:{sqlite_path}", PlainReader())
    store.write("p", [make_span(image=PNG_BASE64)])
    assert store.get_blob("p", PNG_SHA256) == Blob(PNG, "image/png")
    store.close()
    assert_is_consistent(sqlite_path)


def test_a_blob_that_is_missing_is_said(open_sqlite: Open, sqlite_path: Path) -> None:
    store = open_sqlite()
    store.write("p", [make_span(image=PNG_BASE64)])
    connection = apsw.Connection(str(sqlite_path))
    connection.execute("DELETE FROM blobs")
    connection.close()
    with pytest.raises(StoreError, match=f"Blob {PNG_SHA256} is missing"):
        store.get_span("p", trace_id(1), span_id(1))
    assert store.get_span("p", trace_id(1), span_id(1), "read") is not None
