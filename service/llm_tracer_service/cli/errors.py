"""`llm-tracer errors`: what fails, by what the failures have in common."""

from __future__ import annotations

from typing import Any

import click
from llm_tracer.model.failures import failure_text

from llm_tracer_service.cli.asking import (
    Api,
    asking,
    choosing,
    echo_json,
    local_time,
    nothing_found,
    text_of,
)
from llm_tracer_service.cli.terminal import Cell, echo, table

HEADS = ("count", "last seen", "where", "error", "example")


@click.command()
@choosing
@click.option("-n", "--limit", type=click.IntRange(1, 200), default=20, show_default=True, help="How many.")
@asking
def errors(
    query: tuple[str, ...], start: str, end: str, limit: int, as_json: bool, url: str, key: str | None
) -> None:  # fmt: skip
    """List what fails in the traces that QUERY matches: failures by type, message and span, the most frequent first.

    \b
    llm-tracer errors --from -1d
    llm-tracer errors service:checkout --json

    Exit code 0: there are failures. 1: there are none. 2: QUERY is invalid. 3: the Tracer API does not answer.
    """
    answer = Api(url, key).get("/api/errors", q=text_of(query), from_=start, to=end, limit=limit)
    if as_json:
        echo_json(answer)
    else:
        for line in table([_row(each) for each in answer["errors"]], HEADS):
            echo(line)
    if not answer["errors"]:
        raise nothing_found("failures")


def _row(error: dict[str, Any]) -> list[Cell]:
    return [
        Cell(str(error["count"]), "red", right=True),
        Cell(local_time(error["last_seen"])),
        Cell(error["name"]),
        Cell(failure_text(error["type"], error["message"]), shrinks=True),
        Cell(error["trace_id"], dim=True, below=True),
    ]
