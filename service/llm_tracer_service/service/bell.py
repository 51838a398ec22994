"""Wakes those who wait for changes of a project, without a thread for each."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Lock


class Waiter:
    """One who waits, on the event loop that made it."""

    def __init__(self, loop: asyncio.AbstractEventLoop, closed: bool) -> None:
        self._loop = loop
        self._rung = asyncio.Event()
        self.closed = closed
        if closed:
            self._rung.set()

    async def wait(self, timeout_s: float) -> bool:
        """True if it rang since the last call, False if the time is over."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._rung.wait(), timeout_s)
        rang = self._rung.is_set()
        if not self.closed:
            self._rung.clear()
        return rang

    def ring(self) -> None:
        """Ends the waiting. May be called from any thread."""
        with suppress(RuntimeError):  # its loop has ended
            self._loop.call_soon_threadsafe(self._rung.set)


class Bell:
    """Rings for those who wait for a project. Waiting takes no thread; any thread may ring."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._waiters: dict[str, set[Waiter]] = {}
        self._closed = False

    @contextmanager
    def listen(self, project: str) -> Iterator[Waiter]:
        """A Waiter that hears every ring from now on: look for changes after entering, not before."""
        with self._lock:
            waiter = Waiter(asyncio.get_running_loop(), self._closed)
            self._waiters.setdefault(project, set()).add(waiter)
        try:
            yield waiter
        finally:
            with self._lock:
                waiters = self._waiters[project]
                waiters.discard(waiter)
                if not waiters:
                    del self._waiters[project]

    def waiting(self, project: str) -> int:
        """How many wait for a project now."""
        return len(self._waiters.get(project, ()))

    def ring(self, project: str) -> None:
        """Wakes those who wait for a project, because it changed."""
        if project not in self._waiters:  # so that most writes take no lock
            return
        with self._lock:
            for waiter in self._waiters.get(project, ()):
                waiter.ring()

    def close(self) -> None:
        """Wakes everybody for good, because the service stops."""
        with self._lock:
            self._closed = True
            for waiters in self._waiters.values():
                for waiter in waiters:
                    waiter.closed = True
                    waiter.ring()
