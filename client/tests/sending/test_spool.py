from __future__ import annotations

import os
import stat
import tempfile
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from llm_tracer.sending.spool import (
    FILES_TO_JOIN,
    LIMIT_AGE_S,
    Label,
    Spool,
    Spooled,
    default_folders,
    destination_of,
    is_private,
    project_of_key,
    public_url,
    usable_folder,
)

OURS = destination_of("http://here:8001", "project-a")
OTHERS = destination_of("http://here:8001", "project-b")

needs_posix = pytest.mark.skipif(os.name != "posix", reason="modes as POSIX has them")


class Clock:
    def __init__(self) -> None:
        self.now_ns = 1_700_000_000 * 10**9

    def __call__(self) -> int:
        self.now_ns += 1
        return self.now_ns


def request(body: bytes = b"body", *, ended: int = 1, reports: int = 0) -> Spooled:
    label = Label("http://here:8001", "a", "/api/spans", "a/b", "zstd", ended, ended, reports, len(body))
    return Spooled(label, body)


def spool_in(folder: Path, *, limit_bytes: int = 1_000_000, clock: Clock | None = None) -> Spool:
    made = usable_folder([str(folder / "spool")])
    assert made is not None
    return Spool(made, OURS, limit_bytes=limit_bytes, clock=clock or Clock())


@given(st.lists(st.binary(max_size=300), max_size=5))
def test_what_is_kept_comes_back_as_it_was(bodies: list[bytes]) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        spool = spool_in(Path(folder))
        for body in bodies:
            assert spool.put(request(body)) == 0
        assert [one for name in spool.files() for one in spool.read(name)] == [
            request(body) for body in bodies
        ]


@needs_posix
def test_folder_and_files_are_private(tmp_path: Path) -> None:
    spool = spool_in(tmp_path)
    spool.put(request())
    (name,) = spool.files()
    assert stat.S_IMODE(os.stat(spool.folder).st_mode) == 0o700
    assert stat.S_IMODE(os.stat(os.path.join(spool.folder, name)).st_mode) == 0o600


def test_what_was_meant_for_another_place_is_not_seen(tmp_path: Path) -> None:
    spool_in(tmp_path).put(request())
    folder = str(tmp_path / "spool")
    assert Spool(folder, OTHERS).files() == []
    assert len(Spool(folder, None).files()) == 1


def test_the_oldest_go_when_there_is_no_room_and_their_spans_are_counted(tmp_path: Path) -> None:
    room = len(b"x" * 1000) + 300
    spool = spool_in(tmp_path, limit_bytes=2 * room)
    assert spool.put(request(b"1" * 1000, ended=3, reports=4)) == 0
    assert spool.put(request(b"2" * 1000)) == 0
    assert spool.put(request(b"3" * 1000)) == 7
    assert [one.body[:1] for name in spool.files() for one in spool.read(name)] == [b"2", b"3"]


def test_what_is_too_old_goes_and_is_counted(tmp_path: Path) -> None:
    spool = spool_in(tmp_path)  # its own clock stands years ago
    spool.put(request(ended=5))
    assert spool.drop_old() == 0
    (name,) = spool.files()
    long_ago_s = time.time() - LIMIT_AGE_S - 1
    os.utime(os.path.join(spool.folder, name), (long_ago_s, long_ago_s))
    assert spool.drop_old() == 5
    assert spool.files() == []


def test_what_a_killed_process_left_half_written_goes(tmp_path: Path) -> None:
    spool = spool_in(tmp_path)
    left = Path(spool.folder) / "1.spool.part"
    left.write_bytes(b"half")
    os.utime(left, (1, 1))
    assert spool.drop_old() == 0
    assert not left.exists()


def test_many_small_files_become_one(tmp_path: Path) -> None:
    spool = spool_in(tmp_path)
    for number in range(FILES_TO_JOIN + 1):
        spool.put(request(b"%d" % number))
    assert len(spool.files()) == 2
    found = [one.body for name in spool.files() for one in spool.read(name)]
    assert found == [b"%d" % number for number in range(FILES_TO_JOIN + 1)]
    assert spool.has_own()


def test_what_is_left_of_a_file_takes_its_place(tmp_path: Path) -> None:
    spool = spool_in(tmp_path)
    for number in range(FILES_TO_JOIN):
        spool.put(request(b"%d" % number))
    (name,) = spool.files()
    spool.replace(name, spool.read(name)[-2:])
    assert [one.body for one in spool.read(name)] == [b"48", b"49"]
    spool.replace(name, [])
    assert not spool.has_own()


@pytest.mark.parametrize("content", [b"", b"no json\nbody", b'{"api_url": "u"}\nbody', b"\xff\n"])
def test_a_file_that_is_none_of_ours_is_no_request(content: bytes, tmp_path: Path) -> None:
    spool = spool_in(tmp_path)
    (tmp_path / "spool" / f"1-1-1.{OURS}.spool").write_bytes(content)
    (name,) = spool.files()
    assert spool.read(name) == []


def test_a_request_that_was_cut_is_none(tmp_path: Path) -> None:
    spool = spool_in(tmp_path)
    spool.put(request(b"0123456789"))
    path = tmp_path / "spool" / spool.files()[0]
    path.write_bytes(path.read_bytes()[:-1])
    assert spool.read(path.name) == []


def test_a_file_that_somebody_else_removed_is_not_counted_twice(tmp_path: Path) -> None:
    spool = spool_in(tmp_path)
    spool.put(request())
    (name,) = spool.files()
    assert spool.remove(name)
    assert not spool.remove(name)
    assert not spool.has_own()


@needs_posix
def test_one_process_delivers_at_a_time_and_its_fork_does_not_hold_on(tmp_path: Path) -> None:
    spool = spool_in(tmp_path)

    def other_process_gets_it() -> bool:
        child = os.fork()
        if child == 0:
            with spool.claim() as is_ours:
                os._exit(int(is_ours))
        return bool(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))

    with spool.claim() as is_ours:
        assert is_ours
        assert not other_process_gets_it()
    assert other_process_gets_it()


@needs_posix
def test_a_folder_that_others_may_enter_is_not_used(tmp_path: Path) -> None:
    (tmp_path / "open").mkdir(mode=0o755)
    (tmp_path / "open").chmod(0o755)
    (tmp_path / "link").symlink_to(tmp_path)
    assert not is_private(str(tmp_path / "open"))
    assert not is_private(str(tmp_path / "link"))
    fallback = str(tmp_path / "private" / "spool")
    assert usable_folder([str(tmp_path / "open"), "/proc/none/spool", fallback]) == fallback
    assert usable_folder(["/proc/none/spool"]) is None


def test_the_users_state_is_preferred_to_temporary_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", "/state")
    monkeypatch.setattr("sys.platform", "linux")
    first, second = default_folders()
    assert first == os.path.join("/state", "llm-tracer", "spool")
    assert "llm-tracer-" in second


def test_the_key_and_passwords_are_not_written() -> None:
    assert project_of_key("project-shop.0123456789abcdef") == "shop"
    assert project_of_key("other") is project_of_key(None) is None
    assert public_url("https://me:secret@host:1/base?key=secret") == "https://host:1/base"
    assert public_url("https://me:secret@[::1?key=secret") == "[::1"  # no address
    assert public_url("localhost:8001") == "localhost:8001"
    assert destination_of("http://a", "k") != destination_of("http://a", None)


def test_files_that_others_take_away_meanwhile_do_no_harm(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool = spool_in(tmp_path)
    spool.put(request())
    (first,) = spool.files()

    class Entry:
        """One that is gone between the look into the folder and the look at it."""

        name = first

        def stat(self) -> os.stat_result:
            raise FileNotFoundError

    monkeypatch.setattr(os, "scandir", lambda folder: iter([Entry()]))
    assert spool.put(request()) == 0
    assert spool.drop_old() == 0
    assert len(spool.files()) == 2


def test_nothing_goes_for_what_a_full_disk_does_not_take(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(before: str, after: str) -> None:
        raise OSError(28, "No space left on device")

    spool = spool_in(tmp_path, limit_bytes=400)
    spool.put(request(b"a" * 100))
    with monkeypatch.context() as patched:
        patched.setattr(os, "replace", refuse)
        with pytest.raises(OSError, match="No space left"):
            spool.put(request(b"b" * 100))
    assert [one.body for name in spool.files() for one in spool.read(name)] == [b"a" * 100]


def test_a_file_that_was_forced_out_while_it_was_delivered_does_not_come_back(tmp_path: Path) -> None:
    spool = spool_in(tmp_path)
    spool.put(request())
    (name,) = spool.files()
    waiting = spool.read(name)
    spool.remove(name)
    spool.replace(name, waiting)
    assert spool.files() == []


def test_a_folder_that_was_cleaned_up_is_made_again(tmp_path: Path) -> None:
    spool = spool_in(tmp_path)
    os.rmdir(spool.folder)
    assert spool.put(request()) == 0
    assert [one for name in spool.files() for one in spool.read(name)] == [request()]
    assert is_private(spool.folder)


def test_of_a_broken_file_the_requests_before_are_delivered(tmp_path: Path) -> None:
    spool = spool_in(tmp_path)
    spool.put(request(b"first"))
    spool.put(request(b"second"))
    first, second = (Path(spool.folder, name) for name in spool.files())
    first.write_bytes(first.read_bytes() + second.read_bytes()[:-1])
    assert spool.read(first.name) == [request(b"first")]


def test_without_a_home_it_is_among_the_temporary_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)  # no HOME, and no such user
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    monkeypatch.delenv("LOCALAPPDATA", raising=False)
    (folder,) = default_folders()
    assert folder.startswith(tempfile.gettempdir())
