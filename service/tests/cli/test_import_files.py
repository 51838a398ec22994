"""`llm-tracer import` of session logs: folders, faults in them, and logs that are still being written."""

from __future__ import annotations

import gzip
import json
import shutil
import urllib.request
from pathlib import Path

import pytest
from tests.cli.conftest import Served
from tests.session_logs.reading import FIXTURES

PROJECT = FIXTURES / "claude_code" / "-home-dev-project"
FORKED = "8bf07a52-2b6b-4865-b79c-e3a79cc4f1d9.jsonl"
FORK = "cd82e04f-6f65-4822-9874-709737cebaae.jsonl"


def span_count(served: Served) -> int:
    with urllib.request.urlopen(f"{served.url}/api/stats", timeout=30) as answer:
        return int(json.load(answer)["totals"]["spans"])


def test_a_log_brings_its_sub_agents_and_may_be_compressed_or_piped(empty: Served, tmp_path: Path) -> None:
    log = (PROJECT / FORKED).read_bytes()
    (tmp_path / "log.gz").write_bytes(gzip.compress(log))
    assert empty.run("import", str(tmp_path / "log.gz")).exit_code == 0
    alone = span_count(empty)
    assert empty.run("import", "-", stdin=log.decode()).exit_code == 0
    assert span_count(empty) == alone
    assert empty.run("import", str(PROJECT / FORKED)).exit_code == 0
    assert span_count(empty) == alone + 4


def test_a_folder_is_told_in_one_line(empty: Served) -> None:
    done = empty.run("import", str(FIXTURES / "gemini_cli"))
    assert done.output.splitlines() == [
        f"{FIXTURES / 'gemini_cli'}: 28 spans of 3 session logs imported; 1 other file left alone."
    ]


def test_faults_are_named_and_the_rest_goes_on(empty: Served, tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    lines = (PROJECT / FORK).read_bytes().splitlines(keepends=True)
    log.write_bytes(b"".join([*lines[:5], b'{"type": "user"}\n', *lines[5:], b'{"type": "us']))
    done = empty.run("import", str(log))
    assert done.exit_code == 1
    assert (
        f"{log}, line 6: This is not a record of Claude Code: it has no uuid or no timestamp." in done.output
    )
    assert f"{log}, line {len(lines) + 2} is incomplete: a later import will pick it up." in done.output
    assert "1 line could not be read; the others were imported." in done.output
    assert span_count(empty) > 5


def test_a_log_that_grew_adds_what_is_new(empty: Served, tmp_path: Path) -> None:
    log = tmp_path / FORKED
    lines = (PROJECT / FORKED).read_bytes().splitlines(keepends=True)
    log.write_bytes(b"".join(lines[:13]))
    assert empty.run("import", str(log)).exit_code == 0
    assert "running" in empty.run("ls", "--json").output
    shutil.copy(PROJECT / FORKED, log)
    assert empty.run("import", str(log)).exit_code == 0
    assert "running" not in empty.run("ls", "--json").output


@pytest.mark.parametrize("name", ["notes.txt", None])
def test_a_folder_without_logs_says_so(empty: Served, tmp_path: Path, name: str | None) -> None:
    if name:
        (tmp_path / name).write_text("hello\n")
    done = empty.run("import", str(tmp_path))
    assert done.exit_code == 1
    assert f"No session logs were found in {tmp_path}." in done.output
    assert ("1 other file left alone" in done.output) == bool(name)
