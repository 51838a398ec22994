"""The counting of attempts, with a clock that is given."""

from __future__ import annotations

import pytest
from dashboard.attempts import LIMIT, PLACES, WINDOW_S, Attempts, place_of


class Clock:
    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


def test_a_place_waits_after_its_failures_and_may_try_again_after_the_window() -> None:
    clock = Clock()
    attempts = Attempts(clock)
    for _ in range(LIMIT):
        assert attempts.wait_s("192.0.2.1") == 0
        attempts.failed("192.0.2.1")
        clock.now += 1
    assert attempts.wait_s("192.0.2.1") == WINDOW_S - LIMIT
    assert attempts.wait_s("192.0.2.2") == 0
    clock.now += WINDOW_S - LIMIT
    assert attempts.wait_s("192.0.2.1") == 0


def test_who_knows_the_password_starts_anew() -> None:
    attempts = Attempts(Clock())
    for _ in range(LIMIT - 1):
        attempts.failed("192.0.2.1")
    attempts.succeeded("192.0.2.1")
    attempts.failed("192.0.2.1")
    assert attempts.wait_s("192.0.2.1") == 0


def test_so_many_places_are_remembered_and_not_more() -> None:
    attempts = Attempts(Clock())
    for _ in range(LIMIT):
        attempts.failed("first")
    for n in range(PLACES):
        attempts.failed(f"other {n}")
    assert attempts.wait_s("first") == 0


@pytest.mark.parametrize(
    ("address", "place"),
    [("2001:db8::1", "2001:db8::/64"), ("2001:db8::ffff:1:2:3", "2001:db8::/64"), ("::ffff:192.0.2.1", "192.0.2.1"),
     ("192.0.2.1", "192.0.2.1"), ("", ""), ("testclient", "testclient")],
)  # fmt: skip
def test_one_network_of_version_six_is_one_place(address: str, place: str) -> None:
    assert place_of(address) == place
