"""The moments that Python only tells those who asked: the process ends, is told to end, and was forked.

One registration for all tracers, made with the first one.
"""

from __future__ import annotations

import atexit
import os
import sys
import threading
import time
from typing import TYPE_CHECKING

from .guard import importing, report

if TYPE_CHECKING:
    from .tracer import Tracer

EXIT_BUDGET_S = 1.75
"""All tracers of a process together; the interpreter's own end comes on top, and 2 s are promised."""

_tracers: set[Tracer] = set()
_is_registered = False


def watch(tracer: Tracer) -> None:
    """Flush `tracer` when the process ends, and give it a life of its own in a forked child."""
    global _is_registered
    _tracers.add(tracer)
    if _is_registered:
        return
    _is_registered = True
    atexit.register(_finish)
    try:
        _watch_termination()
    except Exception as error:  # an interpreter that is not the main one may not
        report("Watching for SIGTERM", error)
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(
            before=importing.acquire, after_in_parent=importing.release, after_in_child=_start_over
        )
    try:
        # A child of multiprocessing ends without atexit, but not without this (private, used by concurrent.futures).
        threading._register_atexit(_finish_child)  # type: ignore[attr-defined]
        # The last one registered runs first, and concurrent.futures waits there for workers whose spans we want.
        callbacks = threading._threading_atexits  # type: ignore[attr-defined]
        callbacks.insert(0, callbacks.pop())
    except Exception as error:
        report("Registering the end of multiprocessing children", error)


def _watch_termination() -> None:
    """SIGTERM ends a Python program without any of its exit functions. Where the program lets it, it may cost a
    moment now; a program that has its own handler, or gets one later, is left alone."""
    if os.name != "posix" or threading.current_thread() is not threading.main_thread():
        return
    import signal

    if signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        return

    def on_termination(number: int, frame: object) -> None:
        # In a thread of its own: this one may hold whatever lock it held when the signal came.
        thread = threading.Thread(target=_finish, name="llm_tracer_end", daemon=True)
        thread.start()
        thread.join(EXIT_BUDGET_S)
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)  # and so the program ends as it would have

    signal.signal(signal.SIGTERM, on_termination)


def forget(tracer: Tracer) -> None:
    _tracers.discard(tracer)


def _finish() -> None:
    deadline_s = time.monotonic() + EXIT_BUDGET_S
    for tracer in list(_tracers):
        try:
            tracer._exit(max(0.0, deadline_s - time.monotonic()))
        except Exception as error:
            report("The flush at exit", error)


def _finish_child() -> None:
    process = sys.modules.get("multiprocessing.process")
    if process is None or process.parent_process() is None:
        return  # atexit will come
    # The interpreter joins them right after this anyway; their spans are to be among those we send.
    for thread in threading.enumerate():
        if not thread.daemon and thread not in (threading.current_thread(), threading.main_thread()):
            thread.join()
    _finish()


def _start_over() -> None:
    importing.release()
    for tracer in list(_tracers):
        try:
            tracer._start_over()
        except Exception as error:
            report("Starting over after a fork", error)
