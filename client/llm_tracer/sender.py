"""The one thread that talks to the server. It wakes by the clock: waking it would cost every caller 0.5 µs.

Each round: take what ended, announce what has been open for a second, let whole traces go, post what is due. The
app waits for none of it. Where the thread cannot run (the interpreter is ending) a flush runs the round itself.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterator
from itertools import chain
from typing import TYPE_CHECKING

from .config import Settings
from .guard import report, say_once
from .joiner import TraceJoiner
from .outbox import Batch, Outbox, in_batches, verdict
from .recorder import QueueRecorder

if TYPE_CHECKING:
    from .compress import Codec
    from .model.span import Resource
    from .recorder import Recorded
    from .transport import Answer, Transport

TICK_S = 0.1
ANNOUNCE_AFTER_S = 1.0


class Sender:
    """Takes spans from its recorder to `settings.api_url`. Nothing happens before the first span begins."""

    def __init__(self, settings: Settings) -> None:
        self.recorder = QueueRecorder(self._begin)
        self._settings = settings
        self._joiner = TraceJoiner()
        self._outbox = Outbox()
        self._round_lock = threading.Lock()
        self._wake = threading.Event()
        self._flushed = threading.Condition()
        self._flushes_asked = 0
        self._flushes_seen = 0
        self._flushes_done = 0
        self._is_exiting = False
        self._is_unreachable = False
        self._lost_spans = 0
        self._dropped_told = 0
        self._thread: threading.Thread | None = None
        # Made in the first round, off the app's threads: their imports cost 30 ms.
        self._transport: Transport | None = None
        self._codec: Codec | None = None
        self._resource: Resource | None = None

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
        """Send everything that ended before this call. True when the server has it, False when time ran out."""
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
        return self._flushes_done >= ticket and not self._outbox.batches

    def exit(self, timeout_s: float) -> None:
        """The last flush of this process. A server that nobody runs is not waited for."""
        if self._thread is None and not self.recorder.ended:
            return
        self._is_exiting = True
        self.flush(timeout_s)
        left = sum(batch.span_count for batch in self._outbox.batches) + len(self.recorder.ended)
        if left:
            say_once(
                "exit",
                f"llm_tracer: the program ended before {self._settings.api_url} had {left} of its spans",
            )

    def close(self) -> None:
        """Take nothing more. The thread ends with its next round."""
        self.recorder.close()
        self._wake.set()

    # ---- the thread's side

    def _run(self) -> None:
        while not self.recorder.is_closed:
            self._wake.wait(TICK_S)
            self._wake.clear()
            self._round()

    def _round(self, *, timeout_s: float | None = None) -> None:
        with self._round_lock:
            asked = self._flushes_asked
            is_flush = asked > self._flushes_done
            if asked > self._flushes_seen:  # a new flush does not wait for the next retry
                self._flushes_seen = asked
                self._outbox.retry_at_s = 0.0
            try:
                self._collect(is_flush=is_flush)
                self._deliver(timeout_s)
            except Exception as error:
                report("Sender", error)
            if is_flush and (not self._outbox.batches or (self._is_exiting and self._is_unreachable)):
                with self._flushed:
                    self._flushes_done = asked
                    self._flushed.notify_all()

    def _collect(self, *, is_flush: bool) -> None:
        """Ended spans by trace; whole traces and spans to announce into the outbox."""
        now_s = time.monotonic()
        ended = self.recorder.ended
        for _ in range(len(ended)):  # not "until empty": a busy app would never let it end
            self._joiner.add(ended.popleft(), now_s)
        announced = deque(self._long_open_spans())
        ready = deque(self._joiner.take_ready(now_s, everything=is_flush))
        packed = chain(self._packed(announced, are_open=True), self._packed(ready, are_open=False))
        for spans in in_batches(packed):
            self._outbox.batches.append(self._batch(spans))

    def _long_open_spans(self) -> list[Recorded]:
        """Spans open for a second, once each: a run is visible while it runs, and stays so if it is killed."""
        if not self.recorder.open:
            return []
        long_ago_ns = time.time_ns() - int(ANNOUNCE_AFTER_S * 1e9)
        spans = [span for span in list(self.recorder.open) if span._start_ns <= long_ago_ns]
        for span in spans:
            self.recorder.open.pop(span, None)
        return spans

    def _packed(self, spans: deque[Recorded], *, are_open: bool) -> Iterator[bytes]:
        """The spans as bytes, one at a time. Each live span is let go at once, so that memory is not held twice."""
        if not spans:
            return
        from .wire import pack_span, process_resource, span_data

        if self._resource is None:
            self._resource = process_resource(self._settings)
        while spans:
            span = spans.popleft()
            if not are_open:  # open spans are in the app's memory, not in ours
                self.recorder.free(span._size_bytes)
            try:
                data = span_data(span, self._resource)
                if data.is_open == are_open:  # otherwise it ended just now, and comes again as an ended one
                    yield pack_span(data, self._resource)
            except Exception as error:
                self._lost_spans += 1
                report("Sender (packing a span)", error)

    def _batch(self, packed_spans: list[bytes]) -> Batch:
        """One request, counted as held memory."""
        from .wire import pack_body

        assert self._resource is not None
        if self._codec is None:
            from .compress import best_codec

            self._codec = best_codec()
        dropped = self.recorder.dropped_spans + self._lost_spans - self._dropped_told
        self._dropped_told += dropped
        if dropped:
            say_once("dropped", f"llm_tracer: {dropped} spans did not fit into memory or could not be sent")
        body = self._codec.compress(pack_body(packed_spans, self._resource, dropped_spans=dropped))
        self.recorder.free(-len(body))
        return Batch(body, len(packed_spans), dropped)

    def _deliver(self, timeout_s: float | None) -> None:
        while self._outbox.is_due(time.monotonic()) and not self.recorder.is_closed:
            batch = self._outbox.batches[0]
            answer = self._post(batch, timeout_s)
            outcome = "later" if answer is None else verdict(answer.status)
            if outcome == "later":
                self._outbox.postpone(
                    time.monotonic(), retry_after_s=answer.retry_after_s if answer else None
                )
                return
            self._outbox.forget_failures()
            self._outbox.batches.popleft()
            self.recorder.free(len(batch.body))
            assert answer is not None
            if outcome == "delivered":
                self._read_answer(answer)
            elif outcome == "split" and batch.span_count > 1:
                self._split(batch)
            else:
                self._lose(batch, answer)

    def _post(self, batch: Batch, timeout_s: float | None) -> Answer | None:
        """The server's answer, None when none came."""
        from http.client import HTTPException

        from .wire import CONTENT_TYPE

        assert self._codec is not None
        try:
            transport = self._connected()
            answer = transport.post(
                batch.body, content_type=CONTENT_TYPE, content_encoding=self._codec.name, timeout_s=timeout_s
            )
        except (OSError, HTTPException, ValueError) as error:
            self._is_unreachable = isinstance(error, ConnectionRefusedError | ValueError)
            say_once(
                "unreachable",
                f"llm_tracer: no answer from {self._settings.api_url} ({error or type(error).__name__}); spans wait in "
                "memory. Start the server with `llm-tracer up`, set TRACER_API_URL, or turn tracing off with "
                "TRACER_ENABLED=false",
            )
            return None
        self._is_unreachable = False
        return answer

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

    def _split(self, batch: Batch) -> None:
        """Too big for the server: the two halves, in its place."""
        from .wire import spans_of_body

        assert self._codec is not None
        packed = spans_of_body(self._codec.decompress(batch.body))
        self._dropped_told -= batch.reports_dropped
        middle = len(packed) // 2
        for half in (packed[middle:], packed[:middle]):
            self._outbox.batches.appendleft(self._batch(half))

    def _lose(self, batch: Batch, answer: Answer) -> None:
        """Refused for good: trying again would change nothing. Counted, and said."""
        self._lost_spans += batch.span_count
        self._dropped_told -= batch.reports_dropped
        text = answer.body[:1000].decode("utf-8", "replace")
        say_once(
            f"refused {answer.status}",
            f"llm_tracer: {self._settings.api_url} refused {batch.span_count} spans: {answer.status} {text}",
        )
