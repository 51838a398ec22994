"""Two stores with the same contents get the same questions: how many were compared, and where they disagreed."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from app_helpers import packaged_reader
from llm_tracer.model.reading import Text
from llm_tracer.model.span import SpanData
from llm_tracer_service.query import parse
from llm_tracer_service.store import open_store
from llm_tracer_service.store.base import ALWAYS, SORTS, TimeRange
from llm_tracer_service.store.contract import TraceStore

from .helpers import SECOND, START, StillClock
from .test_agreement import IN_MEMORY, Ask, compare_answers
from .worlds import query_text, spans_of_world

QUERIES_A_WORLD = 250
_BATCH = 60
_RANGES = (
    ALWAYS,
    ALWAYS,
    ALWAYS,
    TimeRange(START + 30 * SECOND, None),
    TimeRange(None, START + 3_600 * SECOND),
)


class RememberingReader:
    """The real Reader, which reads the texts of each span once: a world is searched hundreds of times."""

    def __init__(self) -> None:
        self._reader = packaged_reader()
        self._texts: dict[tuple[str, str], tuple[Text, ...]] = {}
        self.version = self._reader.version
        self.read = self._reader.read
        self.content = self._reader.content

    def texts(self, span: SpanData) -> Iterator[Text]:
        key = span.trace_id, span.span_id
        if key not in self._texts:
            self._texts[key] = tuple(self._reader.texts(span))
        return iter(self._texts[key])


@dataclass(slots=True)
class Outcome:
    """How many queries were asked, of which `found` had an answer that was not empty, and the ones that disagreed."""

    asked: int = 0
    found: int = 0
    disagreements: list[str] = field(default_factory=list)


def compare(queries: int, seed: int, tell: Callable[[Outcome], None] = lambda outcome: None) -> Outcome:
    """Asks memory and SQLite so many queries: traces in every order and page, spans, sessions, totals."""
    outcome = Outcome()
    for world in range(-(-queries // QUERIES_A_WORLD)):
        with _world(seed + world) as (memory, sqlite):
            chooser = random.Random(f"{seed + world} asks")
            for _ in range(min(QUERIES_A_WORLD, queries - outcome.asked)):
                _ask(memory, sqlite, chooser, outcome)
        tell(outcome)
    return outcome


@contextmanager
def _world(seed: int) -> Iterator[tuple[TraceStore, TraceStore]]:
    clock, reader = StillClock(START + 4_000 * SECOND), RememberingReader()
    spans = list(spans_of_world(random.Random(seed)))
    with tempfile.TemporaryDirectory(dir=IN_MEMORY) as folder:
        memory = open_store("memory:", reader, clock, 600)
        sqlite = open_store(f"sqlite:{Path(folder) / 'traces.db'}", reader, clock, 600)
        for store in (memory, sqlite):
            for at in range(0, len(spans), _BATCH):
                store.write("p", spans[at : at + _BATCH])
        yield memory, sqlite
        sqlite.close()


def _ask(memory: TraceStore, sqlite: TraceStore, chooser: random.Random, outcome: Outcome) -> None:
    text = query_text(chooser)
    sort = SORTS[outcome.asked % len(SORTS)]
    ask = Ask("p", parse(text), chooser.choice(_RANGES), sort, chooser.choice((30, 500, 500, 500)))
    outcome.asked += 1
    outcome.found += bool(memory.find_traces("p", ask.query, ask.time_range, limit=1).traces)
    try:
        compare_answers(memory, sqlite, ask)
    except AssertionError as difference:
        outcome.disagreements.append(f"{text}   ({sort}, {ask.time_range}): {str(difference)[:300]}")
