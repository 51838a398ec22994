"""Our own SDK's vocabulary: a coding agent with sub-agents. Tools fail and a call is retried inside a run that is ok."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from llm_tracer_service.demo.authoring.coding_files import (
    ANSWER,
    DIFF,
    EDGE_TEST,
    FILES,
    FIX_ONE,
    FIX_TWO,
    GREEN_RUN,
    GREP,
    RED_RUN_ONE,
    RED_RUN_TWO,
    SUMMARY,
    TASK,
)
from llm_tracer_service.demo.authoring.models import HAIKU, SONNET, Model, think, usage_of
from llm_tracer_service.demo.authoring.recorder import ERROR, Recording, Scope, compact_json, document
from llm_tracer_service.demo.authoring.sdk import VERSION, sdk_resource

LEAD_SYSTEM = (
    "You are a coding agent in the repository kettle-cli. Work in small steps: find out, change one thing, run the tests. "
    "Hand searching to explore and judging to review. Never edit a test to make it pass."
)
EXPLORE_SYSTEM = "You search the repository and report facts with file and line. You do not propose changes."
REVIEW_SYSTEM = (
    "You review one diff. Name inputs that would still go wrong, or say that there are none. Be brief."
)

OVERLOADED = (
    "Error code: 529 - {'type': 'error', 'error': {'type': 'overloaded_error', 'message': 'Overloaded'}}"
)


class _Agent:
    """One agent of the run. Its messages grow, and every model call sends all of them."""

    def __init__(self, recording: Recording, name: str, model: Model, system: str, task: str) -> None:
        self.recording = recording
        self.name = name
        self.model = model
        self.messages: list[dict[str, Any]] = [
            {"role": "system", "parts": [{"type": "text", "content": system}]},
            {"role": "user", "parts": [{"type": "text", "content": task}]},
        ]
        self.task = task
        self._read_before = 0

    @contextmanager
    def run(self, **more: object) -> Iterator[Callable[[str], None]]:
        """The agent's span; call the yielded function with its answer."""
        attributes = {
            "llm_tracer.span.kind": "agent",
            "gen_ai.operation.name": "invoke_agent",
            "gen_ai.agent.name": self.name,
            **more,
            "input.value": self.task,
            "input.mime_type": "text/plain",
        }
        with self.recording.span(self.name, attributes) as span:

            def answer(text: str) -> None:
                span["output.value"] = text
                span["output.mime_type"] = "text/markdown"

            yield answer

    def _request(self) -> dict[str, Any]:
        return {
            "llm_tracer.span.kind": "llm",
            "gen_ai.operation.name": "chat",
            "gen_ai.request.model": self.model.requested,
            "gen_ai.provider.name": "anthropic",
            "gen_ai.request.max_tokens": 4096,
            "gen_ai.input.messages": compact_json(self.messages),
        }

    def overloaded(self) -> None:
        """A call that the provider refuses."""
        with self.recording.span("chat", self._request()) as span:
            self.recording.wait(310)
            span["error.type"] = "anthropic.InternalServerError"
            self.recording.fail(
                span,
                "anthropic.InternalServerError",
                OVERLOADED,
                "Traceback (most recent call last):\n"
                '  File "/app/agent/loop.py", line 88, in think\n'
                "    reply = await self.client.messages.create(**request)\n"
                f"anthropic.InternalServerError: {OVERLOADED}\n",
            )
            span.status_message = OVERLOADED
        self.recording.wait(1500)

    def say(self, text: str, *calls: tuple[str, dict[str, Any]]) -> list[str]:
        """A model call that is answered with text, tool calls or both; returns the ids of the tool calls."""
        parts: list[dict[str, Any]] = [{"type": "text", "content": text}] if text else []
        ids = [self.recording.identifier("toolu_", 22) for _ in calls]
        parts += [
            {"type": "tool_call", "id": id_, "name": name, "arguments": arguments}
            for id_, (name, arguments) in zip(ids, calls, strict=True)
        ]
        # What the call before sent is in the cache of the provider.
        usage = usage_of(self.messages, parts, cached=self._read_before if self._read_before > 1024 else 0)
        with self.recording.span("chat", self._request()) as span:
            first_ms = think(self.recording, self.model, usage)
            finish_reason = "tool_use" if calls else "end_turn"
            span["gen_ai.response.model"] = self.model.responded
            span["gen_ai.response.id"] = self.recording.identifier("msg_", 24)
            span["gen_ai.response.finish_reasons"] = [finish_reason]
            span["gen_ai.response.time_to_first_chunk"] = round(first_ms / 1000, 3)
            span["gen_ai.usage.input_tokens"] = usage.input
            span["gen_ai.usage.output_tokens"] = usage.output
            if usage.cached:
                span["gen_ai.usage.cache_read.input_tokens"] = usage.cached
            span["gen_ai.output.messages"] = compact_json([{"role": "assistant", "parts": parts}])
        self.messages.append({"role": "assistant", "parts": parts})
        self._read_before = usage.input
        self.recording.wait(4)
        return ids

    def tool(
        self, call_id: str, name: str, arguments: dict[str, Any], result: str, ms: float, *, error: str = ""
    ) -> None:
        """A tool call. `error` is the type of the exception that it raises; the model gets the result anyway."""
        with self.recording.span(
            name,
            {
                "llm_tracer.span.kind": "tool",
                "gen_ai.operation.name": "execute_tool",
                "gen_ai.tool.name": name,
                "gen_ai.tool.call.id": call_id,
                "input.value": compact_json(arguments),
                "input.mime_type": "application/json",
            },
        ) as span:
            self.recording.wait(ms)
            span["output.value"] = result
            span["output.mime_type"] = "text/plain"
            if error:
                message = result.splitlines()[-1]
                span["error.type"] = error
                self.recording.fail(span, error, message, f"{error}: {message}\n")
                span.status, span.status_message = ERROR, message
        self._answer(call_id, result)

    def _answer(self, call_id: str, result: str) -> None:
        self.messages.append(
            {"role": "tool", "parts": [{"type": "tool_call_response", "id": call_id, "response": result}]}
        )

    def use(
        self, text: str, name: str, arguments: dict[str, Any], result: str, ms: float, *, error: str = ""
    ) -> None:
        """The usual step: the model calls one tool, and the tool answers."""
        (call_id,) = self.say(text, (name, arguments))
        self.tool(call_id, name, arguments, result, ms, error=error)

    def compact(self, summary: str) -> None:
        """The conversation has become long: the model sums it up, and goes on with the summary instead."""
        attributes = {"llm_tracer.span.kind": "chain", "llm_tracer.messages": len(self.messages)}
        with self.recording.span("compact", attributes):
            self.messages.append(
                {
                    "role": "user",
                    "parts": [
                        {"type": "text", "content": "Sum up what you found, did and still have to do."}
                    ],
                }
            )
            self.say(summary)
        self.messages = [
            *self.messages[:2],
            {"role": "assistant", "parts": [{"type": "text", "content": summary}]},
        ]
        self._read_before = 0

    def hand_over(self, text: str, name: str, task: str, report: Callable[[], str]) -> None:
        """The model calls a sub-agent, which runs below this tool call."""
        (call_id,) = self.say(text, (name, {"task": task}))
        self._answer(call_id, report())


def _explore(recording: Recording) -> str:
    task = "Where is a duration text turned into seconds, who calls it, and what do the tests cover?"
    agent = _Agent(recording, "explore", HAIKU, EXPLORE_SYSTEM, task)
    report = (
        "- `src/kettle/timefmt.py:9` `parse_duration` does the work; it keeps only the *last* number (`seconds = …` "
        "inside the loop, line 16).\n"
        "- Callers: `src/kettle/cli.py:41` (`kettle boil --for`) and `src/kettle/schedule.py:27`.\n"
        "- `tests/test_timefmt.py` covers one unit each (`10s`, `5m`, `2h`), never two.\n"
        "- `docs/duration.md` does not exist, although `cli.py:38` names it."
    )
    with agent.run() as answer:
        ids = agent.say("", ("grep", {"pattern": "parse_duration|duration"}), ("list_files", {"folder": "."}))
        with recording.parallel() as lanes:
            with lanes.lane():
                agent.tool(ids[0], "grep", {"pattern": "parse_duration|duration"}, GREP, 61)
            with lanes.lane():
                agent.tool(ids[1], "list_files", {"folder": "."}, "\n".join(FILES), 12)
        paths = ["src/kettle/timefmt.py", "src/kettle/cli.py", "tests/test_timefmt.py"]
        ids = agent.say("Three files matter.", *(("read_file", {"path": path}) for path in paths))
        with recording.parallel() as lanes:
            for call_id, path in zip(ids, paths, strict=True):
                with lanes.lane():
                    agent.tool(call_id, "read_file", {"path": path}, FILES[path], 5)
        missing = "docs/duration.md"
        agent.use(
            "The help text points to a page; reading it.",
            "read_file",
            {"path": missing},
            f"FileNotFoundError: [Errno 2] No such file or directory: '{missing}'",
            2,
            error="FileNotFoundError",
        )
        agent.use(
            "Is it used anywhere else?",
            "read_file",
            {"path": "src/kettle/schedule.py"},
            FILES["src/kettle/schedule.py"],
            4,
        )
        agent.say(report)
        answer(report)
    return report


def _review(recording: Recording, diff: str, verdict: str, *, checks: list[tuple[str, str]]) -> str:
    agent = _Agent(
        recording, "review", HAIKU, REVIEW_SYSTEM, f"Review this diff of src/kettle/timefmt.py:\n\n{diff}"
    )
    with agent.run() as answer:
        for code, printed in checks:
            agent.use(
                "",
                "run_python",
                {"code": code},
                printed,
                88,
                error="ValueError" if "ValueError" in printed else "",
            )
        agent.say(verdict)
        answer(verdict)
    return verdict


def record() -> dict[str, Any]:
    """The document of this story."""
    recording = Recording(
        "coding", Scope("llm-tracer", VERSION), sdk_resource("coding-agent"), ended_before_s=33 * 60
    )
    lead = _Agent(recording, "coding-agent", SONNET, LEAD_SYSTEM, TASK)
    path = "src/kettle/timefmt.py"
    with lead.run(
        **{
            "session.id": "kettle-cli-issue-118",
            "user.id": "jonas",
            "tag.tags": ["issue-118", "beta"],
            "metadata": compact_json(
                {"repository": "kettle-cli", "branch": "fix/118-duration", "budget_usd": 0.5}
            ),
        }
    ) as answer:
        recording.wait(22)
        lead.hand_over(
            "First I need to know where this happens and what is tested.",
            "explore",
            "Where is a duration text turned into seconds, who calls it, and what do the tests cover?",
            lambda: _explore(recording),
        )
        lead.use(
            "Before I change anything: a test that shows the fault.",
            "append_to_file",
            {"path": "tests/test_timefmt.py", "text": EDGE_TEST},
            "added 6 lines",
            6,
        )
        lead.use("", "run_tests", {"path": "tests/test_timefmt.py"}, RED_RUN_ONE, 1240, error="TestsFailed")
        lead.use(
            "As expected: only the last part counts. The sum has to grow in the loop.",
            "edit_file",
            {
                "path": path,
                "old": "        seconds = amount * UNITS[unit]",
                "new": "        seconds += amount * UNITS[unit]",
            },
            f"NoMatch: the text to replace does not occur in {path}",
            3,
            error="NoMatch",
        )
        lead.use(
            "The indentation differs from what I assumed; reading again.",
            "read_file",
            {"path": path},
            FILES[path],
            4,
        )
        lead.use("", "edit_file", FIX_ONE, "replaced 1 occurrence", 5)
        lead.use("", "run_tests", {"path": "tests/test_timefmt.py"}, RED_RUN_TWO, 1180, error="TestsFailed")
        lead.overloaded()
        lead.use(
            "`1h30m` is right now. `90` without a unit used to be seconds by accident; the CLI documents it, so keep it.",
            "edit_file",
            FIX_TWO,
            "replaced 1 occurrence",
            5,
        )
        lead.use("", "run_tests", {"path": "tests"}, GREEN_RUN, 2310)
        lead.compact(SUMMARY)
        lead.hand_over(
            "Green. A second look before I call it done.",
            "review",
            "Review the diff of src/kettle/timefmt.py",
            lambda: _review(
                recording,
                DIFF,
                "One input is still wrong: `parse_duration('-5m')` gives 300, the sign is skipped in silence. `''` and "
                "`'1h 30m'` behave well. Everything else in the diff is right.",
                checks=[
                    ("print(parse_duration('1h 30m'), parse_duration(''))", "5400 0"),
                    ("print(parse_duration('-5m'))", "300"),
                ],
            ),
        )
        lead.use(
            "A sign should be refused, not skipped.",
            "edit_file",
            {
                "path": path,
                "old": "    seconds: int = 0\n",
                "new": "    if text.lstrip().startswith('-'):\n"
                "        raise ValueError(f'a duration is not negative: {text!r}')\n    seconds: int = 0\n",
            },
            f"NoMatch: the text to replace does not occur in {path}",
            3,
            error="NoMatch",
        )
        lead.use(
            "",
            "edit_file",
            {
                "path": path,
                "old": "    seconds = 0\n",
                "new": "    if text.lstrip().startswith('-'):\n"
                "        raise ValueError(f'a duration is not negative: {text!r}')\n    seconds = 0\n",
            },
            "replaced 1 occurrence",
            5,
        )
        lead.use("", "run_tests", {"path": "tests"}, GREEN_RUN, 2290)
        lead.hand_over(
            "",
            "review",
            "Review once more, only the sign",
            lambda: _review(
                recording,
                "+    if text.lstrip().startswith('-'):\n+        raise ValueError(…)",
                "`-5m` and ` -5m` raise now, `5m` does not. Nothing else changed. No further findings.",
                checks=[
                    ("parse_duration('-5m')", "ValueError: a duration is not negative: '-5m'"),
                    ("print(parse_duration(' 5m'))", "300"),
                ],
            ),
        )
        lead.use(
            "",
            "git",
            {"args": ["commit", "-am", "Add up all parts of a duration (#118)"]},
            "[fix/118-duration 4be19c2]",
            74,
        )
        lead.say(ANSWER)
        answer(ANSWER)
    return document(recording)
