"""The spans that this process's callers have handed over and the sender has not taken yet. Bounded in bytes, without
a lock.

A dict and a deque: their operations are atomic, so callers never wait for each other or for the sender. The byte
count is two counters, one for each side: callers add to `_put_bytes`, the sender to `_freed_bytes`. CPython does not
interrupt an in-place addition between its read and its write; in free-threaded builds, where it may, the bound would
only be a little loose.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, MutableSequence
from typing import TYPE_CHECKING, Protocol, TypeAlias

if TYPE_CHECKING:
    from ..otel.span import OtelSpan
    from ..recording.span import Span

    Recorded: TypeAlias = Span | OtelSpan

LIMIT_BYTES = 20 * 1024 * 1024
"""The limit of everything that waits to be sent, from the queue to compressed requests; the span that reaches it may
exceed it. A process grows by up to three times as much (60 MB measured in a burst of 200,000 spans without a server)."""


class Recorder(Protocol):
    """Where spans report their start and their end. Neither call waits or raises."""

    def start(self, span: Recorded) -> None: ...
    def end(self, span: Recorded) -> None: ...


class QueueRecorder:
    """The recorder of a program in production. `on_first_span` is called when the first span begins (by several
    threads, if they begin their first spans at the same time)."""

    __slots__ = (
        "_freed_bytes",
        "_limit_bytes",
        "_put_bytes",
        "counts",
        "dropped_spans",
        "ended",
        "is_closed",
        "on_first_span",
        "open",
        "take_late",
    )

    def __init__(self, on_first_span: Callable[[], None], *, limit_bytes: int = LIMIT_BYTES) -> None:
        self.open: dict[Recorded, None] = {}
        """Running spans that were not announced yet, oldest first."""
        self.ended: deque[Recorded] = deque()
        self.counts: MutableSequence[int] = [0, 0]
        """How many spans ended, and of how many the fate is known (ledger.py). Callers add to the first, the sender
        to both."""
        self.dropped_spans = 0
        self.is_closed = False
        self.take_late: Callable[[Recorded], None] | None = None
        self.on_first_span: Callable[[], None] | None = on_first_span
        self._limit_bytes = limit_bytes
        self._put_bytes = 0
        self._freed_bytes = 0

    def start(self, span: Recorded) -> None:
        self.open[span] = None
        begin = self.on_first_span
        if begin is not None:
            self.on_first_span = None
            begin()

    def end(self, span: Recorded) -> None:
        if self.is_closed:
            if self.take_late is not None:
                self.take_late(span)
            return
        self.open.pop(span, None)
        self.counts[0] += 1
        # `held_bytes`, without its call. The span itself does not count: a large one is taken whatever small ones wait,
        # since the program has its value in memory anyway.
        if self._put_bytes - self._freed_bytes >= self._limit_bytes:
            self.dropped_spans += 1
        else:
            self._put_bytes += span._size_bytes
            self.ended.append(span)

    def take_over(self, span_count: int) -> None:
        """From now on this process has to account for so many spans that others ended."""
        self.counts[0] += span_count

    def settle(self, span_count: int) -> None:
        """The fate of so many spans is known."""
        self.counts[1] += span_count

    def use_counts(self, counts: MutableSequence[int]) -> None:
        """Count in `counts` (zeros) from now on. What callers count meanwhile is in one of the two."""
        before, self.counts = self.counts, counts
        counts[0] += before[0]
        counts[1] += before[1]

    @property
    def held_bytes(self) -> int:
        return self._put_bytes - self._freed_bytes

    def free(self, size_bytes: int) -> None:
        """The sender holds so many bytes less (negative: more). Called by the sender only."""
        self._freed_bytes += size_bytes

    def close(self, take_late: Callable[[Recorded], None] | None = None) -> None:
        """Accept nothing more. Spans that end later are given to `take_late`."""
        self.take_late = take_late
        self.is_closed = True
        self.on_first_span = None

    def forget(self) -> None:
        """Drop everything. A forked child does this, since its parent sends these spans."""
        self.open.clear()
        self.ended.clear()
