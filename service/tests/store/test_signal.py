"""Waiting for a change: those who wait are woken, look for themselves, or are released."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Event

from llm_tracer_service.store.signal import Signal

LONG_S = 60.0


def answers(*given: bool) -> Callable[[], bool]:
    """Asked again and again, says this, and then the last of it."""
    left = list(given)
    return lambda: left.pop(0) if len(left) > 1 else left[0]


def test_what_has_changed_is_said_at_once() -> None:
    assert Signal().wait("p", answers(True), timeout_s=0) is True


def test_nothing_has_changed_when_the_time_is_up() -> None:
    assert Signal().wait("p", answers(False), timeout_s=0) is False


def test_who_waits_is_told() -> None:
    signal, asked = Signal(), Event()
    changed = answers(False, True)

    def has_changed() -> bool:
        asked.set()
        return changed()

    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(signal.wait, "p", has_changed, LONG_S)
        assert asked.wait(LONG_S)
        signal.tell("p")
        assert waiting.result(LONG_S) is True


def test_a_change_while_it_is_asked_is_not_missed() -> None:
    signal = Signal()
    changed = answers(False, True)

    def has_changed() -> bool:
        signal.tell("p")
        return changed()

    assert signal.wait("p", has_changed, LONG_S) is True


def test_what_others_write_is_looked_for() -> None:
    assert Signal().wait("p", answers(False, False, True), LONG_S, poll_s=0.001) is True


def test_closing_lets_go_of_who_waits() -> None:
    signal, asked = Signal(), Event()

    def has_changed() -> bool:
        asked.set()
        return False

    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(signal.wait, "p", has_changed, LONG_S)
        assert asked.wait(LONG_S)
        assert signal.close() is True
        assert waiting.result(LONG_S) is True
    assert signal.close() is False
    assert signal.is_closed
