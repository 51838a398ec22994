"""Logs of programs that were run against a server whose answers are known (`truth.json`), imported and asked for by HTTP."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from llm_tracer_service.reading.pricing import PriceBook
from tests.cli.conftest import Served, serving
from tests.session_logs.reading import FIXTURES


class Imported:
    """A Tracer API with the logs of a program in it, after two imports."""

    def __init__(self, served: Served, logs: Path) -> None:
        self._url = served.url
        self.truth: dict[str, int] = json.loads((logs / "truth.json").read_bytes())
        said = served.run("import", str(logs))
        assert said.exit_code == 0, said.output
        before = self.stats()
        assert served.run("import", str(logs)).exit_code == 0
        assert self.stats() == before

    def get(self, path: str) -> Any:
        with urlopen(self._url + path, timeout=30) as answer:
            return json.load(answer)

    def stats(self) -> Any:
        return self.get("/api/stats?from=2026-11-01&to=2026-12-31")["totals"]

    def traces(self) -> list[dict[str, Any]]:
        """All traces, earliest first."""
        return list(reversed(self.get("/api/traces?from=2026-11-01&to=2026-12-31&limit=100")["traces"]))

    def spans(self, asked: str) -> list[dict[str, Any]]:
        """The spans of the trace that was asked this."""
        (trace,) = (trace for trace in self.traces() if trace["input_preview"] == asked)
        spans = self.get(f"/api/traces/{trace['trace_id']}")["spans"]
        return [{**span, "trace_id": trace["trace_id"]} for span in spans]

    def detail(self, span: dict[str, Any]) -> Any:
        """All of a span."""
        return self.get(f"/api/traces/{span['trace_id']}/spans/{span['span_id']}")


@pytest.fixture(scope="module")
def claude_code() -> Iterator[Imported]:
    with serving(PriceBook()) as served:
        yield Imported(served, FIXTURES / "claude_code")


@pytest.fixture(scope="module")
def codex() -> Iterator[Imported]:
    with serving(PriceBook()) as served:
        yield Imported(served, FIXTURES / "codex")


@pytest.fixture(scope="module")
def gemini_cli() -> Iterator[Imported]:
    with serving(PriceBook()) as served:
        yield Imported(served, FIXTURES / "gemini_cli")


@pytest.fixture(scope="module")
def qwen_code() -> Iterator[Imported]:
    with serving(PriceBook()) as served:
        yield Imported(served, FIXTURES / "qwen_code")


@pytest.fixture(scope="module")
def opencode() -> Iterator[Imported]:
    with serving(PriceBook()) as served:
        yield Imported(served, FIXTURES / "opencode")


class TestClaudeCode:
    def test_totals_are_those_of_the_server(self, claude_code: Imported) -> None:
        truth, stats = claude_code.truth, claude_code.stats()
        given = truth["fresh"] + truth["read"] + truth["w5"] + truth["w1h"]
        usage = stats["usage"]
        assert (usage["input"], usage["output"], usage["cache_read"]) == (given, truth["out"], truth["read"])
        assert (usage["cache_write_5m"], usage["cache_write_1h"]) == (truth["w5"], truth["w1h"])
        # One request was refused: a call that cost nothing.
        assert stats["llm_calls"] == truth["calls"] + 1
        dollars = sum(trace["cost"]["total"] for trace in claude_code.traces() if trace["cost"])
        per_million = {"fresh": 5, "read": 0.5, "w5": 6.25, "w1h": 10, "out": 25}
        assert dollars == pytest.approx(sum(truth[part] * price / 1e6 for part, price in per_million.items()))

    def test_every_prompt_is_a_trace_and_a_fork_repeats_none(self, claude_code: Imported) -> None:
        asked = [trace["input_preview"] for trace in claude_code.traces()]
        assert asked == [
            "PLAY tools: fix the test", "PLAY agent: how long is it?", "PLAY missing: read it", "/compact", "PLAY again: and now?",
            "PLAY twins: fork", "PLAY retry: works?", "PLAY bad: fails?", "PLAY slow: wait", "PLAY refused: clean up",
            "PLAY retry: works?", "PLAY slow: wait", "!ls", "PLAY hello: hi",
        ]  # fmt: skip
        sessions = claude_code.get("/api/sessions?from=2026-11-01&to=2026-12-31")["sessions"]
        assert sorted(session["turn_count"] for session in sessions) == [1, 1, 1, 1, 1, 4, 5]
        assert not any(trace["status"] == "running" for trace in claude_code.traces())

    def test_a_compaction_has_its_summary_and_the_next_call_is_given_it(self, claude_code: Imported) -> None:
        (compaction,) = (span for span in claude_code.spans("/compact") if span["name"] == "compaction")
        call = next(span for span in claude_code.spans("PLAY again: and now?") if span["kind"] == "llm")
        summary = claude_code.detail(compaction)["output_raw"]
        assert summary.startswith("This session is being continued")
        assert summary in [part["content"] for part in claude_code.detail(call)["system"]]

    def test_tools_have_what_they_were_given_and_answered(self, claude_code: Imported) -> None:
        spans = claude_code.spans("PLAY tools: fix the test")
        tools = [(span["name"], span["status"]) for span in spans if span["kind"] == "tool"]
        assert tools == [("Read", "unset"), ("Bash", "error"), ("Bash", "unset"), ("Edit", "unset")]

    def test_a_call_says_that_its_input_is_only_what_is_new(self, claude_code: Imported) -> None:
        last = [span for span in claude_code.spans("PLAY missing: read it") if span["kind"] == "llm"][-1]
        detail = claude_code.detail(last)
        assert detail["provenance"]["input_messages"] == "llm_tracer.input.new_messages"
        assert detail["delta"] is None
        assert [note["code"] for note in detail["notes"]] == ["reading"]

    def test_sub_agents_lie_below_the_calls_that_started_them(self, claude_code: Imported) -> None:
        spans = {span["span_id"]: span for span in claude_code.spans("PLAY twins: fork")}
        agents = [span for span in spans.values() if span["name"] == "general-purpose"]
        assert [spans[agent["parent_span_id"]]["name"] for agent in agents] == ["Agent", "Agent"]

    def test_what_went_wrong_is_found_by_its_type(self, claude_code: Imported) -> None:
        errors = claude_code.get("/api/errors?from=2026-11-01&to=2026-12-31")["errors"]
        count = Counter({(error["type"], error["name"]): error["count"] for error in errors})
        assert count == {
            ("400", "chat"): 1, ("tool_error", "Bash"): 1, ("tool_error", "Read"): 1, ("hook_refused", "Bash"): 1,
            ("rejected", "Bash"): 2, ("interrupted", "interrupted by user"): 2,
        }  # fmt: skip


class TestCodex:
    def test_totals_are_those_of_the_server(self, codex: Imported) -> None:
        truth, stats = codex.truth, codex.stats()
        usage = stats["usage"]
        assert (usage["input"], usage["cache_read"]) == (truth["fresh"] + truth["read"], truth["read"])
        assert (usage["output"], usage["reasoning"]) == (truth["out"], truth["think"])
        # One request was refused: a call that cost nothing.
        assert stats["llm_calls"] == truth["calls"] + 1
        dollars = sum(trace["cost"]["total"] for trace in codex.traces() if trace["cost"])
        per_million = {"fresh": 1.75, "read": 0.175, "out": 14}
        assert dollars == pytest.approx(sum(truth[part] * price / 1e6 for part, price in per_million.items()))

    def test_every_prompt_is_a_trace_of_its_session(self, codex: Imported) -> None:
        asked = [trace["input_preview"] for trace in codex.traces()]
        assert sorted(asked) == [
            "PLAY again: and now?", "PLAY agent: count", "PLAY bad: fails?", "PLAY missing: once more", "PLAY missing: read it",
            "PLAY retry: works?", "PLAY slow: wait", "PLAY tools: fix the test",
        ]  # fmt: skip
        sessions = codex.get("/api/sessions?from=2026-11-01&to=2026-12-31")["sessions"]
        assert sorted(session["turn_count"] for session in sessions) == [1, 1, 1, 5]
        assert not any(trace["status"] == "running" for trace in codex.traces())

    def test_a_sub_agent_lies_below_the_call_that_started_it_in_another_log(self, codex: Imported) -> None:
        spans = {span["span_id"]: span for span in codex.spans("PLAY agent: count")}
        (agent,) = (span for span in spans.values() if span["name"] == "Poincare")
        assert spans[agent["parent_span_id"]]["name"] == "multi_agent_v1.spawn_agent"

    def test_what_went_wrong_is_found_by_its_type(self, codex: Imported) -> None:
        errors = codex.get("/api/errors?from=2026-11-01&to=2026-12-31")["errors"]
        count: Counter[str] = Counter()
        for error in errors:
            count[error["type"]] += error["count"]
        assert count == {"tool_error": 3, "interrupted": 4, "invalid_request_error": 1}

    def test_a_compaction_has_its_summary(self, codex: Imported) -> None:
        assert "compaction" in [span["name"] for span in codex.spans("PLAY missing: once more")]


class TestGeminiCli:
    def test_totals_are_those_of_the_server(self, gemini_cli: Imported) -> None:
        truth, stats = gemini_cli.truth, gemini_cli.stats()
        usage = stats["usage"]
        assert (usage["input"], usage["cache_read"]) == (truth["fresh"] + truth["read"], truth["read"])
        assert (usage["output"], usage["reasoning"]) == (truth["out"] + truth["think"], truth["think"])
        assert (stats["llm_calls"], stats["spans"]) == (
            truth["calls"],
            5 + truth["calls"] + stats["tool_calls"] + 1,
        )
        dollars = sum(trace["cost"]["total"] for trace in gemini_cli.traces())
        per_million = {"fresh": 1.25, "read": 0.125, "out": 10, "think": 10}
        assert dollars == pytest.approx(sum(truth[part] * price / 1e6 for part, price in per_million.items()))

    def test_every_prompt_is_a_trace_also_of_a_session_that_was_resumed(self, gemini_cli: Imported) -> None:
        asked = [trace["input_preview"] for trace in gemini_cli.traces()]
        assert asked == [
            "PLAY tools: fix the test", "PLAY missing: read it", "PLAY agent: count", "PLAY retry: works?", "PLAY slow: wait",
        ]  # fmt: skip
        sessions = gemini_cli.get("/api/sessions?from=2026-11-01&to=2026-12-31")["sessions"]
        assert sorted(session["turn_count"] for session in sessions) == [1, 1, 3]

    def test_tools_and_sub_agents(self, gemini_cli: Imported) -> None:
        spans = gemini_cli.spans("PLAY tools: fix the test")
        tools = [(span["name"], span["status"]) for span in spans if span["kind"] == "tool"]
        assert sorted(tools) == [
            ("read_file", "unset"), ("replace", "unset"), ("run_shell_command", "error"), ("run_shell_command", "unset"),
        ]  # fmt: skip
        by_id = {span["span_id"]: span for span in gemini_cli.spans("PLAY agent: count")}
        (agent,) = (span for span in by_id.values() if span["name"] == "generalist")
        assert by_id[agent["parent_span_id"]]["name"] == "invoke_agent"


class TestQwenCode:
    def test_totals_are_those_of_the_server(self, qwen_code: Imported) -> None:
        truth, stats = qwen_code.truth, qwen_code.stats()
        usage = stats["usage"]
        assert (usage["input"], usage["cache_read"]) == (truth["fresh"] + truth["read"], truth["read"])
        assert (usage["output"], usage["reasoning"]) == (truth["out"] + truth["think"], truth["think"])
        # One request was refused and one interrupted: calls that cost nothing.
        assert stats["llm_calls"] == truth["calls"] + 2

    def test_every_prompt_is_a_trace_also_of_a_session_that_was_resumed(self, qwen_code: Imported) -> None:
        asked = [trace["input_preview"] for trace in qwen_code.traces()]
        assert asked == [
            "PLAY tools: fix the test", "PLAY missing: read it", "PLAY agent: count", "PLAY again: and now?", "PLAY bad: fails?",
            "PLAY slow: wait", "PLAY slow: and again",
        ]  # fmt: skip
        sessions = qwen_code.get("/api/sessions?from=2026-11-01&to=2026-12-31")["sessions"]
        assert sorted(session["turn_count"] for session in sessions) == [1, 1, 1, 4]
        assert not any(trace["status"] == "running" for trace in qwen_code.traces())

    def test_tools_and_sub_agents(self, qwen_code: Imported) -> None:
        spans = qwen_code.spans("PLAY tools: fix the test")
        tools = [(span["name"], span["status"]) for span in spans if span["kind"] == "tool"]
        assert tools == [
            ("read_file", "unset"), ("run_shell_command", "error"), ("run_shell_command", "unset"), ("edit", "unset"),
        ]  # fmt: skip
        by_id = {span["span_id"]: span for span in qwen_code.spans("PLAY agent: count")}
        (agent,) = (span for span in by_id.values() if span["name"] == "general-purpose")
        assert by_id[agent["parent_span_id"]]["name"] == "agent"
        inside = [span["name"] for span in by_id.values() if span["parent_span_id"] == agent["span_id"]]
        assert sorted(inside) == ["chat qwen3-coder-plus", "chat qwen3-coder-plus", "run_shell_command"]

    def test_a_compaction_has_its_summary_and_the_next_call_is_given_it(self, qwen_code: Imported) -> None:
        spans = qwen_code.spans("PLAY again: and now?")
        (compaction,) = (span for span in spans if span["name"] == "compaction")
        assert qwen_code.detail(compaction)["output_raw"] == "Hello."
        calls = [qwen_code.detail(span) for span in spans if span["kind"] == "llm"]
        assert [[part["content"] for part in call["system"]] for call in calls if call["system"]] == [
            ["Hello."]
        ]

    def test_what_went_wrong_is_found_by_its_type(self, qwen_code: Imported) -> None:
        errors = qwen_code.get("/api/errors?from=2026-11-01&to=2026-12-31")["errors"]
        count: Counter[str] = Counter()
        for error in errors:
            count[error["type"]] += error["count"]
        assert count == {"tool_error": 2, "400": 1, "interrupted": 1}


class TestOpencode:
    def test_totals_are_those_of_the_server(self, opencode: Imported) -> None:
        truth, stats = opencode.truth, opencode.stats()
        usage = stats["usage"]
        assert (usage["input"], usage["cache_read"]) == (truth["fresh"] + truth["read"], truth["read"])
        assert (usage["output"], usage["reasoning"]) == (truth["out"] + truth["think"], truth["think"])
        # One request was refused: a call that cost nothing. Of one that was interrupted there is no word.
        assert stats["llm_calls"] == truth["calls"] + 1

    def test_every_prompt_is_a_trace_also_of_a_session_that_was_resumed(self, opencode: Imported) -> None:
        asked = [trace["input_preview"] for trace in opencode.traces()]
        assert asked == [
            "PLAY tools: fix the test", "PLAY missing: read it", "PLAY agent: count", "PLAY again: and now?",
            "PLAY bad: fails?", "PLAY slow: wait",
        ]  # fmt: skip
        sessions = opencode.get("/api/sessions?from=2026-11-01&to=2026-12-31")["sessions"]
        assert sorted(session["turn_count"] for session in sessions) == [1, 1, 4]

    def test_tools_and_sub_agents(self, opencode: Imported) -> None:
        spans = opencode.spans("PLAY tools: fix the test")
        tools = [(span["name"], span["status"]) for span in spans if span["kind"] == "tool"]
        assert tools == [("read", "unset"), ("bash", "error"), ("bash", "unset"), ("edit", "unset")]
        by_id = {span["span_id"]: span for span in opencode.spans("PLAY agent: count")}
        (agent,) = (span for span in by_id.values() if span["name"] == "general")
        assert by_id[agent["parent_span_id"]]["name"] == "task"
        inside = [span["kind"] for span in by_id.values() if span["parent_span_id"] == agent["span_id"]]
        assert inside == ["llm", "tool", "llm"]

    def test_a_call_is_given_what_its_tools_answered(self, opencode: Imported) -> None:
        last = [span for span in opencode.spans("PLAY missing: read it") if span["kind"] == "llm"][-1]
        (given,) = opencode.detail(last)["input_messages"]
        assert [part["type"] for part in given["parts"]] == ["tool_result"]
        assert "File not found" in json.dumps(given)
