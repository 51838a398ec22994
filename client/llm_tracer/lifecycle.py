"""The moments that Python reports only on request: the process ends, is told to end, or was forked.

Registered once, by the first tracer, for all of them.
"""

from __future__ import annotations

import atexit
import os
import sys
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from .clock import monotonic_s
from .guard import importing, report
from .termination import Termination

if TYPE_CHECKING:
    from .tracer import Tracer

EXIT_BUDGET_S = 1.75
"""For all tracers of a process together. The interpreter's own shutdown comes on top, and 2 s are promised."""

_tracers: set[Tracer] = set()
_is_registered = False


def watch(tracer: Tracer) -> None:
    """Flush `tracer` when the process ends, and let it start afresh in a forked child."""
    global _is_registered
    _tracers.add(tracer)
    if _is_registered:
        return
    _is_registered = True
    atexit.register(_finish)
    if not _is_child_of_multiprocessing():  # it may be told to end at once, and has nothing to lose yet
        _watch_termination(_termination.prepare)
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(
            before=_before_fork, after_in_parent=_after_fork_in_parent, after_in_child=_after_fork_in_child
        )
    try:
        # A child of multiprocessing ends without atexit, but runs this (private, used by concurrent.futures).
        threading._register_atexit(_finish_child)  # type: ignore[attr-defined]
        # The last one registered runs first, and concurrent.futures waits there for workers whose spans we want.
        callbacks = threading._threading_atexits  # type: ignore[attr-defined]
        callbacks.insert(0, callbacks.pop())
    except RuntimeError:
        pass  # the end of this process has begun
    except Exception as error:
        report("Registering the end of multiprocessing children", error)


def is_main_interpreter() -> bool:
    """Web servers such as mod_wsgi run several in a process. Only the main one may end with a daemon thread in it; any
    other one aborts the process."""
    try:
        if sys.version_info >= (3, 13):
            import _interpreters as interpreters  # type: ignore[import-not-found, unused-ignore]
        else:
            import _xxsubinterpreters as interpreters  # type: ignore[import-not-found, unused-ignore]
        return bool(interpreters.get_current() == interpreters.get_main())
    except Exception:
        return True  # private names: another Python may have none


def begin() -> None:
    """The first span of a tracer begins in this process, so there is something to lose from now on."""
    if _is_registered:
        _watch_termination(_termination.watch)


def _watch_termination(how: Callable[[], None]) -> None:
    try:
        how()
    except Exception as error:  # no thread starts at the end
        report("Watching for SIGTERM", error)


def _is_child_of_multiprocessing() -> bool:
    process = sys.modules.get("multiprocessing.process")
    return process is not None and process.parent_process() is not None


def forget(tracer: Tracer) -> None:
    _tracers.discard(tracer)


def end_with_the_last_thread() -> None:
    """A child that was forked outside the main thread ends with its last thread, without running exit functions. The
    sending thread calls this now and then, so that it does not keep such a process alive."""
    if isinstance(threading.main_thread(), threading._MainThread):  # type: ignore[attr-defined]
        return
    if all(thread.name.startswith("llm_tracer") for thread in threading.enumerate()):
        threading.Thread(target=_end, name="llm_tracer_end").start()


def _end() -> None:
    _finish()
    os._exit(0)


def _finish() -> None:
    deadline_s = monotonic_s() + EXIT_BUDGET_S
    for tracer in list(_tracers):
        try:
            tracer._exit(max(0.0, deadline_s - monotonic_s()))
        except Exception as error:
            report("The flush at exit", error)


def _finish_child() -> None:
    if not _is_child_of_multiprocessing():
        return  # atexit will come
    # The interpreter joins them right after this anyway; their spans should be among those we send.
    for thread in threading.enumerate():
        if not thread.daemon and thread not in (threading.current_thread(), threading.main_thread()):
            thread.join()
    _finish()


_termination = Termination(_finish, EXIT_BUDGET_S)


def _before_fork() -> None:
    importing.acquire()
    _termination.before_fork()


def _after_fork_in_parent() -> None:
    _termination.after_fork_in_parent()
    importing.release()


def _after_fork_in_child() -> None:
    try:
        _termination.after_fork_in_child()
    except Exception as error:
        report("Giving SIGTERM back after a fork", error)
    importing.release()
    for tracer in list(_tracers):
        try:
            tracer._start_over()
        except Exception as error:
            report("Starting over after a fork", error)
