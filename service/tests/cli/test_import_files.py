"""`llm-tracer import` of session logs: folders, faults in them, and logs that are still being written."""

from __future__ import annotations

import gzip
import json
import os
import re
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


def test_only_what_was_asked_since_a_time_is_imported(empty: Served, tmp_path: Path) -> None:
    folder = tmp_path / "logs"
    shutil.copytree(FIXTURES / "qwen_code", folder)
    whole = span_count_of(empty, folder)
    assert 0 < span_count_of(empty, folder, "--since", "2026-11-27T14:11:50Z") < whole
    for file in folder.rglob("*"):
        os.utime(file, (1_700_000_000, 1_700_000_000))
    done = empty.run("import", "--from", "2026-11-27", str(folder))
    assert "0 spans of 0 session logs imported" in done.output
    assert "; 5 files not changed since then." in done.output
    wrong = empty.run("import", "--since", "7d", str(folder))
    assert wrong.exit_code == 2
    assert "'7d' is not a time: expected RFC 3339" in wrong.output
    spans = tmp_path / "spans.jsonl"
    spans.write_text("{}\n")
    assert (
        "is not a session log: --from is for these only."
        in empty.run("import", "--from", "-7d", str(spans)).output
    )


def span_count_of(served: Served, folder: Path, *options: str) -> int:
    """How many spans an import of a folder sent."""
    done = served.run("import", *options, str(folder))
    assert done.exit_code == 0, done.output
    return int(re.findall(r": (\d+) spans of", done.output)[0])


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
