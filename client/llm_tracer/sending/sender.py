"""The one thread that talks to the server. It wakes by the clock, since waking it would cost every caller 0.5 µs.

Each round: collect ended spans, announce those that have been open for a second, pack whole traces, post what is due,
and put what the server does not take into the spool. The app waits for none of it. If the thread cannot run because
the interpreter is ending, a flush runs the round itself.

Two locks: `_round_lock`, for one round at a time, is held while waiting for the server. `_lock`, for what waits to be
sent, is held only for moments, so that the end of the process can put everything on disk whatever the server does.
"""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from .. import lifecycle
from ..clock import monotonic_s
from ..config import Settings
from ..guard import importing, report, say_once
from ..termination import are_threads_green
from .joiner import TraceJoiner
from .outbox import Batch, Outbox
from .recorder import QueueRecorder

if TYPE_CHECKING:
    from .delivery import Delivery
    from .packer import Packer
    from .recorder import Recorded
    from .shelf import Shelf

TICK_S = 0.1
OUTAGE_TICK_S = 1.0
"""How often spans are collected while the server takes nothing: a spool file for every tenth of a second would be too
many."""

ANNOUNCE_AFTER_S = 1.0
SPOOL_LOOK_S = 30.0
"""How often the spool is searched for what other processes left."""

SPOOL_SLICE_S = 1.0
"""How long the spool is delivered before it is the turn of new spans."""

EXIT_RESERVE_S = 0.3
"""The part of the time at exit that is reserved for writing to disk: 20 MB take 0.2 s."""

DISK_PATIENCE_S = 1.0

FLUSH_MAX_S = 1e8
"""For a flush that may take for ever: `threading` refuses to wait for longer than some centuries."""


class Sender:
    """Sends spans from its recorder to `settings.api_url`. Nothing happens before the first span begins."""

    def __init__(self, settings: Settings) -> None:
        self.recorder = QueueRecorder(self._begin)
        self._settings = settings
        self._joiner = TraceJoiner()
        self._outbox = Outbox()
        self._round_lock = threading.Lock()
        self._lock = threading.Lock()
        # Released to wake the thread. Not an Event: a signal handler that flushes would wait for its lock, for ever
        # if it interrupted a flush.
        self._wake = threading.Lock()
        self._wake.acquire()
        self._at_work: set[int] = set()
        """The ids of the threads that are in a round, or in `_leave`."""
        self._flushed = threading.Condition()
        self._flushes_asked = 0
        self._flushes_seen = 0
        self._flushes_done = 0
        self._is_exiting = False
        self._lost_spans = 0
        self._lost_told = 0
        self._missed = 0
        """How many spans the server did not get, or refused, before the last flush ended."""
        self._has_backlog = False
        self._look_at_s = 0.0
        self._collect_at_s = 0.0
        self._thread: threading.Thread | None = None
        # Made in the first round, off the app's threads.
        self._packer: Packer | None = None
        self._shelf: Shelf | None = None
        self._delivery: Delivery | None = None

    # ---- the app's side

    def _begin(self) -> None:
        with self._flushed:  # any lock would do: two threads may begin their first spans at the same time
            if self._thread is not None:
                return
            try:
                self._thread = threading.Thread(target=self._run, name="llm_tracer", daemon=True)
                self._thread.start()
            except RuntimeError:
                # Either there are too many threads, which may pass, so the next span tries again. Or the interpreter
                # is ending, and the flush does the work.
                self._thread = None
                self.recorder.on_first_span = self._begin
                return
        lifecycle.begin()

    def flush(self, timeout_s: float) -> bool:
        """Send everything that ended before this call, and what waits in the spool. True when the server has the
        spans of this process. False when time ran out, when it has not got some since the flush before (refused them, or
        memory was short), or if the sender's own work called this: `redact`, or a log handler.

        What a signal handler of the program raises while this waits is the program's, and passes: a time limit, say.
        """
        if threading.get_ident() in self._at_work:
            return False
        try:
            timeout_s = min(max(0.0, timeout_s), FLUSH_MAX_S)
        except TypeError as error:
            report("flush", error)
            return False
        deadline_s = monotonic_s() + timeout_s
        with self._flushed:
            self._flushes_asked += 1
            ticket = self._flushes_asked
        if self._thread is not None and self._thread.is_alive():
            self._rouse()
            with self._flushed:
                self._flushed.wait_for(lambda: self._flushes_done >= ticket, timeout_s)
        else:
            while self._flushes_done < ticket and (left_s := deadline_s - monotonic_s()) > 0:
                self._round(timeout_s=left_s)
                if self._flushes_done < ticket:
                    time.sleep(min(TICK_S, max(0.0, deadline_s - monotonic_s())))
        missed = self.recorder.dropped_spans + self._lost_spans
        if self._delivery is not None:
            missed += self._delivery.rejected_spans
        is_whole, self._missed = missed == self._missed, missed
        return is_whole and self._flushes_done >= ticket and self._has_all_arrived()

    def exit(self, timeout_s: float) -> None:
        """For the end of the process: what the server does not take in time goes to the spool."""
        if self.has_begun:
            self._is_exiting = True
            # Whatever a signal handler raises, somebody does not want to wait: Ctrl+C, SIGTERM.
            with suppress(BaseException):
                self.flush(timeout_s - EXIT_RESERVE_S)
            # First, since other threads go on while the rest is written to disk.
            self.recorder.close(self._take_late)
            self._leave()

    def _take_late(self, span: Recorded) -> None:
        """A span that ended after `exit`, in an exit function registered before ours or in a thread that nobody waits
        for, goes to disk at once."""
        self.recorder.ended.append(span)
        if threading.get_ident() not in self._at_work:
            self._leave()

    def close(self) -> None:
        """Accept nothing more. The thread ends with its next round."""
        self.recorder.close()
        if self.has_begun:
            self._leave()
        self.recorder.forget()
        self._rouse()

    def _rouse(self) -> None:
        with suppress(RuntimeError):  # the lock is not held: the thread is awake
            self._wake.release()

    @property
    def has_begun(self) -> bool:
        """Whether there is, or was, something to send."""
        return self._thread is not None or bool(self.recorder.ended)

    def _leave(self) -> None:
        """Put everything on disk. If the disk hangs, the ledger tells the next process what is missing."""
        if not self._lock.acquire(timeout=DISK_PATIENCE_S):
            return
        self._at_work.add(threading.get_ident())
        try:
            self._collect(everything=True)
            self._outbox.put_back()
            self._spool()
            # What was just forced out has to be reported, and a log handler may have traced that message.
            if self._lost() or self.recorder.ended:
                self._collect(everything=True)
                self._spool()
            left = sum(batch.ended_count for batch in self._outbox.batches)
            if self._shelf is not None:
                self._shelf.close()
        finally:
            self._at_work.discard(threading.get_ident())
            self._lock.release()
        if left:
            say_once(
                "exit",
                f"llm_tracer: the program ended before {self._settings.api_url} had {left} of its spans, "
                "and they could not be kept on the disk",
            )

    def let_go(self) -> None:
        """In a forked child: the parent sends what it holds."""
        self.recorder.close()
        self.recorder.forget()
        if self._shelf is not None:
            self._shelf.let_go()

    def _has_all_arrived(self) -> bool:
        is_on_disk = self._shelf is not None and self._shelf.has_own()
        return not (self._outbox.batches or self._outbox.in_flight or is_on_disk)

    # ---- the thread's side

    def _run(self) -> None:
        try:
            _block_sigpipe()
            with self._lock:
                self._prepare()  # before the first round, so that a kill is noticed from here on
        except Exception as error:
            report("Sender (starting)", error)
        while not self.recorder.is_closed:
            self._wake.acquire(timeout=TICK_S)
            lifecycle.end_with_the_last_thread()
            try:
                self._round()
            except BaseException as error:  # raised by code of the program that runs here, such as `redact`
                report("Sender", error)

    def _prepare(self) -> None:
        """Make what is needed to keep spans: first the ledger, then the packer. The imports cost 30 ms, off the app's
        threads (see guard.importing)."""
        if self._packer is not None:
            return
        with importing:
            if self._shelf is None:
                from .shelf import Shelf

                shelf = Shelf(self._settings)
                shelf.open_ledger(self.recorder)
                self._shelf = shelf
            from .packer import Packer

            self._packer = Packer(self._settings, on_let_go=self.recorder.free, on_lost=self._lose)

    def _prepare_delivery(self) -> None:
        """Make what is needed to send spans: another 30 ms, for which a program that is just ending does not wait."""
        if self._delivery is not None or self._packer is None or self._shelf is None:
            return
        with importing:
            from .delivery import Delivery

            settings, recorder, place = self._settings, self.recorder, self._shelf.place
            self._delivery = Delivery(settings, recorder, self._outbox, self._packer, self._lose, place=place)
        gone = self._shelf.count_gone()
        self._lose(gone)
        self._missed += gone  # those of other processes

    def _round(self, *, timeout_s: float | None = None) -> None:
        with self._round_lock:
            self._at_work.add(threading.get_ident())
            try:
                self._work(timeout_s)
            finally:
                self._at_work.discard(threading.get_ident())

    def _work(self, timeout_s: float | None) -> None:
        asked = self._flushes_asked
        is_flush = asked > self._flushes_done
        if asked > self._flushes_seen:  # a new flush does not wait for the next retry
            self._flushes_seen = asked
            self._outbox.retry_at_s = 0.0
        try:
            self._prepare_delivery()
            now_s = monotonic_s()
            if is_flush or self._outbox.is_open(now_s) or now_s >= self._collect_at_s:
                self._collect_at_s = now_s + OUTAGE_TICK_S
                with self._lock:
                    self._collect(everything=is_flush)
            self._deliver(timeout_s)
            self._deliver_spooled(timeout_s)
            with self._lock:
                if not self._outbox.is_open(monotonic_s()):
                    self._spool()
        except Exception as error:
            report("Sender", error)
        if is_flush and self._is_flushed():
            with self._flushed:
                self._flushes_done = asked
                self._flushed.notify_all()

    def _is_flushed(self) -> bool:
        """A flush also delivers what others left in the spool. The end of a process waits neither for that nor for a
        server that is not running."""
        if self._is_exiting:
            is_unreachable = self._delivery is not None and self._delivery.is_unreachable
            return is_unreachable or self._has_all_arrived()
        return self._has_all_arrived() and not self._has_backlog

    def _collect(self, *, everything: bool) -> None:
        """Group ended spans by trace; put whole traces and announcements into the outbox."""
        self._prepare()
        now_s = monotonic_s()
        ended = self.recorder.ended
        for _ in range(len(ended)):  # not "until empty", which a busy app would never let happen
            self._joiner.add(ended.popleft(), now_s)
        ready = self._joiner.take_ready(now_s, everything=everything)
        long_open = self._long_open_spans()
        lost = self._lost()
        if not (ready or long_open or (lost and everything)):
            return
        packer = self._packer
        assert packer is not None
        for batch in packer.announced(long_open):
            self._add(batch)
        for batch in packer.ended(ready):
            self._add(batch)
        if lost and not self._outbox.batches:
            self._add(packer.nothing())

    def _lose(self, span_count: int) -> None:
        self._lost_spans += span_count

    def _lost(self) -> int:
        """How many spans were lost without the server being told."""
        return self.recorder.dropped_spans + self._lost_spans - self._lost_told

    def _add(self, batch: Batch) -> None:
        """Queue a request: it counts as held memory, and reports what was lost before it."""
        lost = self._lost()
        if lost:
            self._lost_told += lost
            say_once(
                "dropped", f"llm_tracer: spans that did not fit into memory or could not be sent: {lost}"
            )
        self.recorder.free(-len(batch.body))
        self._outbox.batches.append(batch._replace(reports_lost=lost))

    def _long_open_spans(self) -> list[Recorded]:
        """Spans that have been open for a second, once each, so that a run is visible while it runs, and stays so if
        it is killed. At the end of the process all open spans, since nobody will end them."""
        if not self.recorder.open:
            return []
        long_ago_ns = time.time_ns() - int(ANNOUNCE_AFTER_S * 1e9)
        spans = [
            span for span in list(self.recorder.open) if self._is_exiting or span._start_ns <= long_ago_ns
        ]
        for span in spans:
            self.recorder.open.pop(span, None)
        return spans

    # ---- delivering

    def _deliver(self, timeout_s: float | None) -> None:
        while self._delivery is not None and not self.recorder.is_closed:
            with self._lock:
                batch = self._outbox.take(monotonic_s())
            if batch is None:
                return
            try:
                answer = self._delivery.post(batch, timeout_s)
            except BaseException:
                with self._lock:
                    self._outbox.put_back()
                raise
            with self._lock:
                if self._outbox.in_flight is not batch:
                    continue  # the end of the process has put it on disk
                if self._delivery.is_taken(batch, answer):
                    self._outbox.in_flight = None
                    self.recorder.free(len(batch.body))
                else:
                    self._outbox.put_back()

    def _deliver_spooled(self, timeout_s: float | None) -> None:
        """Deliver what this process or others left on disk, as long as the server takes it."""
        shelf, delivery, now_s = self._shelf, self._delivery, monotonic_s()
        if shelf is None or delivery is None or not self._outbox.is_open(now_s) or self.recorder.is_closed:
            return
        if not (self._has_backlog or shelf.has_own() or now_s >= self._look_at_s):
            return
        self._look_at_s = now_s + SPOOL_LOOK_S
        self._lose(shelf.count_gone())
        self._has_backlog = shelf.deliver(
            lambda batch: delivery.is_taken(
                batch, delivery.post(batch, timeout_s, is_spooled=True), settles=False
            ),
            lambda: monotonic_s() - now_s > SPOOL_SLICE_S,
        )

    def _spool(self) -> None:
        """Put what waits on disk. If that fails, it stays in memory and is tried again."""
        batches = self._outbox.batches
        while self._shelf is not None and batches:
            forced_out = self._shelf.put(batches[0])
            if forced_out is None:
                return
            batch = batches.popleft()
            self.recorder.free(len(batch.body))
            self.recorder.settle(batch.ended_count + batch.reports_lost)
            self._lose(forced_out)
            self.recorder.take_over(forced_out)


def _block_sigpipe() -> None:
    """In this thread, a connection that the server has closed is an error like others, even in a program that ends by
    SIGPIPE, as command-line tools do. Green threads are all in the program's own, which stays as it is."""
    with importing:
        import signal
    if hasattr(signal, "pthread_sigmask") and not are_threads_green():
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGPIPE})
