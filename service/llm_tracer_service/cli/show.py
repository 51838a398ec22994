"""`llm-tracer show`: a trace as a tree, or one of its spans."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import click
from llm_tracer.model import text
from llm_tracer.model.failures import failure_line

from llm_tracer_service.cli.api_client import trace_path
from llm_tracer_service.cli.asking import Api, asking, echo_json, local_time, nothing_found, status_cell
from llm_tracer_service.cli.terminal import clean, coloured, columns_of, echo, fitted, padded, width, wrapped

LINES = 500

_COLOURS = {"llm": "magenta", "tool": "cyan", "agent": "yellow", "retriever": "blue", "embedding": "blue"}


@click.command()
@click.argument("trace_id", required=False)
@click.argument("span_id", required=False)
@click.option(
    "-n",
    "--limit",
    type=click.IntRange(0),
    default=LINES,
    show_default=True,
    help="How many spans to show; 0: all.",
)
@asking
def show(api: Api, trace_id: str | None, span_id: str | None, limit: int, as_json: bool) -> None:
    """Show a trace as a tree: the one with TRACE_ID, else the newest. With SPAN_ID, what that span was given and
    answered.

    \b
    llm-tracer show
    llm-tracer show 5b8efff798038103d269b633813fc60c
    llm-tracer show 5b8efff798038103d269b633813fc60c 00f067aa0ba902b7

    Above the tree are the figures of the trace, what went in and what came out. Each line has the kind, the name, what it
    took, tokens and cost; hints, if there are any, are below the tree.
    Exit code 0: found. 1: there is no such trace or span. 2: that is no id. 3: the Tracer API does not answer.
    """
    if trace_id is not None and span_id is None:
        before, slash, after = trace_id.strip().rpartition("/")  # as `compare` takes it
        trace_id, span_id = (before, after or None) if slash else (after, None)
    if trace_id is None:
        newest = api.get("/api/traces", limit=1)["traces"]
        if not newest:
            raise nothing_found("traces", "`llm-tracer doctor` finds out why none arrive.")
        trace_id = str(newest[0]["trace_id"])
    path = trace_path(trace_id)
    if span_id is not None:
        span = api.get(trace_path(trace_id, span_id.strip()))
        echo_json(span) if as_json else _tell_span(span)
        return
    detail = _whole(api, path)
    hints = api.get(f"{path}/hints")["hints"]
    if as_json:
        echo_json({**detail, "hints": hints})
        return
    for line in _head(detail["trace"]):
        echo(line)
    for line in tree(detail["spans"], limit):
        echo(line)
    for hint in hints:
        for line in wrapped(f"hint  {clean(hint['title'])}. {clean(hint['detail'])}"):
            echo(coloured(line, "yellow"))


def _whole(api: Api, path: str) -> dict[str, Any]:
    """The trace at a path with the spans of all its pages."""
    detail = api.get(path)
    while detail["next_cursor"]:
        page = api.get(path, cursor=detail["next_cursor"])
        detail = {**page, "spans": [*detail["spans"], *page["spans"]]}
    return detail


def _head(trace: dict[str, Any]) -> Iterator[str]:
    usage, cost = trace["usage"] or {}, trace["cost"] or {}
    mark = status_cell(trace["status"], trace["error_count"])
    yield f"{coloured(mark.text, mark.colour)} {coloured(clean(trace['name']), bold=True)}  {trace['trace_id']}"
    facts = [
        trace["status"],
        local_time(trace["start_time"]),
        text.duration(trace["duration_ms"]),
        text.counted(trace["span_count"], "span"),
        f"{text.count(usage.get('input'))} in, {text.count(usage.get('output'))} out",
        text.cost(cost.get("total"), cost.get("complete", True)),
        *trace["models"],
        *(f"{label} {trace[field]}" for label, field in (("session", "session_id"), ("user", "user_id")) if trace[field]),
        *(f"#{tag}" for tag in trace["tags"]),
        *(f"{score['name']}={_score(score)}" for score in trace["scores"]),
    ]  # fmt: skip
    for line in wrapped(
        "  ".join(clean(fact).replace(" ", "\xa0") for fact in facts)
    ):  # a fact stays on its line
        yield coloured(line.replace("\xa0", " "), dim=True)
    columns = width()
    for label, said in (("in ", trace["input_preview"]), ("out", trace["output_preview"])):
        if said:
            line = f"{label}  {clean(said)}"
            yield line if columns is None else fitted(line, columns)


def _score(score: dict[str, Any]) -> Any:
    return score["label"] if score["value"] is None else score["value"]


def tree(spans: Sequence[dict[str, Any]], limit: int) -> Iterator[str]:
    """A line for each of the first `limit` spans (0: all), which are in tree order."""
    shown = spans[:limit] if limit else spans
    columns = width()
    last = _last_of_siblings(spans)
    open_above: list[bool] = []  # for each depth above: whether a later sibling follows there
    for index, span in enumerate(shown):
        depth = span["depth"]
        del open_above[depth:]
        branch = "".join("│  " if goes_on else "   " for goes_on in open_above[1:])
        branch += ("└─ " if last[index] else "├─ ") if depth else ""
        open_above.append(not last[index])
        yield _line(branch, span, columns)
    if len(shown) < len(spans):
        yield coloured(f"… {len(spans) - len(shown):,} more spans: -n 0 shows all", dim=True)


def _last_of_siblings(spans: Sequence[dict[str, Any]]) -> list[bool]:
    """Which spans have no later sibling."""
    last = [True] * len(spans)
    seen: list[bool] = []  # by depth: whether a span of it follows below the same parent
    for index in range(len(spans) - 1, -1, -1):
        depth = spans[index]["depth"]
        del seen[depth + 1 :]
        seen += [False] * (depth + 1 - len(seen))
        last[index] = not seen[depth]
        seen[depth] = True
    return last


def _line(branch: str, span: dict[str, Any], columns: int | None) -> str:
    usage, cost = span["usage"] or {}, span["cost"] or {}
    kind = span["kind"]
    figures = []
    if usage.get("total") is not None:
        figures.append(f"{text.count(usage['total'])} tok")
    if cost:
        figures.append(text.cost(cost["total"]))
    figures.append(text.duration(span["duration_ms"]) if span["state"] == "closed" else span["state"])
    error = span["error"] if span["status"] == "error" else None
    name = clean(span["name"])
    broke = clean(failure_line(error["type"], error["message"])) if error else ""
    right = "  ".join(figures)
    left = f"{branch}{kind} {name}"
    if columns is not None:
        room = max(columns - columns_of(right) - 2, 20)
        name = fitted(name, max(room - columns_of(f"{branch}{kind} "), 8))
        left = f"{branch}{kind} {name}"
        broke = fitted(broke, max(room - columns_of(left) - 4, 0)) if broke else ""
    marked = coloured(f"  ✕ {broke}" if broke else "  ✕", "red") if error else ""
    used = columns_of(left) + (columns_of(f"  ✕ {broke}" if broke else "  ✕") if error else 0)
    space = "  " if columns is None else " " * max(columns - used - columns_of(right), 2)
    shown = f"{coloured(branch, dim=True)}{coloured(kind, _COLOURS.get(kind))} {name}"
    return f"{shown}{marked}{space}{padded(right, 0)}"


def _tell_span(span: dict[str, Any]) -> None:
    from llm_tracer_service.span_text import head_of, said_in

    for number, line in enumerate(head_of(span)):
        echo(coloured(clean(line), bold=number == 0))
    for who, said in said_in(span):
        echo()
        echo(coloured(clean(who), "cyan"))
        for line in said.splitlines():
            echo(clean(line))
