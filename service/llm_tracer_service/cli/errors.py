"""`llm-tracer errors`: what fails, by what the failures have in common."""

from __future__ import annotations

from typing import Any

import click
from llm_tracer.model.failures import failure_text

from llm_tracer_service.cli.asking import Api, asking, choosing, local_time, nothing_found, tell_list
from llm_tracer_service.cli.terminal import Cell

HEADS = ("count", "last seen", "where", "error", "example")


@click.command()
@choosing
@click.option("-n", "--limit", type=click.IntRange(1, 200), default=20, show_default=True, help="How many.")
@asking
def errors(api: Api, chosen: dict[str, str], limit: int, as_json: bool) -> None:
    """List what fails in the traces that QUERY matches: failures by type, message and span, the most frequent first.

    \b
    llm-tracer errors --from -1d
    llm-tracer errors service:checkout --json

    Exit code 0: there are failures. 1: there are none. 2: QUERY is invalid. 3: the Tracer API does not answer.
    """
    answer = api.get("/api/errors", **chosen, limit=limit)
    tell_list(answer, "errors", _row, HEADS, as_json)
    if not answer["errors"]:
        raise nothing_found("failures", answer=answer)


def _row(error: dict[str, Any]) -> list[Cell]:
    return [
        Cell(str(error["count"]), "red", right=True),
        Cell(local_time(error["last_seen"])),
        Cell(error["name"]),
        Cell(failure_text(error["type"], error["message"]), shrinks=True),
        Cell(error["trace_id"], dim=True, below=True),
    ]
