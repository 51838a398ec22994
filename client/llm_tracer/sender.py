"""The one thread that talks to the server. It wakes by the clock: waking it would cost every caller 0.5 µs.

Each round: take what ended, announce what has been open for a second, let whole traces go, post what is due, put
what the server does not take into the spool. The app waits for none of it. Where the thread cannot run (the
interpreter is ending) a flush runs the round itself.

Two locks: `_round_lock` for one round at a time, held while the server is awaited; `_lock` for what waits, held only
for moments, so that the end of the process can put everything on the disk whatever the server does.
"""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from . import lifecycle
from .config import Settings
from .guard import importing, report, say_once
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
"""While the server takes nothing, spans are collected so often: a spool file for every tenth of a second is too many."""

ANNOUNCE_AFTER_S = 1.0
SPOOL_LOOK_S = 30.0
"""How often the spool is looked into for what other processes left."""

SPOOL_SLICE_S = 1.0
"""So long the spool is delivered before new spans have their turn."""

EXIT_RESERVE_S = 0.3
"""What of the time at exit is kept for writing to the disk: 20 MB take 0.2 s."""

DISK_PATIENCE_S = 1.0


class Sender:
    """Takes spans from its recorder to `settings.api_url`. Nothing happens before the first span begins."""

    def __init__(self, settings: Settings) -> None:
        self.recorder = QueueRecorder(self._begin)
        self._settings = settings
        self._joiner = TraceJoiner()
        self._outbox = Outbox()
        self._round_lock = threading.Lock()
        self._lock = threading.Lock()
        # Released to wake the thread. Not an Event: a handler of a signal that flushes would wait for the lock in it, for
        # ever where it has interrupted a flush.
        self._wake = threading.Lock()
        self._wake.acquire()
        self._at_work: set[int] = set()
        """The ids of the threads that are in a round, or leave."""
        self._flushed = threading.Condition()
        self._flushes_asked = 0
        self._flushes_seen = 0
        self._flushes_done = 0
        self._is_exiting = False
        self._lost_spans = 0
        self._lost_told = 0
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
        with self._flushed:  # any lock would do: the first spans of two threads may begin at once
            if self._thread is not None:
                return
            try:
                self._thread = threading.Thread(target=self._run, name="llm_tracer", daemon=True)
                self._thread.start()
            except RuntimeError:
                # There are too many, which may pass: the next span tries. Or the interpreter ends: so does the flush then.
                self._thread = None
                self.recorder.on_first_span = self._begin
                return
        lifecycle.begin()

    def flush(self, timeout_s: float) -> bool:
        """Send everything that ended before this call, and what waits in the spool. True when the server has the spans
        of this process, False when time ran out, or where this very work has called it: by `redact`, or by a handler of logs.
        """
        if threading.get_ident() in self._at_work:
            return False
        deadline_s = time.monotonic() + timeout_s
        with self._flushed:
            self._flushes_asked += 1
            ticket = self._flushes_asked
        if self._thread is not None and self._thread.is_alive():
            self._rouse()
            with self._flushed:
                self._flushed.wait_for(lambda: self._flushes_done >= ticket, max(0.0, timeout_s))
        else:
            while self._flushes_done < ticket and (left_s := deadline_s - time.monotonic()) > 0:
                self._round(timeout_s=left_s)
                if self._flushes_done < ticket:
                    time.sleep(min(TICK_S, max(0.0, deadline_s - time.monotonic())))
        return self._flushes_done >= ticket and self._has_all_arrived()

    def exit(self, timeout_s: float) -> None:
        """The end of this process: what the server does not take in time goes to the spool."""
        if self._has_begun():
            self._is_exiting = True
            with suppress(KeyboardInterrupt):  # pressed once more by somebody who does not want to wait
                self.flush(timeout_s - EXIT_RESERVE_S)
            # First: other threads go on while the rest is written to the disk.
            self.recorder.close(self._take_late)
            self._leave()

    def _take_late(self, span: Recorded) -> None:
        """A span that ended after `exit`: in an exit function that was registered before ours, or in a thread that nobody
        waits for. To the disk at once."""
        self.recorder.ended.append(span)
        if threading.get_ident() not in self._at_work:
            self._leave()

    def close(self) -> None:
        """Take nothing more. The thread ends with its next round."""
        self.recorder.close()
        if self._has_begun():
            self._leave()
        self.recorder.forget()
        self._rouse()

    def _rouse(self) -> None:
        with suppress(RuntimeError):  # it was not taken: the thread is awake
            self._wake.release()

    def _has_begun(self) -> bool:
        return self._thread is not None or bool(self.recorder.ended)

    def _leave(self) -> None:
        """Everything to the disk. What a disk that hangs keeps from it is in the ledger, for the next process."""
        if not self._lock.acquire(timeout=DISK_PATIENCE_S):
            return
        self._at_work.add(threading.get_ident())
        try:
            self._collect(everything=True)
            self._outbox.put_back()
            self._spool()
            # What was forced out just now is news, and a handler of logs may have traced how it was told.
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
        """In a forked child: what the parent holds is the parent's."""
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
            with self._lock:
                self._prepare()  # not with the first round: from here on a killed process is noticed
        except Exception as error:
            report("Sender (starting)", error)
        while not self.recorder.is_closed:
            self._wake.acquire(timeout=TICK_S)
            lifecycle.end_with_the_last_thread()
            try:
                self._round()
            except BaseException as error:  # raised by what the program lets run here, as by `redact`
                report("Sender", error)

    def _prepare(self) -> None:
        """What is needed to keep spans: the ledger first, then what writes them down. Its imports cost 30 ms, off the
        app's threads (see guard.importing)."""
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
        """What is needed to send them: another 30 ms, for which a program that ends just now does not wait."""
        if self._delivery is not None or self._packer is None or self._shelf is None:
            return
        with importing:
            from .delivery import Delivery

            settings, recorder, place = self._settings, self.recorder, self._shelf.place
            self._delivery = Delivery(settings, recorder, self._outbox, self._packer, self._lose, place=place)
        self._lose(self._shelf.count_gone())

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
            now_s = time.monotonic()
            if is_flush or self._outbox.is_open(now_s) or now_s >= self._collect_at_s:
                self._collect_at_s = now_s + OUTAGE_TICK_S
                with self._lock:
                    self._collect(everything=is_flush)
            self._deliver(timeout_s)
            self._deliver_spooled(timeout_s)
            with self._lock:
                if not self._outbox.is_open(time.monotonic()):
                    self._spool()
        except Exception as error:
            report("Sender", error)
        if is_flush and self._is_flushed():
            with self._flushed:
                self._flushes_done = asked
                self._flushed.notify_all()

    def _is_flushed(self) -> bool:
        """A flush takes along what others left in the spool; the end of a process does not wait for that, nor for a
        server that nobody runs."""
        if self._is_exiting:
            is_unreachable = self._delivery is not None and self._delivery.is_unreachable
            return is_unreachable or self._has_all_arrived()
        return self._has_all_arrived() and not self._has_backlog

    def _collect(self, *, everything: bool) -> None:
        """Ended spans by trace; whole traces and spans to announce into the outbox."""
        self._prepare()
        now_s = time.monotonic()
        ended = self.recorder.ended
        for _ in range(len(ended)):  # not "until empty": a busy app would never let it end
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
        """Spans that are lost and of which the server was not told."""
        return self.recorder.dropped_spans + self._lost_spans - self._lost_told

    def _add(self, batch: Batch) -> None:
        """A request that waits, counted as held memory, with the news of what was lost before it."""
        lost = self._lost()
        if lost:
            self._lost_told += lost
            say_once("dropped", f"llm_tracer: {lost} spans did not fit into memory or could not be sent")
        self.recorder.free(-len(batch.body))
        self._outbox.batches.append(batch._replace(reports_lost=lost))

    def _long_open_spans(self) -> list[Recorded]:
        """Spans open for a second, once each: a run is visible while it runs, and stays so if it is killed. At the end of
        the process all that are open: nobody will end them."""
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
                batch = self._outbox.take(time.monotonic())
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
                    continue  # the end of the process has put it on the disk
                if self._delivery.is_taken(batch, answer):
                    self._outbox.in_flight = None
                    self.recorder.free(len(batch.body))
                else:
                    self._outbox.put_back()

    def _deliver_spooled(self, timeout_s: float | None) -> None:
        """What this process or others left on the disk, while the server takes it."""
        shelf, delivery, now_s = self._shelf, self._delivery, time.monotonic()
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
            lambda: time.monotonic() - now_s > SPOOL_SLICE_S,
        )

    def _spool(self) -> None:
        """What waits goes to the disk; where that cannot be, it stays in memory and is tried again."""
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
