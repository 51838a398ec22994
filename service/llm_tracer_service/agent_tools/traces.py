"""Which traces there are, and what happened in one."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from llm_tracer.model import text
from llm_tracer.model.failures import failure_line
from llm_tracer.model.tree import origins

from llm_tracer_service.agent_tools.text import CHARS_MAX, Ask, bounded, one_line
from llm_tracer_service.incomplete import left_unsearched

_FAILURES_MAX = 20
_HINT_CHARS = 400


def search_traces(
    ask: Ask, query: str = "", since: str = "", until: str = "", limit: int = 10, cursor: str = ""
) -> str:
    """A few lines for each trace that matches, newest first."""
    answer = ask(
        "/api/traces", q=query, from_=since, to=until, limit=max(1, min(limit, 50)), cursor=cursor or None
    )
    lines = [line for trace in answer["traces"] for line in _of_trace(trace)]
    if answer["next_cursor"]:
        more = left_unsearched(answer) or "There are more."
        lines.append(f"{more} Continue with cursor={answer['next_cursor']!r}.")
    return bounded(
        lines or ["No trace matches."], "… {left} lines left out: ask for fewer (limit), or narrow the query."
    )


def _of_trace(trace: dict[str, Any]) -> Iterator[str]:
    usage, cost = trace["usage"] or {}, trace["cost"] or {}
    yield (
        f"trace {trace['trace_id']}  {trace['status']}  {one_line(trace['name'], 80)}  {trace['start_time'][:19]}Z  "
        f"{text.duration(trace['duration_ms'])}  {text.counted(trace['span_count'], 'span')}, {trace['error_count']} failed  "
        f"{text.count(usage.get('total'))} tokens  {text.cost(cost.get('total'), cost.get('complete', True))}"
    )
    if error := trace["error"]:
        broke = failure_line(error["type"], error["message"])
        yield f"  broke at span {error['span_id']}: {broke}"
    for label, said in (("asked", trace["input_preview"]), ("answered", trace["output_preview"])):
        if said:
            yield f"  {label}: {one_line(said, 160)}"
    if hit := trace.get("hit"):
        yield f"  found in {hit['where']} of span {hit['span_id']}: {one_line(hit['snippet'], 160)}"


def trace_outline(ask: Ask, trace_id: str, cursor: str = "") -> str:
    """What happened in a trace: its figures, every failure, hints, and as much of the tree as fits.

    Consecutive siblings of the same kind and name that have nothing below them share a line. `cursor` is the last span of the
    part before.
    """
    detail = ask(f"/api/traces/{trace_id}", cursor=cursor or None)
    lines: list[str] = []
    if not cursor:
        lines += _of_trace(detail["trace"])
        lines += _failures(detail["spans"])
        if detail["next_cursor"]:
            lines.append(f"These are the failures among the first {len(detail['spans']):,} of its spans.")
        hints = ask(f"/api/traces/{trace_id}/hints")["hints"]
        lines += [
            f"hint: {one_line(hint['title'])}. {one_line(hint['detail'], _HINT_CHARS)} Spans: {', '.join(hint['span_ids'][:5])}"
            for hint in hints
        ]
    lines.append("tree (kind, name, span id, time, tokens):")
    return _tree(lines, detail)


def _failures(spans: list[dict[str, Any]]) -> Iterator[str]:
    failed = [span for span in spans if span["status"] == "error"]
    broken = origins(failed, lambda span: (span["span_id"], span["parent_span_id"]))
    for span in broken[:_FAILURES_MAX]:
        error = span["error"] or {}
        broke = failure_line(error.get("type"), error.get("message")) or "no message"
        yield f"failed: {span['kind']} {one_line(span['name'], 80)}  span {span['span_id']}: {broke}"
    if len(broken) > _FAILURES_MAX:
        yield f"… {len(broken) - _FAILURES_MAX} more failures: search them with find_in_trace."


def _tree(lines: list[str], detail: dict[str, Any], limit: int = CHARS_MAX) -> str:
    chars = sum(len(line) + 1 for line in lines)
    shown = 0
    last = None
    spans = detail["spans"]
    for group in _folded(spans):
        line = _line(group)
        chars += len(line) + 1
        if chars > limit:
            break
        lines.append(line)
        shown += len(group)
        last = group[-1]["span_id"]
    left = len(spans) - shown
    if left or detail["next_cursor"]:
        more = f"{left:,} more spans" if left else "more spans"
        lines.append(
            f"… {more} follow: continue with trace_outline and cursor={last!r}, or search with find_in_trace."
        )
    return "\n".join(lines)


def _folded(spans: list[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """Spans in tree order; equal consecutive ones are a group. A failure is always alone."""
    above = {span["parent_span_id"] for span in spans}

    def key(span: dict[str, Any]) -> tuple[Any, ...]:
        alone = span["span_id"] if span["span_id"] in above or span["status"] == "error" else ""
        return span["depth"], span["kind"], span["name"], alone

    for _, group in groupby(spans, key):
        yield list(group)


def _line(group: list[dict[str, Any]]) -> str:
    span = group[0]
    tokens = [
        each["usage"]["total"] for each in group if each["usage"] and each["usage"]["total"] is not None
    ]
    parts = [
        f"{'  ' * min(span['depth'], 12)}{span['kind']} {one_line(span['name'], 80)}",
        span["span_id"] if len(group) == 1 else f"{span['span_id']} … {group[-1]['span_id']} (×{len(group)})",
        text.duration(sum(each["duration_ms"] or 0 for each in group)),
    ]
    if tokens:
        parts.append(f"{text.count(sum(tokens))} tokens")
    if span["state"] != "closed":
        parts.append(span["state"])
    if span["status"] == "error":
        parts.append(
            f"FAILED {one_line(failure_line(None, (span['error'] or {}).get('message')), 80)}".rstrip()
        )
    return "  ".join(parts)


def find_in_trace(ask: Ask, trace_id: str, words: str) -> str:
    """Where a text occurs in a trace."""
    answer = ask(f"/api/traces/{trace_id}/find", text=words)
    if not answer["hits"]:
        return "Not found in this trace."
    lines = (
        f"span {hit['span_id']}  {hit['where']}: {one_line(hit['snippet'], 200)}" for hit in answer["hits"]
    )
    return bounded(lines, "… {left} more places left out: look for a longer text.")


def search_spans(ask: Ask, query: str, since: str = "", until: str = "", limit: int = 20) -> str:
    """The spans that match, over all traces, newest first."""
    answer = ask("/api/spans", q=query, from_=since, to=until, limit=max(1, min(limit, 100)))
    lines = [f"trace {span['trace_id']}  {_line([{**span, 'depth': 0}])}" for span in answer["spans"]]
    if unsearched := left_unsearched(answer, "span"):
        lines.append(f"{unsearched} Narrow it by since and until.")
    elif answer["has_more"]:
        lines.append("There are more: narrow the query, or raise limit (100 at most).")
    return bounded(lines or ["No span matches."], "… {left} lines left out: ask for fewer (limit).")
