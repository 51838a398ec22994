"""`llm-tracer remap`: reads stored spans again, with the current tables and prices."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from llm_tracer_service.cli.endings import fail, store_refusals
from llm_tracer_service.cli.opening import opened_store
from llm_tracer_service.cli.terminal import Progress

if TYPE_CHECKING:
    from llm_tracer_service.store.contract import TraceStore


@click.command()
@click.option("--store", metavar="URL", help="The store to use: sqlite:PATH (TRACER_STORE).")
@click.option("--project", metavar="ID", help="Only this project.")
@click.option("--all", "everything", is_flag=True, help="Also traces that the current version has read.")
@click.option("--after", metavar="CURSOR", help="Continue where `remap --all` stopped.")
def remap(store: str | None, project: str | None, everything: bool, after: str | None) -> None:
    """Read stored traces again with the current tables (TRACER_DIALECTS) and prices.

    Names, kinds, tokens, costs and all figures are derived again from the spans as they were sent, which do not change.
    Only traces read by another version are touched, so a remap that was stopped continues where it stopped: run it
    again.
    """
    with opened_store(store, readonly=False) as opened:
        _run(opened, project, everything, after)


def _run(store: TraceStore, project: str | None, everything: bool, after: str | None) -> None:
    looked_at = derived = 0
    cursor = after
    total = store.info().trace_count or 0
    progress = Progress(at_once=True)
    try:
        with store_refusals():
            while True:
                page = store.remap(project, cursor, everything=everything)
                looked_at, derived, cursor = (
                    looked_at + page.looked_at,
                    derived + page.derived,
                    page.next_cursor,
                )
                if cursor is None:
                    break
                progress.show(f"{looked_at} of {total} traces looked at, {derived} read again …")
    except KeyboardInterrupt:
        again = "Run it again to continue."
        if everything and cursor:
            again = f"Continue with: llm-tracer remap --all --after {cursor}"
        raise fail(f"Stopped: {derived} traces were read again.", again) from None
    click.echo(f"Done: {derived} of {looked_at} traces read again.")
