from __future__ import annotations

import time

import pytest
from app_helpers import START
from llm_tracer_service.times import parse_time, rfc3339


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-23T12:00:00Z", START),
        ("2026-11-23T12:00:00.123456789Z", START + 123_456_789),
        ("2026-11-23T12:00:00.5+00:00", START + 500_000_000),
        ("2026-11-23T13:30:00+01:30", START),
        ("2026-11-23T13:30:00 01:30", START),
        ("2026-11-23T12:00", START),
        ("2026-11-23 12:00:00", START),
        ("2026-11-23", START - 43_200 * 10**9),
        ("1795435200", START),
        ("1795435200.25", START + 250_000_000),
        ("now", START),
        ("-90s", START - 90 * 10**9),
        ("-1.5h", START - 5400 * 10**9),
        ("-7d", START - 7 * 86_400 * 10**9),
    ],
)
def test_times_as_people_write_them(text: str, expected: int) -> None:
    assert parse_time(text, START) == expected


@pytest.mark.parametrize(
    "text",
    ["", "soon", "1h", "-1y", f"-{'9' * 400}d", "2026-13-01", "2026-11-23T25:00:00Z", "1795435200000"],
)
def test_what_is_no_time_says_what_was_expected(text: str) -> None:
    with pytest.raises(ValueError, match="RFC 3339"):
        parse_time(text, START)


def test_today_begins_at_midnight_where_the_machine_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    try:
        midnight = parse_time("2026-11-23T05:00:00Z", START)
        assert parse_time("today", START) == midnight
        assert parse_time("yesterday", START) == midnight - 86_400 * 10**9
    finally:
        monkeypatch.undo()
        time.tzset()


def test_every_time_can_be_written() -> None:
    assert rfc3339(START + 1) == "2026-11-23T12:00:00.000000001Z"
    assert rfc3339(0) == "1970-01-01T00:00:00.000000000Z"
    assert rfc3339(2**64) == "2554-07-21T23:34:33.709551616Z"
    assert rfc3339(2**80).startswith("9999-12-31")
    assert rfc3339(-(2**80)) == "0001-01-01T00:00:00.000000000Z"
