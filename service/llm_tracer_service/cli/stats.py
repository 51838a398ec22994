"""`llm-tracer stats`: totals, and by value of a field."""

from __future__ import annotations

from typing import Any

import click
from llm_tracer.model import text

from llm_tracer_service.cli.asking import Api, asking, choosing, echo_json, nothing_found
from llm_tracer_service.cli.terminal import Cell, clean, echo, table
from llm_tracer_service.incomplete import left_unsearched

HEADS = ("", "traces", "errors", "calls", "tools", "input", "output", "cost", "p50", "p95")


@click.command()
@choosing
@click.option(
    "--by", metavar="FIELD", help="And by the values of model, tool, agent, user, session, tag, name, kind, …"
)
@click.option(
    "-n", "--limit", type=click.IntRange(1, 1_000), default=20, show_default=True, help="How many values."
)
@asking
def stats(api: Api, chosen: dict[str, str], by: str | None, limit: int, as_json: bool) -> None:
    """Show totals of the traces that QUERY matches: counts, tokens, cost, latency; and a summary of their scores.

    \b
    llm-tracer stats --from -7d --by model
    llm-tracer stats status:error --by tool --json

    By model, tool, agent, kind, name, provider and service, the figures are for spans. Exit code 0: found. 1: nothing
    found. 2: the request is invalid. 3: the Tracer API does not answer.
    """
    answer = api.get("/api/stats", **chosen, group_by=by, limit=limit)
    scores = api.get("/api/scores", **chosen)["scores"]
    if as_json:
        echo_json({**answer, "scores": scores})
    elif answer["totals"]["traces"]:
        groups = [_row(group["value"], group) for group in answer["groups"]]
        rest = [_row("(others)", answer["rest"])] if answer["rest"] else []
        for line in table([_row("all", answer["totals"]), *groups, *rest], HEADS):
            echo(line)
        for score in scores:
            echo(clean(_score(score)))
    if not as_json and (uncounted := left_unsearched(answer)):
        click.echo(uncounted, err=True)
    if not answer["totals"]["traces"]:
        raise nothing_found("traces", answer=answer)


def _row(name: str, figures: dict[str, Any]) -> list[Cell]:
    usage, cost, latency = figures["usage"] or {}, figures["cost"] or {}, figures["latency_ms"]
    return [
        Cell(name, shrinks=True),
        Cell(str(figures["traces"]), right=True),
        Cell(str(figures["errors"]), "red" if figures["errors"] else None, right=True),
        Cell(str(figures["llm_calls"]), right=True),
        Cell(str(figures["tool_calls"]), right=True),
        Cell(text.count(usage.get("input")), right=True),
        Cell(text.count(usage.get("output")), right=True),
        Cell(text.cost(cost.get("total"), cost.get("complete", True)), right=True),
        Cell(text.duration(latency["p50"]), right=True),
        Cell(text.duration(latency["p95"]), right=True),
    ]


def _score(score: dict[str, Any]) -> str:
    mean = (
        ""
        if score["mean"] is None
        else f", mean {score['mean']:.3g} ({score['low']:.3g} to {score['high']:.3g})"
    )
    labels = ", ".join(f"{each['label']} {each['count']}" for each in score["labels"][:5])
    return f"score {score['name']}: {score['count']} in {text.counted(score['traces'], 'trace')}{mean}{f'; {labels}' if labels else ''}"
