"""Figures, failures and conversations, as text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from llm_tracer.model import text
from llm_tracer.model.failures import failure_line

from llm_tracer_service.agent_tools.text import Ask, bounded, one_line
from llm_tracer_service.incomplete import left_unsearched


def stats(ask: Ask, query: str = "", since: str = "", until: str = "", by: str = "") -> str:
    """The figures of the traces that match, and by the values of a field."""
    answer = ask("/api/stats", q=query, from_=since, to=until, group_by=by or None, limit=50)
    lines = [f"all: {_figures(answer['totals'])}"]
    lines += [f"{by} {one_line(group['value'], 80)}: {_figures(group)}" for group in answer["groups"]]
    if answer["rest"]:
        lines.append(f"(others): {_figures(answer['rest'])}")
    lines += filter(None, [left_unsearched(answer)])
    return bounded(lines, "… {left} values left out: narrow the query.")


def _figures(of: dict[str, Any]) -> str:
    usage, cost, latency = of["usage"] or {}, of["cost"] or {}, of["latency_ms"]
    return (
        f"{text.counted(of['traces'], 'trace')}, {of['errors']:,} in error, "
        f"{text.counted(of['llm_calls'], 'model call')}, {text.counted(of['tool_calls'], 'tool call')}, "
        f"{text.count(usage.get('input'))} tokens in, {text.count(usage.get('output'))} out, "
        f"{text.cost(cost.get('total'), cost.get('complete', True))}, p50 {text.duration(latency['p50'])}, "
        f"p95 {text.duration(latency['p95'])}"
    )


def errors(ask: Ask, query: str = "", since: str = "", until: str = "") -> str:
    """What fails, by type, message and span, each with an example."""
    answer = ask("/api/errors", q=query, from_=since, to=until, limit=30)
    unsearched = left_unsearched(answer)
    lines = [*map(_failure, answer["errors"]), *filter(None, [unsearched])] or ["Nothing failed."]
    return bounded(lines, "… {left} more left out: narrow the query.")


def _failure(error: dict[str, Any]) -> str:
    broke = one_line(f"{error['type'] or ''} {error['message']}", 240)
    return (
        f"{error['count']}× in {text.counted(error['traces'], 'trace')} at {one_line(error['name'], 80)}: {broke}  "
        f"last {error['last_seen'][:19]}Z  example trace {error['trace_id']} span {error['span_id']}"
    )


def sessions(
    ask: Ask, query: str = "", since: str = "", until: str = "", sort: str = "", session_id: str = ""
) -> str:
    """The conversations that match, or what was said in one."""
    if session_id:
        answer = ask(f"/api/sessions/{quote(session_id, safe='', errors='replace')}", limit=200)
        lines = [line for turn in answer["turns"] for line in _turn(turn)]
        return bounded(lines, "… {left} lines left out: read the trace of a turn.")
    answer = ask("/api/sessions", q=query, from_=since, to=until, sort=sort, limit=20)
    lines = [*map(_session, answer["sessions"]), *filter(None, [left_unsearched(answer)])]
    return bounded(lines or ["No session matches."], "… {left} more left out: narrow the query.")


def _session(of: dict[str, Any]) -> str:
    usage, cost = of["usage"] or {}, of["cost"] or {}
    return (
        f"session {one_line(of['session_id'])}  {text.counted(of['turn_count'], 'turn')}, {of['error_count']} in error  "
        f"{text.duration(of['duration_ms'])}  {text.count(usage.get('total'))} tokens  "
        f"{text.cost(cost.get('total'), cost.get('complete', True))}  last {of['last_activity'][:19]}Z  "
        f"user {one_line(of['user_id'] or '–')}: {one_line(of['first_input_preview'] or '', 160)}"
    )


def _turn(turn: dict[str, Any]) -> Iterator[str]:
    yield f"trace {turn['trace_id']}  {turn['status']}  {turn['start_time'][:19]}Z  {text.duration(turn['duration_ms'])}"
    for who, said in (("user", turn["asked"]), ("assistant", turn["answered"])):
        if said:
            parts = (str(part["content"]) for part in said["message"]["parts"] if part.get("type") == "text")
            yield f"  {who}: {one_line(' '.join(parts))}"
    if turn["left_out"]:
        yield f"  {text.counted(turn['left_out'], 'message')} left out that the model was given in the previous turn"
    if turn["error"]:
        yield f"  failed: {failure_line(turn['error']['type'], turn['error']['message'])}"
