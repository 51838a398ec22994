"""Where traces are kept. Only this module names the stores; everyone else asks for a TraceStore."""

from __future__ import annotations

import time

from llm_tracer.model.reading import Reader

from llm_tracer_service.store.base import Clock, StoreError
from llm_tracer_service.store.contract import TraceStore
from llm_tracer_service.store.memory import MemoryStore

ABANDON_AFTER_S = 600.0
"""A running trace that was silent for longer counts as abandoned: model calls of some minutes are common."""


def open_store(
    url: str,
    reader: Reader,
    clock: Clock = time.time_ns,
    abandon_after_s: float = ABANDON_AFTER_S,
    readonly: bool = False,
    holder: str = "",
) -> TraceStore:
    """Opens the store that `url` names: `memory:`, `sqlite:PATH` (made where it does not exist) or `dynamodb:TABLE`.

    `readonly` opens beside a process that writes; such a store refuses to write. `holder` is what this
    process says of itself to another one that finds the file in use, such as its port. Raises StoreError where the url
    names no store, or its file cannot be opened, is no store of ours, or was written by a newer version.
    """
    kind, _, location = url.partition(":")
    if url == "memory:":
        return MemoryStore(reader, clock, abandon_after_s)
    if kind == "sqlite" and location:
        # Imported when used: a program with another store does not pay for loading this one.
        from llm_tracer_service.store.sqlite.store import SqliteStore

        return SqliteStore(location, reader, clock, abandon_after_s, readonly, holder)
    if kind == "dynamodb" and location:
        from llm_tracer_service.store.dynamodb.opening import parse_location
        from llm_tracer_service.store.dynamodb.store import DynamoStore

        place = parse_location(location)
        return DynamoStore(
            place.client(), location, reader, clock, abandon_after_s, place.retention_days, readonly
        )
    raise StoreError(f"There is no store {url!r}.", "Supported are memory:, sqlite:PATH and dynamodb:TABLE.")
