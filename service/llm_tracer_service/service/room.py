"""The memory that bodies may take together, whoever sends them: n senders could otherwise hold n times the largest body.

What does not fit is refused with 503, so that its sender keeps it and comes again.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from llm_tracer_service.errors import RETRY_AFTER_S, Problem

BODIES_MAX = 4
"""So many of the largest bodies have room at a time. One, compressed and unfolded, needs two."""

LARGE_BYTES = 1024 * 1024
"""Above this, bodies are decoded one after another: as spans, they may take many times their size. Python would not decode
two any faster at once."""

LARGE_MAX = 8
"""So many large bodies may wait for that, each in a thread that answers nobody else meanwhile."""

TURN_WAIT_S = 60.0
"""How long one waits."""


class Room:
    """What bodies may take, of which requests take shares. `body_bytes_max` is what one body may have."""

    def __init__(self, body_bytes_max: int) -> None:
        self._lock = Lock()
        self._left_bytes = BODIES_MAX * body_bytes_max
        self._large = 0
        self._turn = Lock()

    @contextmanager
    def share(self) -> Iterator[Share]:
        """What one request takes while the block runs."""
        share = Share(self)
        try:
            yield share
        finally:
            share.give_back()

    def take(self, size_bytes: int) -> None:
        """Raises Problem 503 if that much is not left."""
        with self._lock:
            self._check(size_bytes)
            self._left_bytes -= size_bytes

    def check(self, size_bytes: int) -> None:
        """Raises Problem 503 if that much is not left now."""
        with self._lock:
            self._check(size_bytes)

    def _check(self, size_bytes: int) -> None:
        if size_bytes > self._left_bytes:
            raise _full()

    def give_back(self, size_bytes: int) -> None:
        """The opposite of `take`."""
        with self._lock:
            self._left_bytes += size_bytes

    def begin_turn(self) -> None:
        """Waits until no other large body is decoded. Raises Problem 503 if too many wait, or it takes too long."""
        with self._lock:
            if self._large >= LARGE_MAX:
                raise _full()
            self._large += 1
        if not self._turn.acquire(timeout=TURN_WAIT_S):
            with self._lock:
                self._large -= 1
            raise _full()

    def end_turn(self) -> None:
        """Lets the next one begin. Any thread may call it."""
        self._turn.release()
        with self._lock:
            self._large -= 1


class Share:
    """What one request has taken."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._taken_bytes = 0
        self._has_turn = False

    def check(self, size_bytes: int) -> None:
        """Raises Problem 503 if so much is not left, for what is only announced: that could be held without sending it."""
        self._room.check(size_bytes)

    def take(self, size_bytes: int) -> None:
        """Takes more. Raises Problem 503."""
        self._room.take(size_bytes)
        self._taken_bytes += size_bytes

    def before_decoding(self, size_bytes: int) -> None:
        """Waits for its turn if the body is large, in a worker thread; it lasts as long as the share. Raises Problem 503."""
        if size_bytes > LARGE_BYTES and not self._has_turn:
            self._room.begin_turn()
            self._has_turn = True

    def give_back(self) -> None:
        """Gives all of it back."""
        self._room.give_back(self._taken_bytes)
        self._taken_bytes = 0
        if self._has_turn:
            self._has_turn = False
            self._room.end_turn()


def _full() -> Problem:
    return Problem(
        503,
        "Too many large requests arrive at once.",
        "Try again in a moment, or send fewer spans per request.",
        headers={"Retry-After": str(RETRY_AFTER_S)},
    )
