"""The SDKs of other products, unmodified, against the real service. Bodies of heavier ones: service/tests/receiving/peers."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import httpx
from node import install_node_packages
from reading import all_traces
from running import Running
from waiting import PATIENCE_S, until

LANGFUSE = """
import { Langfuse } from "langfuse";

const langfuse = new Langfuse({ publicKey: "pk-lf-1", secretKey: "sk-lf-1", baseUrl: process.argv[2], release: "1.2" });
langfuse.on("error", (fault) => console.error(fault));
const trace = langfuse.trace({ name: "support", userId: "ada", sessionId: "chat-7", tags: ["beta"], input: "capital?" });
const search = trace.span({ name: "search", input: "capital" });
const call = search.generation({ name: "chat", model: "gpt-4o-mini", input: [{ role: "user", content: "capital?" }] });
await langfuse.flushAsync(); // what is still open is seen
call.end({ output: { role: "assistant", content: "Paris." }, usage: { promptTokens: 24, completionTokens: 2 } });
search.end({ level: "ERROR", statusMessage: "half of it" });
trace.score({ name: "helpful", value: 1, comment: "solved it" });
trace.update({ output: "It is Paris." });
await langfuse.shutdownAsync();
"""


def test_langfuse_for_javascript(service: Running, api: httpx.Client, tmp_path: Path) -> None:
    packages = {"private": True, "type": "module", "dependencies": {"langfuse": "3.39.2"}}
    (tmp_path / "package.json").write_text(json.dumps(packages))
    node = install_node_packages(tmp_path)
    (tmp_path / "program.mjs").write_text(LANGFUSE)
    ended = subprocess.run(
        [node, "program.mjs", service.url],
        cwd=tmp_path, capture_output=True, text=True, timeout=PATIENCE_S, check=False,
    )  # fmt: skip
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")
    (trace,) = until(lambda: all_traces(api))
    assert (trace["name"], trace["status"], trace["span_count"], trace["open_count"]) == (
        "support",
        "error",
        3,
        0,
    )
    assert (trace["user_id"], trace["session_id"], trace["tags"], trace["release"]) == (
        "ada",
        "chat-7",
        ["beta"],
        "1.2",
    )
    assert (trace["usage"]["input"], trace["usage"]["output"], trace["models"]) == (24, 2, ["gpt-4o-mini"])
    assert (trace["input_preview"], trace["output_preview"]) == ("capital?", "It is Paris.")
    assert [(score["name"], score["value"], score["explanation"]) for score in trace["scores"]] == [
        ("helpful", 1, "solved it")
    ]
    assert trace["error"]["message"] == "half of it"
