"""Requests that wait for the server, and what its answers mean for them. Pure, no network."""

from __future__ import annotations

import random
from collections import deque
from typing import Literal, NamedTuple, TypeAlias

PATH = "/api/spans"
CONTENT_TYPE = "application/msgpack"
"""The content type of a request (body.py)."""

RETRY_FIRST_S = 0.25
RETRY_MAX_S = 10.0
RETRY_AFTER_MAX_S = 300.0

Verdict: TypeAlias = Literal["delivered", "later", "split", "refused"]


class Batch(NamedTuple):
    """One request. `body` is compressed, and the only place that holds the packed spans.

    `ended_count` is how many of its spans have ended (0 for an announcement of running spans, with which nothing is
    lost). `reports_lost` is how many earlier lost spans it reports to the server.
    """

    body: bytes
    content_encoding: str
    span_count: int
    ended_count: int
    reports_lost: int


def verdict(status: int) -> Verdict:
    """What a status means for a request. A proxy answers 404 while the server behind it is away. 405 comes from
    another server, such as the dashboard, if its address was taken for that of the Tracer API. A redirection leads to
    the sign-in page of a network, or to the address that should have been set. All of these may pass, so the spans
    wait."""
    if 200 <= status < 300:
        return "delivered"
    if status == 413:
        return "split"
    if status in (404, 405, 408, 425, 429) or 300 <= status < 400 or status >= 500:
        return "later"
    return "refused"


class Outbox:
    """Batches in the order in which they were made, and the time of the next attempt.

    The waits double from 0.25 s to 10 s, each varied by a quarter so that many processes do not retry at once.
    """

    __slots__ = ("_failures", "_random", "batches", "in_flight", "retry_at_s")

    def __init__(self) -> None:
        self.batches: deque[Batch] = deque()
        self.in_flight: Batch | None = None
        """The batch whose answer is awaited."""
        self.retry_at_s = 0.0
        self._failures = 0
        # Not the module's generator: a program that seeds it wants the same numbers again, whatever the server does.
        self._random = random.Random()  # noqa: S311 - spreads load, guards nothing

    def is_open(self, now_s: float) -> bool:
        """Whether an attempt may be made now."""
        return now_s >= self.retry_at_s

    def take(self, now_s: float) -> Batch | None:
        """The next batch to send, or None if there is none or it is not time yet."""
        if not self.batches or not self.is_open(now_s):
            return None
        self.in_flight = self.batches.popleft()
        return self.in_flight

    def put_back(self) -> None:
        """The batch in flight did not arrive."""
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
