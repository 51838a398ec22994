"""`llm-tracer ingest`, as a person runs it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from app_helpers import packaged_reader
from click.testing import CliRunner, Result
from llm_tracer_service.cli import main
from llm_tracer_service.store import open_store
from llm_tracer_service.store.outcomes import Outcome, RefusedSpan

START = 1_790_000_000_000_000_000


def run(path: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["ingest", "--store", f"sqlite:{path}", *arguments])


def test_it_is_read_beside_a_store_in_use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    path = tmp_path / "traces.db"
    store = open_store(f"sqlite:{path}", packaged_reader())
    refused = Outcome(
        START, "/v1/traces", 200, "agent/1", "otel-genai", 9, 0, {"no id": 1}, 800, 2.5, 4,
        (RefusedSpan(3, "$.spans[3]", "no id"),), ("house.colour", "\x07\rbell"), note="It looks like seconds.",
    )  # fmt: skip
    store.keep_outcomes(
        {"dev": [refused, Outcome(START, "/api/spans", 503, refused={"The disk is full.": 2})]}
    )
    shown = run(path)
    assert shown.exit_code == 0
    assert shown.stdout.splitlines() == [
        "time (UTC)           code  spans  bytes    took  what sent them",
        "2026-09-21 14:13:20  200       9    800  2.5 ms  otel-genai /v1/traces agent/1",
        "    refused 1: no id",
        "    span 3 ($.spans[3])",
        "    It looks like seconds.",
        "    lost before it was sent: 4 spans",
        "2026-09-21 14:13:20  503       0      0    0 ms  /api/spans",
        "    refused 2: The disk is full.",
        "",
        "sender                       requests  failed  spans  refused  lost  bytes  since (UTC)",
        "otel-genai /v1/traces agent         1       0      9        1     4    800  2026-09-21",
        "/api/spans                          1       1      0        2     0      0  2026-09-21",
        "",
        "Keys that are in no table: house.colour,  bell",
    ]
    monkeypatch.setenv("COLUMNS", "80")
    fitted = run(path).stdout.splitlines()
    assert (len(fitted), max(map(len, fitted)) <= 80) == (14, True)
    document = json.loads(run(path, "--json", "--limit", "1").stdout)
    assert [each["status"] for each in document["requests"]] == [503]
    assert run(path, "--project", "other").stdout == "Nothing arrived for project other.\n"
    store.close()
