"""Where traces are kept. Only this module names the stores; all other code asks for a TraceStore.

The contract
  contract    what a store promises, in prose; `base` has its types
  view        every question about the traces of a project
  checking    what every store can hold
  paging      the order of lists, and their cursors
  ranking     spans in any order but that of time
  patience    when a search gives up
  hits        where the words of a query occur
  over_time   figures and groups by intervals of time
  outcomes    the ingest log
  lazy        the rows of a trace, loaded on demand

Spans as bytes
  deliveries  what a write does before it needs the lock
  packing     the spans of one delivery of one trace, nothing lost; `exact` is its MessagePack
  rows        their rows
  records     summaries and figures; `grouped` has those by value
  bundling    packs of several traces as one
  zstd        compression
  ids         ids as bytes

The stores
  memory      the specification
  sqlite      one file
  dynamodb    one table
"""

from __future__ import annotations

import time

from llm_tracer.model.reading import Reader

from llm_tracer_service.store.base import Clock, StoreError
from llm_tracer_service.store.contract import TraceStore
from llm_tracer_service.store.memory import MemoryStore

ABANDON_AFTER_S = 600.0
"""A running trace that has been silent for longer counts as abandoned. Model calls that take minutes are common."""


def open_store(
    url: str,
    reader: Reader,
    clock: Clock = time.time_ns,
    abandon_after_s: float = ABANDON_AFTER_S,
    readonly: bool = False,
    holder: str = "",
) -> TraceStore:
    """Opens the store that `url` names: `memory:`, `sqlite:PATH` (created if it does not exist) or `dynamodb:TABLE`.

    `readonly` opens the store beside a process that writes it, and refuses to write. `holder` describes this process, for
    example by its port, to another one that finds the file in use. Raises StoreError if the url names no store, or the
    file cannot be opened, is not one of our stores, or was written by a newer version.
    """
    kind, _, location = url.partition(":")
    if url == "memory:":
        return MemoryStore(reader, clock, abandon_after_s)
    if kind == "sqlite" and location:
        # Imported here, so that a program with another store does not pay for loading this one.
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
