"""Times in the forms that people and programs write: RFC 3339, unix seconds, or relative to now."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

NANOS_A_SECOND = 1_000_000_000
NANOS_A_DAY = 86_400 * NANOS_A_SECOND

_UNIX_S = re.compile(r"\d{1,11}(\.\d+)?")
_RELATIVE = re.compile(r"-(\d{1,9}(?:\.\d+)?)(s|m|h|d|w)")
_RFC3339 = re.compile(
    r"(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d)?)(?:\.(\d{1,9})\d*)?(Z|[+\- ]\d\d:\d\d)?)?", re.IGNORECASE
)
_SECONDS_OF = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}

EXPECTED_TIME = "RFC 3339 (2026-11-23T14:00:00Z), unix seconds, -15m, -1h, -7d, today, yesterday or now"


def parse_time(text: str, now_unix_nano: int) -> int:
    """Nanoseconds since 1970. A date without a time is its midnight in UTC, a time without a zone is in UTC.

    `today` begins at midnight in the machine's time zone, which on a laptop is its owner's. Raises ValueError, saying
    what is expected.
    """
    text = text.strip()
    if text == "now":
        return now_unix_nano
    if text in ("today", "yesterday"):
        return _midnight(now_unix_nano, days_ago=1 if text == "yesterday" else 0)
    if found := _RELATIVE.fullmatch(text):
        return now_unix_nano - int(float(found[1]) * _SECONDS_OF[found[2]] * 1e9)
    if _UNIX_S.fullmatch(text):
        seconds, _, fraction = text.partition(".")
        return int(seconds) * 1_000_000_000 + int(fraction[:9].ljust(9, "0"))
    if found := _RFC3339.fullmatch(text):
        return _from_rfc3339(found)
    raise ValueError(f"expected {EXPECTED_TIME}")


def _midnight(now_unix_nano: int, days_ago: int) -> int:
    now = datetime.fromtimestamp(now_unix_nano // 1_000_000_000, UTC).astimezone()
    day = now.date() - timedelta(days=days_ago)
    # Naive, so that the offset of that day counts, which differs in daylight saving time.
    return int(datetime(day.year, day.month, day.day).timestamp()) * 1_000_000_000  # noqa: DTZ001


def _from_rfc3339(found: re.Match[str]) -> int:
    date, time, fraction, zone = found.groups()
    zone = (zone or "Z").upper()
    if zone[0] == " ":
        zone = "+" + zone[1:]  # a plus sign that was not escaped in a URL
    try:
        moment = datetime.fromisoformat(f"{date}T{time or '00:00'}{'+00:00' if zone == 'Z' else zone}")
    except ValueError as fault:
        raise ValueError(f"expected {EXPECTED_TIME}; {fault}") from fault
    return int(moment.timestamp()) * 1_000_000_000 + int((fraction or "").ljust(9, "0"))


def rfc3339(unix_nano: int) -> str:
    """`2026-11-23T14:00:00.123456789Z`. Times outside the calendar become its first or last moment."""
    seconds, nanos = divmod(unix_nano, 1_000_000_000)
    try:
        moment = datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        return "9999-12-31T23:59:59.999999999Z" if seconds > 0 else "0001-01-01T00:00:00.000000000Z"
    return f"{moment.isoformat()[:19]}.{nanos:09d}Z"
