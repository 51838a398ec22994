"""One request to the server, and what its answer means: delivered, to be sent later, to be split, or refused.

Runs on the sender's thread only. It also updates this process's counts by the answers.
"""

from __future__ import annotations

from collections.abc import Callable

from ..clock import monotonic_s
from ..config import Settings
from ..guard import report, say_once
from ..model.text import counted
from .outbox import CONTENT_TYPE, Batch, Outbox, Verdict, verdict
from .packer import Packer
from .recorder import QueueRecorder
from .transport import Answer, Transport


class Delivery:
    """Posts requests and acts on the answers.

    What has to be sent next goes into `outbox`; `on_lost` is told how many spans the server will never have. `place`
    says where requests wait meanwhile, for messages to people.
    """

    def __init__(
        self,
        settings: Settings,
        recorder: QueueRecorder,
        outbox: Outbox,
        packer: Packer,
        on_lost: Callable[[int], None],
        *,
        place: str,
    ) -> None:
        self._settings = settings
        self._recorder = recorder
        self._outbox = outbox
        self._packer = packer
        self._on_lost = on_lost
        self._place = place
        self._transport: Transport | None = None
        self.is_unreachable = False
        """Nobody listens at the address: trying again now would be pointless."""
        self.rejected_spans = 0
        """Single spans that the server refused, which took the others of their requests."""

    def post(self, batch: Batch, timeout_s: float | None, *, is_spooled: bool = False) -> Answer | None:
        """The server's answer, or None if there was none."""
        headers = {"Content-Type": CONTENT_TYPE, "Content-Encoding": batch.content_encoding}
        if batch.reports_lost:
            headers["X-LLM-Tracer-Dropped-Spans"] = str(batch.reports_lost)
        if is_spooled:
            headers["X-LLM-Tracer-Spooled"] = "1"
        try:
            answer = self._connected().post(batch.body, headers, timeout_s=timeout_s)
        except Exception as error:  # also those of a program that keeps its tests off the network
            self.is_unreachable = isinstance(error, ConnectionRefusedError | ValueError)
            self._say_waiting(f"no answer: {error or type(error).__name__}", "unreachable")
            return None
        self.is_unreachable = False
        return answer

    def is_taken(self, batch: Batch, answer: Answer | None, *, settles: bool = True) -> bool:
        """Act on the answer to a request. False means that it has to be sent again.

        `settles` is False for requests from the spool, whose spans are accounted for already.
        """
        outcome = "later" if answer is None else verdict(answer.status)
        if answer is not None and _is_of_another_service(outcome, answer):
            outcome = "later"
            self._say_waiting(f"it answered {answer.status}, but it is not the Tracer API", "another service")
        elif outcome == "later" and answer is not None:
            what_it_is = ", so it is not the Tracer API" if answer.status in (404, 405) else ""
            self._say_waiting(f"it answered {answer.status}{what_it_is}", f"status {answer.status}")
        if outcome == "later":
            self._outbox.postpone(monotonic_s(), retry_after_s=answer.retry_after_s if answer else None)
            return False
        self._outbox.forget_failures()
        assert answer is not None
        if outcome == "split" and batch.span_count > 1 and self._split(batch, settles=settles):
            return True
        if outcome == "delivered":
            self._read_answer(answer)
            if settles:
                self._recorder.settle(batch.ended_count + batch.reports_lost)
        else:
            self._refuse(batch, answer, settles=settles)
        return True

    def _say_waiting(self, why: str, topic: str) -> None:
        say_once(
            topic,
            f"llm_tracer: {self._settings.api_url} takes no spans ({why}); they wait {self._place}. Start the server with "
            "`llm-tracer up`, set TRACER_API_URL, or turn tracing off with TRACER_ENABLED=false",
        )

    def _connected(self) -> Transport:
        if self._transport is None:
            self._transport = Transport(self._settings.api_url, self._settings.api_key)
        return self._transport

    def _read_answer(self, answer: Answer) -> None:
        """The server took the request, but may have refused some of its spans."""
        if b'"rejected"' in answer.body and b'"reason"' in answer.body:
            self.rejected_spans += answer.body.count(b'"reason"')
            text = answer.body[:1000].decode("utf-8", "replace")
            say_once("rejected", f"llm_tracer: the server refused some spans: {text}")

    def _split(self, batch: Batch, *, settles: bool) -> bool:
        """The request is too big for the server: send its two halves next. False if it cannot be read."""
        try:
            halves = self._packer.halves(batch)
        except Exception as error:
            report("Splitting a request", error)
            return False
        halves[0] = halves[0]._replace(reports_lost=batch.reports_lost)
        if not settles:  # they are this process's now
            self._recorder.take_over(batch.ended_count + batch.reports_lost)
        for half in reversed(halves):
            self._recorder.free(-len(half.body))
            self._outbox.batches.appendleft(half)
        return True

    def _refuse(self, batch: Batch, answer: Answer, *, settles: bool) -> None:
        """The request is refused for good; trying again would change nothing. The spans are counted as lost, and this
        is reported."""
        lost = batch.ended_count + batch.reports_lost
        self._on_lost(lost)
        if not settles:
            self._recorder.take_over(lost)
        text = answer.body[:1000].decode("utf-8", "replace")
        say_once(
            f"refused {answer.status}",
            f"llm_tracer: {self._settings.api_url} refused {counted(batch.span_count, 'span')}: {answer.status} {text}",
        )


_SIGNS: dict[Verdict, bytes] = {"delivered": b'"accepted"', "refused": b'"title"'}
"""What the Tracer API's own answers contain, where an answer decides what becomes of the spans (problem details when it
refuses)."""


def _is_of_another_service(outcome: Verdict, answer: Answer) -> bool:
    """A proxy before which somebody has to sign in, or a server at the wrong address. Only the Tracer API may take
    spans, or refuse them for good."""
    return outcome in _SIGNS and _SIGNS[outcome] not in answer.body
