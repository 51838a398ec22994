"""The times of LangSmith's runs, and the dotted order, which says them once more."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from llm_tracer_service.receiving.decoded import UnusableSpan
from llm_tracer_service.receiving.peers.raw_json import is_empty, value_of, written

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Step:
    """A run on the way from the root to a run, and when it started, as it was written."""

    started: str
    run_id: str

    @property
    def start_unix_nano(self) -> int | None:
        """None if the time cannot be read. Worked out only where it is asked for: a deep run has many steps."""
        found = _COMPACT.fullmatch(self.started)
        if found is None:
            return None
        with suppress(ValueError):
            return _since_epoch(datetime.fromisoformat(f"{found[1]}.{found[2]}"))
        return None


_COMPACT = re.compile(r"(\d{8}T\d{6})(\d{1,6})", re.ASCII)
"""A time without separators, to the microsecond."""


def nanoseconds(text: bytes | None) -> int | None:
    """A time of a run in nanoseconds since 1970: ISO 8601, in UTC where it names no zone, or milliseconds. None where none was
    sent. Raises UnusableSpan for what is no time."""
    if text is None or is_empty(text):
        return None
    sent = value_of(text)
    with suppress(ValueError, OverflowError):
        if isinstance(sent, str):
            return _since_epoch(datetime.fromisoformat(sent))
        if isinstance(sent, int | float) and not isinstance(sent, bool):
            return round(sent * 1_000) * 1_000  # microseconds are the most that a float of our days holds
    raise UnusableSpan(f"not a time: {written(text)[:40]}")


def steps_of(dotted_order: str) -> list[Step]:
    """The runs of a dotted order from the root on: `20261127T180517219756Z{id}.20261127T180517236214Z{id}`."""
    steps = []
    for segment in filter(None, dotted_order.split(".")):
        time, found, run_id = segment.partition("Z")
        if not found or not run_id:
            raise UnusableSpan(f"not a dotted_order: {dotted_order[:60]!r}")
        steps.append(Step(time, run_id))
    return steps


def _since_epoch(time: datetime) -> int:
    aware = time if time.tzinfo is not None else time.replace(tzinfo=UTC)
    return (aware - _EPOCH) // _MICROSECOND * 1_000
