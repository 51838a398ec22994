"""What every way in works with, and all requests share: `Service`, made of these and of the store, the keys and the reader.

room        the memory that bodies may take together
ingest_log  the last requests, and what came of them
survey      what a body is written in, and which keys nobody knows
bell        wakes those who wait for changes
metrics     counters of a project
"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass, field

from llm_tracer.model.reading import Reader

from llm_tracer_service.access.auth import Gate
from llm_tracer_service.access.limits import RateLimit
from llm_tracer_service.conversation.index import TraceIndexes
from llm_tracer_service.reading import DialectReader
from llm_tracer_service.reading.pricing import PriceBook
from llm_tracer_service.service.bell import Bell
from llm_tracer_service.service.ingest_log import IngestLog
from llm_tracer_service.service.metrics import Metrics
from llm_tracer_service.service.room import Room
from llm_tracer_service.service.survey import Surveyor
from llm_tracer_service.settings import Settings
from llm_tracer_service.store.base import Clock
from llm_tracer_service.store.contract import TraceStore


@dataclass(frozen=True)
class Service:
    """One store, who may reach it, and what is remembered about requests. It has no threads.

    `can_wait`: a request may stay open until something changes. False if its time costs money (AWS Lambda).
    """

    settings: Settings
    store: TraceStore
    reader: Reader
    clock: Clock
    gate: Gate
    rate_limit: RateLimit
    ingest_log: IngestLog
    surveyor: Surveyor
    room: Room
    prices: PriceBook | None = None
    can_wait: bool = True
    bell: Bell = field(default_factory=Bell)
    metrics: Metrics = field(default_factory=Metrics)
    trace_indexes: TraceIndexes = field(default_factory=TraceIndexes)


def make_service(
    settings: Settings,
    store: TraceStore,
    reader: Reader,
    clock: Clock,
    prices: PriceBook | None = None,
    can_wait: bool = True,
) -> Service:
    """`prices` are those that the reader uses. Raises BadSetting for invalid keys."""
    known_keys: Container[str] = reader.known_keys if isinstance(reader, DialectReader) else ()
    return Service(
        settings,
        store,
        reader,
        clock,
        Gate(settings),
        RateLimit(settings.rate_limit),
        IngestLog(store),
        Surveyor(known_keys),
        Room(settings.max_body_bytes),
        prices,
        can_wait,
    )
