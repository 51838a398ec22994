from __future__ import annotations

import logging

import pytest
from llm_tracer.guard import guarded, report, say_once


def test_a_guarded_function_returns_its_default_instead_of_raising() -> None:
    @guarded(7)
    def fail() -> int:
        raise ValueError

    assert fail() == 7


def test_a_guarded_function_lets_the_end_of_the_program_through() -> None:
    @guarded(None)
    def stop() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stop()


def test_the_same_error_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(3):
        report("here", ValueError("one"))
    report("here", TypeError("two"))
    assert len(caplog.records) == 2
    assert caplog.records[0].name == "llm_tracer"


def test_a_log_handler_that_raises_does_not_reach_the_app() -> None:
    class Broken(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            raise RuntimeError

    logger = logging.getLogger("llm_tracer")
    logger.addHandler(handler := Broken())
    try:
        say_once("topic", "message")
    finally:
        logger.removeHandler(handler)
