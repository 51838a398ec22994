"""A disk that is full: what was acknowledged stays, and what somebody deletes goes, which makes room again. A file system
with a limit stands in for the disk; everything above it is real."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import apsw
import pytest
from llm_tracer_service.query import parse
from llm_tracer_service.store.base import DiskFull
from llm_tracer_service.store.contract import TraceStore
from llm_tracer_service.store.sqlite import reserve, space

from .conftest import Open
from .helpers import make_span, trace_id

MB = 1024 * 1024


class SmallDisk(apsw.VFS):
    """The file system of this machine, whose files in one folder have no more than `bytes_max` together."""

    def __init__(self, folder: Path, bytes_max: int) -> None:
        self._folder = folder
        self.bytes_max = bytes_max
        self.base = apsw.vfs_names()[0]
        super().__init__("small disk", self.base, makedefault=True)

        self.written_bytes: dict[str, int] = {}
        """What the files have that SQLite writes."""

    @property
    def free_bytes(self) -> int:
        others = (self._folder / name for name in ("traces.db.reserve", "other"))
        of_others = sum(each.stat().st_size for each in others if each.exists())
        return self.bytes_max - sum(self.written_bytes.values()) - of_others

    def xOpen(self, name: Any, flags: list[int]) -> apsw.VFSFile:
        if name is None:  # for a moment, and of no size that counts
            return apsw.VFSFile(self.base, name, flags)
        return LimitedFile(name, flags, self)


class LimitedFile(apsw.VFSFile):
    def __init__(self, name: Any, flags: list[int], disk: SmallDisk) -> None:
        self._disk = disk
        self._name = name if isinstance(name, str) else name.filename()
        super().__init__(disk.base, name, flags)
        disk.written_bytes[self._name] = self.xFileSize()

    def xWrite(self, data: bytes, offset: int) -> None:
        size = self._disk.written_bytes[self._name]
        if offset + len(data) > size:
            if offset + len(data) - size > self._disk.free_bytes:
                raise apsw.FullError("no room")
            self._disk.written_bytes[self._name] = offset + len(data)
        super().xWrite(data, offset)

    def xTruncate(self, size: int) -> None:
        super().xTruncate(size)
        self._disk.written_bytes[self._name] = size


@pytest.fixture
def disk(sqlite_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SmallDisk]:
    """Of 24 MB, of which 4 are kept."""
    disk = SmallDisk(sqlite_path.parent, 24 * MB)
    monkeypatch.setattr(reserve, "_free_bytes", lambda _: disk.free_bytes)
    monkeypatch.setattr(space, "LOG_BYTES_MAX", 4 * MB)
    monkeypatch.setattr(reserve, "BYTES", 4 * MB)
    yield disk
    disk.unregister()


@pytest.fixture
def store(disk: SmallDisk, open_sqlite: Open) -> Iterator[TraceStore]:
    """On that disk."""
    yield open_sqlite()
    disk.bytes_max = sys.maxsize  # closing writes, too


def write(store: TraceStore, first: int, last: int) -> None:
    """Traces of 50 kB that nothing compresses: their hexadecimal digits take half of their number."""
    store.write(
        "p",
        [
            make_span(number, notes=random.Random(number).randbytes(50_000).hex())
            for number in range(first, last + 1)
        ],
    )


def fill(store: TraceStore) -> int:
    """Writes traces, ten at a time, until they are refused; how many were acknowledged."""
    acknowledged = 0
    with suppress(DiskFull):
        while True:
            write(store, acknowledged + 1, acknowledged + 10)
            acknowledged += 10
    return acknowledged


def keep(store: TraceStore, until: Callable[[], bool], max_bytes: int | None = None) -> None:
    """Turns of `maintain`, as a server has them: one that finds no room for the text index is followed by another."""
    for _ in range(100):
        with suppress(DiskFull):
            store.maintain(0.1, max_bytes=max_bytes)
        if until():
            return
    raise AssertionError("there is no end")


def ids(store: TraceStore) -> set[str]:
    cursor, found = None, set()
    while True:
        page = store.find_traces("p", limit=100, cursor=cursor)
        found |= {trace.trace_id for trace in page.traces}
        cursor = page.next_cursor
        if cursor is None:
            return found


def test_on_a_full_disk_traces_are_deleted_and_then_taken_in_again(
    disk: SmallDisk, store: TraceStore, sqlite_path: Path
) -> None:
    acknowledged = fill(store)
    assert store.info().problem == "The disk is full."
    expected = {trace_id(number) for number in range(1, acknowledged + 1)}
    assert ids(store) == expected
    with pytest.raises(DiskFull):
        write(store, acknowledged + 1, acknowledged + 10)
    gone = [trace_id(number) for number in range(1, acknowledged // 2)]
    assert store.delete_traces("p", gone) == len(gone)
    keep(store, lambda: store.info().healthy)
    write(store, acknowledged + 1, acknowledged + 1)
    assert ids(store) == expected - set(gone) | {trace_id(acknowledged + 1)}
    assert all(not checked.problems for checked in store.verify())
    assert sqlite_path.with_name("traces.db.reserve").stat().st_size == reserve.BYTES


def test_the_log_does_not_keep_the_disk_full(disk: SmallDisk, store: TraceStore, sqlite_path: Path) -> None:
    fill(store)
    # The log may have several MB, which are nobody's data: of 24 MB, 4 are the reserve.
    assert sqlite_path.stat().st_size > 16 * MB


def test_where_another_program_fills_the_disk_old_traces_still_make_room(
    disk: SmallDisk, store: TraceStore, sqlite_path: Path
) -> None:
    for first in range(1, 240, 10):
        write(store, first, first + 9)
    sqlite_path.with_name("other").write_bytes(bytes(disk.free_bytes))
    used_bytes = store.info().live_bytes
    half = used_bytes // 2
    keep(store, lambda: store.info().live_bytes < used_bytes * 0.6 and store.info().healthy, max_bytes=half)
    assert trace_id(240) in ids(store)
    assert trace_id(1) not in ids(store)
    write(store, 241, 241)


def test_a_disk_without_room_for_a_reserve_is_used_to_its_end(
    disk: SmallDisk, open_sqlite: Open, sqlite_path: Path
) -> None:
    disk.bytes_max = 4 * MB
    store = open_sqlite()
    acknowledged = fill(store)
    assert len(ids(store)) == acknowledged >= 20
    assert not sqlite_path.with_name("traces.db.reserve").exists()
    assert store.info().problem == "The disk is full."
    disk.bytes_max = 64 * MB
    store.maintain(0.1)
    write(store, acknowledged + 1, acknowledged + 10)
    disk.bytes_max = sys.maxsize


def test_on_a_disk_that_was_filled_meanwhile_a_store_opens_and_deletes(
    disk: SmallDisk, sqlite_path: Path, open_sqlite: Open
) -> None:
    store = open_sqlite()
    write(store, 1, 100)
    store.close()
    disk.written_bytes = {
        name: Path(name).stat().st_size for name in disk.written_bytes if Path(name).exists()
    }
    other = sqlite_path.with_name("other")
    other.write_bytes(bytes(disk.free_bytes))
    store = open_sqlite()
    with pytest.raises(DiskFull):
        write(store, 101, 101)
    assert store.info().problem == "The disk is full."
    assert store.delete_traces("p", [trace_id(number) for number in range(1, 101)]) == 100
    other.unlink()
    write(store, 101, 101)
    assert store.info().problem is None
    disk.bytes_max = sys.maxsize


def test_an_index_that_finds_no_room_gives_back_what_it_took(
    disk: SmallDisk, store: TraceStore, sqlite_path: Path
) -> None:
    store.vacuum()  # what its log has from its beginning has room in its file now
    for number in range(1, 11):
        words = random.Random(number).randbytes(80_000).hex(" ", 8)
        store.write("p", [make_span(number, input=words)])
    disk.bytes_max -= disk.free_bytes - 400_000
    with suppress(DiskFull):
        while store.maintain(1.0).more:
            pass
    assert store.info().problem == "The disk is full."
    assert disk.free_bytes > 300_000
    disk.bytes_max = 24 * MB
    keep(store, lambda: store.info().healthy)
    assert len(store.find_traces("p", query=parse(words[:16])).traces) == 1
