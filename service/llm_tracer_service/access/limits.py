"""How many spans a project may send: a token bucket for each project that sends."""

from __future__ import annotations

import math
from dataclasses import dataclass
from threading import Lock

from llm_tracer_service.errors import Problem

_NANOS_A_MINUTE = 60_000_000_000
_BUCKETS_MAX = 10_000


@dataclass(slots=True)
class _Bucket:
    tokens: float
    at_unix_nano: int


class RateLimit:
    """At most `spans_a_minute` on average, and as many at once. None: no limit."""

    def __init__(self, spans_a_minute: int | None) -> None:
        self._rate = spans_a_minute
        self._lock = Lock()
        self._buckets: dict[str, _Bucket] = {}

    def take(self, project: str, spans: int, now_unix_nano: int) -> None:
        """Counts spans that are about to be written. Raises Problem 429 if the project is above its rate.

        A batch that is larger than what is left is admitted and paid for later. Refusing it would never end, since its
        sender sends it again unchanged.
        """
        if self._rate is None or not spans:
            return
        with self._lock:
            bucket = self._filled(project, now_unix_nano, self._rate)
            if bucket.tokens <= 0:
                wait_s = math.ceil((1 - bucket.tokens) * 60 / self._rate)
                raise Problem(
                    429,
                    f"The project sent more than {self._rate} spans a minute.",
                    f"Try again in {wait_s} s.",
                    headers={"Retry-After": str(max(1, wait_s))},
                )
            bucket.tokens -= spans

    def _filled(self, project: str, now_unix_nano: int, rate: int) -> _Bucket:
        bucket = self._buckets.get(project)
        if bucket is None:
            if len(self._buckets) >= _BUCKETS_MAX:  # without keys, anybody can make up any number of names
                self._buckets.clear()
            bucket = self._buckets[project] = _Bucket(rate, now_unix_nano)
        gained = max(0, now_unix_nano - bucket.at_unix_nano) / _NANOS_A_MINUTE * rate
        bucket.tokens = min(rate, bucket.tokens + gained)
        bucket.at_unix_nano = max(now_unix_nano, bucket.at_unix_nano)
        return bucket
