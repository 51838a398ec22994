"""`llm-tracer rm`: deletes traces."""

from __future__ import annotations

import re
from collections.abc import Sequence

import click
from llm_tracer.model.text import counted

from llm_tracer_service.cli.asking import Api, asking, echo_json, nothing_found, text_of
from llm_tracer_service.cli.endings import NotUnderstood, fail

_TRACE_ID = re.compile("[0-9a-f]{32}", re.IGNORECASE)

_IDS_AT_ONCE = 100
"""What fits into a path."""


@click.command()
@click.argument("what", nargs=-1, required=True, metavar="TRACE_ID... | QUERY")
@click.option("--from", "start", default="", metavar="TIME", help="With QUERY: started at or after.")
@click.option("--to", "end", default="", metavar="TIME", help="With QUERY: started before.")
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
@asking
def rm(api: Api, what: tuple[str, ...], start: str, end: str, yes: bool, as_json: bool) -> None:
    """Delete traces for good: those with these ids, or all that QUERY matches. It asks before it does.

    \b
    llm-tracer rm 5b8efff798038103d269b633813fc60c
    llm-tracer rm tag:test --to -30d --yes

    Exit code 0: deleted. 1: nothing was deleted. 2: QUERY is invalid. 3: the Tracer API does not answer.
    """
    if not all(each.strip() for each in what):  # rm "$QUERY", and QUERY was never set
        hint = "`llm-tracer store delete-project` deletes all traces of a project."
        raise fail("An argument is empty, and nothing was deleted.", hint, NotUnderstood)
    if all(_TRACE_ID.fullmatch(each) for each in what) and not (start or end):
        trace_ids = list(dict.fromkeys(each.lower() for each in what))
        if unknown := _unknown(api, trace_ids):
            hint = "Check the ids, and which project the key belongs to. Nothing was deleted."
            raise fail(f"There is no trace {', '.join(unknown)} in this project.", hint, click.ClickException)
        if not yes:
            click.confirm(f"Delete {counted(len(trace_ids), 'trace')}?", abort=True, err=True)
        deleted = sum(api.delete(f"/api/traces/{each}")["deleted"] for each in trace_ids)
    else:
        chosen = {"q": text_of(what), **({"from": start} if start else {}), **({"to": end} if end else {})}
        found = api.get("/api/stats", q=chosen["q"], from_=start, to=end)
        count, is_all = found["totals"]["traces"], found["complete"]
        if not count and is_all:
            raise nothing_found("traces")
        if not yes:
            click.confirm(
                f"Delete {counted(count, 'trace')}{'' if is_all else ' or more'}?", abort=True, err=True
            )
        deleted = api.delete("/api/traces", **chosen, confirm="true")["deleted"]
    if as_json:
        echo_json({"deleted": deleted})
    else:
        click.echo(f"Deleted {counted(deleted, 'trace')}.")


def _unknown(api: Api, trace_ids: Sequence[str]) -> list[str]:
    """Those of the ids that name no trace. Asked before the first is deleted: of a typing error, nobody can go back."""
    known: set[str] = set()
    for start in range(0, len(trace_ids), _IDS_AT_ONCE):
        query = f"id:{','.join(trace_ids[start : start + _IDS_AT_ONCE])}"
        known.update(each["trace_id"] for each in api.get("/api/traces", q=query, limit=1_000)["traces"])
    return [each for each in trace_ids if each not in known]
