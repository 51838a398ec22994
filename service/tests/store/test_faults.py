"""What the embedded store does when the disk, the file or the clock fails. A file system that fails when it is told stands
in for the disk; everything above it is real."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import apsw
import pytest
from llm_tracer_service.query import parse
from llm_tracer_service.store import open_store
from llm_tracer_service.store.base import StoreDamaged, StoreError, StoreUnavailable
from llm_tracer_service.store.contract import TraceStore
from llm_tracer_service.store.sqlite.store import SqliteStore

from .conftest import Open
from .helpers import PlainReader, StillClock, make_span, trace_id

TEXT = "".join(f"{step * step:x}" for step in range(2_000))


class FailingDisk(apsw.VFS):
    """The file system of this machine, until `fault` is set: what writes are then refused with, and if the disk `is_gone`
    reads too. If `steps_left` is a number, one step of SQLite fails after so many: it opens, writes or syncs a file."""

    def __init__(self) -> None:
        self.fault: apsw.Error | None = None
        self.is_gone = False
        self.steps_left: int | None = None
        self.base = apsw.vfs_names()[0]
        super().__init__("failing disk", self.base, makedefault=True)

    def xOpen(self, name: Any, flags: list[int]) -> FailingFile:
        self.step()
        return FailingFile(name, flags, self)

    def step(self) -> None:
        """Fails once if no steps are left."""
        if self.steps_left is not None:
            self.steps_left -= 1
            if self.steps_left < 0:
                self.steps_left = None
                raise apsw.IOError("I/O error")


class FailingFile(apsw.VFSFile):
    def __init__(self, name: Any, flags: list[int], disk: FailingDisk) -> None:
        self._disk = disk
        super().__init__(disk.base, name, flags)

    def xRead(self, amount: int, offset: int) -> bytes:
        if self._disk.is_gone and self._disk.fault is not None:
            raise self._disk.fault
        return super().xRead(amount, offset)

    def xWrite(self, data: bytes, offset: int) -> None:
        if self._disk.fault is not None:
            raise self._disk.fault
        self._disk.step()
        super().xWrite(data, offset)

    def xSync(self, flags: int) -> None:
        self._disk.step()
        super().xSync(flags)


@pytest.fixture
def disk() -> Iterator[FailingDisk]:
    disk = FailingDisk()
    yield disk
    disk.unregister()


def ids(store: TraceStore) -> list[str]:
    return [trace.trace_id for trace in store.find_traces("p", sort="start_time").traces]


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (apsw.FullError("disk full"), "disk is full"),
        (apsw.ReadOnlyError("read-only"), "read-only"),
        (apsw.IOError("I/O error"), "is not responding"),
    ],
)
def test_a_disk_that_refuses_loses_nothing_that_was_acknowledged(
    disk: FailingDisk, open_sqlite: Open, fault: apsw.Error, said: str
) -> None:
    store = open_sqlite()
    store.write("p", [make_span(1, input=TEXT)])
    disk.fault = fault
    with pytest.raises(StoreUnavailable, match=said):
        store.write("p", [make_span(2, input=TEXT)])
    with pytest.raises(StoreUnavailable, match=said):
        store.delete_traces("p", [trace_id(1)])
    assert ids(store) == [trace_id(1)]
    info = store.info()
    assert (info.healthy, info.trace_count) == (False, 1)
    assert said in (info.problem or "")
    with pytest.raises(StoreUnavailable, match=said):
        store.maintain(0.0)
    assert not store.info().healthy
    disk.fault = None
    assert not store.maintain(0.0).more  # nobody has to write for it to recover
    assert store.info().healthy
    store.write("p", [make_span(2, input=TEXT)])
    store.close()
    again = open_sqlite()
    assert ids(again) == [trace_id(1), trace_id(2)]


def test_a_disk_that_comes_back_mixes_no_projects(disk: FailingDisk, open_sqlite: Open) -> None:
    store = open_sqlite()
    store.write("p", [make_span(1)])
    disk.fault, disk.is_gone = apsw.IOError("I/O error"), True
    with pytest.raises(StoreUnavailable):
        store.write("q", [make_span(2)])
    disk.fault = None
    store.write("r", [make_span(3)])
    store.write("q", [make_span(2)])
    found = {project: [trace.trace_id for trace in store.find_traces(project).traces] for project in "pqr"}
    assert found == {"p": [trace_id(1)], "q": [trace_id(2)], "r": [trace_id(3)]}
    assert not any(step.problems for step in store.verify())


def test_a_full_disk_at_the_start_is_said_clearly(disk: FailingDisk, open_sqlite: Open) -> None:
    disk.fault = apsw.FullError("disk full")
    with pytest.raises(StoreUnavailable, match="The disk is full"):
        open_sqlite()
    disk.fault = None
    open_sqlite().write("p", [make_span(1)])


def opened_although(disk: FailingDisk, step: int, open_sqlite: Open) -> tuple[TraceStore, bool]:
    """A store that is opened on a disk which fails once, at this step, and whether it came to that."""
    disk.steps_left = step
    try:
        store = open_sqlite()
    except StoreUnavailable:
        store = open_sqlite()
    has_failed = disk.steps_left is None
    disk.steps_left = None
    return store, has_failed


@pytest.mark.filterwarnings(
    "ignore::pytest.PytestUnraisableExceptionWarning"
)  # of a rollback that met the fault
def test_wherever_its_opening_fails_a_store_opens_the_next_time(
    disk: FailingDisk, open_sqlite: Open, sqlite_path: Path
) -> None:
    for number in count(step=4):  # all of them would take four times as long
        for path in sqlite_path.parent.glob("traces.*"):
            path.unlink()
        store, has_failed = opened_although(disk, number, open_sqlite)
        store.close()
        if not has_failed:
            break
    assert number > 20


def test_a_copy_that_was_put_back_is_searched_while_its_index_cannot_be_emptied(
    disk: FailingDisk, open_sqlite: Open, sqlite_path: Path
) -> None:
    def found(word: str) -> list[str]:
        return [trace.trace_id for trace in store.find_traces("p", query=parse(word)).traces]

    store = open_sqlite()
    store.close()
    copy = sqlite_path.read_bytes()
    for number in count():
        sqlite_path.write_bytes(copy)
        store = open_sqlite()
        store.write("p", [make_span(1, input="later"), make_span(2, input="later")])
        assert not store.maintain(1.0).more
        store.close()
        sqlite_path.write_bytes(copy)
        store, has_failed = opened_although(disk, number, open_sqlite)
        store.write("p", [make_span(3, input="earlier")])
        assert found("earlier") == [trace_id(3)]
        store.maintain(1.0)
        store.close()
        store = open_sqlite()
        assert found("earlier") == [trace_id(3)]
        assert [step.problems for step in store.verify() if step.problems] == []
        store.close()
        if not has_failed:
            break
    assert number > 5


def test_a_place_that_cannot_be_written_is_said_clearly(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    for place in (tmp_path / "file" / "traces.db", tmp_path):
        with pytest.raises(StoreError, match="cannot be opened for writing"):
            open_store(f"sqlite:{place}", PlainReader())


def test_a_store_that_nobody_can_write_is_read(open_sqlite: Open, sqlite_path: Path) -> None:
    store = open_sqlite()
    store.write("p", [make_span(1)])
    store.close()
    sqlite_path.parent.chmod(0o500)
    try:
        copy = open_store(f"sqlite:{sqlite_path}", PlainReader(), readonly=True)
        assert ids(copy) == [trace_id(1)]
        copy.close()
    finally:
        sqlite_path.parent.chmod(0o700)


def test_a_file_that_is_removed_while_in_use_is_written_no_more(open_sqlite: Open, sqlite_path: Path) -> None:
    store = open_sqlite()
    store.write("p", [make_span(1)])
    aside = sqlite_path.with_name("aside")
    sqlite_path.rename(aside)
    with pytest.raises(StoreUnavailable, match=r"traces\.db of the store was removed"):
        store.write("p", [make_span(2)])
    assert not store.info().healthy
    aside.rename(sqlite_path)
    store.write("p", [make_span(3)])
    assert store.info().healthy
    assert ids(store) == [trace_id(1), trace_id(3)]


def fail_to_write(store: TraceStore, path: Path) -> None:
    """One write that is rolled back, since the file is elsewhere at that moment."""
    aside = path.with_name("aside")
    path.rename(aside)
    with pytest.raises(StoreUnavailable):
        store.write("p", [make_span(99)])
    aside.rename(path)


def test_who_looks_at_a_deleted_trace_never_sees_another(open_sqlite: Open, sqlite_path: Path) -> None:
    store = open_sqlite()
    store.write("p", [make_span(1)])
    looked_at = store.get_trace("p", trace_id(1))
    assert looked_at is not None
    store.delete_traces("p", [trace_id(1)])
    fail_to_write(store, sqlite_path)
    store.write("another project", [make_span(1, secret="s")])
    assert dict(looked_at.spans) == {}


def test_a_conversation_that_was_deleted_goes_on_whole(open_sqlite: Open, sqlite_path: Path) -> None:
    store = open_sqlite()
    texts = [random.Random(seed).randbytes(20_000).hex() for seed in range(2)]
    store.write("p", [make_span(1, input=texts[0])])
    store.delete_traces("p", [trace_id(1)])
    fail_to_write(store, sqlite_path)
    # Two turns that were prepared before either of them is in the file.
    turns = [make_span(1, span=2, input=texts[1]), make_span(1, span=3, input=texts[0])]
    for each in run_in_one_group(store, [partial(store.write, "p", [turn]) for turn in turns]):
        each.result()
    assert [store.get_span("p", trace_id(1), turn.span_id) for turn in turns] == turns


def run_in_one_group(store: TraceStore, calls: Sequence[Callable[[], Any]]) -> list[Future[Any]]:
    """Makes calls, each in a thread of its own, that wait in this order for the right to commit."""
    assert isinstance(store, SqliteStore)
    assert store._writing is not None
    commits = store._writing.commits
    with ThreadPoolExecutor(len(calls)) as threads, commits._commit:
        answers = []
        for number, call in enumerate(calls, start=1):
            answers.append(threads.submit(call))
            while len(commits._waiting) < number:
                time.sleep(0.001)
    return answers


@pytest.mark.parametrize(
    "deed",
    [lambda store: store.pin("p", trace_id(1)), lambda store: store.write("p", [make_span(1, span=2)])],
)
@pytest.mark.parametrize("limit", [{"retention_days": 1}, {"max_bytes": 1}])
def test_a_trace_that_was_pinned_or_went_on_since_it_was_found_old_stays(
    deed: Callable[[TraceStore], Any], limit: dict[str, int], open_sqlite: Open, clock: StillClock
) -> None:
    store = open_sqlite()
    store.write("p", [make_span(1)])
    clock.advance(2 * 86_400)
    done, kept = run_in_one_group(store, [lambda: deed(store), lambda: store.maintain(0.0, **limit)])
    done.result()
    assert (kept.result().expired, kept.result().evicted) == (0, 0)
    assert store.get_span("p", trace_id(1), make_span(1).span_id) is not None


def test_what_interrupts_one_call_is_no_answer_for_those_that_wait_with_it(open_sqlite: Open) -> None:
    store = open_sqlite()
    assert isinstance(store, SqliteStore)
    assert store._writing is not None
    commits = store._writing.commits

    def interrupt() -> None:
        raise KeyboardInterrupt

    def refuse() -> None:
        raise StoreUnavailable("no")  # so that each job has a transaction of its own

    calls = [
        lambda: commits.run(refuse),
        lambda: commits.run(interrupt),
        lambda: store.write("p", [make_span(1)]),
    ]
    *_, written = run_in_one_group(store, calls)
    with pytest.raises(StoreUnavailable, match="interrupted"):
        written.result()
    assert ids(store) == []


def test_a_write_that_waits_while_the_store_is_closed_is_told_so(open_sqlite: Open) -> None:
    store = open_sqlite()
    assert isinstance(store, SqliteStore)
    assert store._writing is not None
    commits = store._writing.commits
    with ThreadPoolExecutor() as threads:
        with commits._commit:
            written = threads.submit(store.write, "p", [make_span(1)])
            while not commits._waiting:
                time.sleep(0.001)
            store._writing._connection.close()
        with pytest.raises(StoreUnavailable, match="closed"):
            written.result()


def test_a_log_that_is_removed_while_in_use_is_written_no_more(open_sqlite: Open, sqlite_path: Path) -> None:
    store = open_sqlite()
    store.write("p", [make_span(1)])
    os.remove(f"{sqlite_path}-wal")
    with pytest.raises(StoreUnavailable, match=r"traces\.db-wal"):
        store.write("p", [make_span(2)])


def test_damage_is_met_where_it_is_and_nowhere_else(open_sqlite: Open, sqlite_path: Path) -> None:
    store = open_sqlite()
    for number in range(1, 6):
        store.write(
            "p", [make_span(number, start_s=number, input=random.Random(number).randbytes(400).hex())]
        )
    store.close()
    data = bytearray(sqlite_path.read_bytes())
    connection = apsw.Connection(str(sqlite_path))
    ((pack,),) = connection.execute("SELECT rest FROM bodies WHERE id >> 24 = 3").fetchall()
    connection.close()
    place = data.index(pack[200:240])
    data[place : place + 40] = bytes(byte ^ 0xFF for byte in data[place : place + 40])
    sqlite_path.write_bytes(data)
    store = open_sqlite()
    assert len(ids(store)) == 5
    assert store.info().healthy
    with pytest.raises(StoreDamaged, match="damaged"):
        store.get_span("p", trace_id(3), make_span(3).span_id)
    info = store.info()
    assert not info.healthy
    assert "damaged" in (info.problem or "")
    for number in (1, 2, 4, 5):
        assert store.get_span("p", trace_id(number), make_span(number).span_id) is not None
    store.write("p", [make_span(6, start_s=6)])
    assert len(ids(store)) == 6


def test_a_damaged_page_is_no_stack_trace(open_sqlite: Open, sqlite_path: Path) -> None:
    store = open_sqlite()
    store.write("p", [make_span(number, input=TEXT[:number]) for number in range(1, 60)])
    store.close()
    size = sqlite_path.stat().st_size
    refused = 0
    for page in range(1, size // 4096):
        data = bytearray(sqlite_path.read_bytes())
        spoilt = data[:]
        spoilt[page * 4096 : page * 4096 + 64] = b"\xff" * 64
        sqlite_path.write_bytes(spoilt)
        try:
            store = open_sqlite()
            refused += sum(_refused(store, number) for number in range(1, 60, 20))
            store.info()
            store.close()
        except StoreError:
            refused += 1
        for name in ("-wal", "-shm"):
            Path(f"{sqlite_path}{name}").unlink(missing_ok=True)
        sqlite_path.write_bytes(data)
    assert refused


def _refused(store: TraceStore, number: int) -> int:
    """How many of these are refused, which any may be; none may fail in another way."""
    refused = 0
    for question in (
        lambda: store.find_traces("p"),
        lambda: store.get_trace("p", trace_id(number)),
        lambda: store.get_span("p", trace_id(number), make_span(number).span_id),
        lambda: store.write("p", [make_span(number, span=2)]),
        lambda: store.delete_traces("p", [trace_id(number)]),
        lambda: store.stats("p"),
    ):
        try:
            question()
        except StoreError:
            refused += 1
    return refused


def test_a_clock_that_jumps_breaks_nothing(open_sqlite: Open, clock: StillClock) -> None:
    store = open_sqlite()
    for jump_s in (0, -1e9, 2e9, -2e9, 1e9):
        clock.advance(jump_s)
        store.write("p", [make_span(1), make_span(2, dur_s=None)])
        assert store.stats("p").traces == 2
        assert store.maintain(0.0, retention_days=90).expired == 0
