"""A tool failed, and the model went on as if it had not."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from llm_tracer.model.failures import failure_line

from llm_tracer_service.hints.steps import Hint, Step, Steps, UncheckedHint, ids, reason_of, tool_name
from llm_tracer_service.reading.values import parsed

_ADMITS = re.compile(
    r"error|fail|unable|could not|couldn|cannot|can't|can’t|sorry|apolog|problem|issue|unavailable|not found|timed? ?out"
    r"|denied|invalid|unfortunately|retry|try again|wrong"
    r"|fehler|leider|konnte|erreur|désol|échou|impossible|lo siento|fall[oó]|erro\b|desculp"
    r"|失败|错误|抱歉|无法|エラー|失敗|申し訳|できません|실패|오류|죄송",
    re.IGNORECASE,
)
"""How a model says that something went wrong. Any of these counts as a mention: a missing hint is better than a wrong one."""

_WORD = re.compile(r"\w{5,}")

_BEGINS_AS_ERROR = re.compile(
    r"\s*(?:error:|error (?:calling|executing|in|running|while)\b|traceback \(most recent call last\):)",
    re.IGNORECASE,
)


def hints(steps: Steps) -> Iterator[Hint]:
    """One for each tool that failed in an agent that neither used a tool because of it nor said that something went wrong.
    A tool whose span ended well failed too if its result is nothing but an error.

    The agent must have gone on: a later model call answered. Any later answer that mentions the failure, or repeats words of
    it, counts as having said so. Any tool that it decided to use after the failure counts as a reaction: another tool, or an edit
    of what failed, may well be one, and nobody can tell from outside.
    """
    ignored: dict[tuple[int, str], list[Step]] = {}
    for step in steps.tools:
        reason = _reason(steps, step)
        if reason is not None and _is_ignored(steps, step, reason):
            ignored.setdefault((step.scope, tool_name(step)), []).append(step)
    for (_, name), failures in ignored.items():
        answer = steps.later_calls(failures[-1])[-1]
        message = _reason(steps, failures[0]) or "no message"
        where = "" if failures[0].row.reading.status == "error" else " (in its result; its span ended well)"
        yield Hint(
            "tool_error_ignored",
            f"{name} failed and the failure was ignored",
            f"{message.rstrip('. ')}{where}. No tool was called because of it, and no later answer mentions it.",
            (*ids(failures), answer.row.span_id),
            {"tool": name, "failures": len(failures), "error": message},
        )


def unchecked(steps: Steps) -> Iterator[UncheckedHint]:
    """A tool failed, but the answers after it were not sent."""
    failures = [step for step in steps.tools if step.row.reading.status == "error"]
    later = [steps.later_calls(step) for step in failures]
    if any(calls and not _answers(steps, calls).strip() for calls in later):
        yield UncheckedHint(
            "tool_error_ignored", "A tool failed, but the model's answer after it was not sent."
        )


def _reason(steps: Steps, step: Step) -> str | None:
    """Why a tool failed, in one line, "" if nothing says why; None if it did not fail."""
    if step.row.reading.status == "error":
        return reason_of(step) or ""
    said = _error_in(parsed((steps.content(step).tool or {}).get("result")))
    return None if said is None else failure_line(None, said)


def _error_in(result: Any) -> str | None:
    """The error that a result consists of. None for all others, such as one that has results beside an error."""
    if isinstance(result, str):
        return result if _BEGINS_AS_ERROR.match(result) else None
    if not isinstance(result, dict):
        return None
    error = result.get("error")
    rest = [value for key, value in result.items() if key != "error"]
    said = error.get("message") if isinstance(error, dict) else error
    if not isinstance(said, str) or any(value and isinstance(value, (dict, list)) for value in rest):
        return None
    return said.strip() or None


def _is_ignored(steps: Steps, failed: Step, reason: str) -> bool:
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
    return bool(said) and not _ADMITS.search(said) and not any(word in said for word in _WORD.findall(reason))


def _answers(steps: Steps, calls: Sequence[Step]) -> str:
    return "\n".join(
        str(part.get("content") or part.get("arguments") or "")
        for call in calls
        for message in steps.content(call).output_messages
        for part in message.parts
    )
