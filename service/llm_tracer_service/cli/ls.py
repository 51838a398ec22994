"""`llm-tracer ls`: the list of traces."""

from __future__ import annotations

from typing import Any

import click
from llm_tracer.model import text
from llm_tracer.model.failures import failure_line

from llm_tracer_service.cli.asking import (
    Api,
    asking,
    choosing,
    local_time,
    nothing_found,
    status_cell,
    tell_list,
)
from llm_tracer_service.cli.terminal import Cell

SORTS = ("-start_time", "start_time", "-duration_ms", "-cost", "-tokens")
HEADS = ("", "start", "duration", "tokens", "cost", "spans", "name", "trace")


@click.command()
@choosing
@click.option("--sort", type=click.Choice(SORTS), default=SORTS[0], show_default=True, help="The order.")
@click.option("-n", "--limit", type=click.IntRange(1, 1_000), default=20, show_default=True, help="How many.")
@asking
def ls(api: Api, chosen: dict[str, str], sort: str, limit: int, as_json: bool) -> None:
    """List traces, the newest first: all, or those that QUERY matches.

    QUERY is the query text of the search box and of the API (docs/query.md). Put one that begins with - after `--`.

    \b
    llm-tracer ls status:error --from -1h
    llm-tracer ls 'model:gpt-5* cost>0.01' --sort -cost
    llm-tracer ls refund --json | jq -r '.traces[].trace_id'

    Marks: ✓ ok, ⚠ ok with errors inside, ✕ error, ◐ running, ◌ abandoned. Exit code 0: found. 1: nothing found. 2: QUERY is
    invalid. 3: the Tracer API does not answer.
    """
    answer = api.get("/api/traces", **chosen, sort=sort, limit=limit)
    tell_list(answer, "traces", row, HEADS, as_json)
    if not answer["traces"]:
        hint = "" if chosen["q"] else "`llm-tracer doctor` finds out why none arrive."
        raise nothing_found("traces", hint, answer)


def row(trace: dict[str, Any]) -> list[Cell]:
    """A trace as the cells of a line, in the order of HEADS."""
    usage, cost = trace["usage"] or {}, trace["cost"] or {}
    name = trace["name"]
    if trace["error"]:
        name += f"  {failure_line(trace['error']['type'], trace['error']['message'])}".rstrip()
    return [
        status_cell(trace["status"], trace["error_count"]),
        Cell(local_time(trace["start_time"])),
        Cell(text.duration(trace["duration_ms"]), right=True),
        Cell(text.count(usage.get("total")), right=True),
        Cell(text.cost(cost.get("total"), cost.get("complete", True)), right=True),
        Cell(str(trace["span_count"]), right=True),
        Cell(name, shrinks=True),
        Cell(trace["trace_id"], below=True, dim=True),
    ]
