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
from typing import TYPE_CHECKING

from .config import Settings
from .guard import importing, report, say_once
from .joiner import TraceJoiner
from .outbox import Batch, Outbox, verdict
from .recorder import QueueRecorder

if TYPE_CHECKING:
    from .packer import Packer
    from .recorder import Recorded
    from .shelf import Shelf
    from .transport import Answer, Transport

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
        self._wake = threading.Event()
        self._flushed = threading.Condition()
        self._flushes_asked = 0
        self._flushes_seen = 0
        self._flushes_done = 0
        self._is_exiting = False
        self._is_unreachable = False
        self._lost_spans = 0
        self._lost_told = 0
        self._has_backlog = False
        self._look_at_s = 0.0
        self._collect_at_s = 0.0
        self._thread: threading.Thread | None = None
        # Made in the first round, off the app's threads: their imports cost 30 ms.
        self._transport: Transport | None = None
        self._packer: Packer | None = None
        self._shelf: Shelf | None = None

    # ---- the app's side

    def _begin(self) -> None:
        with self._flushed:  # any lock would do: the first spans of two threads may begin at once
            if self._thread is not None:
                return
            thread = threading.Thread(target=self._run, name="llm_tracer", daemon=True)
            try:
                thread.start()
                self._thread = thread
            except (
                RuntimeError
            ):  # no thread starts while the interpreter ends: the flush at exit does the work
                pass

    def flush(self, timeout_s: float) -> bool:
        """Send everything that ended before this call, and what waits in the spool. True when the server has the spans
        of this process, False when time ran out."""
        deadline_s = time.monotonic() + timeout_s
        with self._flushed:
            self._flushes_asked += 1
            ticket = self._flushes_asked
        if self._thread is not None and self._thread.is_alive():
            self._wake.set()
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
            self.flush(timeout_s - EXIT_RESERVE_S)
            self._leave()

    def close(self) -> None:
        """Take nothing more. The thread ends with its next round."""
        if self._has_begun():
            self._leave()
        self.recorder.close()
        self._wake.set()

    def _has_begun(self) -> bool:
        return self._thread is not None or bool(self.recorder.ended)

    def _leave(self) -> None:
        """Everything to the disk. What a disk that hangs keeps from it is in the ledger, for the next process."""
        if not self._lock.acquire(timeout=DISK_PATIENCE_S):
            return
        try:
            self._collect(everything=True)
            self._outbox.put_back()
            self._spool()
            if self._lost():  # what was forced out just now is news, too
                self._collect(everything=True)
                self._spool()
            left = sum(batch.ended_count for batch in self._outbox.batches)
            if self._shelf is not None:
                self._shelf.close()
        finally:
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
            self._wake.wait(TICK_S)
            self._wake.clear()
            self._round()

    def _prepare(self) -> None:
        """What needs imports, which cost 30 ms: off the app's threads, and all at once (see guard.importing)."""
        if self._packer is not None:
            return
        with importing:
            from . import transport  # noqa: F401 - for later
            from .packer import Packer
            from .shelf import Shelf

            self._shelf = Shelf(self._settings)
            self._shelf.open_ledger(self.recorder)
            self._lost_spans += self._shelf.count_gone()
            self._packer = Packer(self._settings, on_let_go=self.recorder.free, on_lost=self._lose_span)

    def _round(self, *, timeout_s: float | None = None) -> None:
        with self._round_lock:
            asked = self._flushes_asked
            is_flush = asked > self._flushes_done
            if asked > self._flushes_seen:  # a new flush does not wait for the next retry
                self._flushes_seen = asked
                self._outbox.retry_at_s = 0.0
            try:
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
            return self._is_unreachable or self._has_all_arrived()
        return self._has_all_arrived() and not self._has_backlog

    def _collect(self, *, everything: bool) -> None:
        """Ended spans by trace; whole traces and spans to announce into the outbox."""
        now_s = time.monotonic()
        ended = self.recorder.ended
        for _ in range(len(ended)):  # not "until empty": a busy app would never let it end
            self._joiner.add(ended.popleft(), now_s)
        ready = self._joiner.take_ready(now_s, everything=everything)
        long_open = self._long_open_spans()
        lost = self._lost()
        if not (ready or long_open or (lost and everything)):
            return
        self._prepare()
        packer = self._packer
        assert packer is not None
        for batch in packer.announced(long_open):
            self._add(batch)
        for batch in packer.ended(ready):
            self._add(batch)
        if lost and not self._outbox.batches:
            self._add(packer.nothing())

    def _lose_span(self) -> None:
        self._lost_spans += 1

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
        long_ago_ns = time.time_ns() - (0 if self._is_exiting else int(ANNOUNCE_AFTER_S * 1e9))
        spans = [span for span in list(self.recorder.open) if span._start_ns <= long_ago_ns]
        for span in spans:
            self.recorder.open.pop(span, None)
        return spans

    # ---- delivering

    def _deliver(self, timeout_s: float | None) -> None:
        while not self.recorder.is_closed:
            with self._lock:
                batch = self._outbox.take(time.monotonic())
            if batch is None:
                return
            answer = self._post(batch, timeout_s, is_spooled=False)
            with self._lock:
                if self._outbox.in_flight is batch:  # otherwise the end of the process has put it on the disk
                    self._read_fate(batch, answer)

    def _read_fate(self, batch: Batch, answer: Answer | None) -> None:
        if not self._is_taken(batch, answer):
            self._outbox.put_back()
            return
        self._outbox.in_flight = None
        self.recorder.free(len(batch.body))

    def _deliver_spooled(self, timeout_s: float | None) -> None:
        """What this process or others left on the disk, while the server takes it."""
        shelf, now_s = self._shelf, time.monotonic()
        if shelf is None or not self._outbox.is_open(now_s) or self.recorder.is_closed:
            return
        if not (self._has_backlog or shelf.has_own() or now_s >= self._look_at_s):
            return
        self._look_at_s = now_s + SPOOL_LOOK_S
        self._lost_spans += shelf.count_gone()
        self._has_backlog = shelf.deliver(
            lambda batch: self._is_taken(batch, self._post(batch, timeout_s, is_spooled=True), settles=False),
            lambda: time.monotonic() - now_s > SPOOL_SLICE_S,
        )

    def _is_taken(self, batch: Batch, answer: Answer | None, *, settles: bool = True) -> bool:
        """What an answer means for a request. False: it has to come again.

        `settles`: its spans were still this process's to account for; those of the spool are settled already.
        """
        outcome = "later" if answer is None else verdict(answer.status)
        if outcome == "later":
            if answer is not None:
                self._say_waiting(f"it answered {answer.status}", f"status {answer.status}")
            self._outbox.postpone(time.monotonic(), retry_after_s=answer.retry_after_s if answer else None)
            return False
        self._outbox.forget_failures()
        assert answer is not None
        if outcome == "split" and batch.span_count > 1 and self._split(batch, settles=settles):
            return True
        if outcome == "delivered":
            self._read_answer(answer)
            if settles:
                self._settle(batch.ended_count + batch.reports_lost)
        else:
            self._refuse(batch, answer, settles=settles)
        return True

    def _settle(self, span_count: int) -> None:
        self.recorder.counts[1] += span_count

    def _post(self, batch: Batch, timeout_s: float | None, *, is_spooled: bool) -> Answer | None:
        """The server's answer, None when none came."""
        from http.client import HTTPException

        from .body import CONTENT_TYPE

        headers = {"Content-Type": CONTENT_TYPE, "Content-Encoding": batch.content_encoding}
        if batch.reports_lost:
            headers["X-LLM-Tracer-Dropped-Spans"] = str(batch.reports_lost)
        if is_spooled:
            headers["X-LLM-Tracer-Spooled"] = "1"
        try:
            answer = self._connected().post(batch.body, headers, timeout_s=timeout_s)
        except (OSError, HTTPException, ValueError) as error:
            self._is_unreachable = isinstance(error, ConnectionRefusedError | ValueError)
            self._say_waiting(f"no answer: {error or type(error).__name__}", "unreachable")
            return None
        self._is_unreachable = False
        return answer

    def _say_waiting(self, why: str, topic: str) -> None:
        place = self._shelf.place if self._shelf else "in memory"
        say_once(
            topic,
            f"llm_tracer: {self._settings.api_url} takes no spans ({why}); they wait {place}. Start the server with "
            "`llm-tracer up`, set TRACER_API_URL, or turn tracing off with TRACER_ENABLED=false",
        )

    def _connected(self) -> Transport:
        if self._transport is None:
            from .transport import Transport

            self._transport = Transport(self._settings.api_url, self._settings.api_key)
        return self._transport

    def _read_answer(self, answer: Answer) -> None:
        """The server took the request; it may have refused single spans of it."""
        if b'"rejected"' in answer.body and b'"reason"' in answer.body:
            text = answer.body[:1000].decode("utf-8", "replace")
            say_once("rejected", f"llm_tracer: the server refused some spans: {text}")

    def _split(self, batch: Batch, *, settles: bool) -> bool:
        """Too big for the server: the two halves, to be sent next. False where it cannot be read."""
        try:
            assert self._packer is not None
            halves = self._packer.halves(batch)
        except Exception as error:
            report("Splitting a request", error)
            return False
        halves[0] = halves[0]._replace(reports_lost=batch.reports_lost)
        if not settles:  # they are this process's now
            self.recorder.counts[0] += batch.ended_count + batch.reports_lost
        for half in reversed(halves):
            self.recorder.free(-len(half.body))
            self._outbox.batches.appendleft(half)
        return True

    def _refuse(self, batch: Batch, answer: Answer, *, settles: bool) -> None:
        """Refused for good: trying again would change nothing. Counted, and said."""
        lost = batch.ended_count + batch.reports_lost
        self._lost_spans += lost
        if not settles:
            self.recorder.counts[0] += lost
        text = answer.body[:1000].decode("utf-8", "replace")
        say_once(
            f"refused {answer.status}",
            f"llm_tracer: {self._settings.api_url} refused {batch.span_count} spans: {answer.status} {text}",
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
            self._settle(batch.ended_count + batch.reports_lost)
            self._lost_spans += forced_out
            self.recorder.counts[0] += forced_out
