"""A copy of the file, made beside whoever writes it, and what becomes of it when it is put back."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from llm_tracer_service.store import open_store
from llm_tracer_service.store.base import StoreError
from llm_tracer_service.store.contract import TraceStore
from llm_tracer_service.store.sqlite import backup

from .conftest import Open
from .helpers import PlainReader, make_span, trace_id


def ids(store: TraceStore) -> list[str]:
    return sorted(found.trace_id for found in store.find_traces("p", limit=100).traces)


def problems(store: TraceStore) -> list[str]:
    return [problem for step in store.verify() for problem in step.problems]


def opened(path: Path) -> TraceStore:
    return open_store(f"sqlite:{path}", PlainReader())


def test_the_copy_is_of_one_moment_whatever_is_written_meanwhile(
    open_sqlite: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backup, "_PAGES_A_STEP", 8)
    store = open_sqlite()
    store.write("p", [make_span(1)])
    path = tmp_path / "copy.db"
    for trace, _ in enumerate(store.backup(path), start=2):
        assert not path.exists()
        store.write("p", [make_span(trace)])
    assert len(ids(store)) > 5
    copied = opened(path)
    assert ids(copied) == [trace_id(1)]
    assert problems(copied) == []
    copied.close()


def test_only_its_owner_may_read_it(open_sqlite: Open, tmp_path: Path) -> None:
    path = tmp_path / "copy.db"
    *_, share = open_sqlite().backup(path)
    assert share == 1
    assert os.name == "nt" or stat.S_IMODE(path.stat().st_mode) == 0o600
    assert not list(tmp_path.glob("*.part*"))


def test_no_file_is_replaced(open_sqlite: Open, tmp_path: Path) -> None:
    store = open_sqlite()
    path = tmp_path / "copy.db"
    path.write_text("something")
    with pytest.raises(StoreError, match=r"copy\.db exists"):
        list(store.backup(path))
    assert path.read_text() == "something"


def test_what_was_left_of_an_interrupted_one_goes(open_sqlite: Open, tmp_path: Path) -> None:
    store = open_sqlite()
    store.write("p", [make_span(1)])
    (tmp_path / "copy.db.part").write_text("half")
    list(store.backup(tmp_path / "copy.db"))
    copied = opened(tmp_path / "copy.db")
    assert ids(copied) == [trace_id(1)]
    copied.close()


def test_the_store_goes_on_from_the_copy_that_was_put_back(
    open_sqlite: Open, sqlite_path: Path, tmp_path: Path
) -> None:
    store = open_sqlite()
    store.write("p", [make_span(1)])
    list(store.backup(tmp_path / "copy.db"))
    store.write("p", [make_span(2)])
    store.close()
    (tmp_path / "copy.db").replace(sqlite_path)
    again = open_sqlite()
    assert ids(again) == [trace_id(1)]
    again.write("p", [make_span(3)])
    assert ids(again) == [trace_id(1), trace_id(3)]
    assert problems(again) == []


@pytest.mark.parametrize("url", ["memory:", "dynamodb"])
def test_other_stores_say_what_to_do_instead(
    url: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    store = open_store(request.getfixturevalue("dynamodb_url") if url == "dynamodb" else url, PlainReader())
    with pytest.raises(StoreError) as refused:
        list(store.backup(tmp_path / "copy.db"))
    assert "llm-tracer export" in refused.value.hint
    store.close()
