from __future__ import annotations

import stat
import subprocess
import sys
from pathlib import Path

import pytest
from llm_tracer_service.access.keys import BadKey, KeyFile, find_key, project_of_key, record_of_setting


def test_a_new_key_is_random_and_only_its_hash_is_kept(tmp_path: Path) -> None:
    keys = KeyFile(tmp_path / "deep" / "keys.json")
    key, record = keys.create("shop", "write", note="ci", created_at="2026-11-23")
    secret = key.removeprefix("project-shop.")
    assert len(secret) >= 22  # 128 bits in base64 are 22 characters
    assert secret not in keys.path.read_text()
    assert stat.S_IMODE(keys.path.stat().st_mode) == 0o600
    assert keys.create("shop")[0] != key
    found = find_key(key, KeyFile(keys.path).records())
    assert found == record
    assert (record.project, record.access, record.note) == ("shop", "write", "ci")


def test_a_file_that_cannot_be_read_or_written_is_named(tmp_path: Path) -> None:
    keys = KeyFile(tmp_path / "keys.json")
    keys.path.mkdir()
    for fault in (keys.records, lambda: keys.create("shop"), lambda: keys.revoke("0")):
        with pytest.raises(BadKey, match=r"keys\.json cannot be read"):
            fault()
    (tmp_path / "leads").symlink_to(tmp_path / "nowhere")
    with pytest.raises(BadKey, match="cannot be written"):
        KeyFile(tmp_path / "leads" / "keys.json").create("shop")


def test_revoking(tmp_path: Path) -> None:
    keys = KeyFile(tmp_path / "keys.json")
    key, record = keys.create("shop")
    other, _ = keys.create("shop")
    assert keys.revoke(record.id)
    assert not keys.revoke(record.id)
    assert find_key(key, keys.records()) is None
    assert find_key(other, keys.records())


def test_another_process_sees_the_change(tmp_path: Path) -> None:
    running = KeyFile(tmp_path / "keys.json")
    assert running.records() == ()
    key, _ = KeyFile(running.path).create("shop")
    assert find_key(key, running.records())
    running.path.unlink()
    assert running.records() == ()


def test_two_processes_that_create_keys_lose_none(tmp_path: Path) -> None:
    keys = KeyFile(tmp_path / "keys.json")
    creates = (
        "import sys; from pathlib import Path; from llm_tracer_service.access.keys import KeyFile\n"
        "keys = KeyFile(Path(sys.argv[1])); print(flush=True); sys.stdin.readline()\n"
        "for _ in range(20): keys.create('shop')"
    )
    pipe = subprocess.PIPE
    with subprocess.Popen(
        [sys.executable, "-c", creates, keys.path], stdin=pipe, stdout=pipe, text=True
    ) as other:
        assert other.stdin
        assert other.stdout
        other.stdout.readline()
        print(file=other.stdin, flush=True)
        _, revoked = keys.create("shop")
        mine = [keys.create("shop")[1] for _ in range(20)]
        assert keys.revoke(revoked.id)
    assert other.returncode == 0
    kept = keys.records()
    assert len(kept) == 40
    assert {record.id for record in mine} < {record.id for record in kept}
    assert revoked not in kept


def test_a_file_that_is_none_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "keys.json").write_text('{"a": 1}')
    with pytest.raises(BadKey, match=r"keys\.json"):
        KeyFile(tmp_path / "keys.json").records()


@pytest.mark.parametrize("project", ["", "a b", "ä", "x" * 65, "a/b", "a.b.c d"])
def test_a_project_is_a_plain_name(tmp_path: Path, project: str) -> None:
    with pytest.raises(BadKey):
        KeyFile(tmp_path / "keys.json").create(project)
    assert not (tmp_path / "keys.json").exists()


def test_keys_of_the_setting() -> None:
    assert record_of_setting("project-a.b").access == "all"
    limited = record_of_setting("project-a.b:read")
    assert (limited.project, limited.access) == ("a", "read")
    assert find_key("project-a.b", [limited]) == limited
    assert find_key("project-a.b:read", [limited]) is None
    assert project_of_key("project-a") == "a"
