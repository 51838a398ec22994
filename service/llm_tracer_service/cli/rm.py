"""`llm-tracer rm`: deletes traces."""

from __future__ import annotations

import re

import click
from llm_tracer.model.text import counted

from llm_tracer_service.cli.asking import Api, asking, echo_json, nothing_found, text_of

_TRACE_ID = re.compile("[0-9a-f]{32}", re.IGNORECASE)


@click.command()
@click.argument("what", nargs=-1, required=True, metavar="TRACE_ID... | QUERY")
@click.option("--from", "start", default="", metavar="TIME", help="Of QUERY: started at or after.")
@click.option("--to", "end", default="", metavar="TIME", help="Of QUERY: started before.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@asking
def rm(
    what: tuple[str, ...], start: str, end: str, yes: bool, as_json: bool, url: str, key: str | None
) -> None:  # fmt: skip
    """Delete traces for good: those with these ids, or all that QUERY matches. It asks before it does.

    \b
    llm-tracer rm 5b8efff798038103d269b633813fc60c
    llm-tracer rm tag:test --to -30d --yes

    Exit code 0: deleted. 1: nothing was deleted. 2: QUERY is not understood. 3: no Tracer API answers.
    """
    api = Api(url, key)
    if all(_TRACE_ID.fullmatch(each) for each in what) and not (start or end):
        trace_ids = dict.fromkeys(each.lower() for each in what)
        if not yes:
            click.confirm(f"Delete {counted(len(trace_ids), 'trace')}?", abort=True, err=True)
        deleted = sum(api.delete(f"/api/traces/{each}")["deleted"] for each in trace_ids)
    else:
        chosen = {"q": text_of(what), **({"from": start} if start else {}), **({"to": end} if end else {})}
        count = api.get("/api/stats", q=chosen["q"], from_=start, to=end)["totals"]["traces"]
        if not count:
            raise nothing_found("traces")
        if not yes:
            click.confirm(f"Delete {counted(count, 'trace')}?", abort=True, err=True)
        deleted = api.delete("/api/traces", **chosen, confirm="true")["deleted"]
    if as_json:
        echo_json({"deleted": deleted})
    else:
        click.echo(f"Deleted {counted(deleted, 'trace')}.")
