"""Telemetry never raises into the app: its own errors are logged once, and the app goes on."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

importing = threading.RLock()
"""Held while the sender's thread imports. A fork waits for it (lifecycle.py): a child with half a module, and a
module lock whose holder does not exist there, would wait for ever."""

_said: set[str] = set()


def say_once(topic: str, message: str, *, error: BaseException | None = None) -> None:
    """Log `message` as a warning of the logger "llm_tracer", the first time this process says `topic`.

    Never raises. With `error`, its traceback is logged too.
    """
    if topic in _said:
        return
    _said.add(topic)
    try:
        with importing:
            import logging  # 8 ms, paid by the first program that needs it

        details = (type(error), error, error.__traceback__) if error is not None else None
        logging.getLogger("llm_tracer").warning(message, exc_info=details)
    except Exception:  # noqa: S110 - a broken log handler of the app is the app's to notice, not ours to raise
        pass


def report(where: str, error: BaseException) -> None:
    """Log an error of ours in `where`, once for each place and type; never raises."""
    say_once(
        f"{where}:{type(error).__name__}", f"llm_tracer: {where} failed; the program goes on", error=error
    )


def guarded(default: T) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Decorate a public function that must not raise: on an error it reports and returns `default`."""

    def decorate(function: Callable[P, T]) -> Callable[P, T]:
        @wraps(function)
        def call(*args: P.args, **kwargs: P.kwargs) -> T:
            try:
                return function(*args, **kwargs)
            except Exception as error:
                report(function.__qualname__, error)
                return default

        return call

    return decorate
