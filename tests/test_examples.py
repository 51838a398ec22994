"""Every example runs as its comment says, against a real service, and its trace is what the example tells."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
from node import install_node_packages
from running import Running, environment_of
from waiting import PATIENCE_S, until

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"


def run(command: list[str], service: Running, folder: Path = EXAMPLES) -> str:
    ended = subprocess.run(
        command,
        cwd=folder,
        env={**environment_of(service), "OTEL_EXPORTER_OTLP_ENDPOINT": service.url},
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (0, ""), ended.stdout + ended.stderr
    return ended.stdout


@pytest.fixture(autouse=True)
def _prices_are_loaded(api: httpx.Client) -> None:
    """The first priced call loads the price list, which on a busy machine outlasts the end of a short program."""
    span = {
        "trace_id": "1" * 32, "span_id": "2" * 16, "name": "warm", "kind": "llm",
        "start_time_unix_nano": 1, "end_time_unix_nano": 2,
        "attributes": {"gen_ai.request.model": "gpt-4o-mini", "gen_ai.usage.input_tokens": 1},
    }  # fmt: skip
    api.post("/api/spans", json={"spans": [span]}, headers={"X-API-Key": "project-warm"}).raise_for_status()


def only_trace(api: httpx.Client) -> dict[str, Any]:
    (trace,) = until(lambda: api.get("/api/traces").raise_for_status().json()["traces"])
    assert isinstance(trace, dict)
    return trace


def figures(trace: dict[str, Any]) -> tuple[str, str, dict[str, int], tuple[int, int]]:
    return trace["name"], trace["status"], trace["kinds"], (trace["usage"]["input"], trace["usage"]["output"])


def test_quickstart(service: Running, api: httpx.Client) -> None:
    assert "Paris" in run([sys.executable, "quickstart.py"], service)
    trace = only_trace(api)
    assert figures(trace) == ("answer", "ok", {"llm": 1, "other": 1, "retriever": 1}, (31, 12))
    assert trace["cost"]["complete"]


def test_opentelemetry(service: Running, api: httpx.Client) -> None:
    assert "umbrella" not in run([sys.executable, "opentelemetry_app.py"], service)
    trace = only_trace(api)
    assert figures(trace) == ("weather", "ok", {"agent": 1, "llm": 2, "tool": 1}, (192, 28))
    assert (trace["session_id"], trace["user_id"]) == ("bergen-1", "alice")
    assert trace["output_preview"] == "Yes: 11 mm of rain and a fresh breeze."


def test_openinference(service: Running, api: httpx.Client) -> None:
    run([sys.executable, "openinference_app.py"], service)
    trace = only_trace(api)
    assert figures(trace) == ("answer", "ok", {"chain": 1, "llm": 1, "retriever": 1}, (58, 17))
    spans = api.get(f"/api/traces/{trace['trace_id']}").json()["spans"]
    (retriever,) = (span for span in spans if span["kind"] == "retriever")
    content = api.get(f"/api/traces/{trace['trace_id']}/spans/{retriever['span_id']}").json()
    assert [document["score"] for document in content["documents"]] == [0.91, 0.78]


def test_curl(service: Running, api: httpx.Client) -> None:
    run(["sh", "curl.sh"], service)
    trace = only_trace(api)
    assert trace["name"] == "nightly-summary"
    assert trace["status"] == "ok"
    assert (trace["usage"]["input"], trace["usage"]["output"]) == (912, 7)
    assert trace["tags"] == ["cron"]


def test_vercel_ai_sdk(service: Running, api: httpx.Client, tmp_path: Path) -> None:
    folder = tmp_path / "example"
    shutil.copytree(EXAMPLES / "vercel-ai-sdk", folder, ignore=shutil.ignore_patterns("node_modules"))
    node = install_node_packages(folder)
    assert run([node, "main.mjs"], service, folder).startswith("Order A-1042")
    trace = only_trace(api)
    name, kinds = "order-support: ai.streamText", {"chain": 1, "llm": 2, "tool": 1}
    assert figures(trace) == (name, "ok", kinds, (227, 32)), (
        "the outer span repeats its steps and counts once"
    )
    assert (trace["session_id"], trace["user_id"], trace["tags"]) == ("chat-7", "alice", ["example"])
