"""Whose log a file is, and what of a folder is taken."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from llm_tracer_service.session_logs import claude_code, codex, gemini_cli
from llm_tracer_service.session_logs.files import Program, logs_below, recognised
from tests.session_logs.reading import FIXTURES

STATE = b'{"type":"queue-operation","sessionId":"s"}\n'


@pytest.mark.parametrize(
    ("folder", "program"), [("claude_code", claude_code), ("codex", codex), ("gemini_cli", gemini_cli)]
)
def test_the_content_tells(folder: str, program: Program) -> None:
    for path in FIXTURES.joinpath(folder).rglob("*.jsonl"):
        lines = path.read_bytes().splitlines(keepends=True)
        found = recognised(lines)
        assert (found.program, list(found.lines)) == (program, lines)


@pytest.mark.parametrize(
    "line",
    [b"", b"hello\n", b"\xff\n", b"[1]\n", b'{"resourceSpans": []}\n', STATE,
     b'{"uuid":"u","parentUuid":null,"sessionId":"s","timestamp":"2026-11-23T12:00:00Z","type":"user","message":{"parts":[]}}\n'],
)  # fmt: skip
def test_other_files_are_none(line: bytes) -> None:
    assert recognised([line]).program is None


def test_a_document_over_many_lines_is_one() -> None:
    head = {"sessionId": "s", "projectHash": "p", "startTime": "2025-11-23T12:00:00Z", "messages": []}
    found = recognised(json.dumps(head, indent=2).encode().splitlines(keepends=True))
    assert (found.program, found.begins) == (gemini_cli, b"2025-11-23T12:00:00Z")


def test_a_folder_is_taken_by_beginning_and_sub_agents_come_with_their_session(tmp_path: Path) -> None:
    def log(name: str, second: int, session: str) -> None:
        record = {
            "uuid": name,
            "sessionId": session,
            "isSidechain": "agent" in name,
            "timestamp": f"2026-11-23T12:00:{second:02}Z",
        }
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(json.dumps(record) + "\n")

    log("b.jsonl", 1, "b")
    log("a.jsonl", 2, "a")
    log("a/subagents/agent-1.jsonl", 3, "a")
    log("agent-2.jsonl", 4, "a")
    log("agent-3.jsonl", 5, "gone")
    (tmp_path / "big.bin").write_bytes(b"\0")
    (tmp_path / "meta.json").write_text("{}")
    found = logs_below(tmp_path, lambda path: path.open("rb"))
    assert [path.name for path in found.logs] == ["b.jsonl", "a.jsonl", "agent-3.jsonl"]
    assert found.others == 2
    names = [path.name for path in claude_code.companions(tmp_path / "a.jsonl")]
    assert names == ["agent-1.jsonl", "agent-2.jsonl"]
