"""Delivers spans on SIGTERM, which ends a Python program without running its exit functions. The end may take a
moment longer.

A Python handler runs in the main thread, between two instructions. That is not enough:

- A main thread that is in C code, or about to wait for a lock, does not get to it, and the program goes on. A worker
  of `multiprocessing.Pool` is in that state just when the pool ends: one `Pool` in a hundred hung for ever on a busy
  machine.
- A main thread that waits in the handler keeps its locks, and the flush at the end may need them.

So a thread does the work. It is woken by faulthandler's C handler, which acts at once. Unlike `signal.set_wakeup_fd`,
event loops do not claim it for themselves (trio warns about that). What it writes is ignored.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from types import BuiltinFunctionType
from typing import Any

from .guard import report

PAUSE_S = 0.1
"""How long the main thread waits in the handler. Then it goes on, so that it releases its locks."""

LAST_CALLS = 2
"""How often, after the work, the main thread is asked to end the program before the thread does so itself. More would
exceed the two seconds that the end may take."""


class Termination:
    """Calls `finish` when the process receives SIGTERM, then lets it end. `finish` may take `patience_s`.

    A program that has its own handler, or sets one later, is left alone, as is one whose threads are green. A forked child is watched from its first
    span on, if that begins in its main thread: only that may handle signals.
    """

    def __init__(self, finish: Callable[[], None], patience_s: float) -> None:
        self._finish = finish
        self._patience_s = patience_s
        self._pipe: tuple[int, int] | None = None
        self._is_watched = False
        self._blocked: set[Any] | None = None
        self._forget()

    def prepare(self) -> None:
        """Handle the signal, unless somebody else does or this is not the main thread (only that may)."""
        if self._pipe is not None or os.name != "posix" or are_threads_green():
            return
        if threading.current_thread() is not threading.main_thread():
            return
        import faulthandler
        import signal

        if signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
            return
        faulthandler.unregister(signal.SIGTERM)  # registered by the parent, whose handler is gone
        _, write_end = self._pipe = os.pipe()
        os.set_blocking(write_end, False)
        signal.signal(signal.SIGTERM, self._on_signal)
        faulthandler.register(signal.SIGTERM, file=write_end, all_threads=False, chain=True)

    def watch(self) -> None:
        """From now on there is something to lose. May be called in any thread; only the first call has an effect."""
        self.prepare()
        if self._pipe is None or self._is_watched or are_threads_green():
            return
        self._is_watched = True
        try:
            threading.Thread(
                target=self._wait, args=self._pipe[:1], name="llm_tracer_end", daemon=True
            ).start()
        except RuntimeError:
            self._is_watched = False
            raise

    def before_fork(self) -> None:
        """The child must not write to the pipe of its parent, whose reader would end the parent."""
        if self._pipe is not None:
            import signal

            self._blocked = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})

    def after_fork_in_parent(self) -> None:
        """Also if the main thread received the signal while another thread was about to fork."""
        if self._blocked is not None:
            import signal

            signal.pthread_sigmask(signal.SIG_SETMASK, self._blocked)
            self._blocked = None

    def after_fork_in_child(self) -> None:
        """The child has nothing to lose before its first span, and until then ends like every program."""
        if self._pipe is not None:
            if self._has_signal():
                self._give_back()
            for end in self._pipe:
                with suppress(OSError):
                    os.close(end)
            self._pipe = None
            self._forget()
        self.after_fork_in_parent()

    def _forget(self) -> None:
        self._is_watched = False
        self._is_finished = False
        # Not an Event: the interrupted main thread could hold its lock.
        self._finishing = threading.Lock()
        self._finishing.acquire()

    def _has_signal(self) -> bool:
        import signal

        return signal.getsignal(signal.SIGTERM) == self._on_signal

    def _give_back(self) -> None:
        import faulthandler
        import signal

        faulthandler.unregister(signal.SIGTERM)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)

    def _on_signal(self, number: int, frame: object) -> None:
        """Runs in the main thread, as soon as it can. Also called by a handler that the program has put in front of
        it."""
        if self._is_watched and self._pipe is not None:
            with suppress(OSError):
                os.write(self._pipe[1], b"!")
            is_ours = self._has_signal()
            if not self._is_finished:
                self._finishing.acquire(timeout=PAUSE_S if is_ours else self._patience_s)
            if not self._is_finished and is_ours:
                return
        self._give_back()
        os.kill(os.getpid(), number)  # so the program ends as it would have without us

    def _is_told(self, read_end: int) -> bool:
        """Wait for a byte. False if the program has closed all files, including ours, as daemons do; then it is left
        alone."""
        import faulthandler
        import signal

        with suppress(OSError):
            if os.read(read_end, 1):
                return True
        faulthandler.unregister(signal.SIGTERM)  # it would write to whatever file has that number by now
        self._pipe = None
        return False

    def _wait(self, read_end: int) -> None:
        import signal

        if not self._is_told(read_end):
            return
        try:
            self._finish()
        except Exception as error:
            report("The end by SIGTERM", error)
        self._is_finished = True
        self._finishing.release()
        for _ in range(LAST_CALLS):
            if not self._has_signal():
                return
            main_thread_id = threading.main_thread().ident
            assert main_thread_id is not None
            signal.pthread_kill(main_thread_id, signal.SIGTERM)
            time.sleep(PAUSE_S)
        os._exit(128 + signal.SIGTERM)


def are_threads_green() -> bool:
    """Whether gevent or eventlet has replaced threads by its own, all of which would wait when ours waits for a byte."""
    import _thread

    return not isinstance(_thread.start_new_thread, BuiltinFunctionType)
