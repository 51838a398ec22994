"""`llm-tracer ingest`: the outcome of the last requests that brought spans."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click
from llm_tracer.model import text

from llm_tracer_service.cli.endings import store_refusals
from llm_tracer_service.cli.opening import opened_store
from llm_tracer_service.cli.terminal import Cell, clean, echo, table, widths_of, wrapped

if TYPE_CHECKING:
    from llm_tracer_service.store.outcomes import Outcome, SenderTotals

HEADS = ("time (UTC)", "code", "spans", "bytes", "took", "what sent them")
TOTALS_HEADS = ("sender", "requests", "failed", "spans", "refused", "lost", "bytes", "since (UTC)")


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
    rows = [_row(outcome) for outcome in reversed(outcomes)]
    widths = widths_of([[Cell(head) for head in HEADS], *rows])
    for number, (outcome, row) in enumerate(zip(reversed(outcomes), rows, strict=True)):
        for line in table([row], () if number else HEADS, widths):
            echo(line)
        for note in _notes(outcome):
            for line in wrapped(clean(note), 4):
                echo(line)
    if totals:
        echo()
    for line in table(list(map(_totals_row, totals)), TOTALS_HEADS):
        echo(line)
    if unmapped := Counter(key for outcome in outcomes for key in outcome.unmapped):
        keys = ", ".join(key for key, _ in unmapped.most_common(20))
        echo()
        for line in wrapped(clean(f"Keys that are in no table: {keys}")):
            echo(line)


def _row(outcome: Outcome) -> list[Cell]:
    is_bad = outcome.status >= 400 or bool(outcome.refused)
    where = " ".join(filter(None, (outcome.convention, outcome.source, outcome.user_agent)))
    return [
        Cell(_time(outcome.time_unix_nano)),
        Cell(str(outcome.status), "red" if is_bad else None),
        Cell(str(outcome.accepted), right=True),
        Cell(str(outcome.size_bytes), right=True),
        Cell(text.duration(outcome.duration_ms), right=True),
        Cell(where, shrinks=True),
    ]


def _notes(outcome: Outcome) -> Iterator[str]:
    """What is to be said of a request besides its figures."""
    for reason, count in outcome.refused.items():
        yield f"refused {count}: {reason}"
    for span in outcome.examples:
        yield f"span {span.index}{f' ({span.where})' if span.where else ''}"
    if outcome.note:
        yield outcome.note
    if outcome.lost:
        yield f"lost before it was sent: {text.counted(outcome.lost, 'span')}"


def _totals_row(totals: SenderTotals) -> list[Cell]:
    sender = totals.sender
    return [
        Cell(" ".join(filter(None, (sender.convention, sender.source, sender.product))), shrinks=True),
        *(
            Cell(str(number), "red" if number and is_bad else None, right=True)
            for number, is_bad in (
                (totals.requests, False), (totals.failed, True), (totals.accepted, False), (totals.refused, True),
                (totals.lost, True), (totals.size_bytes, False),
            )
        ),
        Cell(_time(totals.since_unix_nano)[:10]),  # the day, so that a line has room for who it is
    ]  # fmt: skip


def _time(unix_nano: int) -> str:
    return f"{datetime.fromtimestamp(unix_nano // 1_000_000_000, UTC):%Y-%m-%d %H:%M:%S}"
