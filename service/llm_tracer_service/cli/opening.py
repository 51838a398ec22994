"""The store for a command that reads or changes it: opened beside the Tracer API, or while that is stopped."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from llm_tracer_service.cli.serving import (
    check_there_is_one,
    fail,
    reader_and_prices,
    settings_from,
    store_refusals,
)

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
    check_there_is_one(settings.store)
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
