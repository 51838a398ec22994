"""`llm-tracer ingest`: the outcome of the last requests that brought spans."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click
from llm_tracer.model.text import counted

from llm_tracer_service.cli.endings import store_refusals
from llm_tracer_service.cli.opening import opened_store
from llm_tracer_service.cli.terminal import clean

if TYPE_CHECKING:
    from llm_tracer_service.store.outcomes import Outcome, SenderTotals


@click.command()
@click.option("--store", "url", metavar="URL", help="The store to use: sqlite:PATH (TRACER_STORE).")
@click.option("--project", metavar="ID", default="dev", show_default=True, help="The project.")
@click.option(
    "--limit", type=click.IntRange(1, 1_000), default=20, show_default=True, help="How many requests to show."
)
@click.option("--json", "as_json", is_flag=True, help="For programs: print one JSON document.")
def ingest(url: str | None, project: str, limit: int, as_json: bool) -> None:
    """Show the outcome of the last requests that sent spans, the newest last, and totals by sender.

    It can run while the Tracer API does, which saves its log every two seconds.
    """
    with opened_store(url, readonly=True) as store, store_refusals():
        outcomes, totals = store.outcomes(project, limit), store.sender_totals(project)
    if as_json:
        document = {"requests": list(map(asdict, outcomes)), "senders": list(map(asdict, totals))}
        click.echo(json.dumps(document, indent=2))
        return
    if not outcomes:
        click.echo(f"Nothing arrived for project {project}.")
    for outcome in reversed(outcomes):
        click.echo("\n".join(map(clean, _lines(outcome))))
    for each in totals:
        click.echo(clean(_totals_line(each)))
    if unmapped := Counter(key for outcome in outcomes for key in outcome.unmapped):
        keys = ", ".join(key for key, _ in unmapped.most_common(20))
        click.echo(clean(f"Keys that are in no table: {keys}"))


def _lines(outcome: Outcome) -> Iterator[str]:
    time = _time(outcome.time_unix_nano)
    where = " ".join(filter(None, (outcome.source, outcome.user_agent, outcome.convention)))
    yield (
        f"{time}  {outcome.status}  {counted(outcome.accepted, 'span')}, {outcome.size_bytes} bytes, "
        f"{outcome.duration_ms:.1f} ms  {where}"
    )
    for reason, count in outcome.refused.items():
        yield f"    refused {count}: {reason}"
    for span in outcome.examples:
        yield f"        span {span.index}{f' ({span.where})' if span.where else ''}"
    if outcome.note:
        yield f"    {outcome.note}"
    if outcome.lost:
        yield f"    lost before it was sent: {counted(outcome.lost, 'span')}"


def _totals_line(totals: SenderTotals) -> str:
    sender = totals.sender
    who = " ".join(filter(None, (sender.source, sender.product, sender.convention)))
    return (
        f"{who}: {counted(totals.requests, 'request')} ({totals.failed} failed), {counted(totals.accepted, 'span')}, "
        f"{totals.refused} refused, "
        f"{totals.lost} lost, {totals.size_bytes} bytes since {_time(totals.since_unix_nano)}"
    )


def _time(unix_nano: int) -> str:
    return f"{datetime.fromtimestamp(unix_nano // 1_000_000_000, UTC):%Y-%m-%d %H:%M:%S}"
