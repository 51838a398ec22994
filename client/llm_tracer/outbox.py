"""Requests that are ready and wait for the server, and what its answers mean for them. Pure, no network."""

from __future__ import annotations

import random
from collections import deque
from typing import Literal, NamedTuple, TypeAlias

PATH = "/api/spans"
CONTENT_TYPE = "application/msgpack"
"""What a request is (body.py)."""

RETRY_FIRST_S = 0.25
RETRY_MAX_S = 10.0
RETRY_AFTER_MAX_S = 300.0

Verdict: TypeAlias = Literal["delivered", "later", "split", "refused"]


class Batch(NamedTuple):
    """One request. `body` is compressed; the packed spans are kept in it alone, to hold them once.

    `ended_count` are its spans that ended (0 for an announcement of running ones: nothing is lost with it).
    `reports_lost` is how many spans that were lost before it tells the server about.
    """

    body: bytes
    content_encoding: str
    span_count: int
    ended_count: int
    reports_lost: int


def verdict(status: int) -> Verdict:
    """404 is what a proxy answers while the server behind it is away: it may come back. 405 comes from another server, as
    from the dashboard where its address was taken for that of the Tracer API. A redirection leads to the page of a network
    that wants a password first, or to where the address should be set to. The spans wait for all of that."""
    if 200 <= status < 300:
        return "delivered"
    if status == 413:
        return "split"
    if status in (404, 405, 408, 425, 429) or 300 <= status < 400 or status >= 500:
        return "later"
    return "refused"


class Outbox:
    """Batches in the order in which they were made, and when the next may be tried.

    The waits double from 0.25 s to 10 s, each varied by a quarter so that many processes do not knock together.
    """

    __slots__ = ("_failures", "_random", "batches", "in_flight", "retry_at_s")

    def __init__(self) -> None:
        self.batches: deque[Batch] = deque()
        self.in_flight: Batch | None = None
        """The one whose answer is awaited."""
        self.retry_at_s = 0.0
        self._failures = 0
        # Not the module's: a program that seeds it wants the same numbers again, whatever the server does.
        self._random = random.Random()  # noqa: S311 - spreads load, guards nothing

    def is_open(self, now_s: float) -> bool:
        """Whether something may be tried now."""
        return now_s >= self.retry_at_s

    def take(self, now_s: float) -> Batch | None:
        """The next one to send, None where there is none or the time has not come."""
        if not self.batches or not self.is_open(now_s):
            return None
        self.in_flight = self.batches.popleft()
        return self.in_flight

    def put_back(self) -> None:
        """The one in flight did not arrive."""
        if self.in_flight is not None:
            self.batches.appendleft(self.in_flight)
            self.in_flight = None

    def postpone(self, now_s: float, *, retry_after_s: float | None = None) -> None:
        wait_s = min(RETRY_FIRST_S * 2 ** min(self._failures, 16), RETRY_MAX_S)
        wait_s *= self._random.uniform(0.75, 1.25)
        if retry_after_s is not None:
            wait_s = max(wait_s, min(retry_after_s, RETRY_AFTER_MAX_S))
        self._failures += 1
        self.retry_at_s = now_s + wait_s

    def forget_failures(self) -> None:
        self._failures = 0
        self.retry_at_s = 0.0
