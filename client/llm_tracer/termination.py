"""SIGTERM ends a Python program without any of its exit functions. Where the program lets it, it may cost a moment now.

A handler in Python runs in the main thread, between two of its instructions. That is not enough:

- A main thread that is in C code, or about to wait for a lock, does not get to it, and the program that was told to end
  goes on. A worker of `multiprocessing.Pool` is there just when the pool ends: one `Pool` of a hundred hung for ever on
  a busy machine.
- A main thread that waits in the handler keeps the locks it had, and they may be those that the end needs.

So a thread does the work. The C handler of faulthandler wakes it: it acts at once and, unlike the descriptor of
`signal.set_wakeup_fd`, event loops do not want it for themselves (trio warns about it). What it writes is not read.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from .guard import report

PAUSE_S = 0.1
"""So long the main thread waits in the handler. Then it goes on, so that it lets go what it holds."""

LAST_CALLS = 2
"""More would be more than the two seconds that an end may take. How often the main thread is called to end the program, after the work, before the thread does it by itself."""


class Termination:
    """Calls `finish` when the process is told to end, and lets it end then. `patience_s` is what `finish` may take.

    A program that has its own handler, or gets one later, is left alone. A forked child is watched from its first span
    on, if that begins in its main thread: no other may take a signal.
    """

    def __init__(self, finish: Callable[[], None], patience_s: float) -> None:
        self._finish = finish
        self._patience_s = patience_s
        self._pipe: tuple[int, int] | None = None
        self._is_watched = False
        self._blocked: set[Any] | None = None
        self._forget()

    def prepare(self) -> None:
        """Take the signal, where nobody else has it and this is the main thread (no other may)."""
        if self._pipe is not None or os.name != "posix":
            return
        if threading.current_thread() is not threading.main_thread():
            return
        import faulthandler
        import signal

        if signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
            return
        faulthandler.unregister(signal.SIGTERM)  # of a parent, whose handler is no longer there
        _, write_end = self._pipe = os.pipe()
        os.set_blocking(write_end, False)
        signal.signal(signal.SIGTERM, self._on_signal)
        faulthandler.register(signal.SIGTERM, file=write_end, all_threads=False, chain=True)

    def watch(self) -> None:
        """There is something to lose from now on. Any thread may say so; only the first time counts."""
        self.prepare()
        if self._pipe is None or self._is_watched:
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
        """The child must not be told by the pipe of its parent: who reads it there would end the parent."""
        if self._pipe is not None:
            import signal

            self._blocked = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})

    def after_fork_in_parent(self) -> None:
        """Also where the main thread took the signal while another one was about to fork."""
        if self._blocked is not None:
            import signal

            signal.pthread_sigmask(signal.SIG_SETMASK, self._blocked)
            self._blocked = None

    def after_fork_in_child(self) -> None:
        """It has nothing to lose before its first span, and until then ends as every program does."""
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
        # Not an Event: the main thread that is interrupted could hold the lock of it.
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
        """In the main thread, as soon as it can. Also called by a handler that the program has put before it."""
        if self._is_watched and self._pipe is not None:
            with suppress(OSError):
                os.write(self._pipe[1], b"!")
            is_ours = self._has_signal()
            if not self._is_finished:
                self._finishing.acquire(timeout=PAUSE_S if is_ours else self._patience_s)
            if not self._is_finished and is_ours:
                return
        self._give_back()
        os.kill(os.getpid(), number)  # and so the program ends as it would have

    def _is_told(self, read_end: int) -> bool:
        """Wait for a byte. False: the program has closed all files, ours too, as daemons do. It is left alone then."""
        import faulthandler
        import signal

        with suppress(OSError):
            if os.read(read_end, 1):
                return True
        faulthandler.unregister(signal.SIGTERM)  # would write to what has the number of our file by now
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
