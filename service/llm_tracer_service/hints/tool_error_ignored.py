"""A tool failed, and the model went on as if it had not."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from llm_tracer_service.hints.steps import Hint, Step, Steps, Unchecked, ids, reason_of, tool_name

_ADMITS = re.compile(
    r"error|fail|unable|could not|couldn|cannot|can't|can’t|sorry|apolog|problem|issue|unavailable|not found|timed? ?out"
    r"|denied|invalid|unfortunately|retry|try again|wrong"
    r"|fehler|leider|konnte|erreur|désol|échou|impossible|lo siento|fall[oó]|erro\b|desculp"
    r"|失败|错误|抱歉|无法|エラー|失敗|申し訳|できません|실패|오류|죄송",
    re.IGNORECASE,
)
"""How a model says that something went wrong. Any of these counts as a mention: a missing hint is better than a wrong one."""

_WORD = re.compile(r"\w{5,}")


def hints(steps: Steps) -> Iterator[Hint]:
    """One for each tool that failed in an agent that neither used a tool because of it nor said that something went wrong.

    The agent must have gone on: a later model call answered. Any later answer that mentions the failure, or repeats words of
    it, counts as having said so. Any tool that it decided to use after the failure counts as a reaction: another tool, or an edit
    of what failed, may well be one, and nobody can tell from outside.
    """
    ignored: dict[tuple[int, str], list[Step]] = {}
    for step in steps.tools:
        if step.row.reading.status == "error" and _is_ignored(steps, step):
            ignored.setdefault((step.scope, tool_name(step)), []).append(step)
    for (_, name), failures in ignored.items():
        answer = steps.later_calls(failures[-1])[-1]
        message = reason_of(failures[0]) or "no message"
        yield Hint(
            "tool_error_ignored",
            f"{name} failed and the failure was ignored",
            f"No tool was called because of it, and no later answer mentions the failure: {message}",
            (*ids(failures), answer.row.span_id),
            {"tool": name, "failures": len(failures), "error": message},
        )


def unchecked(steps: Steps) -> Iterator[Unchecked]:
    """A tool failed, but the answers after it were not sent."""
    failures = [step for step in steps.tools if step.row.reading.status == "error"]
    later = [steps.later_calls(step) for step in failures]
    if any(calls and not _answers(steps, calls).strip() for calls in later):
        yield Unchecked("tool_error_ignored", "A tool failed, but the model's answer after it was not sent.")


def _is_ignored(steps: Steps, failed: Step) -> bool:
    end = failed.row.end_time_unix_nano
    later = steps.later_calls(failed)
    if end is None or not later or any(call.row.reading.status == "error" for call in later):
        return False
    decided = later[
        0
    ].row.start_time_unix_nano  # tools before that were called together with the one that failed
    if any(
        tool.scope == failed.scope
        and tool.row.start_time_unix_nano >= (end if tool_name(tool) == tool_name(failed) else decided)
        for tool in steps.tools
    ):
        return False
    said = _answers(steps, later)
    error = failed.row.reading.error
    words = _WORD.findall((error.message or "") if error else "")
    return bool(said) and not _ADMITS.search(said) and not any(word in said for word in words)


def _answers(steps: Steps, calls: Sequence[Step]) -> str:
    return "\n".join(
        str(part.get("content") or part.get("arguments") or "")
        for call in calls
        for message in steps.content(call).output_messages
        for part in message.parts
    )
