"""Wakes those who wait for changes of a project, without a thread for each of them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Lock


class Waiter:
    """One who waits. Belongs to the event loop that made it."""

    def __init__(self, loop: asyncio.AbstractEventLoop, closed: bool) -> None:
        self._loop = loop
        self._rung = asyncio.Event()
        self.closed = closed
        if closed:
            self._rung.set()

    async def wait(self, timeout_s: float) -> bool:
        """True when it rang since the last call, False when the time is up."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._rung.wait(), timeout_s)
        rang = self._rung.is_set()
        if not self.closed:
            self._rung.clear()
        return rang

    def ring(self) -> None:
        """From any thread."""
        with suppress(RuntimeError):  # its loop has ended
            self._loop.call_soon_threadsafe(self._rung.set)


class Bell:
    """Rings for those who wait for a project. Waiting takes no thread; ringing is safe from any."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._waiters: dict[str, set[Waiter]] = {}
        self._closed = False

    @contextmanager
    def listen(self, project: str) -> Iterator[Waiter]:
        """Hears every ring from here on; look for changes after entering, not before."""
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
        """Something changed in a project."""
        if project not in self._waiters:  # most writes, and no lock for them
            return
        with self._lock:
            for waiter in self._waiters.get(project, ()):
                waiter.ring()

    def close(self) -> None:
        """The service stops: nobody waits any longer."""
        with self._lock:
            self._closed = True
            for waiters in self._waiters.values():
                for waiter in waiters:
                    waiter.closed = True
                    waiter.ring()
