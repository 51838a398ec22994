"""Signed session cookies, with a clock that is given."""

from __future__ import annotations

import pytest
from dashboard.session_cookie import SESSION_S, SessionCookies
from hypothesis import given
from hypothesis import strategies as st


class Clock:
    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(scope="module")
def cookies() -> SessionCookies:
    return SessionCookies("a password", Clock())


def test_a_session_holds_until_its_time() -> None:
    clock = Clock()
    cookies = SessionCookies("a password", clock)
    value = cookies.begin()
    clock.now += SESSION_S - 1
    assert cookies.holds(value)
    clock.now += 1
    assert not cookies.holds(value)


def test_it_holds_in_every_process_with_this_password_and_in_no_other() -> None:
    value = SessionCookies("a password", Clock()).begin()
    assert SessionCookies("a password", Clock()).holds(value)
    assert not SessionCookies("a passworD", Clock()).holds(value)


def test_one_that_was_ended_holds_no_longer_and_the_others_do() -> None:
    clock = Clock()
    cookies = SessionCookies("a password", clock)
    ended, other = cookies.begin(), cookies.begin()
    cookies.end(ended)
    cookies.end("nonsense")
    assert (cookies.holds(ended), cookies.holds(other)) == (False, True)


@given(text=st.text(max_size=200))
def test_no_text_that_was_not_issued_holds(cookies: SessionCookies, text: str) -> None:
    assert not cookies.holds(text)
    assert not cookies.holds(cookies.begin() + text[:1] + "0")


def test_every_changed_character_breaks_it(cookies: SessionCookies) -> None:
    value = cookies.begin()
    for at, character in enumerate(value):
        changed = value[:at] + ("0" if character != "0" else "1") + value[at + 1 :]
        assert not cookies.holds(changed)
