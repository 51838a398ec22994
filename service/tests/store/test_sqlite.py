"""What is particular to SQLite: the file, the files beside it, and what happens if it cannot be written."""

from __future__ import annotations

import os
import stat
import threading
from pathlib import Path

import apsw
import pytest
from llm_tracer.model.query import FieldTest, Not, Or, Test, TraceQuery
from llm_tracer_service.store import open_store
from llm_tracer_service.store.base import BadCursor, StoreError, StoreUnavailable
from llm_tracer_service.store.sqlite import schema
from llm_tracer_service.store.sqlite.group_commit import GroupCommit
from llm_tracer_service.store.sqlite.store import SqliteStore

from .conftest import Open
from .helpers import PlainReader, StillClock, make_span, span_id, trace_id
from .test_kill import assert_is_consistent


def rows(path: Path, sql: str) -> list[tuple[object, ...]]:
    connection = apsw.Connection(str(path))
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


# --- durable ---------------------------------------------------------------------------------------------------------


def test_everything_is_there_after_opening_again(open_sqlite: Open, clock: StillClock) -> None:
    store = open_sqlite()
    store.write("p", [make_span(session="s", tokens=1, kind="llm"), make_span(span=2, start_s=None, said=1)])
    cursor = store.changes("p").cursor
    store.write("p", [make_span(trace=2)])
    store.delete_traces("p", [trace_id(1)])
    before = store.find_traces("p"), store.stats("p"), store.last_span_at()
    store.close()
    clock.advance(1)
    again = open_sqlite()
    assert (again.find_traces("p"), again.stats("p"), again.last_span_at()) == before
    page = again.changes("p", cursor)
    assert ([found.trace_id for found in page.traces], page.deleted) == ([trace_id(2)], (trace_id(1),))


def test_pages_are_forgotten_once_nothing_has_been_written_for_a_while(open_sqlite: Open) -> None:
    store = open_sqlite()
    assert isinstance(store, SqliteStore)
    writing = store._writing
    assert writing is not None

    def cache_bytes() -> int:
        return writing._connection.status(apsw.SQLITE_DBSTATUS_CACHE_USED)[0]

    for trace in range(1, 40):
        store.write("p", [make_span(trace, span=span) for span in range(1, 20)])
    while store.maintain(1.0).more:
        pass
    full = cache_bytes()
    store.maintain(0.0)
    assert cache_bytes() == full > 100_000
    writing.writer.committed_s -= 10  # as if so much time had passed
    store.maintain(0.0)
    assert cache_bytes() < full / 4
    store.write("p", [make_span(99)])
    full = cache_bytes()
    store.maintain(0.0)
    assert cache_bytes() == full
    assert len(store.find_traces("p", limit=100).traces) == 40


def test_a_cursor_of_another_file_is_refused(open_sqlite: Open, tmp_path: Path) -> None:
    other = open_store(f"sqlite:{tmp_path}/other.db", PlainReader())
    cursor = other.changes("p").cursor
    other.close()
    with pytest.raises(BadCursor):
        open_sqlite().changes("p", cursor)


def test_commits_are_synchronous_and_logged_ahead(open_sqlite: Open, sqlite_path: Path) -> None:
    store = open_sqlite()
    assert isinstance(store, SqliteStore)
    assert store._writing is not None
    connection = store._writing._connection
    assert connection.pragma("journal_mode") == "wal"
    assert connection.pragma("synchronous") == 2
    assert connection.pragma("secure_delete") == 1
    assert connection.pragma("auto_vacuum") == 2


# --- bodies and labels -----------------------------------------------------------------------------------------------


def test_a_body_goes_when_its_last_span_was_superseded(open_sqlite: Open, sqlite_path: Path) -> None:
    store = open_sqlite()
    store.write("p", [make_span(span=n, dur_s=None) for n in (1, 2)])
    store.write("p", [make_span(span=1)])
    assert rows(sqlite_path, "SELECT id & 0xFF, dead IS NULL FROM bodies ORDER BY id") == [(0, 0), (1, 1)]
    store.write("p", [make_span(span=2)])
    assert rows(sqlite_path, "SELECT id & 0xFF, dead IS NULL FROM bodies") == [(1, 1), (2, 1)]
    store.write("p", [make_span(span=1), make_span(span=2)])
    assert rows(sqlite_path, "SELECT count(*) FROM bodies") == [(2,)], "a retry writes no body"
    store.close()
    assert_is_consistent(sqlite_path)


def test_a_held_trace_reads_what_was_written_after_it(open_sqlite: Open) -> None:
    store = open_sqlite()
    store.write("p", [make_span(dur_s=None)])
    held = store.get_trace("p", trace_id(1))
    assert held is not None
    assert held.spans[span_id(1)].is_open
    store.write("p", [make_span()])
    assert store.get_trace("p", trace_id(1)).spans[span_id(1)] == make_span()  # type: ignore[union-attr]
    assert held.spans[span_id(1)].name == "work"


def test_a_deletion_leaves_no_text_in_the_file_and_shrinks_it(open_sqlite: Open, sqlite_path: Path) -> None:
    store = open_sqlite()
    noise = os.urandom(2_000_000).hex()
    store.write("p", [make_span(trace=1, session="secret-session", user="secret-user", input=noise)])
    store.write("p", [make_span(trace=2)])
    before = sum(path.stat().st_size for path in sqlite_path.parent.glob("traces.db*"))
    assert store.delete_traces("p", [trace_id(1)]) == 1
    assert before - sum(path.stat().st_size for path in sqlite_path.parent.glob("traces.db*")) > 1_900_000
    for path in sqlite_path.parent.glob("traces.db*"):
        assert b"secret" not in path.read_bytes()
    assert rows(sqlite_path, "SELECT count(*) FROM labels WHERE kind = 'session'") == [(0,)]


# --- one writer ------------------------------------------------------------------------------------------------------


def test_a_second_writer_is_refused_and_readers_are_not(open_sqlite: Open, sqlite_path: Path) -> None:
    store = open_sqlite()
    store.write("p", [make_span()])
    with pytest.raises(
        StoreError, match=f"writes to .*: process {os.getpid()}, since 2026-09-21 14:13:20 UTC.$"
    ):
        open_store(f"sqlite:{sqlite_path}", PlainReader())
    beside = open_store(f"sqlite:{sqlite_path}", PlainReader(), readonly=True)
    assert len(beside.find_traces("p").traces) == 1
    cursor = beside.changes("p").cursor
    with pytest.raises(StoreError, match="reading only"):
        beside.write("p", [make_span()])
    with pytest.raises(StoreError, match="reading only"):
        beside.delete_traces("p", [trace_id(1)])
    store.write("p", [make_span(trace=2)])
    assert [found.trace_id for found in beside.changes("p", cursor).traces] == [trace_id(2)]
    beside.close()
    store.close()
    assert len(open_sqlite().find_traces("p").traces) == 2


def test_reading_only_needs_a_file(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="There is no"):
        open_store(f"sqlite:{tmp_path}/none.db", PlainReader(), readonly=True)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.name != "posix", reason="POSIX permissions")
def test_file_and_folder_are_private(tmp_path: Path) -> None:
    store = open_store(f"sqlite:{tmp_path}/made/here/traces.db", PlainReader())
    store.write("p", [make_span()])
    folder = tmp_path / "made" / "here"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    store.close()


@pytest.mark.parametrize("url", ["", "sqlite:", "postgres://x", "memory", "memory:x", "dynamodb:"])
def test_an_unknown_store_is_refused_with_the_known_ones(url: str) -> None:
    with pytest.raises(StoreError) as refused:
        open_store(url, PlainReader())
    assert "memory:, sqlite:PATH and dynamodb:TABLE" in refused.value.hint


# --- trouble ---------------------------------------------------------------------------------------------------------


def test_a_full_disk_is_said_and_loses_nothing(open_sqlite: Open) -> None:
    store = open_sqlite()
    store.write("p", [make_span()])
    assert isinstance(store, SqliteStore)
    assert store._writing is not None
    connection = store._writing._connection
    connection.pragma("max_page_count", connection.pragma("page_count") + 5)
    with pytest.raises(StoreUnavailable, match="disk is full") as refused:
        store.write("p", [make_span(trace=2, input=os.urandom(200_000).hex())])
    assert refused.value.hint
    assert not store.info().healthy
    assert "full" in (store.info().problem or "")
    connection.pragma("max_page_count", 1_000_000)
    store.write("p", [make_span(trace=2)])
    assert store.info().healthy
    assert len(store.find_traces("p").traces) == 2


def test_a_locked_file_is_said(open_sqlite: Open, sqlite_path: Path) -> None:
    store = open_sqlite()
    assert isinstance(store, SqliteStore)
    assert store._writing is not None
    store._writing._connection.set_busy_timeout(10)
    stranger = apsw.Connection(str(sqlite_path))
    stranger.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreUnavailable, match="locked"):
        store.write("p", [make_span()])
    stranger.execute("ROLLBACK")
    store.write("p", [make_span()])


def test_a_closed_store_says_so(open_sqlite: Open) -> None:
    store = open_sqlite()
    store.close()
    for ask in (lambda: store.write("p", [make_span()]), lambda: store.find_traces("p")):
        with pytest.raises(StoreUnavailable, match="closed"):
            ask()
    assert not store.info().healthy


def test_a_value_nested_too_deeply_is_refused(open_sqlite: Open) -> None:
    store = open_sqlite()
    deep: list[object] = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(StoreError, match="nested"):
        store.write("p", [make_span(x=deep)])
    assert store.find_traces("p").traces == ()


def test_a_query_of_many_parts_is_answered(open_sqlite: Open) -> None:
    store = open_sqlite()
    store.write("p", [make_span(user="ann")])
    condition = Or(tuple(FieldTest("dur", Test(comparison="=", number=n)) for n in range(2_000)))
    assert len(store.find_traces("p", TraceQuery(condition)).traces) == 1
    nested = FieldTest("user", Test(texts=("ann",)))
    for _ in range(230):
        nested = Not(nested)  # type: ignore[assignment]
    assert len(store.find_traces("p", TraceQuery(nested)).traces) == 1


# --- group commit ----------------------------------------------------------------------------------------------------


def test_jobs_that_wait_share_a_transaction_and_a_failing_one_fails_alone() -> None:
    sizes: list[int] = []
    first_runs, may_go_on = threading.Event(), threading.Event()

    def transaction(jobs: object) -> list[object]:
        sizes.append(len(jobs))  # type: ignore[arg-type]
        return [job() for job in jobs]  # type: ignore[attr-defined]

    def first() -> str:
        first_runs.set()
        may_go_on.wait(10)
        return "first"

    def fail() -> None:
        raise ValueError("mine")

    commits = GroupCommit(transaction)
    results: dict[str, object] = {}

    def run(name: str, job: object) -> None:
        try:
            results[name] = commits.run(job)  # type: ignore[arg-type]
        except ValueError as error:
            results[name] = str(error)

    threads = [threading.Thread(target=run, args=("first", first))]
    threads[0].start()
    assert first_runs.wait(10)
    for name, job in (("a", lambda: "a"), ("bad", fail), ("b", lambda: "b")):
        threads.append(threading.Thread(target=run, args=(name, job)))
        threads[-1].start()
    while len(commits._waiting) < 3:
        pass
    may_go_on.set()
    for thread in threads:
        thread.join(10)
    assert results == {"first": "first", "a": "a", "b": "b", "bad": "mine"}
    assert sizes == [1, 3, 1, 1, 1]


# --- schema ----------------------------------------------------------------------------------------------------------


def test_the_file_says_whose_it_is_and_which_version(open_sqlite: Open, sqlite_path: Path) -> None:
    open_sqlite().close()
    assert rows(sqlite_path, "PRAGMA application_id") == [(schema.APPLICATION_ID,)]
    assert rows(sqlite_path, "PRAGMA user_version") == [(schema.VERSION,)]


def test_an_older_file_is_migrated_step_by_step(sqlite_path: Path) -> None:
    connection = apsw.Connection(str(sqlite_path))
    connection.execute(f"PRAGMA application_id = {schema.APPLICATION_ID}")
    connection.execute(
        "CREATE TABLE notes (text TEXT); INSERT INTO notes VALUES ('kept'); PRAGMA user_version = 1"
    )

    def add_author(old: apsw.Connection) -> None:
        old.execute("ALTER TABLE notes ADD COLUMN author TEXT DEFAULT 'nobody'")

    def shout(old: apsw.Connection) -> None:
        old.execute("UPDATE notes SET text = upper(text)")

    steps = {0: lambda old: None, 1: add_author, 2: shout}
    schema.prepare(connection, sqlite_path, steps)
    assert connection.execute("SELECT text, author FROM notes").fetchall() == [("KEPT", "nobody")]
    assert connection.pragma("user_version") == 3
    schema.prepare(connection, sqlite_path, steps)
    assert connection.execute("SELECT text FROM notes").get == "KEPT"


def test_a_migration_that_fails_changes_nothing(sqlite_path: Path) -> None:
    connection = apsw.Connection(str(sqlite_path))
    connection.execute(f"PRAGMA application_id = {schema.APPLICATION_ID}; CREATE TABLE notes (text TEXT)")
    connection.pragma("user_version", 1)

    def fail(old: apsw.Connection) -> None:
        old.execute("DROP TABLE notes")
        raise apsw.SQLError("no")

    with pytest.raises(StoreError, match=r"traces\.db cannot be upgraded from schema 1: no\.") as refused:
        schema.prepare(connection, sqlite_path, {0: lambda old: None, 1: fail})
    assert "left untouched" in refused.value.hint
    assert connection.pragma("user_version") == 1
    assert connection.execute("SELECT count(*) FROM notes").get == 0


def test_a_file_left_empty_by_a_crash_is_made_anew(open_sqlite: Open, sqlite_path: Path) -> None:
    connection = apsw.Connection(str(sqlite_path))
    connection.execute(
        f"PRAGMA application_id = {schema.APPLICATION_ID}"
    )  # version 0: ours, and nothing in it yet
    connection.close()
    open_sqlite().write("p", [make_span()])


def test_summaries_of_other_rules_are_made_again(
    open_sqlite: Open, sqlite_path: Path, clock: StillClock
) -> None:
    store = open_sqlite()
    store.write("p", [make_span(trace=n, session="s", tokens=1, kind="llm") for n in range(1, 5)])
    store.write("p", [make_span(trace=5, start_s=None)])
    before = store.find_traces("p"), store.stats("p"), store.get_session("p", "s")
    store.close()
    connection = apsw.Connection(str(sqlite_path))
    connection.execute(
        "UPDATE store SET derivation = 'older'; UPDATE traces SET summary = x'00', duration_ms = 7"
    )
    connection.execute("DELETE FROM rollups")
    connection.close()
    with pytest.raises(StoreError, match="older version"):
        open_store(f"sqlite:{sqlite_path}", PlainReader(), readonly=True)
    clock.advance(5)
    again = open_sqlite()
    assert (again.find_traces("p"), again.stats("p"), again.get_session("p", "s")) == before


def test_a_newer_file_is_refused_and_left_untouched(open_sqlite: Open, sqlite_path: Path) -> None:
    open_sqlite().close()
    connection = apsw.Connection(str(sqlite_path))
    connection.pragma("user_version", schema.VERSION + 6)
    connection.close()
    before = sqlite_path.read_bytes()
    for readonly in (False, True):
        with pytest.raises(StoreError, match="newer version") as refused:
            open_store(f"sqlite:{sqlite_path}", PlainReader(), readonly=readonly)
        assert "Update" in refused.value.hint
    assert sqlite_path.read_bytes() == before


@pytest.mark.parametrize("content", [b"hello", b"SQLite format 3\0" + b"\xff" * 2_000])
def test_what_is_no_database_is_refused_and_left_untouched(
    open_sqlite: Open, sqlite_path: Path, content: bytes
) -> None:
    sqlite_path.write_bytes(content)
    with pytest.raises(StoreError) as refused:
        open_sqlite()
    assert refused.value.hint
    assert sqlite_path.read_bytes() == content


def test_a_database_of_another_program_is_refused(open_sqlite: Open, sqlite_path: Path) -> None:
    connection = apsw.Connection(str(sqlite_path))
    connection.execute("CREATE TABLE theirs (x)")
    connection.close()
    with pytest.raises(StoreError, match="another program"):
        open_sqlite()
    assert rows(sqlite_path, "SELECT name FROM sqlite_schema") == [("theirs",)]


def test_a_folder_instead_of_a_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StoreError):
        open_store(f"sqlite:{tmp_path}", PlainReader())
