"""Group commit: calls that wait while a transaction goes to the disk share the next one.

There is no writer thread. A caller queues its job and waits for the right to commit; whoever gets it commits the jobs of
all who wait. A single caller pays for one transaction, forty pay for two.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

from llm_tracer_service.store.base import StoreUnavailable

T = TypeVar("T")


class _Ticket(Generic[T]):
    def __init__(self, job: Callable[[], T]) -> None:
        self.job = job
        self.done = False
        self.result: T | None = None
        self.error: BaseException | None = None


class GroupCommit:
    """Runs jobs in transactions, one transaction at a time.

    `transaction(jobs)` runs them in order, commits and returns their results; if it raises, nothing of it was kept.
    """

    def __init__(self, transaction: Callable[[Sequence[Callable[[], Any]]], Sequence[Any]]) -> None:
        self._transaction = transaction
        self._waiting: list[_Ticket[Any]] = []
        self._queue = threading.Lock()
        self._commit = threading.Lock()
        self.busy_s = 0.0
        """How long the transactions of `run` have taken in total."""

    def run(self, job: Callable[[], T]) -> T:
        """The result of the job, once it is on the disk. Raises what the job or its commit raised."""
        ticket = _Ticket(job)
        with self._queue:
            self._waiting.append(ticket)
        with self._commit:
            if not ticket.done:
                begun_s = time.monotonic()
                self._run_all_who_wait()
                self.busy_s += time.monotonic() - begun_s
        if ticket.error is not None:
            raise ticket.error
        return ticket.result  # type: ignore[return-value]

    def alone(self, work: Callable[[], T]) -> T:
        """Runs `work` while no transaction runs."""
        with self._commit:
            return work()

    def _run_all_who_wait(self) -> None:
        with self._queue:
            group, self._waiting = self._waiting, []
        try:
            self._run(group)
        finally:
            for ticket in group:
                if not ticket.done:  # what interrupted this thread is no answer for the others
                    ticket.error = StoreUnavailable("The write was interrupted.")
                    ticket.done = True

    def _run(self, group: Sequence[_Ticket[Any]]) -> None:
        try:
            results = self._transaction([ticket.job for ticket in group])
        except Exception as error:
            if len(group) > 1:
                # One of them fails, not its neighbours: each gets a transaction of its own.
                for ticket in group:
                    self._run([ticket])
                return
            group[0].error = error
        else:
            for ticket, result in zip(group, results, strict=True):
                ticket.result = result
        for ticket in group:
            ticket.done = True
