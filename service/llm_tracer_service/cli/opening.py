"""The store for a command that reads or changes it: opened beside the Tracer API, or while that is stopped."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from llm_tracer_service.cli.endings import fail, store_refusals
from llm_tracer_service.cli.serving import reader_and_prices, settings_from

if TYPE_CHECKING:
    from llm_tracer_service.store.contract import TraceStore


@contextmanager
def opened_store(url: str | None, readonly: bool) -> Iterator[TraceStore]:
    """The store that is meant, closed at the end. Ends the command if it cannot be opened."""
    from llm_tracer_service.store import open_store
    from llm_tracer_service.store.sqlite.lock import InUse

    settings = settings_from(url, None, None)
    if settings.store == "memory:":
        raise fail(
            "The store memory: keeps nothing when its process ends.", "Name one with --store sqlite:PATH."
        )
    _check_there_is_one(settings.store)
    reader, _ = reader_and_prices(settings)
    with store_refusals():
        try:
            opened = open_store(settings.store, reader, time.time_ns, settings.abandon_after_s, readonly)
        except InUse as fault:
            hint = "Stop the Tracer API that uses it, run this command again, then restart the Tracer API."
            raise fail(str(fault), hint) from None
    try:
        yield opened
    finally:
        opened.close()


def _check_there_is_one(url: str) -> None:
    """Ends the command for a path at which there is nothing: a misspelt path must not create an empty store."""
    kind, _, place = url.partition(":")
    if kind == "sqlite" and place and not Path(place).expanduser().exists():
        raise fail(f"There is no store {place}.", "Choose another one with --store sqlite:PATH.")
