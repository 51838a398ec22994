"""`llm-tracer remap`: reads what is stored again, with the present tables and prices."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import click

from llm_tracer_service.cli.serving import check_there_is_one, fail, reader_and_prices, settings_from
from llm_tracer_service.settings import Settings

if TYPE_CHECKING:
    from llm_tracer_service.store.contract import TraceStore

_SHOWN_EVERY_S = 0.5


@click.command()
@click.option("--store", metavar="URL", help="The store that is meant: sqlite:PATH (TRACER_STORE).")
@click.option("--project", metavar="ID", help="Only this project.")
@click.option("--all", "everything", is_flag=True, help="Also traces that the present version has read.")
@click.option("--after", metavar="CURSOR", help="Go on where `remap --all` was stopped.")
def remap(store: str | None, project: str | None, everything: bool, after: str | None) -> None:
    """Read stored traces again with the present tables (TRACER_DIALECTS) and prices.

    Names, kinds, tokens, costs and everything that is counted from them are made anew from the spans as they were
    sent, which stay as they are. Only traces that another version has read are touched, so a remap that was stopped
    goes on where it stopped: run it again.
    """
    settings = settings_from(store, None, None)
    if settings.store == "memory:":
        raise fail("The store memory: keeps nothing to read again.", "Name one with --store sqlite:PATH.")
    opened = _opened(settings)
    try:
        _run(opened, project, everything, after)
    finally:
        opened.close()


def _opened(settings: Settings) -> TraceStore:
    from llm_tracer_service.store import open_store
    from llm_tracer_service.store.base import StoreError
    from llm_tracer_service.store.sqlite.lock import InUse

    check_there_is_one(settings.store)
    reader, _ = reader_and_prices(settings)
    try:
        return open_store(settings.store, reader, time.time_ns, settings.abandon_after_s)
    except InUse as fault:
        hint = "Stop the Tracer API that uses it, run this again, and start the Tracer API again."
        raise fail(str(fault), hint) from None
    except StoreError as fault:
        raise fail(str(fault), fault.hint) from None


def _run(store: TraceStore, project: str | None, everything: bool, after: str | None) -> None:
    from llm_tracer_service.store.base import StoreError

    looked_at = derived = 0
    cursor = after
    total = store.info().trace_count or 0
    shown_s = 0.0
    try:
        while True:
            page = store.remap(project, cursor, everything=everything)
            looked_at, derived, cursor = looked_at + page.looked_at, derived + page.derived, page.next_cursor
            if cursor is None:
                break
            if time.monotonic() - shown_s >= _SHOWN_EVERY_S:
                shown_s = time.monotonic()
                click.echo(f"{looked_at} of {total} traces looked at, {derived} read again …", err=True)
    except KeyboardInterrupt:
        again = "Run it again to go on."
        if everything and cursor:
            again = f"Go on with: llm-tracer remap --all --after {cursor}"
        raise fail(f"Stopped: {derived} traces were read again.", again) from None
    except StoreError as fault:
        raise fail(str(fault), fault.hint) from None
    click.echo(f"Done: {derived} of {looked_at} traces read again.")
