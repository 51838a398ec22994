"""Programs that carry LangSmith's client, with its variables and no code of ours: what they did is here, whole."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import httpx
from node import install_node_packages
from running import Running
from waiting import PATIENCE_S

from instrumented.provider import ANSWER, CACHED_TOKENS, INPUT_TOKENS, OUTPUT_TOKENS, Provider
from instrumented.running_programs import HERE, run, traces, tree

JAVASCRIPT = """
import { Client } from "langsmith";
import { traceable } from "langsmith/traceable";

const client = new Client();
const search = traceable(async () => { throw new TypeError("no such city"); }, { name: "search", run_type: "tool", client });
const model = traceable(
  async () => ({ role: "assistant", content: "Yes.", usage_metadata: { input_tokens: 12, output_tokens: 3, total_tokens: 15 } }),
  { name: "model", run_type: "llm", client, metadata: { ls_provider: "openai", ls_model_name: "gpt-4o-mini" } },
);
const answer = traceable(async (question) => {
  await search("Atlantis").catch(() => {});
  return (await model([{ role: "user", content: question }])).content;
}, { name: "answer", client, metadata: { thread_id: "chat-8" } });
console.log(await answer("Umbrella?"));
await client.awaitPendingTraceBatches();
"""


def variables(service: Running) -> dict[str, str]:
    return {"LANGSMITH_TRACING": "true", "LANGSMITH_ENDPOINT": service.url, "LANGSMITH_API_KEY": "any", "LANGSMITH_PROJECT": "weather"}  # fmt: skip


def test_langgraph_in_python(service: Running, api: httpx.Client, provider: Provider) -> None:
    program = str(HERE / "programs" / "langsmith_client.py")
    assert run([program], service, provider.url, **variables(service)) == f"{ANSWER}\n"
    found = {trace["name"]: trace for trace in traces(api, lambda found: len(found) == 2)}
    assert found["goes on"]["status"] == "running"
    trace = found["request"]
    model = ("model", [("ChatOpenAI", []), ("tools_condition", [])])
    assert tree(api, trace) == [
        ("request", [("broken", []), ("agent", [model, ("tools", [("forecast", [])]), model])]),
    ]  # fmt: skip
    assert (trace["status"], trace["error_count"], trace["error"]["message"]) == (
        "ok",
        1,
        "no such city: Atlantis",
    )
    usage = trace["usage"]["input"], trace["usage"]["cache_read"], trace["usage"]["output"]
    assert usage == (2 * INPUT_TOKENS, 2 * CACHED_TOKENS, 2 * OUTPUT_TOKENS)
    assert trace["cost"]["total"] > 0
    assert (trace["session_id"], trace["user_id"], trace["services"]) == ("chat-9", "bob", ["weather"])
    assert "prod" in trace["tags"]
    assert [(score["name"], score["value"]) for score in trace["scores"]] == [("helpful", 0.5)]


def test_javascript(service: Running, api: httpx.Client, tmp_path: Path) -> None:
    (tmp_path / "package.json").write_text(
        json.dumps({"private": True, "dependencies": {"langsmith": "0.12.0"}})
    )
    node = install_node_packages(tmp_path)
    (tmp_path / "program.mjs").write_text(JAVASCRIPT)
    ended = subprocess.run(
        [node, "program.mjs"], cwd=tmp_path, env={"PATH": "/usr/bin:/bin", **variables(service)},
        capture_output=True, text=True, timeout=PATIENCE_S, check=False,
    )  # fmt: skip
    assert (ended.stdout, ended.stderr) == ("Yes.\n", "")
    (trace,) = traces(api, lambda found: len(found) == 1 and found[0]["status"] != "running")
    assert tree(api, trace) == [("answer", [("search", []), ("model", [])])]
    assert (trace["usage"]["input"], trace["usage"]["output"], trace["session_id"]) == (12, 3, "chat-8")
    assert trace["error"]["type"] == "TypeError"
