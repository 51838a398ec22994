from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from llm_tracer.sending.ledger import ENDED, SETTLED, Ledger, Unfinished, ledger_folder, take_unfinished

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="memory that is kept as a file, as Linux has it"
)

WHERE = "0123456789abcdef"


def child_leaves(folder: Path, *, ended: int, settled: int, in_order: bool = False) -> None:
    """A process that counts and goes: in order, or by `os._exit`."""
    child = os.fork()
    if child == 0:
        ledger = Ledger(str(folder), WHERE, api_url="http://me:secret@here:1", project="a")
        ledger.counts[ENDED] += ended
        ledger.counts[SETTLED] += settled
        if in_order:
            ledger.close()
        os._exit(0)
    os.waitpid(child, 0)


def test_what_a_killed_process_had_not_handed_over_is_found_once(tmp_path: Path) -> None:
    child_leaves(tmp_path, ended=7, settled=2)
    assert list(take_unfinished(str(tmp_path), "f" * 16)) == []
    assert list(take_unfinished(str(tmp_path), WHERE)) == [Unfinished("http://here:1", "a", 5)]
    assert list(take_unfinished(str(tmp_path))) == []
    assert list(tmp_path.iterdir()) == []


def test_a_process_with_nothing_open_leaves_nothing(tmp_path: Path) -> None:
    child_leaves(tmp_path, ended=7, settled=7, in_order=True)
    assert list(tmp_path.iterdir()) == []


def test_a_process_that_ends_in_order_with_something_open_is_found(tmp_path: Path) -> None:
    child_leaves(tmp_path, ended=7, settled=6, in_order=True)
    assert [gone.lost_spans for gone in take_unfinished(str(tmp_path))] == [1]


def test_only_what_is_wanted_is_taken(tmp_path: Path) -> None:
    child_leaves(tmp_path, ended=1, settled=0)
    assert list(take_unfinished(str(tmp_path), is_wanted=lambda gone: gone.project == "b")) == []
    assert len(list(take_unfinished(str(tmp_path), is_wanted=lambda gone: gone.project == "a"))) == 1


def test_a_living_process_is_left_alone_also_by_its_children(tmp_path: Path) -> None:
    ledger = Ledger(str(tmp_path), WHERE, api_url="http://here:1", project=None)
    ledger.counts[ENDED] += 1
    assert list(take_unfinished(str(tmp_path))) == []
    child = os.fork()
    if child == 0:
        found = list(take_unfinished(str(tmp_path)))
        ledger.let_go()
        os._exit(len(found) + len(list(take_unfinished(str(tmp_path)))))
    assert os.waitpid(child, 0)[1] == 0
    ledger.counts[SETTLED] += 1
    ledger.close()
    assert list(ledger.counts) == [1, 1]
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_ledger_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / f"1-a.{WHERE}.ledger").write_bytes(b"x")
    assert list(take_unfinished(str(tmp_path))) == []


def test_ledgers_of_a_user_are_private() -> None:
    folder = ledger_folder()
    assert folder is not None
    assert os.stat(folder).st_mode & 0o077 == 0
