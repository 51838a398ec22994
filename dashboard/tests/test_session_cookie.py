"""Signed sessions and the counting of attempts, with clocks that are given."""

from __future__ import annotations

import pytest
from dashboard.attempts import LIMIT, PLACES, WINDOW_S, Attempts, place_of
from dashboard.sessions import SESSION_S, Sessions
from hypothesis import given
from hypothesis import strategies as st


class Clock:
    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(scope="module")
def sessions() -> Sessions:
    return Sessions("a password", Clock())


def test_a_session_holds_until_its_time() -> None:
    clock = Clock()
    sessions = Sessions("a password", clock)
    value = sessions.begin()
    clock.now += SESSION_S - 1
    assert sessions.holds(value)
    clock.now += 1
    assert not sessions.holds(value)


def test_it_holds_in_every_process_with_this_password_and_in_no_other() -> None:
    value = Sessions("a password", Clock()).begin()
    assert Sessions("a password", Clock()).holds(value)
    assert not Sessions("a passworD", Clock()).holds(value)


def test_one_that_was_ended_holds_no_longer_and_the_others_do() -> None:
    clock = Clock()
    sessions = Sessions("a password", clock)
    ended, other = sessions.begin(), sessions.begin()
    sessions.end(ended)
    sessions.end("nonsense")
    assert (sessions.holds(ended), sessions.holds(other)) == (False, True)


@given(text=st.text(max_size=200))
def test_no_text_that_was_not_issued_holds(sessions: Sessions, text: str) -> None:
    assert not sessions.holds(text)
    assert not sessions.holds(sessions.begin() + text[:1] + "0")


def test_every_changed_character_breaks_it(sessions: Sessions) -> None:
    value = sessions.begin()
    for at, character in enumerate(value):
        changed = value[:at] + ("0" if character != "0" else "1") + value[at + 1 :]
        assert not sessions.holds(changed)


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
