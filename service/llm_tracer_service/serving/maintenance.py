"""The thread that keeps the store within its limits of age and size, and does what else is due."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from threading import Event, Thread
from typing import TypeAlias

from llm_tracer_service.service.ingest_log import IngestLog
from llm_tracer_service.serving import freed_memory
from llm_tracer_service.store.base import StoreError
from llm_tracer_service.store.contract import TraceStore

log = logging.getLogger("llm_tracer_service")

EVERY_S = 2.0
"""How often it looks for something to do. If there is nothing, that takes half a millisecond."""

BUDGET_S = 0.1
"""How long it works at a time. It then rests as long: it uses half a core at most, and writers go between its steps."""

GIVE_BACK_EVERY_S = 10.0
"""How often freed memory is returned to the system, even while busy: other threads cannot use what this one freed."""

Task: TypeAlias = Callable[[], bool]
"""Does part of its work, and returns whether there is more to do now."""


def upkeep_of(store: TraceStore, retention_days: float | None, max_bytes: int | None) -> Task:
    """`maintain` with the limits of the settings."""
    return lambda: store.maintain(BUDGET_S, retention_days, max_bytes).more


def flushing(ingest_log: IngestLog) -> Task:
    """Writes the pending part of the ingest log."""

    def task() -> bool:
        ingest_log.flush()
        return False

    return task


class Maintenance:
    """Runs tasks periodically, in a thread of its own, until `stop`. What fails is tried again in the next turn."""

    def __init__(
        self,
        tasks: Sequence[Task],
        every_s: float = EVERY_S,
        give_back_every_s: float = GIVE_BACK_EVERY_S,
    ) -> None:
        self._tasks = tasks
        self._every_s = every_s
        self._give_back_every_s = give_back_every_s
        self._stopping = Event()
        self._thread = Thread(target=self._run, name="maintenance", daemon=True)
        self._problem: str | None = None

    def start(self) -> None:
        """Starts the thread; its first turn is at once."""
        self._thread.start()

    def stop(self) -> None:
        """Returns after the present step and a last turn of all tasks: a fraction of a second."""
        self._stopping.set()
        self._thread.join()
        self._take_turn()

    def _run(self) -> None:
        given_back_s = time.monotonic()
        while not self._stopping.is_set():
            started_s = time.monotonic()
            more = self._take_turn()
            if started_s - given_back_s >= self._give_back_every_s:
                freed_memory.give_back()
                given_back_s = started_s
            self._stopping.wait(time.monotonic() - started_s if more else self._every_s)

    def _take_turn(self) -> bool:
        problem: str | None = None
        more = False
        for task in self._tasks:
            try:
                more |= task()
            except StoreError as fault:
                problem = str(fault)
            except Exception:
                # It must go on: a store that deletes nothing fills the disk.
                log.exception("Maintenance failed; it is tried again")
        if problem is not None and problem != self._problem:
            log.warning("Maintenance has to wait: %s", problem)
        self._problem = problem
        return more and problem is None
