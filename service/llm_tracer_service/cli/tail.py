"""`llm-tracer tail`: traces as they happen."""

from __future__ import annotations

import json
import time
from typing import Any

import click

from llm_tracer_service.cli.asking import Api, asking, text_of
from llm_tracer_service.cli.ls import row
from llm_tracer_service.cli.terminal import echo, table

_WAIT_S = 20
_WIDTHS = (1, 14, 8, 6, 8, 5)
"""The widths of the columns before the name, since the next line is not known yet."""


@click.command()
@click.argument("query", nargs=-1)
@click.option(
    "-n", "--limit", type=click.IntRange(0, 1_000), default=10, show_default=True,
    help="How many earlier traces to show first.",
)  # fmt: skip
@click.option(
    "--for", "for_s", type=float, metavar="SECONDS", help="Stop after this time; otherwise with Ctrl-C."
)
@asking
def tail(api: Api, query: tuple[str, ...], limit: int, for_s: float | None, as_json: bool) -> None:
    """Follow traces as they begin and change, all or those that QUERY matches, a line each time.

    \b
    llm-tracer tail
    llm-tracer tail status:error --json | jq .name

    With --json each line is one document. Exit code 0, also after Ctrl-C. 2: QUERY is invalid. 3: the Tracer API
    does not answer.
    """
    q = text_of(query)
    until_s = None if for_s is None else time.monotonic() + for_s
    cursor = api.get("/api/changes")["cursor"]
    if limit:
        for trace in reversed(api.get("/api/traces", q=q, limit=limit)["traces"]):
            _print(trace, as_json)
    try:
        while until_s is None or time.monotonic() < until_s:
            left_s = _WAIT_S if until_s is None else max(0.0, until_s - time.monotonic())
            changes = api.get("/api/changes", after=cursor, wait_s=round(min(_WAIT_S, left_s), 3))
            cursor = changes["cursor"]
            for trace in _matching(api, q, changes["traces"]):
                _print(trace, as_json)
    except KeyboardInterrupt:
        return


def _matching(api: Api, q: str, changed: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those of the traces that match the query."""
    if not q or not changed:
        return changed
    found = []
    for first in range(0, len(changed), 50):
        ids = ",".join(trace["trace_id"] for trace in changed[first : first + 50])
        found += api.get("/api/traces", q=f"({q}) id:{ids}", limit=50)["traces"]
    return found


def _print(trace: dict[str, Any], as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(trace, ensure_ascii=False))
        return
    for line in table([row(trace)], least=_WIDTHS):
        echo(line)
